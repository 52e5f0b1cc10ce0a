//! Tegl, a IIIF server: serves the tiles of high-resolution masters, and publishes, finds and describes works.
//!
//! # Modules
//!
//! A module imports only from modules below it in this list; `tests/floors.rs` checks this.
//!
//! ```text
//! main.rs → cli      the command line: one command, or the server
//! config             collects the settings that each module declares beside its code
//! web                HTTP by protocol: http (plumbing), iiif, annotations, api, smk, site and pages, download, ops
//! gallery            services without HTTP, each with its own state:
//!   images             open, authorize, plan, render and deliver images; pyramids; caches
//!   works              describe works; queries of the catalogue
//!   search             the indexer and the searches
//!   likeness           similar works: vectors in memory, which follow the catalogue
//!   learned            probes and clusters of this collection, and curators' changes of clusters
//!   webhooks           signed deliveries of the catalogue's changes to other programs
//!   jobs               import, ingest, tag, train, check, export
//!   catalogue_client   the catalogue with time limits, followed changes and cached grants
//! search             the index of works: terms and facets on disk, columns in memory, queries
//! catalogue          works, tags, facets and revisions in SQLite or PostgreSQL
//! sample             the sample collection: generated pictures and their records
//! store              objects: local files, buckets and web servers, read by ranges, written whole; the disk cache
//! learning           probes and clusters: tags learnt from embeddings (pure)
//! nearest            embeddings in memory, and the search for the nearest (pure)
//! presentation       works → manifests, collections, annotations, searches (pure)
//! record             works as data, and the readers of museums' records (pure)
//! analysis           what is measured on a picture without a model: colors, their names, content, a descriptor (pure)
//! render             image requests planned (the exact-tile rule), drawn, color-converted, encoded (pure)
//! master             indexes of masters' levels and tiles, their rows, TIFF decoding, the pyramid writer (pure)
//! inference          ONNX models on pictures: embeddings, scores of classes, boxes
//! pixels             decode, scale, rotate, convert colors (the ICC policy), encode (pure)
//! metadata           EXIF, XMP and IPTC: found in files, read and written; EXIF orientation (pure)
//! container          parts of image files without pixels: TIFF directories, JPEG segments, PNG chunks, JP2 boxes (pure)
//! iiif               the Image API's parameters and documents as types (pure)
//! identity           values as texts that outlive the process: in ETags, cursors, recipes, storage keys (pure)
//! ```
//!
//! # Where things are
//!
//! - exact-tile rule: `render/exact_tile.rs`
//! - ICC policy: `pixels/color/icc_policy.rs`; `render/color_transform.rs` applies it to responses
//! - EXIF orientation: `metadata/exif/orientation.rs` reads it, `metadata/orientation.rs` defines the eight values
//! - JP2 packet reader: `pixels/decode/jp2/tile_part_header.rs` reads packet lengths, `packet_selection.rs` selects packets
//! - rights check: `gallery/images/authorize.rs`, by the rules of `gallery/rights.rs`
//! - facet counts: `search/facet_counts.rs` for hits, `catalogue/facets.rs` for collections
//! - SMK date filter: `web/smk/filter.rs` (years in `filters`), `web/smk/range.rs` (`range`)
//! - ETag of an image: `gallery/images/etag.rs`
//! - retries of a store: `store/remote/retry.rs`; of damaged answers: `store/checked.rs`; checksums that stores state:
//!   `store/remote/digest.rs`, `store/md5_tags.rs`
//! - checksums of pyramids: `master/checksum.rs`
//! - claims, of which one process at a time has each: `store/claim.rs`; who builds a pyramid: `gallery/images/pyramids/turns.rs`
//! - tiles that stay decoded: `gallery/images/decoded_tiles.rs`, those of JPEG 2000 by `jpeg2000.rs` beside it; tiles that are
//!   read before they are requested: `tiles_ahead.rs` beside it
//! - disk cache: `store/disk`; what it keeps of stores: `store/remembered.rs`, of renderings: `gallery/images/kept_answers.rs`
//! - Content State parser: `presentation/content_state.rs`
//! - cost limits: `gallery/images/cost_limits.rs`
//! - overload: `gallery/images/admission` decides which renderings may wait; `scheduler.rs` beside it runs them
//! - OAI-PMH: `web/oai`; its formats, one file each: `presentation/exchange`
//! - sound and video: `record/media.rs` defines them, `gallery/jobs/import/media.rs` matches their files,
//!   `metadata/recording.rs` reads their lengths, `presentation/media.rs` has their canvases, `web/download` serves them
//! - citations: `presentation/citation`; schema.org: `presentation/schema_org.rs`; Linked Art: `presentation/linked_art.rs`
//! - labels in other words and languages: `web/theme/labels.rs`, from the list that `web/pages/label_list.rs` reads;
//!   their plural forms: `presentation/own_labels.rs`
//! - what is taken of annotations that clients write: `presentation/web_annotation`; who may write and read them:
//!   `web/annotations/reader.rs`
//! - which machine tags a decision covers: `record/tag.rs`, applied by `catalogue/proposals.rs`
//!
//! # A tile's journey
//!
//! `web::route` splits the path → [`iiif::ImageRequest`] (400 here) → [`gallery::ImageService::plan`] finds the
//! master's index (in memory; otherwise one range read of its start and, where that is not all, the rest), checks its
//! rights and makes a [`render::Plan`] by arithmetic alone: a [`gallery::PlannedImage`] → `If-None-Match` with its
//! entity tag → [`gallery::PlannedImage::deliver`]: from the response cache, a stored tile (one range read, a JPEG
//! header put before it; at the image's edges its padding is cut off in the DCT domain), or a rendering: admitted by
//! its expected wait and its memory, its tiles read, assembled as YCbCr planes, scaled once, encoded. Decoded tiles of small
//! levels are kept, since overviews and overlapping regions need them again. Concurrent callers of one plan share one
//! rendering. If the master was replaced meanwhile, the image is planned and delivered once more. A request that was answered
//! from memory is not planned again while its image and its rights stay the same (`web/iiif/prepared.rs`).
//!
//! Between memory and a remote store is the disk cache (`store::disk`): indexes, stored tiles and renderings, by the
//! master's version. After a restart the version is known, too, with the time when the store stated it.
//!
//! # A master without tiles
//!
//! Strips, planes, 16 bits, CMYK, L*a*b*, rotated or plain JPEG, PNG and the like: [`master::rows`] decodes any of them
//! row by row ([`pixels::Rows`]), [`render::ColorTransform`] converts the colors, and [`master::write`] cuts, halves and
//! compresses the rows into a pyramid, in memory that does not grow with the height. `gallery::images::pyramids` builds
//! each pyramid once, ahead of time (`tegl ingest`) or after the first request that decoded the master, and stores it
//! under the master's ETag. Until then small masters are decoded as a whole, overviews of large ones are averaged from
//! their rows, and JPEG 2000 is decoded in part, in tiles that later requests share.
//!
//! # A large response
//!
//! `full/max` of hundreds of megapixels is rendered band by band (`render::band`) and sent while it is rendered. It is
//! admitted before its status is sent, holds the memory of one unsent band until it ends, and ends when its client
//! disconnects. Finished large responses count against the same memory while they are sent (`gallery::images`), and
//! clients that read too slowly are disconnected (`web::http::pace`).
//!
//! # A work
//!
//! `record::read` parses [`record::Work`]s one by one → `gallery::jobs::import` matches their images with masters →
//! `catalogue` stores a thousand in one transaction: record, facets, revision. For a manifest `gallery::works` reads the
//! record and opens its images as far as rights allow → [`presentation::View`] → JSON, cached under the revision that
//! was known before the record was read. Every server polls the catalogue for changes five times a second.
//!
//! # A search
//!
//! `gallery::search` follows the catalogue's revisions, indexes changed works and commits: a new [`search::Snapshot`] →
//! `web::api` parses the parameters by the table that also generates the API's description → [`search::Search`] → terms
//! in Danish and English, with misspellings corrected; facets, years and colors are counted from columns in memory →
//! hits, whose JSON is stored in the index and gets this server's URLs. The index is derived data: each server has its
//! own, rebuilds it beside the one in use, and continues with it after a restart.
//!
//! # Similar works
//!
//! `tegl tag` keeps a vector per image in the catalogue. `gallery::likeness` loads them, one per work, and follows what is
//! written; a search runs on a blocking thread (`nearest`), says why each work is similar (`likeness/reason.rs`), and gets
//! the works from the search index. A picture that is sent is read by `gallery/images/visitors_picture.rs`, a detail is
//! rendered as any other region; both are compared by their descriptors, or read by the model of the settings whose version
//! the works' vectors have (`likeness/models.rs`).
//!
//! # A tag
//!
//! `gallery::jobs::tag` scans the catalogue and has the gallery deliver a rendition of at most 512 pixels of each image →
//! analyzers read it: `analysis` measures colors, `inference` runs the models of the settings → results are kept per image,
//! analyzer, version and master, so that a later run reads only what is missing → `catalogue::propose` adds the tags of a
//! work in one revision, except those that a curator has decided about, whatever their source. `gallery::likeness` holds
//! the vectors of works in memory and follows the catalogue.
//!
//! `gallery::learned` reads the embeddings of works and people's tags of them → `learning` trains a probe, and divides works
//! into clusters → the catalogue stores both in one document per scheme. The next run of `tegl tag` proposes tags by them;
//! a curator's change of a cluster updates the tags of its works.
//!
//! # A page
//!
//! `web::site` → the visitor's language among those of the site → a search or a record → HTML in that language,
//! compressed. Pages do not wait for masters: those that open within 150 ms have sizes in the page, the others continue to
//! open in the background, and their thumbnails use URLs that work without a size. Scripts only add to them: they are ES
//! modules in folders below `web/pages/assets`.
//!
//! # A comparison
//!
//! `/compare` is one page whose modules (`web/pages/assets/compare`) do the rest in the browser: `address.js` reads the
//! arrangement from the address → `sources.js` loads manifests and records → one OpenSeadragon viewer per view (`view.js`)
//! in all modes → `links.js` states how each view is tied to the first one, by centres or by the scholar's points
//! (`geometry.js`), and `stage.js` lets the others follow the one that is moved. What is no similarity is left to CSS.
//! Modules in folders have one version (`web/pages/assets.rs`), which is part of the URLs of their imports.
//!
//! The search page is plain HTML, whose forms fold into parameters of the API (`web::site::search`); the scripts in
//! `web/pages/assets/find` add to it and use the public API. What a museum changes is read once, at the start (`web::theme`).
//!
//! # Rights
//!
//! Outside the gallery an image exists only as [`gallery::AuthorizedImage`]: opened, with the limits that the rights of
//! its works leave. [`render::Plan`] is made within these limits, so a view that is not allowed has no plan, and without
//! a plan there is neither a response nor an ETag nor a cache lookup.
//!
//! # A work that leaves
//!
//! `catalogue::withdraw` marks its row with who withdrew it (`Removal`), takes its facets and adds a revision and an entry of
//! the log. Followers then drop the grants of its images: if no other work has an image, its grant is [`gallery::Error::Gone`].
//! The search index removes the work, and snapshots that were kept for continued searches and dumps are not used any more.
//! `catalogue::put` keeps a work withdrawn that the museum withdrew, whatever its records say.
//!
//! # Threads
//!
//! - HTTP runs on one single-threaded runtime per core (actix-web): handlers must not block.
//! - The gallery has a multi-threaded runtime of its own (`gallery`), so that reading masters and building pyramids
//!   continue when a client disconnects or an HTTP thread stops.
//! - Rendering has a fixed pool of threads (`render`, `work.threads`); each job holds a permit for its memory. Decoding a local
//!   JPEG 2000 takes more of them if they are idle: several of its tiles at once, or one by OpenJPEG's own threads.
//! - The store waits for remote servers on a runtime of its own, so that callers on any thread can use it.
//! - Indexing and imports run on blocking threads.
//! - Log lines are written by a thread of their own, many at a time (`cli/log_writer.rs`).
//!
//! # Glossary
//!
//! - *master*: the image file of a source; *pyramid*: the tiled copy that Tegl builds of a master without tiles.
//! - *level*: one size of a pyramid; *stored tile*: a tile whose bytes are served without decoding.
//! - *plan*: all that determines the bytes of an image response; cache key, and hashed, the ETag.
//! - *work*: an object of the collection; *record*: what a museum's system says about it; *tag*: a term with a scheme.
//! - *facet value*: a scheme and a value that works share, such as a creator; *revision*: the number of a change.
//! - *grant*: what the rights of an image's works allow; *recipe*: the settings that a pyramid was built with.
//!
//! # Decided by measurement
//!
//! - A tile at the lower edge is cropped like one at the right edge, in the DCT domain, and not by stating another height:
//!   libjpeg-turbo calls the data that remains after the last row corrupt, and strict readers refuse it.
//! - Renderings of JPEG pyramids stay in YCbCr planes from decoder to encoder: half the samples of RGB, no conversion,
//!   chroma resampled once.
//! - Colors are converted by the profiles' own tables and formulas: the library's transforms sample them on a grid of 17 or
//!   33 steps, which moved colors near the gamut's edge by up to ΔE 29 (CMYK: 2.4); now 1.2 at most.
//! - A pyramid is copied once from a spool file, so that its index and smallest levels come first: copying compressed tiles
//!   costs 2 % of the build.
//! - Pyramids have tiles of 512 pixels, quality 88, 4:2:0: see `benches/pyramids.sh` and `benches/README.md`.
//! - Values are bound to SQLite statements without numbered parameters: looking these up took half of an import.
//! - A page deep within a long facet is found by counting works in buckets of their arrival: 0.7 ms wherever it is.
//! - Facets are counted from one list of numbers per work, all schemes in one pass: the index library's own aggregation
//!   took 31 ms for one scheme of 300,000 works; this takes 4 ms for all of them.
//! - The segments of a new index are merged once, when all works are indexed: merging on the way took half as long again.
//! - Images are scaled vertically first: that pass is the cheaper one and leaves less for the other. The horizontal pass is
//!   given a multiple of eight samples for each pixel, which the library adds at once: 0.4 to 1.1 of the time, by the scale.
//! - A rendering decodes no rows below its region, and no samples above it: a tile of 256 pixels often lies across the edge.
//! - Transparent huge pages are off (`main.rs`): tiles and responses touch a part of each page, and memory grew by a half.
//! - A stored tile of a local file is kept in memory from its second request on: the first is answered from the system's cache.

// The map above is read in the source, and with `cargo doc --document-private-items`, where its links resolve.
#![allow(rustdoc::private_intra_doc_links)]

// Public floors are those that `tests`, `benches` and `fuzz` use; in the others the compiler finds dead code.
mod analysis;
pub mod catalogue;
pub mod cli;
mod config;
mod container;
mod gallery;
mod identity;
pub mod iiif;
mod inference;
mod learning;
pub mod master;
pub mod metadata;
mod nearest;
pub mod pixels;
mod presentation;
#[cfg(test)]
#[path = "../tests/support/proof.rs"]
mod proof;
pub mod record;
pub mod render;
mod sample;
mod search;
pub mod store;
mod web;

pub use gallery::Identifier;
