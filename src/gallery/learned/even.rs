//! A bounded choice of a long sequence, spread evenly over it.

/// At most `most` items: every one at first, then every second, every fourth and so on. Equal sequences give equal choices.
pub(super) struct Even<T> {
    items: Vec<T>,
    most: usize,
    step: usize,
    seen: usize,
}

impl<T> Even<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { items: Vec::new(), most: most.max(1), step: 1, seen: 0 }
    }

    pub(super) fn push(&mut self, item: impl FnOnce() -> T) {
        if self.seen.is_multiple_of(self.step) {
            if self.items.len() == self.most {
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

    /// How many there were.
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
    fn a_choice_is_even_and_bounded() {
        let chosen = |count: usize, most: usize| {
            let mut even = Even::new(most);
            (0..count).for_each(|number| even.push(|| number));
            assert_eq!(even.seen(), count);
            even.into_items()
        };
        assert_eq!(chosen(4, 4), [0, 1, 2, 3]);
        assert_eq!(chosen(5, 4), [0, 2, 4]);
        assert_eq!(chosen(100, 4), [0, 32, 64, 96]);
        assert_eq!(chosen(9, 1), [0]);
        for count in 1..300 {
            let chosen = chosen(count, 7);
            assert!(chosen.len() <= 7 && 2 * chosen.len() >= count.min(7), "{count}: {chosen:?}");
            let step = chosen.get(1).map_or(1, |second| second - chosen[0]);
            assert!(chosen.windows(2).all(|pair| pair[1] - pair[0] == step), "{count}: {chosen:?}");
        }
    }
}
