//! Claims in a local folder: locked files, which the system unlocks when their process ends, however it ends.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The prefix of the files' names.
pub(super) const PREFIX: &str = "claim-";

/// A locked file, removed when dropped.
pub(in crate::store) struct LocalClaim {
    path: PathBuf,
    _locked: File,
}

impl LocalClaim {
    /// Takes the claim of this name in a folder of unfinished files; `None` while another has it.
    pub(super) fn take(unfinished: &Path, name: &str) -> io::Result<Option<LocalClaim>> {
        // The folder may have been deleted while the server runs.
        fs::create_dir_all(unfinished)?;
        let path = unfinished.join(format!("{PREFIX}{name}"));
        loop {
            let mut options = File::options();
            options.append(true).create(true).custom_flags(OFlags::NOFOLLOW.bits() as i32);
            let file = options.open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // The one who had it may have removed the file after it was opened here.
            let locked = file.metadata()?;
            match fs::symlink_metadata(&path) {
                Ok(found) if (found.dev(), found.ino()) == (locked.dev(), locked.ino()) => {
                    return Ok(Some(LocalClaim { path, _locked: file }));
                }
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
}

impl Drop for LocalClaim {
    fn drop(&mut self) {
        // It is still locked. One that remains is removed when the folder is opened next.
        let _remains = fs::remove_file(&self.path);
    }
}

/// Removes the claims of processes that no longer run.
pub(super) fn sweep(unfinished: &Path) -> io::Result<()> {
    for entry in unfinished.read_dir()?.flatten() {
        if let Some(name) = entry.file_name().to_str().and_then(|name| name.strip_prefix(PREFIX)) {
            // Dropping a claim removes its file.
            drop(LocalClaim::take(unfinished, name));
        }
    }
    Ok(())
}
