//! Decodes any region of a JPEG 2000 or HTJ2K, as JP2 or raw codestream, at any of its resolutions, with OpenJPEG.

mod boxes;
mod bytes;
mod codec;
mod color;
mod compose;
#[cfg(test)]
mod encoded;
mod layout;
mod markers;
mod packet_selection;
#[cfg(test)]
mod region_tests;
#[cfg(test)]
mod tests;
mod tile_codestream;
mod tile_cost;
mod tile_part_header;
mod tile_parts;
mod tiles;

use std::fmt::Display;
use std::sync::OnceLock;

use boxes::Boxes;
use bytes::Window;
use compose::compose;
use layout::Layout;
use markers::{Area, Main};
use packet_selection::Wanted;
use tile_codestream::Piece;
use tile_parts::{Part, Parts};

pub use tiles::Cost;

use super::Error;
use crate::iiif::{Dimensions, Rect};
use crate::pixels::{Alpha, Depth, Model, Raw, ReadAt};

/// The properties of an image, from the boxes and the main header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The size of the image in pixels.
    pub dimensions: Dimensions,
    /// The size of the codestream's tiles; the image's size if there is one.
    pub tile: Dimensions,
    /// The number of resolutions, each half of the previous one; `reduce` is less than this.
    pub resolutions: u32,
    /// The color model, after the palette is applied.
    pub model: Model,
    /// What the alpha samples mean, if there are any.
    pub alpha: Alpha,
    /// `U16` if any channel has more than 8 bits.
    pub depth: Depth,
    /// The profile as stored in the file, not parsed or verified.
    pub icc: Option<Vec<u8>>,
    /// The EXIF orientation, 1 to 8; 1 if it is missing or illegal.
    pub orientation: u8,
    /// Whether it is HTJ2K (ISO 15444-15).
    pub is_ht: bool,
    /// Bytes of memory that decoding needs, regardless of the region's size.
    pub fixed_bytes: u64,
    /// Additional bytes of memory per decoded pixel.
    pub pixel_bytes: u64,
}

/// The size of a tile's data up to which selecting packets does not matter for the cost.
const LITTLE_DATA: u64 = 4 << 20;

/// An opened file, whose header and tile-parts are read once; any number of regions can be decoded.
pub struct Codestream {
    boxes: Boxes,
    main: Main,
    layout: Layout,
    /// Bytes that OpenJPEG allocates for a tile before it decodes.
    structures: u64,
    /// Tile-parts by the main header's table.
    from_table: OnceLock<Option<Parts>>,
    /// Tile-parts by their own headers.
    from_headers: OnceLock<Parts>,
}

/// Reads the boxes and the main header in a few small reads.
///
/// # Errors
/// If the file is damaged or not supported.
pub fn header(file: &dyn ReadAt) -> Result<Header, Error> {
    Codestream::open(file).map(|codestream| codestream.header())
}

/// Decodes `region` (in pixels of the full size) at `1/2^reduce`, cropped to whole samples of that resolution: from
/// `ceil(left/2^reduce)` to `ceil(right/2^reduce)` if the image begins at the reference grid's origin.
///
/// # Errors
/// If the file is damaged, not supported or too large.
pub fn decode(file: &dyn ReadAt, region: Rect, reduce: u32, limit_pixels: u64) -> Result<Raw, Error> {
    Codestream::open(file)?.decode(file, region, reduce, limit_pixels, 1)
}

impl Codestream {
    /// Reads the boxes and the main header.
    ///
    /// # Errors
    /// If the file is damaged or not supported.
    pub fn open(file: &dyn ReadAt) -> Result<Self, Error> {
        let boxes = Boxes::read(file)?;
        let main = Main::read(file, boxes.codestream.clone())?;
        let layout = Layout::new(&boxes, &main)?;
        let structures = tile_cost::affordable_all(&main)?;
        let (from_table, from_headers) = (OnceLock::new(), OnceLock::new());
        let mut codestream = Self { boxes, main, layout, structures, from_table, from_headers };
        // A codestream without EOC may be truncated; its tile-parts tell.
        if !codestream.has_end(file)? && codestream.header_parts(file).is_err() {
            // Its box may be too short.
            codestream.main.body.end = file.size();
            codestream.header_parts(file)?;
        }
        Ok(codestream)
    }

    /// The approximate size in memory once its tile-parts are known, in bytes.
    pub fn weight(&self) -> u32 {
        let parts = [self.from_table.get().and_then(Option::as_ref), self.from_headers.get()];
        let parts: usize = parts.iter().flatten().map(|parts| parts.weight()).sum();
        let icc = self.layout.icc.as_ref().map_or(0, Vec::len);
        u32::try_from(parts + self.main.weight() + 2 * icc + 4096).unwrap_or(u32::MAX)
    }

    /// Whether the codestream's last two bytes are EOC.
    fn has_end(&self, file: &dyn ReadAt) -> Result<bool, Error> {
        let end = self.main.body.end;
        let last: [u8; 2] = Window::new(file, end, 2).array(end - 2)?;
        Ok(last == [0xff, 0xd9])
    }

    /// The properties of the image.
    pub fn header(&self) -> Header {
        let Self { boxes, main, layout, .. } = self;
        let dimensions = Dimensions::new(main.area.width(), main.area.height());
        let [width, height] = main.tile;
        Header {
            dimensions,
            tile: Dimensions::new(width.min(dimensions.width), height.min(dimensions.height)),
            resolutions: self.resolutions(),
            model: layout.space.model().unwrap_or(Model::Rgb),
            alpha: layout.alpha,
            depth: layout.depth,
            icc: layout.icc.clone(),
            orientation: boxes.orientation,
            is_ht: self.is_ht(),
            fixed_bytes: self.structures + (1 << 20),
            pixel_bytes: self.decoded_bytes() + self.composed_bytes(),
        }
    }

    /// Whether the image begins at the reference grid's origin, so that all parts of it have whole samples at each resolution.
    pub fn starts_at_origin(&self) -> bool {
        (self.main.area.x[0], self.main.area.y[0]) == (0, 0)
    }

    /// The mean size of its tiles as they are stored, in bytes.
    pub fn mean_tile_bytes(&self) -> u64 {
        let tiles: u64 = self.main.tiles().iter().map(|&tiles| u64::from(tiles)).product();
        (self.main.body.end - self.main.body.start) / tiles.max(1)
    }

    /// Whether any component is coded as HTJ2K (ISO 15444-15), of which tiles are decoded as a whole.
    pub fn is_ht(&self) -> bool {
        self.main.coding.is_ht || self.main.exceptions.iter().any(|coding| coding.is_ht)
    }

    /// Bytes per pixel while a tile is decoded: OpenJPEG keeps all components, twice if only a part is decoded.
    fn decoded_bytes(&self) -> u64 {
        self.main.components.len() as u64 * 8
    }

    /// Bytes per pixel of the tiles' planes and of the samples composed from them.
    fn composed_bytes(&self) -> u64 {
        self.layout.channels.len() as u64 * if self.layout.depth == Depth::U16 { 4 } else { 3 }
    }

    /// The memory that [`Self::decode`] needs, according to headers and lengths.
    ///
    /// # Errors
    /// If the file is damaged, or the region is not within the image.
    pub fn cost(&self, file: &dyn ReadAt, region: Rect, reduce: u32) -> Result<Cost, Error> {
        let area = self.area(region)?;
        let pixels = |area: Area| {
            let area = area.reduced(reduce);
            // One more sample on each side, for subsampled components.
            (u64::from(area.width()) + 2).saturating_mul(u64::from(area.height()) + 2)
        };
        let (mut decoded, mut data, mut tiles) = (0, 0, 0);
        let mut window = Window::new(file, self.main.body.end, bytes::BLOCK);
        for (place, wanted) in self.intersected_tiles(area, reduce) {
            let tile = self.main.tile(place[0], place[1]);
            tiles += 1;
            // HT tiles are decoded as a whole.
            decoded = decoded.max(pixels(if self.is_ht() { tile } else { wanted.area }));
            let stored = self.stored(file, place)?;
            // For little data, it does not matter which packets are omitted.
            if stored > data {
                data = match stored {
                    ..=LITTLE_DATA => stored,
                    _ => {
                        let (pieces, _) = self.tile(file, &mut window, place, wanted, true)?;
                        data.max(pieces.iter().map(Piece::len).sum())
                    }
                };
            }
        }
        let decoded = decoded.saturating_mul(self.decoded_bytes());
        let composed = pixels(area).saturating_mul(self.composed_bytes());
        let shared = composed.saturating_add(1 << 20);
        Ok(Cost { shared, tile: self.structures.saturating_add(decoded).saturating_add(data), tiles })
    }

    /// The bytes of a tile's parts.
    fn stored(&self, file: &dyn ReadAt, place: [u32; 2]) -> Result<u64, Error> {
        let index = (place[1] * self.main.tiles()[0] + place[0]) as usize;
        let sum = |parts: &[Part]| parts.iter().map(|part| part.range.end - part.range.start).sum();
        match self.table_parts(file).map(|parts| parts.of(index)) {
            Some(Ok(parts)) => Ok(sum(parts)),
            // The table may be wrong.
            Some(Err(_)) | None => self.header_parts(file)?.of(index).map(sum),
        }
    }

    /// The number of resolutions; one for a palette, whose indices cannot be averaged.
    pub fn resolutions(&self) -> u32 {
        if self.boxes.palette.is_empty() { self.main.resolutions() } else { 1 }
    }

    /// Decodes a region like the function [`decode`], on at most `threads` threads; `file` is the file that was opened.
    ///
    /// # Errors
    /// If the file is damaged, or the region is too large or not within the image.
    pub fn decode(
        &self,
        file: &dyn ReadAt,
        region: Rect,
        reduce: u32,
        limit_pixels: u64,
        threads: usize,
    ) -> Result<Raw, Error> {
        let area = self.area(region)?;
        let wanted = area.reduced(reduce);
        let resolutions = self.resolutions();
        if reduce >= resolutions || wanted.is_empty() {
            let text =
                format!("{region} at 1/2^{reduce} of an image with {resolutions} resolutions has no samples");
            return Err(Error::Unsupported(text));
        }
        self.affordable(wanted, limit_pixels)?;
        let planes = self.planes(file, self.with_margin(area, reduce), reduce, (limit_pixels, threads))?;
        compose(&self.boxes, &self.main, &self.layout, &planes, wanted)
    }

    /// Refuses more than `limit` pixels; components that are decoded but not returned count too.
    fn affordable(&self, area: Area, limit: u64) -> Result<(), Error> {
        let weight = (self.main.components.len() as u64).div_ceil(4);
        match u64::from(area.width()) * u64::from(area.height()) * weight {
            pixels if pixels > limit => Err(Error::TooLarge { pixels, limit }),
            _ => Ok(()),
        }
    }

    /// The tile-parts by the main header's table, if it exists and is not known to be wrong.
    fn table_parts(&self, file: &dyn ReadAt) -> Option<&Parts> {
        match self.from_headers.get() {
            Some(_) => None,
            None => self.from_table.get_or_init(|| Parts::from_table(file, &self.main)).as_ref(),
        }
    }

    fn header_parts(&self, file: &dyn ReadAt) -> Result<&Parts, Error> {
        match self.from_headers.get() {
            Some(parts) => Ok(parts),
            None => {
                let found = Parts::from_headers(file, &self.main)?;
                Ok(self.from_headers.get_or_init(|| found))
            }
        }
    }

    /// A tile's codestream and the part of it to decode; packets may be omitted if `selects`.
    fn tile(
        &self,
        file: &dyn ReadAt,
        window: &mut Window<'_>,
        place: [u32; 2],
        wanted: Wanted,
        selects: bool,
    ) -> Result<(Vec<Piece>, Wanted), Error> {
        let index = (place[1] * self.main.tiles()[0] + place[0]) as usize;
        let mut of = |parts: &Parts| {
            tile_codestream::codestream(window, &self.main, parts.of(index)?, place, wanted, selects)
        };
        match self.table_parts(file).map(&mut of) {
            Some(Ok(found)) => Ok(found),
            // The table may be wrong.
            Some(Err(_)) | None => of(self.header_parts(file)?),
        }
    }

    /// The area of a region on the reference grid.
    fn area(&self, region: Rect) -> Result<Area, Error> {
        let all = self.main.area;
        let side = |all: [u32; 2], from: u32, length: u32| {
            let left = all[0].checked_add(from)?;
            left.checked_add(length).filter(|&right| length > 0 && right <= all[1]).map(|right| [left, right])
        };
        let x = side(all.x, region.x, region.width);
        let (Some(x), Some(y)) = (x, side(all.y, region.y, region.height)) else {
            return Err(Error::Unsupported(format!(
                "{region} is not within {}x{}",
                all.width(),
                all.height()
            )));
        };
        Ok(Area { x, y })
    }

    /// Widens an area by one sample of subsampled components on each side.
    fn with_margin(&self, area: Area, reduce: u32) -> Area {
        let max = |axis: usize| {
            let steps =
                self.layout.channels.iter().map(|channel| self.main.components[channel.component].step[axis]);
            steps.max().filter(|&step| step > 1).map_or(0, |step| step << reduce.min(20))
        };
        let side = |side: [u32; 2], more: u32| [side[0].saturating_sub(more), side[1].saturating_add(more)];
        Area { x: side(area.x, max(0)), y: side(area.y, max(1)) }.intersection(&self.main.area)
    }

    /// Widens an area so that it contains a sample of subsampled components.
    fn with_samples(&self, area: Area, reduce: u32) -> Area {
        let side = |side: [u32; 2], axis: usize| {
            let steps = self.main.components.iter().map(|component| component.step[axis]);
            match steps.max().filter(|&step| step > 1).map(|step| step << reduce.min(20)) {
                Some(step) => [side[0] / step * step, (side[1].div_ceil(step) + 1) * step],
                None => side,
            }
        };
        Area { x: side(area.x, 0), y: side(area.y, 1) }
    }

    /// The column and row of each tile that an area at `1/2^reduce` intersects, and the requested part of it.
    fn intersected_tiles(&self, area: Area, reduce: u32) -> impl Iterator<Item = ([u32; 2], Wanted)> {
        let main = &self.main;
        let range = move |axis: usize, side: [u32; 2]| {
            let index = |at: u32| (at - main.origin[axis]) / main.tile[axis];
            index(side[0])..=index(side[1] - 1)
        };
        let places = range(1, area.y).flat_map(move |row| range(0, area.x).map(move |column| [column, row]));
        places.filter_map(move |place| {
            let tile = main.tile(place[0], place[1]);
            let wanted = tile.intersection(&area);
            let wanted = (!wanted.reduced(reduce).is_empty())
                .then(|| self.with_samples(wanted, reduce).intersection(&tile))?;
            Some((place, Wanted { area: wanted, reduce }))
        })
    }
}

fn damaged(reason: impl Display) -> Error {
    Error::damaged("JPEG 2000", reason)
}
