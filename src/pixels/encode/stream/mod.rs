//! Encodes files while their pixels are rendered, in the memory of a band.

mod jpg;
mod png;
mod tif;

use super::{EmbeddedMetadata, Error, refused};
use crate::iiif::{Dimensions, Format};
use crate::pixels::{Channels, Raster, Subsampling};

/// Takes an image's rows in bands from the top and returns its file piece by piece.
pub struct Stream {
    dimensions: Dimensions,
    channels: Channels,
    /// Rows added so far.
    rows: u32,
    writer: Writer,
}

enum Writer {
    Jpg(jpg::Jpg),
    Png(png::Png),
    Tif(tif::Tif),
}

/// Starts a `jpg` (with this quality and subsampling, without alpha), a `png` or a `tif` (both with alpha).
///
/// # Errors
/// Other formats cannot be written before all pixels are known.
pub fn stream(
    format: Format,
    dimensions: Dimensions,
    channels: Channels,
    metadata: &EmbeddedMetadata,
    quality: u8,
    subsampling: Subsampling,
) -> Result<Stream, Error> {
    if dimensions.area() == 0 {
        return Err(Error::damaged("image", "it has no pixels"));
    }
    let writer = match format {
        Format::Jpg => Writer::Jpg(jpg::Jpg::new(dimensions, channels, metadata, quality, subsampling)?),
        Format::Png => Writer::Png(png::Png::new(dimensions, channels, metadata)?),
        Format::Tif => Writer::Tif(tif::Tif::new(dimensions, channels, metadata)?),
        Format::Webp | Format::Gif | Format::Pdf | Format::Jp2 | Format::Avif => {
            return Err(refused(format.suffix(), "it needs the whole image at once"));
        }
    };
    Ok(Stream { dimensions, channels, rows: 0, writer })
}

impl Stream {
    /// The length of the file in bytes, if it is known before it is written.
    pub fn length(&self) -> Option<u64> {
        match &self.writer {
            Writer::Tif(tif) => Some(tif.length()),
            Writer::Jpg(_) | Writer::Png(_) => None,
        }
    }

    /// Adds any number of next rows; returns bytes to send now, which may be empty.
    ///
    /// # Errors
    /// If the band cannot be compressed, or has too many rows.
    pub fn push(&mut self, band: &Raster) -> Result<Vec<u8>, Error> {
        let rows = self.rows.checked_add(band.dimensions.height);
        let rows = rows.filter(|rows| *rows <= self.dimensions.height);
        let whole = (band.dimensions.width, band.channels) == (self.dimensions.width, self.channels)
            && band.samples.len() as u64 == band.stride() as u64 * u64::from(band.dimensions.height);
        let Some(rows) = rows.filter(|_| whole) else {
            return Err(Error::damaged("band", "its rows are not the next of the image"));
        };
        self.rows = rows;
        match &mut self.writer {
            Writer::Jpg(jpg) => jpg.push(&band.samples),
            Writer::Png(png) => png.push(&band.samples),
            Writer::Tif(tif) => Ok(tif.push(&band.samples)),
        }
    }

    /// The last bytes.
    ///
    /// # Errors
    /// If rows are missing.
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        if self.rows != self.dimensions.height {
            let reason = format!("{} rows of {}", self.rows, self.dimensions.height);
            return Err(Error::damaged("image", reason));
        }
        match self.writer {
            Writer::Jpg(jpg) => jpg.finish(),
            Writer::Png(png) => png.finish(),
            Writer::Tif(_) => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod samples {
    use super::*;

    /// Streams a raster in bands whose heights come in turns.
    pub(super) fn streamed(mut stream: Stream, raster: &Raster, heights: &[u32]) -> Vec<u8> {
        let (mut file, mut y) = (Vec::new(), 0);
        for height in heights.iter().cycle() {
            let height = (*height).min(raster.dimensions.height - y);
            file.extend(stream.push(&rows(raster, y, height)).unwrap());
            y += height;
            if y == raster.dimensions.height {
                break;
            }
        }
        file.extend(stream.finish().unwrap());
        file
    }

    fn rows(raster: &Raster, y: u32, height: u32) -> Raster {
        let [from, to] = [y, y + height].map(|y| y as usize * raster.stride());
        let dimensions = Dimensions::new(raster.dimensions.width, height);
        Raster { dimensions, channels: raster.channels, samples: raster.samples[from..to].to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(format: Format) -> Result<Stream, Error> {
        stream(
            format,
            Dimensions::new(5, 4),
            Channels::Rgb,
            &EmbeddedMetadata::default(),
            80,
            Subsampling::S420,
        )
    }

    fn band(width: u32, height: u32, channels: Channels) -> Raster {
        Raster::blank(Dimensions::new(width, height), channels)
    }

    #[test]
    fn rows_that_do_not_belong_are_refused() {
        for format in [Format::Jpg, Format::Png, Format::Tif] {
            let mut stream = begin(format).unwrap();
            for wrong in [band(4, 1, Channels::Rgb), band(5, 1, Channels::Gray), band(5, 5, Channels::Rgb)] {
                assert!(stream.push(&wrong).is_err(), "{format:?}");
            }
            stream.push(&band(5, 3, Channels::Rgb)).unwrap();
            assert!(stream.push(&band(5, 2, Channels::Rgb)).is_err());
            assert!(stream.finish().is_err(), "a row is missing");
        }
    }

    #[test]
    fn other_formats_name_those_that_work() {
        let Err(refusal) = begin(Format::Webp) else { panic!("taken") };
        assert!(refusal.to_string().contains("`jpg` or `png` may work"), "{refusal}");
    }
}
