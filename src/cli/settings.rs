//! Loads settings for a command.

use std::path::Path;

use crate::config::{Config, default_file};

/// Loads the given settings file, or the default one, and the environment; warns about ignored variables.
pub(super) fn load(file: Option<&Path>) -> Result<Config, String> {
    let default = default_file();
    Config::warnings().into_iter().for_each(|warning| eprintln!("warning: {warning}"));
    Config::load(file.or(default.as_deref())).map_err(|error| error.to_string())
}
