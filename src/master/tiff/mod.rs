//! Indexes the pages and pyramid levels of a TIFF without reading pixels, and decodes its samples.

mod blocks;
mod decode;
mod image;
mod old_jpeg;
mod pyramid;

pub(crate) use decode::{TiffRows, decode_tile};

use super::{Master, PartialFile, Refused, Stop};
use crate::container::tiff::tags::{OLD_SUBFILE, SUBFILE};
use crate::container::tiff::{Directory, Layout};
use crate::master::checksum::IndexChecksum;
use pyramid::{Next, Pyramid};

/// The most directories that are read: enough for a pyramid or a scanned book in one file.
const MAX_DIRECTORIES: usize = 4096;

/// Indexes page `page` of this TIFF; the first page is 1.
///
/// Reduced pages that follow a page, or its SubIFDs, are its levels. Only the page's own directory is required: levels
/// that cannot be read are skipped.
pub(super) fn index(file: &PartialFile, page: u32) -> Result<Master, Stop> {
    let (layout, first) =
        Layout::of(file.start()).ok_or_else(|| Refused::damaged("it has no TIFF header"))?;
    let (mut offset, mut seen, mut pages): (u64, Vec<u64>, u32) = (first, Vec::new(), 0);
    let (mut found, mut checksum): (Option<Pyramid>, _) = (None, None);
    // A chain may loop; the directories before the loop count.
    while offset != 0 && !seen.contains(&offset) && seen.len() < MAX_DIRECTORIES {
        seen.push(offset);
        let directory = match Directory::read(file, layout, offset) {
            Err(Stop::Refused(_)) if seen.len() > 1 => break, // A broken pointer ends the chain.
            other => other.map_err(|stop| widened(stop, file))?,
        };
        offset = directory.next;
        if seen.len() == 1 {
            checksum = IndexChecksum::read(file, &directory)?;
        }
        let role = Role::of(file, &directory)?;
        match &mut found {
            _ if role == Role::Mask => {}
            Some(pyramid) => match pyramid.next(file, &directory, role)? {
                Next::Level => pyramid.add(file, layout, &directory)?,
                Next::Other => {}
                Next::End => break,
            },
            None if role == Role::Page => {
                pages += 1;
                if pages == page {
                    found = Some(Pyramid::open(file, layout, &directory)?);
                }
            }
            None => {}
        }
    }
    if found.is_none() && pages == 0 && page == 1 {
        // The file has only reduced images or masks: other readers show the first of them.
        let directory = Directory::read(file, layout, first).map_err(|stop| widened(stop, file))?;
        found = Some(Pyramid::open(file, layout, &directory)?);
    }
    let no_page = || Stop::from(Refused::NoPage { page, pages });
    let mut found = found.ok_or_else(no_page)?;
    found.checksum = checksum;
    found.finish(file).map_err(|stop| widened(stop, file))
}

/// The purpose of a directory's image (tag 254, or 255 in old files).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Page,
    Reduced,
    /// A transparency mask.
    Mask,
}

impl Role {
    fn of(file: &PartialFile, directory: &Directory) -> Result<Self, Stop> {
        let number = |tag| lenient(directory.number(file, tag), None);
        Ok(match number(SUBFILE)? {
            Some(bits) if bits & 4 != 0 => Self::Mask,
            Some(bits) if bits & 1 != 0 => Self::Reduced,
            None if number(OLD_SUBFILE)? == Some(2) => Self::Reduced,
            _ => Self::Page,
        })
    }
}

/// Replaces a refusal by a default; requests for more bytes are passed on.
fn lenient<T>(found: Result<T, Stop>, default: T) -> Result<T, Stop> {
    match found {
        Err(Stop::Refused(_)) => Ok(default),
        other => other,
    }
}

fn unsupported(reason: String) -> Stop {
    Refused::Unsupported(reason).into()
}

/// Widens a request for bytes: directories are usually adjacent, so one larger read finds the rest of them.
fn widened(stop: Stop, file: &PartialFile) -> Stop {
    match stop {
        Stop::NeedBytes { range, .. } => {
            let rest = file.size() - range.start;
            Stop::NeedBytes { range, likely: rest.min(256 << 10) }
        }
        other => other,
    }
}
