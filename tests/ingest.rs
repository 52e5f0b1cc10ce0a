//! Pyramids: made once, whole or not at all, by commands and servers.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tiff::decoder::Decoder;
use tiff::tags::Tag;

use crate::support::command::{CommandOutput, command, tegl};
use crate::support::masters::{self, color_bands, every_kind, picture};
use crate::support::server::Server;
use crate::support::tiffs::Tiff;
use crate::support::vips::runs;
use crate::support::{Failures, eventually, not_proven};

/// Pyramids however small a master is, with levels that tests can reach.
const SMALL: [(&str, &str); 2] =
    [("TEGL__PYRAMIDS__FROM_MEGAPIXELS", "0.01"), ("TEGL__PYRAMIDS__TILE_SIDE", "128")];

fn ingest(source: &Path, store: &Path, more: &[&str]) -> CommandOutput {
    let typed = [&["ingest", text(source), "--store", text(store), "--json"], more].concat();
    tegl(&typed, &SMALL)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder that is gone when the test ends.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// What became of each master, and of all of them.
#[track_caller]
fn results(ran: &CommandOutput) -> (BTreeMap<String, Value>, Value) {
    let mut objects = ran.objects();
    let summary = objects.pop().expect("a summary")["summary"].take();
    let name = |object: &Value| object["identifier"].as_str().unwrap().to_owned();
    let count = objects.len();
    let named: BTreeMap<_, _> = objects.into_iter().map(|object| (name(&object), object)).collect();
    assert_eq!(named.len(), count, "a master is told of twice: {}", ran.out);
    (named, summary)
}

/// Every pyramid in the store by its path, with all that would tell a change.
fn pyramids(store: &Path) -> BTreeMap<String, (u64, i64, i64, u64)> {
    files(store).into_iter().filter(|(name, _)| !name.starts_with(".tegl-unfinished/")).collect()
}

/// The same of all files.
fn files(folder: &Path) -> BTreeMap<String, (u64, i64, i64, u64)> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(one) = folders.pop() {
        for path in fs::read_dir(one).unwrap().map(|entry| entry.unwrap().path()) {
            let data = path.symlink_metadata().unwrap();
            if data.is_dir() {
                folders.push(path);
                continue;
            }
            let name = text(path.strip_prefix(folder).unwrap()).to_owned();
            found.insert(name, (data.len(), data.mtime(), data.mtime_nsec(), data.ino()));
        }
    }
    found
}

/// A collection of every kind, sound but for `damaged.tif`, and how many pyramids it wants.
fn collection(folder: &Path) -> usize {
    let raster = picture(500, 380);
    let mut wanted = 0;
    for (name, bytes) in every_kind(&raster) {
        fs::write(folder.join(name), bytes).unwrap();
        wanted += 1;
    }
    let mut damaged = masters::png(&raster);
    damaged.truncate(damaged.len() / 2);
    let others = [
        ("damaged.png", damaged),
        ("damaged.tif", b"II\x2a\0\x08\0\0\0\xff\xff".to_vec()),
        ("fast.tif", masters::jpeg_pyramid(&raster, 128)),
        ("notes.txt", b"no image".to_vec()),
        ("tiny.png", masters::png(&picture(60, 40))),
    ];
    for (name, bytes) in others {
        fs::write(folder.join(name), bytes).unwrap();
    }
    wanted
}

#[test]
fn ingest_is_idempotent_and_deterministic() {
    let (source, store, other) = (folder(), folder(), folder());
    let wanted = collection(source.path());
    let mut failures = Failures::default();
    let f = &mut failures;

    let first = ingest(source.path(), store.path(), &[]);
    let (named, summary) = results(&first);
    f.check(first.code == Some(1), || format!("it ends with {:?} though two are damaged", first.code));
    f.check(summary["made"] == wanted && summary["failed"] == 2 && summary["as_it_lies"] == 2, || {
        format!("{summary} of {wanted}")
    });
    f.check(!named.contains_key("notes.txt"), || "a text is taken for an image".into());
    for (name, object) in &named {
        let expected = match name.as_str() {
            "fast.tif" | "tiny.png" => "as-it-lies",
            name if name.starts_with("damaged") => "failed",
            _ => "made",
        };
        let reasoned = (expected == "failed") == object["reason"].as_str().is_some_and(|why| why.len() > 10);
        f.check(object["result"] == expected && reasoned, || format!("{name}: {object}"));
    }
    let made = files(store.path());
    f.check(made.len() == wanted, || format!("{} files are in the store: {:?}", made.len(), made.keys()));
    for name in made.keys() {
        is_a_good_pyramid(&store.path().join(name), f);
    }

    let second = ingest(source.path(), store.path(), &[]);
    let (_, summary) = results(&second);
    f.check(summary["made"] == 0 && summary["there"] == wanted, || format!("the second time: {summary}"));
    f.check(files(store.path()) == made, || "a second run changes files".into());

    ingest(source.path(), other.path(), &["--jobs", "5"]);
    let again = files(other.path());
    f.check(again.keys().eq(made.keys()), || "another store has other names".into());
    for name in made.keys().filter(|name| again.contains_key(*name)) {
        let alike = fs::read(store.path().join(name)).unwrap() == fs::read(other.path().join(name)).unwrap();
        f.check(alike, || format!("{name} has other bytes in another store"));
    }
}

/// As other programs see it: levels by halves, tiles, all directories first, the smallest level's tiles first.
fn is_a_good_pyramid(path: &Path, f: &mut Failures) {
    let bytes = fs::read(path).unwrap();
    let mut decoder = Decoder::new(Cursor::new(&bytes)).unwrap();
    let (mut level, mut before) = (0, None);
    let (mut last_directory, mut starts) = (0, Vec::new());
    loop {
        let (width, height) = decoder.dimensions().unwrap();
        if let Some((w, h)) = before {
            let halved = (u32::div_ceil(w, 2), u32::div_ceil(h, 2));
            f.check((width, height) == halved, || format!("level {level} is {width}x{height} below {w}x{h}"));
        }
        let tiles = decoder.tile_count().unwrap();
        let sides = [Tag::TileWidth, Tag::TileLength].map(|tag| decoder.get_tag_u32(tag).unwrap());
        f.check(sides == [128, 128], || format!("level {level} has tiles of {sides:?}"));
        f.check(tiles == width.div_ceil(128) * height.div_ceil(128), || {
            format!("level {level}: {tiles} tiles")
        });
        for tile in 0..tiles {
            let read = decoder.read_chunk(tile);
            f.check(read.is_ok(), || format!("level {level}, tile {tile}: {}", read.err().unwrap()));
        }
        last_directory = last_directory.max(decoder.ifd_pointer().unwrap().0);
        starts.push(decoder.get_tag_u64_vec(Tag::TileOffsets).unwrap());
        before = Some((width, height));
        level += 1;
        if !decoder.more_images() {
            break;
        }
        decoder.next_image().unwrap();
    }
    f.check(before.is_some_and(|(w, h)| w <= 128 && h <= 128), || {
        format!("the smallest level is {before:?}")
    });
    let first = starts.iter().flatten().min().copied().unwrap();
    f.check(last_directory < first, || format!("a directory at {last_directory} behind tiles at {first}"));
    for (n, pair) in starts.windows(2).enumerate() {
        f.check(pair[1].iter().max() < pair[0].iter().min(), || {
            format!("level {n} lies before a smaller one")
        });
    }
    for (program, arguments) in [("tiffinfo", vec![text(path)]), ("vipsheader", vec![text(path)])] {
        if runs(program, &["--version"]).or_else(|| runs(program, &["-h"])).is_none() {
            not_proven(program, "it is not installed");
        } else {
            f.check(runs(program, &arguments).is_some(), || format!("{program} refuses {}", path.display()));
        }
    }
}

#[test]
fn shards_share_a_collection() {
    let (source, store) = (folder(), folder());
    let raster = picture(160, 120);
    for n in 0..24 {
        fs::write(source.path().join(format!("{n}.png")), masters::png(&raster)).unwrap();
    }
    let parts =
        ["1/2", "2/2"].map(|shard| results(&ingest(source.path(), store.path(), &["--shard", shard])));
    for (named, summary) in &parts {
        assert_eq!(
            (summary["made"].as_u64(), summary["there"].as_u64()),
            (Some(named.len() as u64), Some(0))
        );
        assert!((4..=20).contains(&named.len()), "a shard has {} of 24", named.len());
    }
    let all: Vec<_> = parts.iter().flat_map(|(named, _)| named.keys()).collect();
    assert_eq!((all.len(), files(store.path()).len()), (24, 24));
    assert_eq!(results(&ingest(source.path(), store.path(), &[])).1["there"], 24);
    let refused = ingest(source.path(), store.path(), &["--shard", "3/2"]);
    assert!(refused.code == Some(1) && refused.err.contains("--shard"), "{}", refused.err);
}

#[test]
fn a_replaced_master_gets_a_new_pyramid() {
    let (source, store) = (folder(), folder());
    let place = source.path().join("a.tif");
    let replace = |raster| {
        let unfinished = source.path().join("a.part");
        fs::write(&unfinished, masters::striped_tiff(&raster)).unwrap();
        fs::rename(unfinished, &place).unwrap();
    };
    replace(picture(400, 300));
    assert_eq!(results(&ingest(source.path(), store.path(), &[])).1["made"], 1);
    let former = pyramids(store.path());
    let [from, side] = SMALL;
    let environment = [
        ("TEGL__PYRAMIDS__LOCATION", text(store.path())),
        ("TEGL__PYRAMIDS__ON_DEMAND", "false"),
        from,
        side,
    ];
    let server = Server::with(&[text(source.path())], &environment);
    let seen = || {
        let info = server.get("/iiif/3/a.tif/info.json").json();
        (info["width"].as_u64(), info["tiles"][0]["width"].as_u64())
    };
    assert_eq!(seen(), (Some(400), Some(128)), "the first one, from its pyramid");
    replace(picture(420, 300));
    assert_eq!(results(&ingest(source.path(), store.path(), &[])).1["made"], 1);
    let now = pyramids(store.path());
    assert!(now.len() == 1 && now.keys().ne(former.keys()), "the outdated pyramid is not replaced: {now:?}");
    assert!(eventually(Duration::from_secs(10), || seen() == (Some(420), Some(128))), "{:?}", seen());
    let answer = server.get("/iiif/3/a.tif/full/max/0/default.png");
    assert_eq!(masters::dimensions("image/png", &answer.body), Some((420, 300)));
}

#[test]
fn a_damaged_pyramid_is_rebuilt() {
    let (source, store) = (folder(), folder());
    fs::write(source.path().join("a.png"), masters::png(&picture(400, 300))).unwrap();
    ingest(source.path(), store.path(), &[]);
    let (name, _) = pyramids(store.path()).pop_first().unwrap();
    let place = store.path().join(name);
    let sound = fs::read(&place).unwrap();
    fs::write(&place, b"not a pyramid").unwrap();
    let environment = [("TEGL__PYRAMIDS__LOCATION", text(store.path())), SMALL[0], SMALL[1]];
    let server = Server::with(&[text(source.path())], &environment);
    assert_eq!(server.get("/iiif/3/a.png/full/max/0/default.jpg").status, 200, "its master is there");
    assert!(eventually(Duration::from_secs(10), || fs::read(&place).unwrap() == sound), "by the server");
    fs::write(&place, b"not a pyramid").unwrap();
    assert_eq!(results(&ingest(source.path(), store.path(), &[])).1["made"], 1);
    assert!(fs::read(&place).unwrap() == sound, "by the command");
}

#[test]
fn a_killed_ingest_leaves_no_partial_files_and_can_be_repeated() {
    let (source, store, home) = (folder(), folder(), folder());
    let (width, height) = (9000, 6700);
    let master = Tiff::new(width, height, 2, (3, 8), color_bands(width, height)).file();
    fs::write(source.path().join("large.tif"), master).unwrap();
    let mut killed = command(home.path())
        .args(["ingest", text(source.path()), "--store", text(store.path())])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let unfinished = store.path().join(".tegl-unfinished");
    let begun = || files(store.path()).keys().any(|name| name.contains("/file-"));
    assert!(eventually(Duration::from_secs(30), begun), "no work is seen to begin");
    killed.kill().unwrap();
    assert_eq!(killed.wait().unwrap().code(), None, "it ended by itself");
    assert_eq!(pyramids(store.path()).len(), 0, "something half-made is seen");
    let ran = tegl(&["ingest", text(source.path()), "--store", text(store.path()), "--json"], &[]);
    assert_eq!((ran.code, &results(&ran).1["made"]), (Some(0), &Value::from(1)), "{}{}", ran.out, ran.err);
    assert_eq!(files(store.path()).len(), 1, "{:?}", files(store.path()).keys());
    assert_eq!(fs::read_dir(unfinished).unwrap().count(), 0, "the killed one's work is not swept");
    let (name, _) = files(store.path()).pop_first().unwrap();
    let mut decoder = Decoder::new(fs::File::open(store.path().join(name)).unwrap()).unwrap();
    assert_eq!(decoder.dimensions().unwrap(), (width, height));
}

/// Eight tiles, none of which another one has.
const TILES: [&str; 8] = [
    "0,0,512,512",
    "512,0,512,512",
    "1024,512,512,512",
    "2048,2048,512,512",
    "4096,1024,512,512",
    "512,3072,512,512",
    "0,0,1024,1024",
    "2048,0,1024,1024",
];

#[test]
fn concurrent_requests_build_a_pyramid_once() {
    let source = folder();
    let (width, height) = (5000, 4000);
    let master = Tiff::new(width, height, 2, (3, 8), color_bands(width, height)).file();
    fs::write(source.path().join("a.tif"), master).unwrap();
    // The one server answers from the master meanwhile; the other one may not decode it, and waits.
    for largest in ["64", "4"] {
        let server = Server::with(&[text(source.path())], &[("TEGL__MASTERS__WHOLE_MEGAPIXELS", largest)]);
        let tile = |tile: &str| format!("/iiif/3/a.tif/{tile}/512,512/0/default.jpg");
        std::thread::scope(|scope| {
            for path in TILES.map(tile) {
                let server = &server;
                scope.spawn(move || {
                    let answer = server.get(&path);
                    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
                });
            }
        });
        let made = || server.metric("tegl_pyramids_total{result=\"made\"}");
        assert!(eventually(Duration::from_secs(60), || made() >= 1.0), "no pyramid is made");
        let idle = || server.metric("tegl_pyramids_under_way") == 0.0;
        assert!(eventually(Duration::from_secs(60), idle), "with {largest}");
        assert_eq!(made(), 1.0, "with {largest}");
        let stored = || server.metric("tegl_answers_total{source=\"stored\"}");
        let before = stored();
        for path in ["1536,512,512,512", "2048,1024,1024,1024"].map(tile) {
            assert_eq!(server.get(&path).status, 200);
        }
        assert_eq!(stored(), before + 2.0, "with {largest}");
        let failed = server.metric("tegl_pyramids_total{result=\"failed\"}");
        assert_eq!((made(), failed), (1.0, 0.0), "with {largest}");
    }
}

#[test]
fn an_unwritable_store_is_reported() {
    let (source, elsewhere) = (folder(), folder());
    fs::write(source.path().join("a.png"), masters::png(&picture(300, 200))).unwrap();
    let file = elsewhere.path().join("file");
    fs::write(&file, b"no folder").unwrap();
    let closed = elsewhere.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    let mut places = vec![file.join("store")];
    match fs::write(closed.join("probe"), b"") {
        // Permissions do not bind root; nobody makes folders here.
        Ok(()) => places.push("/proc/tegl".into()),
        Err(_) => places.push(closed),
    }
    for place in places {
        let ran = ingest(source.path(), &place, &[]);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        let said = ran.err.contains("pyramids.location") && ran.err.contains(text(&place));
        assert!(said && ran.err.lines().count() < 4, "{}", ran.err);
    }
    let ran = tegl(&["ingest", text(source.path()), "--store", "none", "--json"], &SMALL);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("pyramids.location"), "{}", ran.out);
}

/// A small file system that is unmounted when the test ends.
struct Mounted(tempfile::TempDir);

impl Mounted {
    fn new(size: &str) -> Option<Self> {
        let place = Self(folder());
        runs("mount", &["-t", "tmpfs", "-o", size, "tmpfs", text(place.0.path())])?;
        Some(place)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).stderr(Stdio::null()).status();
    }
}

#[test]
fn a_full_disk_is_reported_and_leaves_no_partial_files() {
    let Some(store) = Mounted::new("size=3m") else {
        return not_proven("a full disk", "no tmpfs can be mounted here");
    };
    let source = folder();
    let raster = masters::noisy(2600, 2000);
    fs::write(source.path().join("a.tif"), masters::striped_tiff(&raster)).unwrap();
    fs::write(source.path().join("small.png"), masters::png(&picture(300, 200))).unwrap();
    let place = store.0.path();
    let ballast = place.join(".ballast");
    fs::write(&ballast, vec![1; 5 << 19]).unwrap();

    let ran = ingest(source.path(), place, &["--jobs", "1"]);
    let (named, summary) = results(&ran);
    assert_eq!(
        (ran.code, &summary["failed"], &summary["made"]),
        (Some(1), &1.into(), &1.into()),
        "{}",
        ran.out
    );
    let reason = named["a.tif"]["reason"].as_str().unwrap().to_lowercase();
    assert!(reason.contains("space") || reason.contains("full"), "{reason}");
    let left: Vec<_> = files(place).into_keys().collect();
    assert_eq!(left.len(), 2, "{left:?}");

    fs::remove_file(ballast).unwrap();
    runs("mount", &["-o", "remount,size=64m", text(place)]).unwrap();
    let ran = ingest(source.path(), place, &[]);
    let (_, summary) = results(&ran);
    assert_eq!(
        (ran.code, &summary["there"], &summary["made"]),
        (Some(0), &1.into(), &1.into()),
        "{}",
        ran.out
    );
}
