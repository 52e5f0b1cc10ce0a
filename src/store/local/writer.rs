//! Writes local files atomically: to a hidden folder, synced to disk, then renamed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;
use tempfile::TempPath;

use super::claim::{self, LocalClaim};
use super::reader::version_of;
use super::workspace::{self, Workspace};
use crate::store::key::UNFINISHED;
use crate::store::{BadKey, Error, Key, Version};

/// A folder opened for writing.
pub(in crate::store) struct LocalWriter {
    root: PathBuf,
    unfinished: PathBuf,
}

/// How an existing file with the same key is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Existing {
    Replaced,
    Kept,
}

impl LocalWriter {
    /// Creates the folder if it is missing, and removes leftovers of killed processes.
    pub(in crate::store) fn open(root: &Path) -> io::Result<LocalWriter> {
        let unfinished = root.join(UNFINISHED);
        fs::create_dir_all(&unfinished)?;
        if !unfinished.symlink_metadata()?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        workspace::sweep(&unfinished)?;
        claim::sweep(&unfinished)?;
        Ok(LocalWriter { root: root.to_owned(), unfinished })
    }

    pub(in crate::store) fn workspace(&self) -> io::Result<Workspace> {
        // The folder may have been deleted while the server runs.
        fs::create_dir_all(&self.unfinished)?;
        Workspace::new(&self.unfinished)
    }

    /// Takes a claim; `None` while another has it.
    pub(in crate::store) fn claim(&self, name: &str) -> io::Result<Option<LocalClaim>> {
        LocalClaim::take(&self.unfinished, name)
    }

    pub(in crate::store) fn put(&self, key: &Key, bytes: &[u8], existing: Existing) -> io::Result<Version> {
        let workspace = self.workspace()?;
        let mut file = workspace.file()?;
        file.write_all(bytes)?;
        self.publish(key, file.as_file(), file.path(), existing)
    }

    /// Copies the file.
    pub(in crate::store) fn put_file(&self, key: &Key, mut from: &File) -> io::Result<Version> {
        let workspace = self.workspace()?;
        let mut file = workspace.file()?;
        io::copy(&mut from, file.as_file_mut())?;
        self.publish(key, file.as_file(), file.path(), Existing::Replaced)
    }

    /// Renames the file, or copies it from another file system.
    pub(in crate::store) fn move_file(&self, key: &Key, path: TempPath) -> io::Result<Version> {
        let file = File::open(&path)?;
        match self.publish(key, &file, &path, Existing::Replaced) {
            Err(error) if error.kind() == ErrorKind::CrossesDevices => self.put_file(key, &file),
            Err(error) => Err(error),
            Ok(version) => {
                let _nothing_is_left_to_remove = path.keep();
                Ok(version)
            }
        }
    }

    pub(in crate::store) fn remove(&self, key: &Key) -> io::Result<()> {
        let (folder, name) = match self.folder_of(key, false) {
            Err(error) if is_absent(&error) => return Ok(()),
            found => found?,
        };
        match rustix::fs::unlinkat(&folder, name, AtFlags::empty()).map_err(io::Error::from) {
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => Ok(rustix::fs::fsync(&folder)?),
        }
    }

    /// Syncs the finished file at `path` to disk and renames it to the key.
    fn publish(&self, key: &Key, file: &File, path: &Path, existing: Existing) -> io::Result<Version> {
        file.sync_all()?;
        let version = version_of(file)?;
        let (folder, name) = self.folder_of(key, true)?;
        match existing {
            Existing::Replaced => rustix::fs::renameat(CWD, path, &folder, name)?,
            Existing::Kept => rename_to_new(path, &folder, name)?,
        }
        rustix::fs::fsync(&folder)?;
        Ok(version)
    }

    /// Opens the parent folder of the key segment by segment without following links, so that nothing is written
    /// outside the store.
    fn folder_of<'a>(&self, key: &'a Key, make: bool) -> io::Result<(OwnedFd, &'a str)> {
        let mut folder = rustix::fs::open(&self.root, FOLDER, Mode::empty())?;
        let (above, name) = key.as_str().rsplit_once('/').unwrap_or(("", key.as_str()));
        for segment in above.split('/').filter(|segment| !segment.is_empty()) {
            let mut inner = rustix::fs::openat(&folder, segment, SUBFOLDER, Mode::empty());
            if make && matches!(inner, Err(Errno::NOENT)) {
                match rustix::fs::mkdirat(&folder, segment, Mode::from_raw_mode(0o777)) {
                    Ok(()) => rustix::fs::fsync(&folder)?,
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                inner = rustix::fs::openat(&folder, segment, SUBFOLDER, Mode::empty());
            }
            folder = inner?;
        }
        Ok((folder, name))
    }
}

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
const SUBFOLDER: OFlags = FOLDER.union(OFlags::NOFOLLOW);

/// Renames the file only if the name is free, with `renameat2`; with a hard link on file systems that lack it.
fn rename_to_new(path: &Path, folder: &OwnedFd, name: &str) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    match rustix::fs::renameat_with(CWD, path, folder, name, rustix::fs::RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        done => return Ok(done?),
    }
    Ok(rustix::fs::linkat(CWD, path, folder, name, AtFlags::empty())?)
}

/// Whether no object has this key. A folder is not an object.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}

/// The store error for a failed write.
pub(in crate::store) fn failed(error: io::Error) -> Error {
    let no_folder = "something that is not a folder exists where this identifier needs one";
    match error.kind() {
        // A link is not a folder either.
        _ if Errno::from_io_error(&error) == Some(Errno::LOOP) => Error::Unsupported(no_folder.to_owned()),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Full,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Error::no_permission(&error),
        ErrorKind::InvalidFilename => BadKey::TooLong.into(),
        ErrorKind::NotADirectory => Error::Unsupported(no_folder.to_owned()),
        ErrorKind::IsADirectory => Error::Unsupported("a folder exists under this identifier".to_owned()),
        _ => Error::unavailable(error),
    }
}
