//! An opened store: its reader, its writer, its counters.

use std::sync::Arc;

use super::counts::Counters;
use super::local::Local;
use super::local::LocalWriter;
use super::md5_tags::Md5Tags;
use super::remote::Remote;
use super::remote::RemoteWriter;
use super::{Key, Settings};

/// An opened store.
pub(super) struct Backend {
    /// The location, without credentials.
    pub(super) location: String,
    /// `local`, `s3`, `azure`, `gcs` or `http`.
    pub(super) kind: &'static str,
    /// Whether requests are unsigned.
    pub(super) is_unsigned: bool,
    pub(super) settings: Settings,
    pub(super) counters: Arc<Counters>,
    /// Whether its entity tags are MD5 sums.
    pub(super) md5: Md5Tags,
    pub(super) reader: Reader,
    /// The writer, if it was opened for writing.
    pub(super) writer: Option<Writer>,
}

pub(super) enum Reader {
    Local(Arc<Local>),
    Remote(Arc<Remote>),
}

/// Writes to a folder or a bucket.
#[derive(Clone)]
pub(super) enum Writer {
    Local(Arc<LocalWriter>),
    Remote(Arc<RemoteWriter>),
}

impl Reader {
    /// Clones the reader and the key, to move them to another thread.
    pub(super) fn with(&self, key: &Key) -> (Reader, Key) {
        let reader = match self {
            Reader::Local(local) => Reader::Local(local.clone()),
            Reader::Remote(remote) => Reader::Remote(remote.clone()),
        };
        (reader, key.clone())
    }
}
