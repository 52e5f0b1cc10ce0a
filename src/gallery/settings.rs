//! What an operator may set about serving.

use serde::{Deserialize, Serialize};

/// `[masters]`: which masters are served, and how far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Masters {
    /// How long a remote master counts as unchanged before the store is asked again, in seconds.
    /// Local ones are looked at every two seconds. With 0 every request asks first.
    pub revalidate_s: u64,
    /// How much longer a master may be shown while its store is asked in the background, in seconds; an older one is
    /// asked for first.
    pub stale_while_revalidate_s: u64,
    /// How much longer than `revalidate_s` a master may be shown while its store cannot be reached, in seconds.
    pub stale_if_error_s: u64,
    /// The largest answer in pixels (`maxArea`).
    pub max_area: u64,
    /// The longest side of an answer in pixels (`maxWidth`, `maxHeight`).
    pub max_side: u32,
    /// The largest master that is decoded as a whole because it has no tiles, in megapixels.
    pub whole_megapixels: u64,
    /// The longest file that is read as a whole, in MiB.
    pub whole_mib: u64,
}

impl Default for Masters {
    fn default() -> Self {
        Self {
            revalidate_s: 60,
            stale_while_revalidate_s: 240,
            stale_if_error_s: 86_400,
            max_area: 50_000_000,
            max_side: 32_768,
            whole_megapixels: 64,
            whole_mib: 512,
        }
    }
}

/// `[cache]`: memory for what may be asked again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Finished answers, in MiB; 0 keeps none.
    pub answers_mib: u64,
    /// Masters' indexes: where their tiles lie, in MiB.
    pub indexes_mib: u64,
    /// Masters that have no tiles, decoded, in MiB.
    pub decoded_mib: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self { answers_mib: 128, indexes_mib: 64, decoded_mib: 256 }
    }
}

/// `[work]`: how much is rendered at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Work {
    /// Threads that decode and encode; 0 for one a processor core.
    pub threads: usize,
    /// Memory for all renderings together, and for what has been made and not yet been sent, in MiB.
    pub memory_mib: u64,
    /// How long a rendering waits for its turn before it is refused, in milliseconds.
    pub queue_ms: u64,
    /// Renderings of at least this many MiB take turns on half of the threads.
    pub large_mib: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self { threads: 0, memory_mib: 512, queue_ms: 3000, large_mib: 32 }
    }
}

/// `[pyramids]`: what becomes of masters that cannot be cut into tiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pyramids {
    /// Where pyramids are kept: a folder, or a `s3://`, `az://`, `gs://` prefix that several servers may share.
    /// Empty for the usual cache folder of the system or the user; `none` for no pyramids.
    pub location: String,
    /// Whether a missing pyramid is made when its image is asked for.
    pub on_demand: bool,
    /// How long such a request waits for it before it is told to come back, in seconds.
    pub wait_s: u64,
    /// Pyramids that are made at the same time.
    pub at_once: usize,
    /// Sides of their tiles in pixels, a multiple of 16.
    pub tile_side: u32,
    /// How their tiles are compressed: `jpeg`, or without loss `deflate` or `zstd`. What has opacity is
    /// always kept without loss.
    pub compression: Compression,
    /// Quality of JPEG tiles, 1 to 100.
    pub jpeg_quality: u8,
    /// Whether JPEG tiles keep colour at full size (4:4:4) instead of half (4:2:0).
    pub full_color: bool,
    /// The largest master of which one is made, in megapixels.
    pub max_megapixels: u64,
    /// Memory that reading one master may take, in MiB: a few rows for most, all of it for a progressive JPEG, an
    /// interlaced PNG, WebP or fax.
    pub memory_mib: u64,
    /// Masters of fewer megapixels need none: they are decoded whole.
    pub from_megapixels: f64,
}

/// How a pyramid's tiles are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    Jpeg,
    Deflate,
    Zstd,
}

impl Default for Pyramids {
    fn default() -> Self {
        Self {
            location: String::new(),
            on_demand: true,
            wait_s: 25,
            at_once: 1,
            tile_side: 512,
            compression: Compression::Jpeg,
            jpeg_quality: 88,
            full_color: false,
            max_megapixels: 4000,
            memory_mib: 768,
            from_megapixels: 1.5,
        }
    }
}

/// `[credit]`: what every rendered answer and full-size file says of itself, in XMP and IPTC; stored tiles stay bare.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Credit {
    /// What is to be printed beside an image.
    pub line: String,
    /// The URI of a licence or of a rights statement, or its text.
    pub rights: String,
}
