//! Folders for unfinished work: out of readers' sight, and swept when those who made them are gone.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use tempfile::{Builder, NamedTempFile, TempDir};

/// What the folders' names begin with.
const PREFIX: &str = "tegl-unfinished-";
/// Its owner holds a lock on this file as long as it lives.
const OWNER: &str = "owner";
/// How long a folder is let be where locks do not tell whether its owner lives.
const SPARED: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder for unfinished work, gone with all that is in it when it is dropped; one left behind
/// by a process that was killed goes when the next one opens the location.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
    /// Its lock ends with it, however the process ends.
    _owner: File,
}

impl Workspace {
    pub(in crate::store) fn new(parent: &Path) -> io::Result<Workspace> {
        let folder = Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        // The file gets its name once it is locked, so that nobody finds it without.
        let nameless = folder.path().join("new");
        let owner = File::create_new(&nameless)?;
        // Some file systems have no locks: there the folder's age decides.
        let _locked = owner.try_lock();
        fs::rename(nameless, folder.path().join(OWNER))?;
        Ok(Workspace { folder, _owner: owner })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes an empty file in it.
    pub fn file(&self) -> io::Result<NamedTempFile> {
        // Others may read what is finished, as far as the process' mask lets them.
        Builder::new().prefix("file-").permissions(Permissions::from_mode(0o666)).tempfile_in(self.path())
    }

    /// Makes an empty folder in it.
    pub fn folder(&self) -> io::Result<TempDir> {
        Builder::new().prefix("folder-").tempdir_in(self.path())
    }
}

/// Removes the workspaces in this folder whose owners are gone; one that cannot be removed is let be.
pub(in crate::store) fn sweep(parent: &Path) -> io::Result<()> {
    for entry in parent.read_dir()?.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if is_ours && is_abandoned(&entry.path()) {
            match fs::remove_dir_all(entry.path()) {
                Ok(()) => tracing::info!(folder = %entry.path().display(), "removed unfinished work"),
                Err(error) => {
                    tracing::warn!(folder = %entry.path().display(), %error, "unfinished work stays");
                }
            }
        }
    }
    Ok(())
}

/// Whether nobody will finish what is in the folder.
fn is_abandoned(folder: &Path) -> bool {
    let Some(metadata) = folder.symlink_metadata().ok().filter(fs::Metadata::is_dir) else { return false };
    // The system's temporary folder is others' as well: what they lay out must not make us wait.
    let no_wait = (OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY).bits();
    let owner = File::options().read(true).write(true).custom_flags(no_wait as i32).open(folder.join(OWNER));
    match owner.map(|owner| owner.try_lock()) {
        Ok(Ok(())) => true,
        Ok(Err(TryLockError::WouldBlock)) => false,
        Ok(Err(TryLockError::Error(_))) | Err(_) => is_old(folder, &metadata),
    }
}

/// Whether nothing in the folder changed lately.
fn is_old(folder: &Path, metadata: &fs::Metadata) -> bool {
    let inside = folder.read_dir().into_iter().flatten().flatten().filter_map(|entry| entry.metadata().ok());
    let changes = inside.chain([metadata.clone()]).filter_map(|metadata| metadata.modified().ok());
    let latest = changes.max().and_then(|latest| SystemTime::now().duration_since(latest).ok());
    latest.is_some_and(|age| age > SPARED)
}
