//! Finds a TIFF's pages and pyramid levels without reading a pixel.

mod blocks;
mod decode;
mod image;
mod old_jpeg;
mod pyramid;

pub use decode::{TiffRows, decode_tile};

use super::{Master, PartialFile, Refused, Stop};
use crate::container::tiff::tags::{OLD_SUBFILE, SUBFILE};
use crate::container::tiff::{Directory, Layout};
use pyramid::{Next, Pyramid};

/// No sound pyramid or book of scans in one file has more directories.
const MAX_DIRECTORIES: usize = 4096;

/// The master that page `page` (1 is the first) of this TIFF is.
///
/// Reduced pages that follow a page, or hang below it as SubIFDs, are its levels. Everything but the page's own
/// directory is optional: what cannot be read of it is left out.
pub fn index(held: &PartialFile, page: u32) -> Result<Master, Stop> {
    let (layout, first) =
        Layout::of(held.start()).ok_or_else(|| Refused::damaged("it has no TIFF header"))?;
    let (mut offset, mut seen, mut pages): (u64, Vec<u64>, u32) = (first, Vec::new(), 0);
    let mut found: Option<Pyramid> = None;
    // A chain may loop: what it led to before counts.
    while offset != 0 && !seen.contains(&offset) && seen.len() < MAX_DIRECTORIES {
        seen.push(offset);
        let directory = match Directory::read(held, layout, offset) {
            Err(Stop::Refused(_)) if seen.len() > 1 => break, // A broken pointer ends the chain.
            other => other.map_err(|stop| sure(stop, held))?,
        };
        offset = directory.next;
        let role = Role::of(held, &directory)?;
        match &mut found {
            _ if role == Role::Mask => {}
            Some(pyramid) => match pyramid.next(held, &directory, role)? {
                Next::Level => pyramid.add(held, layout, &directory)?,
                Next::Other => {}
                Next::End => break,
            },
            None if role == Role::Page => {
                pages += 1;
                if pages == page {
                    found = Some(Pyramid::open(held, layout, &directory)?);
                }
            }
            None => {}
        }
    }
    if found.is_none() && pages == 0 && page == 1 {
        // Nothing but reduced images or masks: other readers show the first, whatever it is called.
        let directory = Directory::read(held, layout, first).map_err(|stop| sure(stop, held))?;
        found = Some(Pyramid::open(held, layout, &directory)?);
    }
    let no_page = || Stop::from(Refused::NoPage { page, pages });
    Ok(found.ok_or_else(no_page)?.finish(held))
}

/// What a directory says that its image is for (tag 254, or 255 in old files).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Page,
    Reduced,
    /// A transparency mask.
    Mask,
}

impl Role {
    fn of(held: &PartialFile, directory: &Directory) -> Result<Self, Stop> {
        let number = |tag| lenient(directory.number(held, tag), None);
        Ok(match number(SUBFILE)? {
            Some(bits) if bits & 4 != 0 => Self::Mask,
            Some(bits) if bits & 1 != 0 => Self::Reduced,
            None if number(OLD_SUBFILE)? == Some(2) => Self::Reduced,
            _ => Self::Page,
        })
    }
}

/// A default in place of what cannot be read; bytes that are yet to be fetched are still asked for.
fn lenient<T>(found: Result<T, Stop>, default: T) -> Result<T, Stop> {
    match found {
        Err(Stop::Refused(_)) => Ok(default),
        other => other,
    }
}

fn cannot(reason: String) -> Stop {
    Refused::Unsupported(reason).into()
}

/// Directories lie in a row more often than not: one generous read finds the rest of them.
fn sure(stop: Stop, held: &PartialFile) -> Stop {
    match stop {
        Stop::NeedBytes { range, .. } => {
            let rest = held.size() - range.start;
            Stop::NeedBytes { range, likely: rest.min(256 << 10) }
        }
        other => other,
    }
}
