//! A BigTIFF directory being put together: its entries, and what does not fit in them.

/// Entries in the order of their tags, little endian.
#[derive(Default)]
pub struct Entries(Vec<Entry>);

struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    value: Vec<u8>,
}

const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;
const LONG8: u16 = 16;
const IFD8: u16 = 18;

/// Bytes of an entry, and of the value that it has room for.
const ENTRY: usize = 20;
const ROOM: usize = 8;

impl Entries {
    fn put(&mut self, tag: u16, kind: u16, count: usize, value: Vec<u8>) {
        self.0.push(Entry { tag, kind, count: count as u64, value });
    }

    pub fn shorts(&mut self, tag: u16, values: &[u16]) {
        self.put(tag, SHORT, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }

    pub fn longs(&mut self, tag: u16, values: &[u32]) {
        self.put(tag, LONG, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }

    pub fn offsets(&mut self, tag: u16, values: &[u64]) {
        self.put(tag, LONG8, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }

    pub fn directories(&mut self, tag: u16, values: &[u64]) {
        self.put(tag, IFD8, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }

    /// Whole numbers as fractions over 1.
    pub fn rationals(&mut self, tag: u16, values: &[u32]) {
        let value = values.iter().flat_map(|&v| [v, 1]).flat_map(u32::to_le_bytes).collect();
        self.put(tag, RATIONAL, values.len(), value);
    }

    pub fn text(&mut self, tag: u16, text: &str) {
        let value = [text.as_bytes(), b"\0"].concat();
        self.put(tag, ASCII, value.len(), value);
    }

    pub fn bytes(&mut self, tag: u16, bytes: &[u8]) {
        self.put(tag, UNDEFINED, bytes.len(), bytes.to_vec());
    }

    /// Bytes of the directory with its arrays.
    pub fn length(&self) -> u64 {
        let outside: usize = self.0.iter().map(|entry| outside(&entry.value)).sum();
        (8 + ENTRY * self.0.len() + 8 + outside) as u64
    }

    /// The directory as it lies at offset `at`, followed by its arrays.
    pub fn write(mut self, at: u64, next: u64) -> Vec<u8> {
        self.0.sort_by_key(|entry| entry.tag);
        let mut out = (self.0.len() as u64).to_le_bytes().to_vec();
        let mut arrays = Vec::new();
        let arrays_at = at + (8 + ENTRY * self.0.len() + 8) as u64;
        for entry in self.0 {
            out.extend_from_slice(&entry.tag.to_le_bytes());
            out.extend_from_slice(&entry.kind.to_le_bytes());
            out.extend_from_slice(&entry.count.to_le_bytes());
            let outside = outside(&entry.value);
            let mut value = entry.value;
            if outside == 0 {
                value.resize(ROOM, 0);
                out.extend_from_slice(&value);
            } else {
                out.extend_from_slice(&(arrays_at + arrays.len() as u64).to_le_bytes());
                value.resize(outside, 0);
                arrays.extend_from_slice(&value);
            }
        }
        out.extend_from_slice(&next.to_le_bytes());
        out.extend_from_slice(&arrays);
        out
    }
}

/// Bytes that a value takes behind the directory, padded to keep every array aligned.
fn outside(value: &[u8]) -> usize {
    if value.len() <= ROOM { 0 } else { value.len().next_multiple_of(8) }
}
