//! A trait for 8-bit and 16-bit samples.

/// A sample of full range.
pub(super) trait Sample: Copy + Default + Send + Sync + 'static {
    /// Its largest value.
    const MAX: u32;
    fn wide(self) -> u32;
    /// The sample of this value, at most [`Sample::MAX`].
    fn of(value: u32) -> Self;

    /// The nearest 8-bit value.
    fn narrow(self) -> u8 {
        ((self.wide() * 255 + Self::MAX / 2) / Self::MAX) as u8
    }
}

impl Sample for u8 {
    const MAX: u32 = 255;

    fn wide(self) -> u32 {
        self.into()
    }

    fn of(value: u32) -> Self {
        value as u8
    }
}

impl Sample for u16 {
    const MAX: u32 = 65_535;

    fn wide(self) -> u32 {
        self.into()
    }

    fn of(value: u32) -> Self {
        value as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowing_rounds_to_the_nearest() {
        for value in 0..=u16::MAX {
            let exact = f64::from(value) / 257.0;
            assert_eq!(f64::from(value.narrow()), exact.round());
        }
        assert!((0..=u8::MAX).all(|value| value.narrow() == value));
    }
}
