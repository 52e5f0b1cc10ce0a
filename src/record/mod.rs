//! Works as data, and the readers of museums' records in many formats.

mod change;
mod facet;
pub mod fold;
mod forms;
mod language;
mod media;
mod person;
mod picture;
pub mod read;
mod rights;
pub mod skos;
mod tag;
mod text;
mod withdrawal;
mod withheld;
pub(crate) mod words;
mod work;

pub use change::{Change, Kind, timestamp};
pub use facet::{Facet, facets, slug};
pub use language::LanguageTag;
pub use media::{Media, MediaKind, media_extensions, media_type};
pub use person::{AuthorityRecord, Profile, id_key, name_key};
pub use picture::{Picture, Swatch};
pub use tag::{Broader, Region, Status, Tag};
pub use text::{NONE, Text};
pub use withdrawal::{WithdrawnFlag, withdrawal_reason};
pub use withheld::{SourceImages, may_lead};
pub use work::{Creator, Fact, Image, Measure, Part, Production, Related, Role, Title, Work};
