//! Masters made on the spot, and answers read back.

use std::io::Cursor;

use tegl::iiif::Dimensions;
use tegl::master::Orientation;
use tegl::master::write::{Compression, Recipe, Reduced, Writer};
use tegl::pixels::colour::{Conversion, Output};
use tegl::pixels::{Channels, Raster, ReadAt, Subsampling, decode, encode, jpeg};

/// The size of most test pictures: no side is a multiple of a tile's.
pub const WIDTH: u32 = 1500;
pub const HEIGHT: u32 = 1100;

/// A smooth picture in which every place looks different.
pub fn picture(width: u32, height: u32) -> Raster {
    let mut raster = Raster::blank(Dimensions::new(width, height), Channels::Rgb);
    for (n, pixel) in raster.samples.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((n as u32 % width) as f32, (n as u32 / width) as f32);
        pixel[0] = (255.0 * x / width as f32) as u8;
        pixel[1] = (255.0 * y / height as f32) as u8;
        pixel[2] = (128.0 + 100.0 * (x / 61.0).sin() * (y / 47.0).cos()) as u8;
    }
    raster
}

pub fn pyramid(raster: &Raster, side: u32, compression: Compression) -> Vec<u8> {
    let recipe = Recipe {
        dimensions: raster.dimensions,
        channels: raster.channels,
        tile_side: side,
        compression,
        reduced: Reduced::Pages,
        icc: None,
        orientation: Orientation::UPRIGHT,
        threads: 2,
    };
    let mut writer = Writer::new(recipe, Cursor::new(Vec::new())).unwrap();
    writer.push(&raster.samples).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    file
}

pub fn jpeg_pyramid(raster: &Raster, side: u32) -> Vec<u8> {
    pyramid(raster, side, Compression::Jpeg { quality: 90, subsampling: Subsampling::S420 })
}

pub fn plain_jpeg(raster: &Raster) -> Vec<u8> {
    jpeg::encode(raster, 90, Subsampling::S420, &encode::Notes::default()).unwrap()
}

/// A JPEG whose EXIF says how it is to be turned.
pub fn turned_jpeg(raster: &Raster, orientation: u8) -> Vec<u8> {
    let mut app1 = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    app1.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut file = vec![0xff, 0xd8, 0xff, 0xe1];
    file.extend((app1.len() as u16 + 2).to_be_bytes());
    file.extend(app1);
    file.extend(&plain_jpeg(raster)[2..]);
    file
}

pub fn png(raster: &Raster) -> Vec<u8> {
    encode::png(raster, &encode::Notes::default()).unwrap()
}

pub fn webp(raster: &Raster) -> Vec<u8> {
    encode::webp(raster, &encode::Notes::default()).unwrap()
}

/// A TIFF in strips, as most programs write it.
pub fn striped_tiff(raster: &Raster) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut file).unwrap();
    let Dimensions { width, height } = raster.dimensions;
    encoder.write_image::<tiff::encoder::colortype::RGB8>(width, height, &raster.samples).unwrap();
    file.into_inner()
}

/// The samples of a JPEG or PNG.
pub fn pixels(file: &[u8]) -> Option<Raster> {
    if file.starts_with(b"\x89PNG") {
        return png_pixels(file);
    }
    jpeg::decode(file, 1, 1 << 28).ok().map(|picture| picture.into_packed())
}

fn png_pixels(file: &[u8]) -> Option<Raster> {
    let file: std::sync::Arc<dyn ReadAt> = std::sync::Arc::new(bytes::Bytes::copy_from_slice(file));
    let raw = decode::gathered(decode::png_rows(file, 1 << 28).ok()?, 1 << 28).ok()?;
    Some(Conversion::new(None, raw.model, Output::Srgb).convert(raw))
}

/// The part of a raster that begins at (x, y).
pub fn cut(raster: &Raster, x: u32, y: u32, width: u32, height: u32) -> Raster {
    let mut part = Raster::blank(Dimensions::new(width, height), raster.channels);
    let (stride, count) = (part.stride(), raster.channels.count());
    for (row, samples) in part.samples.chunks_exact_mut(stride).enumerate() {
        let from = (y as usize + row) * raster.stride() + x as usize * count;
        samples.copy_from_slice(&raster.samples[from..from + stride]);
    }
    part
}

/// The mean difference of two rasters' samples; `None` where their shapes differ.
pub fn difference(one: &Raster, other: &Raster) -> Option<f64> {
    let alike = one.dimensions == other.dimensions && one.channels == other.channels;
    let sum = || one.samples.iter().zip(&other.samples).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
    alike.then(|| sum() as f64 / one.samples.len() as f64)
}

/// Width and height as the file itself says, by its media type.
pub fn dimensions(media_type: &str, file: &[u8]) -> Option<(u32, u32)> {
    let big = |at: usize| Some(u32::from_be_bytes(file.get(at..at + 4)?.try_into().ok()?));
    let little = |at: usize| Some(u32::from(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?)));
    let find = |what: &[u8]| file.windows(what.len()).position(|window| window == what);
    let number = |name: &str| {
        let text = &file[find(name.as_bytes())? + name.len()..];
        let digits: String = text.iter().map(|&b| b as char).take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let of = |size: Dimensions| (size.width, size.height);
    match media_type {
        "image/jpeg" | "image/png" => pixels(file).map(|raster| of(raster.dimensions)),
        "image/webp" => decode::webp(file, 1 << 28).ok().map(|raster| of(raster.dimensions)),
        "image/gif" => file.starts_with(b"GIF8").then_some((little(6)?, little(8)?)),
        "image/tiff" => tiff::decoder::Decoder::new(Cursor::new(file)).ok()?.dimensions().ok(),
        "image/jp2" => find(b"ihdr").and_then(|at| Some((big(at + 8)?, big(at + 4)?))),
        "image/avif" => find(b"ispe").and_then(|at| Some((big(at + 8)?, big(at + 12)?))),
        "application/pdf" => file.starts_with(b"%PDF").then_some((number("/Width ")?, number("/Height ")?)),
        _ => None,
    }
}

/// A picture that compresses badly, so that its tiles are large.
pub fn noisy(width: u32, height: u32) -> Raster {
    let mut raster = picture(width, height);
    let mut dice = super::Dice(0x9e37_79b9_7f4a_7c15);
    raster.samples.iter_mut().for_each(|sample| *sample = sample.wrapping_add(dice.below(48) as u8) / 2 + 40);
    raster
}
