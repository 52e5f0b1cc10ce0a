//! Decodes a GIF's first frame on its logical screen.

use std::io::BufReader;
use std::sync::Arc;

use gif::{ColorOutput, DecodeOptions, MemoryLimit};

use super::{Error, InMemory};
use crate::iiif::Dimensions;
use crate::pixels::{Alpha, FileCursor, Model, Raw, ReadAt, Rows, Samples};

const WHAT: &str = "GIF";

/// Decodes the first frame of a GIF of at most `limit` pixels; the rest of the screen is transparent. A screen that is
/// smaller than the frame is enlarged.
///
/// # Errors
/// If the file is damaged or too large.
pub fn gif_rows(file: Arc<dyn ReadAt>, limit: u64) -> Result<Box<dyn Rows>, Error> {
    let damaged = |error: gif::DecodingError| Error::damaged(WHAT, error);
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.allow_unknown_blocks(true);
    let max = std::num::NonZeroU64::new(limit.saturating_mul(4).max(1));
    options.set_memory_limit(max.map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes));
    let mut decoder = options.read_info(BufReader::new(FileCursor::new(file))).map_err(damaged)?;
    let screen = Dimensions::new(decoder.width().into(), decoder.height().into());
    let frame = decoder.next_frame_info().map_err(damaged)?;
    let frame = frame.ok_or_else(|| Error::damaged(WHAT, "it has no frame"))?.clone();
    let dimensions = Dimensions::new(
        screen.width.max(u32::from(frame.left) + u32::from(frame.width)),
        screen.height.max(u32::from(frame.top) + u32::from(frame.height)),
    );
    if dimensions.area() == 0 || dimensions.area() > limit {
        return Err(Error::TooLarge { pixels: dimensions.area(), limit });
    }
    let colors = colors(frame.palette.as_deref().or(decoder.global_palette()), frame.transparent);
    let mut buffer = vec![0; decoder.buffer_size()];
    decoder.read_into_buffer(&mut buffer).map_err(damaged)?;
    let mut samples = vec![0; dimensions.area() as usize * 4];
    let (left, top, width) = (usize::from(frame.left), usize::from(frame.top), usize::from(frame.width));
    let stride = dimensions.width as usize * 4;
    let shown = width.min((stride / 4).saturating_sub(left));
    for (row, source) in buffer.chunks_exact(width.max(1)).enumerate() {
        let start = (top + row) * stride + left * 4;
        if let Some(target) = samples.get_mut(start..start + shown * 4) {
            let pixels = target.as_chunks_mut::<4>().0.iter_mut().zip(source);
            pixels.for_each(|(pixel, &index)| *pixel = colors[usize::from(index)]);
        }
    }
    let raw = Raw { dimensions, model: Model::Rgb, alpha: Alpha::Straight, samples: Samples::U8(samples) };
    Ok(Box::new(InMemory::new(raw)))
}

/// The color of each index; the transparent index, and indices outside the palette, are transparent.
fn colors(palette: Option<&[u8]>, transparent: Option<u8>) -> [[u8; 4]; 256] {
    let mut colors = [[0; 4]; 256];
    for (color, &[red, green, blue]) in colors.iter_mut().zip(palette.unwrap_or_default().as_chunks::<3>().0)
    {
        *color = [red, green, blue, u8::MAX];
    }
    if let Some(index) = transparent {
        colors[usize::from(index)][3] = 0;
    }
    colors
}

#[cfg(test)]
mod tests {
    use super::super::difficult::{expected, file};
    use super::*;

    #[test]
    fn a_frame_lies_where_it_belongs() {
        let mut bytes = Vec::new();
        let mut encoder = gif::Encoder::new(&mut bytes, 3, 2, &[]).unwrap();
        let mut pixels = [200, 100, 50, 255];
        let mut frame = gif::Frame::from_rgba(1, 1, &mut pixels);
        (frame.left, frame.top) = (2, 1);
        encoder.write_frame(&frame).unwrap();
        drop(encoder);
        let mut rows = gif_rows(Arc::new(bytes::Bytes::from(bytes)), 100).unwrap();
        let Samples::U8(samples) = rows.next(9).unwrap().unwrap().samples else { panic!() };
        assert_eq!(samples[..20], [0; 20]);
        assert_eq!(samples[20..], [200, 100, 50, 255]);
    }

    #[test]
    fn a_screen_grows_with_its_frame() {
        for (screen, expected) in [((0, 0), (3, 5)), ((2, 2), (3, 5)), ((4, 2), (4, 5)), ((9, 9), (9, 9))] {
            let mut bytes = Vec::new();
            let mut encoder = gif::Encoder::new(&mut bytes, 9, 9, &[]).unwrap();
            let mut frame = gif::Frame::from_rgb(2, 4, &[90; 24]);
            (frame.left, frame.top) = (1, 1);
            encoder.write_frame(&frame).unwrap();
            drop(encoder);
            (bytes[6], bytes[8]) = screen;
            let rows = gif_rows(Arc::new(bytes::Bytes::from(bytes.clone())), 100).unwrap();
            assert_eq!(rows.shape().dimensions, Dimensions::new(expected.0, expected.1));
            assert!(gif_rows(Arc::new(bytes::Bytes::from(bytes)), 14).is_err());
        }
    }

    #[test]
    fn a_moving_gif_shows_its_first_frame() {
        for name in ["animated.gif", "gif-animated.gif"] {
            let Some(gif) = file(name) else { continue };
            assert!(gif_rows(Arc::new(bytes::Bytes::from(gif.clone())), 1 << 20).is_ok());
            assert!(gif_rows(Arc::new(bytes::Bytes::from(gif)), 10).is_err());
        }
        let gif = file("animated.gif").unwrap();
        let mut rows = gif_rows(Arc::new(bytes::Bytes::from(gif)), 1 << 20).unwrap();
        let Samples::U8(shown) = rows.next(110).unwrap().unwrap().samples else { panic!() };
        let Samples::U8(expected) = expected("palette").samples else { panic!() };
        assert!(shown.chunks_exact(4).flat_map(|pixel| &pixel[..3]).eq(&expected));
    }
}
