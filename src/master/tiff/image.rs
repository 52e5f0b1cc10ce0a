//! Parses a directory into the description of an image, or the reason why it is not supported.

use std::sync::Arc;

use super::{blocks, lenient, old_jpeg, unsupported};
use crate::container::tiff::tags::*;
use crate::container::tiff::{Directory, Layout};
use crate::iiif::Dimensions;
use crate::master::level::{Codec, Fax, Format, Grid, Level, Photometric, Predictor, YCbCr};
use crate::master::{PartialFile, Refused, Stop};
use crate::pixels::Alpha;

/// The most samples per pixel.
const MAX_SAMPLES: u64 = 64;

/// Looks up integers in a directory, with defaults.
struct Tags<'a> {
    file: &'a PartialFile,
    directory: &'a Directory,
}

impl Tags<'_> {
    fn number(&self, tag: u16, default: u64) -> Result<u64, Stop> {
        Ok(self.directory.number(self.file, tag)?.unwrap_or(default))
    }

    /// The integer of a tag that is not essential: a malformed tag counts as missing.
    fn hint(&self, tag: u16, default: u64) -> Result<u64, Stop> {
        lenient(self.number(tag, default), default)
    }
}

pub(super) fn dimensions(file: &PartialFile, directory: &Directory) -> Result<Dimensions, Stop> {
    let side = |tag| -> Result<u32, Stop> {
        let length = directory.number(file, tag)?.unwrap_or(0);
        u32::try_from(length)
            .ok()
            .filter(|length| (1..=1 << 24).contains(length))
            .ok_or_else(|| Refused::damaged(format!("a side is {length} pixels long")).into())
    };
    Ok(Dimensions::new(side(WIDTH)?, side(HEIGHT)?))
}

/// The image that a directory describes.
///
/// # Errors
///
/// [`Refused::Unsupported`] with the reason why its samples cannot be decoded.
pub(super) fn level(file: &PartialFile, layout: Layout, directory: &Directory) -> Result<Level, Stop> {
    let tags = Tags { file, directory };
    let dimensions = dimensions(file, directory)?;
    let in_strips = !directory.has(TILE_WIDTH);
    let tile = if in_strips { dimensions } else { tile(&tags)? };
    let (samples, bits) = samples_and_bits(&tags)?;
    let codec = codec(&tags)?;
    let photometric = photometric(&tags, codec, samples, bits)?;
    let format = format(&tags, &photometric, bits)?;
    let predictor = predictor(&tags, codec, format, bits)?;
    let mut level = Level {
        dimensions,
        grid: Grid { image: dimensions, tile },
        codec,
        bits: bits as u8,
        format,
        photometric,
        samples: samples as u8,
        alpha: Alpha::None,
        predictor,
        big_endian: layout.big_endian,
        lowest_first: tags.hint(FILL_ORDER, 1)? == 2,
        ycbcr: None,
        separate: tags.number(PLANAR, 1)? != 1 && samples > 1,
        in_strips,
        tables: None,
        tiles: Vec::new(),
        checksums: Vec::new(),
    };
    if level.photometric == Photometric::YCbCr && (codec != Codec::Jpeg || level.separate) {
        level.ycbcr = Some(ycbcr(&tags)?);
    }
    check_supported(&level)?;
    if samples as usize > level.model().count() {
        level.alpha = match lenient(directory.numbers(file, EXTRA_SAMPLES, MAX_SAMPLES), Vec::new())?.first()
        {
            Some(1) => Alpha::Associated,
            Some(2) => Alpha::Straight,
            _ => Alpha::None,
        };
    }
    match codec {
        Codec::Jpeg => level.tables = directory.bytes(file, JPEG_TABLES, 64 << 10)?.map(Arc::from),
        Codec::OldJpeg if old_jpeg::is_one_stream(file, directory)? => {
            return old_jpeg::one_stream(file, directory, level);
        }
        Codec::OldJpeg => level.tables = old_jpeg::tables(file, directory, samples)?,
        _ => {}
    }
    // Arrays come last, because a missing array is fetched together with the bytes after it.
    blocks::find(file, directory, &mut level)?;
    if codec == Codec::OldJpeg && level.tables.is_none() && !old_jpeg::are_streams(file, &level)? {
        return Err(unsupported("it has old-style JPEG tiles whose tables are missing".into()));
    }
    Ok(level)
}

fn tile(tags: &Tags) -> Result<Dimensions, Stop> {
    let side = |tag| match tags.number(tag, 0)? {
        length @ 1..=16384 => Ok(length as u32),
        length => Err(Stop::from(Refused::damaged(format!("its tiles have a side of {length} pixels")))),
    };
    Ok(Dimensions::new(side(TILE_WIDTH)?, side(TILE_HEIGHT)?))
}

fn samples_and_bits(tags: &Tags) -> Result<(u64, u64), Stop> {
    let all = tags.directory.numbers(tags.file, BITS, MAX_SAMPLES)?;
    let samples = tags.number(SAMPLES, all.len().max(1) as u64)?;
    if !(1..=MAX_SAMPLES).contains(&samples) {
        return Err(unsupported(format!(
            "its pixels have {samples} samples; 1 to {MAX_SAMPLES} are supported"
        )));
    }
    let bits = all.first().copied().unwrap_or(1);
    if all.iter().any(|&other| other != bits) {
        return Err(unsupported(format!(
            "its samples have {all:?} bits; samples of equal width are supported"
        )));
    }
    Ok((samples, bits))
}

fn codec(tags: &Tags) -> Result<Codec, Stop> {
    Ok(match tags.number(COMPRESSION, 1)? {
        0 | 1 => Codec::None,
        2 => Codec::Fax(Fax::Runs { unit: 1 }),
        3 => Codec::Fax(Fax::Group3 { two_dimensional: tags.hint(GROUP3_OPTIONS, 0)? & 1 != 0 }),
        4 => Codec::Fax(Fax::Group4),
        5 => Codec::Lzw,
        6 => Codec::OldJpeg,
        7 => Codec::Jpeg,
        8 | 32946 => Codec::Deflate,
        32771 => Codec::Fax(Fax::Runs { unit: 2 }),
        32773 => Codec::PackBits,
        50000 => Codec::Zstd,
        50001 => Codec::Webp,
        other => {
            let name = match other {
                34661 => "JBIG",
                34676 | 34677 => "SGI LogLuv",
                34712 | 33003..=33005 => "JPEG 2000",
                34925 => "LZMA",
                34887 => "LERC",
                50002 => "JPEG XL",
                _ => "unknown",
            };
            return Err(unsupported(format!(
                "its compression is {name} ({other}); none, LZW, Deflate, PackBits, JPEG, WebP, Zstandard and fax are \
                 supported; `vips tiffsave IN OUT.tif --compression deflate` may convert it"
            )));
        }
    })
}

fn photometric(tags: &Tags, codec: Codec, samples: u64, bits: u64) -> Result<Photometric, Stop> {
    // libtiff's defaults for a missing tag.
    let default = match (codec, samples) {
        (Codec::Fax(_), _) => 0,
        (_, 3..) => 2,
        _ => 1,
    };
    Ok(match (tags.number(PHOTOMETRIC, default)?, samples) {
        (0, 1..) => Photometric::WhiteIsZero,
        // Luma alone is gray.
        (1, 1..) | (6, 1) => Photometric::BlackIsZero,
        (2, 3..) => Photometric::Rgb,
        (3, 1..) if bits <= 16 => Photometric::Palette(palette(tags, bits)?),
        (5, 4..) if tags.number(INK_SET, 1)? == 1 => Photometric::Cmyk,
        (6, 3) => Photometric::YCbCr,
        (8, 3..) => Photometric::CieLab,
        (9, 3..) => Photometric::IccLab,
        (other, _) => {
            return Err(unsupported(format!(
                "its photometric interpretation is {other} with {samples} samples, which is not supported"
            )));
        }
    })
}

fn palette(tags: &Tags, bits: u64) -> Result<Arc<[u16]>, Stop> {
    let wanted = 3 << bits;
    let colors: Vec<u16> =
        tags.directory.numbers(tags.file, PALETTE, wanted)?.into_iter().map(|v| v as u16).collect();
    if colors.len() as u64 != wanted {
        return Err(Refused::damaged(format!("its palette has {} of {wanted} values", colors.len())).into());
    }
    // Some writers use only the range of a byte.
    let narrow = colors.iter().all(|&value| value < 256);
    Ok(colors.into_iter().map(|value| if narrow { value * 257 } else { value }).collect())
}

/// The number format of samples. Signs are ignored for inks, palettes and L*a*b*, which have ranges of their own
/// (libtiff's test files declare plain CMYK as signed), and for single bits.
fn format(tags: &Tags, photometric: &Photometric, bits: u64) -> Result<Format, Stop> {
    let signs = bits > 1
        && matches!(photometric, Photometric::WhiteIsZero | Photometric::BlackIsZero | Photometric::Rgb);
    let format = match tags.number(SAMPLE_FORMAT, 1)? {
        2 if signs => Format::Signed,
        0..=2 | 4 => Format::Unsigned,
        3 => Format::Float,
        other => return Err(unsupported(format!("its sample format is {other}, which is not supported"))),
    };
    let is_sound = match format {
        Format::Float => matches!(bits, 16 | 24 | 32 | 64),
        _ => matches!(bits, 1..=16 | 24 | 32),
    };
    if !is_sound {
        return Err(unsupported(format!("its samples have {bits} bits; 1 to 16, 24 and 32 are supported")));
    }
    Ok(format)
}

fn predictor(tags: &Tags, codec: Codec, format: Format, bits: u64) -> Result<Predictor, Stop> {
    // Other compressions have no predictor, regardless of the tag.
    if !matches!(codec, Codec::Lzw | Codec::Deflate | Codec::Zstd) {
        return Ok(Predictor::None);
    }
    match tags.number(PREDICTOR, 1)? {
        0 | 1 => Ok(Predictor::None),
        2 if matches!(bits, 8 | 16 | 32 | 64) => Ok(Predictor::Horizontal),
        3 if format == Format::Float => Ok(Predictor::Float),
        other => Err(unsupported(format!(
            "its predictor is {other} for samples of {bits} bits, which is not supported"
        ))),
    }
}

fn ycbcr(tags: &Tags) -> Result<YCbCr, Stop> {
    let subsampling = lenient(tags.directory.numbers(tags.file, YCBCR_SUBSAMPLING, 2), Vec::new())?;
    let (across, down) = match subsampling[..] {
        [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => (across as u32, down as u32),
        [] => (2, 2),
        _ => {
            return Err(unsupported(format!(
                "its color is subsampled by {subsampling:?}; 1, 2 and 4 are supported"
            )));
        }
    };
    fn list<const N: usize>(tags: &Tags, tag: u16, default: [f32; N]) -> Result<[f32; N], Stop> {
        let found = lenient(tags.directory.rationals(tags.file, tag, N as u64), Vec::new())?;
        let found: Vec<f32> = found.into_iter().map(|value| value as f32).collect();
        Ok(<[f32; N]>::try_from(found)
            .ok()
            .filter(|list| list.iter().all(|v| v.is_finite()))
            .unwrap_or(default))
    }
    let luma = list(tags, YCBCR_COEFFICIENTS, [0.299, 0.587, 0.114])?;
    let luma = if luma[1] > 0.0 { luma } else { [0.299, 0.587, 0.114] };
    let usual = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0];
    let reference = list(tags, REFERENCE_BLACK_WHITE, usual)?;
    let is_sound = reference.chunks_exact(2).all(|pair| pair[1] > pair[0]);
    Ok(YCbCr { across, down, luma, reference: if is_sound { reference } else { usual } })
}

/// Refuses combinations that cannot be decoded.
fn check_supported(level: &Level) -> Result<(), Stop> {
    let Level { samples, bits, separate, format, .. } = *level;
    let shared = level.ycbcr.is_some_and(|ycbcr| ycbcr.across * ycbcr.down > 1);
    let kind = match (level.codec, &level.photometric) {
        (Codec::Jpeg | Codec::OldJpeg, _) if bits != 8 || samples > 4 => "JPEG tiles",
        (Codec::OldJpeg, _) if separate || !matches!(samples, 1 | 3) => "old JPEG tiles",
        (Codec::Webp, photometric)
            if bits != 8
                || separate
                || !matches!((samples, photometric), (3 | 4, Photometric::Rgb) | (4, Photometric::Cmyk)) =>
        {
            "WebP tiles"
        }
        (Codec::Fax(_), _) if bits != 1 || (samples > 1 && !separate) => "fax rows",
        (_, Photometric::YCbCr) if bits != 8 => "YCbCr samples",
        (_, Photometric::YCbCr) if shared && (separate || level.predictor != Predictor::None) => {
            "subsampled YCbCr"
        }
        (_, Photometric::CieLab | Photometric::IccLab)
            if !matches!(bits, 8 | 16) || format == Format::Float =>
        {
            "L*a*b* colors"
        }
        (_, Photometric::Palette(_)) if format == Format::Float => "palette indexes",
        _ => return Ok(()),
    };
    let numbers = match format {
        Format::Unsigned => "Unsigned",
        Format::Signed => "Signed",
        Format::Float => "Float",
    };
    let planes = if separate { ", in separate planes" } else { "" };
    Err(unsupported(format!(
        "it has {kind} of {samples} samples of {bits} bits ({numbers}{planes}), which are not supported; \
         `vips tiffsave IN OUT.tif --compression deflate` may convert it to a TIFF that is"
    )))
}
