//! Reads ICC profiles, which may be damaged or malicious.

use std::borrow::Cow;

use moxcms::{ColorProfile, DataColorSpace, ParsingOptions, ProfileClass, ProfileText};

use crate::pixels::{Error, Model};

/// The largest profile that is read, in bytes.
const MAX_BYTES: usize = 4 << 20;
/// The most tags of a profile that is read: each could be a table over the same bytes.
const MAX_TAGS: u32 = 100;
/// The most steps of a curve: 16 bits cannot distinguish more.
const MAX_STEPS: usize = 1 << 16;

/// Reads a profile of samples of `model`.
pub(super) fn parse(icc: &[u8], model: Model) -> Result<ColorProfile, Error> {
    let profile = read(icc)?;
    let fits = match profile.color_space {
        DataColorSpace::Gray => model == Model::Gray,
        DataColorSpace::Rgb => model == Model::Rgb,
        DataColorSpace::Cmyk => model == Model::Cmyk,
        DataColorSpace::Lab => model == Model::Lab,
        _ => false,
    };
    if !fits {
        return Err(unusable(format_args!("`{}` cannot describe {}", signature(icc, 16), samples(model))));
    }
    match profile.profile_class {
        ProfileClass::InputDevice
        | ProfileClass::DisplayDevice
        | ProfileClass::OutputDevice
        | ProfileClass::ColorSpace => Ok(profile),
        _ => Err(unusable(format_args!("profiles of class `{}` do not describe images", signature(icc, 12)))),
    }
}

/// A four-letter signature in a profile's header (ICC.1:2010, §7.2).
fn signature(icc: &[u8], at: usize) -> String {
    String::from_utf8_lossy(icc.get(at..at + 4).unwrap_or_default()).trim_end().to_owned()
}

fn samples(model: Model) -> &'static str {
    match model {
        Model::Gray => "gray",
        Model::Rgb => "RGB",
        Model::Cmyk => "CMYK",
        Model::Lab => "L*a*b*",
    }
}

/// The tags of tables for the reverse direction, which are not parsed.
const UNUSED: [&[u8; 4]; 4] = [b"B2A0", b"B2A1", b"B2A2", b"gamt"];
/// The size in bytes up to which profiles are parsed unchanged.
const SMALL_BYTES: usize = 4096;

/// Removes unused tables and duplicate tags. Each could be a table over the same bytes, and all of them would
/// be expanded.
fn without_unused_tags(icc: &[u8]) -> Cow<'_, [u8]> {
    if icc.len() <= SMALL_BYTES {
        return icc.into();
    }
    let mut icc = icc.to_vec();
    // After the last entry come the tags' own bytes, which may look like entries.
    let count = tag_count(&icc);
    let Some(entries) = icc.get_mut(132..) else { return icc.into() };
    let entries = entries.as_chunks_mut::<12>().0.iter_mut().take(count as usize);
    let mut seen: Vec<[u8; 4]> = Vec::new();
    let mut tables: [Option<&mut [u8; 12]>; 3] = [None, None, None];
    for entry in entries {
        let name = [entry[0], entry[1], entry[2], entry[3]];
        if seen.contains(&name) || UNUSED.contains(&&name) {
            entry[..4].copy_from_slice(b"none");
            continue;
        }
        seen.push(name);
        if let Some(table) = [b"A2B1", b"A2B0", b"A2B2"].iter().position(|known| **known == name) {
            tables[table] = Some(entry);
        }
    }
    // The first of several is used.
    for entry in tables.into_iter().flatten().skip(1) {
        entry[..4].copy_from_slice(b"none");
    }
    icc.into()
}

fn tag_count(icc: &[u8]) -> u32 {
    icc.get(128..132).and_then(|count| count.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn read(icc: &[u8]) -> Result<ColorProfile, Error> {
    let tags = tag_count(icc);
    if tags > MAX_TAGS {
        return Err(unusable(format_args!("{tags} tags")));
    }
    let options = ParsingOptions {
        max_profile_size: MAX_BYTES + 1,
        max_allowed_trc_size: MAX_STEPS,
        ..ParsingOptions::default()
    };
    if icc.len() > MAX_BYTES {
        return Err(unusable(format_args!("{} bytes; up to {MAX_BYTES} are supported", icc.len())));
    }
    ColorProfile::new_from_slice_with_options(&without_unused_tags(icc), options).map_err(unusable)
}

pub(super) fn has_tables(profile: &ColorProfile) -> bool {
    profile.lut_a_to_b_perceptual.is_some()
        || profile.lut_a_to_b_colorimetric.is_some()
        || profile.lut_a_to_b_saturation.is_some()
}

/// The profile's description.
pub fn description(icc: &[u8]) -> Option<String> {
    let profile = read(icc).ok()?;
    let text = match profile.description? {
        ProfileText::PlainString(text) => text,
        ProfileText::Localizable(texts) => texts.into_iter().next()?.value,
        ProfileText::Description(text) => {
            if text.ascii_string.is_empty() {
                text.unicode_string
            } else {
                text.ascii_string
            }
        }
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    (!text.is_empty()).then_some(text)
}

pub(super) fn unusable(reason: impl std::fmt::Display) -> Error {
    Error::damaged("ICC profile", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_tags(tags: &[&[u8; 4]], expected: &[&[u8; 4]]) {
        let mut icc = vec![0; 8192];
        icc[128..132].copy_from_slice(&(tags.len() as u32).to_be_bytes());
        for (entry, tag) in icc[132..].as_chunks_mut::<12>().0.iter_mut().zip(tags) {
            entry[..4].copy_from_slice(*tag);
        }
        let without_unused_tags = without_unused_tags(&icc);
        let left =
            without_unused_tags[132..].as_chunks::<12>().0.iter().take(tags.len()).map(|entry| &entry[..4]);
        assert_eq!(left.filter(|name| name != b"none").collect::<Vec<_>>(), expected);
        // The bytes after the list of tags are not entries, even if they look like duplicates.
        let end = 132 + 12 * tags.len();
        assert_eq!(without_unused_tags[end..], icc[end..]);
        assert_eq!(super::without_unused_tags(&icc[..4000]), &icc[..4000]);
    }

    #[test]
    fn duplicate_tags_and_unused_tables_are_removed() {
        check_tags(&[b"A2B0", b"B2A0", b"A2B1", b"desc", b"gamt", b"A2B2"], &[b"A2B1", b"desc"]);
        check_tags(&[b"A2B2", b"A2B0", b"A2B0", b"rTRC", b"rTRC"], &[b"A2B0", b"rTRC"]);
        check_tags(&[b"A2B2"], &[b"A2B2"]);
    }

    #[test]
    fn an_unsuitable_profile_is_reported_by_its_signature() {
        let rgb = ColorProfile::new_adobe_rgb().encode().unwrap();
        let refused = parse(&rgb, Model::Cmyk).unwrap_err().to_string();
        assert!(refused.contains("`RGB` cannot describe CMYK"), "{refused}");
        let linking = [&rgb[..12], b"link", &rgb[16..]].concat();
        let refused = parse(&linking, Model::Rgb).unwrap_err().to_string();
        assert!(refused.contains("class `link`"), "{refused}");
    }

    #[test]
    fn a_profile_with_too_many_tags_is_refused() {
        let mut icc = ColorProfile::new_adobe_rgb().encode().unwrap();
        assert!(parse(&icc, Model::Rgb).is_ok());
        icc.resize(132 + 12 * 200, 0);
        icc[128..132].copy_from_slice(&200u32.to_be_bytes());
        assert!(parse(&icc, Model::Rgb).unwrap_err().to_string().contains("200 tags"));
    }
}
