//! How far a misspelled word may be from the word that was meant.

/// The maximum edit distance for a word of this length.
pub(super) fn max_distance(letters: usize) -> u8 {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}
