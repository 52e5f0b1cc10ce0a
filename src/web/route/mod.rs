//! Parses paths into routes. Paths are split before decoding, and each part is decoded once.

mod annotations;
mod api;
mod presentation;

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

pub(super) use annotations::AnnotationResource;
pub(super) use api::Endpoint;
pub(super) use presentation::{CollectionPath, WorkResource};

use crate::iiif::{Invalid, Version};
use crate::presentation::{CitationFormat, LinkedDataFormat};

/// A work's tags, one of them, or the history of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tags<'a> {
    pub work: Image<'a>,
    pub tag: Option<&'a str>,
    pub history: bool,
}

/// A path of the public port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Index,
    Asset(&'a str),
    View {
        viewer: Viewer,
        image: Image<'a>,
    },
    Base {
        version: Version,
        image: Image<'a>,
    },
    Info {
        version: Version,
        image: Image<'a>,
    },
    Pixels {
        version: Version,
        image: Image<'a>,
        parameters: [Cow<'a, str>; 4],
    },
    /// An image request in a form of version 1, or of other servers.
    Legacy {
        image: Image<'a>,
        parameters: [Cow<'a, str>; 4],
    },
    DeepZoom {
        image: Image<'a>,
    },
    DeepZoomTile {
        image: Image<'a>,
        level: u32,
        column: u32,
        row: u32,
        suffix: &'a str,
    },
    Work {
        version: Version,
        work: Image<'a>,
        piece: WorkResource<'a>,
    },
    Collection {
        version: Version,
        collection: CollectionPath<'a>,
    },
    /// Content Search; its versions are 1 and 2.
    Search {
        version: u8,
        work: Image<'a>,
        autocomplete: bool,
    },
    Changes {
        page: Option<u64>,
    },
    Record {
        work: Image<'a>,
    },
    Tags(Tags<'a>),
    /// A resource of the Web Annotation Protocol.
    Annotations {
        work: Image<'a>,
        resource: AnnotationResource<'a>,
    },
    /// The works that are like this one.
    Similar {
        work: Image<'a>,
    },
    /// Where a withdrawn work is restored.
    Restore {
        work: Image<'a>,
    },
    WorkPage {
        work: Image<'a>,
    },
    /// The citation of a work, or of a detail of it.
    Citation {
        work: Image<'a>,
        format: CitationFormat,
    },
    /// A work as JSON-LD.
    LinkedData {
        work: Image<'a>,
        format: LinkedDataFormat,
    },
    Download {
        image: Image<'a>,
    },
    Archive {
        work: Image<'a>,
    },
    /// A file of sound or video.
    Media {
        file: Image<'a>,
    },
    Api(Endpoint<'a>),
    /// A path below the facade of SMK's API (Statens Museum for Kunst).
    Smk(&'a str),
    /// Part 0 is the index of the parts.
    Sitemap {
        part: u32,
    },
    /// The page of all concepts.
    Concepts,
    /// The page of a concept.
    Concept {
        concept: Image<'a>,
    },
    /// The page of all creators.
    Creators,
    /// The page of a creator.
    Creator {
        creator: Image<'a>,
    },
    /// The page on which works are compared.
    Compare,
    /// The page on which curators decide about proposed tags.
    Review,
    /// The page about the API and the other interfaces.
    Developers,
    /// OAI-PMH.
    Oai,
    /// The XML Schema of the format `tegl`.
    OaiSchema,
    Live,
    Ready,
    Robots,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Viewer {
    OpenSeadragon,
    Mirador,
}

/// An identifier, decoded and as it was in the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image<'a> {
    pub identifier: Cow<'a, str>,
    pub raw: &'a str,
}

/// Maximum length of a path in bytes.
const MAX_BYTES: usize = 4096;

impl<'a> Route<'a> {
    pub(super) fn parse(path: &'a str) -> Result<Self, Invalid> {
        if path.len() > MAX_BYTES {
            return Err(Invalid::new("path", path, "is longer than 4096 bytes"));
        }
        let Some((first, rest)) =
            path.strip_prefix('/').map(|path| path.split_once('/').unwrap_or((path, "")))
        else {
            return Ok(Self::Unknown);
        };
        match (first, rest) {
            ("", "") => Ok(Self::Index),
            ("assets", rest) => Ok(Self::Asset(rest)),
            ("health", "live") => Ok(Self::Live),
            ("health", "ready") => Ok(Self::Ready),
            ("robots.txt", "") => Ok(Self::Robots),
            ("oai", "") => Ok(Self::Oai),
            ("oai", "tegl.xsd") => Ok(Self::OaiSchema),
            ("creators", "") => Ok(Self::Creators),
            ("creators", id) => Ok(Self::Creator { creator: Image::new(id)? }),
            ("concepts", "") => Ok(Self::Concepts),
            ("concepts", id) => Ok(Self::Concept { concept: Image::new(id)? }),
            ("compare", "") => Ok(Self::Compare),
            ("review", "") => Ok(Self::Review),
            ("developers", "") => Ok(Self::Developers),
            ("iiif", rest) => match rest.split_once('/') {
                Some(("2", rest)) => Self::image(Version::V2, rest),
                Some(("3", rest)) => Self::image(Version::V3, rest),
                // Older servers had no version here, or the name of their software.
                Some(("1" | "1.0" | "1.1" | "jp2", rest)) => Self::older(rest),
                _ => Ok(Self::Unknown),
            },
            ("view", rest) => match rest.split_once('/') {
                Some(("openseadragon", id)) => {
                    Ok(Self::View { viewer: Viewer::OpenSeadragon, image: Image::new(id)? })
                }
                Some(("mirador", id)) => Ok(Self::View { viewer: Viewer::Mirador, image: Image::new(id)? }),
                _ => Ok(Self::Unknown),
            },
            ("annotations", rest) => annotations::annotations(rest),
            ("presentation", rest) => presentation::presentation(rest),
            ("search", rest) => presentation::search(rest),
            ("discovery", rest) => Ok(presentation::changes(rest)),
            ("download", rest) => match rest.strip_prefix("work/").and_then(|rest| rest.strip_suffix(".zip"))
            {
                Some(work) if !work.is_empty() => Ok(Self::Archive { work: Image::new(work)? }),
                _ if !rest.is_empty() => Ok(Self::Download { image: Image::new(rest)? }),
                _ => Ok(Self::Unknown),
            },
            ("media", file) if !file.is_empty() => Ok(Self::Media { file: Image::new(file)? }),
            ("works", id) if !id.is_empty() => Self::work_page(id),
            ("api", rest) => match (rest.strip_prefix("v1/works/"), rest.strip_prefix("v1")) {
                (Some(rest), _) if !rest.is_empty() => Self::record(rest),
                (_, Some(rest)) if rest.is_empty() || rest.starts_with('/') => {
                    Ok(Endpoint::parse(rest).map_or(Self::Unknown, Self::Api))
                }
                _ => Ok(rest.strip_prefix("smk/v1/").map_or(Self::Unknown, Self::Smk)),
            },
            ("sitemap.xml", "") => Ok(Self::Sitemap { part: 0 }),
            ("sitemap", part) => {
                let part = part.strip_suffix(".xml").and_then(crate::iiif::integer);
                Ok(part.filter(|part| *part > 0).map_or(Self::Unknown, |part| Self::Sitemap { part }))
            }
            ("deepzoom", rest) => Self::deep_zoom(rest),
            _ => Ok(Self::Unknown),
        }
    }

    /// `{work}`, `{work}/cite.{bib|ris|json|txt}` and `{work}/{schema-org|linked-art}.jsonld`.
    fn work_page(rest: &'a str) -> Result<Self, Invalid> {
        if let Some((work, format)) = Self::linked_data(rest) {
            return Ok(Self::LinkedData { work: Image::new(work)?, format });
        }
        let cited = rest.rsplit_once("/cite.").filter(|(work, _)| !work.is_empty());
        match cited.and_then(|(work, suffix)| Some((work, CitationFormat::with_suffix(suffix)?))) {
            Some((work, format)) => Ok(Self::Citation { work: Image::new(work)?, format }),
            None => Ok(Self::WorkPage { work: Image::new(rest)? }),
        }
    }

    /// The work and the vocabulary of `{work}/{schema-org|linked-art}.jsonld`.
    fn linked_data(rest: &str) -> Option<(&str, LinkedDataFormat)> {
        let (work, suffix) = rest.rsplit_once('/').filter(|(work, _)| !work.is_empty())?;
        Some((work, LinkedDataFormat::with_suffix(suffix)?))
    }

    /// `{work}`, `{work}/{schema-org|linked-art}.jsonld`, `{work}/restore`, `{work}/similar`, `{work}/tags`,
    /// `{work}/tags/{tag}` and `{work}/tags/{tag}/history`.
    fn record(rest: &'a str) -> Result<Self, Invalid> {
        let tags = |work, tag, history| Ok(Self::Tags(Tags { work: Image::new(work)?, tag, history }));
        if let Some((work, format)) = Self::linked_data(rest) {
            return Ok(Self::LinkedData { work: Image::new(work)?, format });
        }
        let (before, last) = rest.rsplit_once('/').unwrap_or(("", rest));
        if last == "similar" && !before.is_empty() {
            return Ok(Self::Similar { work: Image::new(before)? });
        }
        if last == "restore" && !before.is_empty() {
            return Ok(Self::Restore { work: Image::new(before)? });
        }
        if last == "tags" && !before.is_empty() {
            return tags(before, None, false);
        }
        if let Some((work, tag)) = before.split_once("/tags/").filter(|_| last == "history") {
            return tags(work, Some(tag), true);
        }
        match before.strip_suffix("/tags") {
            Some(work) if !last.is_empty() => tags(work, Some(last), false),
            _ => Ok(Self::Record { work: Image::new(rest)? }),
        }
    }

    /// URIs of version 1, and of servers that deviate from it.
    fn older(rest: &'a str) -> Result<Self, Invalid> {
        Ok(match Self::image(Version::V2, rest)? {
            Self::Pixels { image, parameters, .. } => Self::Legacy { image, parameters },
            Self::Info { image, .. } => Self::Base { version: Version::V2, image },
            other => other,
        })
    }

    /// From the right, so that identifiers whose slashes a proxy has decoded still work (Image
    /// API, implementation notes §1).
    fn image(version: Version, rest: &'a str) -> Result<Self, Invalid> {
        if let Some(id) = rest.strip_suffix("/info.json") {
            return Ok(Self::Info { version, image: Image::new(id)? });
        }
        let mut parts = rest.rsplitn(5, '/');
        let mut next = || parts.next();
        match (next(), next(), next(), next(), next()) {
            (Some(last), Some(rotation), Some(size), Some(region), Some(id)) => {
                let image = Image::new(id)?;
                let parameters = [
                    decoded("region", region)?,
                    decoded("size", size)?,
                    decoded("rotation", rotation)?,
                    decoded("quality and format", last)?,
                ];
                // Version 3 accepts none of these forms.
                match version == Version::V2 && is_legacy(&parameters) {
                    true => Ok(Self::Legacy { image, parameters }),
                    false => Ok(Self::Pixels { version, image, parameters }),
                }
            }
            (Some(id), None, ..) if !id.is_empty() => Ok(Self::Base { version, image: Image::new(id)? }),
            (Some(""), Some(id), None, ..) if !id.is_empty() => {
                Ok(Self::Base { version, image: Image::new(id)? })
            }
            _ => Ok(Self::Unknown),
        }
    }

    /// `ID.dzi`, and `ID_files/LEVEL/COLUMN_ROW.SUFFIX`.
    fn deep_zoom(rest: &'a str) -> Result<Self, Invalid> {
        if let Some(id) = rest.strip_suffix(".dzi") {
            return Ok(Self::DeepZoom { image: Image::new(id)? });
        }
        let tile = || {
            let (rest, name) = rest.rsplit_once('/')?;
            let (id, level) = rest.rsplit_once('/')?;
            let (place, suffix) = name.split_once('.')?;
            let (column, row) = place.split_once('_')?;
            let number = |text: &str| crate::iiif::integer(text);
            Some((id.strip_suffix("_files")?, number(level)?, number(column)?, number(row)?, suffix))
        };
        match tile() {
            Some((id, level, column, row, suffix)) => {
                Ok(Self::DeepZoomTile { image: Image::new(id)?, level, column, row, suffix })
            }
            None => Ok(Self::Unknown),
        }
    }
}

/// Whether these are obsolete forms that clients still send: `!1024,`, `native.jpg`.
fn is_legacy([_, size, _, last]: &[Cow<'_, str>; 4]) -> bool {
    let fits = size.strip_prefix('!').is_some_and(|size| size.starts_with(',') || size.ends_with(','));
    let quality = last.split('.').next().unwrap_or_default();
    fits || matches!(quality, "native" | "grey")
}

impl<'a> Image<'a> {
    fn new(raw: &'a str) -> Result<Self, Invalid> {
        Ok(Self { identifier: decoded("identifier", raw)?, raw })
    }
}

fn decoded<'a>(parameter: &'static str, raw: &'a str) -> Result<Cow<'a, str>, Invalid> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| Invalid::new(parameter, raw, "is not UTF-8 when percent-decoded"))
}

#[cfg(test)]
mod tests;
