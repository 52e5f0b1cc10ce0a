//! A bounded sample of a long sequence, spread evenly over it.

/// At most `max` items: every one at first, then every second, every fourth and so on. Equal sequences give equal samples.
pub(super) struct EvenSample<T> {
    items: Vec<T>,
    max: usize,
    step: usize,
    seen: usize,
}

impl<T> EvenSample<T> {
    pub(super) fn new(max: usize) -> Self {
        Self { items: Vec::new(), max: max.max(1), step: 1, seen: 0 }
    }

    pub(super) fn push(&mut self, item: impl FnOnce() -> T) {
        if self.seen.is_multiple_of(self.step) {
            if self.items.len() == self.max {
                let mut number = 0;
                self.items.retain(|_| {
                    number += 1;
                    number % 2 == 1
                });
                self.step *= 2;
            }
            if self.seen.is_multiple_of(self.step) {
                self.items.push(item());
            }
        }
        self.seen += 1;
    }

    /// The number of items in the sequence so far.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    pub(super) fn into_items(self) -> Vec<T> {
        self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_even_and_bounded() {
        let sampled = |count: usize, max: usize| {
            let mut sample = EvenSample::new(max);
            (0..count).for_each(|number| sample.push(|| number));
            assert_eq!(sample.seen(), count);
            sample.into_items()
        };
        assert_eq!(sampled(4, 4), [0, 1, 2, 3]);
        assert_eq!(sampled(5, 4), [0, 2, 4]);
        assert_eq!(sampled(100, 4), [0, 32, 64, 96]);
        assert_eq!(sampled(9, 1), [0]);
        for count in 1..300 {
            let sample = sampled(count, 7);
            assert!(sample.len() <= 7 && 2 * sample.len() >= count.min(7), "{count}: {sample:?}");
            let step = sample.get(1).map_or(1, |second| second - sample[0]);
            assert!(sample.windows(2).all(|pair| pair[1] - pair[0] == step), "{count}: {sample:?}");
        }
    }
}
