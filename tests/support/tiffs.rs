//! Writes TIFFs of kinds that few libraries write.

use super::masters;
use tegl::iiif::Dimensions;
use tegl::pixels::Raster;

/// A little-endian TIFF in strips.
pub(crate) struct Tiff {
    pub width: u32,
    pub height: u32,
    /// PhotometricInterpretation: 1 gray, 2 RGB, 3 palette, 5 CMYK, 8 L*a*b*.
    pub photometric: u16,
    pub bits: u16,
    pub samples: u16,
    /// Samples as stored: interleaved, or plane after plane if `planar`.
    pub data: Vec<u8>,
    pub planar: bool,
    pub lzw: bool,
    pub orientation: u16,
    /// ExtraSamples: what the sample after the colors is (1 and 2 are alpha).
    pub extra: Option<u16>,
    /// All red values, then all green, then all blue.
    pub palette: Vec<u16>,
    pub icc: Vec<u8>,
}

/// Rows per strip; in most pictures the last strip is shorter.
const ROWS: usize = 48;

impl Tiff {
    pub(crate) fn new(
        width: u32,
        height: u32,
        photometric: u16,
        (samples, bits): (u16, u16),
        data: Vec<u8>,
    ) -> Self {
        let (palette, icc) = (Vec::new(), Vec::new());
        let (planar, lzw, orientation, extra) = (false, false, 1, None);
        Self {
            width,
            height,
            photometric,
            bits,
            samples,
            data,
            planar,
            lzw,
            orientation,
            extra,
            palette,
            icc,
        }
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        let mut file = b"II\x2a\0\0\0\0\0".to_vec();
        let planes = if self.planar { self.samples } else { 1 };
        let stride = self.width as usize * usize::from(self.samples / planes * self.bits) / 8;
        let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
        for strip in
            self.data.chunks(stride * self.height as usize).flat_map(|plane| plane.chunks(stride * ROWS))
        {
            offsets.push(file.len() as u32);
            match self.lzw {
                true => file.extend(lzw(strip)),
                false => file.extend(strip),
            }
            lengths.push(file.len() as u32 - offsets[offsets.len() - 1]);
        }
        let shorts = |values: &[u16]| (3, values.iter().flat_map(|n| n.to_le_bytes()).collect());
        let longs = |values: &[u32]| (4, values.iter().flat_map(|n| n.to_le_bytes()).collect());
        let mut entries: Vec<(u16, (u16, Vec<u8>))> = vec![
            (256, longs(&[self.width])),
            (257, longs(&[self.height])),
            (258, shorts(&vec![self.bits; usize::from(self.samples)])),
            (259, shorts(&[if self.lzw { 5 } else { 1 }])),
            (262, shorts(&[self.photometric])),
            (273, longs(&offsets)),
            (274, shorts(&[self.orientation])),
            (277, shorts(&[self.samples])),
            (278, longs(&[ROWS as u32])),
            (279, longs(&lengths)),
            (284, shorts(&[planes.min(2) + u16::from(self.planar && planes == 1)])),
        ];
        if !self.palette.is_empty() {
            entries.push((320, shorts(&self.palette)));
        }
        if let Some(extra) = self.extra {
            entries.push((338, shorts(&[extra])));
        }
        if !self.icc.is_empty() {
            entries.push((34675, (7, self.icc.clone())));
        }
        directory(&mut file, &entries);
        file
    }
}

/// Appends a directory and its values, and writes the directory's offset into the header.
fn directory(file: &mut Vec<u8>, entries: &[(u16, (u16, Vec<u8>))]) {
    linked(file, 4, entries);
}

/// Appends a directory and its values, and writes the directory's offset at `link`; returns the position of the next link.
fn linked(file: &mut Vec<u8>, link: usize, entries: &[(u16, (u16, Vec<u8>))]) -> usize {
    let mut written = (entries.len() as u16).to_le_bytes().to_vec();
    for (tag, (kind, bytes)) in entries {
        let size = match kind {
            3 => 2,
            4 => 4,
            _ => 1,
        };
        written.extend(tag.to_le_bytes());
        written.extend(kind.to_le_bytes());
        written.extend((bytes.len() as u32 / size).to_le_bytes());
        if bytes.len() <= 4 {
            written.extend(bytes);
            written.extend(&[0; 4][bytes.len()..]);
        } else {
            file.resize(file.len().next_multiple_of(2), 0);
            written.extend((file.len() as u32).to_le_bytes());
            file.extend(bytes);
        }
    }
    file.resize(file.len().next_multiple_of(2), 0);
    let at = file.len() as u32;
    file[link..link + 4].copy_from_slice(&at.to_le_bytes());
    file.extend(written);
    file.extend([0; 4]);
    file.len() - 4
}

fn lzw(strip: &[u8]) -> Vec<u8> {
    let mut encoder = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    encoder.encode(strip).unwrap()
}

/// A pyramid of JPEG tiles of `side` pixels, with one directory for each of `levels`, largest first.
pub(crate) fn pyramid(levels: &[Raster], side: u32) -> Vec<u8> {
    let mut file = b"II\x2a\0\0\0\0\0".to_vec();
    let mut link = 4;
    for (number, level) in levels.iter().enumerate() {
        let Dimensions { width, height } = level.dimensions;
        let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
        for (y, x) in (0..height)
            .step_by(side as usize)
            .flat_map(|y| (0..width).step_by(side as usize).map(move |x| (y, x)))
        {
            let tile = masters::plain_jpeg(&padded(level, x, y, side));
            offsets.push(file.len() as u32);
            lengths.push(tile.len() as u32);
            file.extend(tile);
        }
        let shorts = |values: &[u16]| (3, values.iter().flat_map(|n| n.to_le_bytes()).collect());
        let longs = |values: &[u32]| (4, values.iter().flat_map(|n| n.to_le_bytes()).collect());
        let entries: Vec<(u16, (u16, Vec<u8>))> = vec![
            (254, longs(&[u32::from(number > 0)])),
            (256, longs(&[width])),
            (257, longs(&[height])),
            (258, shorts(&[8, 8, 8])),
            (259, shorts(&[7])),
            (262, shorts(&[6])),
            (277, shorts(&[3])),
            (284, shorts(&[1])),
            (322, longs(&[side])),
            (323, longs(&[side])),
            (324, longs(&offsets)),
            (325, longs(&lengths)),
            (530, shorts(&[2, 2])),
        ];
        link = linked(&mut file, link, &entries);
    }
    file
}

/// A tile of the level; the last pixels are repeated beyond the image's edge.
fn padded(level: &Raster, x: u32, y: u32, side: u32) -> Raster {
    let mut tile = Raster::blank(Dimensions::new(side, side), level.channels);
    for (n, pixel) in tile.samples.chunks_exact_mut(3).enumerate() {
        let column = (x + n as u32 % side).min(level.dimensions.width - 1) as usize;
        let row = (y + n as u32 / side).min(level.dimensions.height - 1) as usize;
        pixel.copy_from_slice(&level.samples[row * level.stride() + column * 3..][..3]);
    }
    tile
}
