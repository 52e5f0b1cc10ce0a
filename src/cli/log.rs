//! Starts the log, whose level can change later, and traces.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::traces::{self, RunningTraces};
use crate::config::Log;
use crate::web::settings::Traces;

/// The running log. Lines that are not written yet are written when it is dropped.
pub(super) struct RunningLog {
    /// Changes the level.
    pub level: Level,
    // Ends first: it may have something to log.
    _traces: Option<RunningTraces>,
    _writer: WorkerGuard,
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

/// A layer of the log or of traces.
type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Log lines are written by a thread of their own, so that a blocked standard error does not delay requests.
pub(super) fn start(log: &Log, traces: &Traces) -> Result<RunningLog, String> {
    let (writer, guard) = NonBlockingBuilder::default().lossy(true).finish(std::io::stderr());
    let started = traces::start(traces)?;
    let (lines, level) = lines(log, writer, started.is_some())?;
    let mut layers = vec![lines];
    let traces = started.map(|(running, layer)| {
        layers.push(layer.boxed());
        running
    });
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layers))
        .map_err(|error| error.to_string())?;
    Ok(RunningLog { level, _traces: traces, _writer: guard })
}

/// The lines of the log. While traces are sent, lines that belong to a request name its trace.
fn lines<W>(log: &Log, writer: W, names_traces: bool) -> Result<(AnyLayer, Level), String>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (filter, level) = reload::Layer::new(filter(&log.level)?);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines: AnyLayer = match log.format.as_str() {
        "json" => lines.json().flatten_event(true).boxed(),
        "text" => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        other => return Err(format!("log.format `{other}` is neither `text` nor `json`")),
    };
    let lines: AnyLayer = match names_traces {
        true => lines.with_filter(filter.or(traces::door())).boxed(),
        false => lines.with_filter(filter).boxed(),
    };
    Ok((lines, Level(level)))
}

fn filter(level: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(level).map_err(|error| format!("log.level `{level}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_requests_exist_only_while_traces_are_sent() {
        for (names_traces, expected) in [(false, true), (true, false)] {
            let (lines, level) = lines(&Log::default(), std::io::sink, names_traces).unwrap();
            let subscriber = tracing_subscriber::registry().with(vec![lines]);
            tracing::subscriber::with_default(subscriber, || {
                let door = || tracing::trace_span!(target: "tegl::trace", "door").is_disabled();
                let read = || tracing::trace_span!(target: "tegl::trace", "read").is_disabled();
                assert_eq!((door(), read()), (expected, true), "{names_traces}");
                level.change("error").unwrap();
                assert_eq!((door(), read()), (expected, true), "{names_traces}, after a reload");
                assert!(!tracing::enabled!(tracing::Level::INFO));
            });
        }
    }
}
