//! Starts the log, whose level can change later, and traces.

use std::io::IsTerminal;

use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::clock::Clock;
use super::log_fields::PlainFields;
use super::log_writer::{self, LogGuard};
use super::traces::{self, RunningTraces};
use crate::config::Log;
use crate::web::settings::Traces;

/// The running log. Lines that are not written yet are written when it is dropped.
pub(super) struct RunningLog {
    /// Changes the level.
    pub level: Level,
    // Ends first: it may have something to log.
    _traces: Option<RunningTraces>,
    _writer: LogGuard,
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
    let (writer, guard) = log_writer::start(std::io::stderr(), report_lost)
        .map_err(|error| format!("the log cannot be started: {error}"))?;
    let started = traces::start(traces)?;
    let styled = std::io::stderr().is_terminal();
    let (lines, level) = lines(log, writer, styled, started.is_some())?;
    let mut layers = vec![lines];
    let traces = started.map(|(running, layer)| {
        layers.push(layer.boxed());
        running
    });
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layers))
        .map_err(|error| error.to_string())?;
    Ok(RunningLog { level, _traces: traces, _writer: guard })
}

/// Logs how many lines were lost.
fn report_lost(lines: u64) {
    tracing::warn!(lines, "log lines were lost while standard error was blocked");
}

/// The lines of the log. While traces are sent, lines that belong to a request name its trace.
fn lines<W>(log: &Log, writer: W, styled: bool, names_traces: bool) -> Result<(AnyLayer, Level), String>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (filter, level) = reload::Layer::new(filter(&log.level)?);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_timer(Clock);
    let lines: AnyLayer = match log.format.as_str() {
        "json" => lines.json().flatten_event(true).boxed(),
        "text" if styled => lines.boxed(),
        // The library's own format of fields has styles that only a terminal shows.
        "text" => lines.with_ansi(false).fmt_fields(PlainFields).boxed(),
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
    use std::io::{Read, Seek};
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    /// What is written of these events, without the time of the first.
    fn written(events: impl FnOnce()) -> String {
        let file = Arc::new(tempfile::tempfile().unwrap());
        let (lines, _level) = lines(&Log::default(), file.clone(), false, false).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(vec![lines]), events);
        let mut text = String::new();
        (&*file).rewind().unwrap();
        (&*file).read_to_string(&mut text).unwrap();
        text.split_once(' ').unwrap().1.to_owned()
    }

    #[test]
    fn a_line_has_its_message_and_fields() {
        let line = written(|| {
            let none: Option<u64> = None;
            tracing::warn!(target: "tegl::request", path = "/a\n\"b", status = 404u16, none, error = %"gone", "{} left", 2);
        });
        assert_eq!(line, " WARN tegl::request: 2 left path=\"/a\\n\\\"b\" status=404 error=gone\n");
    }

    proptest! {
        #[test]
        fn values_are_written_as_debug_writes_them(
            text in any::<String>(), plain in "[ -~]*", n in any::<u64>(), i in any::<i64>(), x in any::<f64>(),
            yes in any::<bool>(),
        ) {
            let line = written(|| tracing::info!(target: "t", text, plain, n, i, x, yes, "{} m", 1));
            let expected = format!(" INFO t: 1 m text={text:?} plain={plain:?} n={n} i={i} x={x:?} yes={yes}\n");
            prop_assert_eq!(line, expected);
        }
    }

    #[test]
    fn lost_lines_have_a_line() {
        let expected = " WARN tegl::cli::log: log lines were lost while standard error was blocked lines=3\n";
        assert_eq!(written(|| report_lost(3)), expected);
    }

    #[test]
    fn spans_of_requests_exist_only_while_traces_are_sent() {
        for (names_traces, expected) in [(false, true), (true, false)] {
            let (lines, level) = lines(&Log::default(), std::io::sink, false, names_traces).unwrap();
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
