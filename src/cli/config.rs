//! `tegl config`: the settings in force.

use super::{Config as Typed, settings};

pub fn run(typed: &Typed) -> Result<(), String> {
    if typed.defaults {
        print!("{}", include_str!("../../config/default.toml"));
        return Ok(());
    }
    let config = settings::load(typed.config.as_deref())?;
    print!("{}", toml::to_string(&config).map_err(|error| error.to_string())?);
    Ok(())
}
