//! Opens files below a folder and nowhere else.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use rustix::fs::ResolveFlags;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::store::{Error, Key, Settings};

/// A folder below which files may be opened.
pub(in crate::store) struct Beneath {
    /// As it was given, and looked up anew each time: it may be mounted or swapped while we run.
    root: PathBuf,
    /// Where links may lead besides, when they may leave at all.
    link_roots: Vec<PathBuf>,
    /// Whether the system looks up below a folder in one step, which no link can bend.
    in_one_step: bool,
}

impl Beneath {
    pub(in crate::store) fn open(root: &Path, settings: &Settings) -> io::Result<Beneath> {
        let (mut link_roots, mut in_one_step) = (Vec::new(), false);
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
            false => in_one_step = looks_up_in_one_step(root),
        }
        root.read_dir()?;
        Ok(Beneath { root: root.to_owned(), link_roots, in_one_step })
    }

    pub(in crate::store) fn root(&self) -> &Path {
        &self.root
    }

    /// Opens what lies under this key; it need not be a regular file, but opening never waits for one.
    pub(in crate::store) fn file(&self, key: &Key) -> Result<File, Error> {
        #[cfg(target_os = "linux")]
        if self.in_one_step {
            return in_one_step(&self.root, key.as_str());
        }
        self.checked(key.as_str())
    }

    /// Opens first and then asks where the file really lies, so that nothing can be swapped in between.
    fn checked(&self, key: &str) -> Result<File, Error> {
        let file = File::from(rustix::fs::open(self.root.join(key), FLAGS, Mode::empty()).map_err(refused)?);
        let place = place_of(&file, &self.root.join(key)).map_err(|_gone| Error::NotFound)?;
        let root = self.root.canonicalize().map_err(Error::unavailable)?;
        match std::iter::once(&root).chain(&self.link_roots).any(|folder| place.starts_with(folder)) {
            true => Ok(file),
            false => Err(Error::Forbidden),
        }
    }
}

/// A FIFO or a device must not make the opener wait, nor a terminal become ours.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Whether the system has `openat2`, and lets us use it.
#[cfg(target_os = "linux")]
fn looks_up_in_one_step(root: &Path) -> bool {
    rustix::fs::open(root, FOLDER, Mode::empty())
        .and_then(|root| rustix::fs::openat2(root, ".", FOLDER, Mode::empty(), BENEATH))
        .is_ok()
}

#[cfg(not(target_os = "linux"))]
fn looks_up_in_one_step(_root: &Path) -> bool {
    false
}

#[cfg(target_os = "linux")]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(target_os = "linux")]
const BENEATH: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

#[cfg(target_os = "linux")]
fn in_one_step(root: &Path, key: &str) -> Result<File, Error> {
    let root = rustix::fs::open(root, FOLDER, Mode::empty())
        .map_err(|gone| Error::unavailable(io::Error::from(gone)))?;
    let mut tries = 8;
    loop {
        match rustix::fs::openat2(&root, key, FLAGS, Mode::empty(), BENEATH) {
            Ok(file) => return Ok(file.into()),
            // A folder was renamed while a `..` of a link was followed: the kernel cannot tell, ask again.
            Err(Errno::AGAIN) if tries > 0 => tries -= 1,
            Err(error) => return Err(refused(error)),
        }
    }
}

/// Where an open file lies, without links.
#[cfg(target_os = "linux")]
fn place_of(file: &File, _opened_as: &Path) -> io::Result<PathBuf> {
    use std::os::fd::AsRawFd;
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Where an open file lies, without links.
#[cfg(not(target_os = "linux"))]
fn place_of(file: &File, opened_as: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let place = opened_as.canonicalize()?;
    let (there, here) = (place.metadata()?, file.metadata()?);
    match (there.dev(), there.ino()) == (here.dev(), here.ino()) {
        true => Ok(place),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

fn refused(error: Errno) -> Error {
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
    fn what_the_system_keeps_from_us_is_no_link_that_leaves() {
        assert!(matches!(refused(Errno::ACCESS), Error::Unreadable));
        assert!(matches!(refused(Errno::PERM), Error::Unreadable));
        assert!(matches!(refused(Errno::XDEV), Error::Forbidden));
        assert!(matches!(refused(Errno::NOENT), Error::NotFound));
    }
}
