//! What can be measured on a picture without a model: its content within frame and background, palette, color names,
//! visual measures, and a descriptor of color and composition. Pure functions; equal pixels give equal results.

#[cfg(test)]
mod by_eye;
mod content;
mod descriptor;
mod measures;
mod names;
mod oklab;
mod palette;
mod picture;
#[cfg(test)]
mod testing;

use content::Content;
pub(crate) use descriptor::Part;
use descriptor::descriptor;
pub(crate) use measures::Measures;
pub(crate) use names::{ColorName, NAMES, confidence, name_of};
pub(crate) use oklab::Oklab;
pub(crate) use palette::{PaletteColor, palette};
use picture::Picture;

use serde::{Deserialize, Serialize};

use crate::pixels::Raster;

/// The version of everything in this module. It changes with each change that gives other results for some picture.
pub(crate) const VERSION: &str = "1";

/// Grays with less than this share of the content, and colors with a little less, hardly show.
const LEAST_SEEN: f32 = 0.05;
/// How much more each unit of chroma is seen.
const VIVID: f32 = 12.0;
/// The most names of a picture.
const MOST_NAMES: usize = 8;

/// All that is measured on a picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Analysis {
    pub colors: ColorAnalysis,
    /// See [`descriptor`].
    pub descriptor: Vec<f32>,
}

impl Analysis {
    /// Measures a raster of any size in sRGB; it is reduced to about 256 x 256 pixels, so a rendition of 256 to 512
    /// pixels is enough.
    pub(crate) fn of(raster: &Raster) -> Self {
        let picture = Picture::of(raster);
        let content = Content::find(&picture);
        let inside = content.pixels(&picture);
        let colors = ColorAnalysis {
            palette: palette(&inside),
            background: content.background,
            measures: Measures::of(&inside),
            content_share: inside.len() as f32 / picture.pixels.len().max(1) as f32,
        };
        Self { colors, descriptor: descriptor(&picture, &content) }
    }
}

/// What the colors of a picture are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ColorAnalysis {
    /// The colors of the content, the largest share first; the shares sum to 1.
    pub palette: Vec<PaletteColor>,
    /// The color around the content, if it is plain.
    pub background: Option<Oklab>,
    pub measures: Measures,
    /// The share of the picture that is content, from 0 to 1.
    pub content_share: f32,
}

/// A named color with its share of the content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NamedShare {
    pub name: &'static ColorName,
    pub share: f32,
    seen: f32,
}

impl ColorAnalysis {
    /// The names of the palette's colors, each once, the largest share first: first one for each family that is seen, then
    /// others that are seen by themselves, [`MOST_NAMES`] in all.
    pub(crate) fn names(&self) -> Vec<NamedShare> {
        let mut named: Vec<NamedShare> = Vec::new();
        for entry in &self.palette {
            let name = name_of(entry.color);
            match named.iter_mut().find(|found| found.name == name) {
                Some(found) => {
                    found.share += entry.share;
                    found.seen += seen(entry);
                }
                None => named.push(NamedShare { name, share: entry.share, seen: seen(entry) }),
            }
        }
        named.sort_by(|a, b| b.seen.total_cmp(&a.seen).then(a.name.english.cmp(b.name.english)));
        let is_of_family = |family: &str, other: &NamedShare| other.name.family == family;
        let (first, others): (Vec<_>, Vec<_>) = named
            .iter()
            .enumerate()
            .partition(|(at, own)| !named[..*at].iter().any(|other| is_of_family(own.name.family, other)));
        let family_seen = |own: &NamedShare| -> f32 {
            named.iter().filter(|other| is_of_family(own.name.family, other)).map(|other| other.seen).sum()
        };
        let first = first.into_iter().filter(|(_, own)| family_seen(own) >= LEAST_SEEN);
        let others = others.into_iter().filter(|(_, own)| own.seen >= LEAST_SEEN);
        let mut shown: Vec<_> = first.chain(others).take(MOST_NAMES).map(|(_, own)| *own).collect();
        shown.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.name.english.cmp(b.name.english)));
        shown
    }
}

/// How much a color of the palette is seen: small vivid areas strike the eye as large dull ones do.
fn seen(entry: &PaletteColor) -> f32 {
    entry.share * (1.0 + VIVID * entry.color.chroma())
}

#[cfg(test)]
mod tests {
    use super::testing::Canvas;
    use super::*;

    #[test]
    fn a_picture_is_named_by_its_content_and_not_by_what_surrounds_it() {
        // A blue and green picture on a white sheet, with a row of color patches beside it.
        let mut canvas = Canvas::plain(256, 200, 0xf5f5f3);
        canvas.rectangle(40, 30, 200, 90, 0x2a52a0);
        canvas.rectangle(40, 90, 200, 150, 0x4c8c3f);
        for (n, patch) in [0xff0000, 0x00ff00, 0x0000ff, 0xffff00, 0xff00ff, 0x000000].into_iter().enumerate()
        {
            canvas.rectangle(40 + 20 * n as u32, 175, 56 + 20 * n as u32, 190, patch);
        }
        let found = Analysis::of(&canvas.raster()).colors;
        let names: Vec<_> = found.names().iter().map(|found| found.name.english).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(names.iter().any(|name| name.contains("blue")), "{names:?}");
        assert!(names.iter().any(|name| name.contains("green")), "{names:?}");
        assert!(found.background.is_some_and(|background| background.lightness > 0.9));
    }

    #[test]
    fn equal_pixels_give_equal_results() {
        let raster = Canvas::noise(200, 256, 7).raster();
        assert_eq!(Analysis::of(&raster), Analysis::of(&raster));
    }

    #[test]
    fn pictures_without_content_have_a_color_nevertheless() {
        for (width, height) in [(1, 1), (256, 1), (1, 256), (256, 256)] {
            let found = Analysis::of(&Canvas::plain(width, height, 0xc0322b).raster()).colors;
            assert_eq!(found.palette.len(), 1);
            assert_eq!(found.names()[0].name.english, "red");
        }
    }
}
