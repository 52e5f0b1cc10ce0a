//! Finds out from an address what kind of source it names.

use std::path::Path;
use std::sync::Arc;

use super::counts::Counters;
use super::local::Local;
use super::source::{Inner, Place};
use super::{OpenError, Settings};

pub(super) fn open(location: &str, settings: &Settings) -> Result<Inner, OpenError> {
    let local = Local::open(Path::new(location), settings)
        .map_err(|source| OpenError::Local { location: location.to_owned(), source })?;
    Ok(Inner {
        shown: location.to_owned(),
        settings: settings.clone(),
        counters: Counters::new("local"),
        place: Place::Local(Arc::new(local)),
    })
}
