//! Citations of works, and of details of their images: BibTeX, RIS, CSL-JSON and a sentence.

mod bibtex;
mod csl;
mod line;
mod name;
mod read;
mod ris;
mod sentence;
#[cfg(test)]
mod tests;

use self::name::Name;
use super::labels::Label;
use crate::record::Region;

/// A work, or a detail of one of its images, as it is cited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Citation {
    /// The object number.
    pub number: String,
    pub title: String,
    pub creators: Vec<Name>,
    /// The date as the record words it.
    pub date: Option<String>,
    /// The first and the last year in which it may have been made.
    pub years: (Option<i32>, Option<i32>),
    /// Technique and materials, or else the kind of object.
    pub medium: Option<String>,
    pub dimensions: Option<String>,
    /// The museum.
    pub museum: Option<String>,
    /// The work's page.
    pub url: String,
    /// The name of the licence or rights statement.
    pub rights: Option<String>,
    pub detail: Option<Detail>,
    /// The language of the texts.
    pub language: String,
    words: Words,
}

/// The words of a citation that are not the record's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Words {
    and: &'static str,
    detail: &'static str,
    image: &'static str,
}

impl Words {
    fn of(word: impl Fn(Label) -> &'static str) -> Self {
        Self {
            and: word(Label::new("and", "og")),
            detail: word(Label::new("Detail", "Udsnit")),
            image: word(Label::new("image", "billede")),
        }
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::of(|label| label.en)
    }
}

/// One image of a work, or a region of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    /// The number of the canvas, from 1.
    pub canvas: usize,
    /// The number among the captures of the canvas, from 1.
    pub capture: usize,
    /// In the canvas's coordinates.
    pub region: Option<Region>,
    /// The Image API URI of its pixels.
    pub image: Option<String>,
}

/// A format of citations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CitationFormat {
    BibTex,
    Ris,
    CslJson,
    Sentence,
}

impl CitationFormat {
    /// All formats.
    pub(crate) const ALL: [Self; 4] = [Self::BibTex, Self::Ris, Self::CslJson, Self::Sentence];

    /// The format with this suffix.
    pub(crate) fn with_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.suffix() == suffix)
    }

    /// The end of its URLs and file names.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::BibTex => "bib",
            Self::Ris => "ris",
            Self::CslJson => "json",
            Self::Sentence => "txt",
        }
    }

    /// Its name, as reference managers call it; none for the sentence.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::BibTex => Some("BibTeX"),
            Self::Ris => Some("RIS"),
            Self::CslJson => Some("CSL-JSON"),
            Self::Sentence => None,
        }
    }

    /// Its media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::BibTex => "application/x-bibtex; charset=utf-8",
            Self::Ris => "application/x-research-info-systems; charset=utf-8",
            Self::CslJson => "application/vnd.citationstyles.csl+json",
            Self::Sentence => "text/plain; charset=utf-8",
        }
    }
}

impl Citation {
    /// The citation in a format, with a line break at its end.
    pub(crate) fn write(&self, format: CitationFormat) -> String {
        match format {
            CitationFormat::BibTex => bibtex::entry(self),
            CitationFormat::Ris => ris::record(self),
            CitationFormat::CslJson => csl::items(self),
            CitationFormat::Sentence => sentence::sentence(self) + "\n",
        }
    }

    /// Technique and dimensions, as in `Oil on canvas, 65 × 59 cm`.
    fn physical(&self) -> Option<String> {
        let parts: Vec<&str> =
            [&self.medium, &self.dimensions].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Which image or region is cited, as in `Detail: image 2, xywh=10,20,300,400, https://…`.
    fn detail_note(&self) -> Option<String> {
        let detail = self.detail.as_ref()?;
        let Words { detail: label, image, .. } = self.words;
        let label = if detail.region.is_some() { format!("{label}: ") } else { String::new() };
        let region = detail.region.map(|region| format!(", xywh={region}")).unwrap_or_default();
        let place = detail.image.as_ref().map(|place| format!(", {place}")).unwrap_or_default();
        Some(format!("{label}{image} {}{region}{place}", detail.canvas))
    }

    /// The page of what is cited.
    fn page(&self) -> String {
        let Some(Detail { canvas, capture, region, .. }) = &self.detail else { return self.url.clone() };
        let capture = if *capture > 1 { format!("&capture={capture}") } else { String::new() };
        let region = region.as_ref().map(|region| format!("&xywh={region}")).unwrap_or_default();
        format!("{}?canvas={canvas}{capture}{region}", self.url)
    }
}
