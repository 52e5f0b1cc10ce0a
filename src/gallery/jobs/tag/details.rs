//! Details of images as vectors: a grid of regions is read as whole images are.

use super::analyzer::{Analyzer, Finding, ImageOfWork, Statements};
use crate::catalogue::Producer;
use crate::gallery::likeness::{details_of, details_version};
use crate::iiif::Dimensions;
use crate::nearest::regions;
use crate::pixels::Raster;

/// An analyzer for each region of a grid, whose vectors are kept together.
pub(super) struct Details {
    whole: Box<dyn Analyzer>,
    name: String,
    version: String,
}

impl Details {
    /// `whole` makes vectors of whole images.
    pub(super) fn new(whole: Box<dyn Analyzer>) -> Self {
        Self { name: details_of(whole.name()), version: details_version(whole.version()), whole }
    }
}

impl Analyzer for Details {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn producers(&self) -> Vec<Producer> {
        Vec::new()
    }

    fn analyze(&self, rendition: &Raster) -> Result<Finding, String> {
        let Dimensions { width, height } = rendition.dimensions;
        let mut vectors = Vec::new();
        for region in regions() {
            vectors.extend(self.whole.analyze(&cut(rendition, region.pixels(width, height)))?.vectors);
        }
        Ok(Finding { result: "{}".into(), vectors })
    }

    fn statements(&self, _: &str, _: &ImageOfWork<'_>) -> Result<Statements, serde_json::Error> {
        Ok(Statements::default())
    }
}

/// A region of a raster that lies within it.
fn cut(raster: &Raster, [x, y, width, height]: [u32; 4]) -> Raster {
    let channels = raster.channels.count();
    let (from, length) = (x as usize * channels, width as usize * channels);
    let rows = raster.samples.chunks_exact(raster.stride().max(1)).skip(y as usize).take(height as usize);
    let samples = rows.flat_map(|row| row[from..from + length].iter().copied()).collect();
    Raster { dimensions: Dimensions::new(width, height), channels: raster.channels, samples }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Channels;

    #[test]
    fn a_region_is_cut_from_a_raster() {
        let mut raster = Raster::blank(Dimensions::new(4, 3), Channels::Gray);
        raster.samples = (0..12).collect();
        let part = cut(&raster, [1, 1, 2, 2]);
        assert_eq!((part.samples, part.dimensions), (vec![5, 6, 9, 10], Dimensions::new(2, 2)));
    }
}
