//! Returns memory that C libraries have freed to the operating system.

/// Decoders that took less than this, in bytes, are not worth a trim.
const LARGE: u64 = 32 << 20;

/// Call this after `bytes` have been freed. The C library keeps freed memory per allocating thread, so several large
/// decodes in sequence would otherwise hold as much memory as if they ran at once.
pub(super) fn after(bytes: u64) {
    if bytes < LARGE {
        return;
    }
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it may be called at any time from any thread (malloc_trim(3), MT-Safe).
        unsafe { libc::malloc_trim(0) };
    }
}

/// Trims when dropped.
pub(super) struct Guard(pub u64);

impl Drop for Guard {
    fn drop(&mut self) {
        after(self.0);
    }
}
