//! Which pictures there are, how large, and in which format each is kept.

use super::art::drawing::Paint;
use super::art::{fractal, landscape, paper, pattern};
use crate::iiif::Dimensions;

/// One file of the collection.
pub struct Picture {
    /// Path below the collection's folder.
    pub file: &'static str,
    pub dimensions: Dimensions,
    pub kept: Kept,
    pub gray: bool,
    pub paint: fn() -> Paint,
}

/// How a picture's pixels are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A pyramid of JPEG tiles.
    Pyramid {
        side: u32,
    },
    /// The same in Display P3, its profile within.
    WidePyramid,
    /// Pyramids without loss.
    Deflate,
    ZstdSubIfds,
    /// Without tiles.
    Jpeg,
    Png,
    Webp,
    Strips,
}

/// The work that is larger than all others.
pub const LARGEST: &str = "Værker/Øresund, aften.tif";

/// All files, the largest last.
pub fn pictures() -> Vec<Picture> {
    let sheet = |file, width: u32, kept, paint| {
        // Every sheet is three wide and two high.
        Picture { file, dimensions: Dimensions::new(width, width * 2 / 3), kept, gray: false, paint }
    };
    let gray = |picture: Picture| Picture { gray: true, ..picture };
    let tiles = Kept::Pyramid { side: 256 };
    vec![
        sheet("Fraktaler/Søhestedalen.tif", 6600, tiles, fractal::seahorses),
        sheet("Fraktaler/Langsomme spiraler.tif", 6600, Kept::Pyramid { side: 512 }, fractal::spirals),
        sheet("Papir/Marmoreret forsats.tif", 6000, tiles, paper::marbled),
        sheet("Papir/Marmoreret forsats, bagside.tif", 6000, tiles, landscape::verso),
        sheet("Sten/Agat.tif", 5700, Kept::Deflate, paper::agate),
        sheet("Fliser/Gårdens stjerner.jpg", 5700, Kept::Jpeg, pattern::stars_of_eight),
        sheet("Værker/Argumentets ring.tif", 5700, Kept::WidePyramid, pattern::argument),
        gray(sheet("Landskaber/Bakker, stik.tif", 6600, tiles, landscape::engraving)),
        sheet("Landskaber/Bakker.tif", 5700, Kept::ZstdSubIfds, landscape::painting),
        gray(sheet("Landskaber/Bakker, infrarød.tif", 5700, tiles, landscape::infrared)),
        sheet("Kort/Stjernekort.png", 5700, Kept::Png, pattern::chart),
        sheet("Værker/Strømme.webp", 5700, Kept::Webp, pattern::currents),
        sheet("Papir/Snit gennem agat.tif", 5700, Kept::Strips, paper::agate),
        sheet(LARGEST, 17_400, tiles, pattern::arcs),
    ]
}
