//! Reads local files: keeps them open, reads at offsets, and detects replacement.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::open_files::Files;
use super::sandbox::Sandbox;
use super::walk::{self, Listed};
use crate::store::fault::{Fault, Problem};
use crate::store::{BadKey, Error, Key, Settings, Unreadable, Version};

/// The maximum size of a read that is copied on an async thread.
const MAX_INLINE_READ: u64 = 1 << 20;

/// A folder or a single file, with its open files.
pub(in crate::store) struct Local {
    folder: Sandbox,
    /// The only key, if the source is a single file.
    only: Option<Key>,
    files: Files<OpenFile>,
}

struct OpenFile {
    file: File,
    version: Version,
    state: State,
}

/// The state from which a write to an open file, or its replacement, is detected.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    modified_ns: i128,
    size: u64,
    /// Whether the file still has a name; always true on file systems that do not count links.
    linked: bool,
}

impl Local {
    pub(in crate::store) fn open(path: &Path, settings: &Settings) -> io::Result<Local> {
        let (folder, only) = match path.metadata()?.is_dir() {
            true => (path.to_owned(), None),
            false => {
                let path = path.canonicalize()?;
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let key = Key::parse(name).map_err(|bad| io::Error::new(ErrorKind::InvalidInput, bad))?;
                (path.parent().map(Path::to_owned).unwrap_or_default(), Some(key))
            }
        };
        Ok(Local { folder: Sandbox::open(&folder, settings)?, only, files: Files::new(settings.open_files) })
    }

    /// Whether the folder or file can be read now.
    pub(in crate::store) fn probe(&self) -> Result<(), Error> {
        match &self.only {
            Some(only) => self.folder.file(only).map(drop),
            None => match self.folder.root().read_dir() {
                Ok(_) => Ok(()),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    Err(Error::no_permission(&error))
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    Err(Error::Unavailable(Arc::new(Fault::new(Problem::NoFolder, error.to_string()))))
                }
                Err(error) => Err(Error::unavailable(error)),
            },
        }
    }

    /// The path of the file and, if it is a link, also the path of its target.
    pub(in crate::store) fn locations(&self, key: &Key) -> Result<Vec<String>, Error> {
        let gone = |gone: io::Error| match gone.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Error::NotFound,
            _ => Error::unavailable(gone),
        };
        let named = self.folder.root().canonicalize().map_err(gone)?.join(key.as_str());
        let real = named.canonicalize().map_err(gone)?;
        let mut places = vec![named.to_string_lossy().into_owned(), real.to_string_lossy().into_owned()];
        places.dedup();
        Ok(places)
    }

    /// The key of a path, if it is below this folder.
    pub(in crate::store) fn key_at(&self, location: &str) -> Option<Key> {
        let root = self.folder.root().canonicalize().ok()?;
        let key = Key::parse(Path::new(location).strip_prefix(root).ok()?.to_str()?).ok()?;
        self.only.as_ref().is_none_or(|only| *only == key).then_some(key)
    }

    pub(in crate::store) fn head(&self, key: &Key) -> Result<Version, Error> {
        Ok(self.opened(key)?.version.clone())
    }

    pub(in crate::store) fn read_start(&self, key: &Key, len: u64) -> Result<(Version, Bytes), Error> {
        let open = self.opened(key)?;
        let bytes = open.read(0..len.min(open.version.size), &[]);
        Ok((open.version.clone(), self.unless_changed(key, &open, bytes)?))
    }

    /// Reads from the page cache; `None` if the bytes are not cached, or the system cannot tell.
    pub(in crate::store) fn read_if_cached(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Option<Result<Bytes, Error>> {
        if range.end.saturating_sub(range.start) > MAX_INLINE_READ {
            return None;
        }
        let open = self.files.get(key).filter(|open| open.version == *version)?;
        let bytes = open.read_if_cached(range, prefix)?;
        Some(self.unless_changed(key, &open, Ok(bytes)))
    }

    pub(in crate::store) fn read(
        &self,
        key: &Key,
        version: &Version,
        ranges: &[Range<u64>],
        prefix: &[u8],
    ) -> Result<Vec<Bytes>, Error> {
        let open = match self.files.get(key).filter(|open| open.version == *version) {
            Some(open) => open,
            None => self.opened(key)?,
        };
        if open.version != *version {
            return Err(Error::Changed);
        }
        if ranges.len() > 1 {
            open.announce(ranges);
        }
        let bytes =
            ranges.iter().map(|range| open.read(range.clone(), prefix)).collect::<io::Result<Vec<Bytes>>>();
        self.unless_changed(key, &open, bytes)
    }

    /// Closes the file after it was replaced or removed, to free its disk space.
    pub(in crate::store) fn forget(&self, key: &Key) {
        self.files.remove(key);
    }

    pub(in crate::store) fn read_at(
        &self,
        key: &Key,
        version: &Version,
        offset: u64,
        into: &mut [u8],
    ) -> Result<(), Error> {
        let open = match self.files.get(key).filter(|open| open.version == *version) {
            Some(open) => open,
            None => self.opened(key)?,
        };
        if open.version != *version {
            return Err(Error::Changed);
        }
        let read = open.file.read_exact_at(into, offset);
        self.unless_changed(key, &open, read)
    }

    pub(in crate::store) fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Listed>, Vec<Unreadable>), Error> {
        match &self.only {
            None => walk::keys(self.folder.root(), after, limit, |key| self.opened_size(key)),
            Some(only) if after.is_some_and(|after| only.as_str() <= after) => Ok(Default::default()),
            Some(only) => {
                let path = only.as_str().to_owned();
                match self.head(only) {
                    Ok(version) => Ok((vec![(path, version.size)], Vec::new())),
                    Err(Error::Unreadable) => {
                        Ok((Vec::new(), vec![Unreadable { path, reason: walk::FILE_DENIED }]))
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// The size of a regular file; `None` for anything else, or if it may not be served.
    fn opened_size(&self, key: &Key) -> Result<Option<u64>, &'static str> {
        let file = match self.folder.file(key) {
            Ok(file) => file,
            Err(Error::Unreadable) => return Err(walk::FILE_DENIED),
            // A name that exists but cannot be opened is a dangling link.
            Err(Error::NotFound) if self.folder.root().join(key.as_str()).is_symlink() => {
                return Err("the link is dangling");
            }
            Err(_) => return Ok(None),
        };
        let is_file = |metadata: &std::fs::Metadata| metadata.is_file();
        Ok(file.metadata().ok().filter(is_file).map(|metadata| metadata.len()))
    }

    /// The open file of the key; opens it if necessary.
    fn opened(&self, key: &Key) -> Result<Arc<OpenFile>, Error> {
        if key.is_unfinished() {
            return Err(BadKey::Unfinished.into());
        }
        if self.only.as_ref().is_some_and(|only| only != key) {
            return Err(Error::NotFound);
        }
        let file = match self.folder.file(key) {
            // Most likely too many files are open, most of them by this process.
            Err(Error::Unavailable(_)) => {
                self.files.clear();
                self.folder.file(key)?
            }
            file => file?,
        };
        let open = OpenFile::new(file)?;
        if let Some(known) =
            self.files.get(key).filter(|known| known.version == open.version && known.is_linked())
        {
            return Ok(known);
        }
        let open = Arc::new(open);
        self.files.insert(key.clone(), open.clone());
        Ok(open)
    }

    /// Checks that the file has not changed since it was opened. A write sets the modification time before the bytes,
    /// so a check after the read detects writes before and during it.
    fn unless_changed<T>(&self, key: &Key, open: &OpenFile, bytes: io::Result<T>) -> Result<T, Error> {
        if !matches!(State::of(&open.file), Ok(state) if state == open.state) {
            self.files.remove(key);
            return Err(Error::Changed);
        }
        bytes.map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Error::Changed,
            _ => Error::unavailable(error),
        })
    }
}

impl OpenFile {
    fn new(file: File) -> Result<OpenFile, Error> {
        let metadata = file.metadata().map_err(Error::unavailable)?;
        if !metadata.is_file() {
            return Err(Error::NotFound);
        }
        let state = State::of(&file).map_err(Error::unavailable)?;
        Ok(OpenFile { version: state.version(metadata.ino()), file, state })
    }

    fn is_linked(&self) -> bool {
        matches!(State::of(&self.file), Ok(state) if state == self.state)
    }

    fn read(&self, range: Range<u64>, prefix: &[u8]) -> io::Result<Bytes> {
        let mut bytes = with_capacity_for(&range, prefix);
        bytes.resize(prefix.len() + (range.end - range.start) as usize, 0);
        self.file.read_exact_at(&mut bytes[prefix.len()..], range.start)?;
        Ok(bytes.into())
    }

    /// Announces the reads to the system, so that it fetches them in parallel.
    fn announce(&self, ranges: &[Range<u64>]) {
        #[cfg(target_os = "linux")]
        for range in ranges {
            let len = std::num::NonZeroU64::new(range.end - range.start);
            let _hint = rustix::fs::fadvise(&self.file, range.start, len, rustix::fs::Advice::WillNeed);
        }
    }

    #[cfg(target_os = "linux")]
    fn read_if_cached(&self, range: Range<u64>, prefix: &[u8]) -> Option<Bytes> {
        use std::os::fd::AsRawFd;
        let wanted = (range.end - range.start) as usize;
        let mut bytes = with_capacity_for(&range, prefix);
        let place = bytes.spare_capacity_mut();
        let slice = libc::iovec { iov_base: place.as_mut_ptr().cast(), iov_len: wanted.min(place.len()) };
        let offset = libc::off_t::try_from(range.start).ok()?;
        // SAFETY: `slice` describes spare capacity of `bytes`, which nothing else uses during the call.
        let got = unsafe { libc::preadv2(self.file.as_raw_fd(), &slice, 1, offset, libc::RWF_NOWAIT) };
        if got != isize::try_from(wanted).ok()? {
            return None;
        }
        // SAFETY: the call has initialized `wanted` bytes after the prefix, within the capacity.
        unsafe { bytes.set_len(prefix.len() + wanted) };
        Some(bytes.into())
    }

    #[cfg(not(target_os = "linux"))]
    fn read_if_cached(&self, _range: Range<u64>, _prefix: &[u8]) -> Option<Bytes> {
        None
    }
}

impl State {
    fn of(file: &File) -> io::Result<State> {
        let stat = rustix::fs::fstat(file)?;
        Ok(State {
            modified_ns: i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec),
            size: stat.st_size as u64,
            linked: stat.st_nlink > 0,
        })
    }

    fn version(&self, inode: u64) -> Version {
        // Without the device number, which may change with a restart and would invalidate everything derived from the
        // file.
        let etag = format!("{inode:x}-{:x}-{:x}", self.modified_ns, self.size).into();
        Version { etag, size: self.size }
    }
}

/// The version of an open file.
pub(in crate::store) fn version_of(file: &File) -> io::Result<Version> {
    Ok(State::of(file)?.version(file.metadata()?.ino()))
}

/// A copy of the prefix, with capacity for the range after it.
fn with_capacity_for(range: &Range<u64>, prefix: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(prefix.len() + (range.end - range.start) as usize);
    bytes.extend_from_slice(prefix);
    bytes
}
