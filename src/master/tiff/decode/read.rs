//! Converts decompressed bytes to samples of full range, in a color model that conversions support.

use super::WHAT;
use crate::iiif::Dimensions;
use crate::master::{Format, Level, Photometric, Predictor};
use crate::pixels::{Alpha, Error, Model, Raw, Samples};

/// Reads rows of `width` pixels with `count` samples each; a separate plane has one. Signed samples are mapped to the
/// full range, the lowest to 0.
pub(super) fn numbers(level: &Level, mut bytes: Vec<u8>, width: u32, count: usize) -> Result<Samples, Error> {
    let row = width as usize * count;
    let palette = matches!(level.photometric, Photometric::Palette(_));
    // Flips the highest bit, so that the lowest number becomes 0.
    let sign = |bits: u8| if level.format == Format::Signed { 1u32 << (bits - 1) } else { 0 };
    let predicted = level.predictor == Predictor::Horizontal;
    match (level.bits, level.format) {
        (8, _) => {
            if predicted {
                undo_differences(&mut bytes, row, count, u8::wrapping_add);
            }
            if level.format == Format::Signed {
                bytes.iter_mut().for_each(|sample| *sample ^= 0x80);
            }
            Ok(Samples::U8(bytes))
        }
        (_, Format::Float) => floats(level, bytes, row, count),
        (16, _) => {
            let mut wide = integers::<2, u16>(level, &bytes, u16::from_le_bytes);
            if predicted {
                undo_differences(&mut wide, row, count, u16::wrapping_add);
            }
            if level.format == Format::Signed {
                wide.iter_mut().for_each(|sample| *sample ^= 0x8000);
            }
            Ok(Samples::U16(wide))
        }
        (24, _) => {
            let sign = (sign(24) >> 8) as u16;
            Ok(Samples::U16(integers::<3, u16>(level, &bytes, |b| u16::from_le_bytes([b[1], b[2]]) ^ sign)))
        }
        (32, _) => {
            let mut wide = integers::<4, u32>(level, &bytes, u32::from_le_bytes);
            if predicted {
                undo_differences(&mut wide, row, count, u32::wrapping_add);
            }
            let sign = sign(32);
            Ok(Samples::U16(wide.into_iter().map(|sample| ((sample ^ sign) >> 16) as u16).collect()))
        }
        (bits @ 1..8, _) => {
            let max = if palette { 1 } else { 255 / ((1u32 << bits) - 1) };
            let rest = if palette { 0 } else { 255 % ((1u32 << bits) - 1) };
            let (scale, sign) = ((1u32 << bits) - 1, sign(bits));
            let value = |v: u32| ((v ^ sign) * max + ((v ^ sign) * rest + scale / 2) / scale) as u8;
            Ok(Samples::U8(bit_rows(&bytes, row, bits).map(value).collect()))
        }
        (bits @ 9..16, _) => {
            let (scale, sign) = ((1u32 << bits) - 1, sign(bits));
            let wide = |v: u32| ((v * 65_535 + scale / 2) / scale) as u16;
            let value = |v: u32| if palette { v as u16 } else { wide(v ^ sign) };
            Ok(Samples::U16(bit_rows(&bytes, row, bits).map(value).collect()))
        }
        (bits, _) => {
            Err(Error::Unsupported(format!("samples of {bits} bits are not supported; 8 and 16 are")))
        }
    }
}

/// Undoes the predictor: each sample is a difference from its left neighbor.
fn undo_differences<T: Copy + Default>(
    samples: &mut [T],
    row: usize,
    count: usize,
    add: impl Fn(T, T) -> T + Copy,
) {
    let rows = samples.chunks_exact_mut(row.max(1));
    match count {
        1 => rows.for_each(|row| undo_row_differences::<T, 1>(row, add)),
        3 => rows.for_each(|row| undo_row_differences::<T, 3>(row, add)),
        4 => rows.for_each(|row| undo_row_differences::<T, 4>(row, add)),
        _ => rows.for_each(|row| {
            for n in count..row.len() {
                row[n] = add(row[n], row[n - count]);
            }
        }),
    }
}

/// Like [`undo_differences`] for a constant number of samples per pixel, which is faster.
fn undo_row_differences<T: Copy + Default, const N: usize>(row: &mut [T], add: impl Fn(T, T) -> T) {
    let mut left = [T::default(); N];
    for pixel in row.as_chunks_mut::<N>().0 {
        for n in 0..N {
            left[n] = add(pixel[n], left[n]);
        }
        *pixel = left;
    }
}

/// Integers of `N` bytes in the file's byte order.
fn integers<const N: usize, T>(level: &Level, bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let value = |raw: &[u8]| {
        let mut word = [0; N];
        word.copy_from_slice(raw);
        if level.big_endian {
            word.reverse();
        }
        read(word)
    };
    bytes.chunks_exact(N).map(value).collect()
}

/// Integers of `bits` bits, highest bit first; each row starts at a new byte.
fn bit_rows(bytes: &[u8], row: usize, bits: u8) -> impl Iterator<Item = u32> {
    let (bits, stride) = (usize::from(bits), (row * usize::from(bits)).div_ceil(8));
    bytes.chunks_exact(stride.max(1)).flat_map(move |bytes| {
        (0..row).map(move |n| {
            let at = n * bits;
            let byte = |n: usize| u32::from(bytes.get(at / 8 + n).copied().unwrap_or(0));
            let window = byte(0) << 16 | byte(1) << 8 | byte(2);
            window >> (24 - at % 8 - bits) & ((1 << bits) - 1)
        })
    })
}

/// Maps 0.0 to 1.0 to the full range; values outside are clipped.
fn floats(level: &Level, mut bytes: Vec<u8>, row: usize, count: usize) -> Result<Samples, Error> {
    let width = usize::from(level.bits / 8);
    let mut swapped = level.big_endian;
    if level.predictor == Predictor::Float {
        for row in bytes.chunks_exact_mut(row * width) {
            for n in count..row.len() {
                row[n] = row[n].wrapping_add(row[n - count]);
            }
            // Bytes of equal significance are stored together, the highest first, regardless of the file's byte order.
            let planes = row.to_vec();
            for (n, sample) in row.chunks_exact_mut(width).enumerate() {
                for (weight, byte) in sample.iter_mut().enumerate() {
                    *byte = planes[weight * (planes.len() / width) + n];
                }
            }
        }
        swapped = true;
    }
    if level.predictor == Predictor::Horizontal {
        bytes = undo_float_differences(level, &bytes, row, count);
        swapped = false;
    }
    let value = |raw: &[u8]| -> f64 {
        let mut raw = raw.to_vec();
        if swapped {
            raw.reverse();
        }
        match raw[..] {
            [a, b] => half(u16::from_le_bytes([a, b])),
            [a, b, c] => f64::from(f32::from_bits(short_float(u32::from_le_bytes([a, b, c, 0])))),
            [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => 0.0,
        }
    };
    let wide = |value: f64| (value.clamp(0.0, 1.0) * 65_535.0 + 0.5) as u16;
    Ok(Samples::U16(bytes.chunks_exact(width).map(|raw| wide(value(raw))).collect()))
}

/// Undoes differences of the numbers' bits as integers; the result is little-endian.
fn undo_float_differences(level: &Level, bytes: &[u8], row: usize, count: usize) -> Vec<u8> {
    match level.bits {
        16 => {
            let mut words = integers::<2, u16>(level, bytes, u16::from_le_bytes);
            undo_differences(&mut words, row, count, u16::wrapping_add);
            words.into_iter().flat_map(u16::to_le_bytes).collect()
        }
        32 => {
            let mut words = integers::<4, u32>(level, bytes, u32::from_le_bytes);
            undo_differences(&mut words, row, count, u32::wrapping_add);
            words.into_iter().flat_map(u32::to_le_bytes).collect()
        }
        _ => {
            let mut words = integers::<8, u64>(level, bytes, u64::from_le_bytes);
            undo_differences(&mut words, row, count, u64::wrapping_add);
            words.into_iter().flat_map(u64::to_le_bytes).collect()
        }
    }
}

/// The value of an IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 => f64::INFINITY,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

/// Converts 24 bits (1 sign, 7 exponent, 16 fraction) to 32 (TIFF tech note 3).
fn short_float(bits: u32) -> u32 {
    let (sign, exponent, fraction) = (bits >> 23 & 1, bits >> 16 & 127, bits & 0xffff);
    match exponent {
        0 => sign << 31,
        127 => sign << 31 | 255 << 23,
        _ => sign << 31 | (exponent + 64) << 23 | fraction << 7,
    }
}

/// Interprets interleaved samples by the level's photometric interpretation; extra samples other than alpha are dropped.
pub(super) fn interpret(level: &Level, dimensions: Dimensions, samples: Samples) -> Result<Raw, Error> {
    let (model, alpha) = (level.model(), level.alpha);
    let wanted = dimensions.area() * u64::from(level.samples);
    if samples.len() as u64 != wanted {
        return Err(Error::damaged(WHAT, format!("it holds {} samples instead of {wanted}", samples.len())));
    }
    let count = usize::from(level.samples);
    let samples = match (&level.photometric, samples) {
        (Photometric::Palette(palette), samples) => {
            return Ok(Raw {
                dimensions,
                model,
                alpha: Alpha::None,
                samples: apply_palette(palette, samples, count),
            });
        }
        (_, Samples::U8(samples)) => {
            Samples::U8(first_samples(samples, count, model.count() + usize::from(alpha != Alpha::None)))
        }
        (_, Samples::U16(samples)) => {
            Samples::U16(first_samples(samples, count, model.count() + usize::from(alpha != Alpha::None)))
        }
    };
    let raw = Raw { dimensions, model, alpha, samples };
    Ok(match level.photometric {
        Photometric::WhiteIsZero => inverted(raw),
        Photometric::CieLab | Photometric::IccLab => lab(raw, level),
        _ => raw,
    })
}

/// Keeps the first `keep` of each `count` samples.
fn first_samples<T: Copy>(samples: Vec<T>, count: usize, keep: usize) -> Vec<T> {
    if count == keep {
        return samples;
    }
    samples.chunks_exact(count).flat_map(|pixel| &pixel[..keep]).copied().collect()
}

fn apply_palette(palette: &[u16], samples: Samples, count: usize) -> Samples {
    let colors = palette.len() / 3;
    let color = |index: usize| {
        let index = index.min(colors - 1);
        [0, 1, 2].map(|n| ((u32::from(palette[n * colors + index]) + 128) / 257) as u8)
    };
    Samples::U8(match samples {
        Samples::U8(samples) => {
            samples.iter().step_by(count).flat_map(|&at| color(usize::from(at))).collect()
        }
        Samples::U16(samples) => {
            samples.iter().step_by(count).flat_map(|&at| color(usize::from(at))).collect()
        }
    })
}

fn inverted(mut raw: Raw) -> Raw {
    let count = raw.shape().count();
    match &mut raw.samples {
        Samples::U8(samples) => samples.iter_mut().step_by(count).for_each(|sample| *sample = !*sample),
        Samples::U16(samples) => samples.iter_mut().step_by(count).for_each(|sample| *sample = !*sample),
    }
    raw
}

/// Converts L*a*b* from TIFF's encoding to ICC's.
fn lab(mut raw: Raw, level: &Level) -> Raw {
    let (count, signed) = (raw.shape().count(), level.photometric == Photometric::CieLab);
    match &mut raw.samples {
        Samples::U8(samples) if signed => samples.chunks_exact_mut(count).for_each(|pixel| {
            pixel[1] = pixel[1].wrapping_add(128);
            pixel[2] = pixel[2].wrapping_add(128);
        }),
        Samples::U8(_) => {}
        Samples::U16(samples) => samples.chunks_exact_mut(count).for_each(|pixel| {
            let wide = |value: f32| (value.clamp(0.0, 65_535.0) + 0.5) as u16;
            if signed {
                let offset = |value: u16| wide((f32::from(value as i16) / 256.0 + 128.0) * 257.0);
                (pixel[1], pixel[2]) = (offset(pixel[1]), offset(pixel[2]));
            } else {
                // Version 2 of ICC's encoding: 0xff00 is 100 or 127.
                pixel[..3]
                    .iter_mut()
                    .for_each(|value| *value = wide(f32::from(*value) * 65_535.0 / 65_280.0));
            }
        }),
    }
    debug_assert!(raw.model == Model::Lab);
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_read_highest_first() {
        assert_eq!(bit_rows(&[0b1010_0000, 0b0100_0000], 3, 1).collect::<Vec<_>>(), [1, 0, 1, 0, 1, 0]);
        assert_eq!(bit_rows(&[0x12, 0x34, 0x56], 2, 12).collect::<Vec<_>>(), [0x123, 0x456]);
        assert_eq!(bit_rows(&[0x1f, 0xff, 0xc0], 2, 9).collect::<Vec<_>>(), [0x3f, 0x1ff]);
    }

    #[test]
    fn small_floats_are_read() {
        for (bits, value) in
            [(0x3c00, 1.0), (0x3800, 0.5), (0x0000, 0.0), (0xbc00, -1.0), (0x3555, 0.333_251_953_125)]
        {
            assert_eq!(half(bits), value);
        }
        assert_eq!(f32::from_bits(short_float(0x3f_0000)), 1.0);
    }
}
