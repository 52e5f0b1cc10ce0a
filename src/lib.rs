//! Tegl, a IIIF image server: masters as they lie, cut into tiles for deep-zoom viewers.
//!
//! # The house
//!
//! Imports point down; `tests/floors.rs` keeps it so.
//!
//! ```text
//! main.rs → cli      what was typed → one verb, or serve
//! config             gathers the settings that each part declares beside its code
//! web                HTTP in, HTTP out: image, deep zoom, pages, operations
//! gallery            the verbs: plan, deliver, describe, sample; owns state; no HTTP
//! store              where bytes lie: object storage, local files, ranges
//! presentation       images → manifests (pure)
//! render             plan → pixels → bytes (pure)
//! master             one opened master: its levels and tiles (pure over bytes at offsets)
//! pixels             decode, scale, turn, colour, encode (pure)
//! iiif               the specifications' words as types (pure)
//! ```
//!
//! # A tile's journey
//!
//! `web::image` decodes the five segments → [`iiif::ImageRequest`] → `gallery` finds the
//! master's index (memory; one or two range reads on a miss) → [`render::Plan`] →
//! `If-None-Match`? → answers' cache → a stored tile (one range read, a JPEG header put
//! before it) or a rendering from the smallest level that suffices.

pub mod cli;
pub mod config;
pub mod gallery;
pub mod iiif;
pub mod master;
pub mod pixels;
pub mod presentation;
pub mod render;
pub mod store;
pub mod web;
