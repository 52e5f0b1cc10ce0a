//! What local sources promise, tried on real folders.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use tempfile::TempDir;

use crate::store::{BadKey, Error, Key, Settings, Store};

const CANARY: &str = "what lies outside";

/// A folder with a master, and beside it a file that must never be read.
fn folder() -> (TempDir, Store) {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("masters");
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::create_dir(place.path().join("masters_private")).unwrap();
    fs::write(root.join("a.tif"), b"0123456789").unwrap();
    fs::write(root.join("sub/é.tif"), b"accent").unwrap();
    fs::write(place.path().join("canary"), CANARY).unwrap();
    fs::write(place.path().join("masters_private/canary"), CANARY).unwrap();
    let store = open(&root, &Settings::default());
    (place, store)
}

fn open(root: &Path, settings: &Settings) -> Store {
    Store::open(root.to_str().unwrap(), settings).unwrap()
}

fn key(key: &str) -> Key {
    Key::parse(key).unwrap()
}

/// The whole object, or why not.
fn whole(store: &Store, name: &str) -> Result<Vec<u8>, Error> {
    block_on(store.read_start(&key(name), 1 << 20)).map(|(_, bytes)| bytes.to_vec())
}

#[test]
fn ranges_are_read_exactly() {
    let (_place, store) = folder();
    let name = key("a.tif");
    let (version, bytes) = block_on(store.read_start(&name, 4)).unwrap();
    assert_eq!((version.size, &bytes[..]), (10, &b"0123"[..]));
    assert_eq!(block_on(store.head(&name)).unwrap(), version);
    assert_eq!(&block_on(store.read(&name, &version, 3..7, b"head:")).unwrap()[..], b"head:3456");
    assert_eq!(&block_on(store.read(&name, &version, 10..10, b"")).unwrap()[..], b"");
    let many = block_on(store.read_many(&name, &version, &[8..10, 0..2, 1..1, 5..9])).unwrap();
    assert_eq!(many, [&b"89"[..], b"01", b"", b"5678"]);
    assert_eq!(whole(&store, "sub/é.tif").unwrap(), b"accent");
    let past = block_on(store.read(&name, &version, 8..12, b""));
    assert!(matches!(past, Err(Error::Short { requested: 4, got: 2 })), "{past:?}");
    assert!(store.counts().ranges >= 4 && store.counts().heads == 1 && store.counts().bytes > 20);
}

#[test]
fn no_spelling_reaches_outside_the_source() {
    let (_place, store) = folder();
    let hostile = [
        "../canary",
        "..%2fcanary",
        "%2e%2e/canary",
        "%2e%2e%2fcanary",
        "..%5ccanary",
        "%252e%252e%252fcanary",
        "%252e%252e/canary",
        "..;/canary",
        ";/../canary",
        "%c0%ae%c0%ae/canary",
        "%u002e%u002e/canary",
        "..\\canary",
        "sub\\..\\..\\canary",
        "sub/../../canary",
        "./../canary",
        "sub/./../../canary",
        "/canary",
        "//canary",
        "///etc/passwd",
        "/etc/passwd",
        "etc/passwd",
        "file:///etc/passwd",
        "file:/etc/passwd",
        "C:/canary",
        "C:\\canary",
        "c:canary",
        "\\\\host\\share",
        "~/canary",
        "~root/.profile",
        "$HOME/canary",
        "..",
        ".",
        "",
        "/",
        "//",
        "../",
        "./",
        "..//",
        ".../canary",
        "....//canary",
        ".../../canary",
        "..\0/canary",
        "../canary\0",
        "../canary\0.tif",
        "a.tif\0",
        "a.tif\n",
        "..\r/canary",
        "../canary.",
        "../canary ",
        "a.tif/../../canary",
        "a.tif/",
        "a.tif/.",
        "a.tif/..",
        "/a.tif",
        "sub//é.tif",
        "sub/",
        "sub",
        "A.TIF",
        "a.tif.",
        "a.tif ",
        " a.tif",
        "sub/e\u{301}.tif",
        "sub%2fé.tif",
        "\u{ff0e}\u{ff0e}/canary",
        "..\u{2215}canary",
        "..\u{ff0f}canary",
        "..\u{2044}canary",
        "\u{2024}\u{2024}/canary",
        "..%ef%bc%8fcanary",
        "../masters_private/canary",
        "_private/canary",
        "proc/self/root/etc/passwd",
        "/proc/self/environ",
        "dev/fd/0",
        "..%00/canary",
        "*",
        "?",
        "a.tif#1",
        "a.tif%23",
        "a.tif?versionId=1",
        "http://127.0.0.1/canary",
        "@canary",
        "\u{feff}../canary",
    ];
    assert!(hostile.len() >= 60);
    for name in hostile {
        let read =
            Key::parse(name).map_err(Error::from).and_then(|key| block_on(store.read_start(&key, 1 << 20)));
        assert!(matches!(read, Err(Error::BadKey(_) | Error::NotFound)), "{name:?}: {read:?}");
    }
    assert!(matches!(whole(&store, "a/".repeat(300).trim_end_matches('/')), Err(Error::NotFound)));
    assert!(matches!(whole(&store, &"n".repeat(1000)), Err(Error::NotFound)));
}

#[test]
fn links_that_leave_are_refused() {
    let (place, store) = folder();
    let root = place.path().join("masters");
    for (link, target) in [
        ("out", "../canary"),
        ("outside", ".."),
        ("absolute", "/etc/passwd"),
        ("environ", "/proc/self/environ"),
        ("around", "../masters/../canary"),
        ("loop", "loop"),
    ] {
        symlink(target, root.join(link)).unwrap();
    }
    symlink(root.join("a.tif"), root.join("home")).unwrap();
    symlink("../a.tif", root.join("sub/inside")).unwrap();
    for follow_symlinks in [false, true] {
        let store = open(&root, &Settings { follow_symlinks, ..Settings::default() });
        for name in ["out", "outside/canary", "absolute", "environ", "around", "loop"] {
            assert!(matches!(whole(&store, name), Err(Error::Forbidden)), "{name} {follow_symlinks}");
        }
        assert_eq!(whole(&store, "sub/inside").unwrap(), b"0123456789");
        assert_eq!(whole(&store, "home").is_ok(), follow_symlinks);
    }
    assert!(matches!(whole(&store, "out"), Err(Error::Forbidden)));
    let allowed = Settings {
        follow_symlinks: true,
        link_roots: vec![place.path().join("masters_private")],
        ..Settings::default()
    };
    symlink("../masters_private/canary", root.join("shared")).unwrap();
    let store = open(&root, &allowed);
    assert_eq!(whole(&store, "shared").unwrap(), CANARY.as_bytes());
    assert!(matches!(whole(&store, "out"), Err(Error::Forbidden)));
}

#[test]
fn a_link_swapped_while_it_is_opened_never_leaves() {
    let (place, _store) = folder();
    let root = place.path().join("masters");
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (inside, outside) = (root.join(".inside"), root.join(".outside"));
            while !ended.load(Relaxed) {
                for (link, target) in [(&inside, "a.tif"), (&outside, "../canary")] {
                    symlink(target, link).unwrap();
                    fs::rename(link, root.join("swapped")).unwrap();
                }
            }
        });
        for follow_symlinks in [false, true] {
            let store = open(&root, &Settings { follow_symlinks, ..Settings::default() });
            for _ in 0..5_000 {
                if let Ok(bytes) = whole(&store, "swapped") {
                    assert_eq!(bytes, b"0123456789");
                }
            }
        }
        ended.store(true, Relaxed);
    });
}

#[test]
fn only_regular_files_are_read_and_none_blocks() {
    let (place, store) = folder();
    let root = place.path().join("masters");
    rustix::fs::mknodat(rustix::fs::CWD, root.join("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let started = Instant::now();
    for name in ["fifo", "socket", "sub"] {
        assert!(matches!(whole(&store, name), Err(Error::NotFound)), "{name}");
    }
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_replaced_master_is_noticed() {
    let (place, store) = folder();
    let path = place.path().join("masters/a.tif");
    let name = key("a.tif");
    let (old, _) = block_on(store.read_start(&name, 4)).unwrap();
    fs::write(path.with_extension("new"), b"9876543210").unwrap();
    fs::rename(path.with_extension("new"), &path).unwrap();
    let read = block_on(store.read(&name, &old, 0..4, b""));
    assert!(matches!(read, Err(Error::Changed)), "{read:?}");
    let (new, bytes) = block_on(store.read_start(&name, 4)).unwrap();
    assert_ne!(new, old);
    assert_eq!(&bytes[..], b"9876");
    assert!(matches!(block_on(store.read(&name, &old, 0..4, b"")), Err(Error::Changed)));

    fs::write(&path, b"abcdefghij").unwrap();
    // As if written a moment later than the clock of most file systems can tell apart.
    let later = std::time::SystemTime::now() + Duration::from_secs(1);
    fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
    assert!(matches!(store.read_if_cached(&name, &new, 0..4, b""), Some(Err(Error::Changed)) | None));
    assert!(matches!(block_on(store.read(&name, &new, 0..4, b"")), Err(Error::Changed)));
    fs::write(&path, b"ab").unwrap();
    assert!(matches!(block_on(store.read(&name, &new, 0..4, b"")), Err(Error::Changed)));
    fs::remove_file(&path).unwrap();
    assert!(matches!(block_on(store.read(&name, &new, 0..4, b"")), Err(Error::NotFound)));
}

#[test]
fn overwriting_in_place_never_gives_a_mixture() {
    let (place, store) = folder();
    let path = place.path().join("masters/big");
    let ended = AtomicBool::new(false);
    let (even, odd) = (vec![0u8; 1 << 16], vec![1u8; 1 << 16]);
    fs::write(&path, &even).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                // The clock of most file systems ticks every few milliseconds: what comes twice in a tick looks alike.
                std::thread::sleep(Duration::from_millis(12));
                let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
                std::os::unix::fs::FileExt::write_all_at(&file, if round % 2 == 0 { &odd } else { &even }, 0)
                    .unwrap();
                if ended.load(Relaxed) {
                    break;
                }
            }
        });
        let name = key("big");
        let started = Instant::now();
        let (mut whole, mut changed, mut torn) = (0, 0, 0);
        while started.elapsed() < Duration::from_millis(800) {
            let Ok((version, first)) = block_on(store.read_start(&name, 16)) else { continue };
            for _ in 0..50 {
                match block_on(store.read(&name, &version, 0..1 << 16, b"")) {
                    Ok(bytes) => {
                        let alike = bytes.iter().all(|byte| *byte == first[0]);
                        whole += u32::from(alike);
                        torn += u32::from(!alike);
                    }
                    Err(Error::Changed) => {
                        changed += 1;
                        break;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }
        ended.store(true, Relaxed);
        assert!(whole > 0 && changed > 0, "{whole} whole, {changed} changed");
        // A writer that is held up between the clock and the bytes for longer than a tick cannot be told from none.
        assert!(torn * 100 <= whole, "{torn} torn, {whole} whole");
    });
}

#[test]
fn a_single_file_is_a_source_of_one() {
    let (place, _store) = folder();
    let store = open(&place.path().join("masters/a.tif"), &Settings::default());
    assert_eq!(whole(&store, "a.tif").unwrap(), b"0123456789");
    assert!(matches!(whole(&store, "sub/é.tif"), Err(Error::NotFound)));
    assert_eq!(block_on(store.list(None, 10)).unwrap().keys, [("a.tif".to_owned(), 10)]);
    assert_eq!(block_on(store.list(Some("a.tif"), 10)).unwrap().keys, []);
}

#[test]
fn keys_are_listed_in_order_and_by_pages() {
    let (place, store) = folder();
    let root = place.path().join("masters");
    fs::create_dir_all(root.join("a/deep/er")).unwrap();
    fs::create_dir_all(root.join(".git")).unwrap();
    for name in
        ["a/x", "a-b", "a/deep/er/y", "a0", ".git/config", ".hidden", "z", "a.tif#3", "a/deep/.DS_Store"]
    {
        fs::write(root.join(name), b"1").unwrap();
    }
    symlink("../canary", root.join("out")).unwrap();
    symlink("z", root.join("in")).unwrap();
    let all: Vec<String> =
        block_on(store.list(None, 100)).unwrap().keys.into_iter().map(|(key, _)| key).collect();
    assert_eq!(all, ["a-b", "a.tif", "a/deep/er/y", "a/x", "a0", "in", "sub/é.tif", "z"]);
    for limit in 1..5 {
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = block_on(store.list(after.as_deref(), limit)).unwrap();
            assert!(page.keys.len() <= limit);
            paged.extend(page.keys.iter().map(|(key, _)| key.clone()));
            after = paged.last().cloned();
            if !page.more {
                break;
            }
        }
        assert_eq!(paged, all);
    }
}

#[test]
fn reading_may_move_between_threads() {
    fn moves<T: Send>(_: &T) {}
    fn is_shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    let (_place, store) = folder();
    let (name, version) = (key("a.tif"), block_on(store.head(&key("a.tif"))).unwrap());
    is_shared(&store);
    moves(&store.read_start(&name, 1));
    moves(&store.read(&name, &version, 0..1, b""));
    moves(&store.read_many(&name, &version, &[]));
    moves(&store.list(None, 1));
}

#[test]
fn unfinished_files_are_not_served() {
    let (place, store) = folder();
    fs::write(place.path().join("masters/a.tif#2"), b"torn").unwrap();
    assert!(matches!(whole(&store, "a.tif#2"), Err(Error::BadKey(BadKey::Unfinished))));
}

#[test]
fn a_replaced_folder_is_noticed() {
    let (place, _store) = folder();
    fs::create_dir(place.path().join("next")).unwrap();
    fs::write(place.path().join("next/a.tif"), b"next").unwrap();
    symlink("masters", place.path().join("current")).unwrap();
    for follow_symlinks in [false, true] {
        let store = open(&place.path().join("current"), &Settings { follow_symlinks, ..Settings::default() });
        assert_eq!(whole(&store, "a.tif").unwrap(), b"0123456789");
        symlink("next", place.path().join("link")).unwrap();
        fs::rename(place.path().join("link"), place.path().join("current")).unwrap();
        assert_eq!(whole(&store, "a.tif").unwrap(), b"next");
        assert_eq!(block_on(store.list(None, 9)).unwrap().keys.len(), 1);
        symlink("masters", place.path().join("link")).unwrap();
        fs::rename(place.path().join("link"), place.path().join("current")).unwrap();
    }
}

/// `cargo test --release --lib store::tests::local::speed -- --ignored --nocapture`
#[test]
#[ignore = "measures"]
fn speed() {
    let (place, store) = folder();
    fs::write(place.path().join("masters/big"), vec![7u8; 64 << 20]).unwrap();
    let name = key("big");
    let (version, _) = block_on(store.read_start(&name, 1024)).unwrap();
    let prefix = [1u8; 600];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for round in 0..3 {
        let count = 50_000u64;
        let started = Instant::now();
        for index in 0..count {
            let at = index * 7919 % (63 << 20);
            let bytes = store.read_if_cached(&name, &version, at..at + 15_000, &prefix).unwrap().unwrap();
            assert_eq!(bytes.len(), 15_600);
        }
        println!("{round} read_if_cached {:?}", started.elapsed() / count as u32);
        let started = Instant::now();
        runtime.block_on(async {
            for index in 0..count {
                let at = index * 7919 % (63 << 20);
                store.read(&name, &version, at..at + 15_000, &prefix).await.unwrap();
            }
        });
        println!("{round} read     {:?}", started.elapsed() / count as u32);
    }
}
