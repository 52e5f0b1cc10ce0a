//! Writes a credit as IPTC-IIM 4.2 data sets, for older readers.

use crate::metadata::credit::{Credit, is_uri};

/// Character set (1:90) UTF-8, then record version (2:00) 4.
const START: [u8; 15] = *b"\x1c\x01\x5a\0\x03\x1b%G\x1c\x02\0\0\x02\0\x04";
/// The most creators that are written; XMP contains all of them.
const MAX_CREATORS: usize = 20;

/// Writes a credit as data sets of records 1 and 2, truncated to the lengths that the standard allows.
///
/// A URI that would have to be truncated is omitted; XMP contains it in full.
pub(crate) fn write(credit: &Credit) -> Vec<u8> {
    let mut sets = START.to_vec();
    let mut add = |number: u8, max: usize, text: &str| {
        if text.is_empty() || (is_uri(text) && text.len() > max) {
            return;
        }
        let text = &text.as_bytes()[..text.floor_char_boundary(max)];
        sets.extend_from_slice(&[0x1c, 2, number, 0, text.len() as u8]);
        sets.extend_from_slice(text);
    };
    add(5, 64, credit.title.as_deref().unwrap_or_default());
    for creator in credit.creator.iter().take(MAX_CREATORS) {
        add(80, 32, creator);
    }
    add(110, 32, credit.credit_line.as_deref().unwrap_or_default());
    add(115, 32, credit.source.as_deref().unwrap_or_default());
    add(116, 128, credit.rights.as_deref().unwrap_or_default());
    sets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::sample_credit as credit;

    /// The data sets as `record:number text`.
    fn read(mut sets: &[u8]) -> Vec<String> {
        let mut read = Vec::new();
        while let [0x1c, record, number, high, low, rest @ ..] = sets {
            let (text, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
            read.push(format!("{record}:{number} {}", String::from_utf8_lossy(text)));
            sets = rest;
        }
        assert!(sets.is_empty());
        read
    }

    #[test]
    fn texts_are_truncated_and_long_uris_are_omitted() {
        let expected = [
            "1:90 \u{1b}%G",
            "2:0 \0\u{4}",
            "2:5 Interior in Strandgade, „Sunlight on the Floor“",
            "2:80 Vilhelm Hammershøi",
            "2:80 A & B <studio>",
            "2:110 SMK – Statens Museum for Kunst",
            "2:116 https://creativecommons.org/publicdomain/zero/1.0/",
        ];
        let line = Some("SMK – Statens Museum for Kunst, København".into());
        assert_eq!(read(&write(&Credit { credit_line: line, ..credit() })), expected);
    }
}
