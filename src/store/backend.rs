//! What an opened store holds.

use std::sync::Arc;

use super::counts::Counters;
use super::local::Local;
use super::local::LocalWriter;
use super::remote::Remote;
use super::remote::RemoteWriter;
use super::{Key, Settings};

/// An opened store.
pub(super) struct Inner {
    pub(super) shown: String,
    /// `local`, `s3`, `azure`, `gcs` or `http`.
    pub(super) kind: &'static str,
    /// Whether requests go out without credentials.
    pub(super) is_unsigned: bool,
    pub(super) settings: Settings,
    pub(super) counters: Counters,
    pub(super) place: Place,
    /// How it is written to, where it was opened for that.
    pub(super) writer: Option<Writer>,
}

pub(super) enum Place {
    Local(Arc<Local>),
    Remote(Arc<Remote>),
}

/// How a place is written to.
#[derive(Clone)]
pub(super) enum Writer {
    Local(Arc<LocalWriter>),
    Remote(Arc<RemoteWriter>),
}

impl Place {
    /// The place and the key, to be taken along to another thread.
    pub(super) fn with(&self, key: &Key) -> (Place, Key) {
        let place = match self {
            Place::Local(local) => Place::Local(local.clone()),
            Place::Remote(remote) => Place::Remote(remote.clone()),
        };
        (place, key.clone())
    }
}
