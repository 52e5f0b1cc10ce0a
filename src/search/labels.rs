//! The words of all facet labels, looked up by their beginnings.

use super::vocabulary::Vocabulary;
use crate::record::fold::fold;

/// The most matches of a beginning; the others are ignored.
const MAX_MATCHES: usize = 20_000;

/// The labels of all facet values, sorted from the beginning of each of their words.
pub(super) struct Labels {
    /// Folded labels with their values' numbers.
    labels: Vec<(Box<str>, u32)>,
    /// Where words begin: index of the label, byte offset.
    starts: Vec<(u32, u16)>,
    /// The version of the vocabulary that they were read from.
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

    /// Whether the vocabulary is unchanged since.
    pub(super) fn is_current(&self, vocabulary: &Vocabulary) -> bool {
        self.version == vocabulary.version()
    }

    fn text(&self, (label, byte): (u32, u16)) -> &str {
        self.labels.get(label as usize).and_then(|(label, _)| label.get(usize::from(byte)..)).unwrap_or("")
    }

    /// A label and its value's number, by index.
    pub(super) fn label(&self, at: u32) -> Option<&(Box<str>, u32)> {
        self.labels.get(at as usize)
    }

    /// Where words have this beginning.
    pub(super) fn starts_with(&self, typed: &str) -> &[(u32, u16)] {
        let from = self.starts.partition_point(|&start| self.text(start) < typed);
        let count = self.starts[from..].partition_point(|&start| self.text(start).starts_with(typed));
        &self.starts[from..from + count.min(MAX_MATCHES)]
    }

    /// The values whose labels have a word with this beginning.
    pub(super) fn values_starting_with(&self, typed: &str) -> Vec<u32> {
        let found = self.starts_with(&plain(typed)).iter();
        let mut numbers: Vec<u32> =
            found.filter_map(|&(at, _)| self.labels.get(at as usize).map(|(_, number)| *number)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The values with exactly this label.
    pub(super) fn values_called(&self, label: &str) -> Vec<u32> {
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
