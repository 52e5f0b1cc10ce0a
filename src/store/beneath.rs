//! Opens files below a folder and nowhere else.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::{Error, Key, Settings};

/// A folder below which files may be opened.
pub(super) struct Beneath {
    /// Without links.
    root: PathBuf,
    /// Where links may lead: `root` itself and the folders that the settings name.
    allowed: Vec<PathBuf>,
    /// The folder held open: files are looked up from it in one step that no link can bend.
    #[cfg(target_os = "linux")]
    handle: Option<std::os::fd::OwnedFd>,
}

impl Beneath {
    pub(super) fn open(root: &Path, settings: &Settings) -> io::Result<Beneath> {
        let root = root.canonicalize()?;
        let mut allowed = vec![root.clone()];
        if settings.follow_symlinks {
            for folder in &settings.link_roots {
                allowed.push(folder.canonicalize()?);
            }
        }
        Ok(Beneath {
            #[cfg(target_os = "linux")]
            handle: if settings.follow_symlinks { None } else { held_open(&root)? },
            root,
            allowed,
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Opens what lies under this key; it need not be a regular file, but opening never waits for one.
    pub(super) fn file(&self, key: &Key) -> Result<File, Error> {
        #[cfg(target_os = "linux")]
        if let Some(handle) = &self.handle {
            return in_one_step(handle, key.as_str());
        }
        self.checked(key.as_str())
    }

    /// Opens first and then asks where the file really lies, so that nothing can be swapped in between.
    fn checked(&self, key: &str) -> Result<File, Error> {
        let file = File::from(rustix::fs::open(self.root.join(key), FLAGS, Mode::empty()).map_err(refused)?);
        let place = place_of(&file, &self.root.join(key)).map_err(|_gone| Error::NotFound)?;
        match self.allowed.iter().any(|folder| place.starts_with(folder)) {
            true => Ok(file),
            false => Err(Error::Forbidden),
        }
    }
}

/// A FIFO or a device must not make the opener wait, nor a terminal become ours.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// A handle to the folder, where the system can look up below a handle.
#[cfg(target_os = "linux")]
fn held_open(root: &Path) -> io::Result<Option<std::os::fd::OwnedFd>> {
    let handle = rustix::fs::open(root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let able =
        rustix::fs::openat2(&handle, ".", OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve()).is_ok();
    Ok(able.then_some(handle))
}

#[cfg(target_os = "linux")]
fn resolve() -> rustix::fs::ResolveFlags {
    rustix::fs::ResolveFlags::BENEATH | rustix::fs::ResolveFlags::NO_MAGICLINKS
}

#[cfg(target_os = "linux")]
fn in_one_step(handle: &std::os::fd::OwnedFd, key: &str) -> Result<File, Error> {
    let mut tries = 8;
    loop {
        match rustix::fs::openat2(handle, key, FLAGS, Mode::empty(), resolve()) {
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
        Errno::XDEV | Errno::LOOP | Errno::ACCESS | Errno::PERM => Error::Forbidden,
        other => Error::unavailable(io::Error::from(other)),
    }
}
