//! Walks the RIFF chunks of a WebP (RFC 9649, §2.3).

use super::{MAX_CHUNKS, PartialFile, Stop};

/// A chunk that is completely within the file.
pub(crate) struct Chunk<'a> {
    pub name: [u8; 4],
    /// The length of its body in bytes.
    pub length: u64,
    start: u64,
    file: &'a PartialFile,
}

impl<'a> Chunk<'a> {
    /// The chunk's content, without its name, length and padding.
    ///
    /// # Errors
    ///
    /// Returns [`Stop::NeedBytes`] if they have not been fetched.
    pub(crate) fn body(&self) -> Result<&'a [u8], Stop> {
        self.file.get(self.start, self.length)
    }
}

/// Iterates over the chunks of a file, at most [`MAX_CHUNKS`], up to the first truncated one.
pub(crate) fn chunks(file: &PartialFile) -> impl Iterator<Item = Result<Chunk<'_>, Stop>> {
    let mut at = 12;
    let next = move || {
        if at + 8 > file.size() {
            return None;
        }
        let head = match file.get(at, 8) {
            Ok(head) => head,
            Err(stop) => return Some(Err(stop)),
        };
        let name = [head[0], head[1], head[2], head[3]];
        let length = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let start = at + 8;
        at = start + length + length % 2;
        (start + length <= file.size()).then_some(Ok(Chunk { name, length, start, file }))
    };
    std::iter::from_fn(next).take(MAX_CHUNKS)
}
