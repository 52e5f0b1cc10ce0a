//! Validates settings beyond their types and ranges.

use tracing_subscriber::EnvFilter;

use super::{Config, Log};
use crate::{presentation, store, web};

/// Fails with the unusable setting and what would work.
pub(super) fn check(config: &Config) -> Result<(), String> {
    listen_address("web.listen", &config.web.listen)?;
    if !config.operations.listen.is_empty() {
        listen_address("operations.listen", &config.operations.listen)?;
    }
    web::check(&config.web, &config.api, &config.operations)?;
    let owners = [
        ("annotations.moderated", &config.annotations.moderated),
        ("oai.whole_records", &config.oai.whole_records),
    ];
    for (key, owners) in owners {
        if let Some(owner) = owners.iter().find(|owner| !config.api.tokens.contains_key(*owner)) {
            return Err(format!("`{key}` names `{owner}`, whose token is missing: set `api.tokens.{owner}`"));
        }
    }
    if !config.pyramids.tile_side.is_multiple_of(16) {
        let side = config.pyramids.tile_side;
        return Err(format!(
            "`pyramids.tile_side` is {side}: it must be a multiple of 16, such as 256 or 512"
        ));
    }
    locations(config)?;
    store::Key::parse(&config.store.probe).map_err(|bad| format!("`store.probe`: {bad}"))?;
    catalogue(&config.catalogue.url)?;
    config.presentation.check()?;
    config.oai.check()?;
    web::theme::Theme::load(&config.site)?;
    config.tagging.check()?;
    config.webhooks.iter().try_for_each(|(name, webhook)| webhook.check(name))?;
    config.inference.check()?;
    languages(&config.presentation)?;
    config.traces.check()?;
    log(&config.log)
}

fn listen_address(key: &str, address: &str) -> Result<(), String> {
    let port =
        address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(_)) => Ok(()),
        _ => Err(format!("`{key}` is `{address}`: it must be an address and a port, as in `127.0.0.1:8182`")),
    }
}

fn locations(config: &Config) -> Result<(), String> {
    for (name, source) in &config.sources {
        if name.is_empty() || name.contains(['/', ':']) {
            return Err(format!(
                "`sources.{name}`: the name of a source must not be empty or contain `/` or `:`"
            ));
        }
        store::check_location(&source.location, false)
            .map_err(|error| format!("`sources.{name}.location`: {error}"))?;
    }
    match config.pyramids.location.as_str() {
        "" | "none" => Ok(()),
        location => {
            store::check_location(location, true).map_err(|error| format!("`pyramids.location`: {error}"))
        }
    }
}

fn catalogue(url: &str) -> Result<(), String> {
    match url.trim().split_once("://") {
        None | Some(("postgres" | "postgresql" | "sqlite", _)) => Ok(()),
        Some((scheme, _)) => Err(format!(
            "`catalogue.url` is `{scheme}://…`: it must be a file, as in `catalogue.db`, \
             `postgres://USER@HOST/DATABASE`, or `none`"
        )),
    }
}

fn languages(publisher: &presentation::Publisher) -> Result<(), String> {
    if publisher.languages.is_empty() {
        return Err("`presentation.languages` is empty: name at least one, as in `[\"en\", \"da\"]`".into());
    }
    Ok(())
}

fn log(log: &Log) -> Result<(), String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let works = "it must be `error`, `warn`, `info`, `debug`, `trace` or `off`, or a filter as in `tegl=info,actix=warn`";
    if let Err(error) = EnvFilter::try_new(&log.level) {
        return Err(format!("`log.level` is `{}`: {error}; {works}", log.level));
    }
    // A single word would be parsed as a target, all of whose lines are logged.
    let lone =
        |part: &&str| !part.contains(['=', '[']) && !LEVELS.contains(&part.to_ascii_lowercase().as_str());
    if let Some(part) = log.level.split(',').map(str::trim).find(lone) {
        return Err(format!("`log.level` has `{part}`: {works}"));
    }
    match log.format.as_str() {
        "text" | "json" => Ok(()),
        other => Err(format!("`log.format` is `{other}`: it must be `text` or `json`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let config: Config = toml::from_str(text).unwrap();
        let result = check(&config).err().unwrap_or_else(|| "accepted".into());
        assert!(result.contains(expected), "{text}: {result}");
        assert!(!result.contains("hunter"), "{result}");
    }

    #[test]
    fn every_unusable_setting_is_refused() {
        refused("", "accepted");
        refused("[web]\nlisten = \"8182\"", "`web.listen` is `8182`: it must be an address and a port");
        refused("[web]\nlisten = \"localhost:99999\"", "`web.listen`");
        refused("[operations]\nlisten = \"\"", "accepted");
        refused("[operations]\nlisten = \"[::1]:8183\"", "accepted");
        refused("[web]\nbase_url = \"images.example.org\"", "web.base_url");
        refused("[web]\nbase_url = \"https://\"", "web.base_url");
        refused("[web]\nbase_url = \"https://images.example.org/art?x=1\"", "web.base_url");
        refused("[web]\nbase_url = \"https://images.example.org/art/\"", "accepted");
        refused("[web]\ntrusted_proxies = [\"proxy.local\"]", "web.trusted_proxies");
        refused("[api.tokens]\ncurator = \"hunter2\"", "api.tokens.curator");
        refused("[operations]\ntoken = \"hunter2\"", "operations.token");
        refused("[pyramids]\ntile_side = 500", "multiple of 16");
        refused("[pyramids]\nlocation = \"https://host/x\"", "`pyramids.location`");
        refused("[sources.maps]\nlocation = \"ftp://me:hunter2@host\"", "`sources.maps.location`");
        refused("[sources.maps]\nlocation = \"s3://bucket/maps\"", "accepted");
        refused("[sources.\"a:b\"]\nlocation = \"maps\"", "the name of a source");
        refused("[catalogue]\nurl = \"mysql://me:hunter2@host/db\"", "`catalogue.url` is `mysql://…`");
        refused("[catalogue]\nurl = \"none\"", "accepted");
        refused("[presentation]\nlanguages = []", "`presentation.languages`");
        refused("[presentation]\nhomepage = \"museum.example\"", "presentation.homepage");
        refused("[webhooks.a]\nurl = \"https://host/hook\"\nsecret = \"hunter2\"", "`webhooks.a.secret`");
        refused("[log]\nlevel = \"loud\"", "`log.level` has `loud`: it must be `error`");
        refused("[log]\nlevel = \"tegl=loud\"", "`log.level`");
        refused("[log]\nlevel = \"warn,tegl::gallery=info\"", "accepted");
        refused("[traces]\nendpoint = \"collector:4318\"", "`traces.endpoint` is `collector:4318`");
        refused("[traces]\nendpoint = \"http://127.0.0.1:4318/v1/traces\"", "accepted");
        refused("[log]\nformat = \"xml\"", "`log.format`");
    }
}
