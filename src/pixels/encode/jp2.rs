//! Encodes JPEG 2000 with OpenJPEG, tile by tile, so that only one tile is in memory as integers.

use std::ffi::c_char;
use std::{mem, ptr};

use openjpeg_sys as opj;

use super::memory::Memory;
use super::{EmbeddedMetadata, Error, refused};
use crate::iiif::{Dimensions, Rect};
use crate::pixels::callback::Context;
use crate::pixels::{Channels, Raster};

/// The side of a tile in pixels; a smaller image is one tile.
const TILE: u32 = 1024;
/// The number of resolutions, as in the standard's examples: 1024 → 32.
const RESOLUTIONS: u32 = 6;

/// Writes a lossy JP2; alpha is dropped, and a profile replaces the sRGB declaration.
///
/// # Errors
/// If the encoder fails.
pub fn jp2(raster: &Raster, metadata: &EmbeddedMetadata) -> Result<Vec<u8>, Error> {
    let encoder = Encoder::new(raster)?;
    let file = encoder.encode(raster)?;
    let file = match metadata.icc.as_deref() {
        Some(icc) => with_profile(file, icc),
        None => file,
    };
    Ok(match metadata.xmp() {
        Some(xmp) => with_credit(file, &xmp),
        None => file,
    })
}

/// Owns OpenJPEG's objects for one file.
struct Encoder {
    codec: *mut opj::opj_codec_t,
    image: *mut opj::opj_image_t,
    stream: *mut opj::opj_stream_t,
    memory: Context<Memory>,
}

impl Encoder {
    fn new(raster: &Raster) -> Result<Self, Error> {
        // SAFETY: creates a codec or returns null, which is checked below.
        let codec = unsafe { opj::opj_create_compress(opj::CODEC_FORMAT::OPJ_CODEC_JP2) };
        let image = image(raster.dimensions, raster.channels);
        // SAFETY: creates an output stream or returns null, which is checked below.
        let stream = unsafe { opj::opj_stream_create(opj::OPJ_J2K_STREAM_CHUNK_SIZE as usize, 0) };
        let memory = Context::new(Memory::default());
        let mut encoder = Self { codec, image, stream, memory };
        if codec.is_null() || image.is_null() || stream.is_null() {
            return Err(encoder.refused("no memory"));
        }
        // SAFETY: codec and stream are live; the memory is freed after both.
        unsafe { Memory::attach(&encoder.memory, codec, stream) };
        encoder.set_up(raster)?;
        Ok(encoder)
    }

    fn set_up(&mut self, raster: &Raster) -> Result<(), Error> {
        let mut parameters = parameters(raster.dimensions, raster.channels);
        // SAFETY: codec and image are live; the parameters are initialized and only read.
        let ready = unsafe { opj::opj_setup_encoder(self.codec, &mut *parameters, self.image) };
        if ready == 0 { Err(self.refused("parameters")) } else { Ok(()) }
    }

    fn encode(mut self, raster: &Raster) -> Result<Vec<u8>, Error> {
        // SAFETY: all three are live and belong together.
        if unsafe { opj::opj_start_compress(self.codec, self.image, self.stream) } == 0 {
            return Err(self.refused("start"));
        }
        let mut planes = Vec::new();
        for (tile, index) in tiles(raster.dimensions).zip(0..) {
            split_planes(raster, tile, &mut planes);
            let length = planes.len() as u32;
            // SAFETY: OpenJPEG reads `length` bytes from the pointer before it returns, and checks
            // that they are as many as the tile has.
            let written =
                unsafe { opj::opj_write_tile(self.codec, index, planes.as_mut_ptr(), length, self.stream) };
            if written == 0 {
                return Err(self.refused("tile"));
            }
        }
        // SAFETY: both are live.
        let is_ended = unsafe { opj::opj_end_compress(self.codec, self.stream) } != 0;
        if !is_ended || self.memory.has_failed() {
            return Err(self.refused("end"));
        }
        Ok(mem::take(&mut self.memory.state().bytes))
    }

    fn refused(&self, at: &str) -> Error {
        refused("jp2", format_args!("{at}: {}", self.memory.messages()))
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: each is live or null, which OpenJPEG's destructors accept, and is not used again.
        unsafe {
            opj::opj_stream_destroy(self.stream);
            opj::opj_destroy_codec(self.codec);
            opj::opj_image_destroy(self.image);
        }
    }
}

const fn components(channels: Channels) -> usize {
    if matches!(channels, Channels::Gray) { 1 } else { 3 }
}

/// Creates a description of the image without its samples; null if there is no memory.
fn image(dimensions: Dimensions, channels: Channels) -> *mut opj::opj_image_t {
    let Dimensions { width: w, height: h } = dimensions;
    let plane = opj::opj_image_comptparm { dx: 1, dy: 1, w, h, x0: 0, y0: 0, prec: 8, bpp: 8, sgnd: 0 };
    let mut planes = [plane; 3];
    let (count, space) = match components(channels) {
        1 => (1, opj::COLOR_SPACE::OPJ_CLRSPC_GRAY),
        _ => (3, opj::COLOR_SPACE::OPJ_CLRSPC_SRGB),
    };
    // SAFETY: `planes` has at least `count` descriptions, which are copied.
    let image = unsafe { opj::opj_image_tile_create(count, planes.as_mut_ptr(), space) };
    // SAFETY: either null or a live image without other references.
    if let Some(image) = unsafe { image.as_mut() } {
        (image.x1, image.y1) = (w, h);
    }
    image
}

fn parameters(dimensions: Dimensions, channels: Channels) -> Box<opj::opj_cparameters> {
    let mut parameters = Box::<opj::opj_cparameters>::new_uninit();
    // SAFETY: OpenJPEG zeroes the whole structure, then sets its defaults; zero is a value of each
    // of its enumerations, too.
    let mut parameters = unsafe {
        ptr::write_bytes(parameters.as_mut_ptr(), 0, 1);
        opj::opj_set_default_encoder_parameters(parameters.as_mut_ptr());
        parameters.assume_init()
    };
    let [across, down] = [dimensions.width, dimensions.height].map(|side| side.min(TILE));
    parameters.tile_size_on = 1;
    (parameters.cp_tdx, parameters.cp_tdy) = (across as i32, down as i32);
    parameters.numresolution = (across.min(down).ilog2() + 1).min(RESOLUTIONS) as i32;
    parameters.prog_order = opj::PROG_ORDER::OPJ_RPCL;
    parameters.irreversible = 1;
    parameters.tcp_mct = c_char::from(components(channels) == 3);
    parameters.tcp_numlayers = 1;
    // Nothing is cut off after quantization, which gives about 52 dB at 4 bits per pixel. OpenJPEG's targets for quality
    // and size misjudge plain colors: at 42 dB they were wrong by up to 39 of 255.
    parameters.cp_disto_alloc = 1;
    parameters.tcp_rates[0] = 0.0;
    parameters
}

/// The tiles in the order of their numbers.
fn tiles(of: Dimensions) -> impl Iterator<Item = Rect> {
    let side = |from: u32, length: u32| (length - from).min(TILE);
    (0..of.height).step_by(TILE as usize).flat_map(move |y| {
        let across = (0..of.width).step_by(TILE as usize);
        across.map(move |x| Rect { x, y, width: side(x, of.width), height: side(y, of.height) })
    })
}

/// Writes a tile's samples into `planes`, plane after plane.
fn split_planes(raster: &Raster, tile: Rect, planes: &mut Vec<u8>) {
    let channels = raster.channels.count();
    planes.clear();
    for plane in 0..components(raster.channels) {
        for row in
            raster.samples.chunks_exact(raster.stride()).skip(tile.y as usize).take(tile.height as usize)
        {
            let row = &row[tile.x as usize * channels..tile.right() as usize * channels];
            planes.extend(row.iter().skip(plane).step_by(channels));
        }
    }
}

/// Replaces the color specification by a restricted profile in the `colr` box (ISO 15444-1, I.5.3.3).
fn with_profile(file: Vec<u8>, icc: &[u8]) -> Vec<u8> {
    // The boxes before the codestream take less than a hundred bytes.
    let start = &file[..file.len().min(200)];
    let find = |name: &[u8; 4]| start.windows(4).position(|four| four == name);
    let (Some(header), Some(color)) = (find(b"jp2h"), find(b"colr")) else { return file };
    let [header, color] = [header - 4, color - 4];
    let length = |at: usize| file[at..at + 4].iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let specification = [b"colr".as_slice(), &[2, 0, 0], icc].concat();
    let grown = length(header) + specification.len() + 4 - length(color);
    let mut whole = Vec::with_capacity(file.len() + specification.len());
    whole.extend_from_slice(&file[..header]);
    whole.extend_from_slice(&(grown as u32).to_be_bytes());
    whole.extend_from_slice(&file[header + 4..color]);
    whole.extend_from_slice(&(specification.len() as u32 + 4).to_be_bytes());
    whole.extend_from_slice(&specification);
    whole.extend_from_slice(&file[color + length(color)..]);
    whole
}

/// The UUID of a box that contains an XMP packet (ISO 16684-3, §1.1.3).
const XMP: [u8; 16] = 0xbe7a_cfcb_97a9_42e8_9c71_9994_91e3_afac_u128.to_be_bytes();

/// Inserts an XMP packet before the codestream; no offset in the file points after it.
fn with_credit(mut file: Vec<u8>, xmp: &[u8]) -> Vec<u8> {
    let mut at = 0;
    while let Some(&[a, b, c, d, ref name @ ..]) = file.get(at..at + 8) {
        if name == b"jp2c" {
            let length = (8 + XMP.len() + xmp.len()) as u32;
            file.splice(at..at, [&length.to_be_bytes()[..], b"uuid", &XMP, xmp].concat());
            break;
        }
        at += (u32::from_be_bytes([a, b, c, d]) as usize).max(8);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::super::samples::gradient;
    use super::*;
    use crate::metadata::sample_credit as credit;
    use crate::pixels::{Samples, decode};

    #[test]
    fn any_size_becomes_a_file() {
        for (width, height) in [(1, 1), (1, 700), (37, 3), (1024, 1024), (1025, 2049), (1500, 1)] {
            for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
                let file = jp2(&gradient(width, height, channels), &EmbeddedMetadata::default()).unwrap();
                assert_eq!(&file[4..8], b"jP  ", "{width}x{height}");
                assert_eq!(&file[file.len() - 2..], [0xff, 0xd9]);
            }
        }
    }

    #[test]
    fn a_plain_color_is_kept() {
        for (width, height) in
            [(1, 1), (16, 16), (32, 32), (33, 7), (64, 64), (256, 256), (1025, 3), (1030, 1026)]
        {
            for color in [[0, 0, 0], [63, 63, 63], [200, 60, 60], [17, 180, 230]] {
                let mut raster = Raster::blank(Dimensions::new(width, height), Channels::Rgb);
                raster.samples.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&color));
                let file = jp2(&raster, &EmbeddedMetadata::default()).unwrap();
                let all = Rect::all(raster.dimensions);
                let decoded = decode::jp2::decode(&bytes::Bytes::from(file), all, 0, 1 << 22).unwrap();
                let Samples::U8(samples) = decoded.samples else { panic!("wide samples") };
                let far = samples.iter().zip(&raster.samples).map(|(a, b)| a.abs_diff(*b)).max();
                assert!(far <= Some(1), "{width}x{height} {color:?}: {far:?}");
            }
        }
    }

    #[test]
    fn a_profile_replaces_the_color_specification() {
        let plain = jp2(&gradient(16, 16, Channels::Rgb), &EmbeddedMetadata::default()).unwrap();
        let tagged = jp2(&gradient(16, 16, Channels::Rgb), &EmbeddedMetadata::icc(b"a profile")).unwrap();
        assert!(tagged.windows(16).any(|part| part == b"colr\x02\x00\x00a profile"));
        assert_eq!(tagged.len(), plain.len() + 9 - 4);
    }

    #[test]
    fn the_credit_is_before_the_codestream() {
        let metadata = EmbeddedMetadata { credit: Some(credit()), ..EmbeddedMetadata::icc(b"a profile") };
        let (file, plain) = (
            jp2(&gradient(16, 16, Channels::Rgb), &metadata).unwrap(),
            jp2(&gradient(16, 16, Channels::Rgb), &EmbeddedMetadata::icc(b"a profile")).unwrap(),
        );
        let xmp = metadata.xmp().unwrap();
        let added = [b"uuid", &XMP[..], &xmp].concat();
        let at = file.windows(added.len()).position(|part| part == added).unwrap();
        assert_eq!(file[at - 4..at], (added.len() as u32 + 4).to_be_bytes());
        assert_eq!(&file[at + added.len() + 4..][..4], b"jp2c");
        assert_eq!([&file[..at - 4], &file[at + added.len()..]].concat(), plain);
    }

    #[test]
    fn tiles_are_numbered_row_by_row() {
        let tiles: Vec<String> = tiles(Dimensions::new(1500, 1025)).map(|tile| tile.to_string()).collect();
        assert_eq!(tiles, ["0,0,1024,1024", "1024,0,476,1024", "0,1024,1024,1", "1024,1024,476,1"]);
    }
}
