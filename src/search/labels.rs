//! Looks up facet values by the beginnings of the words in their labels.

use super::vocabulary::Vocabulary;
use crate::record::fold::fold;

/// The maximum number of matches of a prefix; others are ignored.
const MAX_MATCHES: usize = 20_000;

/// The labels of all facet values, sorted from the start of each of their words.
pub(super) struct Labels {
    /// Folded labels, with the numbers of their values.
    labels: Vec<(Box<str>, u32)>,
    /// The start of each word: index of the label, byte offset.
    starts: Vec<(u32, u16)>,
    /// The version of the vocabulary from which they were read.
    version: u64,
}

impl Labels {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
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
        Self { labels, starts, version: vocabulary.version() }
    }

    /// Whether the vocabulary is unchanged.
    pub(super) fn is_current(&self, vocabulary: &Vocabulary) -> bool {
        self.version == vocabulary.version()
    }

    fn text(&self, (label, byte): (u32, u16)) -> &str {
        self.labels.get(label as usize).and_then(|(label, _)| label.get(usize::from(byte)..)).unwrap_or("")
    }

    /// A label by its index, with the number of its value.
    pub(super) fn label(&self, at: u32) -> Option<&(Box<str>, u32)> {
        self.labels.get(at as usize)
    }

    /// The starts of the words with this prefix.
    pub(super) fn starts_with(&self, typed: &str) -> &[(u32, u16)] {
        let from = self.starts.partition_point(|&start| self.text(start) < typed);
        let count = self.starts[from..].partition_point(|&start| self.text(start).starts_with(typed));
        &self.starts[from..from + count.min(MAX_MATCHES)]
    }

    /// The values whose labels contain a word with this prefix.
    pub(super) fn values_starting_with(&self, typed: &str) -> Vec<u32> {
        let found = self.starts_with(&plain(typed)).iter();
        let mut numbers: Vec<u32> =
            found.filter_map(|&(at, _)| self.labels.get(at as usize).map(|(_, number)| *number)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The values with exactly this label.
    pub(super) fn values_with_label(&self, label: &str) -> Vec<u32> {
        let label = plain(label);
        // Equal labels come before longer ones.
        let found = self.starts_with(&label).iter().take_while(|&&start| self.text(start) == label);
        let found = found.filter(|start| start.1 == 0);
        found.filter_map(|&(at, _)| self.labels.get(at as usize).map(|(_, number)| *number)).collect()
    }
}

/// A label without accents and punctuation, its words separated by single spaces.
pub(super) fn plain(label: &str) -> String {
    let folded = fold(label);
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
