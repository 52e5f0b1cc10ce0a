//! Plans a request by arithmetic, before any pixel is read.

use std::fmt::{self, Write};

use super::exact_tile::{exact_tile, is_as_stored};
use crate::iiif::{
    Dimensions, Form, Format, ImageRequest, Invalid, Limits, Quality, Rect, Rotation, Size, Version,
};
use crate::master::{Kind, Level, Master, TileIndex};

/// Everything that determines a response. Equivalent requests have equal plans, and equal plans give equal bytes: the plan
/// is the cache key and, hashed with the master's version, the ETag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// The region in pixels of the upright full-size image.
    pub region: Rect,
    /// The size before the rotation.
    pub size: Dimensions,
    /// The rotation, applied after scaling.
    pub rotation: Rotation,
    /// `Color` is stored as `Default`: the two give the same image.
    pub quality: Quality,
    /// The format that the result is encoded in.
    pub format: Format,
    /// Whether it is not encoded: the samples themselves are the result, in sRGB or gray, as [`samples`](super::samples)
    /// reads them.
    pub is_raw: bool,
    /// Where the pixels come from.
    pub source: Source,
}

/// Where the pixels come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A stored tile, cropped losslessly to remove its padding.
    Stored {
        /// The index of the level, the largest first.
        level: usize,
        /// The tile within the level.
        tile: TileIndex,
    },
    /// A part of the level, decoded at `1 / reduce`, then scaled and encoded. A master without levels counts as a single
    /// level of full size.
    Rendered {
        /// The index of the level, the largest first.
        level: usize,
        /// The factor by which the decoder reduces the level, a power of two.
        reduce: u32,
    },
}

/// The largest factor by which the decoders of tiles reduce an image.
const MAX_REDUCED: u32 = 8;

impl Plan {
    /// Plans `request` for `master`. Stored tiles are served only if `is_passthrough`: their colors need no conversion.
    ///
    /// # Errors
    /// If the region is empty or outside the image, or the size is empty, exceeds the limits, or is larger than the region without `^`.
    pub fn new(
        request: &ImageRequest,
        master: &Master,
        limits: Limits,
        is_passthrough: bool,
    ) -> Result<Self, Invalid> {
        let region = request.region.within(master.upright())?;
        let limits = limits.of_region(region.dimensions(), master.upright());
        let size = request.size.of(region.dimensions(), limits)?;
        let quality = if request.quality == Quality::Color { Quality::Default } else { request.quality };
        let (rotation, format) = (request.rotation, request.format);
        let may_be_stored = is_passthrough && is_as_stored(rotation, quality, format);
        let source = match may_be_stored.then(|| exact_tile(region, size, master)).flatten() {
            Some((level, tile)) => Source::Stored { level, tile },
            None => rendered(region, size, master),
        };
        Ok(Self { region, size, rotation, quality, format, is_raw: false, source })
    }

    /// The part of the canonical URI after the identifier (Image API 3.0, §4.8; 2.1, §4.7).
    pub fn canonical(&self, version: Version, master: &Master, limits: Limits) -> String {
        let mut text = String::with_capacity(64);
        // Writing to a string does not fail.
        let _written = self.write_canonical(&mut text, version, master, limits);
        text
    }

    fn write_canonical(
        &self,
        text: &mut String,
        version: Version,
        master: &Master,
        limits: Limits,
    ) -> fmt::Result {
        match self.region == Rect::all(master.upright()) {
            true => text.push_str("full"),
            false => write!(text, "{}", self.region)?,
        }
        text.push('/');
        match version {
            Version::V2 => self.write_size_2(text)?,
            Version::V3 => {
                self.write_size_3(text, limits.of_region(self.region.dimensions(), master.upright()))?
            }
        }
        write!(text, "/{}/", self.rotation)?;
        [self.quality.name(), ".", self.format.suffix()].iter().for_each(|part| text.push_str(part));
        Ok(())
    }

    fn write_size_3(&self, text: &mut String, limits: Limits) -> fmt::Result {
        let region = self.region.dimensions();
        let enlarged = self.size.width > region.width || self.size.height > region.height;
        let max = Size { form: Form::Max, upscale: enlarged }.of(region, limits);
        if enlarged {
            text.push('^');
        }
        if max == Ok(self.size) { text.write_str("max") } else { write!(text, "{}", self.size) }
    }

    fn write_size_2(&self, text: &mut String) -> fmt::Result {
        let (region, size) = (self.region.dimensions(), self.size);
        let by_width = Size { form: Form::Width(size.width), upscale: true }.of(region, Limits::NONE);
        match () {
            () if size == region => text.write_str("full"),
            () if by_width == Ok(size) => write!(text, "{},", size.width),
            () => write!(text, "{size}"),
        }
    }
}

/// The smallest level that suffices, and the reduction while decoding.
fn rendered(region: Rect, size: Dimensions, master: &Master) -> Source {
    let full = master.upright();
    // A level suffices if it has the requested pixels, with a tolerance of one pixel for rounding.
    let suffices = |across: f64, down: f64| {
        f64::from(region.width) / across + 0.99 > f64::from(size.width)
            && f64::from(region.height) / down + 0.99 > f64::from(size.height)
    };
    let swaps = master.orientation.swaps_sides();
    let shrinks = |level: &Level| {
        let stored = if swaps { level.dimensions.transposed() } else { level.dimensions };
        (f64::from(full.width) / f64::from(stored.width), f64::from(full.height) / f64::from(stored.height))
    };
    let level = master.levels.iter().rposition(|level| {
        let (across, down) = shrinks(level);
        suffices(across, down)
    });
    let (across, down) = level.map_or((1.0, 1.0), |n| shrinks(&master.levels[n]));
    let enough = |reduce: u32| {
        let reduce = f64::from(reduce);
        f64::from(region.width) / (across * reduce) >= f64::from(size.width)
            && f64::from(region.height) / (down * reduce) >= f64::from(size.height)
    };
    let max = if matches!(master.kind, Kind::Tiled) { MAX_REDUCED } else { 1 << 12 };
    let reduce = std::iter::successors(Some(1u32), |r| r.checked_mul(2));
    let reduce = reduce.take_while(|&r| r == 1 || (r <= max && enough(r))).last().unwrap_or(1);
    Source::Rendered { level: level.unwrap_or(0), reduce }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iiif::ImageRequest;
    use crate::render::exact_tile::tests::pyramid;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { max_area: 100_000_000, ..Limits::NONE };

    fn plan_of(master: &Master, path: &str) -> Result<Plan, Invalid> {
        let segments: Vec<_> = path.split('/').collect();
        let request = ImageRequest::parse(Version::V3, segments.try_into().unwrap())?;
        Plan::new(&request, master, LIMITS, true)
    }

    fn plan(path: &str) -> Plan {
        plan_of(&pyramid(6000, 4000, 512, true), path).unwrap()
    }

    fn tile(level: usize, column: u32, row: u32) -> Source {
        Source::Stored { level, tile: TileIndex { column, row } }
    }

    #[test]
    fn equivalent_requests_for_a_tile_are_served_from_storage() {
        for (path, source) in [
            ("0,0,512,512/512,512/0/default.jpg", tile(0, 0, 0)),
            ("0,0,512,512/512,/0/default.jpg", tile(0, 0, 0)),
            ("0,0,512,512/,512/0/color.jpg", tile(0, 0, 0)),
            ("0,0,512,512/max/360/default.jpg", tile(0, 0, 0)),
            ("0,0,512,512/!512,512/0/default.jpg", tile(0, 0, 0)),
            ("4096,2048,1904,1952/476,488/0/default.jpg", tile(2, 2, 1)),
            ("4096,2048,1904,1952/476,/0/default.jpg", tile(2, 2, 1)),
            ("4096,2048,1904,1952/!512,512/0/default.jpg", Source::Rendered { level: 1, reduce: 1 }),
            ("full/375,250/0/default.jpg", tile(4, 0, 0)),
            ("full/375,/0/default.jpg", tile(4, 0, 0)),
            ("full/!375,375/0/default.jpg", tile(4, 0, 0)),
        ] {
            assert_eq!(plan(path).source, source, "{path}");
        }
    }

    #[test]
    fn other_regions_come_from_the_smallest_level_that_suffices() {
        for (path, level, reduce) in [
            ("full/!800,800/0/default.jpg", 2, 1),
            ("full/750,500/0/default.jpg", 3, 1),
            ("full/751,/0/default.jpg", 2, 1),
            ("full/40,/0/default.jpg", 4, 8),
            ("0,0,512,512/512,/90/default.jpg", 0, 1),
            ("0,0,512,512/512,/0/gray.jpg", 0, 1),
            ("0,0,512,512/512,/0/default.png", 0, 1),
            ("1,0,512,512/512,/0/default.jpg", 0, 1),
            ("0,0,512,512/^600,/0/default.jpg", 0, 1),
        ] {
            assert_eq!(plan(path).source, Source::Rendered { level, reduce }, "{path}");
        }
    }

    #[test]
    fn equivalent_requests_give_equal_plans() {
        assert_eq!(plan("pct:0,0,100,100/pct:50/0/default.jpg"), plan("full/3000,2000/0/color.jpg"));
        assert_eq!(plan("0,0,9999,9999/3000,/360.0/default.jpg"), plan("full/!3000,3000/0/default.jpg"));
    }

    #[test]
    fn plans_have_a_canonical_form() {
        let master = pyramid(6000, 4000, 512, true);
        for (path, expected) in [
            ("0,0,6000,4000/6000,/0/color.jpg", "full/max/0/default.jpg"),
            ("full/3000,/!90.0/gray.png", "full/3000,2000/!90/gray.png"),
            ("0,0,100,100/^200,/22.50/default.jpg", "0,0,100,100/^200,200/22.5/default.jpg"),
            ("5900,3900,500,500/max/0/default.jpg", "5900,3900,100,100/max/0/default.jpg"),
            ("0,0,100,100/^max/0/default.jpg", "0,0,100,100/^max/0/default.jpg"),
        ] {
            let canonical = plan_of(&master, path).unwrap().canonical(Version::V3, &master, LIMITS);
            assert_eq!(canonical, expected);
        }
        let plan = plan_of(&master, "full/3000,2000/0/default.jpg").unwrap();
        assert_eq!(plan.canonical(Version::V2, &master, LIMITS), "full/3000,/0/default.jpg");
    }

    proptest! {
        #[test]
        fn a_canonical_form_plans_to_itself(
            region in "(full|square|[0-9]{1,4},[0-9]{1,4},[0-9]{1,4},[0-9]{1,4}|pct:[0-9]{1,2},[0-9]{1,2},[0-9]{1,2},[0-9]{1,2})",
            size in "\\^?(max|!?[0-9]{1,4},[0-9]{1,4}|[0-9]{1,4},|,[0-9]{1,4}|pct:[0-9]{1,3})",
            rotation in "!?[0-9]{1,2}(\\.[0-9]{1,3})?",
        ) {
            let master = pyramid(1234, 777, 256, false);
            if let Ok(plan) = plan_of(&master, &format!("{region}/{size}/{rotation}/color.png")) {
                let canonical = plan.canonical(Version::V3, &master, LIMITS);
                prop_assert_eq!(plan_of(&master, &canonical), Ok(plan));
            }
        }

        #[test]
        fn the_level_suffices_and_is_not_much_too_large(w in 600..6000u32, to in 1..3000u32) {
            let master = pyramid(6000, 4000, 256, true);
            let found = plan_of(&master, &format!("0,0,{w},{}/{},/0/default.png", w.min(4000), to.min(w))).unwrap();
            let Source::Rendered { level, reduce } = found.source else { panic!() };
            let factor = (1u32 << level) * reduce;
            prop_assert!(found.size.width <= w.div_ceil(factor) + 1);
            prop_assert!(f64::from(w) / f64::from(factor) < 2.0 * f64::from(found.size.width) + 4.0 || factor >= 32 * 8);
        }
    }
}
