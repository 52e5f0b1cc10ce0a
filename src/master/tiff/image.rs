//! One directory as an image whose samples can be read, or the reason why they cannot.

use std::sync::Arc;

use super::{blocks, cannot, lenient, old_jpeg};
use crate::container::tiff::tags::*;
use crate::container::tiff::{Directory, Layout};
use crate::iiif::Dimensions;
use crate::master::level::{Codec, Fax, Format, Grid, Level, Photometric, Predictor, YCbCr};
use crate::master::{PartialFile, Refused, Stop};
use crate::pixels::Alpha;

/// No image of use has more samples a pixel.
const MAX_SAMPLES: u64 = 64;

/// A directory whose whole numbers are looked up, with defaults.
struct Tags<'a> {
    held: &'a PartialFile,
    directory: &'a Directory,
}

impl Tags<'_> {
    fn number(&self, tag: u16, default: u64) -> Result<u64, Stop> {
        Ok(self.directory.number(self.held, tag)?.unwrap_or(default))
    }

    /// The same for tags that an image can do without.
    fn hint(&self, tag: u16, default: u64) -> Result<u64, Stop> {
        lenient(self.number(tag, default), default)
    }
}

pub fn dimensions(held: &PartialFile, directory: &Directory) -> Result<Dimensions, Stop> {
    let side = |tag| -> Result<u32, Stop> {
        let length = directory.number(held, tag)?.unwrap_or(0);
        u32::try_from(length)
            .ok()
            .filter(|length| (1..=1 << 24).contains(length))
            .ok_or_else(|| Refused::damaged(format!("a side is {length} pixels long")).into())
    };
    Ok(Dimensions::new(side(WIDTH)?, side(HEIGHT)?))
}

/// The image that a directory describes; `Unsupported` says why its samples cannot be read.
pub fn level(held: &PartialFile, layout: Layout, directory: &Directory) -> Result<Level, Stop> {
    let tags = Tags { held, directory };
    let dimensions = dimensions(held, directory)?;
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
    };
    if level.photometric == Photometric::YCbCr && (codec != Codec::Jpeg || level.separate) {
        level.ycbcr = Some(ycbcr(&tags)?);
    }
    readable(&level)?;
    if samples as usize > level.model().count() {
        level.alpha = match lenient(directory.numbers(held, EXTRA_SAMPLES, MAX_SAMPLES), Vec::new())?.first()
        {
            Some(1) => Alpha::Associated,
            Some(2) => Alpha::Straight,
            _ => Alpha::None,
        };
    }
    match codec {
        Codec::Jpeg => level.tables = directory.bytes(held, JPEG_TABLES, 64 << 10)?.map(Arc::from),
        Codec::OldJpeg if old_jpeg::is_one_stream(held, directory)? => {
            return old_jpeg::whole(held, directory, level);
        }
        Codec::OldJpeg => level.tables = old_jpeg::tables(held, directory, samples)?,
        _ => {}
    }
    // Arrays come last: a missing one is asked for together with all that follows.
    blocks::find(held, directory, &mut level)?;
    if codec == Codec::OldJpeg && level.tables.is_none() && !old_jpeg::are_streams(held, &level)? {
        return Err(cannot("it has old JPEG tiles whose tables are missing".into()));
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
    let all = tags.directory.numbers(tags.held, BITS, MAX_SAMPLES)?;
    let samples = tags.number(SAMPLES, all.len().max(1) as u64)?;
    if !(1..=MAX_SAMPLES).contains(&samples) {
        return Err(cannot(format!("its pixels have {samples} samples; 1 to {MAX_SAMPLES} are read")));
    }
    let bits = all.first().copied().unwrap_or(1);
    if all.iter().any(|&other| other != bits) {
        return Err(cannot(format!("its samples have {all:?} bits; samples of equal width are read")));
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
                _ => "a kind that is not known",
            };
            return Err(cannot(format!(
                "its compression is {name} ({other}); none, LZW, Deflate, PackBits, JPEG, WebP, Zstandard and fax are \
                 read, and `vips tiffsave IN OUT.tif --compression deflate` may make one of them of it"
            )));
        }
    })
}

fn photometric(tags: &Tags, codec: Codec, samples: u64, bits: u64) -> Result<Photometric, Stop> {
    // What libtiff takes a missing tag for.
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
        (other, _) => return Err(cannot(format!("its colors are of kind {other} with {samples} samples"))),
    })
}

fn palette(tags: &Tags, bits: u64) -> Result<Arc<[u16]>, Stop> {
    let wanted = 3 << bits;
    let colors: Vec<u16> =
        tags.directory.numbers(tags.held, PALETTE, wanted)?.into_iter().map(|v| v as u16).collect();
    if colors.len() as u64 != wanted {
        return Err(Refused::damaged(format!("its palette has {} of {wanted} values", colors.len())).into());
    }
    // Some writers fill bytes only.
    let narrow = colors.iter().all(|&value| value < 256);
    Ok(colors.into_iter().map(|value| if narrow { value * 257 } else { value }).collect())
}

/// How samples are to be read. Inks, palettes and L*a*b* have ranges of their own: what writers say of their signs
/// is of no account there (libtiff's own test files say it of plain CMYK), and a single bit has none.
fn format(tags: &Tags, photometric: &Photometric, bits: u64) -> Result<Format, Stop> {
    let signs = bits > 1
        && matches!(photometric, Photometric::WhiteIsZero | Photometric::BlackIsZero | Photometric::Rgb);
    let format = match tags.number(SAMPLE_FORMAT, 1)? {
        2 if signs => Format::Signed,
        0..=2 | 4 => Format::Unsigned,
        3 => Format::Float,
        other => return Err(cannot(format!("its samples are of kind {other}"))),
    };
    let sound = match format {
        Format::Float => matches!(bits, 16 | 24 | 32 | 64),
        _ => matches!(bits, 1..=16 | 24 | 32),
    };
    if !sound {
        return Err(cannot(format!("its samples have {bits} bits; 1 to 16, 24 and 32 are read")));
    }
    Ok(format)
}

fn predictor(tags: &Tags, codec: Codec, format: Format, bits: u64) -> Result<Predictor, Stop> {
    // Other compressions have none, whatever the tag says.
    if !matches!(codec, Codec::Lzw | Codec::Deflate | Codec::Zstd) {
        return Ok(Predictor::None);
    }
    match tags.number(PREDICTOR, 1)? {
        0 | 1 => Ok(Predictor::None),
        2 if matches!(bits, 8 | 16 | 32 | 64) => Ok(Predictor::Horizontal),
        3 if format == Format::Float => Ok(Predictor::Float),
        other => Err(cannot(format!("its predictor is of kind {other} for samples of {bits} bits"))),
    }
}

fn ycbcr(tags: &Tags) -> Result<YCbCr, Stop> {
    let subsampling = lenient(tags.directory.numbers(tags.held, YCBCR_SUBSAMPLING, 2), Vec::new())?;
    let (across, down) = match subsampling[..] {
        [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => (across as u32, down as u32),
        [] => (2, 2),
        _ => return Err(cannot(format!("its color is subsampled by {subsampling:?}; 1, 2 and 4 are read"))),
    };
    fn list<const N: usize>(tags: &Tags, tag: u16, default: [f32; N]) -> Result<[f32; N], Stop> {
        let found = lenient(tags.directory.fractions(tags.held, tag, N as u64), Vec::new())?;
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
    let sound = reference.chunks_exact(2).all(|pair| pair[1] > pair[0]);
    Ok(YCbCr { across, down, luma, reference: if sound { reference } else { usual } })
}

/// Refuses combinations that no tile could be read of.
fn readable(level: &Level) -> Result<(), Stop> {
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
    Err(cannot(format!(
        "it has {kind} of {samples} samples of {bits} bits ({numbers}{planes}), which are not read; \
         `vips tiffsave IN OUT.tif --compression deflate` may make a TIFF of it that is"
    )))
}
