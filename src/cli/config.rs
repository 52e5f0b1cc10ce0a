//! `tegl config`: prints the settings in force.

use super::{Config as Arguments, settings};

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    if arguments.defaults {
        print!("{}", include_str!("../../config/default.toml"));
        return Ok(());
    }
    if let Some(language) = &arguments.labels {
        print!("{}", crate::web::theme::template(language == "da"));
        return Ok(());
    }
    let config = settings::load(arguments.config.as_deref())?;
    let printed = if arguments.show_secrets { config.clone() } else { config.without_secrets() };
    if printed != config {
        println!("# `…` hides a secret; --show-secrets prints it.");
    }
    print!("{}", toml::to_string(&printed).map_err(|error| error.to_string())?);
    Ok(())
}
