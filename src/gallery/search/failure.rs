//! Why the search index cannot be built or updated, and when that is retried.

use std::path::Path;
use std::time::Instant;

use crate::gallery::backoff::{self, Backoff};
use crate::gallery::{Error, error_chain};

/// Why the index cannot be built or updated.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    /// For clients.
    pub cause: String,
    /// For operators.
    pub detail: String,
}

/// Failed rebuilds while another index is in use.
#[derive(Default)]
pub(super) struct BackgroundRebuild {
    backoff: Backoff,
    pub failed: Option<(Failed, Instant)>,
}

impl BackgroundRebuild {
    pub(super) fn is_due(&self, folder: &Path) -> bool {
        let Some((_, at)) = &self.failed else { return true };
        self.backoff.is_due(at.elapsed(), || backoff::room(folder))
    }

    pub(super) fn record(&mut self, result: Result<(), Error>, folder: &Path) {
        let Err(error) = result else {
            self.backoff.succeeded();
            self.failed = None;
            return;
        };
        let room = backoff::room(folder);
        let failed = Failed::new(&error, room, folder);
        if self.backoff.failed(room) {
            tracing::error!(
                error = failed.detail,
                "the index cannot be rebuilt; the server retries by itself"
            );
        }
        self.failed = Some((failed, Instant::now()));
    }
}

impl Failed {
    pub(super) fn new(error: &Error, room: Option<u64>, folder: &Path) -> Self {
        if !(matches!(error, Error::Fault(_)) && backoff::is_full(room)) {
            return Self { cause: error.to_string(), detail: error_chain(error) };
        }
        let free = match backoff::is_out_of_files(folder) {
            true => "no more files fit".to_owned(),
            false => format!("{} KiB are free", room.unwrap_or_default() >> 10),
        };
        let detail = format!(
            "the disk of the search index is full: {free} at {}; make room there, or set search.folder to a larger disk",
            folder.display()
        );
        Self { cause: "the disk of the search index is full".into(), detail }
    }
}
