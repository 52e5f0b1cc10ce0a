//! Maps Deep Zoom's levels and tiles to the Image API's regions and sizes.

use super::{Dimensions, Form, Format, ImageRequest, Quality, Region, Rotation, Size, Version};

/// The `.dzi` document.
pub fn description(full: Dimensions, side: u32) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Image xmlns=\"http://schemas.microsoft.com/deepzoom/2008\" \
         Format=\"jpg\" Overlap=\"0\" TileSize=\"{side}\"><Size Width=\"{}\" Height=\"{}\"/></Image>\n",
        full.width, full.height
    )
}

/// The side of Deep Zoom tiles, which are square: that of the master's tiles, or 256 pixels if these are not.
pub fn side(tile: Dimensions) -> u32 {
    if tile.width == tile.height { tile.width } else { 256 }
}

/// The highest level, which is the full size; level 0 is a single pixel.
pub fn highest(full: Dimensions) -> u32 {
    match full.width.max(full.height) {
        1 => 0,
        longest => u32::BITS - (longest - 1).leading_zeros(),
    }
}

/// The region and size of a tile; `None` if it does not exist.
pub fn tile(
    full: Dimensions,
    side: u32,
    (level, column, row): (u32, u32, u32),
    format: Format,
) -> Option<ImageRequest> {
    let factor = 1u64 << highest(full).checked_sub(level)?;
    let step = u64::from(side) * factor;
    let extent = |n: u32, length: u32| {
        let start = u64::from(n) * step;
        let covered = step.min(u64::from(length).checked_sub(start).filter(|&rest| rest > 0)?);
        Some((start as u32, covered as u32, covered.div_ceil(factor) as u32))
    };
    let (x, width, across) = extent(column, full.width)?;
    let (y, height, down) = extent(row, full.height)?;
    Some(ImageRequest {
        version: Version::V3,
        region: Region::Pixels { x, y, width, height },
        size: Size { form: Form::Exact(across, down), upscale: false },
        rotation: Rotation::NONE,
        quality: Quality::Default,
        format,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_count_up_from_one_pixel() {
        let full = Dimensions::new(6000, 4000);
        let at = |level, column, row| {
            let request = tile(full, 256, (level, column, row), Format::Jpg)?;
            let rect = request.region.within(full).ok()?;
            Some((rect.to_string(), request.size.to_string()))
        };
        let pair = |region: &str, size: &str| Some((region.to_owned(), size.to_owned()));
        assert_eq!(at(13, 0, 0), pair("0,0,256,256", "256,256"));
        assert_eq!(at(13, 23, 15), pair("5888,3840,112,160", "112,160"));
        assert_eq!(at(8, 0, 0), pair("0,0,6000,4000", "188,125"));
        assert_eq!(at(0, 0, 0), pair("0,0,6000,4000", "1,1"));
        assert_eq!((at(14, 0, 0), at(13, 24, 0)), (None, None));
    }
}
