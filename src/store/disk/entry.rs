//! Files of entries: a header with a checksum, then the bytes.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// What a file begins with; to be changed with the form of files.
const MARK: [u8; 8] = *b"tegl dc1";
/// The bytes of the header: the mark and the checksum.
pub(super) const HEADER: usize = 24;
/// Longer entries are read by threads that may block, because copying them takes as long as a request.
const LONGEST_NOW: usize = 256 << 10;

/// The name of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    /// The image, for purging.
    pub group: u64,
    /// All that determines the bytes.
    pub key: u128,
}

/// Whether reading may wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    Never,
    Allowed,
}

/// Why an entry was not read.
#[derive(Debug)]
pub(super) enum Miss {
    /// There is no such entry.
    Missing,
    /// The system's page cache does not have it, or cannot tell.
    Cold,
    /// Its bytes differ from those that were written.
    Damaged,
    /// The disk failed.
    Failed(io::Error),
}

impl Name {
    /// The folder and file below the root.
    pub(super) fn path(&self) -> String {
        format!("{:02x}/{:016x}{:032x}", self.group >> 56, self.group, self.key)
    }

    /// The name of a file within its folder.
    pub(super) fn parse(file: &str) -> Option<Self> {
        if file.len() != 48 || !file.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let (group, key) = file.split_at(16);
        Some(Self { group: u64::from_str_radix(group, 16).ok()?, key: u128::from_str_radix(key, 16).ok()? })
    }

    fn checksum(&self, bytes: &[u8]) -> u128 {
        xxh3_128_with_seed(bytes, self.group ^ self.key as u64)
    }
}

/// The names of the folders below the root.
pub(super) fn folders() -> impl Iterator<Item = String> {
    (0..256).map(|number| format!("{number:02x}"))
}

/// The contents of an entry's file.
pub(super) fn encode(name: &Name, bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEADER + bytes.len());
    file.extend_from_slice(&MARK);
    file.extend_from_slice(&name.checksum(bytes).to_le_bytes());
    file.extend_from_slice(bytes);
    file
}

/// The bytes of an entry, appended to `prefix`.
pub(super) fn read(root: &File, name: &Name, prefix: &[u8], wait: Wait) -> Result<Vec<u8>, Miss> {
    let file = open(root, &name.path(), wait)?;
    let size = rustix::fs::fstat(&file).map_err(failed)?.st_size as usize;
    let length = size.checked_sub(HEADER).ok_or(Miss::Damaged)?;
    if wait == Wait::Never && length > LONGEST_NOW {
        return Err(Miss::Cold);
    }
    let mut header = [0; HEADER];
    let mut bytes = Vec::with_capacity(prefix.len() + length);
    bytes.extend_from_slice(prefix);
    bytes.resize(prefix.len() + length, 0);
    let parts = &mut [IoSliceMut::new(&mut header), IoSliceMut::new(&mut bytes[prefix.len()..])];
    if read_parts(&file, parts, wait)? != size {
        return Err(match wait {
            Wait::Never => Miss::Cold,
            Wait::Allowed => Miss::Damaged,
        });
    }
    let (mark, checksum) = header.split_at(MARK.len());
    match mark == MARK && checksum == name.checksum(&bytes[prefix.len()..]).to_le_bytes() {
        true => Ok(bytes),
        false => Err(Miss::Damaged),
    }
}

const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

#[cfg(target_os = "linux")]
fn open(root: &File, path: &str, wait: Wait) -> Result<File, Miss> {
    use rustix::fs::ResolveFlags;
    use rustix::io::Errno;
    let opened = match wait {
        Wait::Never => match rustix::fs::openat2(root, path, FLAGS, Mode::empty(), ResolveFlags::CACHED) {
            Ok(file) => Ok(file),
            Err(Errno::NOENT) => Err(Errno::NOENT),
            // Not in the cache of names, or the system does not have this call.
            Err(_) => return Err(Miss::Cold),
        },
        Wait::Allowed => rustix::fs::openat(root, path, FLAGS, Mode::empty()),
    };
    opened.map(File::from).map_err(failed)
}

#[cfg(not(target_os = "linux"))]
fn open(root: &File, path: &str, wait: Wait) -> Result<File, Miss> {
    match wait {
        Wait::Never => Err(Miss::Cold),
        Wait::Allowed => rustix::fs::openat(root, path, FLAGS, Mode::empty()).map(File::from).map_err(failed),
    }
}

#[cfg(target_os = "linux")]
fn read_parts(file: &File, parts: &mut [IoSliceMut<'_>], wait: Wait) -> Result<usize, Miss> {
    use rustix::io::{ReadWriteFlags, preadv2};
    match wait {
        Wait::Never => preadv2(file, parts, 0, ReadWriteFlags::NOWAIT).map_err(|_| Miss::Cold),
        Wait::Allowed => preadv2(file, parts, 0, ReadWriteFlags::empty()).map_err(failed),
    }
}

#[cfg(not(target_os = "linux"))]
fn read_parts(mut file: &File, parts: &mut [IoSliceMut<'_>], _wait: Wait) -> Result<usize, Miss> {
    use std::io::Read;
    let mut read = 0;
    for part in parts {
        file.read_exact(part).map_err(|_| Miss::Damaged)?;
        read += part.len();
    }
    Ok(read)
}

fn failed(errno: rustix::io::Errno) -> Miss {
    match errno {
        rustix::io::Errno::NOENT => Miss::Missing,
        other => Miss::Failed(other.into()),
    }
}

/// The path of an entry below this root.
pub(super) fn path(root: &std::path::Path, name: &Name) -> PathBuf {
    root.join(name.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(bytes: &[u8]) -> (tempfile::TempDir, File, Name) {
        let folder = tempfile::tempdir().unwrap();
        let name = Name { group: 0xab << 56 | 7, key: 1 << 100 | 9 };
        std::fs::create_dir(folder.path().join("ab")).unwrap();
        std::fs::write(path(folder.path(), &name), encode(&name, bytes)).unwrap();
        let root = File::open(folder.path()).unwrap();
        (folder, root, name)
    }

    #[test]
    fn names_of_files_are_names() {
        let name = Name { group: 0x0123_4567_89ab_cdef, key: 5 };
        let path = name.path();
        assert_eq!(path, "01/0123456789abcdef00000000000000000000000000000005");
        assert_eq!(Name::parse(&path[3..]), Some(name));
        assert_eq!(Name::parse(&path[3..].to_uppercase()), None);
        assert_eq!(Name::parse("unfinished"), None);
        assert!(folders().any(|folder| folder == path[..2]));
    }

    #[test]
    fn entries_are_appended_to_a_prefix() {
        let (_folder, root, name) = kept(b"bytes");
        assert_eq!(read(&root, &name, b"head ", Wait::Allowed).unwrap(), b"head bytes");
        let other = Name { key: 2, ..name };
        assert!(matches!(read(&root, &other, b"", Wait::Allowed), Err(Miss::Missing)));
    }

    #[test]
    fn any_change_of_a_file_is_noticed() {
        let (folder, root, name) = kept(b"bytes of an entry");
        let path = path(folder.path(), &name);
        let whole = std::fs::read(&path).unwrap();
        let check = |changed: &[u8]| {
            std::fs::write(&path, changed).unwrap();
            for wait in [Wait::Allowed, Wait::Never] {
                let read = read(&root, &name, b"", wait);
                assert!(matches!(read, Err(Miss::Damaged | Miss::Cold)), "{wait:?}: {read:?}");
            }
        };
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            check(&changed);
        }
        for length in 0..whole.len() {
            check(&whole[..length]);
        }
        check(&[&whole[..], b"x"].concat());
    }

    #[test]
    fn a_file_under_the_name_of_another_is_noticed() {
        let (folder, root, name) = kept(b"bytes");
        let other = Name { key: name.key + 1, ..name };
        std::fs::copy(path(folder.path(), &name), path(folder.path(), &other)).unwrap();
        assert!(matches!(read(&root, &other, b"", Wait::Allowed), Err(Miss::Damaged)));
    }
}
