//! Conversions without a profile: samples that count as sRGB, and CMYK by the simple formula.

use super::sample::Sample;

/// Copies samples, rounded to 8 bits.
pub(super) fn narrow<S: Sample>(source: &[S], target: &mut [u8]) {
    target.iter_mut().zip(source).for_each(|(target, source)| *target = source.narrow());
}

/// Converts grays by `value`; with alpha, to RGBA.
pub(super) fn grays<S: Sample>(source: &[S], value: impl Fn(S) -> u8, has_alpha: bool, target: &mut [u8]) {
    if !has_alpha {
        return target.iter_mut().zip(source).for_each(|(target, source)| *target = value(*source));
    }
    for (target, &[gray, alpha]) in target.as_chunks_mut::<4>().0.iter_mut().zip(source.as_chunks::<2>().0) {
        let gray = value(gray);
        *target = [gray, gray, gray, alpha.narrow()];
    }
}

/// Converts CMYK to RGB by r = (1 - c)(1 - k), and so on.
pub(super) fn cmyk<S: Sample>(source: &[S], has_alpha: bool, target: &mut [u8]) {
    if has_alpha {
        cmyk_to_rgb::<S, 5, 4>(source, target);
    } else {
        cmyk_to_rgb::<S, 4, 3>(source, target);
    }
}

fn cmyk_to_rgb<S: Sample, const FROM: usize, const TO: usize>(source: &[S], target: &mut [u8]) {
    let whole = u64::from(S::MAX) * u64::from(S::MAX);
    for (target, source) in target.as_chunks_mut::<TO>().0.iter_mut().zip(source.as_chunks::<FROM>().0) {
        let light = |ink: S| u64::from(S::MAX - ink.wide());
        let paper = light(source[3]);
        for (target, ink) in target[..3].iter_mut().zip(source) {
            *target = ((light(*ink) * paper * 255 + whole / 2) / whole) as u8;
        }
        if TO == 4 {
            target[TO - 1] = source[FROM - 1].narrow();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cmyk_is_converted() {
        let mut target = [0; 3 * 4];
        let pixels = [[0u8, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255], [51, 102, 153, 51]];
        cmyk(pixels.as_flattened(), false, &mut target);
        assert_eq!(target, [255, 255, 255, 0, 255, 255, 0, 0, 0, 163, 122, 82]);
        let wide: Vec<u16> = pixels.as_flattened().iter().map(|&ink| u16::from(ink) * 257).collect();
        let mut wider = [0; 3 * 4];
        cmyk(&wide, false, &mut wider);
        assert_eq!(wider, target);
    }

    #[test]
    fn alpha_is_kept() {
        let mut target = [0; 4];
        cmyk(&[0u16, 0, 65_535, 0, 257], true, &mut target);
        assert_eq!(target, [255, 255, 0, 1]);
        grays(&[65_535u16, 514], Sample::narrow, true, &mut target);
        assert_eq!(target, [255, 255, 255, 2]);
    }
}
