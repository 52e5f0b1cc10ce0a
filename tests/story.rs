//! What the gallery is for, from the first search to the downloaded file, by somebody who only uses what is visible.

use serde_json::{Value, json};
use tegl::iiif::Dimensions;
use tegl::master::write::Compression;
use tegl::pixels::{Channels, Raster, Subsampling};

use crate::support::browser::look;
use crate::support::command::tegl;
use crate::support::masters::pyramid;
use crate::support::museum::Museum;

/// A motif of 2400 × 1600 units: sky and sea in short strokes, a shore with a figure's hand, and four balloons.
/// `tests/viewers/story.mjs` finds these by their colors.
mod motif {
    pub(super) const WIDTH: f64 = 2400.0;
    pub(super) const HEIGHT: f64 = 1600.0;
    const RADIUS: f64 = 40.0;
    const BALLOONS: [([f64; 2], [u8; 3]); 4] = [
        ([500.0, 400.0], [255, 0, 255]),
        ([1900.0, 350.0], [0, 255, 255]),
        ([1000.0, 1200.0], [0, 255, 0]),
        ([1500.0, 800.0], [255, 0, 0]),
    ];
    /// From fingertips to wrist 240 units, which are 9 cm of a picture that is 90 cm wide.
    const HAND: ([f64; 2], [f64; 2]) = ([1500.0, 1740.0], [1100.0, 1210.0]);

    pub(super) fn color([x, y]: [f64; 2]) -> [u8; 3] {
        let ground = [196, 186, 170];
        if !(0.0..WIDTH).contains(&x) || !(0.0..HEIGHT).contains(&y) {
            return ground;
        }
        let balloon = BALLOONS.iter().find(|([cx, cy], _)| (x - cx).hypot(y - cy) < RADIUS);
        if let Some((_, color)) = balloon {
            return *color;
        }
        let ([left, right], [top, bottom]) = HAND;
        if (left..right).contains(&x) && (top..bottom).contains(&y) {
            return [238, 178, 132];
        }
        // Strokes of four units, which are too small to be seen in the whole picture.
        let stroke = if (x + (y / 16.0).floor() * 3.0).rem_euclid(8.0) < 4.0 { 26 } else { -26 };
        let base: [i32; 3] = if y < 700.0 { [70, 120, 205] } else { [30, 70, 160] };
        base.map(|sample| (sample + stroke).clamp(0, 255) as u8)
    }

    /// What infrared light shows besides: a drawing in broad lines below the paint.
    pub(super) fn is_drawn([x, y]: [f64; 2]) -> bool {
        (x + y).rem_euclid(300.0) < 60.0 && (300.0..2100.0).contains(&x)
    }
}

fn raster(width: u32, height: u32, color: impl Fn([f64; 2]) -> [u8; 3]) -> Raster {
    let mut raster = Raster::blank(Dimensions::new(width, height), Channels::Rgb);
    for (at, pixel) in raster.samples.chunks_exact_mut(3).enumerate() {
        let at = at as u32;
        pixel.copy_from_slice(&color([f64::from(at % width) + 0.5, f64::from(at / width) + 0.5]));
    }
    raster
}

fn infrared(at: [f64; 2]) -> [u8; 3] {
    let [red, green, blue] = motif::color(at).map(u32::from);
    let grey = (2 * red + green + blue / 2) / 4 + 60;
    [if motif::is_drawn(at) { 40 } else { grey.min(235) as u8 }; 3]
}

/// The study shows the motif smaller, turned and sheared: its pixels are `(0.52 x + 0.05 y + 20, -0.04 x + 0.55 y + 110)`.
fn study([u, v]: [f64; 2]) -> [u8; 3] {
    let (u, v) = (u - 20.0, v - 110.0);
    let determinant = 0.52 * 0.55 + 0.05 * 0.04;
    motif::color([(0.55 * u - 0.05 * v) / determinant, (0.04 * u + 0.52 * v) / determinant])
}

fn work(number: &str, title: &str, year: i32, motif: &str, file: &str) -> Value {
    json!({
        "object_number": number, "titles": {"en": title}, "creators": [{"name": "Anna Ancher"}],
        "production": {"text": year.to_string(), "earliest": year, "latest": year}, "object_type": "Painting",
        "public_domain": true, "rights": "https://creativecommons.org/publicdomain/zero/1.0/",
        "images": [{"file": file}], "tags": [{"scheme": "motif", "label": {"en": motif, "da": motif}}],
    })
}

/// Two versions of a motif, and works that differ from them in color, motif or year.
pub(crate) fn museum() -> Museum {
    let museum = Museum::new(&[]);
    let write = |name: &str, raster: &Raster| {
        // Colors are as sharp as the edges that are measured.
        let master = pyramid(raster, 256, Compression::Jpeg { quality: 92, subsampling: Subsampling::S444 });
        std::fs::write(museum.folder.path().join("masters").join(name), master).unwrap();
    };
    write("shore.tif", &raster(2400, 1600, motif::color));
    write("shore-infrared.tif", &raster(1200, 800, |[x, y]| infrared([2.0 * x, 2.0 * y])));
    write("study.tif", &raster(1360, 1040, study));
    write("blue.tif", &raster(2400, 1600, |[x, _]| [40, 80, (150.0 + x / 30.0) as u8]));
    write("sky.tif", &raster(300, 200, |[x, _]| [40, 80, (150.0 + x / 10.0) as u8]));
    write("brown.tif", &raster(300, 200, |[x, _]| [(120.0 + x / 10.0) as u8, 80, 40]));
    let millimetres = |kind: &str, value: u32| json!({"kind": kind, "value": value, "unit": "mm"});
    let mut shore = work("S 1", "The Shore", 1884, "landscape", "shore.tif");
    shore["images"] = json!([{"file": "shore.tif"}, {"file": "shore-infrared.tif", "role": "infrared"}]);
    shore["dimensions"] = json!([millimetres("height", 600), millimetres("width", 900)]);
    let mut protected = work("S 7", "A Bay in Copyright", 1905, "landscape", "blue.tif");
    protected["public_domain"] = json!(false);
    protected["rights"] = json!("http://rightsstatements.org/vocab/InC/1.0/");
    museum.ingest(&[
        shore,
        work("S 2", "Study for The Shore", 1883, "landscape", "study.tif"),
        work("S 3", "An Old Shore", 1850, "landscape", "sky.tif"),
        work("S 4", "Brown Heath", 1885, "landscape", "brown.tif"),
        work("S 5", "Portrait in Blue", 1886, "portrait", "sky.tif"),
        protected,
    ]);
    let catalogue = museum.path("catalogue.db");
    let arguments = ["tag", &museum.path("masters"), "--only", "color"];
    let ran = tegl(&arguments, &[("TEGL__CATALOGUE__URL", &catalogue)]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    museum
}

#[test]
fn a_visitor_finds_compares_cites_and_downloads() {
    let museum = museum();
    let server = museum.serve();
    let (masters, out) = (museum.path("masters"), museum.path("screenshots"));
    look("the story of a visit", "story.mjs", "playwright-core", &server, &[&masters, "--out", &out]);
}
