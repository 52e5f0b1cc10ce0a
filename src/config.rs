//! Gathers the settings that each part declares beside its code: defaults, files, environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat};
use serde::{Deserialize, Serialize};

use crate::{catalogue, gallery, presentation, render, search, store, web};

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub web: web::settings::Settings,
    pub api: web::settings::Api,
    pub operations: web::settings::Operations,
    pub masters: gallery::settings::Masters,
    pub cache: gallery::settings::Cache,
    pub work: gallery::settings::Work,
    pub render: render::Settings,
    pub pyramids: gallery::settings::Pyramids,
    pub credit: gallery::settings::Credit,
    pub rights: gallery::rights::Rights,
    pub catalogue: catalogue::Settings,
    pub search: search::Settings,
    pub presentation: presentation::House,
    pub store: store::Settings,
    pub log: Log,
    /// Places of masters that identifiers say by name: `NAME:path`.
    pub sources: BTreeMap<String, SourceSettings>,
}

/// `[log]`: one line a request, on standard error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, or a filter as in `tegl=info,actix=warn`.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: "text".into() }
    }
}

/// `[sources.NAME]`: one place of masters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// A folder, a file, or a `s3://`, `az://`, `gs://`, `http(s)://` prefix.
    pub location: String,
}

/// Settings that cannot be used, with the place and what would work.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

impl Config {
    /// Defaults, then the file, then `TEGL__SECTION__KEY` of the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, Unusable> {
        let mut builder = config::Config::builder();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Unusable(format!("cannot read `{}`: {error}", path.display())))?;
            check(path, &text)?;
            builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
        }
        let environment =
            Environment::with_prefix("TEGL").prefix_separator("__").separator("__").try_parsing(true);
        let environment = environment.list_separator(",").with_list_parse_key("web.trusted_proxies");
        let gathered =
            builder.add_source(environment).build().map_err(|error| Unusable(error.to_string()))?;
        gathered.try_deserialize().map_err(|error| {
            let text = error.to_string();
            Unusable(format!("{text}{}", nearest(&text)))
        })
    }
}

impl Config {
    /// All settings, for whoever is to see them without what is secret.
    pub fn shown(&self) -> serde_json::Value {
        let mut shown = serde_json::to_value(self).unwrap_or_default();
        veil(&mut shown, false);
        shown
    }
}

/// Puts dots in place of secrets: what is named so, and passwords in addresses.
fn veil(value: &mut serde_json::Value, secret: bool) {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let named = ["token", "secret", "password", "key"].iter().any(|word| name.contains(word));
                veil(value, secret || named);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| veil(value, secret)),
        Value::String(text) if secret && !text.is_empty() => *text = "…".into(),
        Value::String(text) => {
            if let Ok(mut address) = url::Url::parse(text)
                && address.password().is_some()
                && address.set_password(Some("…")).is_ok()
            {
                *text = address.into();
            }
        }
        _ => {}
    }
}

/// Parses the file by itself first: only so do faults have a line.
fn check(path: &Path, text: &str) -> Result<(), Unusable> {
    let parsed: Result<Config, _> = toml::from_str(text);
    parsed.map(drop).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        let message = error.message();
        Unusable(format!("{}, line {line}: {message}{}", path.display(), nearest(message)))
    })
}

/// «did you mean», from a message that names an unknown key and those expected.
fn nearest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message.contains("unknown field").then(|| quoted.next()).flatten();
    let closest = unknown.and_then(|unknown| {
        quoted.max_by(|a, b| strsim::jaro_winkler(unknown, a).total_cmp(&strsim::jaro_winkler(unknown, b)))
    });
    closest.map_or(String::new(), |closest| format!("; did you mean `{closest}`?"))
}

/// The file to read where none is named: `tegl.toml` here, else `/etc/tegl/tegl.toml`.
pub fn usual_file() -> Option<PathBuf> {
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
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest() {
        let refused =
            check(Path::new("t.toml"), "[web]\nlisten = \"x\"\nbase_ulr = \"y\"\n").unwrap_err().to_string();
        assert!(refused.contains("line 3") && refused.contains("did you mean `base_url`?"), "{refused}");
    }
}
