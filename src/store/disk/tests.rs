use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use futures::executor::block_on;

use super::*;

const MIB: f64 = 1.0 / 1024.0;

fn settings(mib: f64, files: u64) -> DiskSettings {
    DiskSettings { gib: mib * MIB, files, ..DiskSettings::default() }
}

fn open(folder: &Path) -> Arc<DiskCache> {
    DiskCache::open(folder, &settings(64.0, 1000)).unwrap()
}

fn flush(cache: &DiskCache) {
    let (done, flushed) = oneshot::channel();
    cache.jobs.send(Job::Flush(done)).unwrap();
    block_on(flushed).unwrap();
}

/// Waits until the files of earlier processes are in the index.
fn recovered(cache: &DiskCache) {
    while !cache.shared.is_recovered.load(Relaxed) {
        flush(cache);
    }
}

fn one(number: u64) -> Name {
    name(number % 3, &[&number.to_le_bytes()])
}

fn get(cache: &DiskCache, name: &Name) -> Option<Bytes> {
    block_on(cache.get(Kind::Tile, name, b""))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.file_name().unwrap() != "lock" => found.push(path),
            false => {}
        }
    }
    found
}

/// Closes a cache; its threads release the folder when they have ended.
fn close(cache: Arc<DiskCache>, folder: &Path) -> Arc<DiskCache> {
    drop(cache);
    loop {
        match DiskCache::open(folder, &settings(64.0, 1000)) {
            Ok(opened) => return opened,
            Err(Unusable::Unavailable(text)) if text.contains("another process") => std::thread::yield_now(),
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn entries_survive_a_restart_and_are_found_before_the_index_is() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path());
    for number in 0..100u64 {
        cache.put(&one(number), format!("bytes of {number}").as_bytes());
    }
    flush(&cache);
    let again = close(cache, folder.path());
    for number in 0..100u64 {
        assert_eq!(get(&again, &one(number)).unwrap(), format!("bytes of {number}"));
    }
    recovered(&again);
    assert_eq!(again.shared.index.size().1, 100);
    assert_eq!(get(&again, &one(5)).unwrap(), "bytes of 5");
    assert_eq!(get(&again, &one(100)), None);
    assert_eq!(again.shared.queued.load(Relaxed), 0);
}

#[test]
fn space_and_files_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    for (settings, most) in [(settings(1.0, 1_000_000), 256 / 8), (settings(64.0, 40), 40)] {
        let cache = DiskCache::open(folder.path(), &settings).unwrap();
        for number in 0..500 {
            cache.put(&one(number), &[7; 30_000]);
            flush(&cache);
            assert!(files(folder.path()).len() <= most, "after {number}");
        }
        flush(&cache);
        assert!(files(folder.path()).len() > most / 2);
        // A smaller bound holds for what an earlier process kept, too.
        drop(cache);
        let smaller = DiskSettings { gib: settings.gib / 4.0, files: settings.files / 4, ..settings };
        let cache = loop {
            match DiskCache::open(folder.path(), &smaller) {
                Ok(cache) => break cache,
                Err(_) => std::thread::yield_now(),
            }
        };
        recovered(&cache);
        flush(&cache);
        assert!(files(folder.path()).len() <= most / 4, "{}", files(folder.path()).len());
        block_on(cache.purge(None));
        drop(cache);
        assert!(files(folder.path()).is_empty());
        while Folder::open(folder.path()).is_err() {
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_damaged_entry_is_not_found_and_can_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path());
    cache.put(&one(1), b"first");
    flush(&cache);
    let [path] = &files(folder.path())[..] else { panic!() };
    let mut bytes = std::fs::read(path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(path, bytes).unwrap();
    assert_eq!(get(&cache, &one(1)), None);
    cache.put(&one(1), b"first");
    flush(&cache);
    assert_eq!(get(&cache, &one(1)).unwrap(), "first");
}

#[test]
fn an_entry_can_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path());
    for bytes in [&b"first"[..], b"second", b"third"] {
        cache.put(&one(1), bytes);
        flush(&cache);
        assert_eq!(get(&cache, &one(1)).unwrap(), bytes);
    }
    assert_eq!((files(folder.path()).len(), cache.shared.index.size().1), (1, 1));
}

#[test]
fn a_group_is_purged_with_what_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path());
    for number in 0..30 {
        cache.put(&one(number), b"bytes");
    }
    block_on(cache.purge(Some(1)));
    for number in 0..30 {
        assert_eq!(get(&cache, &one(number)).is_none(), number % 3 == 1, "{number}");
    }
    assert_eq!(files(folder.path()).len(), 20);
    block_on(cache.remove(&one(0)));
    assert_eq!(get(&cache, &one(0)), None);
    cache.discard(&one(2));
    flush(&cache);
    assert_eq!(get(&cache, &one(2)), None);
    block_on(cache.purge(None));
    assert!(files(folder.path()).is_empty());
}

#[test]
fn what_cannot_be_written_in_time_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path());
    cache.put(&one(0), &vec![0; LONGEST + 1]);
    cache.shared.queued.store(MOST_QUEUED - 100, Relaxed);
    cache.put(&one(1), &[0; 100]);
    cache.put(&one(2), &[0; 10]);
    flush(&cache);
    assert_eq!(files(folder.path()).len(), 1);
    assert_eq!(get(&cache, &one(2)).unwrap(), [0; 10][..]);
}

#[test]
fn an_entry_that_cannot_be_removed_turns_the_cache_off() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path());
    cache.put(&one(1), b"bytes");
    flush(&cache);
    // A folder in the file's place cannot be removed like a file, whoever the user is.
    let [path] = &files(folder.path())[..] else { panic!() };
    std::fs::remove_file(path).unwrap();
    std::fs::create_dir(path).unwrap();
    block_on(cache.remove(&one(1)));
    cache.put(&one(2), b"bytes");
    flush(&cache);
    assert_eq!(get(&cache, &one(2)), None);
}

#[test]
fn a_failed_write_pauses_the_cache_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path());
    let entries = cache.folder().to_owned();
    std::fs::remove_dir(entries.join("00")).unwrap();
    for number in 0..3 {
        cache.put(&one(number), b"bytes");
    }
    flush(&cache);
    assert!(files(&entries).is_empty());
    assert_eq!(get(&cache, &one(1)), None);
    assert_eq!(std::fs::metadata(&entries).unwrap().permissions().mode() & 0o777, 0o700);
}
