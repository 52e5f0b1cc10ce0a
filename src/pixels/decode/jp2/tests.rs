//! Files of the torture set and of our own encoder.

use super::super::torture;
use super::*;
use crate::pixels::Samples;

const LIMIT: u64 = 1 << 24;

fn whole(file: &[u8]) -> Result<Raw, Error> {
    let dimensions = header(file)?.dimensions;
    decode(file, Rect::all(dimensions), 0, LIMIT)
}

#[test]
fn the_torture_set_is_read() {
    for name in [
        "iiif-validator.jp2",
        "jp2-broken.jp2",
        "jp2-cielab.jp2",
        "jp2-eciRGBv2.jp2",
        "jp2-exif-orientation.jp2",
        "jp2-fuzz-huge-tile.jp2",
        "jp2-palette.jp2",
        "jp2-rgba16-tiled.jp2",
        "jp2-romm-icc.jp2",
        "made-jp2-lossless-tiled.jp2",
        "htj2k-raw.j2k",
    ] {
        let Some(file) = torture::file(name) else { return };
        let mut header = header(file.as_slice());
        if let Ok(header) = &mut header {
            header.icc = header.icc.take().map(|icc| vec![icc.len() as u8]);
        }
        eprintln!("{name}: {header:?}");
        match whole(&file) {
            Ok(raw) => {
                let sum = match &raw.samples {
                    Samples::U8(s) => s.iter().map(|&v| u64::from(v)).sum::<u64>(),
                    Samples::U16(s) => s.iter().map(|&v| u64::from(v)).sum(),
                };
                eprintln!("   {:?} {}", raw.shape(), sum as f64 / raw.samples.len() as f64);
            }
            Err(error) => eprintln!("   {error}"),
        }
    }
}
