//! Reads the description, creators and rights from EXIF (CIPA DC-008, §4.6.5).

use exif::{In, Reader, Tag, Value};

use crate::metadata::Description;
use crate::metadata::description::plain;

/// Reads an EXIF block with or without the `Exif` prefix.
pub fn read(block: &[u8]) -> Description {
    let bytes = super::without_prefix(block).to_vec();
    let Ok(exif) = Reader::new()
        .continue_on_error(true)
        .read_raw(bytes)
        .or_else(|error| error.distill_partial_result(|_| {}))
    else {
        return Description::default();
    };
    let text = |tag: Tag| match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => {
            let parts: Vec<_> =
                parts.iter().map(|part| String::from_utf8_lossy(part).trim().to_owned()).collect();
            Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "))
                .filter(|all| !all.is_empty())
        }
        // Some programs write text as bytes.
        Value::Byte(bytes) | Value::Undefined(bytes, _) => {
            let text = String::from_utf8_lossy(bytes).replace('\0', " ").trim().to_owned();
            Some(text).filter(|text| !text.is_empty())
        }
        _ => None,
    };
    let creators = text(Tag::Artist).map(|all| all.split(';').map(|name| name.trim().to_owned()).collect());
    Description {
        description: text(Tag::ImageDescription).map(|text| plain(&text)).unwrap_or_default(),
        creators: creators.unwrap_or_default(),
        rights: text(Tag::Copyright),
        ..Description::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TIFF block of ASCII fields, little-endian.
    fn block(fields: &[(u16, &str)]) -> Vec<u8> {
        let mut bytes =
            [b"II*\0".as_slice(), &8u32.to_le_bytes(), &(fields.len() as u16).to_le_bytes()].concat();
        let mut place = 14 + 12 * fields.len() as u32;
        for (tag, text) in fields {
            bytes.extend([tag.to_le_bytes(), 2u16.to_le_bytes()].concat());
            bytes.extend([text.len() as u32, place].map(u32::to_le_bytes).concat());
            place += text.len() as u32;
        }
        bytes.extend(0u32.to_le_bytes());
        fields.iter().for_each(|(_, text)| bytes.extend(text.as_bytes()));
        bytes
    }

    #[test]
    fn artist_description_and_copyright_are_read() {
        let bare = block(&[
            (0x010e, "A blue sea\0"),
            (0x013b, "Anna Ancher; Michael Ancher\0"),
            (0x8298, "Public domain\0"),
        ]);
        let found = read(&bare);
        assert_eq!((found.creators.len(), found.rights.as_deref()), (2, Some("Public domain")));
        assert_eq!(read(&[b"Exif\0\0", &bare[..]].concat()), found);
        for length in 0..bare.len() {
            read(&bare[..length]);
        }
        // A pointer to a next directory that is not there, and more entries than there are.
        let next = 10 + 3 * 12;
        assert_eq!(read(&[&bare[..next], &99_999u32.to_le_bytes(), &bare[next + 4..]].concat()), found);
        assert_eq!(read(&[&bare[..8], &90u16.to_le_bytes(), &bare[10..]].concat()).creators, found.creators);
    }
}
