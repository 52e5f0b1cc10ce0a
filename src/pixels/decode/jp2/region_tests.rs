//! Tests that regions of codestreams of every kind equal the same parts of the whole image.

use ::bytes::Bytes;

use super::bytes::Window;
use super::compose::Plane;
use super::encoded::{Options, Packed, pack};
use super::packet_selection::Wanted;
use super::tile_codestream::Piece;
use super::*;
use crate::pixels::Samples;

const LIMIT: u64 = 1 << 24;

/// Decodes a complete image at `1/2^reduce` with OpenJPEG alone; `None` if it cannot read it.
fn oracle(file: &Bytes, reduce: u32) -> Option<Raw> {
    let codestream = Codestream::open(file).unwrap();
    let wanted = Wanted { area: codestream.main.area, reduce };
    let mut window = Window::new(file, file.len() as u64, bytes::BLOCK);
    let mut planes: Vec<Option<Plane>> = codestream
        .main
        .components
        .iter()
        .map(|component| Some(Plane::new(component, wanted.area.stepped(component.step).reduced(reduce))))
        .collect();
    let pieces = [Piece::File(0..file.len() as u64)];
    codec::decode(&mut window, &pieces, wanted, 1, |decoded| {
        planes[decoded.component].as_mut().unwrap().put(&decoded)
    })
    .ok()?;
    let Codestream { boxes, main, layout, .. } = &codestream;
    Some(compose(boxes, main, layout, &planes, wanted.area.reduced(reduce)).unwrap())
}

fn values(raw: &Raw) -> &[u8] {
    match &raw.samples {
        Samples::U8(samples) => samples,
        Samples::U16(_) => panic!("samples of 16 bits"),
    }
}

/// Describes the regions that differ, at any resolution and on any number of threads, from the same parts of the image decoded
/// from `whole`.
fn differences(file: &Bytes, whole: &Bytes, tolerance: u8) -> Vec<String> {
    let codestream = match Codestream::open(file) {
        Ok(codestream) => codestream,
        Err(error) => return vec![error.to_string()],
    };
    let Header { dimensions, resolutions, .. } = codestream.header();
    let Dimensions { width, height } = dimensions;
    let regions = [
        Rect::all(dimensions),
        Rect { x: 0, y: 0, width: 64, height: 64 },
        Rect { x: 65, y: 33, width: 67, height: 49 },
        Rect { x: width - 70, y: height - 41, width: 70, height: 41 },
        Rect { x: 127, y: 63, width: 2, height: 3 },
        Rect { x: 128, y: 0, width: 1, height },
    ];
    let mut found = Vec::new();
    for reduce in 0..resolutions {
        // OpenJPEG writes some codestreams that no decoder can read.
        let Some(all) = oracle(whole, reduce) else { return found };
        for (region, threads) in
            regions.into_iter().flat_map(|region| [1, 2, 5].map(|threads| (region, threads)))
        {
            let part = codestream.decode(file, region, reduce, LIMIT, threads);
            let expected = part_of(&all, codestream.main.area, region, reduce);
            let max_difference = match (&part, expected) {
                (Err(_), None) => continue,
                (Ok(part), Some(expected)) if values(part).len() == expected.len() => {
                    values(part).iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
                }
                (Err(error), _) => {
                    found.push(format!("{region} at {reduce}: {error}"));
                    continue;
                }
                (Ok(_), _) => {
                    found.push(format!("{region} at {reduce} has another size"));
                    continue;
                }
            };
            if max_difference > tolerance {
                found.push(format!("{region} at {reduce} differs by {max_difference}"));
            }
        }
    }
    found
}

/// The samples of a region, in pixels of the full size, in the whole at `1/2^reduce`; `None` if there are none.
fn part_of(all: &Raw, area: Area, region: Rect, reduce: u32) -> Option<Vec<u8>> {
    let side = |all: [u32; 2], from: u32, length: u32| {
        let at = |place: u32| (all[0] + place).div_ceil(1 << reduce) - all[0].div_ceil(1 << reduce);
        at(from)..at(from + length)
    };
    let (x, y) = (side(area.x, region.x, region.width), side(area.y, region.y, region.height));
    let (count, stride) = (all.shape().count(), all.dimensions.width as usize * all.shape().count());
    let rows = values(all).chunks(stride).skip(y.start as usize).take(y.len());
    let samples: Vec<u8> =
        rows.flat_map(|row| row[x.start as usize * count..x.end as usize * count].to_vec()).collect();
    (!samples.is_empty()).then_some(samples)
}

/// Checks files that are written with these options.
#[track_caller]
fn check(all_options: impl IntoIterator<Item = Options>) {
    let (mut tried, mut unwritten, mut failed) = (0, 0, Vec::new());
    for options in all_options {
        tried += 1;
        let Some(file) = options.codestream().map(Bytes::from) else {
            unwritten += 1;
            continue;
        };
        let found = differences(&file, &file, u8::from(options.is_lossy));
        failed
            .extend(found.first().map(|first| format!("{} differences, {first}: {options:?}", found.len())));
    }
    assert!(failed.is_empty(), "{} of {tried}:\n{}", failed.len(), failed[..failed.len().min(12)].join("\n"));
    // OpenJPEG cannot write precincts of components with fewer samples in some orders.
    assert!(unwritten * 4 < tried, "{unwritten} of {tried} could not be written");
}

/// Every combination of the options that packet selection depends on, with the others in rotation.
fn combinations() -> Vec<Options> {
    let mut found = Vec::new();
    for progression in 0..5 {
        for marks in 0..8 {
            for precincts in [vec![], vec![64, 32]] {
                // Steps of no common divisor, so that all pairs of choices come up.
                let number = found.len() + 1;
                let turn = |choices: usize, by: usize| number / by % choices;
                let is_offset = turn(2, 1) == 1;
                let origin = if is_offset { [3, 5] } else { [0, 0] };
                found.push(Options {
                    progression,
                    has_starts: marks & 1 != 0,
                    has_ends: marks & 2 != 0,
                    has_lengths: marks & 4 != 0,
                    has_table: turn(2, 3) == 1,
                    precincts,
                    area: if is_offset { [[11, 214], [5, 162]] } else { [[0, 203], [0, 157]] },
                    tiles: [None, Some((origin, 96)), Some((origin, 77))][turn(3, 1)],
                    divided_by: [None, Some(b'R'), Some(b'L'), Some(b'C')][turn(4, 5)],
                    layers: [1, 3][turn(2, 7)],
                    step: [[1, 1], [2, 2], [2, 1], [1, 1]][turn(4, 3)],
                    is_lossy: turn(3, 2) == 1,
                    interest: [0, 0, 7][turn(3, 5)],
                    ..Options::default()
                });
            }
        }
    }
    found
}

#[test]
fn parts_of_every_kind_of_codestream_are_parts_of_the_whole() {
    check(combinations());
}

/// Kakadu writes such files for archives: the packets of omitted resolutions end with markers.
#[test]
fn omitted_packets_have_their_end_markers() {
    let options = Options { has_ends: true, has_lengths: true, ..Options::default() };
    check((0..5).map(|progression| Options { progression, ..options.clone() }));
    check([Options { has_starts: true, tiles: Some(([0, 0], 96)), precincts: vec![64], ..options }]);
}

#[test]
fn a_changing_progression_is_followed() {
    let changing = |(progression, has_lengths)| {
        let tiles = Some(([0, 0], 256));
        let options = Options { progression, has_lengths, has_ends: true, ..Options::default() };
        Options { has_changes: true, layers: 2, tiles, ..options }
    };
    let file = changing((0, true)).codestream().unwrap();
    assert!(file.windows(2).any(|two| two == [0xff, 0x5f]), "no POC");
    check((0..5).flat_map(|progression| [(progression, false), (progression, true)]).map(changing));
}

/// OpenJPEG reads some such files only without end markers; none is misread.
#[test]
fn a_progression_that_changes_between_layers_is_followed_or_refused() {
    for progression in 0..5 {
        for tiles in [None, Some(([0, 0], 256))] {
            let options =
                Options { progression, layers: 3, has_changed_layers: true, tiles, ..Options::default() };
            check([Options { has_starts: true, ..options.clone() }]);
            let whole = Bytes::from(options.codestream().unwrap());
            let all = oracle(&whole, 0).unwrap();
            let file = Bytes::from(Options { has_ends: true, ..options }.codestream().unwrap());
            let codestream = Codestream::open(&file).unwrap();
            let region = Rect::all(codestream.header().dimensions);
            let decoded = codestream.decode(&file, region, 0, LIMIT, 1);
            assert!(decoded.is_err() || decoded.is_ok_and(|raw| values(&raw) == values(&all)));
        }
    }
}

#[test]
fn packed_packet_headers_are_read() {
    for (number, place) in [Packed::Main, Packed::Parts].into_iter().cycle().take(10).enumerate() {
        let options = Options {
            progression: number as u8 / 2,
            has_starts: true,
            has_ends: true,
            tiles: [None, Some(([0, 0], 96))][number / 3 % 2],
            divided_by: [None, Some(b'R'), Some(b'C')][number % 3],
            layers: 2,
            precincts: vec![64],
            ..Options::default()
        };
        let whole = Bytes::from(options.codestream().unwrap());
        for max in [50, 60_000] {
            let max = if place == Packed::Main { max.max(600) } else { max };
            let packed = Bytes::from(pack(&whole, place, max));
            assert_eq!(differences(&packed, &whole, 0), [""; 0], "{place:?} {options:?}");
        }
    }
}

#[test]
fn a_wrong_table_of_tile_parts_is_ignored() {
    let options = Options { has_table: true, tiles: Some(([0, 0], 96)), ..Options::default() };
    let whole = options.codestream().unwrap();
    let mut file = whole.clone();
    let table = file.windows(2).position(|two| two == [0xff, 0x55]).unwrap();
    // Two bytes each of marker and length, one each of index and sizes; then tiles of one byte and lengths of four.
    let (first, second) = (table + 6, table + 11);
    for at in 0..5 {
        file.swap(first + at, second + at);
    }
    assert_ne!(file, whole);
    assert_eq!(differences(&file.into(), &whole.into(), 0), [""; 0]);
}
