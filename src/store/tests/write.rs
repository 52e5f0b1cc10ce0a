//! What is written, in every kind of store.

use std::fs::{self};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;
use futures::executor::block_on;
use object_store::ObjectStore;
use object_store::memory::InMemory;

use crate::store::backend::{Backend, Reader, Writer};
use crate::store::counts::Counters;
use crate::store::md5_tags::Md5Tags;
use crate::store::remote::Clients;
use crate::store::remote::{Listing, Remote};
use crate::store::remote::{PART, RemoteWriter};
use crate::store::{Error, Key, Settings, Store};

pub(super) fn open(root: &Path) -> Store {
    Store::open_writable(root.to_str().unwrap(), &Settings::default()).unwrap()
}

pub(super) fn in_memory(memory: Arc<dyn ObjectStore>) -> Store {
    let (settings, counters) = (Settings::default(), Arc::new(Counters::new("memory")));
    let remote = Arc::new(Remote::new(
        Clients { retrying: memory.clone(), without_retries: memory.clone() },
        Listing::Paged,
        "in/".to_owned(),
        &settings,
        counters.clone(),
    ));
    let writer = Some(Writer::Remote(Arc::new(RemoteWriter::new(memory, remote.clone()))));
    let reader = Reader::Remote(remote);
    let location = "memory".to_owned();
    let (kind, md5) = ("s3", Md5Tags::default());
    let backend = Backend { location, kind, is_unsigned: false, settings, counters, md5, reader, writer };
    Store(Arc::new(backend), None)
}

pub(super) fn key(key: &str) -> Key {
    Key::parse(key).unwrap()
}

pub(super) fn whole(store: &Store, name: &str) -> Result<Bytes, Error> {
    block_on(store.read_start(&key(name), 1 << 30)).map(|(_, bytes)| bytes)
}

pub(super) fn put(store: &Store, name: &str, bytes: &'static [u8]) -> Result<(), Error> {
    block_on(store.put(&key(name), Bytes::from_static(bytes))).map(|_| ())
}

/// Everything below the folder.
pub(super) fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        found.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            found.extend(all_below(&entry.path()));
        }
    }
    found
}

pub(super) fn unfinished(root: &Path) -> Vec<PathBuf> {
    all_below(&root.join(".tegl-unfinished"))
}

#[test]
fn every_kind_of_store_keeps_what_is_written() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("not/there/yet");
    for store in [open(&root), in_memory(Arc::new(InMemory::new()))] {
        let (name, other) = (key("a/b/é.tif"), key("a/c.tif"));
        let version = block_on(store.put(&name, Bytes::from_static(b"one"))).unwrap();
        assert_eq!((version.size, &version), (3, &block_on(store.head(&name)).unwrap()));
        assert_eq!(&whole(&store, "a/b/é.tif").unwrap()[..], b"one");

        let newer = block_on(store.put(&name, Bytes::from_static(b"two"))).unwrap();
        assert!(newer != version && newer == block_on(store.head(&name)).unwrap());
        assert!(matches!(block_on(store.read(&name, &version, 0..3, b"")), Err(Error::Changed)));
        assert_eq!(&whole(&store, "a/b/é.tif").unwrap()[..], b"two");

        assert!(!block_on(store.create(&name, Bytes::from_static(b"three"))).unwrap());
        assert!(block_on(store.create(&other, Bytes::from_static(b"three"))).unwrap());
        assert_eq!(&whole(&store, "a/b/é.tif").unwrap()[..], b"two");
        let listed = block_on(store.list(None, 9)).unwrap().keys;
        assert_eq!(listed, [("a/b/é.tif".to_owned(), 3), ("a/c.tif".to_owned(), 5)]);

        block_on(store.remove(&name)).unwrap();
        block_on(store.remove(&name)).unwrap();
        block_on(store.remove(&key("no/such/folder"))).unwrap();
        assert!(matches!(whole(&store, "a/b/é.tif"), Err(Error::NotFound)));
        assert!(block_on(store.probe_writing()).unwrap());
        assert_eq!(block_on(store.list(None, 9)).unwrap().keys.len(), 1);
        assert!(store.is_writable() && store.counts().writes >= 4);
    }
    assert_eq!(unfinished(&root).len(), 0);
}

#[test]
fn long_files_are_complete_whether_copied_or_moved() {
    let home = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..2 * PART + 12_345).map(|at| (at * 31 + at / 251) as u8).collect();
    for store in [open(&home.path().join("masters")), in_memory(Arc::new(InMemory::new()))] {
        let workspace = store.workspace().unwrap();
        let mut file = workspace.file().unwrap();
        file.write_all(&bytes).unwrap();
        let copied = block_on(store.put_file(&key("a.tif"), file.path())).unwrap();
        assert!(file.path().exists());
        let moved = block_on(store.move_file(&key("b.tif"), file.into_temp_path())).unwrap();
        assert_eq!((copied.size, moved.size), (bytes.len() as u64, bytes.len() as u64));
        for name in ["a.tif", "b.tif"] {
            assert!(whole(&store, name).unwrap() == bytes, "{name}");
        }
        assert_eq!(block_on(store.head(&key("b.tif"))).unwrap(), moved);
        // Nothing but what marks the workspace as owned.
        assert_eq!(all_below(workspace.path()).len(), 1);
    }
    assert_eq!(unfinished(&home.path().join("masters")).len(), 0);
}

#[test]
fn readers_see_old_or_new_and_racing_creators_have_one_winner() {
    let home = tempfile::tempdir().unwrap();
    for store in [open(home.path()), in_memory(Arc::new(InMemory::new()))] {
        put(&store, "a.tif", &[0; 50_000]).unwrap();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 1..40 {
                    block_on(store.put(&key("a.tif"), vec![round; 50_000].into())).unwrap();
                }
                over.store(true, Relaxed);
            });
            while !over.load(Relaxed) {
                match whole(&store, "a.tif") {
                    Ok(bytes) => {
                        assert!(bytes.len() == 50_000 && bytes.iter().all(|byte| *byte == bytes[0]));
                    }
                    Err(error) => assert!(matches!(error, Error::Changed), "{error:?}"),
                }
            }
            let create = |name: u8| {
                let store = &store;
                scope.spawn(move || block_on(store.create(&key("lock"), vec![name].into())).unwrap())
            };
            let creators: Vec<_> = (0..8).map(create).collect();
            assert_eq!(creators.into_iter().filter_map(|one| one.join().unwrap().then_some(())).count(), 1);
        });
    }
}

#[test]
fn a_failed_write_says_why() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    put(&store, "a/b.tif", b"b").unwrap();
    let failure = |name: &str| put(&store, name, b"new").unwrap_err().to_string();
    assert_eq!(failure("a"), "a folder exists under this identifier");
    assert!(failure("a/b.tif/c").contains("not a folder"), "{}", failure("a/b.tif/c"));
    assert!(failure("a.tif#1").contains("unfinished"));
    assert!(failure(".tegl-unfinished/owner").contains("unfinished"));
    assert!(failure(&"x".repeat(300)).contains("longer than"));
    let read_only = Store::open(home.path().to_str().unwrap(), &Settings::default()).unwrap();
    assert!(put(&read_only, "c", b"c").unwrap_err().to_string().contains("reading only"));
    assert!(read_only.workspace().is_err() && !read_only.is_writable());
    let web = Store::open_writable("http://images.example/", &Settings::default());
    assert!(web.is_err_and(|error| error.to_string().contains("writable location")));
    let file = home.path().join("a/b.tif");
    assert!(Store::open_writable(file.to_str().unwrap(), &Settings::default()).is_err());
    assert_eq!(unfinished(home.path()).len(), 0);
}
