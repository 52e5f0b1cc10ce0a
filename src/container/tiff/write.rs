//! Writes TIFF headers and directories with their values, little-endian (TIFF 6.0, §2; BigTIFF).

/// The width of a file's offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offsets {
    /// 32 bits: classic TIFF.
    Short,
    /// 64 bits: BigTIFF.
    Long,
}

impl Offsets {
    /// Bytes of an offset, which are also the bytes of values that fit into an entry.
    const fn width(self) -> usize {
        match self {
            Self::Short => 4,
            Self::Long => 8,
        }
    }

    /// Bytes of the field with a directory's number of entries.
    const fn counter(self) -> usize {
        match self {
            Self::Short => 2,
            Self::Long => 8,
        }
    }

    /// Bytes of an entry.
    const fn entry(self) -> usize {
        4 + 2 * self.width()
    }
}

const BYTE: u16 = 1;
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;
const LONG8: u16 = 16;
const IFD8: u16 = 18;

/// A tag and its values.
#[derive(Clone)]
pub(crate) struct Field {
    tag: u16,
    kind: u16,
    count: u64,
    values: Vec<u8>,
}

impl Field {
    pub(crate) fn shorts(tag: u16, values: &[u16]) -> Self {
        Self::new(tag, SHORT, values.iter().flat_map(|value| value.to_le_bytes()).collect(), 2)
    }

    pub(crate) fn longs(tag: u16, values: impl IntoIterator<Item = u32>) -> Self {
        Self::new(tag, LONG, values.into_iter().flat_map(u32::to_le_bytes).collect(), 4)
    }

    /// Offsets in the file; the caller ensures that they fit the offsets' width.
    pub(crate) fn offsets(tag: u16, values: impl Iterator<Item = u64>, offsets: Offsets) -> Self {
        match offsets {
            Offsets::Short => Self::longs(tag, values.map(|offset| offset as u32)),
            Offsets::Long => Self::new(tag, LONG8, values.flat_map(u64::to_le_bytes).collect(), 8),
        }
    }

    /// Offsets of directories in a BigTIFF.
    pub(crate) fn directories(tag: u16, values: impl Iterator<Item = u64>) -> Self {
        Self::new(tag, IFD8, values.flat_map(u64::to_le_bytes).collect(), 8)
    }

    /// Rationals: numerators and denominators.
    pub(crate) fn rationals(tag: u16, values: impl IntoIterator<Item = [u32; 2]>) -> Self {
        Self::new(tag, RATIONAL, values.into_iter().flatten().flat_map(u32::to_le_bytes).collect(), 8)
    }

    /// Text, terminated by a zero as its type requires; it may contain more than ASCII.
    pub(crate) fn text(tag: u16, text: &str) -> Self {
        Self::ascii(tag, [text.as_bytes(), &[0]].concat())
    }

    /// Bytes of a text that already has its terminating zero.
    pub(crate) fn ascii(tag: u16, values: Vec<u8>) -> Self {
        Self::new(tag, ASCII, values, 1)
    }

    pub(crate) fn bytes(tag: u16, values: Vec<u8>) -> Self {
        Self::new(tag, BYTE, values, 1)
    }

    /// Bytes declared as 32-bit numbers and padded with zeros, as libtiff expects IPTC.
    pub(crate) fn long_bytes(tag: u16, mut values: Vec<u8>) -> Self {
        values.resize(values.len().next_multiple_of(4), 0);
        Self::new(tag, LONG, values, 4)
    }

    pub(crate) fn undefined(tag: u16, values: Vec<u8>) -> Self {
        Self::new(tag, UNDEFINED, values, 1)
    }

    pub(crate) const fn tag(&self) -> u16 {
        self.tag
    }

    /// The length of the values in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.values.len() as u64
    }

    fn new(tag: u16, kind: u16, values: Vec<u8>, size: usize) -> Self {
        Self { tag, kind, count: (values.len() / size) as u64, values }
    }

    /// Bytes that the values take after the directory; 0 if they fit into the entry.
    fn outside(&self, offsets: Offsets, alignment: usize) -> usize {
        if self.values.len() <= offsets.width() { 0 } else { self.values.len().next_multiple_of(alignment) }
    }
}

/// The header of a file whose first directory follows it.
pub(crate) fn header(offsets: Offsets) -> Vec<u8> {
    match offsets {
        Offsets::Short => b"II\x2a\0\x08\0\0\0".to_vec(),
        Offsets::Long => b"II\x2b\0\x08\0\0\0\x10\0\0\0\0\0\0\0".to_vec(),
    }
}

/// A complete file of a header and a single directory; values are at even offsets.
pub(crate) fn file(fields: &[Field], offsets: Offsets) -> Vec<u8> {
    let mut file = header(offsets);
    let at = file.len() as u64;
    file.append(&mut directory(fields, offsets, at, 0, 2));
    file
}

/// The length in bytes of a directory with its values.
pub(crate) fn directory_length(fields: &[Field], offsets: Offsets, alignment: usize) -> u64 {
    let outside: usize = fields.iter().map(|field| field.outside(offsets, alignment)).sum();
    (entries_length(fields, offsets) + outside) as u64
}

const fn entries_length(fields: &[Field], offsets: Offsets) -> usize {
    offsets.counter() + offsets.entry() * fields.len() + offsets.width()
}

/// The offset of a field's values in the file, for a directory at offset `at`; `None` if they are within its entry.
pub(crate) fn values_offset(
    fields: &[Field],
    offsets: Offsets,
    at: u64,
    tag: u16,
    alignment: usize,
) -> Option<u64> {
    let place = fields.iter().position(|field| field.tag == tag)?;
    let before: usize = fields[..place].iter().map(|field| field.outside(offsets, alignment)).sum();
    let is_outside = fields[place].outside(offsets, alignment) > 0;
    is_outside.then(|| at + (entries_length(fields, offsets) + before) as u64)
}

/// The directory at offset `at`, followed by the values that do not fit into its entries, each padded to `alignment`.
///
/// `fields` are in ascending order of their tags (§2, "Sort Order"); `next` is the next directory's offset, or 0.
pub(crate) fn directory(fields: &[Field], offsets: Offsets, at: u64, next: u64, alignment: usize) -> Vec<u8> {
    debug_assert!(fields.is_sorted_by_key(|field| field.tag));
    let word = offsets.width();
    let number = |out: &mut Vec<u8>, value: u64, bytes: usize| {
        out.extend_from_slice(&value.to_le_bytes()[..bytes]);
    };
    let (mut out, mut values) = (Vec::new(), Vec::new());
    let values_at = at + entries_length(fields, offsets) as u64;
    number(&mut out, fields.len() as u64, offsets.counter());
    for field in fields {
        number(&mut out, field.tag.into(), 2);
        number(&mut out, field.kind.into(), 2);
        number(&mut out, field.count, word);
        if field.outside(offsets, alignment) == 0 {
            out.extend_from_slice(&field.values);
            out.resize(out.len() + word - field.values.len(), 0);
        } else {
            number(&mut out, values_at + values.len() as u64, word);
            values.extend_from_slice(&field.values);
            values.resize(values.len().next_multiple_of(alignment), 0);
        }
    }
    number(&mut out, next, word);
    out.append(&mut values);
    out
}
