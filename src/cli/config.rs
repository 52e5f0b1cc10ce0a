//! `tegl config`: prints the settings in force.

use super::{Config as Arguments, settings};

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    if arguments.defaults {
        print!("{}", include_str!("../../config/default.toml"));
        return Ok(());
    }
    let config = settings::load(arguments.config.as_deref())?;
    let shown = if arguments.show_secrets { config.clone() } else { config.without_secrets() };
    if shown != config {
        println!("# `…` hides a secret; --show-secrets prints it.");
    }
    print!("{}", toml::to_string(&shown).map_err(|error| error.to_string())?);
    Ok(())
}
