//! `tegl config`: the settings in force.

use super::{Config as Typed, settings};

pub fn run(typed: &Typed) -> Result<(), String> {
    if typed.defaults {
        print!("{}", include_str!("../../config/default.toml"));
        return Ok(());
    }
    let config = settings::load(typed.config.as_deref())?;
    let shown = if typed.show_secrets { config.clone() } else { config.without_secrets() };
    if shown != config {
        println!("# `…` stands for what is secret; --show-secrets shows it.");
    }
    print!("{}", toml::to_string(&shown).map_err(|error| error.to_string())?);
    Ok(())
}
