//! Masters in a folder of this machine: a cache of open files and positioned reads.

use std::fs::File;
use std::io::IoSliceMut;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use moka::sync::Cache;
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::{Errno, ReadWriteFlags};

use super::{Error, Key, Page, Settings, Version};

/// A folder, or one file of it.
pub struct Local {
    root: PathBuf,
    folder: OwnedFd,
    /// Set where only one file is served.
    only: Option<String>,
    files: Cache<Key, Arc<File>>,
    follow_symlinks: bool,
}

impl Local {
    pub fn open(path: &Path, settings: &Settings) -> std::io::Result<Self> {
        let path = path.canonicalize()?;
        let only = if path.is_dir() {
            None
        } else {
            path.file_name().map(|name| name.to_string_lossy().into_owned())
        };
        let root = match (&only, path.parent()) {
            (Some(_), Some(parent)) => parent.to_owned(),
            _ => path,
        };
        let folder = rustix::fs::open(&root, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let files = Cache::builder()
            .max_capacity(settings.open_files)
            .time_to_idle(std::time::Duration::from_secs(300));
        Ok(Self { root, folder, only, files: files.build(), follow_symlinks: settings.follow_symlinks })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Opens the path anew and tells what it holds now.
    pub fn head(&self, key: &Key) -> Result<Version, Error> {
        let file = self.opened_anew(key)?;
        let version = version_of(&file)?;
        self.files.insert(key.clone(), Arc::new(file));
        Ok(version)
    }

    pub fn start(&self, key: &Key, length: u64) -> Result<(Version, Bytes), Error> {
        let version = self.head(key)?;
        let length = length.min(version.size);
        let bytes = self.read(key, &version, 0..length, &[])?;
        Ok((version, bytes))
    }

    pub fn read(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Result<Bytes, Error> {
        let file = self.file(key, version)?;
        let mut buffer = room(&range, prefix, version)?;
        let read = file.read_exact_at(&mut buffer[prefix.len()..], range.start);
        match read {
            Ok(()) => Ok(buffer.into()),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Error::Changed),
            Err(error) => Err(error.into()),
        }
    }

    /// Only from the page cache; `None` where the disk would have to be waited for.
    pub fn read_now(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Option<Result<Bytes, Error>> {
        let file = self.files.get(key)?;
        match version_of(&file) {
            Ok(now) if now == *version => {}
            _ => return None,
        }
        let mut buffer = match room(&range, prefix, version) {
            Ok(buffer) => buffer,
            Err(error) => return Some(Err(error)),
        };
        let target = &mut buffer[prefix.len()..];
        let length = target.len();
        match rustix::io::preadv2(&file, &mut [IoSliceMut::new(target)], range.start, ReadWriteFlags::NOWAIT)
        {
            Ok(read) if read == length => Some(Ok(buffer.into())),
            Ok(_) | Err(_) => None,
        }
    }

    /// The open file, if it still is of this version.
    fn file(&self, key: &Key, version: &Version) -> Result<Arc<File>, Error> {
        if let Some(file) = self.files.get(key)
            && version_of(&file)? == *version
        {
            return Ok(file);
        }
        let file = Arc::new(self.opened_anew(key)?);
        if version_of(&file)? != *version {
            return Err(Error::Changed);
        }
        self.files.insert(key.clone(), file.clone());
        Ok(file)
    }

    fn opened_anew(&self, key: &Key) -> Result<File, Error> {
        if self.only.as_ref().is_some_and(|only| only != key.as_str()) {
            return Err(Error::NotFound);
        }
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let opened = if self.follow_symlinks {
            rustix::fs::openat(&self.folder, key.as_str(), flags, Mode::empty())
        } else {
            let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
            match openat2(&self.folder, key.as_str(), flags, Mode::empty(), beneath) {
                Err(Errno::NOSYS) => self.opened_by_path(key, flags),
                other => other,
            }
        };
        let file = match opened {
            Ok(file) => File::from(file),
            // A path that leaves the root, through a link or otherwise, is not there.
            Err(Errno::XDEV | Errno::LOOP | Errno::NAMETOOLONG | Errno::NXIO) => return Err(Error::NotFound),
            Err(errno) => return Err(std::io::Error::from(errno).into()),
        };
        if file.metadata()?.is_file() { Ok(file) } else { Err(Error::NotFound) }
    }

    /// For kernels without `openat2`: the path's real place must lie below the root.
    fn opened_by_path(&self, key: &Key, flags: OFlags) -> Result<OwnedFd, Errno> {
        let real = self.root.join(key.as_str()).canonicalize().map_err(|_| Errno::NOENT)?;
        if !real.starts_with(&self.root) {
            return Err(Errno::XDEV);
        }
        rustix::fs::open(real, flags | OFlags::NOFOLLOW, Mode::empty())
    }

    /// Up to `limit` files below the root whose keys come after `after`, in order.
    pub fn list(&self, after: Option<&str>, limit: usize) -> Result<Page, Error> {
        let mut found = Vec::new();
        match &self.only {
            Some(only) => found.push((only.clone(), self.root.join(only).metadata()?.len())),
            None => self.walk(&self.root, "", 0, &mut found),
        }
        found.retain(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        found.sort();
        let more = found.len() > limit;
        found.truncate(limit);
        Ok(Page { keys: found, more })
    }

    fn walk(&self, folder: &Path, prefix: &str, depth: usize, found: &mut Vec<(String, u64)>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
            let key = format!("{prefix}{name}");
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < 32 {
                self.walk(&entry.path(), &format!("{key}/"), depth + 1, found);
            } else if !kind.is_dir() && Key::parse(&key).is_ok_and(|key| self.opened_anew(&key).is_ok()) {
                found.push((key, entry.path().metadata().map_or(0, |metadata| metadata.len())));
            }
        }
    }
}

fn version_of(file: &File) -> Result<Version, Error> {
    let metadata = file.metadata()?;
    let changed = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    Ok(Version { etag: super::Tag::Local { inode: metadata.ino(), changed }, size: metadata.len() })
}

/// A buffer for the range behind the prefix; refuses ranges beyond the file.
fn room(range: &Range<u64>, prefix: &[u8], version: &Version) -> Result<Vec<u8>, Error> {
    let length = range.end.checked_sub(range.start).filter(|_| range.end <= version.size);
    let asked = range.end.saturating_sub(range.start);
    let Some(length) = length else {
        return Err(Error::Short { asked, got: version.size.saturating_sub(range.start) });
    };
    let length = usize::try_from(length).map_err(|_| Error::Short { asked, got: 0 })?;
    let mut buffer = Vec::with_capacity(prefix.len() + length);
    buffer.extend_from_slice(prefix);
    buffer.resize(prefix.len() + length, 0);
    Ok(buffer)
}
