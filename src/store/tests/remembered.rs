use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::executor::block_on;
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, path::Path};

use super::write::{in_memory, key};
use crate::store::{DiskCache, DiskSettings, Error, Store};

struct Bed {
    memory: Arc<InMemory>,
    store: Store,
    _folder: tempfile::TempDir,
}

impl Bed {
    /// A store with a disk cache, and an object.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = DiskCache::open(folder.path(), &DiskSettings::default()).unwrap();
        let memory = Arc::new(InMemory::new());
        let store = in_memory(memory.clone()).with_disk(&disk);
        let bed = Self { memory, store, _folder: folder };
        bed.replace(b"the first bytes");
        bed
    }

    /// Replaces the object without telling the store.
    fn replace(&self, bytes: &'static [u8]) {
        block_on(self.memory.put(&Path::from("in/a"), Bytes::from_static(bytes).into())).unwrap();
    }

    fn take_away(&self) {
        block_on(self.memory.delete(&Path::from("in/a"))).unwrap();
    }

    /// What the disk cache knows of the start, when all is written that was queued before.
    fn recalled(&self) -> Option<Bytes> {
        block_on(self.store.forget_version(&key("another")));
        let recalled = block_on(self.store.recall_start(&key("a"), 9))?;
        assert!(recalled.age < Duration::from_secs(60));
        Some(recalled.bytes)
    }
}

#[test]
fn what_was_read_is_known_without_the_store() {
    let bed = Bed::new();
    assert_eq!(bed.recalled(), None);
    let (version, start) = block_on(bed.store.read_start(&key("a"), 9)).unwrap();
    let read = |store: &Store| block_on(store.read(&key("a"), &version, 4..9, b"head "));
    assert_eq!(read(&bed.store).unwrap(), "head first");
    let many = block_on(bed.store.read_many(&key("a"), &version, &[0..3, 10..15])).unwrap();
    assert_eq!(bed.recalled(), Some(start));
    bed.take_away();
    let counted = bed.store.counts();
    assert_eq!(read(&bed.store).unwrap(), "head first");
    assert_eq!(block_on(bed.store.read_many(&key("a"), &version, &[0..3, 10..15])).unwrap(), many);
    assert_eq!(bed.store.counts(), counted);
    assert!(matches!(read(&bed.store.without_ranges()), Err(Error::NotFound | Error::Changed)));
    assert_eq!(bed.recalled(), None, "the store has said that there is no such object");
}

#[test]
fn a_version_is_forgotten_when_the_store_states_another() {
    type Notice = fn(&Bed, &crate::store::Version);
    let notices: [Notice; 4] = [
        |bed, _| drop(block_on(bed.store.head(&key("a"))).unwrap()),
        |bed, version| {
            let read = block_on(bed.store.read(&key("a"), version, 2..5, b""));
            assert!(matches!(read, Err(Error::Changed)), "{read:?}");
        },
        |bed, version| {
            let read = block_on(bed.store.read_many(&key("a"), version, std::slice::from_ref(&(2..5))));
            assert!(matches!(read, Err(Error::Changed)), "{read:?}");
        },
        |bed, _| drop(block_on(bed.store.put(&key("a"), Bytes::from_static(b"third"))).unwrap()),
    ];
    for notice in notices {
        let bed = Bed::new();
        let (version, _) = block_on(bed.store.read_start(&key("a"), 9)).unwrap();
        assert_eq!(bed.recalled().unwrap(), "the first");
        bed.replace(b"other bytes");
        notice(&bed, &version);
        assert_eq!(bed.recalled(), None);
        let (_, start) = block_on(bed.store.read_start(&key("a"), 5)).unwrap();
        assert!(["other", "third"].contains(&std::str::from_utf8(&start).unwrap()));
    }
}

#[test]
fn bytes_that_are_discarded_are_read_again() {
    let bed = Bed::new();
    let (version, _) = block_on(bed.store.read_start(&key("a"), 9)).unwrap();
    let read = || block_on(bed.store.read(&key("a"), &version, 4..9, b"")).unwrap();
    read();
    bed.recalled();
    let before = bed.store.counts().ranges;
    bed.store.discard(&key("a"), &version, &(4..9));
    bed.recalled();
    assert_eq!(read(), "first");
    assert_eq!(bed.store.counts().ranges, before + 1);
}
