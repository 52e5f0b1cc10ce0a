//! A growing file in memory that OpenJPEG can write to.

use std::ffi::c_void;
use std::slice;

use openjpeg_sys as opj;

/// Bytes written so far, and where the next will go.
#[derive(Default)]
pub struct Memory {
    pub bytes: Vec<u8>,
    position: usize,
}

/// What OpenJPEG takes for a failed write.
const FAILED: usize = usize::MAX;

impl Memory {
    /// Lets `stream` write here; the address must hold as long as the stream lives.
    pub fn attach(&mut self, stream: *mut opj::opj_stream_t) {
        let memory: *mut Self = self;
        // SAFETY: the caller hands over a live stream and keeps this in a box beside it; there is no
        // function to free it, so it stays the box's.
        unsafe {
            opj::opj_stream_set_user_data(stream, memory.cast(), None);
            opj::opj_stream_set_write_function(stream, Some(write));
            opj::opj_stream_set_skip_function(stream, Some(skip));
            opj::opj_stream_set_seek_function(stream, Some(seek));
        }
    }

    /// Overwrites what is there, then grows; says whether there was memory for it.
    fn write(&mut self, bytes: &[u8]) -> bool {
        let Some(end) = self.position.checked_add(bytes.len()) else { return false };
        if self.bytes.try_reserve(end.saturating_sub(self.bytes.len())).is_err() {
            return false;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let Some(place) = self.bytes.get_mut(self.position..end) else { return false };
        place.copy_from_slice(bytes);
        self.position = end;
        true
    }

    /// Moves anywhere, past the end too: what is skipped there becomes zeros with the next write.
    fn seek(&mut self, position: Option<usize>) -> bool {
        position.inspect(|&position| self.position = position).is_some()
    }
}

unsafe extern "C" fn write(bytes: *mut c_void, length: usize, memory: *mut c_void) -> usize {
    // SAFETY: `memory` is what `attach` handed over and is used by nobody else while OpenJPEG runs;
    // OpenJPEG's buffer holds `length` bytes.
    let (memory, bytes) =
        unsafe { (&mut *memory.cast::<Memory>(), slice::from_raw_parts(bytes.cast::<u8>(), length)) };
    if memory.write(bytes) { length } else { FAILED }
}

unsafe extern "C" fn skip(length: i64, memory: *mut c_void) -> i64 {
    // SAFETY: as in `write`.
    let memory = unsafe { &mut *memory.cast::<Memory>() };
    let target = isize::try_from(length).ok().and_then(|length| memory.position.checked_add_signed(length));
    if memory.seek(target) { length } else { -1 }
}

unsafe extern "C" fn seek(position: i64, memory: *mut c_void) -> i32 {
    // SAFETY: as in `write`.
    let memory = unsafe { &mut *memory.cast::<Memory>() };
    i32::from(memory.seek(usize::try_from(position).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_is_zero() {
        let mut memory = Memory::default();
        assert!(memory.seek(Some(3)) && memory.write(b"x"));
        assert_eq!(memory.bytes, b"\0\0\0x");
        assert!(memory.seek(Some(usize::MAX)) && !memory.write(b"x"));
        assert!(memory.seek(Some(usize::MAX / 2)) && !memory.write(b"x"));
    }

    #[test]
    fn what_is_written_again_is_replaced() {
        let mut memory = Memory::default();
        assert!(memory.write(b"length: ?, body"));
        assert!(memory.seek(Some(8)) && memory.write(b"4"));
        assert!(memory.seek(Some(15)) && memory.write(b"."));
        assert_eq!(memory.bytes, b"length: 4, body.");
        assert!(!memory.seek(None));
    }
}
