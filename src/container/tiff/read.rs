//! TIFF's image file directories (TIFF 6.0, §2; BigTIFF), as tags with numbers.

use crate::container::{PartialFile, Refused, Stop};

/// How the file writes its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub big_endian: bool,
    pub big_tiff: bool,
}

/// One directory: its entries, whose values are fetched when asked for.
#[derive(Debug)]
pub struct Directory {
    layout: Layout,
    entries: Vec<Entry>,
    /// Offset of the next directory, 0 for none.
    pub next: u64,
}

#[derive(Debug)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where the values lie in the file.
    offset: u64,
}

/// No sound directory has more entries.
const MAX_ENTRIES: u64 = 4096;

impl Layout {
    /// The header's byte order and kind, and the first directory's offset; `None` for a file
    /// that is no TIFF.
    pub fn of(start: &[u8]) -> Option<(Layout, u64)> {
        let big_endian = match start.get(..2)? {
            b"II" => false,
            b"MM" => true,
            _ => return None,
        };
        let classic = Layout { big_endian, big_tiff: false };
        match classic.u16(start.get(2..4)?) {
            42 => Some((classic, u64::from(classic.u32(start.get(4..8)?)))),
            43 if classic.u16(start.get(4..6)?) == 8 => {
                let layout = Layout { big_tiff: true, ..classic };
                Some((layout, layout.u64(start.get(8..16)?)))
            }
            _ => None,
        }
    }

    pub fn u16(self, b: &[u8]) -> u16 {
        let b = [b[0], b[1]];
        if self.big_endian { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }
    }

    pub fn u32(self, b: &[u8]) -> u32 {
        let b = [b[0], b[1], b[2], b[3]];
        if self.big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    }

    pub fn u64(self, b: &[u8]) -> u64 {
        let b = [b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]];
        if self.big_endian { u64::from_be_bytes(b) } else { u64::from_le_bytes(b) }
    }
}

impl Directory {
    pub fn read(held: &PartialFile, layout: Layout, offset: u64) -> Result<Self, Stop> {
        let (head, each, word) = if layout.big_tiff { (8, 20, 8) } else { (2, 12, 4) };
        let counted = held.get(offset, head)?;
        let count = if layout.big_tiff { layout.u64(counted) } else { u64::from(layout.u16(counted)) };
        if count == 0 || count > MAX_ENTRIES {
            return Err(Refused::damaged(format!("a directory claims {count} entries")).into());
        }
        // Some writers end the file after the last entry, without the next directory's offset.
        let ends = offset.saturating_add(head + count * each) == held.size();
        let length = count * each + if ends { 0 } else { word };
        let table = held.get(offset + head, length)?;
        let mut entries = Vec::with_capacity(count as usize);
        for (n, raw) in table.chunks_exact(each as usize).take(count as usize).enumerate() {
            let (tag, kind) = (layout.u16(raw), layout.u16(&raw[2..]));
            let values =
                if layout.big_tiff { layout.u64(&raw[4..]) } else { u64::from(layout.u32(&raw[4..])) };
            let field = &raw[raw.len() - word as usize..];
            let fits = values.saturating_mul(width(kind)) <= word;
            let at = match (fits, layout.big_tiff) {
                (true, _) => offset + head + (n as u64 + 1) * each - word,
                (false, true) => layout.u64(field),
                (false, false) => u64::from(layout.u32(field)),
            };
            entries.push(Entry { tag, kind, count: values, offset: at });
        }
        let next = match &table[(count * each) as usize..] {
            [] => 0,
            last if layout.big_tiff => layout.u64(last),
            last => u64::from(layout.u32(last)),
        };
        Ok(Self { layout, entries, next })
    }

    pub fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// The tag's first whole number.
    pub fn number(&self, held: &PartialFile, tag: u16) -> Result<Option<u64>, Stop> {
        let Some(entry) = self.entry(tag).filter(|entry| entry.count > 0) else { return Ok(None) };
        let bytes = held.get(entry.offset, whole(entry)?)?;
        Ok(Some(self.value(entry.kind, bytes)))
    }

    /// How many values the tag has, 0 if it is missing.
    pub fn count(&self, tag: u16) -> u64 {
        self.entry(tag).map_or(0, |entry| entry.count)
    }

    /// The tag's whole numbers, at most the first `most` of them.
    pub fn numbers(&self, held: &PartialFile, tag: u16, most: u64) -> Result<Vec<u64>, Stop> {
        let Some(entry) = self.entry(tag) else { return Ok(Vec::new()) };
        let each = whole(entry)?;
        let bytes = held.get(entry.offset, entry.count.min(most) * each)?;
        Ok(bytes.chunks_exact(each as usize).map(|raw| self.value(entry.kind, raw)).collect())
    }

    /// The tag's fractions (or whole numbers), at most the first `most` of them.
    pub fn fractions(&self, held: &PartialFile, tag: u16, most: u64) -> Result<Vec<f64>, Stop> {
        const RATIONAL: u16 = 5;
        let Some(entry) = self.entry(tag) else { return Ok(Vec::new()) };
        if entry.kind != RATIONAL {
            return Ok(self.numbers(held, tag, most)?.into_iter().map(|number| number as f64).collect());
        }
        let bytes = held.get(entry.offset, entry.count.min(most) * 8)?;
        let value = |raw: &[u8]| f64::from(self.layout.u32(raw)) / f64::from(self.layout.u32(&raw[4..]));
        Ok(bytes.chunks_exact(8).map(value).collect())
    }

    /// The first bytes of the tag's text, at most `most` of them.
    pub fn text<'a>(&self, held: &'a PartialFile, tag: u16, most: u64) -> Result<&'a [u8], Stop> {
        let Some(entry) = self.entry(tag) else { return Ok(&[]) };
        held.get(entry.offset, entry.count.saturating_mul(width(entry.kind)).min(most))
    }

    /// The tag's bytes (ICC profile, JPEG tables), at most `most`.
    pub fn bytes<'a>(&self, held: &'a PartialFile, tag: u16, most: u64) -> Result<Option<&'a [u8]>, Stop> {
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        let length = entry.count.saturating_mul(width(entry.kind));
        if length > most {
            return Err(Refused::damaged(format!("tag {tag} claims {length} bytes")).into());
        }
        held.get(entry.offset, length).map(Some)
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    fn value(&self, kind: u16, raw: &[u8]) -> u64 {
        match width(kind) {
            1 => u64::from(raw[0]),
            2 => u64::from(self.layout.u16(raw)),
            4 => u64::from(self.layout.u32(raw)),
            _ => self.layout.u64(raw),
        }
    }
}

/// The width of a whole number of the entry's type; refuses texts and fractions.
fn whole(entry: &Entry) -> Result<u64, Stop> {
    match entry.kind {
        1 | 3 | 4 | 6 | 8 | 9 | 13 | 16 | 17 | 18 => Ok(width(entry.kind)),
        kind => {
            Err(Refused::damaged(format!("tag {} has type {kind} instead of a whole number", entry.tag))
                .into())
        }
    }
}

/// Bytes a value (TIFF 6.0, §2, «Types»).
fn width(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}
