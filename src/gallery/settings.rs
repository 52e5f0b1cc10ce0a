//! Settings of the gallery's services.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::rights::Rights;
use crate::identity::{Identity, fields};
use crate::record::read::Limits;
use crate::render;
use crate::store::{DiskSettings, document};

/// The settings of the gallery's services.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub masters: Masters,
    pub cache: Cache,
    pub work: Work,
    pub render: render::Settings,
    pub pyramids: Pyramids,
    pub credit: Credit,
    pub rights: Rights,
    /// The public base URL without a trailing slash; empty if not configured.
    pub base_url: String,
}

/// `[masters]`: limits for serving masters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Masters {
    /// How long a remote master counts as unchanged before it is revalidated, in seconds.
    /// Local ones are revalidated every two seconds. With 0 every request revalidates first.
    pub revalidate_s: u64,
    /// How much longer a master may be served while it is revalidated in the background, in seconds; an older one is
    /// revalidated first.
    pub stale_while_revalidate_s: u64,
    /// How much longer than `revalidate_s` a master may be served while its store cannot be reached, in seconds.
    pub stale_if_error_s: u64,
    /// The largest response in pixels (`maxArea`).
    pub max_area: u64,
    /// The longest side of a response in pixels (`maxWidth`, `maxHeight`).
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

/// `[cache]`: memory and disk for data that may be requested again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Cache {
    /// Finished responses and, in a part of it, tiles that are read ahead, in MiB; 0 disables both.
    pub answers_mib: u64,
    /// Masters' indexes (tile offsets and lengths), in MiB.
    pub indexes_mib: u64,
    /// Decoded masters without tiles and, in half of it, decoded tiles of small levels, in MiB.
    pub decoded_mib: u64,
    /// The second tier, on a local disk.
    pub disk: DiskSettings,
}

impl Default for Cache {
    fn default() -> Self {
        Self { answers_mib: 128, indexes_mib: 64, decoded_mib: 256, disk: DiskSettings::default() }
    }
}

/// `[work]`: limits of concurrent rendering.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Work {
    /// Threads that decode and encode; 0 for one per processor core.
    pub threads: usize,
    /// Memory for all renderings and unsent responses together, in MiB.
    pub memory_mib: u64,
    /// The longest expected wait of a rendering, in milliseconds; one that would wait longer is refused at once.
    pub queue_ms: u64,
    /// How long after its request a rendering may start, reads of its store included, in milliseconds. Full-size images
    /// may be expected to wait half as long.
    pub deadline_ms: u64,
    /// Renderings of at least this many MiB share half of the threads.
    pub large_mib: u64,
    /// Whether renderings that would wait too long are refused.
    pub admission: AdmissionMode,
}

/// What happens to renderings that would wait too long, or whose client has its share of the queue already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AdmissionMode {
    /// They are refused.
    On,
    /// They are counted and logged, and wait until their deadline.
    Shadow,
    /// They wait until their deadline.
    Off,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            threads: 0,
            memory_mib: 512,
            queue_ms: 1500,
            deadline_ms: 8000,
            large_mib: 32,
            admission: AdmissionMode::On,
        }
    }
}

/// `[pyramids]`: tiled copies of masters without tiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pyramids {
    /// Where pyramids are kept: a folder, or a `s3://`, `az://`, `gs://` prefix that several servers may share.
    /// Empty for the usual cache folder of the system or the user; `none` for no pyramids.
    pub location: String,
    /// Whether a missing pyramid is built when its image is requested.
    pub on_demand: bool,
    /// How long such a request waits for it before it is refused with `Retry-After`, in seconds.
    pub wait_s: u64,
    /// Pyramids that are built concurrently.
    pub at_once: usize,
    /// Sides of their tiles in pixels, a multiple of 16.
    pub tile_side: u32,
    /// The compression of their tiles: `jpeg`, or lossless `deflate` or `zstd`. Images with an alpha channel are always
    /// compressed losslessly.
    pub compression: Compression,
    /// Quality of JPEG tiles, 1 to 100.
    pub jpeg_quality: u8,
    /// Whether JPEG tiles keep colour at full size (4:4:4) instead of half (4:2:0).
    pub full_color: bool,
    /// The largest master for which a pyramid is built, in megapixels.
    pub max_megapixels: u64,
    /// Memory that reading one master may take, in MiB: a few rows for most, all of it for a progressive JPEG, an
    /// interlaced PNG, WebP or fax. It is not part of `work.memory_mib`, as a build may last for minutes.
    pub memory_mib: u64,
    /// Masters of fewer megapixels need no pyramid: they are decoded whole.
    pub from_megapixels: f64,
}

/// How a pyramid's tiles are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compression {
    Jpeg,
    Deflate,
    Zstd,
}

impl Identity for Compression {
    fn write(&self, text: &mut String) {
        text.push_str(match self {
            Self::Jpeg => "Jpeg",
            Self::Deflate => "Deflate",
            Self::Zstd => "Zstd",
        });
    }
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

/// `[credit]`: XMP and IPTC metadata of rendered responses and full-size files; stored tiles have none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Credit {
    /// The credit line to be printed next to an image.
    pub line: String,
    /// The URI of a licence or of a rights statement, or its text.
    pub rights: String,
}

impl Identity for Credit {
    fn write(&self, text: &mut String) {
        let Self { line, rights } = self;
        fields(text, "Credit", &[("line", line), ("rights", rights)]);
    }
}

/// `[records]`: which hosts records may be read from, and how much of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Records {
    /// Hosts that redirects, further pages and collections may lead to besides those of `--records`: `museum.org`,
    /// `museum.org:8080`, `*.museum.org`, or `*` for all that are not on a private network.
    pub hosts: Vec<String>,
    /// How long a server may take to respond, in seconds.
    pub answer_s: u64,
    /// How long it may then be silent, and how far behind the slowest rate, in seconds.
    pub silence_s: u64,
    /// The slowest rate that is accepted; 0 for any.
    pub slowest_kib_per_s: u64,
    /// The largest document, in MiB, unpacked.
    pub source_mib: u64,
    /// Pages, manifests and collections that one address may lead to.
    pub documents: usize,
    /// Annotation pages that are read for one manifest; the others stay links.
    pub annotation_pages: usize,
    /// The largest record, in MiB, unpacked.
    pub record_mib: u64,
    /// Maximum nesting depth of a record's lists and objects.
    pub depth: usize,
    /// Maximum number of values of a record.
    pub values: usize,
    /// Maximum number of elements of one list, or fields of one object.
    pub list: usize,
    /// The longest text of a record, in KiB.
    pub text_kib: u64,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            answer_s: 60,
            silence_s: 60,
            slowest_kib_per_s: 8,
            source_mib: 65_536,
            documents: 1_000_000,
            annotation_pages: 1000,
            record_mib: 8,
            depth: 64,
            values: 100_000,
            list: 10_000,
            text_kib: 1024,
        }
    }
}

impl Records {
    /// The limits for a document and for one record.
    pub(crate) fn limits(&self) -> Limits {
        let bytes = |count: u64, shift: u32| usize::try_from(count << shift).unwrap_or(usize::MAX);
        let (bytes, text) = (bytes(self.record_mib, 20), bytes(self.text_kib, 10));
        Limits {
            source: self.source_mib << 20,
            bytes,
            depth: self.depth,
            values: self.values,
            list: self.list,
            text,
        }
    }

    /// The limits for documents from the web.
    pub(crate) fn web(&self) -> document::Limits {
        document::Limits {
            answer: Duration::from_secs(self.answer_s),
            silence: Duration::from_secs(self.silence_s),
            slowest: self.slowest_kib_per_s * 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_limits_match_those_of_the_record_readers() {
        assert_eq!(Records::default().limits(), Limits::default());
    }
}
