//! Where OpenJPEG writes: a file that grows in memory, and what it has to say.

use std::ffi::{CStr, c_char, c_void};
use std::slice;

use openjpeg_sys as opj;

/// A file in the making.
#[derive(Default)]
pub struct Memory {
    /// What was written so far.
    pub bytes: Vec<u8>,
    /// Why it went wrong, in OpenJPEG's words.
    pub complaints: String,
    position: usize,
}

/// OpenJPEG's complaints are kept up to about this many bytes.
const COMPLAINTS: usize = 1000;
/// What OpenJPEG takes for a failed write.
const FAILED: usize = usize::MAX;

impl Memory {
    /// Lets `codec` complain and `stream` write to `memory`.
    ///
    /// # Safety
    ///
    /// All three are live; `memory` outlives the others and is not used while they run.
    pub unsafe fn attach(memory: *mut Self, codec: *mut opj::opj_codec_t, stream: *mut opj::opj_stream_t) {
        let memory = memory.cast::<c_void>();
        // SAFETY: codec and stream are live, the functions take `memory` for what it is, and none is
        // given that would free it.
        unsafe {
            opj::opj_set_error_handler(codec, Some(complain), memory);
            opj::opj_stream_set_user_data(stream, memory, None);
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

unsafe extern "C" fn complain(message: *const c_char, memory: *mut c_void) {
    // SAFETY: as in `write`.
    let complaints = unsafe { &mut (*memory.cast::<Memory>()).complaints };
    if !message.is_null() && complaints.len() < COMPLAINTS {
        // SAFETY: OpenJPEG hands over a string that ends with a zero.
        complaints.push_str(&unsafe { CStr::from_ptr(message) }.to_string_lossy());
    }
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
