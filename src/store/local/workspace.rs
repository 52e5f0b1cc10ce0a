//! Folders for unfinished files, hidden from readers and removed when their owner no longer runs.

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use tempfile::{Builder, NamedTempFile, TempDir};

/// The prefix of workspace folder names.
const PREFIX: &str = "tegl-unfinished-";
/// The name of the file that the owner keeps locked while it runs.
const OWNER: &str = "owner";
/// Its name before it is locked.
const UNLOCKED: &str = "new";
/// How often a new folder is tried while other processes remove those without a locked mark.
const ATTEMPTS: usize = 10;
/// The minimum age at which a folder is removed if locks cannot show whether its owner runs.
const MIN_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder for unfinished files, removed with its contents when dropped. The folder of a killed process is removed
/// when the next process opens the location.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
    /// The lock ends with the process, however it ends.
    _owner: File,
}

impl Workspace {
    pub(in crate::store) fn new(parent: &Path) -> io::Result<Workspace> {
        for _ in 1..ATTEMPTS {
            match Self::try_new(parent) {
                // Another process has removed the folder before its mark was locked.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::WouldBlock) => {}
                made => return made,
            }
        }
        Self::try_new(parent)
    }

    fn try_new(parent: &Path) -> io::Result<Workspace> {
        let folder = Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let unlocked = folder.path().join(UNLOCKED);
        let owner = File::create_new(&unlocked)?;
        // On file systems without locks the folder's age decides.
        if let Err(TryLockError::WouldBlock) = owner.try_lock() {
            return Err(ErrorKind::WouldBlock.into());
        }
        fs::rename(unlocked, folder.path().join(OWNER))?;
        Ok(Workspace { folder, _owner: owner })
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Creates an empty file in the folder.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be written to.
    pub fn file(&self) -> io::Result<NamedTempFile> {
        // Other users may read finished files as far as the umask allows.
        Builder::new().prefix("file-").permissions(Permissions::from_mode(0o666)).tempfile_in(self.path())
    }

    /// Creates an empty subfolder.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be written to.
    pub fn folder(&self) -> io::Result<TempDir> {
        Builder::new().prefix("folder-").tempdir_in(self.path())
    }
}

/// Removes workspaces in this folder whose owners no longer run. Failures are logged.
pub(in crate::store) fn sweep(parent: &Path) -> io::Result<()> {
    for entry in parent.read_dir()?.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if !is_ours {
            continue;
        }
        match remove_abandoned(&entry.path()) {
            Ok(true) => tracing::info!(folder = %entry.path().display(), "removed unfinished files"),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(folder = %entry.path().display(), %error, "unfinished files cannot be removed");
            }
        }
    }
    Ok(())
}

/// Removes the folder if its owner no longer runs; returns whether it was removed.
fn remove_abandoned(folder: &Path) -> io::Result<bool> {
    let Some(metadata) = folder.symlink_metadata().ok().filter(fs::Metadata::is_dir) else {
        return Ok(false);
    };
    // The system's temporary folder is shared, so opening a FIFO of another user must not block.
    let no_wait = (OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY).bits();
    for mark in [OWNER, UNLOCKED] {
        let opened =
            File::options().read(true).write(true).custom_flags(no_wait as i32).open(folder.join(mark));
        let is_abandoned = match opened.as_ref().map(File::try_lock) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Ok(Ok(())) => true,
            Ok(Err(TryLockError::WouldBlock)) => false,
            Ok(Err(TryLockError::Error(_))) | Err(_) => is_old(folder, &metadata),
        };
        // A mark that is locked here stays locked meanwhile: its maker, if it is only about to lock it, makes a new folder.
        return if is_abandoned { fs::remove_dir_all(folder).map(|()| true) } else { Ok(false) };
    }
    // Its owner was killed before it made the mark, or is about to make it and then makes a new folder.
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && !is_old(folder, &metadata) => Ok(false),
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
            fs::remove_dir_all(folder).map(|()| true)
        }
        removed => removed.map(|()| true),
    }
}

/// Whether nothing in the folder has changed recently.
fn is_old(folder: &Path, metadata: &fs::Metadata) -> bool {
    let inside = folder.read_dir().into_iter().flatten().flatten().filter_map(|entry| entry.metadata().ok());
    let changes = inside.chain([metadata.clone()]).filter_map(|metadata| metadata.modified().ok());
    let latest = changes.max().and_then(|latest| SystemTime::now().duration_since(latest).ok());
    latest.is_some_and(|age| age > MIN_AGE)
}
