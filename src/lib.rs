//! Tegl, a IIIF image server: masters as they lie, cut into tiles for deep-zoom viewers.
//!
//! # The house
//!
//! Imports point down; `tests/floors.rs` keeps it so.
//!
//! ```text
//! main.rs → cli      what was typed → one verb, or serve
//! config             gathers the settings that each part declares beside its code
//! web                HTTP in, HTTP out: image, deep zoom, presentation, API, pages, operations, administration
//! gallery            services without HTTP, each with its own state:
//!   images             open, authorize, plan, render and deliver images; pyramids; caches
//!   works              describe works; queries of the catalogue
//!   search             the indexer and the searches
//!   jobs               import, ingest, check, export
//!   catalogue_client   the catalogue with time limits, followed changes and cached grants
//! search             finding works: an index of words and facets on disk, columns in memory, and what is asked of them
//! catalogue          where words lie: works, tags, shelves, revisions in SQLite or PostgreSQL
//! sample             the sample collection: generated pictures and their records
//! store              where bytes lie: object storage, local files, ranges; whole objects written
//! presentation       works → manifests, collections, annotations, searches (pure)
//! record             works in words, and the readers of museums' records (pure)
//! render             image requests planned (the exact-tile rule), drawn, color-converted, encoded (pure)
//! master             indexes of masters' levels and tiles, their rows, TIFF decoding, the pyramid writer (pure)
//! pixels             decode, scale, rotate, convert colors (the ICC policy), encode (pure)
//! metadata           EXIF, XMP and IPTC: found in files, read and written; EXIF orientation (pure)
//! container          parts of image files without pixels: TIFF directories, JPEG segments, PNG chunks (pure)
//! iiif               the Image API's parameters and documents as types (pure)
//! identity           values as texts that outlive the process: in ETags, cursors, recipes, storage keys (pure)
//! ```
//!
//! # A tile's journey
//!
//! `web::route` splits the path → [`iiif::ImageRequest`] (400 here) → [`gallery::ImageService::plan`] finds the
//! master's index (in memory; otherwise one range read of its start and, where that is not all, the rest), checks its
//! rights and makes a [`render::Plan`] by arithmetic alone: a [`gallery::PlannedImage`] → `If-None-Match` with its
//! entity tag → [`gallery::PlannedImage::deliver`]: from the response cache, a stored tile (one range read, a JPEG
//! header put before it; at the image's edges its padding is cut off in the DCT domain), or a rendering: admitted by
//! its memory, its tiles read, assembled as YCbCr planes, scaled once, encoded. Concurrent callers of one plan share
//! one rendering. If the master was replaced meanwhile, the image is planned and delivered once more.
//!
//! # A master that cannot be cut
//!
//! Strips, planes, 16 bits, CMYK, L*a*b*, turned or plain JPEG, PNG and the like: [`master::rows`] gives
//! any of them row by row ([`pixels::Rows`]), [`render::ColorTransform`] converts their
//! colors, [`master::write`] cuts, halves and compresses them into a pyramid, in memory that does not grow with the height. `gallery::images::pyramids` builds
//! each once, ahead of time (`tegl ingest`) or for the first who asks, and keeps it under the master's ETag.
//! Meanwhile small masters are decoded whole, overviews of large ones are averaged from their rows, and JPEG
//! 2000 is decoded in part.
//!
//! # A large answer
//!
//! `full/max` of hundreds of megapixels is rendered band by band (`render::band`) and leaves while it is made. It is
//! admitted before its status is sent, holds the memory of one unsent band until it ends, and ends when its client leaves.
//! Finished answers that are large count against the same memory while they are sent (`gallery::images::unsent`), and clients
//! that read too slowly are disconnected (`web::http::pace`).
//!
//! # A work
//!
//! `record::read` gives [`record::Work`]s one by one → `gallery::jobs::import` matches their images with masters →
//! `catalogue`, a thousand in one transaction: record, shelves, revision. A manifest: [`gallery::WorkService::describe`] reads the
//! record and opens its images as far as rights go → [`presentation::View`] → JSON, kept by the revision that was
//! known before the record was read; whoever writes is followed five times a second.
//!
//! # A search
//!
//! `catalogue`'s revisions → `gallery::search::indexer` indexes works ([`search::Entry`]) and commits: a new
//! [`search::Snapshot`] → `web::api` reads parameters by the table that its description is made of →
//! [`search::Search`] → words into terms of both languages, slips forgiven; facets, years and colours from columns that
//! lie side by side in memory → hits, whose records lie ready in the index and get this server's addresses. The index
//! is derived: each server has its own, makes it anew beside the one in use, and goes on with it after a restart.
//!
//! # A page
//!
//! `web::site` → the visitor's language among those of the site → a search of the index, or a record → HTML in that
//! language, compressed. No page waits for masters: those that open within 150 ms tell their sizes, the others keep
//! opening in the background, and their pictures are asked for by addresses that work without a size.
//!
//! # Rights
//!
//! Outside the gallery an image is only available as [`gallery::AuthorizedImage`]: opened, with the limits that the
//! rights of the works that show it leave. [`render::Plan`] is made within them, so that what may not be seen has no plan,
//! and without a plan there is neither an answer nor an ETag nor a look into a cache.
//!
//! # Decided by measurement
//!
//! - A lower edge is cut like a right one, in the DCT domain, and not by stating another height:
//!   libjpeg-turbo calls the data left behind the last row corrupt, and strict readers refuse it.
//! - Renderings of JPEG pyramids stay in YCbCr planes from decoder to encoder: half the samples
//!   of RGB, no conversion, colour resampled once.
//! - Colours are converted by the profiles' own tables and formulas: the library's transforms sample them on a grid
//!   of 17 or 33 steps, which moved colours near the gamut's edge by up to ΔE 29 (CMYK: 2.4); now 1.2 at most.
//! - A pyramid is written once more from a spool, so that its index and smallest levels come first: copying
//!   compressed tiles costs 2 % of making them.
//! - Pyramids have tiles of 512 pixels, quality 88, 4:2:0: see `benches/pyramids.sh` and the README.
//! - SQLite is told thousands of values without numbering them: its lookup of numbered places took half of an import.
//! - A page deep within a shelf is found by counting works in thousands of their arrival: 0.7 ms wherever it is.
//! - Facets are counted over one list of numbers per work, all schemes in one walk: the index library's own aggregation
//!   took 31 ms for one scheme of 300,000 works; this takes 4 ms for all of them.
//! - The index's parts are laid together once, when all works are in it: merging on the way took half as long again.
//! - Scaling goes over rows first: that pass is the cheaper one and leaves the other less to do.

pub mod catalogue;
pub mod cli;
pub mod config;
pub mod container;
pub mod gallery;
pub mod identity;
pub mod iiif;
pub mod master;
pub mod metadata;
pub mod pixels;
pub mod presentation;
#[cfg(test)]
#[path = "../tests/support/proof.rs"]
mod proof;
pub mod record;
pub mod render;
pub mod sample;
pub mod search;
pub mod store;
pub mod web;
