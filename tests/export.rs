//! Images as static files, and what `tegl check` says of masters.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::masters::Difficult;
use crate::support::Failures;
use crate::support::command::tegl;
use crate::support::masters::{self, color_bands, picture};
use crate::support::server::Server;
use crate::support::tiffs::pyramid;
use tegl::iiif::Dimensions;
use tegl::pixels::{Channels, Raster};

const BASE: &str = "https://images.example.org/static";

/// Files below a folder, by path.
fn files(folder: &Path) -> BTreeSet<String> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(one) = folders.pop() {
        for path in fs::read_dir(one).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
    }
    found
}

/// Masters that are served from a pyramid, as they lie, and decoded; one has a name that needs escapes.
const NAMES: [&str; 4] = ["fast.tif", "large.jpg", "small.jpg", "striped.tif"];
const ODD: &str = "Værker/50% ø.jpg";

fn collection(folder: &Path) {
    let large = picture(1700, 1300);
    fs::write(folder.join("fast.tif"), masters::jpeg_pyramid(&picture(700, 500), 256)).unwrap();
    fs::write(folder.join("large.jpg"), masters::plain_jpeg(&large)).unwrap();
    fs::write(folder.join("small.jpg"), masters::plain_jpeg(&picture(700, 600))).unwrap();
    fs::write(folder.join("striped.tif"), masters::striped_tiff(&large)).unwrap();
    fs::create_dir(folder.join("Værker")).unwrap();
    fs::write(folder.join(ODD), masters::plain_jpeg(&picture(300, 200))).unwrap();
}

/// Source, pyramid store and exported files, and a server over the first two.
struct Exported {
    source: tempfile::TempDir,
    store: tempfile::TempDir,
    out: tempfile::TempDir,
}

impl Exported {
    fn new(more: &[&str]) -> Self {
        let new = || tempfile::tempdir().unwrap();
        let exported = Self { source: new(), store: new(), out: new() };
        collection(exported.source.path());
        let (source, out) = (exported.source.path().to_str().unwrap(), exported.out.path().to_str().unwrap());
        let store = exported.store.path().to_str().unwrap();
        let one = exported.source.path().join("striped.tif");
        // `large.jpg` gets its pyramid on the way.
        assert_eq!(tegl(&["ingest", one.to_str().unwrap(), "--store", store], &[]).code, Some(0));
        let typed = [&["export", source, "--out", out, "--base-url", BASE], more].concat();
        let ran = tegl(&typed, &[("TEGL__PYRAMIDS__LOCATION", store)]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        let written = files(exported.out.path()).len();
        assert!(ran.out.contains(&format!("5 images in {out}: {written} files")), "{}", ran.out);
        exported
    }

    fn server(&self) -> Server {
        let store = self.store.path().to_str().unwrap();
        Server::with(&[self.source.path().to_str().unwrap()], &[("TEGL__PYRAMIDS__LOCATION", store)])
    }
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap() as u32
}

/// The paths of all images that a static info.json promises (Image API 3.0, §5.3, §5.4).
fn promised(info: &Value) -> Vec<String> {
    let full = (number(&info["width"]), number(&info["height"]));
    let mut paths = vec!["full/max/0/default.jpg".to_owned()];
    for size in info["sizes"].as_array().unwrap() {
        paths.push(format!("full/{},{}/0/default.jpg", size["width"], size["height"]));
    }
    for tiles in info["tiles"].as_array().unwrap() {
        let side = number(&tiles["width"]);
        assert!(tiles["height"].is_null());
        for factor in tiles["scaleFactors"].as_array().unwrap().iter().map(number) {
            let step = side * factor;
            for (x, y) in
                (0..full.1.div_ceil(step)).flat_map(|y| (0..full.0.div_ceil(step)).map(move |x| (x, y)))
            {
                let (x, y) = (x * step, y * step);
                let (w, h) = (step.min(full.0 - x), step.min(full.1 - y));
                let (across, down) = (w.div_ceil(factor), h.div_ceil(factor));
                paths.push(format!("{x},{y},{w},{h}/{across},{down}/0/default.jpg"));
            }
        }
    }
    paths
}

#[test]
fn exported_files_equal_served_responses() {
    let exported = Exported::new(&[]);
    let server = exported.server();
    let mut failures = Failures::default();
    let mut expected = BTreeSet::new();
    let odd = percent_encoding::utf8_percent_encode(ODD, percent_encoding::NON_ALPHANUMERIC).to_string();
    for name in NAMES.iter().copied().chain([&odd[..]]) {
        // A folder's name is the identifier with escapes, which an address escapes once more.
        let folder = name.replace("%2E", ".");
        let text = fs::read(exported.out.path().join(&folder).join("info.json"));
        let Ok(text) = text else {
            failures.check(false, || {
                format!("{folder} has no info.json: {:?}", files(exported.out.path()).first())
            });
            continue;
        };
        let info: Value = serde_json::from_slice(&text).unwrap();
        let id = info["id"].as_str().unwrap();
        let place =
            id.strip_prefix(&format!("{BASE}/")).map(|rest| percent_decode_str(rest).decode_utf8_lossy());
        failures.check(place.as_deref() == Some(&folder), || format!("{id} does not lead to {folder}"));
        failures.check(info["profile"] == "level0" && info["type"] == "ImageService3", || info.to_string());
        let beyond = ["extraFeatures", "extraFormats", "extraQualities"].map(|what| info[what].is_null());
        failures.check(beyond == [true; 3], || format!("{name} promises more than lies there: {info}"));
        let served = server.get(&format!("/iiif/3/{name}/info.json")).json();
        for what in ["width", "height", "sizes", "tiles"] {
            failures.check(info[what] == served[what], || format!("{name}: {what} is {}", info[what]));
        }
        for path in promised(&info) {
            let file = fs::read(exported.out.path().join(&folder).join(&path)).unwrap_or_default();
            let answer = server.get(&format!("/iiif/3/{name}/{path}"));
            failures.check(answer.status == 200 && answer.body == file, || {
                format!(
                    "{name}/{path}: {} bytes, and the server {} has {}",
                    file.len(),
                    answer.status,
                    answer.body.len()
                )
            });
            expected.insert(format!("{folder}/{path}"));
        }
        expected.insert(format!("{folder}/info.json"));
    }
    let found = files(exported.out.path());
    failures.check(found == expected, || {
        format!("besides what is promised there are {:?}", found.difference(&expected).collect::<Vec<_>>())
    });
}

#[test]
fn exported_deep_zoom_equals_served_deep_zoom() {
    let exported = Exported::new(&["--deep-zoom"]);
    let server = exported.server();
    let mut failures = Failures::default();
    let found = files(exported.out.path());
    for (name, full) in NAMES.iter().zip([(700u32, 500u32), (1700, 1300), (700, 600), (1700, 1300)]) {
        let description = fs::read_to_string(exported.out.path().join(format!("{name}.dzi"))).unwrap();
        let served = server.get(&format!("/deepzoom/{name}.dzi"));
        failures.check(served.text() == description, || format!("{name}.dzi is {description}"));
        let attribute =
            |what: &str| description.split(&format!("{what}=\"")).nth(1)?.split('"').next()?.parse().ok();
        failures.check((attribute("Width"), attribute("Height")) == (Some(full.0), Some(full.1)), || {
            format!("{name} is {description}")
        });
        let side = attribute("TileSize").unwrap();
        let highest = full.0.max(full.1).next_power_of_two().ilog2();
        let mut expected = BTreeSet::new();
        for level in 0..=highest {
            let count = |length: u32| length.div_ceil(1 << (highest - level)).div_ceil(side);
            for (column, row) in
                (0..count(full.1)).flat_map(|row| (0..count(full.0)).map(move |column| (column, row)))
            {
                let path = format!("{name}_files/{level}/{column}_{row}.jpg");
                let file = fs::read(exported.out.path().join(&path)).unwrap_or_default();
                let answer = server.get(&format!("/deepzoom/{path}"));
                failures.check(answer.status == 200 && answer.body == file, || {
                    format!("{path}: {} bytes, {} {}", file.len(), answer.status, answer.body.len())
                });
                expected.insert(path);
            }
        }
        let own = found.iter().filter(|path| path.starts_with(&format!("{name}_files/")));
        failures.check(own.eq(&expected), || format!("{name} has other files than its levels' tiles"));
    }
}

/// The paths that OpenSeadragon 4 to 6 derive from an info.json (`IIIFTileSource`), of all tiles of all levels.
fn derived(info: &Value) -> BTreeSet<String> {
    let (width, height) = (number(&info["width"]), number(&info["height"]));
    let tiles = &info["tiles"][0];
    let side = number(&tiles["width"]);
    let factors: Vec<u32> = tiles["scaleFactors"].as_array().unwrap().iter().map(number).collect();
    let highest = f64::from(*factors.iter().max().unwrap()).log2().round() as u32;
    let mut sizes: Vec<(u32, u32)> = info["sizes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|size| (number(&size["width"]), number(&size["height"])))
        .collect();
    sizes.sort_unstable();
    if sizes.last().is_some_and(|last| last.0 < width && last.1 < height) {
        sizes.push((width, height));
    }
    let nearest = |full: u32, size: u32| (f64::from(full) / f64::from(size)).round() as u32;
    let fits = sizes.len() == factors.len()
        && sizes
            .iter()
            .zip(factors.iter().rev())
            .all(|(size, &factor)| nearest(width, size.0) == factor && nearest(height, size.1) == factor);
    let is_list = sizes.len() as u32 == highest + 1 && (fits || sizes.len() != factors.len());
    let mut paths = BTreeSet::new();
    for level in 0..=highest {
        let factor = 1 << (highest - level);
        let size =
            if is_list { sizes[level as usize] } else { (width.div_ceil(factor), height.div_ceil(factor)) };
        let step = side * factor;
        for (x, y) in (0..size.1.div_ceil(side)).flat_map(|y| (0..size.0.div_ceil(side)).map(move |x| (x, y)))
        {
            let (w, h) = (side.min(size.0 - x * side), side.min(size.1 - y * side));
            let (across, down) = (step.min(width - x * step), step.min(height - y * step));
            let is_all = (across, down) == (width, height) || (size.0 < side && size.1 < side);
            let region =
                if is_all { "full".into() } else { format!("{},{},{across},{down}", x * step, y * step) };
            let size = if (w, h) == (width, height) { "max".into() } else { format!("{w},{h}") };
            paths.insert(format!("{region}/{size}/0/default.jpg"));
        }
    }
    paths
}

/// Levels of a pyramid whose sides are halved and rounded in this way.
fn halved(width: u32, height: u32, side: u32, round: fn(u32, u32) -> u32) -> Vec<u8> {
    let mut levels = Vec::new();
    for factor in (0..).map(|level| 1 << level) {
        let size = (round(width, factor).max(1), round(height, factor).max(1));
        levels.push(picture(size.0, size.1));
        if size.0 <= side && size.1 <= side {
            return pyramid(&levels, side);
        }
    }
    unreachable!("sides end up within a tile")
}

#[test]
fn exports_contain_every_url_that_viewers_derive() {
    let (source, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    type Rounding = fn(u32, u32) -> u32;
    let rounds: [(&str, Rounding); 3] = [
        ("floored", |length, factor| length / factor),
        ("ceiled", u32::div_ceil),
        ("rounded", |length, factor| (length + factor / 2) / factor),
    ];
    let mut names = Vec::new();
    for (round, by) in rounds {
        for (width, height) in
            [(1237, 811), (1025, 513), (1023, 511), (512, 512), (1024, 100), (255, 257), (700, 3)]
        {
            let name = format!("{round}-{width}x{height}.tif");
            fs::write(source.path().join(&name), halved(width, height, 256, by)).unwrap();
            names.push(name);
        }
    }
    fs::write(source.path().join("one.jpg"), masters::plain_jpeg(&picture(301, 203))).unwrap();
    names.push("one.jpg".into());
    let (place, into) = (source.path().to_str().unwrap(), out.path().to_str().unwrap());
    let ran = tegl(&["export", place, "--out", into], &[("TEGL__PYRAMIDS__LOCATION", "none")]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = Server::with(&[place], &[("TEGL__PYRAMIDS__LOCATION", "none")]);
    let mut failures = Failures::default();
    for name in &names {
        let info = fs::read(out.path().join(name).join("info.json")).unwrap();
        for path in derived(&serde_json::from_slice(&info).unwrap()) {
            let file = fs::read(out.path().join(name).join(&path)).unwrap_or_default();
            failures.check(file.starts_with(&[0xff, 0xd8]), || format!("{name}/{path} is missing"));
            if let Some((w, h)) = path.split('/').nth(1).and_then(|size| size.split_once(',')) {
                let size = masters::dimensions("image/jpeg", &file);
                let expected = (w.parse().unwrap(), h.parse().unwrap());
                failures.check(size == Some(expected), || format!("{name}/{path} measures {size:?}"));
            }
        }
        let info = server.get(&format!("/iiif/3/{name}/info.json")).json();
        for path in derived(&info) {
            let status = server.get(&format!("/iiif/3/{name}/{path}")).status;
            failures.check(status == 200, || format!("{name}/{path} is answered with {status}"));
        }
    }
}

#[test]
fn large_images_are_written_in_bounded_memory() {
    let (source, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let raster = Raster {
        samples: color_bands(4100, 3100),
        ..Raster::blank(Dimensions::new(4100, 3100), Channels::Rgb)
    };
    fs::write(source.path().join("large.tif"), masters::jpeg_pyramid(&raster, 512)).unwrap();
    let (place, into) = (source.path().to_str().unwrap(), out.path().to_str().unwrap());
    let memory = [("TEGL__PYRAMIDS__LOCATION", "none"), ("TEGL__WORK__MEMORY_MIB", "128")];
    let ran = tegl(&["export", place, "--out", into], &memory);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let full = fs::read(out.path().join("large.tif/full/max/0/default.jpg")).unwrap();
    assert_eq!(masters::dimensions("image/jpeg", &full), Some((4100, 3100)));
    let left = files(out.path()).into_iter().find(|path| path.ends_with(".part"));
    assert_eq!(left, None);
}

#[test]
fn a_failing_export_names_the_image() {
    let (source, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (place, into) = (source.path().to_str().unwrap(), out.path().join("new"));
    let export =
        || tegl(&["export", place, "--out", into.to_str().unwrap()], &[("TEGL__PYRAMIDS__LOCATION", "none")]);
    let ran = export();
    assert!(ran.code == Some(1) && ran.err.contains("no image"), "{}", ran.err);
    fs::write(source.path().join("bad.tif"), b"II\x2a\0\x08\0\0\0\xff\xff").unwrap();
    fs::write(source.path().join("good.jpg"), masters::plain_jpeg(&picture(90, 70))).unwrap();
    let ran = export();
    assert!(ran.code == Some(1) && ran.err.contains("failed: bad.tif: "), "{}", ran.err);
    assert!(into.join("good.jpg/info.json").exists() && !into.join("bad.tif").exists());
    fs::remove_file(source.path().join("bad.tif")).unwrap();
    assert_eq!(export().code, Some(0), "a second time, over what is there");
    let file = out.path().join("file");
    fs::write(&file, b"").unwrap();
    let ran =
        tegl(&["export", place, "--out", file.to_str().unwrap()], &[("TEGL__PYRAMIDS__LOCATION", "none")]);
    assert!(ran.code == Some(1) && ran.err.contains("cannot write"), "{}", ran.err);
}

#[test]
fn check_describes_masters_and_their_remedies() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    fs::write(folder.path().join("fast.tif"), masters::jpeg_pyramid(&picture(1700, 1300), 256)).unwrap();
    let ran = tegl(&["check", place], &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("fast: stored tiles are served byte for byte"), "{}", ran.out);
    fs::write(folder.path().join("it's slow.tif"), masters::striped_tiff(&picture(1700, 1300))).unwrap();
    let (source, store) = (folder.path().join("it's slow.tif"), tempfile::tempdir().unwrap());
    let source = source.to_str().unwrap();
    let kept = [("TEGL__PYRAMIDS__LOCATION", store.path().to_str().unwrap())];
    let ran = tegl(&["check", source], &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let remedy = format!("fix it with: tegl ingest '{}'", source.replace('\'', "'\\''"));
    assert!(
        ran.out.contains("SLOW: ") && ran.out.contains("strips") && ran.out.contains(&remedy),
        "{}",
        ran.out
    );
    let object = tegl(&["check", source, "--json"], &[]).objects().remove(0);
    let expected = serde_json::json!({ "identifier": "it's slow.tif", "kind": "TIFF", "width": 1700, "height": 1300,
        "fast": false, "has_pyramid": false, "orientation": 1, "codec": "uncompressed" });
    for (what, value) in expected.as_object().unwrap() {
        assert_eq!(&object[what], value, "{what}");
    }
    assert_eq!(tegl(&["ingest", source], &kept).code, Some(0));
    let ran = tegl(&["check", source, "--pyramids"], &kept);
    assert!(ran.code == Some(0) && ran.out.contains("it has a pyramid"), "{}", ran.out);
    let ran = tegl(&["check", folder.path().join("nothing.tif").to_str().unwrap()], &[]);
    assert!(ran.code == Some(1) && ran.err.lines().count() < 4, "{}", ran.err);
}

#[test]
fn difficult_files_are_checked_one_by_one() {
    Difficult::all().iter().for_each(are_checked);
}

fn are_checked(difficult: &Difficult) {
    let (place, files) = (difficult.path(), difficult.files().collect::<Vec<_>>());
    let table = tegl(&["check", place], &[]);
    let ran = tegl(&["check", place, "--json"], &[]);
    assert_eq!((table.code, ran.code), (Some(1), Some(1)), "some are damaged");
    let objects = ran.objects();
    let mut failures = Failures::default();
    for &(name, expected) in &files {
        let Some(object) = objects.iter().find(|object| object["identifier"] == *name) else {
            failures.check(false, || format!("{name} is not told of"));
            continue;
        };
        failures.check(table.out.lines().any(|line| line == name), || format!("{name} is not in the table"));
        let failed = object["error"].as_str().is_some_and(|reason| reason.len() > 10);
        failures.check(failed || object["kind"].is_string(), || format!("{name}: {object}"));
        failures.check(expected != "ok" || !failed, || format!("{name}: {object}"));
        let pixels = object["width"].as_u64().zip(object["height"].as_u64()).map_or(0, |(w, h)| w * h);
        let wants = pixels > 1_500_000 && object["because"].is_string();
        let remedy = object["remedy"].as_str().is_some_and(|remedy| remedy == format!("tegl ingest {place}"));
        failures.check(remedy == (wants && object["has_pyramid"] == false), || format!("{name}: {object}"));
    }
    let summed = |line: &str| line.starts_with(&format!("{} masters: ", objects.len()));
    failures
        .check(table.out.lines().last().is_some_and(summed), || format!("{:?}", table.out.lines().last()));
    failures.check(objects.len() == files.len(), || format!("{} of {}", objects.len(), files.len()));
}
