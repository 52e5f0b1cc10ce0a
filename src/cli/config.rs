//! `tegl config`: the settings in force.

use super::Config as Typed;
use crate::config::{Config, usual_file};

pub fn run(typed: &Typed) -> Result<(), String> {
    if typed.defaults {
        print!("{}", include_str!("../../config/default.toml"));
        return Ok(());
    }
    let file = typed.config.clone().or_else(usual_file);
    let config = Config::load(file.as_deref()).map_err(|error| error.to_string())?;
    print!("{}", toml::to_string(&config).map_err(|error| error.to_string())?);
    Ok(())
}
