//! Diagnoses why a source cannot be read, and what fixes it.

use std::time::Duration;

use super::backend::Reader;
use super::{Error, Key, Problem, Store, runtime};

/// Why a source cannot be read; for an operator, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The source, the cause and the remedy.
    pub text: String,
    /// Whether only a change of configuration can fix it.
    pub is_configuration: bool,
}

/// The maximum duration of a readiness probe.
const MAX_WAIT: Duration = Duration::from_secs(4);

impl Store {
    /// Returns why the source cannot be read; `None` if it can.
    pub async fn diagnose(&self) -> Option<Diagnosis> {
        let deadline = self.0.settings.deadline(0).min(MAX_WAIT);
        let store = self.clone();
        let probed = runtime::run(deadline, async move { store.probe().await }).await;
        probed.err().map(|error| self.explain(&error))
    }

    /// The error with the source's location, its cause and its remedy.
    pub fn explain(&self, error: &Error) -> Diagnosis {
        Diagnosis {
            text: format!("{}: {}", self.0.location, self.cause(error)),
            is_configuration: error.fault().is_some_and(|fault| fault.is_configuration()),
        }
    }

    /// The error's cause, and its remedy if one is known.
    pub fn cause(&self, error: &Error) -> String {
        match (error.fault(), std::error::Error::source(error)) {
            (Some(fault), _) => format!("{fault}; {}", fault.remedy(self.0.kind, self.0.is_unsigned)),
            (None, Some(source)) => format!("{error}: {source}"),
            (None, None) => error.to_string(),
        }
    }

    async fn probe(&self) -> Result<(), Error> {
        if let Reader::Local(local) = &self.0.reader {
            let local = local.clone();
            return runtime::block(MAX_WAIT, move || local.probe()).await;
        }
        let key = Key::parse(&self.0.settings.probe)?;
        let denied = match self.read_start(&key, 1).await {
            Err(error @ Error::Refused(_)) if is_denied(&error) => error,
            // Without credentials Azure responds with 404 for a container that is not public.
            Err(Error::NotFound) if self.0.kind == "azure" && self.0.is_unsigned => Error::NotFound,
            Err(error @ (Error::Refused(_) | Error::Unavailable(_) | Error::TimedOut)) => return Err(error),
            // A 404 counts as reachable, and so does an object that cannot be read by ranges.
            _ => return Ok(()),
        };
        self.probe_listed(denied).await
    }

    /// Some stores respond with 403 for missing objects to callers without list permission. Therefore tries a listed
    /// object, and trusts earlier reads.
    async fn probe_listed(&self, denied: Error) -> Result<(), Error> {
        if self.counts().ranges > 0 {
            return Ok(());
        }
        let Ok(page) = self.list(None, 1).await else { return Err(self.denied(denied)) };
        let Some((key, _)) = page.keys.first() else { return Ok(()) };
        match self.read_start(&Key::parse(key)?, 1).await {
            Err(error) if is_denied(&error) => Err(error),
            _ => Ok(()),
        }
    }

    fn denied(&self, error: Error) -> Error {
        match error {
            Error::NotFound => {
                Error::Refused(super::Fault::new(Problem::Denied, "404 ResourceNotFound").into())
            }
            other => other,
        }
    }
}

fn is_denied(error: &Error) -> bool {
    matches!(error, Error::Refused(fault) if fault.problem == Problem::Denied)
}
