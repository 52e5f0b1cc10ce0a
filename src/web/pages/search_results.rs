//! What the search page shows.

use super::hits::Hit;
use super::home::Home;
use super::link::Link;
use super::period::Period;

/// One page of a search's results.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Search {
    /// The query text, as typed.
    pub query: String,
    /// Names and values of the parameters that a new query keeps: filters and sort order.
    pub kept: Vec<(String, String)>,
    /// How many works were found on all pages.
    pub total: u64,
    /// The corrected query text, if it was corrected.
    pub corrected: Option<String>,
    /// Whether works match only some of the words.
    pub relaxed: bool,
    /// The active filters; each links to the search without it.
    pub chosen: Vec<Link>,
    /// Filters that are on or off.
    pub switches: Vec<Link>,
    /// The facets.
    pub facets: Vec<Facet>,
    /// The works by period, and the chosen years.
    pub period: Option<Period>,
    /// The colours that are searched for.
    pub picked: Vec<PickedColor>,
    /// Names and values of the parameters that a search by other colours keeps.
    pub kept_without_colors: Vec<(String, String)>,
    /// The sort orders.
    pub sorts: Vec<Link>,
    /// The works on this page, in order.
    pub hits: Vec<Hit>,
    /// The URL of the next page, if there is one.
    pub next: Option<String>,
    /// The URL of the page before this one, if there is one.
    pub previous: Option<String>,
    /// The URL of the first page, if this is one of those after the second.
    pub start: Option<String>,
    /// The number of works before this page.
    pub offset: usize,
    /// If nothing was found: this search without one of its filters, with the number of works that it finds.
    pub alternatives: Vec<Link>,
    /// If nothing was found: searches for similar words.
    pub suggestions: Vec<Link>,
    /// What the museum shows at the top of its home page.
    pub home: Option<Home>,
    /// The work that the results are like.
    pub like: Option<Like>,
    /// Whether works can be compared.
    pub can_compare: bool,
    /// Whether visitors can send a picture.
    pub can_send: bool,
    /// Whether a store failed, so that some pictures are missing.
    pub unreachable: bool,
    /// Why the filters were ignored, if they could not be parsed; in English.
    pub filter_error: Option<String>,
    /// The URL of the same search in the API.
    pub api: Option<String>,
    /// The URL of the same search as a IIIF Collection.
    pub collection: Option<String>,
    /// The URL of the list of images as files.
    pub files: Option<String>,
}

/// One property of works, with the values to filter by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facet {
    /// The property's name.
    pub label: String,
    /// Its values, in order; an active one links to the search without it.
    pub links: Vec<Link>,
    /// Whether the values are colours, shown as swatches.
    pub swatches: bool,
}

/// The work that works are to be like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Like {
    /// Its title.
    pub label: String,
    /// Its page.
    pub page: String,
    /// The URL of its picture, if one may be shown.
    pub picture: Option<String>,
    /// The picture's aspect ratio, if known.
    pub ratio: Option<f64>,
    /// The detail in percent of the picture: x, y, width and height.
    pub region: Option<[f64; 4]>,
    /// Whether works are to be like a detail of it.
    pub is_detail: bool,
    /// Whether this server finds works by details.
    pub can_draw: bool,
    /// The search by the whole picture.
    pub whole: String,
    /// The search without it.
    pub without: String,
    /// Names and values of the parameters that the form of a detail keeps.
    pub kept: Vec<(String, String)>,
}

/// A colour that is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PickedColor {
    /// `#rrggbb`.
    pub color: String,
    /// The percentage of the picture that it should cover.
    pub share: Option<String>,
    /// The search without it.
    pub without: String,
}
