//! Writing to folders: links, permissions, full disks, killed processes.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures::executor::block_on;
use tempfile::NamedTempFile;

use super::write::{all_below, key, open, put, unfinished, whole};
use crate::proof::not_proven;
use crate::store::{BadKey, Error};

#[test]
fn files_from_other_file_systems_are_copied() {
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else {
        return not_proven("files from another file system", "there is no /dev/shm");
    };
    let home = tempfile::tempdir().unwrap();
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
    // Killed before there was a locked mark.
    let [empty, unlocked, unknown] = ["empty", "unlocked", "unknown"]
        .map(|name| home.path().join(format!(".tegl-unfinished/tegl-unfinished-{name}")));
    [&empty, &unlocked, &unknown].iter().for_each(|folder| fs::create_dir(folder).unwrap());
    fs::write(unlocked.join("new"), b"").unwrap();
    fs::write(unknown.join("file-1"), b"of whom?").unwrap();

    assert_eq!(block_on(living.list(None, 9)).unwrap().keys, []);
    let inside = ".tegl-unfinished/tegl-unfinished-dead/file-1";
    assert!(matches!(whole(&living, inside), Err(Error::BadKey(BadKey::Unfinished))));

    open(home.path());
    assert!(![&left, &empty, &unlocked].iter().any(|folder| folder.exists()) && unknown.exists());
    // Two of ours: the file and the mark of the owner.
    assert_eq!(all_below(workspace.path()).len(), 2);
    let long_ago = SystemTime::now() - Duration::from_secs(25 * 60 * 60);
    for path in [unknown.join("file-1"), unknown.clone()] {
        File::open(path).unwrap().set_modified(long_ago).unwrap();
    }
    open(home.path());
    assert!(!unknown.exists());
    drop(workspace);
    assert_eq!(unfinished(home.path()).len(), 0);
}

/// The test's own program, writing until it is killed.
#[test]
fn workspaces_are_made_while_other_processes_remove_abandoned_ones() {
    let home = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..500).for_each(|_| drop(open(home.path()))));
        }
        let store = open(home.path());
        for _ in 0..500 {
            let workspace = store.workspace().unwrap();
            assert!(workspace.file().unwrap().path().exists());
        }
    });
}

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
            .args(["--exact", "store::tests::write_local::a_killed_writer_leaves_the_old_or_the_new_object"])
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
        return not_proven("a full disk below a store", "no tmpfs can be mounted here");
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
