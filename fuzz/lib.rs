//! What the targets share: how the gallery would open a file, and masters to plan on.

use std::sync::Arc;

use bytes::Bytes;
use tegl::iiif::Dimensions;
use tegl::master::{
    self, Codec, Format, Grid, Kind, Level, Master, Orientation, PartialFile, Photometric, Predictor, Refused,
    SourceFormat, Stop,
};
use tegl::pixels::{Alpha, Depth, Model, Shape};

/// No answer or master in a target has more pixels.
pub const LIMIT: u64 = 1 << 20;
/// As many reads as the gallery allows an index.
const MOST_READS: usize = 512;

/// Finds a page's index as the gallery does, range by range, of which `first` bytes are there from the start.
/// `None` where it takes too many reads.
pub fn index(file: &[u8], page: u32, first: usize) -> Option<Result<Master, Refused>> {
    let file = Bytes::copy_from_slice(file);
    let size = file.len() as u64;
    let mut held = PartialFile::new(size, file.slice(..first.min(file.len())));
    for _ in 0..MOST_READS {
        match master::index(&held, page) {
            Ok(master) => return Some(Ok(master)),
            Err(Stop::Refused(refused)) => return Some(Err(refused)),
            Err(Stop::NeedBytes { range, likely }) => {
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
    let master = |width, height, orientation, side: Option<u32>| {
        let dimensions = Dimensions::new(width, height);
        let shape = Shape { dimensions, model: Model::Rgb, alpha: Alpha::None, depth: Depth::U8 };
        let untiled = || Kind::Untiled {
            format: SourceFormat::Png,
            bytes: 1000,
            reason: String::new(),
            shape,
            memory: 0,
            tiff: None,
        };
        Master {
            dimensions,
            orientation: Orientation::new(orientation),
            icc: None,
            levels: side.map(|side| pyramid(dimensions, side)).unwrap_or_default(),
            kind: if side.is_some() { Kind::Tiled } else { untiled() },
        }
    };
    vec![
        master(6001, 4003, 1, Some(512)),
        master(3000, 5000, 6, Some(256)),
        master(1234, 567, 1, None),
        master(1, 1, 1, None),
    ]
}

/// Levels, each half as large as the one before, until one fits a tile.
fn pyramid(full: Dimensions, side: u32) -> Vec<Level> {
    let last = (0..).find(|power| full.width.max(full.height) >> power <= side).unwrap_or_default();
    (0..=last).map(|power| level(full.reduced(1 << power), side)).collect()
}

fn level(dimensions: Dimensions, side: u32) -> Level {
    let grid = Grid { image: dimensions, tile: Dimensions::new(side, side) };
    Level {
        dimensions,
        grid,
        codec: Codec::Jpeg,
        bits: 8,
        format: Format::Unsigned,
        photometric: Photometric::YCbCr,
        samples: 3,
        alpha: Alpha::None,
        predictor: Predictor::None,
        big_endian: false,
        lowest_first: false,
        ycbcr: None,
        separate: false,
        in_strips: false,
        tables: None,
        tiles: vec![(1000, 10); grid.count() as usize],
    }
}

/// Reads a file of one format row by row, unless another target reads it or it is large.
pub fn rows_of(format: SourceFormat, file: &[u8]) {
    if SourceFormat::recognize(file) == Some(format)
        && let Some(Ok(master)) = index(file, 1, file.len())
    {
        rows(&master, file);
    }
}

/// Reads a master's rows: as many, as wide and of the shape that they state.
pub fn rows(master: &Master, file: &[u8]) {
    if master.dimensions.area() > LIMIT {
        return;
    }
    let Ok(mut rows) = master::rows(master, Arc::new(Bytes::copy_from_slice(file)), LIMIT) else { return };
    let shape = rows.shape();
    let (mut most, mut done) = (1, 0);
    loop {
        let Ok(next) = rows.next(most) else { return };
        let Some(raw) = next else { break };
        let Dimensions { width, height } = raw.dimensions;
        assert!(width == shape.dimensions.width && height > 0, "{:?} of {shape:?}", raw.dimensions);
        assert_eq!(raw.samples.len(), width as usize * height as usize * shape.count());
        assert_eq!((raw.model, raw.alpha, raw.shape().depth), (shape.model, shape.alpha, shape.depth));
        done += height;
        most = most * 3 % 64 + 1;
    }
    assert_eq!(done, shape.dimensions.height);
}
