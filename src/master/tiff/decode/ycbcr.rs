//! Converts YCbCr samples outside JPEG to RGB (TIFF 6.0, §21).

use crate::iiif::Dimensions;
use crate::master::YCbCr;

/// Converts blocks of `across` × `down` luma samples, each followed by Cb and Cr, to RGB of `dimensions`. All pixels of a
/// block have the same chroma, as in libtiff.
pub(super) fn rgb(layout: &YCbCr, dimensions: Dimensions, bytes: &[u8]) -> Vec<u8> {
    let (across, down) = (layout.across as usize, layout.down as usize);
    let (width, height) = (dimensions.width as usize, dimensions.height as usize);
    let tables = Tables::new(layout);
    let mut out = vec![0; width * height * 3];
    let blocks = width.div_ceil(across);
    for (number, block) in bytes.chunks_exact(across * down + 2).enumerate() {
        let (left, top) = (number % blocks * across, number / blocks * down);
        let (luma, color) = block.split_at(across * down);
        for (n, &y) in luma.iter().enumerate() {
            let (x, row) = (left + n % across, top + n / across);
            if x < width && row < height {
                let at = (row * width + x) * 3;
                out[at..at + 3].copy_from_slice(&tables.rgb(y, color[0], color[1]));
            }
        }
    }
    out
}

/// Tables from sample codes to values.
struct Tables {
    luma: [f32; 256],
    blue: [f32; 256],
    red: [f32; 256],
    weights: [f32; 3],
}

impl Tables {
    /// Codes are first scaled to their full range: 255 for luma, 127 for chroma.
    fn new(layout: &YCbCr) -> Self {
        let [y0, y1, b0, b1, r0, r1] = layout.reference;
        let table = |zero: f32, full: f32, range: f32| {
            std::array::from_fn(|code| (code as f32 - zero) * range / (full - zero))
        };
        let (luma, blue, red) = (table(y0, y1, 255.0), table(b0, b1, 127.0), table(r0, r1, 127.0));
        Self { luma, blue, red, weights: layout.luma }
    }

    fn rgb(&self, y: u8, cb: u8, cr: u8) -> [u8; 3] {
        let [weight_red, weight_green, weight_blue] = self.weights;
        let y = self.luma[usize::from(y)];
        let red = y + self.red[usize::from(cr)] * (2.0 - 2.0 * weight_red);
        let blue = y + self.blue[usize::from(cb)] * (2.0 - 2.0 * weight_blue);
        let green = (y - weight_blue * blue - weight_red * red) / weight_green;
        [red, green, blue].map(|value| (value + 0.5).clamp(0.0, 255.0) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: YCbCr = YCbCr {
        across: 1,
        down: 1,
        luma: [0.299, 0.587, 0.114],
        reference: [0.0, 255.0, 128.0, 255.0, 128.0, 255.0],
    };

    #[track_caller]
    fn check(layout: YCbCr, size: (u32, u32), bytes: &[u8], expected: &[[u8; 3]]) {
        let found = rgb(&layout, Dimensions::new(size.0, size.1), bytes);
        assert_eq!(found.as_chunks::<3>().0, expected);
    }

    #[test]
    fn codes_are_colors() {
        check(USUAL, (2, 1), &[200, 128, 128, 0, 128, 128], &[[200; 3], [0; 3]]);
        // Red in JFIF, as close as 8-bit codes allow.
        check(USUAL, (1, 1), &[76, 85, 255], &[[254, 0, 0]]);
        let video = YCbCr { reference: [16.0, 235.0, 128.0, 240.0, 128.0, 240.0], ..USUAL };
        check(video, (2, 1), &[16, 128, 128, 235, 128, 128], &[[0; 3], [255; 3]]);
    }

    #[test]
    fn blocks_reach_beyond_the_edge() {
        let layout = YCbCr { across: 2, down: 2, ..USUAL };
        let gray = |y: u8| [y; 3];
        let bytes = [1, 2, 3, 4, 128, 128, 5, 99, 6, 99, 128, 128];
        check(layout, (3, 2), &bytes, &[gray(1), gray(2), gray(5), gray(3), gray(4), gray(6)]);
    }
}
