//! Masters of every kind: what collections keep, what the wild brings, and what came out of it before.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::command::tegl;
use crate::support::http::Answer;
use crate::support::masters::{self, cut, difference, every_kind, picture};
use crate::support::server::Server;
use crate::support::vips::Vips;
use crate::support::{Failures, bed, skipped};
use tegl::iiif::Dimensions;
use tegl::pixels::{Channels, Raster};

/// The folder of files from the wild, and of each its name and what is to become of it.
pub fn wild() -> Option<(PathBuf, Vec<(String, String)>)> {
    let Some(folder) = bed("TEGL_TEST_TORTURE", &["../shared/data/torture"]) else {
        skipped("files from the wild", "TEGL_TEST_TORTURE names no folder");
        return None;
    };
    let table = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let row = |line: &str| {
        let fields: Vec<_> = line.split('\t').collect();
        (fields[0].to_owned(), fields[5].to_owned())
    };
    Some((folder, table.lines().skip(1).map(row).collect()))
}

#[test]
fn what_cannot_be_read_is_refused_soon_and_with_a_reason() {
    let Some((folder, files)) = wild() else { return };
    let mut server = Server::start(folder.to_str().unwrap());
    let mut failures = Failures::default();
    let before = server.peak();
    let mut refused = 0;
    for (name, expected) in files.iter().filter(|(_, expected)| expected != "ok") {
        let began = Instant::now();
        let answer = server.get(&format!("/iiif/3/{name}/full/max/0/default.png"));
        let took = began.elapsed();
        let status = answer.status;
        let allowed = match expected.as_str() {
            "error" => (400..600).contains(&status),
            "ok-or-415" => [200, 415].contains(&status),
            _ => (200..600).contains(&status),
        };
        failures.check(allowed, || format!("{name}: {status} where the table says {expected}"));
        failures.check(status == 200 || is_reason(&answer, &folder), || format!("{name}: {}", answer.text()));
        failures.check(took < Duration::from_secs(2) || status == 200, || format!("{name} took {took:?}"));
        refused += usize::from(status != 200);
    }
    let grown = server.peak() - before;
    failures.check(refused > 5, || format!("only {refused} were refused"));
    failures.check(grown < 120e6, || format!("memory grew by {grown}"));
    failures.check(server.is_alive() && !server.log().contains("panicked"), || server.log());
}

/// Plain text for people, which tells nothing about the server's machine.
fn is_reason(answer: &Answer, folder: &Path) -> bool {
    let text = answer.text();
    let paths = [folder.to_str().unwrap(), env!("CARGO_MANIFEST_DIR"), "/tmp", "/home", ".rs:"];
    answer.header("content-type").starts_with("text/plain")
        && (10..800).contains(&text.len())
        && !paths.iter().any(|path| text.contains(path))
        && !text.contains("went wrong")
}

/// Files that vips reads otherwise than their formats say, and how.
const OTHERWISE: [(&str, &str); 7] = [
    ("htj2k-raw.j2k", "vips shows mere grey where its library has no high-throughput decoder"),
    ("jp2-romm-icc.jp2", "vips leaves profiles in JPEG 2000 alone"),
    ("tiff-cmyk8.tiff", "has no profile: vips takes one of its own, Tegl the plain formula"),
    ("tiff-cmyk-tiled.tif", "says that its samples are signed, and vips believes it"),
    ("jp2-palette.jp2", "vips shows the palette's indexes"),
    ("jp2-cielab.jp2", "vips takes Lab for RGB"),
    ("jp2-exif-orientation.jp2", "vips does not turn it"),
];

/// The largest mean difference of a sample: decoders of JPEG and JPEG 2000 round in their own ways, and so do
/// engines that convert colours; shrinking is a matter of taste, most of all by wavelets.
fn tolerance(name: &str, part: &str) -> f64 {
    let loose = ["jpeg", "jp2", "j2k", "icc", "cmyk", "lab", "prophoto", "adobe", "16", "rec2020", "webp"];
    match part.starts_with("full/!") {
        true if name.ends_with("jp2") => 8.0,
        true => 6.0,
        false if loose.iter().any(|part| name.contains(part)) => 6.0,
        false => 3.0,
    }
}

#[test]
fn files_from_the_wild_look_as_they_do_elsewhere() {
    let Some((folder, files)) = wild() else { return };
    let server = Server::with(&[folder.to_str().unwrap()], &[("TEGL__PYRAMIDS__LOCATION", "none")]);
    let vips = Vips::find();
    let mut failures = Failures::default();
    for (name, expected) in &files {
        let info = server.get(&format!("/iiif/3/{name}/info.json"));
        if info.status != 200 {
            failures.check(expected != "ok", || format!("{name}: {} {}", info.status, info.text()));
            continue;
        }
        let side = |what: &str| info.json()[what].as_u64().unwrap() as u32;
        let full = Dimensions::new(side("width"), side("height"));
        let (x, y) = (full.width / 3, full.height / 3);
        let parts = match full.area() {
            0..2_500_000 => vec!["full/max".to_owned(), "full/!100,100".to_owned()],
            _ => vec![format!("{x},{y},512,512/max"), "full/!400,400".to_owned()],
        };
        let answers = parts.iter().map(|part| server.get(&format!("/iiif/3/{name}/{part}/0/default.png")));
        let answers: Vec<_> = answers.collect();
        for (part, answer) in parts.iter().zip(&answers) {
            let allowed = answer.status == 200 || (expected != "ok" && answer.status >= 400);
            failures.check(allowed, || format!("{name}/{part}: {} {}", answer.status, answer.text()));
        }
        let Some(vips) = vips.as_ref().filter(|_| answers.iter().all(|answer| answer.status == 200)) else {
            continue;
        };
        if let Some((_, why)) = OTHERWISE.iter().find(|(known, _)| known == name) {
            eprintln!("{name} is not compared: {why}");
            continue;
        }
        let Some(reference) = vips.read(&folder.join(name)) else {
            skipped(name, "vips does not read it");
            continue;
        };
        for (part, answer) in parts.iter().zip(&answers) {
            let found = vips.shown(&answer.body).map(solid).expect("vips reads PNG");
            let Dimensions { width, height } = found.dimensions;
            let expected = match part.split_once('/') {
                Some(("full", "max")) => vips.pixels(&reference),
                Some(("full", _)) => vips.scaled(&reference, (width, height)),
                _ => vips.pixels(&reference).map(|whole| cut(&whole, x, y, 512, 512)),
            };
            let far = expected.and_then(|expected| difference(&solid(expected), &found));
            failures.check(far.is_some_and(|far| far <= tolerance(name, part)), || {
                format!("{name}/{part} ({:?}) differs by {far:?} from what vips sees", found.dimensions)
            });
        }
    }
}

/// Laid on white: below what cannot be seen, colours are anything.
fn solid(raster: Raster) -> Raster {
    if raster.channels != Channels::Rgba {
        return raster;
    }
    let over = |pixel: &[u8]| {
        let alpha = u32::from(pixel[3]);
        [0, 1, 2].map(|n| ((u32::from(pixel[n]) * alpha + 255 * (255 - alpha)) / 255) as u8)
    };
    let samples = raster.samples.chunks_exact(4).flat_map(over).collect();
    Raster { channels: Channels::Rgb, samples, ..raster }
}

/// Regions and sizes that touch edges, levels and what lies between them.
const PARTS: [&str; 9] = [
    "full/max/0",
    "full/!400,400/0",
    "full/97,/0",
    "square/137,/0",
    "0,0,256,256/max/0",
    "pct:10,20,30,30/max/0",
    "pct:61,55,39,45/!200,200/0",
    "311,207,400,350/200,175/90",
    "full/!300,300/!180",
];

/// Pyramids that are made however small a master is, with levels that tests can reach.
const SMALL: [(&str, &str); 2] =
    [("TEGL__PYRAMIDS__FROM_MEGAPIXELS", "0.01"), ("TEGL__PYRAMIDS__TILE_SIDE", "256")];

#[test]
fn a_master_and_its_pyramid_show_the_same() {
    let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, kept) = (folder.path().to_str().unwrap(), store.path().to_str().unwrap());
    let raster = picture(900, 700);
    let files = every_kind(&raster);
    for (name, bytes) in &files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let ran = tegl(&["ingest", source, "--store", kept, "--json"], &SMALL);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let [from, side] = SMALL;
    let bare = Server::with(&[source], &[("TEGL__PYRAMIDS__LOCATION", "none")]);
    let environment =
        [("TEGL__PYRAMIDS__LOCATION", kept), ("TEGL__PYRAMIDS__ON_DEMAND", "false"), from, side];
    let fast = Server::with(&[source], &environment);
    let mut failures = Failures::default();
    for (name, _) in &files {
        let info = |server: &Server| server.get(&format!("/iiif/3/{name}/info.json")).json();
        let (slow, quick) = (info(&bare), info(&fast));
        for (what, length) in [("width", 900), ("height", 700)] {
            let lengths = (slow[what].as_u64(), quick[what].as_u64());
            failures.check(lengths == (Some(length), Some(length)), || format!("{name}: {what} {lengths:?}"));
        }
        let tiles = &quick["tiles"][0];
        failures
            .check(tiles["width"] == 256 && tiles["scaleFactors"] == serde_json::json!([1, 2, 4]), || {
                format!("{name} is not served from its pyramid: {tiles}")
            });
        for part in PARTS {
            let path = format!("/iiif/3/{name}/{part}/default.png");
            let (slow, quick) = (bare.get(&path), fast.get(&path));
            let statuses = (slow.status, quick.status);
            failures.check(statuses == (200, 200), || format!("{path}: {statuses:?} {}", slow.text()));
            let both = masters::pixels(&slow.body).zip(masters::pixels(&quick.body));
            let far = both.and_then(|(slow, quick)| difference(&solid(slow), &solid(quick)));
            // A wavelet's smaller sizes are not quite means of pixels.
            let most = if name.ends_with("jp2") { 3.0 } else { 2.0 };
            failures.check(far.is_some_and(|far| far <= most), || format!("{path}: they differ by {far:?}"));
        }
    }
    failures.check(fast.metric("tegl_pyramids_total") == 0.0, || "a pyramid was made anew".into());
}

#[test]
fn what_has_no_profile_is_shown_as_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let raster = picture(300, 220);
    let files = every_kind(&raster);
    for (name, bytes) in &files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let server = Server::start(folder.path().to_str().unwrap());
    let mut failures = Failures::default();
    for (name, _) in &files {
        // Theirs are other colours than the picture's.
        if ["adobe-16.tif", "cmyk.tif", "gray.tif", "lab.tif", "palette.tif", "rgba.tif"].contains(&&name[..])
        {
            continue;
        }
        let answer = server.get(&format!("/iiif/3/{name}/full/max/0/default.png"));
        let far = masters::pixels(&answer.body).and_then(|found| difference(&found, &raster));
        let lossy = ["jpg", "jp2", "webp"].iter().any(|end| name.ends_with(end));
        let most = if lossy { 3.0 } else { 0.0 };
        failures.check(far.is_some_and(|far| far <= most), || format!("{name}: {} {far:?}", answer.status));
    }
    let shown = |name: &str| {
        let answer = server.get(&format!("/iiif/3/{name}/full/max/0/default.png"));
        masters::pixels(&answer.body).unwrap_or_else(|| panic!("{name}: {}", answer.text()))
    };
    let gray: Vec<u8> = raster.samples.chunks_exact(3).map(|p| p[0] / 2 + p[2] / 2).collect();
    failures.check(shown("gray.tif").samples == gray, || "gray.tif is not its own grey".into());
    let seen = raster.samples.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 40 + p[1] / 2]);
    failures
        .check(shown("rgba.tif").samples.iter().copied().eq(seen), || "rgba.tif is not as it is kept".into());
    let palette = |n: u32, color: u32| ((n * (color + 1) * 257) & 0xffff) / 257;
    let indexes = raster.samples.chunks_exact(3).map(|p| u32::from(p[0] / 8));
    let expected: Vec<_> = indexes.flat_map(|n| [0, 1, 2].map(|color| palette(n, color) as u8)).collect();
    let far = shown("palette.tif").samples.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
    failures.check(far <= Some(1), || format!("palette.tif is {far:?} away from its palette"));
}
