//! Masters of every kind: what collections keep, what the wild brings, and what came out of it before.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::command::tegl;
use crate::support::http::Response;
use crate::support::masters::{self, crop, difference, every_kind, picture};
use crate::support::server::Server;
use crate::support::vips::Vips;
use crate::support::{Failures, fixture, not_proven, shared};
use tegl::iiif::Dimensions;
use tegl::pixels::{Channels, Raster};

/// A folder of difficult files and a table of them: its rows by the names of its columns.
pub(crate) struct Difficult {
    pub folder: PathBuf,
    rows: Vec<HashMap<String, String>>,
}

impl Difficult {
    /// Our own files, and those of other programs' test suites where they are at hand.
    pub(crate) fn all() -> Vec<Self> {
        let foreign = shared("files of other programs' test suites", "torture");
        std::iter::once(fixture("images")).chain(foreign).map(Self::open).collect()
    }

    fn open(folder: PathBuf) -> Self {
        let table = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
        let mut lines = table.lines().map(|line| line.split('\t').map(str::to_owned));
        let columns: Vec<String> = lines.next().unwrap().collect();
        let rows = lines.map(|fields| columns.iter().cloned().zip(fields).collect()).collect();
        Self { folder, rows }
    }

    pub(crate) fn path(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    /// Of each file its name and what is expected of it.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rows.iter().map(|row| (row["file"].as_str(), row["expected"].as_str()))
    }
}

#[test]
fn unreadable_records_are_refused_quickly_with_a_reason() {
    Difficult::all().iter().for_each(refuses_soon);
}

fn refuses_soon(difficult: &Difficult) {
    let mut server = Server::start(difficult.path());
    let mut failures = Failures::default();
    let before = server.peak_memory();
    let mut refused = 0;
    for (name, expected) in difficult.files().filter(|(_, expected)| *expected != "ok") {
        let began = Instant::now();
        let answer = server.get(&format!("/iiif/3/{name}/full/max/0/default.png"));
        let took = began.elapsed();
        let status = answer.status;
        let allowed = match expected {
            "error" => (400..600).contains(&status),
            "ok-or-415" => [200, 415].contains(&status),
            _ => (200..600).contains(&status),
        };
        failures.check(allowed, || format!("{name}: {status} where the table says {expected}"));
        failures.check(status == 200 || is_reason(&answer, &difficult.folder), || {
            format!("{name}: {}", answer.text())
        });
        failures.check(took < Duration::from_secs(2) || status == 200, || format!("{name} took {took:?}"));
        refused += usize::from(status != 200);
    }
    let grown = server.peak_memory() - before;
    failures.check(refused > 5, || format!("only {refused} were refused"));
    failures.check(grown < 120e6, || format!("memory grew by {grown}"));
    failures.check(server.is_alive() && !server.log().contains("panicked"), || server.log());
}

/// Plain text for people, which tells nothing about the server's machine.
fn is_reason(answer: &Response, folder: &Path) -> bool {
    let text = answer.text();
    let paths = [folder.to_str().unwrap(), env!("CARGO_MANIFEST_DIR"), "/tmp", "/home", ".rs:"];
    answer.header("content-type").starts_with("text/plain")
        && (10..800).contains(&text.len())
        && !paths.iter().any(|path| text.contains(path))
        && !text.contains("went wrong")
}

#[test]
fn files_of_other_programs_render_correctly() {
    let difficult = Difficult::open(fixture("images"));
    let server = Server::with(&[difficult.path()], &[("TEGL__PYRAMIDS__LOCATION", "none")]);
    let mut failures = Failures::default();
    for row in difficult.rows.iter().filter(|row| !row["shows"].is_empty()) {
        let (name, tolerance) = (&row["file"], row["tolerance"].parse::<f64>().unwrap());
        let answer = server.get(&format!("/iiif/3/{name}/full/max/0/default.png"));
        if answer.status == 415 && row["expected"] == "ok-or-415" {
            continue;
        }
        let expected = std::fs::read(fixture("expected").join(format!("{}.png", row["shows"]))).unwrap();
        let far = seen(&answer.body).and_then(|seen| difference(&seen, &rgb(masters::pixels(&expected)?)));
        failures.check(far.is_some_and(|far| far <= tolerance), || {
            format!("{name}: {} differs by {far:?}, {tolerance} is allowed", answer.status)
        });
    }
}

/// What an answer in PNG shows on a screen of sRGB, its profile applied by littleCMS.
fn seen(answer: &[u8]) -> Option<Raster> {
    let raster = masters::pixels(answer)?;
    let reader = png::Decoder::new(std::io::Cursor::new(answer)).read_info().ok()?;
    let Some(icc) = &reader.info().icc_profile else { return Some(rgb(raster)) };
    let [from, to] = [lcms2::Profile::new_icc(icc).ok()?, lcms2::Profile::new_srgb()];
    let intent = lcms2::Intent::RelativeColorimetric;
    let mut samples = vec![[0; 3]; raster.dimensions.area() as usize];
    match raster.channels {
        Channels::Gray => {
            let transform = lcms2::Transform::new(
                &from,
                lcms2::PixelFormat::GRAY_8,
                &to,
                lcms2::PixelFormat::RGB_8,
                intent,
            );
            transform.ok()?.transform_pixels(&raster.samples, &mut samples);
        }
        Channels::Rgb => {
            let pixels: Vec<[u8; 3]> = raster.samples.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
            let transform = lcms2::Transform::new(
                &from,
                lcms2::PixelFormat::RGB_8,
                &to,
                lcms2::PixelFormat::RGB_8,
                intent,
            );
            transform.ok()?.transform_pixels(&pixels, &mut samples);
        }
        Channels::Rgba => return Some(rgb(raster)),
    }
    Some(Raster { channels: Channels::Rgb, samples: samples.concat(), ..raster })
}

/// As three samples, laid on white.
fn rgb(raster: Raster) -> Raster {
    match raster.channels {
        Channels::Gray => {
            let samples = raster.samples.iter().flat_map(|&gray| [gray; 3]).collect();
            Raster { channels: Channels::Rgb, samples, ..raster }
        }
        _ => solid(raster),
    }
}

const WITHOUT_PROFILE: &str = "has no profile: vips takes one of its own, Tegl the plain formula";

/// Files that vips reads otherwise than their formats say, and how.
const OTHERWISE: [(&str, &str); 20] = [
    ("bits12.tif", "vips does not read it"),
    ("palette.jp2", "vips does not read it"),
    ("planar-16-tiled.tif", "vips does not read it"),
    ("tiff-old-jpeg.tif", "vips does not read it"),
    ("tiff-rgb12.tif", "vips does not read it"),
    ("cmyk.tif", WITHOUT_PROFILE),
    ("cmyk-tiled.tif", WITHOUT_PROFILE),
    ("cmyk-adobe.jpg", WITHOUT_PROFILE),
    ("exif-6.jp2", "vips does not turn it"),
    ("float32.tif", "vips takes its samples for those of 8 bits"),
    ("icclab.tif", "vips takes a* and b* for signed"),
    ("lab.jp2", "vips takes Lab for RGB"),
    ("matrix.jp2", "vips leaves profiles in JPEG 2000 alone"),
    ("htj2k-raw.j2k", "vips shows mere grey where its library has no high-throughput decoder"),
    ("jp2-romm-icc.jp2", "vips leaves profiles in JPEG 2000 alone"),
    ("tiff-cmyk8.tiff", WITHOUT_PROFILE),
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
fn difficult_files_render_as_in_other_decoders() {
    Difficult::all().iter().for_each(looks_as_in_vips);
}

fn looks_as_in_vips(difficult: &Difficult) {
    let server = Server::with(&[difficult.path()], &[("TEGL__PYRAMIDS__LOCATION", "none")]);
    let vips = Vips::find();
    let mut failures = Failures::default();
    for (name, expected) in difficult.files() {
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
        if let Some((_, why)) = OTHERWISE.iter().find(|(known, _)| *known == name) {
            eprintln!("{name} is not compared: {why}");
            continue;
        }
        let Some(reference) = vips.read(&difficult.folder.join(name)) else {
            not_proven(name, "vips does not read it");
            continue;
        };
        for (part, answer) in parts.iter().zip(&answers) {
            let found = vips.srgb_pixels(&answer.body).map(solid).expect("vips reads PNG");
            let Dimensions { width, height } = found.dimensions;
            let expected = match part.split_once('/') {
                Some(("full", "max")) => vips.pixels(&reference),
                Some(("full", _)) => vips.scaled(&reference, (width, height)),
                _ => vips.pixels(&reference).map(|whole| crop(&whole, x, y, 512, 512)),
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
fn a_master_and_its_pyramid_render_alike() {
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
fn images_without_a_profile_are_not_converted() {
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
