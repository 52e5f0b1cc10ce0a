use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures::executor::block_on;

use super::remote::{ETAG, OBJECT, Server, serve};
use super::write::key;
use crate::store::{Checked, DiskCache, DiskSettings, Error, Store, Version};

/// A store of which some answers are damaged, by their numbers; each in another way if `varies`.
fn bed(is_damaged: impl Fn(usize) -> bool + Send + Sync + 'static, varies: bool) -> (Server, Store, Version) {
    let answers = Arc::new(AtomicUsize::new(0));
    let server = Server::new(move |head, connection| {
        let n = answers.fetch_add(1, SeqCst);
        let mut object = OBJECT.to_vec();
        if is_damaged(n) {
            object[if varies { 5 + n % 6 } else { 7 }] ^= 0xff;
        }
        serve(head, connection, &object, &format!("ETag: {ETAG}\r\n"));
    });
    let store = server.store();
    (server, store, Version { etag: ETAG.into(), size: OBJECT.len() as u64 })
}

fn read(store: &Store, version: &Version) -> Result<Checked, Error> {
    block_on(store.read_checked(&key("a"), version, 4..12, b"head ", &|bytes| *bytes == OBJECT[4..12]))
}

fn read_many(store: &Store, version: &Version) -> Result<Vec<Checked>, Error> {
    let ranges = [2..4, 4..12, 14..18];
    let expected = |n: usize| &OBJECT[ranges[n].start as usize..ranges[n].end as usize];
    let is_sound = |n: usize, bytes: &[u8]| bytes == expected(n);
    block_on(store.read_many_checked(&key("a"), version, &ranges, &is_sound))
}

#[test]
fn damaged_answers_are_requested_again() {
    for damaged in 0..4 {
        let (server, store, version) = bed(move |n| n < damaged, true);
        let checked = read(&store, &version).unwrap();
        assert_eq!((&checked.bytes[..], checked.is_sound), (&b"head 456789ab"[..], true));
        assert_eq!((server.heads().len(), store.counts().damaged), (damaged + 1, damaged as u64));
        let (server, store, version) = bed(move |n| n < damaged, true);
        let all = read_many(&store, &version).unwrap();
        let bytes: Vec<&[u8]> = all.iter().map(|one| &one.bytes[..]).collect();
        assert_eq!(bytes, [&b"23"[..], b"456789ab", b"efgh"]);
        assert!(all.iter().all(|one| one.is_sound));
        assert_eq!(server.heads().len(), damaged + 1);
    }
}

#[test]
fn equal_answers_are_what_the_store_has() {
    let (server, store, version) = bed(|_| true, false);
    let checked = read(&store, &version).unwrap();
    assert!(!checked.is_sound && checked.bytes.starts_with(b"head 456"));
    assert_eq!((server.heads().len(), store.counts().damaged), (2, 1));
    let all = read_many(&store, &version).unwrap();
    assert_eq!(all.iter().map(|one| one.is_sound).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn answers_that_differ_each_time_are_an_error() {
    let (server, store, version) = bed(|_| true, true);
    let read = read(&store, &version);
    assert!(matches!(read, Err(Error::BadResponse(_))), "{read:?}");
    assert_eq!(server.heads().len(), 4);
}

#[test]
fn damaged_bytes_are_not_in_the_disk_cache_and_not_taken_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let disk = DiskCache::open(folder.path(), &DiskSettings::default()).unwrap();
    let (server, store, version) = bed(|n| n == 0 || n == 2, true);
    let store = store.with_disk(&disk);
    let flush = || block_on(store.forget_version(&key("another")));
    for _ in 0..2 {
        assert!(read(&store, &version).unwrap().is_sound);
        flush();
        assert_eq!(server.heads().len(), 2, "the sound answer was kept");
    }
    // An earlier version kept what came.
    store.keep(&key("a"), &version, &(4..12), b"damaged!");
    flush();
    assert_eq!(read(&store, &version).unwrap().bytes[..], b"head 456789ab"[..]);
    assert_eq!(server.heads().len(), 4);
    flush();
    assert!(read_many(&store, &version).unwrap().iter().all(|one| one.is_sound));
    assert_eq!(server.heads().len(), 5, "two of three were missing");
}
