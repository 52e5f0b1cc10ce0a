//! JPEG 2000: its rows, and regions of it at fractions of its size.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use tegl::iiif::Rect;
use tegl::master::SourceFormat;
use tegl::pixels::decode::jp2::Codestream;
use tegl_fuzz::LIMIT;

fuzz_target!(|file: &[u8]| {
    tegl_fuzz::rows_of(SourceFormat::Jp2, file);
    let file = Bytes::copy_from_slice(file);
    let Ok(codestream) = Codestream::open(&file) else { return };
    let full = codestream.header().dimensions;
    assert!(full.area() > 0);
    let (x, y) = (full.width / 3, full.height / 4);
    let part = Rect { x, y, width: (full.width - x).div_ceil(2), height: (full.height - y).div_ceil(2) };
    for (region, reduce) in [(Rect::all(full), 0), (part, 0), (part, 1), (Rect::all(full), 3)] {
        if let Ok(raw) = codestream.decode(&file, region, reduce, LIMIT) {
            assert_eq!(raw.samples.len() as u64, raw.dimensions.area() * raw.shape().count() as u64);
            assert!(raw.dimensions.area() <= LIMIT && raw.dimensions.area() > 0);
        }
    }
});
