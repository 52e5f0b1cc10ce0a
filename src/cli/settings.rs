//! The settings that a command works with.

use std::path::Path;

use crate::config::{Config, default_file};

/// Settings of the file that was named, or of the usual one, and of the environment; says which variables are ignored.
pub fn load(file: Option<&Path>) -> Result<Config, String> {
    let usual = default_file();
    Config::warnings().into_iter().for_each(|warning| eprintln!("warning: {warning}"));
    Config::load(file.or(usual.as_deref())).map_err(|error| error.to_string())
}
