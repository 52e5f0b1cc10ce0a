//! Gives memory that C libraries have freed back to the system.

/// What a decoder takes is given back when it is at least this much, in bytes.
const LARGE: u64 = 32 << 20;

/// To be called when `bytes` have been freed. The C library keeps freed memory for each thread that has taken some,
/// so that several large decodes after each other would otherwise hold as much as all at once.
pub fn after(bytes: u64) {
    if bytes < LARGE {
        return;
    }
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it may be called at any time from any thread (malloc_trim(3), MT-Safe).
        unsafe { libc::malloc_trim(0) };
    }
}

/// The same when it is dropped.
pub struct Guard(pub u64);

impl Drop for Guard {
    fn drop(&mut self) {
        after(self.0);
    }
}
