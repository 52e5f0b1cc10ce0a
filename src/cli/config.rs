//! `tegl config`: prints the settings in force.

use std::path::PathBuf;

use clap::Args;

use super::settings;

/// Check the settings and print those in force
///
/// Settings come from defaults, then the settings file, then environment variables such as
/// TEGL__WEB__BASE_URL=https://images.example.org. Secrets are hidden.
#[derive(Args)]
pub(super) struct Arguments {
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print every setting with its default and its description instead
    #[arg(long)]
    defaults: bool,
    /// Also print tokens and passwords
    #[arg(long)]
    show_secrets: bool,
    /// Print the labels of the pages in English or Danish as a Fluent file, to be reworded or translated for `site.folder`
    #[arg(long, value_name = "LANGUAGE", num_args = 0..=1, default_missing_value = "en", value_parser = ["en", "da"])]
    labels: Option<String>,
}

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
