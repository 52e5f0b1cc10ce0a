//! Photoshop's image resources, which wrap IPTC data sets in JPEG files (Adobe Photoshop File Formats Specification).

/// The prefix of APP13 segments that contain image resources.
const PREFIX: &[u8] = b"Photoshop 3.0\0";
/// The identifier of the resource that contains IPTC data sets.
const IPTC: u16 = 0x0404;

/// The image resources in an APP13 segment; `None` if it does not have their prefix.
pub(super) fn image_resources(segment: &[u8]) -> Option<&[u8]> {
    segment.strip_prefix(PREFIX)
}

/// Finds the IPTC data sets in image resources, each of which has `8BIM`, a number, a padded name, a length, and padded data.
pub(super) fn iptc(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        rest = rest.strip_prefix(b"8BIM")?;
        let number = u16::from_be_bytes(*rest.first_chunk()?);
        let name = 1 + usize::from(*rest.get(2)?);
        rest = rest.get(2 + name + name % 2..)?;
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        rest = rest.get(4..)?;
        let data = rest.get(..length)?;
        if number == IPTC {
            return Some(data);
        }
        rest = rest.get(length + length % 2..)?;
    }
}

/// Wraps data sets as the body of a JPEG's APP13 segment.
pub(super) fn wrap(sets: &[u8]) -> Vec<u8> {
    let mut resource = [PREFIX, b"8BIM", &IPTC.to_be_bytes(), &[0, 0]].concat();
    resource.extend_from_slice(&(sets.len() as u32).to_be_bytes());
    resource.extend_from_slice(sets);
    if sets.len() % 2 == 1 {
        resource.push(0);
    }
    resource
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_an_even_length() {
        assert_eq!(wrap(b"abc"), b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x03abc\0");
    }

    #[test]
    fn data_sets_are_found_after_other_resources() {
        let other = b"8BIM\x04\x25\x03abc\0\0\0\x01x\0";
        let wrapped = wrap(b"sets");
        let resources = [&other[..], image_resources(&wrapped).unwrap()].concat();
        assert_eq!(iptc(&resources), Some(&b"sets"[..]));
        for length in 0..resources.len() {
            assert_eq!(iptc(&resources[..length]), None);
        }
        assert_eq!(iptc(b"8BIM\x04\x04\0\0\xff\xff\xff\xff"), None);
    }
}
