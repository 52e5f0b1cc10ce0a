//! Finds the XMP, IPTC and EXIF packets in a master's file.

use super::{exif, photoshop};
use crate::container::jp2::{self, JpxBox};
use crate::container::tiff::{self, Directory, Field, Layout, Offsets, tags};
use crate::container::{PartialFile, SourceFormat, Stop, jpeg, png, riff};

/// The metadata packets of a file, as their specifications define them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packets {
    /// An XMP packet, in XML.
    pub xmp: Option<Vec<u8>>,
    /// IPTC data sets.
    pub iptc: Option<Vec<u8>>,
    /// An EXIF block, which is a TIFF structure.
    pub exif: Option<Vec<u8>>,
}

/// The largest packet that is read, in bytes.
const MAX_PACKET: u64 = 1 << 20;
/// The most bytes of a JPEG that are read to find its first scan.
const MAX_HEADER: u64 = 32 << 20;
/// The most PNG texts with a packet that are decompressed.
const MAX_TEXTS: usize = 16;
/// The most JPEG 2000 boxes that are read.
const MAX_BOXES: usize = 256;

/// The TIFF tags of texts that are collected in an EXIF block.
const TEXT_TAGS: [u16; 4] = [tags::DESCRIPTION, tags::DATE_TIME, tags::ARTIST, tags::COPYRIGHT];

/// Finds the packets in `file`.
///
/// # Errors
/// Returns [`Stop::NeedBytes`] with the bytes to add before the next try, [`Stop::Refused`] if the file is damaged.
pub fn find(file: &PartialFile) -> Result<Packets, Stop> {
    match SourceFormat::recognize(file.start()) {
        Some(SourceFormat::Tiff) => in_tiff(file),
        Some(SourceFormat::Jpeg) => in_jpeg(file),
        Some(SourceFormat::Png) => in_png(file),
        Some(SourceFormat::Webp) => in_webp(file),
        Some(SourceFormat::Jp2) => in_jp2(file),
        _ => Ok(Packets::default()),
    }
}

fn in_tiff(file: &PartialFile) -> Result<Packets, Stop> {
    let Some((layout, first)) = Layout::of(file.start()) else { return Ok(Packets::default()) };
    let directory = Directory::read(file, layout, first)?;
    // A packet that cannot be read does not affect the others.
    let packet = |tag| match directory.bytes(file, tag, MAX_PACKET) {
        Err(Stop::Refused(_)) => Ok(None),
        other => other.map(|found| found.map(<[u8]>::to_vec)),
    };
    let mut texts = Vec::new();
    for tag in TEXT_TAGS {
        // The terminating zero may be missing.
        texts.extend(packet(tag)?.map(|text| Field::ascii(tag, [&text[..], &[0; 4]].concat())));
    }
    let exif = (!texts.is_empty()).then(|| tiff::file(&texts, Offsets::Short));
    Ok(Packets { xmp: packet(tags::XMP)?, iptc: packet(tags::IPTC)?, exif })
}

/// Reads marker segments up to the first scan (T.81, §B.1; XMP part 3, §1.1.3). EXIF that does not fit into one segment
/// continues in the next.
fn in_jpeg(file: &PartialFile) -> Result<Packets, Stop> {
    let mut found = Packets::default();
    let mut length = file.start().len() as u64;
    let segments = loop {
        match jpeg::segments(file.get(0, length)?) {
            Ok(Ok(segments)) => break segments,
            Ok(Err(needed)) if length < file.size() && length < MAX_HEADER => {
                length = jpeg::next_length(length, needed, file.size(), MAX_HEADER);
            }
            _ => return Ok(found),
        }
    };
    for segment in segments {
        let body = segment.body;
        if let Some(exif) = segment.exif() {
            found.exif.get_or_insert_default().extend_from_slice(exif);
        } else if let (0xe1, Some(xmp)) =
            (segment.marker, body.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0"))
        {
            found.xmp.get_or_insert_with(|| xmp.to_vec());
        } else if let (0xed, Some(resources)) = (segment.marker, photoshop::image_resources(body)) {
            found.iptc = found.iptc.or_else(|| photoshop::iptc(resources).map(<[u8]>::to_vec));
        }
    }
    Ok(found)
}

/// Reads chunks before and after the pixels (PNG, §11.3.2.9, §11.3.3.4; XMP part 3, §1.1.5), or blocks written as text if there
/// are none.
fn in_png(file: &PartialFile) -> Result<Packets, Stop> {
    const KEYWORD: &[u8] = b"XML:com.adobe.xmp\0\0\0";
    let (mut found, mut texts) = (Packets::default(), Packets::default());
    let mut inflated_text = 0;
    let mut visit = |name: &[u8; 4], body: &[u8]| match name {
        _ if body.len() as u64 > MAX_PACKET => {}
        b"eXIf" => drop(found.exif.get_or_insert_with(|| body.to_vec())),
        b"iTXt" => {
            // A language tag and a translated keyword, both usually empty, each end with a zero.
            let xmp = body.strip_prefix(KEYWORD).and_then(|text| text.splitn(3, |&byte| byte == 0).nth(2));
            found.xmp = found.xmp.take().or(xmp.map(<[u8]>::to_vec));
        }
        _ => {
            inflated_text += usize::from(png::raw_kind(body).is_some());
            let block = if inflated_text <= MAX_TEXTS { png::raw_profile(name, body) } else { None };
            match block {
                Some((b"exif", block)) => texts.exif = texts.exif.take().or(Some(block)),
                Some((b"xmp", block)) => texts.xmp = texts.xmp.take().or(Some(block)),
                Some((b"iptc" | b"8bim", block)) => {
                    texts.iptc = texts.iptc.take().or_else(|| photoshop::iptc(&block).map(<[u8]>::to_vec))
                }
                _ => {}
            }
        }
    };
    if png::chunks_before_pixels(file, &mut visit)? {
        png::chunks_after_pixels(file, visit)?;
    }
    let iptc = texts.iptc;
    Ok(Packets { xmp: found.xmp.or(texts.xmp), iptc, exif: found.exif.or(texts.exif) })
}

/// Reads RIFF chunks, which are usually after the pixels (WebP container specification).
fn in_webp(file: &PartialFile) -> Result<Packets, Stop> {
    let mut found = Packets::default();
    for chunk in riff::chunks(file) {
        let chunk = chunk?;
        match &chunk.name {
            _ if chunk.length > MAX_PACKET => {}
            b"EXIF" => found.exif = Some(exif::without_prefix(chunk.body()?).to_vec()),
            b"XMP " => found.xmp = Some(chunk.body()?.to_vec()),
            _ => {}
        }
    }
    Ok(found)
}

/// Reads JPEG 2000's `uuid` boxes (15444-1, §I.7.2; XMP part 3, §1.1.2).
fn in_jp2(file: &PartialFile) -> Result<Packets, Stop> {
    const XMP: [u8; 16] = *b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
    const IPTC: [u8; 16] = *b"\x33\xc7\xa4\xd2\xb8\x1d\x47\x23\xa0\xba\xf1\xa3\xe0\x97\xad\x38";
    let mut found = Packets::default();
    let mut at = 0;
    for _ in 0..MAX_BOXES {
        if at + 24 > file.size() || !file.start().starts_with(&[0, 0, 0, 12]) {
            break;
        }
        // A long header is requested at once.
        file.get(at, 16)?;
        let read = |at| file.get(at, 8).map(|bytes| std::array::from_fn(|n| bytes[n]));
        let Ok(JpxBox { name, body }) = jp2::box_at(at, file.size(), read)? else { break };
        if body.end > file.size() {
            break;
        }
        let length = body.end - body.start;
        if &name == b"uuid" && length >= 16 && body.end - at <= MAX_PACKET {
            let (id, packet) = file.get(body.start, length)?.split_at(16);
            match id {
                id if id == XMP => found.xmp = Some(packet.to_vec()),
                id if id == jp2::EXIF => found.exif = Some(packet.to_vec()),
                id if id == IPTC => found.iptc = Some(packet.to_vec()),
                _ => {}
            }
        }
        at = body.end;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn packets_in(file: Vec<u8>) -> Packets {
        find(&PartialFile::new(file.len() as u64, Bytes::from(file))).unwrap()
    }

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        [&[0xff, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat()
    }

    #[test]
    fn packets_are_found_in_jpeg_segments() {
        let resources =
            [&b"Photoshop 3.0\08BIM\x03\xed\0\0\0\0\0\x01x\08BIM\x04\x04\0\0\0\0\0\x04"[..], b"iptc"]
                .concat();
        let file = [
            vec![0xff, 0xd8],
            segment(0xe0, b"JFIF\0"),
            b"stray bytes".to_vec(),
            segment(0xe1, b"Exif\0\0ex"),
            segment(0xe1, b"Exif\0\0if"),
            segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
            segment(0xed, &resources),
            segment(0xda, b""),
        ]
        .concat();
        let expected = Packets {
            xmp: Some(b"<x/>".to_vec()),
            iptc: Some(b"iptc".to_vec()),
            exif: Some(b"exif".to_vec()),
        };
        assert_eq!(packets_in(file), expected);
    }

    #[test]
    fn packets_are_found_in_png_and_webp_chunks() {
        let expected = Packets { xmp: Some(b"<x/>".to_vec()), iptc: None, exif: Some(b"exif".to_vec()) };
        let exif = png::tests::chunk(b"eXIf", b"exif");
        let xmp = png::tests::chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>");
        let pixels = png::tests::chunk(b"IDAT", b"");
        let (raw_exif, raw_xmp) =
            (png::tests::raw("exif", b"exif", true), png::tests::raw("xmp", b"<x/>", false));
        for chunks in [
            [&exif, &xmp, &pixels],
            [&pixels, &xmp, &exif],
            [&xmp, &pixels, &exif],
            [&raw_exif, &pixels, &raw_xmp],
            [&raw_exif, &exif, &xmp],
        ] {
            let signature = b"\x89PNG\r\n\x1a\n".to_vec();
            assert_eq!(
                packets_in(
                    [&signature, chunks[0], chunks[1], chunks[2]].into_iter().flatten().copied().collect()
                ),
                expected
            );
        }
        let chunk = |kind: &[u8], body: &[u8]| [kind, &(body.len() as u32).to_le_bytes(), body].concat();
        let webp = [
            b"RIFF\0\0\0\0WEBP".to_vec(),
            chunk(b"VP8X", &[0; 10]),
            chunk(b"EXIF", b"Exif\0\0exif"),
            chunk(b"XMP ", b"<x/>"),
        ]
        .concat();
        assert_eq!(packets_in(webp), expected);
    }

    #[test]
    fn packets_are_found_in_jp2_boxes() {
        let named = |length: usize, body: &[&[u8]]| {
            [&(length as u32).to_be_bytes()[..], b"uuid", &body.concat()].concat()
        };
        let exif = named(28, &[&jp2::EXIF, b"exif"]);
        let xmp = b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
        let xmp = named(1, &[&36u64.to_be_bytes(), xmp, b"<x/>"]);
        let signature = b"\0\0\0\x0cjP  \r\n\x87\n".to_vec();
        let expected = Packets { xmp: Some(b"<x/>".to_vec()), iptc: None, exif: Some(b"exif".to_vec()) };
        assert_eq!(packets_in([signature, exif, xmp].concat()), expected);
    }

    #[test]
    fn packets_are_found_in_tiff_tags() {
        let mut file = b"II\x2a\0\x08\0\0\0\x02\0".to_vec();
        for (tag, kind, count, at) in [(700u16, 1u16, 4u32, 38u32), (315, 2, 5, 42)] {
            file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            file.extend([count.to_le_bytes(), at.to_le_bytes()].concat());
        }
        file.extend([0; 4]);
        file.extend(b"<x/>Anna\0");
        // Four bytes fit into the entry itself.
        file[18..22].copy_from_slice(b"<x/>");
        let found = packets_in(file);
        assert_eq!(found.xmp.as_deref(), Some(&b"<x/>"[..]));
        let exif = found.exif.unwrap();
        let (exif, _) = ::exif::parse_exif(&exif).unwrap();
        let artist = exif.iter().find(|field| field.tag == ::exif::Tag::Artist).unwrap();
        assert!(artist.display_value().to_string().contains("Anna"));
    }

    #[test]
    fn damaged_files_have_no_packets() {
        for file in [b"\xff\xd8\xff\xe1\xff\xffx".to_vec(), b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXt".to_vec()]
        {
            assert_eq!(packets_in(file), Packets::default());
        }
    }
}
