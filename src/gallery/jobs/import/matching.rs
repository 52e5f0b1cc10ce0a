//! Matches records with masters: by path, pattern, file name or object number.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::media::MediaMasters;
use crate::record::{Image, Role, Work, slug};

/// The identifiers of all masters, indexed for matching.
#[derive(Default)]
pub(crate) struct Masters {
    /// Identifiers by their file names, reduced to letters and digits.
    names: BTreeMap<String, Vec<String>>,
    identifiers: BTreeMap<String, ()>,
    media: MediaMasters,
}

/// A pattern of a work's image files: an identifier with `{object_number}`, and `*` for any characters.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(String);

impl std::str::FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains(NUMBER) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("`{text}` has no object number: write it as in `masters/{NUMBER}*.tif`"))
    }
}

const NUMBER: &str = "{object_number}";

/// The extensions of image files; a name can have several (`a.tif.jp2`).
const EXTENSIONS: [&str; 16] = [
    "tif", "tiff", "jp2", "j2k", "jpx", "jpf", "jph", "jpg", "jpeg", "png", "webp", "gif", "avif", "jxl",
    "ptif", "btf",
];

/// Suffixes of file names after the object number.
const ROLES: [(&str, Role); 14] = [
    ("recto", Role::Recto),
    ("front", Role::Recto),
    ("verso", Role::Verso),
    ("back", Role::Verso),
    ("detail", Role::Detail),
    ("frame", Role::Frame),
    ("infrared", Role::Infrared),
    ("ir", Role::Infrared),
    ("x-ray", Role::XRay),
    ("xray", Role::XRay),
    ("uv", Role::Ultraviolet),
    ("ultraviolet", Role::Ultraviolet),
    ("raking", Role::RakingLight),
    ("raking-light", Role::RakingLight),
];

impl Masters {
    pub(crate) fn add(&mut self, identifier: String) {
        self.names.entry(name(&identifier)).or_default().push(identifier.clone());
        self.identifiers.insert(identifier, ());
    }

    /// Adds a file of sound or video.
    pub(crate) fn add_media(&mut self, identifier: String) {
        self.media.add(identifier);
    }

    /// The number of masters of images.
    pub(crate) fn count(&self) -> usize {
        self.identifiers.len()
    }

    /// Replaces each image reference of the work by the identifier of its master, and finds masters for a work without
    /// references. Images, sound and video without a master are marked.
    pub(crate) fn find(&self, work: &mut Work, pattern: Option<&Pattern>) {
        self.media.find(work);
        for image in &mut work.images {
            match self.of_reference(&image.file) {
                Some(identifier) => {
                    // Tags refer to images by their names in the record.
                    for tag in &mut work.tags {
                        if tag.image.as_ref() == Some(&image.file) {
                            tag.image = Some(identifier.to_owned());
                        }
                    }
                    parts_renamed(&mut work.parts, &image.file, identifier);
                    image.file = identifier.to_owned();
                    image.matched = true;
                }
                None => image.matched = false,
            }
        }
        if work.images.iter().any(|image| image.matched) {
            return;
        }
        let mut found = match pattern {
            Some(pattern) => self.of_pattern(pattern, &work.object_number),
            None => self.of_number(&work.object_number),
        };
        if let Some(canvases) = work.canvases {
            // The only image of a manifest is the only master; other masters get canvases after those of the manifest.
            if let ([only], [master]) = (&mut work.images[..], &found[..]) {
                parts_renamed(&mut work.parts, &only.file, &master.file);
                (only.file, only.matched) = (master.file.clone(), true);
                return;
            }
            found
                .iter_mut()
                .zip(1..)
                .for_each(|(image, at)| image.canvas = Some(canvases.saturating_add(at)));
        }
        // Images with a master come before those without.
        work.images.splice(0..0, found);
    }

    /// The master that a record's image reference matches, if it is unambiguous.
    fn of_reference(&self, reference: &str) -> Option<&str> {
        let plain = reference.trim_start_matches("./").trim_start_matches('/');
        let decoded = percent_decode_str(plain).decode_utf8_lossy();
        for spelling in [reference, plain, decoded.as_ref()] {
            if let Some((identifier, ())) = self.identifiers.get_key_value(spelling) {
                return Some(identifier);
            }
        }
        // A URL has the image's name in some segment of its path; IIIF URLs continue with `full/max/0/default.jpg`.
        let path = decoded.split_once("://").map_or(decoded.as_ref(), |(_, rest)| rest);
        path.split(['/', '?', '=', '&']).rev().filter(|segment| !segment.is_empty()).find_map(|segment| {
            match self.names.get(&name(segment))?.as_slice() {
                [only] => Some(only.as_str()),
                _ => None,
            }
        })
    }

    fn of_pattern(&self, pattern: &Pattern, number: &str) -> Vec<Image> {
        let mut spellings = vec![number.to_owned(), number.replace('/', "_"), number.replace('/', "-")];
        spellings.dedup();
        let mut found: Vec<Image> = Vec::new();
        for spelling in spellings {
            let pattern = pattern.0.replace(NUMBER, &spelling);
            let prefix = pattern.split('*').next().unwrap_or_default();
            let candidates = self.identifiers.range(prefix.to_owned()..).map(|(identifier, ())| identifier);
            let candidates = candidates.take_while(|identifier| identifier.starts_with(prefix));
            for identifier in candidates.filter(|identifier| matches_pattern(&pattern, identifier)) {
                if !found.iter().any(|image| image.file == *identifier) {
                    found.push(image(identifier, role(&name(identifier))));
                }
            }
        }
        found
    }

    /// Masters whose file names are the object number, alone or followed by a role suffix.
    fn of_number(&self, number: &str) -> Vec<Image> {
        let number = slug(number);
        if number.is_empty() {
            return Vec::new();
        }
        let only = |name: &str| match self.names.get(name)?.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
        let mut found: Vec<Image> = only(&number).map(|file| image(&file, Role::Recto)).into_iter().collect();
        for (word, role) in &ROLES {
            found.extend(only(&format!("{number}-{word}")).map(|file| image(&file, role.clone())));
        }
        found
    }
}

fn parts_renamed(parts: &mut [crate::record::Part], from: &str, to: &str) {
    for part in parts {
        part.images.iter_mut().filter(|image| *image == from).for_each(|image| *image = to.to_owned());
        parts_renamed(&mut part.parts, from, to);
    }
}

fn image(identifier: &str, role: Role) -> Image {
    Image { file: identifier.to_owned(), role, matched: true, ..Image::default() }
}

fn role(name: &str) -> Role {
    let role = ROLES.iter().find(|(word, _)| name.ends_with(&format!("-{word}")));
    role.map_or(Role::Recto, |(_, role)| role.clone())
}

/// A file's name without its extensions, reduced to letters and digits.
fn name(identifier: &str) -> String {
    let mut name = identifier.rsplit(['/', ':']).next().unwrap_or(identifier);
    while let Some((stem, extension)) = name.rsplit_once('.')
        && EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
        && !stem.is_empty()
    {
        name = stem;
    }
    slug(name)
}

/// Whether the text matches the pattern, in which `*` is any characters.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masters() -> Masters {
        let mut masters = Masters::default();
        for identifier in [
            "a/KMS1.tif",
            "a/KKS2020-3_16.tif",
            "a/KKS2020-3_16_verso.tif",
            "b/pc4-15-03-2005_009.tif.jp2",
            "maps:Øst.tif",
            "twice/x.tif",
            "also/x.jpg",
            "KMS12.tif",
        ] {
            masters.add(identifier.to_owned());
        }
        masters
    }

    #[track_caller]
    fn check(number: &str, files: &[&str], pattern: Option<&str>, expected: &[&str]) {
        let images = files.iter().map(|file| Image { file: (*file).into(), ..Image::default() }).collect();
        let mut work = Work { object_number: number.into(), images, ..Work::default() };
        masters().find(&mut work, pattern.map(|pattern| pattern.parse().unwrap()).as_ref());
        let found: Vec<_> =
            work.images.iter().filter(|image| image.matched).map(|image| image.file.as_str()).collect();
        assert_eq!(found, expected, "{number} {files:?} {pattern:?}");
    }

    #[test]
    fn masters_are_found_by_path_name_and_number() {
        check("1", &["a/KMS1.tif"], None, &["a/KMS1.tif"]);
        check("1", &["./a/KMS1.tif"], None, &["a/KMS1.tif"]);
        check("1", &["maps:%C3%98st.tif"], None, &["maps:Øst.tif"]);
        check("1", &["kms1.jpg"], None, &["a/KMS1.tif"]);
        let address = "https://iip.example/iiif/jp2/pc4-15-03-2005_009.tif.jp2/full/full/0/native.jpg";
        check("1", &[address], None, &["b/pc4-15-03-2005_009.tif.jp2"]);
        check("1", &["x.tif"], None, &[]);
        check("KMS1", &[], None, &["a/KMS1.tif"]);
        check("KKS2020-3/16", &[], None, &["a/KKS2020-3_16.tif", "a/KKS2020-3_16_verso.tif"]);
        check("KMS1", &["gone.tif"], None, &["a/KMS1.tif"]);
        check("KMS9", &["gone.tif"], None, &[]);
    }

    #[test]
    fn masters_found_for_a_manifest_do_not_displace_its_canvases() {
        let found = |number: &str, canvases: u32| {
            let of = |at| Image { file: format!("gone{at}"), canvas: Some(at), ..Image::default() };
            let images = (1..=canvases).map(of).collect();
            let mut work =
                Work { object_number: number.into(), images, canvases: Some(canvases), ..Work::default() };
            masters().find(&mut work, None);
            let matched = work.images.into_iter().filter(|image| image.matched);
            matched.map(|image| (image.file, image.canvas)).collect::<Vec<_>>()
        };
        assert_eq!(found("KMS1", 1), [("a/KMS1.tif".to_owned(), Some(1))]);
        assert_eq!(found("KMS1", 2), [("a/KMS1.tif".to_owned(), Some(3))]);
        let both = ["a/KKS2020-3_16.tif", "a/KKS2020-3_16_verso.tif"].map(str::to_owned);
        assert_eq!(found("KKS2020-3/16", 1), both.into_iter().zip([Some(2), Some(3)]).collect::<Vec<_>>());
    }

    #[test]
    fn a_pattern_contains_the_object_number() {
        check("KMS1", &[], Some("a/{object_number}.tif"), &["a/KMS1.tif"]);
        check(
            "KKS2020-3/16",
            &[],
            Some("*{object_number}*"),
            &["a/KKS2020-3_16.tif", "a/KKS2020-3_16_verso.tif"],
        );
        check("KMS1", &[], Some("{object_number}*.tif"), &["KMS12.tif"]);
        assert!("a/*.tif".parse::<Pattern>().is_err());
    }
}
