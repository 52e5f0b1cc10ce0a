//! Generates masters, and decodes responses.

use std::io::Cursor;

use super::tiffs::Tiff;
use tegl::iiif::Dimensions;
use tegl::master::Orientation;
use tegl::master::write::{Compression, Recipe, Reduced, Writer};
use tegl::metadata::EmbeddedMetadata;
use tegl::pixels::color::{Conversion, Output};
use tegl::pixels::{Channels, Raster, ReadAt, Subsampling, decode, encode, jpeg, read_rows};

/// The size of most test pictures; neither side is a multiple of the tile size.
pub(crate) const WIDTH: u32 = 1500;
pub(crate) const HEIGHT: u32 = 1100;

/// A smooth picture in which no two regions look alike.
pub(crate) fn picture(width: u32, height: u32) -> Raster {
    let mut raster = Raster::blank(Dimensions::new(width, height), Channels::Rgb);
    for (n, pixel) in raster.samples.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((n as u32 % width) as f32, (n as u32 / width) as f32);
        pixel[0] = (255.0 * x / width as f32) as u8;
        pixel[1] = (255.0 * y / height as f32) as u8;
        pixel[2] = (128.0 + 100.0 * (x / 61.0).sin() * (y / 47.0).cos()) as u8;
    }
    raster
}

pub(crate) fn pyramid(raster: &Raster, side: u32, compression: Compression) -> Vec<u8> {
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
    writer.push(raster.samples.clone()).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    file
}

pub(crate) fn jpeg_pyramid(raster: &Raster, side: u32) -> Vec<u8> {
    pyramid(raster, side, Compression::Jpeg { quality: 90, subsampling: Subsampling::S420 })
}

pub(crate) fn plain_jpeg(raster: &Raster) -> Vec<u8> {
    jpeg::encode(raster, 90, Subsampling::S420, &EmbeddedMetadata::default()).unwrap()
}

/// A JPEG with this EXIF orientation.
pub(crate) fn rotated_jpeg(raster: &Raster, orientation: u8) -> Vec<u8> {
    let mut app1 = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    app1.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut file = vec![0xff, 0xd8, 0xff, 0xe1];
    file.extend((app1.len() as u16 + 2).to_be_bytes());
    file.extend(app1);
    file.extend(&plain_jpeg(raster)[2..]);
    file
}

pub(crate) fn png(raster: &Raster) -> Vec<u8> {
    encode::png(raster, &EmbeddedMetadata::default()).unwrap()
}

pub(crate) fn jp2(raster: &Raster) -> Vec<u8> {
    encode::jp2(raster, &EmbeddedMetadata::default()).unwrap()
}

pub(crate) fn webp(raster: &Raster) -> Vec<u8> {
    encode::webp(raster, &EmbeddedMetadata::default()).unwrap()
}

/// A TIFF in strips, as most programs write it.
pub(crate) fn striped_tiff(raster: &Raster) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut file).unwrap();
    let Dimensions { width, height } = raster.dimensions;
    encoder.write_image::<tiff::encoder::colortype::RGB8>(width, height, &raster.samples).unwrap();
    file.into_inner()
}

/// Decodes a JPEG or PNG.
pub(crate) fn pixels(file: &[u8]) -> Option<Raster> {
    if file.starts_with(b"\x89PNG") {
        return png_pixels(file);
    }
    jpeg::decode(file, 1, 1 << 28).ok().map(|picture| picture.into_packed())
}

fn png_pixels(file: &[u8]) -> Option<Raster> {
    let file: std::sync::Arc<dyn ReadAt> = std::sync::Arc::new(bytes::Bytes::copy_from_slice(file));
    let raw = read_rows(decode::png_rows(file, 1 << 28).ok()?, 1 << 28).ok()?;
    Some(Conversion::new(None, raw.model, Output::Srgb).convert(raw))
}

/// Crops a raster at (x, y).
pub(crate) fn crop(raster: &Raster, x: u32, y: u32, width: u32, height: u32) -> Raster {
    let mut part = Raster::blank(Dimensions::new(width, height), raster.channels);
    let (stride, count) = (part.stride(), raster.channels.count());
    for (row, samples) in part.samples.chunks_exact_mut(stride).enumerate() {
        let from = (y as usize + row) * raster.stride() + x as usize * count;
        samples.copy_from_slice(&raster.samples[from..from + stride]);
    }
    part
}

/// The mean absolute difference of two rasters' samples; `None` if their shapes differ.
pub(crate) fn difference(one: &Raster, other: &Raster) -> Option<f64> {
    let alike = one.dimensions == other.dimensions && one.channels == other.channels;
    let sum = || one.samples.iter().zip(&other.samples).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
    alike.then(|| sum() as f64 / one.samples.len() as f64)
}

/// The width and height stated by a file of this media type.
pub(crate) fn dimensions(media_type: &str, file: &[u8]) -> Option<(u32, u32)> {
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
pub(crate) fn noisy(width: u32, height: u32) -> Raster {
    let mut raster = picture(width, height);
    let mut random = super::Random(0x9e37_79b9_7f4a_7c15);
    raster
        .samples
        .iter_mut()
        .for_each(|sample| *sample = sample.wrapping_add(random.below(48) as u8) / 2 + 40);
    raster
}

/// Masters of every supported kind with their names, all of the same picture; upright, they have the size of `raster`.
pub(crate) fn every_kind(raster: &Raster) -> Vec<(String, Vec<u8>)> {
    let Dimensions { width, height } = raster.dimensions;
    let pixels = || raster.samples.chunks_exact(3);
    let tiff = |photometric, layout, data| Tiff::new(width, height, photometric, layout, data);
    let rgb = || tiff(2, (3, 8), raster.samples.clone());
    let wide: Vec<u8> = raster.samples.iter().flat_map(|&s| (u16::from(s) * 257).to_le_bytes()).collect();
    let planes: Vec<u8> = (0..3).flat_map(|n| pixels().map(move |pixel| pixel[n])).collect();
    let ink = pixels().flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], p[2] / 8]).collect();
    let lab = pixels().flat_map(|p| [p[0], p[1] / 4, (p[2] / 4).wrapping_sub(32)]).collect();
    let rgba = pixels().flat_map(|p| [p[0], p[1], p[2], 40 + p[1] / 2]).collect();
    let gray: Vec<u8> = pixels().map(|p| p[0] / 2 + p[2] / 2).collect();
    let palette = (0..768u32).map(|n| ((n % 256 * (n / 256 + 1) * 257) & 0xffff) as u16).collect();
    let palette = Tiff { palette, ..tiff(3, (1, 8), pixels().map(|p| p[0] / 8).collect()) };
    let mut masters = vec![
        ("adobe-16.tif".to_owned(), Tiff { icc: adobe_rgb(), ..tiff(2, (3, 16), wide) }.file()),
        ("cmyk.tif".into(), tiff(5, (4, 8), ink).file()),
        ("gray.tif".into(), tiff(1, (1, 8), gray).file()),
        ("lab.tif".into(), tiff(8, (3, 8), lab).file()),
        ("lzw.tif".into(), Tiff { lzw: true, ..rgb() }.file()),
        ("palette.tif".into(), palette.file()),
        ("planar.tif".into(), Tiff { planar: true, ..tiff(2, (3, 8), planes) }.file()),
        ("rgba.tif".into(), Tiff { extra: Some(2), ..tiff(2, (4, 8), rgba) }.file()),
        ("plain.jpg".into(), plain_jpeg(raster)),
        ("plain.jp2".into(), encode::jp2(raster, &EmbeddedMetadata::default()).unwrap()),
        ("plain.png".into(), png(raster)),
        ("plain.webp".into(), webp(raster)),
    ];
    for orientation in 2..=8 {
        let stored = unrotated(raster, orientation);
        let Dimensions { width, height } = stored.dimensions;
        let turned = Tiff { orientation, ..Tiff::new(width, height, 2, (3, 8), stored.samples) };
        masters.push((format!("turned-{orientation}.tif"), turned.file()));
    }
    masters
}

/// The raster as stored in a file of this orientation (TIFF 6.0, Orientation).
pub(crate) fn unrotated(raster: &Raster, orientation: u16) -> Raster {
    let Dimensions { width, height } = raster.dimensions;
    let stored = if orientation < 5 { raster.dimensions } else { Dimensions::new(height, width) };
    let mut laid = Raster::blank(stored, raster.channels);
    for (n, pixel) in laid.samples.chunks_exact_mut(3).enumerate() {
        // The orientation maps stored rows and columns to their position in the upright image.
        let (row, column) = (n as u32 / stored.width, n as u32 % stored.width);
        let (x, y) = match orientation {
            2 => (width - 1 - column, row),
            3 => (width - 1 - column, height - 1 - row),
            4 => (column, height - 1 - row),
            5 => (row, column),
            6 => (width - 1 - row, column),
            7 => (width - 1 - row, height - 1 - column),
            8 => (row, height - 1 - column),
            _ => (column, row),
        };
        let at = y as usize * raster.stride() + x as usize * 3;
        pixel.copy_from_slice(&raster.samples[at..at + 3]);
    }
    laid
}

/// A profile with the primaries and gamma of Adobe RGB (1998).
pub(crate) fn adobe_rgb() -> Vec<u8> {
    let point = |x, y| lcms2::CIExyY { x, y, Y: 1.0 };
    let primaries =
        lcms2::CIExyYTRIPLE { Red: point(0.64, 0.33), Green: point(0.21, 0.71), Blue: point(0.15, 0.06) };
    let gamma = lcms2::ToneCurve::new(563.0 / 256.0);
    let profile = lcms2::Profile::new_rgb(&point(0.3127, 0.329), &primaries, &[&gamma, &gamma, &gamma]);
    profile.unwrap().icc().unwrap()
}

/// Samples of colored bands, which are fast to generate, for masters of which only the size matters.
pub(crate) fn color_bands(width: u32, height: u32) -> Vec<u8> {
    let row: Vec<u8> = (0..width * 3).map(|n| (n / 61 + n % 3 * 50) as u8).collect();
    (0..height as usize)
        .flat_map(|y| row.iter().map(move |sample| sample.wrapping_add((y / 40) as u8)))
        .collect()
}
