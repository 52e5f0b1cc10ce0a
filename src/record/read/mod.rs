//! Reads museums' records in many formats as works, one by one.

pub mod embedded;
pub mod enrichment;
mod format;
mod harvest;
mod mapping;
mod paging;
mod reader;
mod record;
mod stream;
#[cfg(test)]
mod tests;
mod value;

pub use format::iiif::{
    ResourceIds, SourceCollection, collections, image_name, media_name, media_of, outside_targets,
    painted_images, painted_media, resource_ids, upgraded, with_pages,
};
pub use format::{RecordFormat, SMK_FIELDS, SmkField};
pub use harvest::{HarvestPage, TEGL_NAMESPACE, harvest_page, is_xml};
pub use mapping::Mapping;
pub use paging::{PageLinks, page_links};
pub use reader::{read, schema};
pub use record::{BadRecord, Error, ParsedRecord};
pub use stream::Limits;
pub(super) use value::json::truth;
pub use value::language_order::LanguageOrder;
