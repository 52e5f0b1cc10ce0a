//! JPEG as TIFF 6.0 (§22) had it: one stream for the whole image, or coded samples whose headers are spread over tags.

use std::sync::Arc;

use super::{cannot, lenient};
use crate::container::tiff::Directory;
use crate::container::tiff::tags::*;
use crate::master::level::Level;
use crate::master::{PartialFile, Refused, Stop};
use crate::pixels::jpeg;

const START: [u8; 2] = [0xff, 0xd8];

/// Whether JPEGInterchangeFormat points at a JPEG.
pub fn is_one_stream(held: &PartialFile, directory: &Directory) -> Result<bool, Stop> {
    let Some(offset) = lenient(directory.number(held, OLD_JPEG_STREAM), None)? else { return Ok(false) };
    let start = lenient(held.get(offset, 2).map(Some), None)?;
    Ok(start == Some(&START[..]))
}

/// Whether the strips are JPEGs of their own, as some writers had it.
pub fn are_streams(held: &PartialFile, level: &Level) -> Result<bool, Stop> {
    let Some(&(offset, _)) = level.tiles.first() else { return Ok(false) };
    Ok(lenient(held.get(offset, 2).map(Some), None)? == Some(&START[..]))
}

/// The image as one tile that holds the whole stream, or the stream's headers and one strip of coded samples that lies
/// elsewhere; its reader finds out whether all of it is there.
pub fn whole(held: &PartialFile, directory: &Directory, mut level: Level) -> Result<Level, Stop> {
    const MAX_STRIPS: u64 = 1 << 16;
    const MAX_HEADERS: u64 = 64 << 10;
    let list = |tag| lenient(directory.numbers(held, tag, MAX_STRIPS), Vec::new());
    let start = directory.number(held, OLD_JPEG_STREAM)?.unwrap_or(0);
    let rest = held.size().saturating_sub(start);
    let stated = lenient(directory.number(held, OLD_JPEG_STREAM_LENGTH), None)?.unwrap_or(0).min(rest);
    let strips: Vec<_> = list(STRIP_OFFSETS)?.into_iter().zip(list(STRIP_LENGTHS)?).collect();
    let headers = held.get(start, if stated > 0 { stated } else { rest }.min(MAX_HEADERS))?;
    let scan = jpeg::scan_start(headers);
    let follows = |&(offset, _): &(u64, u64)| {
        offset == start || offset < start + stated || scan.is_some_and(|scan| offset == start + scan as u64)
    };
    level.grid.tile = level.dimensions;
    level.in_strips = true;
    match (&strips[..], scan) {
        ([first, ..], _) if follows(first) => {}
        ([], _) => {}
        (&[only], Some(scan)) => {
            level.tables = Some(Arc::from(&headers[..scan]));
            level.tiles = vec![only];
            return Ok(level);
        }
        _ => {
            return Err(cannot("it has old JPEG strips apart from their headers, which are not read".into()));
        }
    }
    // Some writers count the headers alone, and say with strips where the samples after them end.
    let ends = strips.iter().map(|(offset, length)| offset.saturating_add(*length));
    let end = ends.chain([start + stated]).max().unwrap_or(0).min(held.size());
    let end = if stated == 0 { held.size() } else { end };
    level.tiles = vec![(start, end.saturating_sub(start))];
    Ok(level)
}

/// Quantization and Huffman tables as a JPEG's segments (ITU-T T.81, §B.2.4), if tags point at them.
pub fn tables(held: &PartialFile, directory: &Directory, samples: u64) -> Result<Option<Arc<[u8]>>, Stop> {
    if directory.number(held, OLD_JPEG_PROCESS)?.unwrap_or(1) != 1 {
        return Err(cannot("it has old JPEG tiles without loss, which are not read".into()));
    }
    let offsets = |tag| directory.numbers(held, tag, samples);
    let all = [OLD_JPEG_QUANTIZATION, OLD_JPEG_DC, OLD_JPEG_AC];
    if all.iter().any(|&tag| directory.count(tag) < samples) {
        return Ok(None);
    }
    let mut tables = Vec::new();
    for (n, offset) in offsets(OLD_JPEG_QUANTIZATION)?.into_iter().enumerate() {
        segment(&mut tables, 0xdb, n as u8, &[held.get(offset, 64)?]);
    }
    for (tag, class) in [(OLD_JPEG_DC, 0), (OLD_JPEG_AC, 0x10)] {
        for (n, offset) in offsets(tag)?.into_iter().enumerate() {
            let counts = held.get(offset, 16)?;
            let values: u64 = counts.iter().map(|&count| u64::from(count)).sum();
            if values > 256 {
                return Err(Refused::damaged("a Huffman table has more than 256 values").into());
            }
            segment(&mut tables, 0xc4, class | n as u8, &[counts, held.get(offset + 16, values)?]);
        }
    }
    Ok(Some(tables.into()))
}

fn segment(out: &mut Vec<u8>, marker: u8, name: u8, parts: &[&[u8]]) {
    let length = 3 + parts.iter().map(|part| part.len()).sum::<usize>();
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&(length as u16).to_be_bytes());
    out.push(name);
    parts.iter().for_each(|part| out.extend_from_slice(part));
}
