//! Opens files only below a folder, with `openat2` where the system has it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use rustix::fs::ResolveFlags;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::store::{Error, Key, Settings};

/// A folder below which files may be opened.
pub(in crate::store) struct Sandbox {
    /// The path as configured. It is resolved at each use, because the folder may be mounted or replaced while the
    /// server runs.
    root: PathBuf,
    /// Other folders that links may lead into; `None` if they may not leave the root.
    link_roots: Vec<PathBuf>,
    /// Whether `openat2` resolves paths below the root atomically, which no link can subvert.
    has_openat2: bool,
}

impl Sandbox {
    pub(in crate::store) fn open(root: &Path, settings: &Settings) -> io::Result<Sandbox> {
        let (mut link_roots, mut has_openat2) = (Vec::new(), false);
        match settings.follow_symlinks {
            true => {
                for folder in &settings.link_roots {
                    let named = |error: io::Error| {
                        let text = format!("`store.link_roots` has `{}`: {error}", folder.display());
                        io::Error::new(error.kind(), text)
                    };
                    link_roots.push(folder.canonicalize().map_err(named)?);
                }
            }
            false => has_openat2 = can_use_openat2(root),
        }
        root.read_dir()?;
        Ok(Sandbox { root: root.to_owned(), link_roots, has_openat2 })
    }

    pub(in crate::store) fn root(&self) -> &Path {
        &self.root
    }

    /// Opens the file of a key. The file may be of any type, but opening never blocks.
    pub(in crate::store) fn file(&self, key: &Key) -> Result<File, Error> {
        #[cfg(target_os = "linux")]
        if self.has_openat2 {
            return has_openat2(&self.root, key.as_str());
        }
        self.checked(key.as_str())
    }

    /// Opens the file first and checks its real path afterwards, so that it cannot be replaced between the two.
    fn checked(&self, key: &str) -> Result<File, Error> {
        let file = File::from(rustix::fs::open(self.root.join(key), FLAGS, Mode::empty()).map_err(error_of)?);
        let path = real_path(&file, &self.root.join(key)).map_err(|_gone| Error::NotFound)?;
        let root = self.root.canonicalize().map_err(Error::unavailable)?;
        match std::iter::once(&root).chain(&self.link_roots).any(|folder| path.starts_with(folder)) {
            true => Ok(file),
            false => Err(Error::Forbidden),
        }
    }
}

/// FIFOs and devices must not block, and a terminal must not become the controlling one.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Whether the system has `openat2` and permits it.
#[cfg(target_os = "linux")]
fn can_use_openat2(root: &Path) -> bool {
    rustix::fs::open(root, FOLDER, Mode::empty())
        .and_then(|root| rustix::fs::openat2(root, ".", FOLDER, Mode::empty(), BENEATH))
        .is_ok()
}

#[cfg(not(target_os = "linux"))]
fn can_use_openat2(_root: &Path) -> bool {
    false
}

#[cfg(target_os = "linux")]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(target_os = "linux")]
const BENEATH: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

#[cfg(target_os = "linux")]
fn has_openat2(root: &Path, key: &str) -> Result<File, Error> {
    let root = rustix::fs::open(root, FOLDER, Mode::empty())
        .map_err(|gone| Error::unavailable(io::Error::from(gone)))?;
    let mut tries = 8;
    loop {
        match rustix::fs::openat2(&root, key, FLAGS, Mode::empty(), BENEATH) {
            Ok(file) => return Ok(file.into()),
            // A folder was renamed while a `..` in a link was resolved, and the kernel requests a retry.
            Err(Errno::AGAIN) if tries > 0 => tries -= 1,
            Err(error) => return Err(error_of(error)),
        }
    }
}

/// The real path of an open file.
#[cfg(target_os = "linux")]
fn real_path(file: &File, _opened_as: &Path) -> io::Result<PathBuf> {
    use std::os::fd::AsRawFd;
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// The real path of an open file.
#[cfg(not(target_os = "linux"))]
fn real_path(file: &File, opened_as: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let path = opened_as.canonicalize()?;
    let (there, here) = (path.metadata()?, file.metadata()?);
    match (there.dev(), there.ino()) == (here.dev(), here.ino()) {
        true => Ok(path),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

fn error_of(error: Errno) -> Error {
    match error {
        Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG | Errno::NXIO | Errno::ISDIR => Error::NotFound,
        Errno::XDEV | Errno::LOOP => Error::Forbidden,
        Errno::ACCESS | Errno::PERM => Error::Unreadable,
        other => Error::unavailable(io::Error::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_permission_is_not_a_link_that_leaves() {
        assert!(matches!(error_of(Errno::ACCESS), Error::Unreadable));
        assert!(matches!(error_of(Errno::PERM), Error::Unreadable));
        assert!(matches!(error_of(Errno::XDEV), Error::Forbidden));
        assert!(matches!(error_of(Errno::NOENT), Error::NotFound));
    }
}
