//! Reads TIFF's image file directories (TIFF 6.0, §2; BigTIFF).

use crate::container::{PartialFile, Refused, Stop};

/// The byte order and offset width of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub big_endian: bool,
    pub big_tiff: bool,
}

/// A directory; the values of its entries are read on demand.
#[derive(Debug)]
pub(crate) struct Directory {
    layout: Layout,
    entries: Vec<Entry>,
    /// The offset of the next directory; 0 if there is none.
    pub next: u64,
}

#[derive(Debug)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The offset of the values in the file.
    offset: u64,
}

/// The most entries of a directory; larger directories are refused as damaged.
const MAX_ENTRIES: u64 = 4096;

impl Layout {
    /// The layout that the header states, and the first directory's offset; `None` if the file is not a TIFF.
    pub(crate) fn of(start: &[u8]) -> Option<(Layout, u64)> {
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

    pub(crate) fn u16(self, b: &[u8]) -> u16 {
        let b = [b[0], b[1]];
        if self.big_endian { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }
    }

    pub(crate) fn u32(self, b: &[u8]) -> u32 {
        let b = [b[0], b[1], b[2], b[3]];
        if self.big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    }

    pub(crate) fn u64(self, b: &[u8]) -> u64 {
        let b = [b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]];
        if self.big_endian { u64::from_be_bytes(b) } else { u64::from_le_bytes(b) }
    }
}

impl Directory {
    pub(crate) fn read(file: &PartialFile, layout: Layout, offset: u64) -> Result<Self, Stop> {
        let (head, each, word) = if layout.big_tiff { (8, 20, 8) } else { (2, 12, 4) };
        let counted = file.get(offset, head)?;
        let count = if layout.big_tiff { layout.u64(counted) } else { u64::from(layout.u16(counted)) };
        if count == 0 || count > MAX_ENTRIES {
            return Err(Refused::damaged(format!("a directory claims {count} entries")).into());
        }
        // Some writers end the file after the last entry, without the next directory's offset.
        let ends = offset.saturating_add(head + count * each) == file.size();
        let length = count * each + if ends { 0 } else { word };
        let table = file.get(offset + head, length)?;
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

    pub(crate) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// The tag's first integer.
    pub(crate) fn number(&self, file: &PartialFile, tag: u16) -> Result<Option<u64>, Stop> {
        let Some(entry) = self.entry(tag).filter(|entry| entry.count > 0) else { return Ok(None) };
        let bytes = file.get(entry.offset, integer_width(entry)?)?;
        Ok(Some(self.value(entry.kind, bytes)))
    }

    /// The number of the tag's values, 0 if the tag is missing.
    pub(crate) fn count(&self, tag: u16) -> u64 {
        self.entry(tag).map_or(0, |entry| entry.count)
    }

    /// The offset in the file of the tag's values.
    pub(crate) fn offset(&self, tag: u16) -> Option<u64> {
        self.entry(tag).map(|entry| entry.offset)
    }

    /// The tag's integers, at most the first `max` of them.
    pub(crate) fn numbers(&self, file: &PartialFile, tag: u16, max: u64) -> Result<Vec<u64>, Stop> {
        let Some(entry) = self.entry(tag) else { return Ok(Vec::new()) };
        let each = integer_width(entry)?;
        let bytes = file.get(entry.offset, entry.count.min(max) * each)?;
        Ok(bytes.chunks_exact(each as usize).map(|raw| self.value(entry.kind, raw)).collect())
    }

    /// The tag's rationals or integers, at most the first `max` of them.
    pub(crate) fn rationals(&self, file: &PartialFile, tag: u16, max: u64) -> Result<Vec<f64>, Stop> {
        const RATIONAL: u16 = 5;
        let Some(entry) = self.entry(tag) else { return Ok(Vec::new()) };
        if entry.kind != RATIONAL {
            return Ok(self.numbers(file, tag, max)?.into_iter().map(|number| number as f64).collect());
        }
        let bytes = file.get(entry.offset, entry.count.min(max) * 8)?;
        let value = |raw: &[u8]| f64::from(self.layout.u32(raw)) / f64::from(self.layout.u32(&raw[4..]));
        Ok(bytes.chunks_exact(8).map(value).collect())
    }

    /// The first bytes of the tag's text, at most `max` of them.
    pub(crate) fn text<'a>(&self, file: &'a PartialFile, tag: u16, max: u64) -> Result<&'a [u8], Stop> {
        let Some(entry) = self.entry(tag) else { return Ok(&[]) };
        file.get(entry.offset, entry.count.saturating_mul(width(entry.kind)).min(max))
    }

    /// The tag's bytes, such as an ICC profile or JPEG tables; refused if there are more than `max`.
    pub(crate) fn bytes<'a>(
        &self,
        file: &'a PartialFile,
        tag: u16,
        max: u64,
    ) -> Result<Option<&'a [u8]>, Stop> {
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        let length = entry.count.saturating_mul(width(entry.kind));
        if length > max {
            return Err(Refused::damaged(format!("tag {tag} claims {length} bytes")).into());
        }
        file.get(entry.offset, length).map(Some)
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

/// The width of an integer of the entry's type; refuses texts and rationals.
fn integer_width(entry: &Entry) -> Result<u64, Stop> {
    match entry.kind {
        1 | 3 | 4 | 6 | 8 | 9 | 13 | 16 | 17 | 18 => Ok(width(entry.kind)),
        kind => {
            Err(Refused::damaged(format!("tag {} has type {kind} instead of an integer", entry.tag)).into())
        }
    }
}

/// Bytes of a value of this type (TIFF 6.0, §2, "Types").
fn width(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}
