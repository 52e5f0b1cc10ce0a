//! Old-style JPEG (TIFF 6.0, §22): one stream for the whole image, or coded samples whose headers are in tags.

use std::sync::Arc;

use super::{lenient, unsupported};
use crate::container::tiff::Directory;
use crate::container::tiff::tags::*;
use crate::master::level::Level;
use crate::master::{PartialFile, Refused, Stop};
use crate::pixels::jpeg;

const START: [u8; 2] = [0xff, 0xd8];

/// Whether JPEGInterchangeFormat points to a JPEG.
pub(super) fn is_one_stream(file: &PartialFile, directory: &Directory) -> Result<bool, Stop> {
    let Some(offset) = lenient(directory.number(file, OLD_JPEG_STREAM), None)? else { return Ok(false) };
    let start = lenient(file.get(offset, 2).map(Some), None)?;
    Ok(start == Some(&START[..]))
}

/// Whether the strips are complete JPEGs, as some writers store them.
pub(super) fn are_streams(file: &PartialFile, level: &Level) -> Result<bool, Stop> {
    let Some(&(offset, _)) = level.tiles.first() else { return Ok(false) };
    Ok(lenient(file.get(offset, 2).map(Some), None)? == Some(&START[..]))
}

/// Sets up the image as one tile with the complete stream, or as the stream's headers and a separate strip of coded samples. The
/// decoder checks that it is complete.
pub(super) fn one_stream(file: &PartialFile, directory: &Directory, mut level: Level) -> Result<Level, Stop> {
    const MAX_STRIPS: u64 = 1 << 16;
    const MAX_HEADERS: u64 = 64 << 10;
    let list = |tag| lenient(directory.numbers(file, tag, MAX_STRIPS), Vec::new());
    let start = directory.number(file, OLD_JPEG_STREAM)?.unwrap_or(0);
    let rest = file.size().saturating_sub(start);
    let stated = lenient(directory.number(file, OLD_JPEG_STREAM_LENGTH), None)?.unwrap_or(0).min(rest);
    let strips: Vec<_> = list(STRIP_OFFSETS)?.into_iter().zip(list(STRIP_LENGTHS)?).collect();
    let headers = file.get(start, if stated > 0 { stated } else { rest }.min(MAX_HEADERS))?;
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
            return Err(unsupported(
                "it has old-style JPEG strips separate from their headers, which is not supported".into(),
            ));
        }
    }
    // Some writers count only the headers; the samples after them end with the strips.
    let ends = strips.iter().map(|(offset, length)| offset.saturating_add(*length));
    let end = ends.chain([start + stated]).max().unwrap_or(0).min(file.size());
    let end = if stated == 0 { file.size() } else { end };
    level.tiles = vec![(start, end.saturating_sub(start))];
    Ok(level)
}

/// Quantization and Huffman tables as JPEG segments (ITU-T T.81, §B.2.4), if tags point to them.
pub(super) fn tables(
    file: &PartialFile,
    directory: &Directory,
    samples: u64,
) -> Result<Option<Arc<[u8]>>, Stop> {
    if directory.number(file, OLD_JPEG_PROCESS)?.unwrap_or(1) != 1 {
        return Err(unsupported("it has lossless old-style JPEG tiles, which are not supported".into()));
    }
    let offsets = |tag| directory.numbers(file, tag, samples);
    let all = [OLD_JPEG_QUANTIZATION, OLD_JPEG_DC, OLD_JPEG_AC];
    if all.iter().any(|&tag| directory.count(tag) < samples) {
        return Ok(None);
    }
    let mut tables = Vec::new();
    for (n, offset) in offsets(OLD_JPEG_QUANTIZATION)?.into_iter().enumerate() {
        segment(&mut tables, 0xdb, n as u8, &[file.get(offset, 64)?]);
    }
    for (tag, class) in [(OLD_JPEG_DC, 0), (OLD_JPEG_AC, 0x10)] {
        for (n, offset) in offsets(tag)?.into_iter().enumerate() {
            let counts = file.get(offset, 16)?;
            let values: u64 = counts.iter().map(|&count| u64::from(count)).sum();
            if values > 256 {
                return Err(Refused::damaged("a Huffman table has more than 256 values").into());
            }
            segment(&mut tables, 0xc4, class | n as u8, &[counts, file.get(offset + 16, values)?]);
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
