//! What commands do where a pipe is closed, a setting cannot be used, or a file is not there.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::Failures;
use crate::support::command::{command, tegl};
use crate::support::masters;

/// A folder with a master that tiles can be cut from, one that wants a pyramid, and records.
fn collection() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: Vec<u8>| fs::write(folder.path().join(name), bytes).unwrap();
    put("a.tif", masters::jpeg_pyramid(&masters::noisy(300, 200), 256));
    put("records.jsonl", b"{\"object_number\":\"A 1\",\"images\":[{\"file\":\"a.tif\"}]}\n".repeat(3));
    folder
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

/// Runs it with its output (and with its messages, too) going nowhere; its exit code and messages.
fn into_closed_pipe(mut command: Command, messages_too: bool) -> (Option<i32>, String) {
    let closed = || {
        let (reader, mut writer) = std::io::pipe().unwrap();
        drop(reader);
        // A process that another test is starting may hold it for a moment longer.
        while std::io::Write::write(&mut writer, b" ").is_ok() {
            std::thread::yield_now();
        }
        writer
    };
    command.stdin(Stdio::null()).stdout(closed()).stderr(Stdio::piped());
    if messages_too {
        command.stderr(closed());
    }
    let ran = command.output().unwrap();
    (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
}

#[test]
fn a_closed_pipe_ends_the_command_silently() {
    let (folder, home) = (collection(), tempfile::tempdir().unwrap());
    let (all, records, out) =
        (folder.path().to_str().unwrap(), path(&folder, "records.jsonl"), path(&folder, "out"));
    let sample = path(&folder, "sample");
    let mut failures = Failures::default();
    for typed in [
        vec!["check", all],
        vec!["check", all, "--json"],
        vec!["ingest", all],
        vec!["ingest", all, "--json"],
        vec!["ingest", all, "--json", "--records", &records],
        vec!["ingest", "--schema"],
        vec!["export", all, "--out", &out],
        vec!["sample", &sample, "--max-megapixels", "0.001"],
        vec!["config"],
        vec!["config", "--defaults"],
        vec!["--help"],
        vec!["--version"],
        vec!["serve", "--help"],
    ] {
        for messages_too in [false, true] {
            let mut command = command(home.path());
            command.args(&typed);
            let (code, messages) = into_closed_pipe(command, messages_too);
            // What clap prints itself ends with 0.
            let quiet = code == Some(141) || code == Some(0) && typed.last().unwrap().starts_with("--");
            failures
                .check(quiet && !messages.contains("panicked") && !messages.contains("Broken pipe"), || {
                    format!("{typed:?}, {messages_too}: {code:?} {messages}")
                });
        }
    }
}

#[test]
fn a_full_disk_is_reported_when_writing_output() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let home = tempfile::tempdir().unwrap();
    let ran = command(home.path()).arg("config").stdout(full).stderr(Stdio::piped()).output().unwrap();
    let messages = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{messages}");
    assert!(messages.contains("cannot write to standard output: No space left"), "{messages}");
}

#[test]
fn every_command_rejects_the_same_settings() {
    let folder = collection();
    let all = folder.path().to_str().unwrap();
    let mut failures = Failures::default();
    for (name, value, expected) in [
        (
            "TEGL__WEB__BASE_URL",
            "images.example.org",
            "`web.base_url` is `images.example.org`: it must be an address",
        ),
        ("TEGL__API__TOKENS__CURATOR", "short", "`api.tokens.curator` has 5 characters"),
        ("TEGL__PYRAMIDS__TILE_SIDE", "500", "`pyramids.tile_side` is 500: it must be a multiple of 16"),
        ("TEGL__LOG__LEVEL", "loud", "`log.level` has `loud`"),
        ("TEGL__WEB__THREADS", "-1", "`web.threads` is -1: it must be from 0 to 1024"),
        ("TEGL__MASTERS__REVALIDATE_S", "18446744073709551615", "`masters.revalidate_s` is"),
        ("TEGL__WEB__CONNECTIONS", "0", "`web.connections` is 0: it must be from 1 to 1000000"),
        ("TEGL__RENDER__JPEG_QUALITY", "101", "`render.jpeg_quality` is 101: it must be from 1 to 100"),
        ("TEGL__PYRAMIDS__JPEG_QUALITY", "900", "`pyramids.jpeg_quality` is 900"),
        ("TEGL__WEB__THREADS", "many", "web.threads"),
        ("TEGL__WEB__LISTN", "127.0.0.1:0", "did you mean `listen`?"),
        ("TEGL__RIGHTS__UNSAID__LARGEST", "big", "\"full\" or a number of pixels"),
        ("TEGL__RIGHTS__UNSAID__LARGEST", "-5", "\"full\" or a number of pixels"),
    ] {
        for typed in [
            vec!["config"],
            vec!["serve", "--listen", "127.0.0.1:0", all],
            vec!["ingest", all],
            vec!["check", all],
        ] {
            let ran = tegl(&typed, &[("TEGL__OPERATIONS__LISTEN", ""), (name, value)]);
            failures.check(ran.code == Some(1) && ran.err.contains(expected), || {
                format!("{name}={value} {typed:?}: {:?} {}", ran.code, ran.err)
            });
            failures.check(!ran.err.contains("untagged enum"), || ran.err.clone());
        }
    }
}

#[test]
fn a_variable_with_one_underscore_is_warned_of() {
    let ran = tegl(&["config"], &[("TEGL_WEB__LISTEN", "0.0.0.0:1"), ("TEGL_TEST_X", "1")]);
    assert_eq!(ran.code, Some(0));
    let warned = "warning: the variable TEGL_WEB__LISTEN is ignored: settings have two underscores, as in TEGL__WEB__LISTEN";
    assert!(ran.err.contains(warned) && !ran.err.contains("TEGL_TEST_X"), "{}", ran.err);
}

#[track_caller]
fn check(typed: &[&str], environment: &[(&str, &str)], expected: &str) {
    let ran = tegl(typed, environment);
    assert!(ran.code == Some(1) && ran.err.contains(expected), "{typed:?}: {:?} {}", ran.code, ran.err);
}

#[test]
fn unopenable_sources_are_reported_once_with_the_reason() {
    let folder = collection();
    let (all, records) = (folder.path().to_str().unwrap(), path(&folder, "nope.json"));
    let absent = "cannot open `/no/such`: No such file or directory (os error 2); check the path";
    for verb in ["check", "ingest", "serve"] {
        check(&[verb, "/no/such"], &[("TEGL__OPERATIONS__LISTEN", "")], absent);
    }
    check(&["export", "/no/such", "--out", &path(&folder, "out")], &[], absent);
    check(
        &["ingest", all, "--records", &records],
        &[],
        "nope.json` cannot be read: No such file or directory",
    );
    let ran = tegl(&["ingest", all, "--records", &records], &[]);
    assert_eq!(ran.err.matches("nope.json").count(), 1, "{}", ran.err);
    check(&["ingest", all, "--records", all], &[], "it is a folder; name the files in it");
    let catalogue = [("TEGL__CATALOGUE__URL", "/no/x.db")];
    check(
        &["ingest", all],
        &catalogue,
        "`catalogue.url`: the catalogue `/no/x.db` cannot be opened: its folder does not exist",
    );
    let listed = [("TEGL__STORE__LINK_ROOTS", "/no/such"), ("TEGL__STORE__FOLLOW_SYMLINKS", "true")];
    check(&["check", all], &listed, "`store.link_roots` has `/no/such`: No such file or directory");
    check(&["config", "--config", "/no/such.toml"], &[], "cannot read `/no/such.toml`: No such file");
    check(&["sample", "/proc/sample"], &[], "/proc/sample");
    check(&["sample", &path(&folder, "s"), "--max-megapixels=-1"], &[], "must be greater than 0");
}

#[test]
fn an_unwritable_cache_folder_is_reported_as_such() {
    let folder = collection();
    let all = folder.path().to_str().unwrap();
    let file = path(&folder, "a.tif");
    let ran = tegl(&["ingest", all], &[("XDG_CACHE_HOME", &file)]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains(&format!("cannot open `{file}/tegl/pyramids`")), "{}", ran.err);
    assert!(ran.err.contains("--store") && !ran.err.contains("is `none`"), "{}", ran.err);
}

#[test]
fn counts_of_one_are_singular() {
    let folder = collection();
    let ran = tegl(&["check", folder.path().to_str().unwrap()], &[]);
    assert!(ran.out.contains("1 master: 0 need"), "{}", ran.out);
    let ran = tegl(&["ingest", folder.path().to_str().unwrap()], &[]);
    assert!(ran.out.contains("0 pyramids built"), "{}", ran.out);
}

#[test]
fn the_sample_prints_no_progress_without_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("sample");
    let typed = ["sample", out.to_str().unwrap(), "--max-megapixels", "0.01"];
    let ran = tegl(&typed, &[]);
    assert!(
        ran.code == Some(0) && ran.err.is_empty() && ran.out.contains("12 works"),
        "{} {}",
        ran.out,
        ran.err
    );
    let again = tegl(&[&typed[..], &["--json"]].concat(), &[]);
    assert_eq!(again.objects()[0]["written"], 0, "{}", again.out);
    assert!(Path::new(&out).join("records.json").exists());
}
