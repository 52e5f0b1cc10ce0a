//! A PNG's chunks before and behind its pixels: size, profile, EXIF (PNG, third edition, §11).

use std::io::Read;
use std::sync::Arc;

use flate2::Crc;
use flate2::read::ZlibDecoder;

use super::bytes::{Held, Stop};
use super::whole::{MOST_CHUNKS, MOST_PROFILE, Said, sound};
use super::{Orientation, Refused};
use crate::iiif::Dimensions;
use crate::pixels::{Alpha, Depth, Model, Shape, exif};

/// How much of a file's end is searched for what stands behind its pixels.
const TAIL: u64 = 64 << 10;

/// IHDR comes first (§11.2.1); profile and EXIF may stand before the pixels, and EXIF behind them, too.
pub fn header(held: &Held) -> Result<Said, Stop> {
    let header = held.get(0, 26)?;
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let dimensions = sound(&header[12..16] == b"IHDR", Dimensions::new(number(16), number(20)))?;
    let (depth, color) = (header[24], header[25]);
    let mut shape = Shape {
        dimensions,
        model: if color & 2 == 0 { Model::Gray } else { Model::Rgb },
        alpha: if color & 4 == 0 { Alpha::None } else { Alpha::Straight },
        depth: if depth == 16 { Depth::U16 } else { Depth::U8 },
    };
    let (mut found, mut icc, mut palette) = (None, None, color != 3);
    let pixels = chunks(held, |name, body| match name {
        b"iCCP" => icc = icc.take().or_else(|| profile(body)),
        b"tRNS" => shape.alpha = Alpha::Straight,
        b"PLTE" => palette = true,
        _ => prefer(&mut found, orientation(name, body)),
    })?;
    if !pixels || !palette {
        return Err(Refused::damaged("it has no pixels, or no palette for them").into());
    }
    if found.is_none() {
        behind(held, |name, body| prefer(&mut found, orientation(name, body)))?;
    }
    let orientation = found.map_or(Orientation::UPRIGHT, |(_, number)| Orientation::new(number.into()));
    Ok(Said { shape, orientation, icc })
}

/// Hands out the chunks before the pixels, those that are known, whole and of a useful length; `false` where the file
/// ends without pixels.
pub fn chunks(held: &Held, mut each: impl FnMut(&[u8; 4], &[u8])) -> Result<bool, Stop> {
    let mut at = 8;
    for _ in 0..MOST_CHUNKS {
        if at + 8 > held.size() {
            return Ok(false);
        }
        let &[a, b, c, d, w, x, y, z] = held.get(at, 8)? else { return Ok(false) };
        let (length, name) = (u64::from(u32::from_be_bytes([a, b, c, d])), [w, x, y, z]);
        match &name {
            b"IDAT" => return Ok(true),
            b"IEND" => return Ok(false),
            _ if length <= MOST_PROFILE && at + 12 + length <= held.size() && is_known(&name) => {
                let (body, checksum) = held.get(at + 8, length + 4)?.split_at(length as usize);
                // As libpng has it: what is ancillary and damaged is passed over.
                if &name == b"PLTE" || is_sound(&name, body, checksum) {
                    each(&name, body);
                }
            }
            _ => {}
        }
        at += 12 + length;
    }
    Ok(true)
}

fn is_sound(name: &[u8], body: &[u8], checksum: &[u8]) -> bool {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(body);
    checksum.first_chunk() == Some(&crc.sum().to_be_bytes())
}

/// Hands out the chunks in the file's end, found by their names and known by their checksums: the pixels' own chunks
/// need not be walked.
pub fn behind(held: &Held, mut each: impl FnMut(&[u8; 4], &[u8])) -> Result<(), Stop> {
    let length = held.size().min(TAIL);
    let tail = held.get(held.size() - length, length)?;
    for (at, name) in tail.windows(4).enumerate().skip(4).filter(|(_, name)| is_known(name)) {
        let &[a, b, c, d, w, x, y, z, ref rest @ ..] = &tail[at - 4..] else { continue };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some((body, checksum)) = rest.split_at_checked(length) else { continue };
        if is_sound(name, body, checksum) {
            each(&[w, x, y, z], body);
        }
    }
    Ok(())
}

fn is_known(name: &[u8]) -> bool {
    [&b"iCCP"[..], b"PLTE", b"tRNS", b"eXIf", b"tEXt", b"zTXt", b"iTXt"].contains(&name)
}

/// A chunk's orientation, and whether it is EXIF's own chunk.
fn orientation(name: &[u8; 4], body: &[u8]) -> Option<(bool, u8)> {
    if name == b"eXIf" {
        return Some((true, exif::orientation(exif::bare(body))?));
    }
    let (kind, block) = raw_profile(name, body)?;
    Some((false, exif::orientation(exif::bare(&block))?)).filter(|_| kind == b"exif")
}

/// The first one counts, but EXIF's own chunk more than a text.
fn prefer(found: &mut Option<(bool, u8)>, next: Option<(bool, u8)>) {
    if let Some(next) = next
        && found.is_none_or(|(own, _)| !own && next.0)
    {
        *found = Some(next);
    }
}

/// The kind and the bytes of a block that ImageMagick and others write as text: a line with its name, one with its
/// length, and digits in lines.
pub fn raw_profile<'a>(name: &[u8; 4], body: &'a [u8]) -> Option<(&'a [u8], Vec<u8>)> {
    let end = body.iter().position(|&byte| byte == 0)?;
    let kind = body[..end].strip_prefix(b"Raw profile type ")?;
    let text = match name {
        b"tEXt" => body[end + 1..].to_vec(),
        b"zTXt" => inflated(body.get(end + 2..)?)?,
        _ => return None,
    };
    let digits = text.splitn(4, |&byte| byte == b'\n').nth(3)?;
    let digits: Vec<u8> =
        digits.iter().filter_map(|&byte| char::from(byte).to_digit(16)).map(|digit| digit as u8).collect();
    Some((kind, digits.as_chunks().0.iter().map(|[high, low]| high << 4 | low).collect()))
}

/// A name, a zero, the method's number, and the profile, deflated (§11.3.2.3).
fn profile(chunk: &[u8]) -> Option<Arc<[u8]>> {
    let name = chunk.iter().take(80).position(|&byte| byte == 0)?;
    let icc = inflated(chunk.get(name + 2..)?)?;
    (icc.len() > 128).then(|| icc.into())
}

fn inflated(packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed).take(MOST_PROFILE).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
pub mod tests {
    use std::io::Write;

    use super::*;
    use crate::pixels::exif::tests::turned;

    pub fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(name);
        crc.update(body);
        [&(body.len() as u32).to_be_bytes()[..], name, body, &crc.sum().to_be_bytes()].concat()
    }

    /// As ImageMagick writes a block.
    pub fn raw(kind: &str, block: &[u8], deflated: bool) -> Vec<u8> {
        let digits: Vec<String> =
            block.chunks(36).map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
        let text = format!("\n{kind}\n{:8}\n{}\n", block.len(), digits.join("\n"));
        let keyword = format!("Raw profile type {kind}\0");
        if !deflated {
            return chunk(b"tEXt", &[keyword.as_bytes(), text.as_bytes()].concat());
        }
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        chunk(b"zTXt", &[keyword.as_bytes(), b"\0", &packed.finish().unwrap()].concat())
    }

    fn file(before: &[Vec<u8>], pixels: &[u8], behind: &[Vec<u8>]) -> Held {
        let size = chunk(b"IHDR", &[0, 0, 0, 20, 0, 0, 0, 10, 8, 2, 0, 0, 0]);
        let file = [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            size,
            before.concat(),
            chunk(b"IDAT", pixels),
            behind.concat(),
            chunk(b"IEND", b""),
        ]
        .concat();
        Held::new(file.len() as u64, file.into())
    }

    #[track_caller]
    fn check(before: &[Vec<u8>], behind: &[Vec<u8>], expected: u8) {
        let found = header(&file(before, b"pixels", behind)).unwrap();
        assert_eq!(found.orientation.number(), expected);
    }

    #[test]
    fn exif_is_found_wherever_it_is() {
        let (six, named) = (turned(6, 0), [b"Exif\0\0", &turned(6, 77)[..]].concat());
        check(&[], &[], 1);
        check(&[chunk(b"eXIf", &six)], &[], 6);
        check(&[chunk(b"eXIf", &named)], &[], 6);
        check(&[], &[chunk(b"eXIf", &six)], 6);
        for deflated in [false, true] {
            check(&[raw("exif", &named, deflated)], &[], 6);
            check(&[], &[raw("exif", &named, deflated)], 6);
            check(&[], &[raw("APP1", &named, deflated)], 1);
            check(&[raw("iptc", &six, deflated)], &[], 1);
            check(&[raw("exif", &turned(3, 0), deflated), chunk(b"eXIf", &six)], &[], 6);
        }
        let mut damaged = chunk(b"eXIf", &six);
        *damaged.last_mut().unwrap() ^= 1;
        check(&[damaged], &[], 1);
        check(&[chunk(b"eXIf", &six), chunk(b"eXIf", &turned(3, 0))], &[chunk(b"eXIf", &turned(8, 0))], 6);
    }

    #[test]
    fn pixels_that_look_like_a_chunk_are_none() {
        let mut false_one = chunk(b"eXIf", &turned(6, 0));
        *false_one.last_mut().unwrap() ^= 1;
        assert_eq!(header(&file(&[], &false_one, &[])).unwrap().orientation.number(), 1);
    }

    #[test]
    fn a_file_without_pixels_or_their_palette_is_refused() {
        let size = |color: u8| chunk(b"IHDR", &[0, 0, 0, 20, 0, 0, 0, 10, 8, color, 0, 0, 0]);
        let (palette, pixels, end) = (chunk(b"PLTE", &[0; 3]), chunk(b"IDAT", b""), chunk(b"IEND", b""));
        for (chunks, read) in [
            (vec![size(2), pixels.clone(), end.clone()], true),
            (vec![size(2), end.clone()], false),
            (vec![size(2)], false),
            (vec![size(3), palette, pixels.clone(), end.clone()], true),
            (vec![size(3), pixels, end], false),
        ] {
            let file = [&b"\x89PNG\r\n\x1a\n"[..], &chunks.concat()].concat();
            assert_eq!(header(&Held::new(file.len() as u64, file.into())).is_ok(), read);
        }
    }

    #[test]
    fn what_is_broken_before_the_pixels_is_passed_over() {
        let found =
            header(&file(&[chunk(b"iCCP", b"name\0\0broken"), chunk(b"zTXt", b"")], b"", &[])).unwrap();
        assert_eq!((found.icc, found.shape.dimensions), (None, Dimensions::new(20, 10)));
    }
}
