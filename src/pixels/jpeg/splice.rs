//! Splits, joins and labels JPEGs without decoding them.

use crate::iiif::Dimensions;
use crate::metadata::EmbeddedMetadata;
use crate::pixels::Error;

/// The meaning of a stored tile's components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Color {
    /// Gray or YCbCr, stated by a JFIF marker.
    Jfif,
    /// RGB without transform, stated by an Adobe marker; without it, decoders assume YCbCr.
    Rgb,
    /// Four components without transform: no marker.
    Bare,
}

/// The offset of the color transform in an Adobe marker that is the first segment.
const ADOBE_TRANSFORM: usize = 17;

/// The bytes to put before a stored tile without its start marker: start marker, color marker, profile, shared tables.
pub fn head(color: Color, icc: Option<&[u8]>, tables: Option<&[u8]>) -> Vec<u8> {
    let mut head = vec![0xff, 0xd8];
    match color {
        Color::Jfif => head.extend_from_slice(b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        Color::Rgb => head.extend_from_slice(b"\xff\xee\x00\x0eAdobe\0\x64\0\0\0\0\0"),
        Color::Bare => {}
    }
    if let Some(icc) = icc {
        push_icc(&mut head, icc);
    }
    if let Some(tables) = tables {
        head.extend_from_slice(sound_tables(tables));
    }
    head
}

/// Segments before the first scan, from `at` on: the offset, marker and body of each.
fn segments(jpeg: &[u8], mut at: usize) -> impl Iterator<Item = (usize, u8, &[u8])> {
    std::iter::from_fn(move || {
        loop {
            match *jpeg.get(at..)? {
                [0xff, 0xff, ..] => at += 1,
                [0xff, 0x01 | 0xd0..=0xd7, ..] => at += 2,
                [0xff, 0xd8..=0xda, ..] => return None,
                [0xff, marker, high, low, ..] => {
                    let (start, length) = (at, usize::from(u16::from_be_bytes([high, low])));
                    let body = jpeg.get(start + 4..start + 2 + length)?;
                    at += 2 + length;
                    return Some((start, marker, body));
                }
                _ => return None,
            }
        }
    })
}

/// The offset of the first scan's coded samples.
pub fn scan_start(jpeg: &[u8]) -> Option<usize> {
    let at = segments(jpeg, 2).last().map_or(2, |(at, _, body)| at + 4 + body.len());
    match *jpeg.get(at..)? {
        [0xff, 0xda, high, low, ..] => Some(at + 2 + usize::from(u16::from_be_bytes([high, low]))),
        _ => None,
    }
    .filter(|&scan| scan <= jpeg.len())
}

/// Whether the first of three components has finer sampling than the second, as only luma has.
fn is_subsampled(marker: u8, body: &[u8]) -> bool {
    matches!(marker, 0xc0..=0xc2)
        && matches!(*body, [_, _, _, _, _, 3, _, first, _, _, second, ..] if first != second)
}

/// The size in the frame header after the first `head` bytes of a JPEG.
pub fn stated_size(jpeg: &[u8], head: usize) -> Option<Dimensions> {
    let is_frame = |marker: u8| matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
    match *segments(jpeg, head).find(|&(_, marker, _)| is_frame(marker))?.2 {
        [_, h1, h0, w1, w0, ..] => {
            Some(Dimensions::new(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into()))
        }
        _ => None,
    }
}

fn has_adobe_marker(jpeg: &[u8], head: usize) -> bool {
    head > ADOBE_TRANSFORM && jpeg.get(2..4) == Some(&[0xff, 0xee])
}

/// Whether a segment after the first `head` bytes of a JPEG, which [`head`] wrote, may contradict them.
pub fn contradicts_head(jpeg: &[u8], head: usize) -> bool {
    let rgb = has_adobe_marker(jpeg, head);
    segments(jpeg, head)
        .any(|(_, marker, body)| matches!(marker, 0xe0..=0xef) || (rgb && is_subsampled(marker, body)))
}

/// A JPEG's end marker; some writers omit it in tiles.
pub const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

/// Whether the end marker is among the last bytes: some writers pad tiles.
pub fn has_end_marker(jpeg: &[u8]) -> bool {
    jpeg[jpeg.len().saturating_sub(8)..].windows(2).any(|pair| pair == END_OF_IMAGE)
}

/// Shared tables (TIFF tag 347) without start and end markers; empty if they are not valid segments.
fn sound_tables(tables: &[u8]) -> &[u8] {
    let tables = tables.strip_prefix(&[0xff, 0xd8]).unwrap_or(tables);
    let tables = tables.strip_suffix(&END_OF_IMAGE).unwrap_or(tables);
    let end = segments(tables, 0).last().map_or(0, |(at, _, body)| at + 4 + body.len());
    if end == tables.len() { tables } else { &[] }
}

/// Removes contradictions between a JPEG and its head in place, without moving bytes.
pub fn reconcile(jpeg: &mut [u8], head: usize) {
    let luma = segments(jpeg, head).any(|(_, marker, body)| is_subsampled(marker, body));
    if has_adobe_marker(jpeg, head) && luma {
        jpeg[ADOBE_TRANSFORM] = 1;
    }
    hide_app_segments(jpeg, head);
}

/// Turns the application segments after the first `head` bytes (JFIF, Adobe, EXIF, profiles) into comments.
pub fn hide_app_segments(jpeg: &mut [u8], head: usize) {
    const COMMENT: u8 = 0xfe;
    let applications = segments(jpeg, head).filter(|(_, marker, _)| matches!(marker, 0xe0..=0xef));
    let found: Vec<usize> = applications.map(|(at, ..)| at).collect();
    found.into_iter().for_each(|at| jpeg[at + 1] = COMMENT);
}

/// The headers of a baseline frame and its only scan; component `n` uses tables `n` (ITU-T T.81, §B.2.2 and §B.2.3).
/// `sampling` applies to the first component; the others have 1.
pub fn frame(size: Dimensions, components: u8, sampling: (u8, u8)) -> Vec<u8> {
    let [height, width] = [size.height as u16, size.width as u16].map(u16::to_be_bytes);
    let mut frame = vec![8, height[0], height[1], width[0], width[1], components];
    let mut scan = vec![components];
    for n in 0..components {
        let (across, down) = if n == 0 { sampling } else { (1, 1) };
        frame.extend([n + 1, across << 4 | down, n]);
        scan.extend([n + 1, n << 4 | n]);
    }
    scan.extend([0, 63, 0]);
    let mut out = Vec::new();
    push(&mut out, 0xc0, &[&frame]);
    push(&mut out, 0xda, &[&scan]);
    out
}

/// Inserts profile and credit after the first segment of a JPEG that has none.
pub fn insert_metadata(jpeg: &[u8], metadata: &EmbeddedMetadata) -> Vec<u8> {
    let first = jpeg.get(4..6).map_or(0, |length| usize::from(u16::from_be_bytes([length[0], length[1]])));
    let at = if matches!(jpeg.get(2..4), Some([0xff, 0xe0 | 0xee])) { 4 + first } else { 2 };
    let at = at.min(jpeg.len());
    let icc = metadata.icc.as_deref().unwrap_or_default();
    let mut out = Vec::with_capacity(jpeg.len() + icc.len() + 64);
    out.extend_from_slice(&jpeg[..at]);
    if let Some(xmp) = metadata.xmp() {
        push(&mut out, 0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", &xmp]);
    }
    if let Some(iptc) = metadata.photoshop() {
        push(&mut out, 0xed, &[&iptc]);
    }
    push_icc(&mut out, icc);
    out.extend_from_slice(&jpeg[at..]);
    out
}

/// Appends a profile as APP2 chunks (ICC.1, annex B.4).
fn push_icc(out: &mut Vec<u8>, icc: &[u8]) {
    const MAX: usize = 65_519;
    let count = icc.len().div_ceil(MAX);
    for (n, chunk) in icc.chunks(MAX).enumerate() {
        push(out, 0xe2, &[b"ICC_PROFILE\0", &[n as u8 + 1, count as u8], chunk]);
    }
}

/// Appends a segment, whose parts must fit into it.
fn push(out: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) {
    let length = 2 + parts.iter().map(|part| part.len()).sum::<usize>();
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&(length as u16).to_be_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// A JPEG of one scan, split.
pub struct Scan<'a> {
    /// The bytes before the scan, including the scan's header.
    pub head: Vec<u8>,
    /// Its coded samples, without the end marker.
    pub scan: &'a [u8],
}

/// Splits an encoder's JPEG; the head gets another `height`, and a restart `interval` in blocks if there is one (ITU-T
/// T.81, §B.2.4.4).
///
/// # Errors
/// [`Error::Damaged`] if it has no scan, a segment is truncated, or the end marker is missing.
pub fn scan(jpeg: &[u8], height: u32, interval: Option<u16>) -> Result<Scan<'_>, Error> {
    let damaged = |reason: &str| Error::damaged("JPEG encoder", reason);
    let mut head = jpeg.get(..2).unwrap_or_default().to_vec();
    loop {
        let rest = jpeg.get(head.len()..).unwrap_or_default();
        let &[0xff, marker, high, low, ..] = rest else { return Err(damaged("it has no scan")) };
        let length = 2 + usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(..length).ok_or_else(|| damaged("a segment is truncated"))?;
        let at = head.len();
        head.extend_from_slice(segment);
        match (marker, head.get_mut(at + 5..at + 7)) {
            (0xc0..=0xc2, Some(stated)) => stated.copy_from_slice(&(height as u16).to_be_bytes()),
            (0xda, _) => {
                let scan = rest[length..].strip_suffix(&[0xff, 0xd9]);
                let scan = scan.ok_or_else(|| damaged("it has no end marker"))?;
                if let Some(interval) = interval {
                    let [high, low] = interval.to_be_bytes();
                    head.splice(at..at, [0xff, 0xdd, 0, 4, high, low]);
                }
                return Ok(Scan { head, scan });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Credit;
    use crate::pixels::jpeg;
    use crate::pixels::{Channels, Raster};

    fn tile() -> Vec<u8> {
        let mut raster = Raster::blank(Dimensions::new(64, 64), Channels::Rgb);
        for (n, sample) in raster.samples.iter_mut().enumerate() {
            *sample = ((n * 7) ^ (n / 191)) as u8;
        }
        jpeg::encode(&raster, 90, jpeg_subsampling(), &EmbeddedMetadata::default()).unwrap()
    }

    fn jpeg_subsampling() -> crate::pixels::Subsampling {
        crate::pixels::Subsampling::S420
    }

    #[test]
    fn a_profile_can_be_put_in_and_read_back() {
        let icc = vec![7; 70_000];
        let found = jpeg::header(&insert_metadata(&tile(), &EmbeddedMetadata::icc(&icc))).unwrap().unwrap();
        assert_eq!(found.icc, Some(icc));
    }

    #[test]
    fn the_credit_is_in_segments_of_its_own_before_the_profile() {
        let credit = Credit { title: Some("ø".repeat(9000)), ..Credit::default() };
        let metadata = EmbeddedMetadata { credit: Some(credit), ..EmbeddedMetadata::icc(&[7; 200]) };
        let (plain, labelled) = (tile(), insert_metadata(&tile(), &metadata));
        let (mut at, mut found) = (20, Vec::new());
        while labelled[at..at + 2] != [0xff, 0xdb] {
            let length = 2 + usize::from(u16::from_be_bytes([labelled[at + 2], labelled[at + 3]]));
            found.push((labelled[at + 1], &labelled[at + 4..at + length]));
            at += length;
        }
        let xmp = [b"http://ns.adobe.com/xap/1.0/\0", &metadata.xmp().unwrap()[..]].concat();
        assert_eq!(found[0], (0xe1, &xmp[..]));
        assert_eq!(found[1], (0xed, &metadata.photoshop().unwrap()[..]));
        assert_eq!((found[2].0, found.len()), (0xe2, 3));
        assert_eq!([&labelled[..20], &labelled[at..]].concat(), plain);
    }
}
