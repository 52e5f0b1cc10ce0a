//! What writing promises, tried on real folders and on a store in memory.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures::executor::block_on;
use object_store::aws::AmazonS3Builder;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use tempfile::NamedTempFile;

use crate::store::backend::{Backend, Reader, Writer};
use crate::store::counts::Counters;
use crate::store::remote::{Clients, Connector, retries};
use crate::store::remote::{Listing, Remote};
use crate::store::remote::{PART, RemoteWriter};
use crate::store::{BadKey, Error, Key, Settings, Store};

fn open(root: &Path) -> Store {
    Store::open_writable(root.to_str().unwrap(), &Settings::default()).unwrap()
}

fn in_memory(memory: Arc<dyn ObjectStore>) -> Store {
    let settings = Settings::default();
    let remote = Arc::new(Remote::new(
        Clients { retrying: memory.clone(), without_retries: memory.clone() },
        Listing::Paged,
        "in/".to_owned(),
        &settings,
    ));
    let writer = Some(Writer::Remote(Arc::new(RemoteWriter::new(memory, remote.clone()))));
    let (reader, counters) = (Reader::Remote(remote), Counters::new("memory"));
    Store(Arc::new(Backend {
        shown: "memory".to_owned(),
        kind: "s3",
        is_unsigned: false,
        settings,
        counters,
        reader,
        writer,
    }))
}

fn key(key: &str) -> Key {
    Key::parse(key).unwrap()
}

fn whole(store: &Store, name: &str) -> Result<Bytes, Error> {
    block_on(store.read_start(&key(name), 1 << 30)).map(|(_, bytes)| bytes)
}

fn put(store: &Store, name: &str, bytes: &'static [u8]) -> Result<(), Error> {
    block_on(store.put(&key(name), Bytes::from_static(bytes))).map(|_| ())
}

/// Everything below the folder.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        found.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            found.extend(all_below(&entry.path()));
        }
    }
    found
}

fn unfinished(root: &Path) -> Vec<PathBuf> {
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
fn files_from_other_file_systems_are_copied() {
    let (Ok(elsewhere), home) = (tempfile::tempdir_in("/dev/shm"), tempfile::tempdir().unwrap()) else {
        return;
    };
    let store = open(home.path());
    let mut file = NamedTempFile::new_in(elsewhere.path()).unwrap();
    file.write_all(b"moved").unwrap();
    block_on(store.move_file(&key("a/b.tif"), file.into_temp_path())).unwrap();
    assert_eq!(&whole(&store, "a/b.tif").unwrap()[..], b"moved");
    assert_eq!(all_below(elsewhere.path()).len(), 0);
}

#[test]
fn written_files_can_be_read_by_other_users() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    put(&store, "a.tif", b"a").unwrap();
    let plain = home.path().join("plain");
    fs::write(&plain, b"").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&home.path().join("a.tif")), mode(&plain));
}

#[test]
fn leftovers_of_killed_processes_are_hidden_and_then_removed() {
    let home = tempfile::tempdir().unwrap();
    let living = open(home.path());
    let workspace = living.workspace().unwrap();
    workspace.file().unwrap().keep().unwrap();
    let left = home.path().join(".tegl-unfinished/tegl-unfinished-dead");
    fs::create_dir_all(left.join("folder-1")).unwrap();
    fs::write(left.join("file-1"), b"half a mas").unwrap();
    fs::write(left.join("owner"), b"").unwrap();
    let unowned = home.path().join(".tegl-unfinished/tegl-unfinished-new");
    fs::create_dir(&unowned).unwrap();

    assert_eq!(block_on(living.list(None, 9)).unwrap().keys, []);
    let inside = ".tegl-unfinished/tegl-unfinished-dead/file-1";
    assert!(matches!(whole(&living, inside), Err(Error::BadKey(BadKey::Unfinished))));

    open(home.path());
    assert!(!left.exists() && unowned.exists());
    // Two of ours: the file and the mark of the owner.
    assert_eq!(all_below(workspace.path()).len(), 2);
    let long_ago = SystemTime::now() - Duration::from_secs(25 * 60 * 60);
    File::open(&unowned).unwrap().set_modified(long_ago).unwrap();
    open(home.path());
    assert!(!unowned.exists());
    drop(workspace);
    assert_eq!(unfinished(home.path()).len(), 0);
}

/// The test's own program, writing until it is killed.
#[test]
fn a_killed_writer_leaves_the_old_or_the_new_object() {
    const WRITER: &str = "TEGL_TEST_KILLED_WRITER";
    const SIZE: usize = 3 << 20;
    if let Some(root) = std::env::var_os(WRITER) {
        let store = open(Path::new(&root));
        for round in 0u8.. {
            block_on(store.put(&key("a/b.tif"), Bytes::from(vec![round; SIZE]))).unwrap();
        }
    }
    let home = tempfile::tempdir().unwrap();
    for round in 0..12 {
        let mut writer = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::write::a_killed_writer_leaves_the_old_or_the_new_object"])
            .env(WRITER, home.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // At another moment every time: after as many looks at what it writes.
        let file = home.path().join("a/b.tif");
        let deadline = Instant::now() + Duration::from_secs(20);
        while !file.exists() && Instant::now() < deadline {
            std::thread::yield_now();
        }
        (0..round).for_each(|_| drop(fs::read(&file)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let store = open(home.path());
        // One killed before it could say that it lives is swept later; it holds no more than that.
        assert!(
            unfinished(home.path()).iter().all(|left| left.metadata().unwrap().len() < SIZE as u64 / 100)
        );
        match whole(&store, "a/b.tif") {
            Err(Error::NotFound) => {}
            bytes => {
                let bytes = bytes.unwrap();
                assert!(bytes.len() == SIZE && bytes.iter().all(|byte| *byte == bytes[0]));
            }
        }
    }
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
fn nothing_is_written_outside_the_folder() {
    let home = tempfile::tempdir().unwrap();
    let (root, outside) = (home.path().join("masters"), home.path().join("outside"));
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("a.tif"), b"theirs").unwrap();
    let store = open(&root);
    symlink(&outside, root.join("folder")).unwrap();
    symlink("../outside", root.join("relative")).unwrap();
    symlink(outside.join("a.tif"), root.join("link.tif")).unwrap();
    for name in ["folder/b.tif", "relative/b.tif", "folder/c/d.tif"] {
        assert!(matches!(put(&store, name, b"ours"), Err(Error::Unsupported(_))), "{name}");
        let _nothing_there = block_on(store.remove(&key("folder/a.tif")));
    }
    // The link itself is replaced, and not what it leads to.
    put(&store, "link.tif", b"ours").unwrap();
    assert_eq!(&whole(&store, "link.tif").unwrap()[..], b"ours");
    assert_eq!(all_below(&outside), [outside.join("a.tif")]);
    assert_eq!(fs::read(outside.join("a.tif")).unwrap(), b"theirs");
}

#[test]
fn a_failed_write_says_why() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    put(&store, "a/b.tif", b"b").unwrap();
    let failure = |name: &str| put(&store, name, b"new").unwrap_err().to_string();
    assert_eq!(failure("a"), "a folder lies under this identifier");
    assert!(failure("a/b.tif/c").contains("no folder"), "{}", failure("a/b.tif/c"));
    assert!(failure("a.tif#1").contains("unfinished"));
    assert!(failure(".tegl-unfinished/owner").contains("unfinished"));
    assert!(failure(&"x".repeat(300)).contains("longer than"));
    let read_only = Store::open(home.path().to_str().unwrap(), &Settings::default()).unwrap();
    assert!(put(&read_only, "c", b"c").unwrap_err().to_string().contains("read only"));
    assert!(read_only.workspace().is_err() && !read_only.is_writable());
    let web = Store::open_writable("http://images.example/", &Settings::default());
    assert!(web.is_err_and(|error| error.to_string().contains("written to")));
    let file = home.path().join("a/b.tif");
    assert!(Store::open_writable(file.to_str().unwrap(), &Settings::default()).is_err());
    assert_eq!(unfinished(home.path()).len(), 0);
}

/// Needs the right to mount; without it only the error's own meaning is tried.
#[test]
fn a_full_disk_says_so_and_stays_usable() {
    let no_space = std::io::Error::from(rustix::io::Errno::NOSPC);
    assert!(matches!(crate::store::local::failed(no_space), Error::Full));
    let home = tempfile::tempdir().unwrap();
    let mount = |args: &[&str]| {
        let status = std::process::Command::new(args[0]).args(&args[1..]).arg(home.path()).status();
        status.is_ok_and(|status| status.success())
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=1m", "tegl-test"]) {
        return;
    }
    let results = std::panic::catch_unwind(|| {
        let store = open(home.path());
        put(&store, "a.tif", b"old").unwrap();
        let too_much = block_on(store.put(&key("a.tif"), vec![1; 4 << 20].into()));
        let mut source = NamedTempFile::new().unwrap();
        source.write_all(&vec![1; 4 << 20]).unwrap();
        let copied = block_on(store.put_file(&key("a.tif"), source.path()));
        let after = (whole(&store, "a.tif").unwrap(), unfinished(home.path()).len());
        put(&store, "b.tif", &[2; 1000]).unwrap();
        (too_much, copied, after)
    });
    mount(&["umount"]);
    let (too_much, copied, (old, unfinished)) = results.unwrap();
    assert!(matches!((&too_much, &copied), (Err(Error::Full), Err(Error::Full))), "{too_much:?} {copied:?}");
    assert_eq!((&old[..], unfinished), (&b"old"[..], 0));
}

/// A server that speaks as much S3 as an upload needs, answers parts by `part`, and remembers the requests.
fn bucket(part: fn(&mut TcpStream)) -> (Store, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = seen.clone();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let requests = requests.clone();
            std::thread::spawn(move || while serve(&mut connection, &requests, part).is_some() {});
        }
    });
    let settings = Settings::default();
    let client = AmazonS3Builder::new()
        .with_bucket_name("bucket")
        .with_endpoint(endpoint)
        .with_region("none")
        .with_allow_http(true)
        .with_skip_signature(true)
        .with_retry(retries(&settings))
        .with_http_connector(Connector::new(&settings.for_writing()))
        .build()
        .unwrap();
    (in_memory(Arc::new(client)), seen)
}

fn serve(connection: &mut TcpStream, seen: &Mutex<Vec<String>>, part: fn(&mut TcpStream)) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 2)?;
        if let Some((_, value)) =
            line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            length = value.trim().parse().ok()?;
        }
        if reader.buffer().starts_with(b"\r\n") {
            break;
        }
    }
    std::io::copy(&mut reader.by_ref().take(length + 2), &mut std::io::sink()).ok()?;
    let kind = first.split_once(" HTTP").map(|(kind, _)| kind.to_owned())?;
    seen.lock().unwrap().push(kind.clone());
    let begun = "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>";
    match kind.split_once(' ')?.0 {
        "POST" => answer(connection, "200 OK", begun),
        "PUT" => part(connection),
        _ => answer(connection, "204 No Content", ""),
    }
    Some(())
}

fn answer(connection: &mut TcpStream, status: &str, body: &str) {
    let _ = write!(connection, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}

fn long_file() -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    file.as_file().set_len(3 * PART).unwrap();
    file
}

fn is_called_off(seen: &Mutex<Vec<String>>) -> bool {
    let is_delete = |request: &String| request.starts_with("DELETE /bucket/in/a.tif?uploadId=7");
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(30));
        seen.lock().unwrap().iter().any(is_delete)
    })
}

#[test]
fn a_failed_upload_is_aborted() {
    let (store, seen) = bucket(|connection| answer(connection, "400 Bad Request", ""));
    let failed = block_on(store.put_file(&key("a.tif"), long_file().path()));
    assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
    assert!(is_called_off(&seen), "{seen:?}");
}

#[test]
fn an_upload_whose_caller_is_dropped_is_aborted() {
    let (store, seen) = bucket(|_| std::thread::sleep(Duration::from_secs(20)));
    let (file, name) = (long_file(), key("a.tif"));
    let leaves = async {
        let upload = pin!(store.put_file(&name, file.path()));
        let under_way =
            |seen: &Mutex<Vec<String>>| seen.lock().unwrap().iter().any(|request| request.starts_with("PUT"));
        let requests = seen.clone();
        let arrived = move || under_way(&requests);
        let waits = pin!(crate::store::runtime::block(Duration::from_secs(20), move || {
            let deadline = Instant::now() + Duration::from_secs(15);
            while !arrived() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(())
        }));
        let _ = futures::future::select(upload, waits).await;
        under_way(&seen)
    };
    assert!(block_on(leaves) && is_called_off(&seen), "{seen:?}");
}

#[test]
fn a_failed_upload_leaves_nothing() {
    let memory = Arc::new(InMemory::new());
    let store = in_memory(memory.clone());
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(&vec![1; 20 << 20]).unwrap();
    let other = File::options().write(true).open(file.path()).unwrap();
    // What was promised to be there is gone when it is read.
    let Writer::Remote(remote) = store.0.writer.clone().unwrap() else { unreachable!() };
    other.set_len(12 << 20).unwrap();
    let reading = File::open(file.path()).unwrap();
    let failed = crate::store::runtime::run(Duration::from_secs(20), async move {
        remote.put_file(&key("a.tif"), reading, 20 << 20).await
    });
    assert!(matches!(block_on(failed), Err(Error::Unavailable(_))));
    let there = block_on(memory.head(&"in/a.tif".into()));
    assert!(matches!(there, Err(object_store::Error::NotFound { .. })));
}
