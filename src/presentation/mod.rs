//! Works as documents for viewers and harvesters: Presentation API 3.0 and 2.1, Content Search 2.0 and 1.0, Content
//! State 1.0, Change Discovery 1.0; Dublin Core, EDM and LIDO in `exchange`.

mod address;
mod annotation;
mod canvas_annotations;
pub(crate) mod change_discovery;
mod citation;
pub(crate) mod collection;
pub(crate) mod content_search;
pub(crate) mod content_state;
mod context;
pub(crate) mod creator_roles;
mod exchange;
#[cfg(test)]
mod fixture;
mod html;
mod image;
mod label;
pub(crate) mod labels;
mod language_map;
mod linked_art;
mod linked_data;
mod links;
mod manifest;
mod media;
mod metadata;
mod object;
mod own_labels;
mod publisher;
mod range;
mod rights;
mod schema_org;
mod source;
pub(crate) mod span;
mod version2;
mod view;
pub(crate) mod web_annotation;

pub(crate) use address::{ALL_WORKS, Address, IMPORTED_SCHEME, Resource, SEARCH_SCHEME};
pub(crate) use canvas_annotations::{
    AnnotatedCanvas, AnnotatedPlace, CONTAINER_PAGE, CanvasAnnotation, annotated_canvases, canvas_of,
};
pub(crate) use citation::{Citation, CitationFormat, Detail};
pub(crate) use context::CONTEXT_2;
pub(crate) use exchange::{
    ExchangeFormat, ExchangedImage, ExchangedWork, TEGL_SCHEMA, Xml, identified_work, identifier_namespace,
    record_identifier,
};
pub(crate) use html::plain_text;
pub(crate) use linked_art::human_made_object;
pub(crate) use linked_data::LinkedDataFormat;
pub(crate) use links::http_uri;
pub(crate) use media::CanvasMedia;
pub(crate) use own_labels::{Overrides, OwnLabels, Words, exactly};
pub(crate) use publisher::{Logo, Publisher};
pub(crate) use rights::normalize as rights_uri;
pub(crate) use schema_org::visual_artwork;
pub(crate) use source::{Imported, ImportedCollection, Source, left_out, own_image};
pub(crate) use span::Span;
pub(crate) use view::{Canvas, CanvasImage, Original, View, views};
pub(crate) use web_annotation::{CONTEXT as ANNOTATION_CONTEXT, Published};
