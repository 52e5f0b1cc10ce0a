//! The words of all values' labels, to be looked up by their beginnings.

use super::vocabulary::Vocabulary;
use crate::record::fold::fold;

/// A beginning that so many values share is told by the first of them.
const MOST_LOOKED_AT: usize = 20_000;

/// The words of all values' labels, in alphabetical order from each word's beginning on.
pub struct Labels {
    /// Folded labels with their values' numbers.
    labels: Vec<(Box<str>, u32)>,
    /// Places in labels where a word begins: the label's, the byte's.
    starts: Vec<(u32, u16)>,
    /// What the vocabulary had learnt when it was made.
    known: u64,
}

impl Labels {
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let mut labels: Vec<(Box<str>, u32)> = Vec::new();
        let mut starts = Vec::new();
        for (number, term) in vocabulary.values().iter().enumerate() {
            let mut own: Vec<String> = term.label.iter().map(|(_, label)| plain(label)).collect();
            own.sort_unstable();
            own.dedup();
            for label in own {
                let at = labels.len() as u32;
                let mut begins = true;
                for (byte, c) in label.char_indices() {
                    if begins && c != ' ' && byte < 500 {
                        starts.push((at, byte as u16));
                    }
                    begins = c == ' ';
                }
                labels.push((label.into_boxed_str(), number as u32));
            }
        }
        let text =
            |&(label, byte): &(u32, u16)| labels[label as usize].0.get(usize::from(byte)..).unwrap_or("");
        starts.sort_unstable_by(|a, b| text(a).cmp(text(b)));
        Self { labels, starts, known: vocabulary.version() }
    }

    /// Whether the vocabulary has learnt nothing since.
    pub fn knows(&self, vocabulary: &Vocabulary) -> bool {
        self.known == vocabulary.version()
    }

    fn text(&self, (label, byte): (u32, u16)) -> &str {
        self.labels.get(label as usize).and_then(|(label, _)| label.get(usize::from(byte)..)).unwrap_or("")
    }

    /// A label and its value's number.
    pub fn named(&self, at: u32) -> Option<&(Box<str>, u32)> {
        self.labels.get(at as usize)
    }

    /// The places where this beginning is found.
    pub fn begin(&self, typed: &str) -> &[(u32, u16)] {
        let from = self.starts.partition_point(|&start| self.text(start) < typed);
        let count = self.starts[from..].partition_point(|&start| self.text(start).starts_with(typed));
        &self.starts[from..from + count.min(MOST_LOOKED_AT)]
    }

    /// The values that have a word which begins so.
    pub fn beginning(&self, typed: &str) -> Vec<u32> {
        let found = self.begin(&plain(typed)).iter();
        let mut numbers: Vec<u32> =
            found.filter_map(|&(at, _)| self.labels.get(at as usize).map(|(_, number)| *number)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The values that are called just so.
    pub fn called(&self, label: &str) -> Vec<u32> {
        let label = plain(label);
        // What is longer comes behind what is the same.
        let found = self.begin(&label).iter().take_while(|&&start| self.text(start) == label);
        let found = found.filter(|start| start.1 == 0);
        found.filter_map(|&(at, _)| self.labels.get(at as usize).map(|(_, number)| *number)).collect()
    }
}

/// A label without accents and signs, its words apart by single spaces.
pub fn plain(label: &str) -> String {
    let folded = fold(label);
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
