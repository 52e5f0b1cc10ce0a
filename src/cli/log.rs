//! Starts the log, whose level can change later.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::Log;

/// The running log. Lines that are not written yet are written when it is dropped.
pub(super) struct RunningLog {
    _writer: WorkerGuard,
    /// Changes the level.
    pub level: Level,
}

/// The level of the log.
#[derive(Clone)]
pub(super) struct Level(Handle<EnvFilter, Registry>);

impl Level {
    /// Logs at this level from now on, as in `log.level`.
    pub(super) fn change(&self, level: &str) -> Result<(), String> {
        self.0.reload(filter(level)?).map_err(|error| error.to_string())
    }
}

/// Log lines are written by a thread of their own, so that a blocked standard error does not delay requests.
pub(super) fn start(log: &Log) -> Result<RunningLog, String> {
    let (filter, level) = reload::Layer::new(filter(&log.level)?);
    let (writer, guard) = NonBlockingBuilder::default().lossy(true).finish(std::io::stderr());
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match log.format.as_str() {
        "json" => lines.json().flatten_event(true).with_filter(filter).boxed(),
        "text" => lines.with_ansi(std::io::stderr().is_terminal()).with_filter(filter).boxed(),
        other => return Err(format!("log.format `{other}` is neither `text` nor `json`")),
    };
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines))
        .map_err(|error| error.to_string())?;
    Ok(RunningLog { _writer: guard, level: Level(level) })
}

fn filter(level: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(level).map_err(|error| format!("log.level `{level}`: {error}"))
}
