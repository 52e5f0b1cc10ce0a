use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::executor::block_on;
use md5::{Digest, Md5};

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

/// A store that states these headers, with damaged answers.
fn stating(fields: String, is_damaged: impl Fn(usize) -> bool + Send + Sync + 'static) -> (Server, Store) {
    let answers = AtomicUsize::new(0);
    let server = Server::new(move |head, connection| {
        let mut object = OBJECT.to_vec();
        if is_damaged(answers.fetch_add(1, SeqCst)) {
            object[7] ^= 0xff;
        }
        serve(head, connection, &object, &fields);
    });
    let store = server.store();
    (server, store)
}

#[test]
fn answers_that_differ_from_the_checksum_that_the_store_states_are_requested_again() {
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, OBJECT) as u32;
    let fields = format!("ETag: {ETAG}\r\nx-goog-hash: crc32c={}\r\n", STANDARD.encode(crc.to_be_bytes()));
    let (server, store) = stating(fields.clone(), |n| n == 0);
    assert_eq!(block_on(store.read_start(&key("a"), 600)).unwrap().1, OBJECT);
    assert_eq!((server.heads().len(), store.counts().damaged), (2, 1));
    let (_server, store) = stating(fields, |_| true);
    let (version, part) = block_on(store.read_start(&key("a"), 10)).unwrap();
    assert_ne!(part, OBJECT[..10], "the checksum of the whole object says nothing about a part");
    let whole = block_on(store.read(&key("a"), &version, 0..20, &[]));
    assert!(matches!(whole, Err(Error::BadResponse(_))), "{whole:?}");
}

/// A store whose entity tags are this MD5 sum.
fn tagged(
    sum: [u8; 16],
    is_damaged: impl Fn(usize) -> bool + Send + Sync + 'static,
) -> (Server, Store, Version) {
    let etag = format!("\"{:032x}\"", u128::from_be_bytes(sum));
    let (server, store) = stating(format!("ETag: {etag}\r\n"), is_damaged);
    (server, store, Version { etag: etag.into(), size: OBJECT.len() as u64 })
}

#[test]
fn whole_objects_are_compared_with_entity_tags_that_are_md5_sums() {
    let (server, store, version) = tagged(Md5::digest(OBJECT).into(), |n| n == 1);
    let read = || block_on(store.read_whole(&key("a"), &version));
    (0..3).for_each(|_| assert_eq!(read().unwrap(), OBJECT));
    assert_eq!((server.heads().len(), store.counts().damaged), (4, 1));
    // Damage in the store itself, whose tags are MD5 sums.
    let (server, store, version) = tagged(Md5::digest(OBJECT).into(), |n| n > 0);
    let read = || block_on(store.read_whole(&key("a"), &version));
    assert_eq!(read().unwrap(), OBJECT);
    assert_ne!(read().unwrap(), OBJECT);
    assert_eq!(server.heads().len(), 3);
}

#[test]
fn entity_tags_that_only_look_like_md5_sums_cost_one_request() {
    let (server, store, version) = tagged([7; 16], |_| false);
    (0..3).for_each(|_| assert_eq!(block_on(store.read_whole(&key("a"), &version)).unwrap(), OBJECT));
    assert_eq!((server.heads().len(), store.counts().damaged), (4, 0));
    assert!(!store.has_md5(&version));
    for etag in ["\"v1\"", "W/\"00000000000000000000000000000000\"", "\"0123456789abcdef0123456789abcdef-3\""]
    {
        assert!(!store.has_md5(&Version { etag: etag.into(), size: 20 }), "{etag}");
    }
}
