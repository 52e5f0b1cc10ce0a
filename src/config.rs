//! Loads all settings: defaults, then the settings file, then the environment. Each module declares its own.

mod environment;
mod file;
mod ranges;
mod secrets;
mod validate;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat};
use serde::{Deserialize, Serialize};

use crate::web::RequestLog;
use crate::{catalogue, gallery, inference, presentation, render, search, store, web};

/// All settings.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub web: web::settings::Settings,
    pub api: web::settings::Api,
    pub annotations: web::settings::Annotations,
    /// Addresses that are told of changes, by their names.
    pub webhooks: BTreeMap<String, gallery::Webhook>,
    pub operations: web::settings::Operations,
    pub oai: web::settings::Oai,
    pub masters: gallery::settings::Masters,
    pub cache: gallery::settings::Cache,
    pub work: gallery::settings::Work,
    pub render: render::Settings,
    pub pyramids: gallery::settings::Pyramids,
    pub credit: gallery::settings::Credit,
    pub rights: gallery::rights::Rights,
    pub records: gallery::settings::Records,
    pub catalogue: catalogue::Settings,
    pub search: search::Settings,
    pub tagging: gallery::Tagging,
    pub inference: inference::Settings,
    /// Models by their names, which become part of the source of their tags, `model:NAME@VERSION`.
    pub models: BTreeMap<String, inference::Declaration>,
    pub likeness: gallery::LikenessSettings,
    pub presentation: presentation::Publisher,
    pub site: web::theme::settings::Settings,
    pub store: store::Settings,
    pub log: Log,
    pub traces: web::settings::Traces,
    /// Sources of masters, by the name with which their identifiers begin, as in `NAME:path`.
    pub sources: BTreeMap<String, SourceSettings>,
}

/// Omits secrets, because the output may be logged.
impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Config({})", self.redacted())
    }
}

/// `[log]`: what is logged on standard error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// `error`, `warn`, `info`, `debug`, or a filter as in `tegl=info,actix=warn`.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
    /// The share of requests that have a line, from 0 to 1. Those that fail or are slow have one in any case.
    pub sample: f64,
    /// From how many milliseconds on a request is slow.
    pub slow_ms: u64,
}

impl Default for Log {
    fn default() -> Self {
        let RequestLog { sample, slow_ms } = RequestLog::default();
        Self { level: "info".into(), format: "text".into(), sample, slow_ms }
    }
}

/// `[sources.NAME]`: a source of masters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceSettings {
    /// A folder, a file, or a `s3://`, `az://`, `gs://`, `http(s)://` prefix.
    pub location: String,
}

/// An unusable setting: its location and what would work.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct InvalidConfig(String);

impl Config {
    /// Loads the defaults, then the file, then `TEGL__SECTION__KEY` from the environment.
    ///
    /// # Errors
    ///
    /// Returns an error if a setting is unknown, has the wrong type, is out of range, or cannot be used. The checks
    /// are the same for every command.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, InvalidConfig> {
        let mut builder = config::Config::builder();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| InvalidConfig(format!("cannot read `{}`: {error}", path.display())))?;
            file::check(path, &text)?;
            builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
        }
        let environment =
            Environment::with_prefix("TEGL").prefix_separator("__").separator("__").try_parsing(true);
        let environment = environment.list_separator(",").with_list_parse_key("web.trusted_proxies");
        let environment =
            environment.with_list_parse_key("web.hosts").with_list_parse_key("web.frame_ancestors");
        let environment = environment
            .with_list_parse_key("annotations.moderated")
            .with_list_parse_key("oai.whole_records")
            .with_list_parse_key("store.link_roots")
            .with_list_parse_key("presentation.languages");
        let values = builder.add_source(environment).build().map_err(|error| unusable(&error))?;
        let numbers: serde_json::Value =
            values.clone().try_deserialize().map_err(|error| unusable(&error))?;
        in_range("", &numbers)?;
        let config: Self = values.try_deserialize().map_err(|error| {
            let text = secrets::without_value(&error.to_string());
            InvalidConfig(format!("{text}{}", did_you_mean(&text)))
        })?;
        validate::check(&config).map_err(InvalidConfig)?;
        Ok(config)
    }

    /// Warnings about environment variables that look like settings but are not read.
    pub(crate) fn warnings() -> Vec<String> {
        let sections = serde_json::to_value(Self::default()).unwrap_or_default();
        let sections: Vec<_> =
            sections.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let names: Vec<_> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
        environment::warnings(names.iter().map(String::as_str), &sections)
    }

    /// A copy of the settings with secrets redacted.
    pub(crate) fn without_secrets(&self) -> Self {
        serde_json::from_value(self.redacted()).unwrap_or_default()
    }

    /// All settings as JSON with secrets redacted.
    pub(crate) fn redacted(&self) -> serde_json::Value {
        let mut values = serde_json::to_value(self).unwrap_or_default();
        secrets::redact(&mut values);
        values
    }
}

fn unusable(error: &config::ConfigError) -> InvalidConfig {
    InvalidConfig(secrets::without_value(&error.to_string()))
}

/// Checks that numbers are within their settings' ranges.
fn in_range(path: &str, value: &serde_json::Value) -> Result<(), InvalidConfig> {
    match value {
        serde_json::Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            in_range(&path, value)
        }),
        serde_json::Value::Number(number) => {
            let refused = number.as_f64().and_then(|number| ranges::out_of_range(path, number));
            refused.map_or(Ok(()), |refused| Err(InvalidConfig(refused)))
        }
        _ => Ok(()),
    }
}

/// A suggestion for a message that names an unknown key and the expected ones.
fn did_you_mean(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message.contains("unknown field").then(|| quoted.next()).flatten();
    let closest = unknown.and_then(|unknown| {
        quoted.max_by(|a, b| strsim::jaro_winkler(unknown, a).total_cmp(&strsim::jaro_winkler(unknown, b)))
    });
    closest.map_or(String::new(), |closest| format!("; did you mean `{closest}`?"))
}

/// The default settings file: `tegl.toml` in the working directory, otherwise `/etc/tegl/tegl.toml`.
pub(crate) fn default_file() -> Option<PathBuf> {
    ["tegl.toml", "/etc/tegl/tegl.toml"].into_iter().map(PathBuf::from).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_defaults_are_the_defaults() {
        let documented: Config = toml::from_str(include_str!("../config/default.toml")).unwrap();
        assert_eq!(documented, Config::default());
        let written = toml::Value::try_from(Config::default()).unwrap();
        let listed: toml::Value = toml::from_str(include_str!("../config/default.toml")).unwrap();
        for (section, keys) in written.as_table().unwrap() {
            for key in keys.as_table().unwrap().keys() {
                assert!(listed[section].get(key).is_some(), "config/default.toml lacks {section}.{key}");
            }
        }
    }

    #[test]
    fn secrets_are_redacted() {
        let config: Config = toml::from_str(
            "[api.tokens]\ncurator = \"hunter2-hunter2-hunter2\"\n[operations]\ntoken = \"hunter2-hunter2-hunter2\"\n\
             [catalogue]\nurl = \"postgres://me:hunter2@db/tegl\"\n\
             [sources.monkey]\nlocation = \"https://host/c?sv=1&sig=hunter2\"\n",
        )
        .unwrap();
        let shown = toml::to_string(&config.without_secrets()).unwrap();
        for (text, shown) in
            [("toml", shown), ("Debug", format!("{config:?} {:?} {:?}", config.api, config.operations))]
        {
            assert!(!shown.contains("hunter"), "{text}: {shown}");
            assert!(shown.contains("curator") && shown.contains('…'), "{text}: {shown}");
        }
        let shown = config.without_secrets();
        assert_eq!(shown.catalogue.url, "postgres://me:…@db/tegl");
        assert_eq!(shown.sources["monkey"].location, "https://host/c?sv=1&sig=…");
        assert_eq!(Config::default().without_secrets(), Config::default());
    }

    /// All numbers among the settings, by their paths.
    fn numbers(path: &str, value: &serde_json::Value, found: &mut Vec<(String, f64)>) {
        match value {
            serde_json::Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                numbers(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, found);
            }),
            serde_json::Value::Number(number) => found.push((path.to_owned(), number.as_f64().unwrap())),
            _ => {}
        }
    }

    #[test]
    fn every_number_has_a_range_that_its_default_is_in() {
        let mut found = Vec::new();
        numbers("", &serde_json::to_value(Config::default()).unwrap(), &mut found);
        found.retain(|(key, _)| !key.starts_with("rights."));
        assert_eq!(found.len(), ranges::RANGES.len());
        for (key, default) in found {
            assert!(ranges::RANGES.iter().any(|(known, ..)| *known == key), "{key} has no range");
            assert_eq!(ranges::out_of_range(&key, default), None);
        }
    }

    #[test]
    fn the_documented_ranges_are_the_ranges() {
        let (mut section, mut documented) = ("", std::collections::HashMap::new());
        for line in include_str!("../config/default.toml").lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name;
            } else if let Some((key, rest)) = line.split_once(" = ")
                && let Some((_, range)) = rest.split_once("  # ")
            {
                documented.insert(format!("{section}.{key}"), range);
            }
        }
        for (key, least, most) in ranges::RANGES.iter().filter(|(key, ..)| !key.contains("logo")) {
            let expected = format!("{least} to {most}");
            let found = documented.get(*key).map(|range| range.split(", ").next().unwrap_or_default());
            assert_eq!(found, Some(expected.as_str()), "config/default.toml, {key}");
        }
    }
}
