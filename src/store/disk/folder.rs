//! The folder of a disk cache: owned by one user, used by one process.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::entry;

/// The name of the folder of entries, with the version of their form.
const ENTRIES: &str = "tegl-entries-1";
/// The name of the file that the process keeps locked.
const LOCK: &str = "lock";
/// The name of the file that is being written.
pub(super) const UNFINISHED: &str = "unfinished";

/// Why there is no disk cache.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// The folder is not this server's: only a change of the settings or of the folder helps.
    #[error("{0}")]
    Misconfigured(String),
    /// Another process uses it, or it cannot be written to: the server can do without.
    #[error("{0}")]
    Unavailable(String),
}

/// A folder that this process alone uses.
pub(super) struct Folder {
    pub path: PathBuf,
    /// The open folder, below which files are opened.
    pub root: File,
    /// The lock ends with the process, however it ends.
    _lock: File,
}

impl Folder {
    /// Opens the folder of entries below `parent`, and creates what is missing.
    pub(super) fn open(parent: &Path) -> Result<Self, Unusable> {
        let path = parent.join(ENTRIES);
        let unavailable =
            |error: io::Error| Unusable::Unavailable(format!("`{}` cannot be used: {error}", path.display()));
        match DirBuilder::new().recursive(true).mode(0o700).create(&path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotADirectory | ErrorKind::AlreadyExists) => {
                return Err(Unusable::Misconfigured(format!("`{}` is not a folder", parent.display())));
            }
            created => created.map_err(unavailable)?,
        }
        let root = File::open(&path).map_err(unavailable)?;
        check_owner(&path, &root)?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK));
        let lock = lock.map_err(unavailable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = format!("another process uses `{}`", path.display());
                return Err(Unusable::Unavailable(text));
            }
            Err(TryLockError::Error(error)) => return Err(unavailable(error)),
        }
        for folder in entry::folders() {
            match DirBuilder::new().mode(0o700).create(path.join(folder)) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(unavailable(error)),
                _ => {}
            }
        }
        // What a killed process left; this also shows whether files can be written.
        std::fs::write(path.join(UNFINISHED), b"").map_err(unavailable)?;
        std::fs::remove_file(path.join(UNFINISHED)).map_err(unavailable)?;
        Ok(Self { path, root, _lock: lock })
    }
}

/// Checks that nobody else can put entries there.
fn check_owner(path: &Path, root: &File) -> Result<(), Unusable> {
    let metadata = root.metadata();
    let metadata =
        metadata.map_err(|error| Unusable::Unavailable(format!("`{}`: {error}", path.display())))?;
    let user = rustix::process::geteuid().as_raw();
    let path = path.display();
    if metadata.uid() != user {
        return Err(Unusable::Misconfigured(format!(
            "`{path}` belongs to user {}, and the server runs as user {user}: name another folder, or give it to that \
             user (`chown -R {user} {path}`)",
            metadata.uid()
        )));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(Unusable::Misconfigured(format!(
            "other users may write to `{path}`: take that from them (`chmod 700 {path}`)"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn refused(parent: &Path) -> (bool, String) {
        match Folder::open(parent) {
            Ok(_) => panic!("it was opened"),
            Err(Unusable::Misconfigured(text)) => (true, text),
            Err(Unusable::Unavailable(text)) => (false, text),
        }
    }

    #[test]
    fn a_folder_has_one_user_and_one_process() {
        let parent = tempfile::tempdir().unwrap();
        let first = Folder::open(parent.path()).unwrap();
        let (is_permanent, text) = refused(parent.path());
        assert!(!is_permanent && text.contains("another process"), "{text}");
        let entries = first.path.clone();
        drop(first);
        std::fs::write(entries.join(UNFINISHED), "left").unwrap();
        drop(Folder::open(parent.path()).unwrap());
        assert!(!entries.join(UNFINISHED).exists());
        std::fs::set_permissions(&entries, std::fs::Permissions::from_mode(0o777)).unwrap();
        let (is_permanent, text) = refused(parent.path());
        assert!(is_permanent && text.contains("chmod 700"), "{text}");
    }

    #[test]
    fn a_file_is_not_a_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (is_permanent, text) = refused(file.path());
        assert!(is_permanent && text.contains("is not a folder"), "{text}");
    }
}
