//! Reads a PNG's chunks before and after its pixels, and metadata blocks in text chunks (PNG, third edition, §11).

use std::io::Read;

use flate2::Crc;
use flate2::read::ZlibDecoder;

use super::{MAX_CHUNKS, MAX_PROFILE, PartialFile, Stop};

/// Bytes at the end of the file that are searched for chunks after the pixels.
const TAIL: u64 = 64 << 10;

/// The most bytes of chunks that are read: enough for a profile and a few texts.
const MAX_CHUNK_BYTES: u64 = 8 << 20;
/// Chunks up to this size do not count towards the limit: palettes and transparency are smaller (§11.2.2, §11.3.1.1).
const SMALL_CHUNK: u64 = 1024;
/// The largest text with a block of EXIF, XMP or IPTC, in bytes after decompression; two digits are a byte of the block.
const MAX_TEXT: u64 = 2 << 20;

/// Calls `each` for the known, complete and reasonably small chunks before the pixels; returns `false` if the file ends
/// without pixels. All chunks are fetched before the first call, because parsing restarts when it needs more bytes.
pub(crate) fn chunks_before_pixels(
    file: &PartialFile,
    mut each: impl FnMut(&[u8; 4], &[u8]),
) -> Result<bool, Stop> {
    let (mut at, mut found, mut room) = (8, Vec::new(), MAX_CHUNK_BYTES);
    let mut has_pixels = true;
    for _ in 0..MAX_CHUNKS {
        if at + 8 > file.size() {
            has_pixels = false;
            break;
        }
        let &[a, b, c, d, w, x, y, z] = chunk_header(file, at)? else { return Ok(false) };
        let (length, name) = (u64::from(u32::from_be_bytes([a, b, c, d])), [w, x, y, z]);
        match &name {
            b"IDAT" => break,
            b"IEND" => {
                has_pixels = false;
                break;
            }
            _ if length <= MAX_PROFILE.min(room.max(SMALL_CHUNK))
                && at + 12 + length <= file.size()
                && is_known(&name) =>
            {
                // Small chunks are needed to decode the pixels, however much text there is.
                if length > SMALL_CHUNK {
                    room -= length;
                }
                found.push((name, file.get(at + 8, length + 4)?.split_at(length as usize)));
            }
            _ => {}
        }
        at += 12 + length;
    }
    for (name, (body, checksum)) in found {
        // As in libpng, damaged ancillary chunks are skipped.
        if &name == b"PLTE" || is_sound(&name, body, checksum) {
            each(&name, body);
        }
    }
    Ok(has_pixels)
}

/// The length and name of the chunk at `at`; if they have not been fetched, more is requested for the next chunks.
fn chunk_header(file: &PartialFile, at: u64) -> Result<&[u8], Stop> {
    file.get(at, 8).map_err(|stop| match stop {
        Stop::NeedBytes { range, .. } => Stop::NeedBytes { likely: (32 << 10).min(file.size() - at), range },
        other => other,
    })
}

fn is_sound(name: &[u8], body: &[u8], checksum: &[u8]) -> bool {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(body);
    checksum.first_chunk() == Some(&crc.sum().to_be_bytes())
}

/// Calls `each` for the chunks at the end of the file. They are found by name and verified by checksum, so that the
/// chunks of pixels need not be read.
pub(crate) fn chunks_after_pixels(
    file: &PartialFile,
    mut each: impl FnMut(&[u8; 4], &[u8]),
) -> Result<(), Stop> {
    let length = file.size().min(TAIL);
    let tail = file.get(file.size() - length, length)?;
    let named = tail.windows(4).enumerate().skip(4).filter(|(_, name)| is_known(name));
    for (at, name) in named.take(MAX_CHUNKS) {
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

/// The kind of a metadata block that is written as text, as ImageMagick does, if the chunk contains one.
pub(crate) fn raw_kind(body: &[u8]) -> Option<&[u8]> {
    let end = body.iter().take(80).position(|&byte| byte == 0)?;
    body[..end].strip_prefix(b"Raw profile type ")
}

/// The kind and bytes of a metadata block that is written as text, as ImageMagick does: a line with its name, a line with its
/// length, then lines of hexadecimal digits.
pub(crate) fn raw_profile<'a>(name: &[u8; 4], body: &'a [u8]) -> Option<(&'a [u8], Vec<u8>)> {
    let kind = raw_kind(body)?;
    let end = b"Raw profile type ".len() + kind.len();
    let inflated_text;
    let text = match name {
        b"tEXt" => &body[end + 1..],
        b"zTXt" => {
            inflated_text = inflated(body.get(end + 2..)?, MAX_TEXT)?;
            &inflated_text[..]
        }
        _ => return None,
    };
    let digits = text.splitn(4, |&byte| byte == b'\n').nth(3)?;
    let digits: Vec<u8> =
        digits.iter().filter_map(|&byte| char::from(byte).to_digit(16)).map(|digit| digit as u8).collect();
    Some((kind, digits.as_chunks().0.iter().map(|[high, low]| high << 4 | low).collect()))
}

/// Decompresses `packed`; `None` if it is damaged or the result is larger than `max` bytes.
pub(crate) fn inflated(packed: &[u8], max: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed).take(max + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= max).then_some(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use super::*;

    pub(crate) fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(name);
        crc.update(body);
        [&(body.len() as u32).to_be_bytes()[..], name, body, &crc.sum().to_be_bytes()].concat()
    }

    /// A metadata block as ImageMagick writes it.
    pub(crate) fn raw(kind: &str, block: &[u8], deflated: bool) -> Vec<u8> {
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
}
