//! Decodes any region of JPEG 2000 and HTJ2K, as JP2 or raw codestream, at any of its resolutions, with OpenJPEG.

mod boxes;
mod bytes;
mod codec;
mod color;
mod compose;
#[cfg(test)]
mod encoded;
mod layout;
mod markers;
mod packet_reader;
mod packet_selection;
#[cfg(test)]
mod region_tests;
#[cfg(test)]
mod tests;
mod tile_codestream;
mod tile_cost;
mod tile_parts;

use std::fmt::Display;
use std::sync::OnceLock;

use boxes::Boxes;
use bytes::Window;
use compose::{Plane, compose};
use layout::Layout;
use markers::{Area, Main};
use packet_selection::Wanted;
use tile_codestream::Piece;
use tile_parts::{Part, Parts};

use super::Error;
use crate::iiif::{Dimensions, Rect};
use crate::pixels::{Alpha, Depth, Model, Raw, ReadAt};

/// The contents of boxes and main header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The size of the image in pixels.
    pub dimensions: Dimensions,
    /// Of the codestream's tiles; the whole image where there is one.
    pub tile: Dimensions,
    /// The image at full size and each of its halves, so that `reduce` is less.
    pub resolutions: u32,
    /// After the palette.
    pub model: Model,
    /// What the alpha samples mean, if there are any.
    pub alpha: Alpha,
    /// `U16` where any channel has more than 8 bits.
    pub depth: Depth,
    /// The profile as stored in the file, not parsed or verified.
    pub icc: Option<Vec<u8>>,
    /// EXIF's orientation, 1 to 8; 1 where the file says nothing sensible.
    pub orientation: u8,
    /// HTJ2K (ISO 15444-15).
    pub is_ht: bool,
    /// Bytes of memory that decoding needs, however small the region is.
    pub fixed_bytes: u64,
    /// Additional bytes of memory per decoded pixel.
    pub pixel_bytes: u64,
}

/// A tile's data up to this many bytes costs the same whatever part of it is read.
const LITTLE_DATA: u64 = 4 << 20;
/// A tile of more bytes is not read as a whole where its packets' lengths turn out to be wrong.
const MAX_REPEATED: u64 = 64 << 20;

/// A file whose header is read and whose tile-parts are looked up once; any number of regions may be decoded.
pub struct Codestream {
    boxes: Boxes,
    main: Main,
    layout: Layout,
    /// Bytes that OpenJPEG allocates for a tile before it decodes.
    structures: u64,
    /// By the main header's table.
    listed: OnceLock<Option<Parts>>,
    /// By their own heads.
    walked: OnceLock<Parts>,
}

/// Reads the boxes and the main header in a few small reads.
///
/// # Errors
/// If the file is damaged or not supported.
pub fn header(file: &dyn ReadAt) -> Result<Header, Error> {
    Codestream::open(file).map(|codestream| codestream.header())
}

/// Decodes `region` (in pixels of the full size) at `1/2^reduce`, cut to whole samples of that resolution: from
/// `ceil(left/2^reduce)` to `ceil(right/2^reduce)` where the image begins at the reference grid's origin.
///
/// # Errors
/// If the file is damaged, not supported or too large.
pub fn decode(file: &dyn ReadAt, region: Rect, reduce: u32, limit_pixels: u64) -> Result<Raw, Error> {
    Codestream::open(file)?.decode(file, region, reduce, limit_pixels)
}

impl Codestream {
    /// Reads boxes and main header.
    ///
    /// # Errors
    /// If the file is damaged or not supported.
    pub fn open(file: &dyn ReadAt) -> Result<Self, Error> {
        let boxes = Boxes::read(file)?;
        let main = Main::read(file, boxes.codestream.clone())?;
        let layout = Layout::new(&boxes, &main)?;
        let structures = tile_cost::affordable_all(&main)?;
        let (listed, walked) = (OnceLock::new(), OnceLock::new());
        let mut codestream = Self { boxes, main, layout, structures, listed, walked };
        // Without its end it may be cut off; its tile-parts show whether it is.
        if !codestream.has_end(file)? && codestream.walked(file).is_err() {
            // Or its box is too short.
            codestream.main.body.end = file.size();
            codestream.walked(file)?;
        }
        Ok(codestream)
    }

    /// The approximate size in memory once its tile-parts are known, in bytes.
    pub fn weight(&self) -> u32 {
        let parts = [self.listed.get().and_then(Option::as_ref), self.walked.get()];
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

    /// What the headers say.
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

    fn is_ht(&self) -> bool {
        self.main.coding.is_ht || self.main.exceptions.iter().any(|coding| coding.is_ht)
    }

    /// Bytes a pixel while a tile is decoded: OpenJPEG holds all components, twice where only a part is decoded.
    fn decoded_bytes(&self) -> u64 {
        self.main.components.len() as u64 * 8
    }

    /// Bytes a pixel of what is kept of the tiles, and of the samples that are made of it.
    fn composed_bytes(&self) -> u64 {
        self.layout.channels.len() as u64 * if self.layout.depth == Depth::U16 { 4 } else { 3 }
    }

    /// Bytes of memory that [`Self::decode`] needs, according to headers and lengths.
    ///
    /// # Errors
    /// If the file is damaged, or the region is not within the image.
    pub fn cost(&self, file: &dyn ReadAt, region: Rect, reduce: u32) -> Result<u64, Error> {
        let area = self.area(region)?;
        let pixels = |area: Area| {
            let area = area.reduced(reduce);
            // A sample more on each side, and components with fewer samples than pixels.
            (u64::from(area.width()) + 2).saturating_mul(u64::from(area.height()) + 2)
        };
        let (mut decoded, mut data) = (0, 0);
        let mut window = Window::new(file, self.main.body.end, bytes::BLOCK);
        for (place, wanted) in self.touched(area, reduce) {
            let tile = self.main.tile(place[0], place[1]);
            // HT tiles are decoded as a whole.
            decoded = decoded.max(pixels(if self.is_ht() { tile } else { wanted.area }));
            let stored = self.stored(file, place)?;
            // Of little data it does not matter how much is left out.
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
        let parts = [self.structures, decoded, composed, data, 1 << 20];
        Ok(parts.into_iter().fold(0, u64::saturating_add))
    }

    /// Bytes of a tile's parts.
    fn stored(&self, file: &dyn ReadAt, place: [u32; 2]) -> Result<u64, Error> {
        let index = (place[1] * self.main.tiles()[0] + place[0]) as usize;
        let sum = |parts: &[Part]| parts.iter().map(|part| part.range.end - part.range.start).sum();
        match self.listed(file).map(|parts| parts.of(index)) {
            Some(Ok(parts)) => Ok(sum(parts)),
            // The table may be wrong.
            Some(Err(_)) | None => self.walked(file)?.of(index).map(sum),
        }
    }

    /// Halves of a palette's indices are no indices.
    fn resolutions(&self) -> u32 {
        if self.boxes.palette.is_empty() { self.main.resolutions() } else { 1 }
    }

    /// Decodes a region as the function of this name does; `file` is the file that was opened.
    ///
    /// # Errors
    /// If the file is damaged, or the region is too large or not within the image.
    pub fn decode(
        &self,
        file: &dyn ReadAt,
        region: Rect,
        reduce: u32,
        limit_pixels: u64,
    ) -> Result<Raw, Error> {
        let area = self.area(region)?;
        let wanted = area.reduced(reduce);
        let resolutions = self.resolutions();
        if reduce >= resolutions || wanted.is_empty() {
            let text = format!(
                "{region} at 1/2^{reduce} of an image with {resolutions} resolutions holds no sample"
            );
            return Err(Error::Unsupported(text));
        }
        self.affordable(wanted, limit_pixels)?;
        let planes = self.planes(file, self.surrounded(area, reduce), reduce, limit_pixels)?;
        compose(&self.boxes, &self.main, &self.layout, &planes, wanted)
    }

    /// Refuses more than `limit` pixels; components that are decoded and not given count, too.
    fn affordable(&self, area: Area, limit: u64) -> Result<(), Error> {
        let weight = (self.main.components.len() as u64).div_ceil(4);
        match u64::from(area.width()) * u64::from(area.height()) * weight {
            pixels if pixels > limit => Err(Error::TooLarge { pixels, limit }),
            _ => Ok(()),
        }
    }

    /// The tile-parts by the main header's table, where it is there and not known to be wrong.
    fn listed(&self, file: &dyn ReadAt) -> Option<&Parts> {
        match self.walked.get() {
            Some(_) => None,
            None => self.listed.get_or_init(|| Parts::listed(file, &self.main)).as_ref(),
        }
    }

    fn walked(&self, file: &dyn ReadAt) -> Result<&Parts, Error> {
        match self.walked.get() {
            Some(parts) => Ok(parts),
            None => {
                let found = Parts::walked(file, &self.main)?;
                Ok(self.walked.get_or_init(|| found))
            }
        }
    }

    /// A tile's codestream and what is to be decoded of it; `selects` says whether packets may be left out.
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
        match self.listed(file).map(&mut of) {
            Some(Ok(found)) => Ok(found),
            // The table may be wrong.
            Some(Err(_)) | None => of(self.walked(file)?),
        }
    }

    /// A region's place on the reference grid.
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

    /// With a sample more on each side of components that have fewer than one a pixel.
    fn surrounded(&self, area: Area, reduce: u32) -> Area {
        let max = |axis: usize| {
            let steps =
                self.layout.channels.iter().map(|channel| self.main.components[channel.component].step[axis]);
            steps.max().filter(|&step| step > 1).map_or(0, |step| step << reduce.min(20))
        };
        let side = |side: [u32; 2], more: u32| [side[0].saturating_sub(more), side[1].saturating_add(more)];
        Area { x: side(area.x, max(0)), y: side(area.y, max(1)) }.and(&self.main.area)
    }

    /// Widened so that it holds a sample of components that have fewer than one a pixel, too.
    fn sampled(&self, area: Area, reduce: u32) -> Area {
        let side = |side: [u32; 2], axis: usize| {
            let steps = self.main.components.iter().map(|component| component.step[axis]);
            match steps.max().filter(|&step| step > 1).map(|step| step << reduce.min(20)) {
                Some(step) => [side[0] / step * step, (side[1].div_ceil(step) + 1) * step],
                None => side,
            }
        };
        Area { x: side(area.x, 0), y: side(area.y, 1) }
    }

    /// The components that are given, tile by tile.
    fn planes(
        &self,
        file: &dyn ReadAt,
        area: Area,
        reduce: u32,
        limit: u64,
    ) -> Result<Vec<Option<Plane>>, Error> {
        let main = &self.main;
        let is_given = |index: usize| self.layout.channels.iter().any(|channel| channel.component == index);
        let plane = |(index, component): (usize, &markers::Component)| {
            is_given(index).then(|| Plane::new(component, area.stepped(component.step).reduced(reduce)))
        };
        let mut planes: Vec<Option<Plane>> = main.components.iter().enumerate().map(plane).collect();
        let mut window = Window::new(file, main.body.end, bytes::BLOCK);
        for (place, wanted) in self.touched(area, reduce) {
            let mut decode = |pieces: &[Piece], wanted: Wanted, window: &mut Window<'_>| {
                self.affordable(wanted.area.reduced(reduce), limit)?;
                codec::decode(window, pieces, wanted, |decoded| {
                    planes
                        .get_mut(decoded.component)
                        .and_then(Option::as_mut)
                        .map_or(Ok(()), |plane| plane.put(&decoded))
                })
            };
            let (pieces, part) = self.tile(file, &mut window, place, wanted, true)?;
            let error = match decode(&pieces, part, &mut window) {
                Err(error @ Error::Damaged { .. }) => error,
                done => {
                    done?;
                    continue;
                }
            };
            // Lengths of packets may be wrong although they add up: the whole tile decides.
            match self.tile(file, &mut window, place, wanted, false)? {
                (whole, _) if whole == pieces => return Err(error),
                (whole, _) if whole.iter().map(Piece::len).sum::<u64>() > MAX_REPEATED => {
                    return Err(error);
                }
                (whole, part) => decode(&whole, part, &mut window)?,
            }
        }
        Ok(planes)
    }

    /// The tiles that an area at `1/2^reduce` touches, by column and row, and what is wanted of each.
    fn touched(&self, area: Area, reduce: u32) -> impl Iterator<Item = ([u32; 2], Wanted)> {
        let main = &self.main;
        let range = move |axis: usize, side: [u32; 2]| {
            let index = |at: u32| (at - main.origin[axis]) / main.tile[axis];
            index(side[0])..=index(side[1] - 1)
        };
        let places = range(1, area.y).flat_map(move |row| range(0, area.x).map(move |column| [column, row]));
        places.filter_map(move |place| {
            let tile = main.tile(place[0], place[1]);
            let wanted = tile.and(&area);
            let wanted =
                (!wanted.reduced(reduce).is_empty()).then(|| self.sampled(wanted, reduce).and(&tile))?;
            Some((place, Wanted { area: wanted, reduce }))
        })
    }
}

fn damaged(reason: impl Display) -> Error {
    Error::damaged("JPEG 2000", reason)
}
