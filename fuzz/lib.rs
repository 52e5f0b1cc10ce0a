//! What the targets share: how the gallery would open a file, and masters to plan on.

use bytes::Bytes;
use tegl::iiif::Dimensions;
use tegl::master::{
    self, Codec, Grid, Held, Kind, Level, Master, Orientation, Photometric, Refused, Sample, Stop,
};
use tegl::pixels::{Error, decode};

/// No answer or master in a target has more pixels.
pub const LIMIT: u64 = 1 << 20;
/// As many reads as the gallery allows an index.
const MOST_READS: usize = 512;

/// Finds a page's index as the gallery does, range by range, of which `first` bytes are there from the start.
/// `None` where it takes too many reads.
pub fn index(file: &[u8], page: u32, first: usize) -> Option<Result<Master, Refused>> {
    let file = Bytes::copy_from_slice(file);
    let size = file.len() as u64;
    let mut held = Held::new(size, file.slice(..first.min(file.len())));
    for _ in 0..MOST_READS {
        match master::index(&held, page) {
            Ok(master) => return Some(Ok(master)),
            Err(Stop::Refused(refused)) => return Some(Err(refused)),
            Err(Stop::Missing { range, likely }) => {
                assert!(range.start < range.end && range.end <= size, "{range:?} of {size} are missing");
                assert!(held.get(range.start, range.end - range.start).is_err(), "{range:?} are there");
                let end = range.end.max(range.start.saturating_add(likely)).min(size);
                held.add(range.start, file.slice(range.start as usize..end as usize));
            }
        }
    }
    None
}

/// Masters to plan requests on: a pyramid, one that lies on its side, one without tiles, one of a pixel.
pub fn masters() -> Vec<Master> {
    let pyramid = |width, height, side| {
        let factors = (0..).map(|power| 1 << power);
        let last = |factor: &u32| width.max(height) / (factor / 2).max(1) > side;
        let levels = factors.take_while(|factor| *factor == 1 || last(factor));
        levels.map(move |factor| level(Dimensions::new(width, height).reduced(factor), side)).collect()
    };
    let master = |width, height, orientation, levels, kind| Master {
        dimensions: Dimensions::new(width, height),
        orientation: Orientation::new(orientation),
        icc: None,
        levels,
        kind,
    };
    let whole = Kind::Whole { codec: master::Whole::Png, bytes: 1000, reason: String::new() };
    vec![
        master(6001, 4003, 1, pyramid(6001, 4003, 512), Kind::Tiled),
        master(3000, 5000, 6, pyramid(3000, 5000, 256), Kind::Tiled),
        master(1234, 567, 1, Vec::new(), whole.clone()),
        master(1, 1, 1, Vec::new(), whole),
    ]
}

fn level(dimensions: Dimensions, side: u32) -> Level {
    let grid = Grid { image: dimensions, tile: Dimensions::new(side, side) };
    Level {
        dimensions,
        grid,
        codec: Codec::Jpeg,
        sample: Sample::U8,
        photometric: Photometric::YCbCr,
        samples: 3,
        has_alpha: false,
        associated_alpha: false,
        predictor: false,
        big_endian: false,
        tables: None,
        tiles: vec![(1000, 10); grid.count() as usize],
    }
}

/// Decodes a file after its header was read: both fail or agree.
pub fn whole(
    file: &[u8],
    header: impl Fn(&[u8]) -> Result<decode::Header, Error>,
    decode: impl Fn(&[u8], u64) -> Result<decode::Decoded, Error>,
) {
    let (header, decoded) = (header(file), decode(file, LIMIT));
    let Ok(decoded) = decoded else { return };
    let header = header.expect("what can be decoded has a header");
    let raster = &decoded.raster;
    assert_eq!((header.dimensions, header.channels), (raster.dimensions, raster.channels));
    assert_eq!(raster.samples.len(), raster.stride() * raster.dimensions.height as usize);
    assert!(raster.dimensions.area() <= LIMIT && (1..=8).contains(&decoded.orientation));
}
