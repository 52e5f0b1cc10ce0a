//! The list of pictures: file, full size, format and painter.

use super::art::drawing::Paint;
use super::art::{fractal, landscape, paper, pattern};
use crate::iiif::Dimensions;

/// A file of the collection.
pub(super) struct Picture {
    /// The path below the collection's folder.
    pub file: &'static str,
    pub dimensions: Dimensions,
    pub format: Format,
    pub gray: bool,
    pub paint: fn() -> Paint,
}

/// The file format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A pyramid of JPEG tiles.
    Pyramid {
        side: u32,
    },
    /// A pyramid of JPEG tiles in Display P3, with the profile embedded.
    WidePyramid,
    /// Lossless pyramids.
    Deflate,
    ZstdSubIfds,
    /// Files without tiles.
    Jpeg,
    Png,
    Webp,
    Strips,
}

/// The largest picture.
pub(super) const LARGEST: &str = "Værker/Øresund, aften.tif";

/// All files, the largest last.
pub(super) fn pictures() -> Vec<Picture> {
    let sheet = |file, width: u32, format, paint| {
        // All pictures have the aspect ratio 3:2.
        Picture { file, dimensions: Dimensions::new(width, width * 2 / 3), format, gray: false, paint }
    };
    let gray = |picture: Picture| Picture { gray: true, ..picture };
    let tiles = Format::Pyramid { side: 256 };
    vec![
        sheet("Fraktaler/Søhestedalen.tif", 6600, tiles, fractal::seahorses),
        sheet("Fraktaler/Langsomme spiraler.tif", 6600, Format::Pyramid { side: 512 }, fractal::spirals),
        sheet("Papir/Marmoreret forsats.tif", 6000, tiles, paper::marbled),
        sheet("Papir/Marmoreret forsats, bagside.tif", 6000, tiles, landscape::verso),
        sheet("Sten/Agat.tif", 5700, Format::Deflate, paper::agate),
        sheet("Fliser/Gårdens stjerner.jpg", 5700, Format::Jpeg, pattern::stars_of_eight),
        sheet("Værker/Argumentets ring.tif", 5700, Format::WidePyramid, pattern::argument),
        gray(sheet("Landskaber/Bakker, stik.tif", 6600, tiles, landscape::engraving)),
        sheet("Landskaber/Bakker.tif", 5700, Format::ZstdSubIfds, landscape::painting),
        gray(sheet("Landskaber/Bakker, infrarød.tif", 5700, tiles, landscape::infrared)),
        sheet("Kort/Stjernekort.png", 5700, Format::Png, pattern::chart),
        sheet("Værker/Strømme.webp", 5700, Format::Webp, pattern::currents),
        sheet("Papir/Snit gennem agat.tif", 5700, Format::Strips, paper::agate),
        sheet(LARGEST, 17_400, tiles, pattern::arcs),
    ]
}
