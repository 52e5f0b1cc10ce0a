//! The in-memory file that OpenJPEG writes to.

use std::ffi::c_void;
use std::slice;

use openjpeg_sys as opj;

use crate::pixels::callback::{self, Context};

/// A file that is being written.
#[derive(Default)]
pub(crate) struct Memory {
    /// The bytes written so far.
    pub bytes: Vec<u8>,
    position: usize,
}

/// The return value that OpenJPEG interprets as a failed write.
const FAILED: usize = usize::MAX;

impl Memory {
    /// Makes `codec` report errors to `memory`, and `stream` write to it.
    ///
    /// # Safety
    ///
    /// All three are live; `memory` outlives the others and is not used while they run.
    pub(crate) unsafe fn attach(
        memory: &Context<Self>,
        codec: *mut opj::opj_codec_t,
        stream: *mut opj::opj_stream_t,
    ) {
        let memory = memory.address();
        // SAFETY: codec and stream are live, the functions interpret `memory` correctly, and none is
        // given that would free it.
        unsafe {
            opj::opj_set_error_handler(codec, Some(callback::record_message::<Self>), memory);
            opj::opj_stream_set_user_data(stream, memory, None);
            opj::opj_stream_set_write_function(stream, Some(write));
            opj::opj_stream_set_skip_function(stream, Some(skip));
            opj::opj_stream_set_seek_function(stream, Some(seek));
        }
    }

    /// Overwrites existing bytes, then grows; returns whether there was enough memory.
    fn write(&mut self, bytes: &[u8]) -> bool {
        let Some(end) = self.position.checked_add(bytes.len()) else { return false };
        if self.bytes.try_reserve(end.saturating_sub(self.bytes.len())).is_err() {
            return false;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let Some(target) = self.bytes.get_mut(self.position..end) else { return false };
        target.copy_from_slice(bytes);
        self.position = end;
        true
    }

    /// Moves to any position; the next write fills a gap after the end with zeros.
    fn seek(&mut self, position: Option<usize>) -> bool {
        position.inspect(|&position| self.position = position).is_some()
    }
}

unsafe extern "C" fn write(bytes: *mut c_void, length: usize, memory: *mut c_void) -> usize {
    let body = |memory: &mut Memory| {
        // SAFETY: OpenJPEG's buffer holds `length` bytes.
        let bytes = unsafe { slice::from_raw_parts(bytes.cast::<u8>(), length) };
        memory.write(bytes).then_some(length).ok_or("no memory for the file")
    };
    // SAFETY: `memory` is the address that `attach` passed, and nothing else uses it while OpenJPEG runs.
    unsafe { callback::call(memory, FAILED, body) }
}

unsafe extern "C" fn skip(length: i64, memory: *mut c_void) -> i64 {
    let body = |memory: &mut Memory| {
        let target =
            isize::try_from(length).ok().and_then(|length| memory.position.checked_add_signed(length));
        memory.seek(target).then_some(length).ok_or("it skips outside the file")
    };
    // SAFETY: as in `write`.
    unsafe { callback::call(memory, -1, body) }
}

unsafe extern "C" fn seek(position: i64, memory: *mut c_void) -> i32 {
    let body = |memory: &mut Memory| {
        let target = usize::try_from(position).ok();
        memory.seek(target).then_some(1).ok_or("it seeks outside the file")
    };
    // SAFETY: as in `write`.
    unsafe { callback::call(memory, 0, body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_zero() {
        let mut memory = Memory::default();
        assert!(memory.seek(Some(3)) && memory.write(b"x"));
        assert_eq!(memory.bytes, b"\0\0\0x");
        assert!(memory.seek(Some(usize::MAX)) && !memory.write(b"x"));
        assert!(memory.seek(Some(usize::MAX / 2)) && !memory.write(b"x"));
    }

    #[test]
    fn overwritten_bytes_are_replaced() {
        let mut memory = Memory::default();
        assert!(memory.write(b"length: ?, body"));
        assert!(memory.seek(Some(8)) && memory.write(b"4"));
        assert!(memory.seek(Some(15)) && memory.write(b"."));
        assert_eq!(memory.bytes, b"length: 4, body.");
        assert!(!memory.seek(None));
    }
}
