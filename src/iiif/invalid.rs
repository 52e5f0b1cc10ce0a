//! Errors of image requests, in terms that clients can act on.

use std::borrow::Cow;

/// A parameter that is not valid, and what works instead (status 400; Image API 3.0, §7.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}{} {reason}", if value.is_empty() { String::new() } else { format!(" `{value}`") })]
pub struct Invalid {
    /// The parameter that is wrong, as in `region`.
    pub parameter: Cow<'static, str>,
    /// The value as received, cut to a readable length, without control characters.
    pub value: String,
    /// Why it is invalid, and what is valid.
    pub reason: Cow<'static, str>,
}

impl Invalid {
    /// An invalid value of a parameter, with the reason.
    pub fn new(
        parameter: impl Into<Cow<'static, str>>,
        value: &str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        let value = value.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        Self { parameter: parameter.into(), value, reason: reason.into() }
    }
}
