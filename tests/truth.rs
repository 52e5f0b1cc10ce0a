//! Unreadable files are rejected consistently by every endpoint and by `tegl check`: info.json, images, manifests,
//! lists and `tegl check`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use crate::support::command::tegl;
use crate::support::masters::{self, picture};
use crate::support::server::Server;
use crate::support::tiffs::Tiff;
use crate::support::{Failures, eventually};

/// A JPEG 2000 with the bytes at offset `at` from the SIZ marker overwritten.
fn jp2(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = masters::jp2(&picture(300, 200));
    let siz = file.windows(4).position(|four| four == [0xff, 0x4f, 0xff, 0x51]).unwrap() + 2;
    file[siz + at..siz + at + bytes.len()].copy_from_slice(bytes);
    file
}

/// A JPEG 2000 with an extra segment before COD.
fn extended(segment: &[u8]) -> Vec<u8> {
    let mut file = masters::jp2(&picture(300, 200));
    let cod = file.windows(2).position(|two| two == [0xff, 0x52]).unwrap();
    // A box length of 0 extends the codestream box to the end of the file.
    let codestream = file.windows(4).position(|four| four == b"jp2c").unwrap();
    file[codestream - 4..codestream].fill(0);
    file.splice(cod..cod, segment.iter().copied());
    file
}

fn without(name: &[u8; 4]) -> Vec<u8> {
    let mut file = masters::jp2(&picture(300, 200));
    let at = file.windows(4).position(|four| four == name).unwrap();
    file[at..at + 4].copy_from_slice(b"free");
    file
}

fn cut(file: Vec<u8>, share: f64) -> Vec<u8> {
    let length = (file.len() as f64 * share) as usize;
    file[..length].to_vec()
}

/// Unreadable masters, with the status that each should produce.
fn unreadable() -> Vec<(&'static str, u16, Vec<u8>)> {
    let cod = masters::jp2(&picture(300, 200));
    let siz = cod.windows(2).position(|two| two == [0xff, 0x51]).unwrap();
    let cod = cod.windows(2).position(|two| two == [0xff, 0x52]).unwrap() - siz;
    let picture = picture(300, 200);
    vec![
        ("empty.tif", 415, Vec::new()),
        ("text.jpg", 415, b"this is not an image at all".to_vec()),
        ("paper.tif", 415, b"%PDF-1.7 and so on".to_vec()),
        ("photo.heic", 415, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()),
        ("directory.tif", 500, b"II\x2a\0\x08\0\0\0\xff\xff".to_vec()),
        // Components of 38 bits.
        ("deep.jp2", 415, jp2(40, &[37])),
        // A zero-width image.
        ("flat.jp2", 500, jp2(6, &[0, 0, 0, 0])),
        // Without precincts, the last byte of COD selects the wavelet transform.
        ("wavelet.jp2", 415, jp2(cod + 13, &[2])),
        ("mixed-ht.jp2", 415, jp2(cod + 12, &[0xc0])),
        ("part-2.jp2", 415, extended(&[0xff, 0x79, 0, 4, 0, 0])),
        ("no-codestream.jp2", 500, without(b"jp2c")),
        ("no-header.jp2", 500, without(b"jp2h")),
        ("cut.jp2", 500, cut(masters::jp2(&picture), 0.6)),
        ("cut-in-header.jp2", 500, masters::jp2(&picture)[..60].to_vec()),
        ("cut.webp", 500, cut(masters::webp(&picture), 0.6)),
        ("no-length.webp", 500, {
            let mut file = masters::webp(&picture);
            file[4..8].fill(0);
            file
        }),
        ("frameless.gif", 500, b"GIF89a\x10\0\x10\0\0\0\0\x21\xfe\x02hi\0;".to_vec()),
        ("cut-in-header.png", 500, masters::png(&picture)[..20].to_vec()),
        ("cut-in-header.jpg", 500, masters::plain_jpeg(&picture)[..30].to_vec()),
    ]
}

/// Checks that every endpoint reports the master with this status and the same reason.
fn check(failures: &mut Failures, server: &Server, checks: &[serde_json::Value], name: &str, expected: u16) {
    let info = server.get(&format!("/iiif/3/{name}/info.json"));
    let reason = info.text().trim().to_owned();
    failures.check(info.status == expected, || format!("{name}: info.json {} {reason}", info.status));
    for path in [
        format!("/iiif/2/{name}/info.json"),
        format!("/iiif/3/{name}/full/max/0/default.jpg"),
        format!("/iiif/3/{name}/full/!100,100/0/default.png"),
        format!("/iiif/3/{name}/0,0,10,10/max/0/default.jpg"),
        format!("/presentation/3/{name}/manifest"),
        format!("/deepzoom/{name}.dzi"),
    ] {
        let answer = server.get(&path);
        let agrees = answer.status == expected && answer.text().trim() == reason;
        failures.check(agrees, || format!("{path}: {} {}, but {reason}", answer.status, answer.text()));
    }
    let checked = checks.iter().find(|check| check["identifier"] == name);
    let told = checked.and_then(|check| check["error"].as_str()).unwrap_or("nothing");
    failures.check(reason.contains(told), || format!("{name}: check says {told}, but {reason}"));
    // The list does not wait for images that take long to open.
    let is_told = || {
        let list = server.get("/?files").text();
        list.contains(name) && !list.contains(&format!("/iiif/3/{name}/"))
    };
    failures.check(eventually(Duration::from_secs(30), is_told), || format!("{name} is listed as readable"));
}

#[test]
fn unreadable_masters_are_rejected_consistently() {
    let folder = tempfile::tempdir().unwrap();
    let masters = unreadable();
    for (name, _, file) in &masters {
        fs::write(folder.path().join(name), file).unwrap();
    }
    fs::write(folder.path().join("good.jp2"), masters::jp2(&picture(300, 200))).unwrap();
    let place = folder.path().to_str().unwrap();
    let server = Server::with(&[place], &[("TEGL__PYRAMIDS__LOCATION", "none")]);
    let checks = tegl(&["check", place, "--json"], &[]).objects();
    let mut failures = Failures::default();
    for (name, status, _) in &masters {
        check(&mut failures, &server, &checks, name, *status);
    }
    assert_eq!(server.get("/iiif/3/good.jp2/full/max/0/default.jpg").status, 200);
}

#[test]
fn images_too_large_to_serve_have_no_info_json() {
    let folder = tempfile::tempdir().unwrap();
    let picture = picture(2000, 1500);
    fs::write(folder.path().join("large.jpg"), masters::plain_jpeg(&picture)).unwrap();
    fs::write(folder.path().join("large.webp"), masters::webp(&picture)).unwrap();
    let small = Tiff::new(100, 80, 2, (3, 8), vec![99; 100 * 80 * 3]).file();
    fs::write(folder.path().join("small.tif"), small).unwrap();
    let place = folder.path().to_str().unwrap();
    let none = ("TEGL__PYRAMIDS__LOCATION", "none");
    for (limit, value) in [("TEGL__MASTERS__WHOLE_MEGAPIXELS", "2"), ("TEGL__WORK__MEMORY_MIB", "16")] {
        let server = Server::with(&[place], &[none, (limit, value)]);
        for name in ["large.jpg", "large.webp"] {
            let info = server.get(&format!("/iiif/3/{name}/info.json"));
            let image = server.get(&format!("/iiif/3/{name}/full/!100,100/0/default.jpg"));
            let told = format!("{limit} {name}: {} {}, {}", info.status, info.text(), image.status);
            assert!((info.status, image.status) == (415, 415) && info.text() == image.text(), "{told}");
        }
        assert_eq!(server.get("/iiif/3/small.tif/info.json").status, 200);
    }
}

/// Whether this process ignores file permissions.
fn is_root(file: &Path) -> bool {
    fs::File::open(file).is_ok()
}

#[test]
fn unreadable_files_and_folders_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("closed")).unwrap();
    fs::write(at("closed/inner.jpg"), masters::plain_jpeg(&picture(60, 40))).unwrap();
    fs::write(at("good.jpg"), masters::plain_jpeg(&picture(60, 40))).unwrap();
    fs::write(at("secret.jpg"), masters::plain_jpeg(&picture(60, 40))).unwrap();
    symlink("gone.jpg", at("link.jpg")).unwrap();
    let close = |name: &str| fs::set_permissions(at(name), fs::Permissions::from_mode(0o0)).unwrap();
    close("secret.jpg");
    close("closed");
    let mut unreadable = vec!["link.jpg"];
    if !is_root(&at("secret.jpg")) {
        unreadable.extend(["secret.jpg", "closed/"]);
    }
    let (place, store) = (folder.path().to_str().unwrap(), tempfile::tempdir().unwrap());
    let checked = tegl(&["check", place, "--json"], &[]);
    let ingested = tegl(&["ingest", place, "--store", store.path().to_str().unwrap()], &[]);
    let out = tempfile::tempdir().unwrap();
    let exported = tegl(&["export", place, "--out", out.path().to_str().unwrap()], &[]);
    let server = Server::with(&[place], &[]);
    let list = server.get("/?files").text();
    fs::set_permissions(at("closed"), fs::Permissions::from_mode(0o755)).unwrap();
    let objects = checked.objects();
    assert_eq!((checked.code, ingested.code, exported.code), (Some(1), Some(1), Some(1)));
    for name in unreadable {
        let object = objects.iter().find(|object| object["identifier"] == name);
        let reason = object.and_then(|object| object["error"].as_str()).unwrap_or_default();
        assert!(
            reason.contains("the link is dangling") || reason.contains("permission denied"),
            "{name}: {reason}"
        );
        let line = format!("failed: {name}: {reason}");
        assert!(ingested.err.contains(&line) && exported.err.contains(&line), "{name}: {}", ingested.err);
        assert!(list.contains(name) && list.contains(reason.split(':').next().unwrap_or_default()), "{list}");
    }
    assert!(out.path().join("good.jpg/info.json").exists());
}
