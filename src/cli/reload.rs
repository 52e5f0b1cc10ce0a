//! Reads the settings again while the server runs: on SIGHUP, and by `POST /admin/reload`.

use std::path::PathBuf;

use parking_lot::Mutex;
use serde_json::Value;

use super::log::Level;
use super::settings;
use crate::config::Config;
use crate::web::{App, Live, RequestLog};

/// The settings that can change without a restart, with all below them.
const CHANGEABLE: [&str; 17] = [
    "annotations",
    "api.tokens",
    "log.level",
    "log.sample",
    "log.slow_ms",
    "oai.admin_email",
    "oai.page",
    "oai.provider",
    "oai.repository_name",
    "oai.whole_records",
    "operations.token",
    "tagging",
    "web.document_max_age_s",
    "web.frame_ancestors",
    "web.hosts",
    "web.image_max_age_s",
    "web.trusted_proxies",
];

/// What the settings are read from, and what they were.
pub(super) struct Settings {
    file: Option<PathBuf>,
    /// The address of the command line, which precedes that of the settings.
    listen: Option<String>,
    level: Level,
    /// As they were read, without what the machine's limits have changed.
    current: Mutex<Config>,
}

impl Settings {
    pub(super) fn new(file: Option<PathBuf>, listen: Option<String>, level: Level, current: Config) -> Self {
        Self { file, listen, level, current: Mutex::new(current) }
    }

    /// Reads the settings again, and changes all that have changed, or nothing. Returns their keys.
    ///
    /// # Errors
    /// A message that names the setting that cannot be used, or those that take a restart.
    pub(super) fn reload(&self, app: &App) -> Result<Vec<String>, String> {
        let mut current = self.current.lock();
        let new = load(self.file.as_deref(), self.listen.as_deref())?;
        let changed = changed(&current, &new);
        let fixed: Vec<_> =
            changed.iter().filter(|key| !can_change(key)).map(|key| format!("`{key}`")).collect();
        if !fixed.is_empty() {
            return Err(format!("restart the server to change {}", fixed.join(", ")));
        }
        let live = live(&new, app)?;
        self.level.change(&new.log.level)?;
        app.change(&new.web, live)?;
        *current = new;
        Ok(changed)
    }
}

/// Loads the settings as `tegl serve` does.
pub(super) fn load(file: Option<&std::path::Path>, listen: Option<&str>) -> Result<Config, String> {
    let mut config = settings::load(file)?;
    if let Some(listen) = listen {
        config.web.listen = listen.to_owned();
    }
    Ok(config)
}

/// The settings that can change, out of all of them.
pub(super) fn changeable(config: &Config, in_force: Value) -> Result<Live, String> {
    Ok(Live {
        api: config.api.clone(),
        operations_token: config.operations.token.clone(),
        oai: config.oai.clone(),
        annotations: config.annotations.clone(),
        tagging: config.tagging.clone(),
        request_log: RequestLog { sample: config.log.sample, slow_ms: config.log.slow_ms },
        ..Live::new(&config.web, in_force)?
    })
}

/// The new settings; those in force that the machine's limits have lowered stay lowered.
fn live(new: &Config, app: &App) -> Result<Live, String> {
    let mut in_force = app.live().in_force.clone();
    let redacted = new.redacted();
    for key in CHANGEABLE {
        let pointer = format!("/{}", key.replace('.', "/"));
        if let (Some(shown), Some(value)) = (in_force.pointer_mut(&pointer), redacted.pointer(&pointer)) {
            *shown = value.clone();
        }
    }
    changeable(new, in_force)
}

fn can_change(key: &str) -> bool {
    let is_at_or_below = |rest: &str| rest.is_empty() || rest.starts_with('.');
    CHANGEABLE.iter().any(|known| key.strip_prefix(known).is_some_and(is_at_or_below))
}

/// The keys of the settings that differ.
fn changed(before: &Config, after: &Config) -> Vec<String> {
    let values = |config: &Config| serde_json::to_value(config).unwrap_or_default();
    let mut keys = Vec::new();
    differences("", &values(before), &values(after), &mut keys);
    keys
}

fn differences(key: &str, before: &Value, after: &Value, keys: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
            for name in names {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                let of =
                    |fields: &serde_json::Map<String, Value>| fields.get(name).cloned().unwrap_or_default();
                differences(&key, &of(before), &of(after), keys);
            }
        }
        _ if before != after => keys.push(key.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_settings_are_named_by_their_keys() {
        let mut after = Config::default();
        after.web.image_max_age_s = 60;
        after.api.tokens.insert("curator".into(), "a-secret-of-a-curator".into());
        after.work.memory_mib = 64;
        let keys = changed(&Config::default(), &after);
        assert_eq!(keys, ["api.tokens.curator", "web.image_max_age_s", "work.memory_mib"]);
        let fixed: Vec<_> = keys.iter().filter(|key| !can_change(key)).collect();
        assert_eq!(fixed, ["work.memory_mib"]);
        assert_eq!(changed(&after, &after), Vec::<String>::new());
    }

    #[test]
    fn all_changeable_settings_exist() {
        let defaults = serde_json::to_value(Config::default()).unwrap();
        for key in CHANGEABLE {
            assert!(defaults.pointer(&format!("/{}", key.replace('.', "/"))).is_some(), "{key}");
        }
        assert!(!can_change("oai.namespace") && !can_change("webhooks.a") && !can_change("web.hosts_x"));
    }
}
