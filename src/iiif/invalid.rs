//! What is wrong with a request, in words that its sender can act on.

use std::borrow::Cow;

/// A parameter that cannot be served, and what would work (Image API 3.0, §7.3: status 400).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}{} {reason}", if value.is_empty() { String::new() } else { format!(" `{value}`") })]
pub struct Invalid {
    pub parameter: Cow<'static, str>,
    /// As received, cut to a readable length, control characters removed.
    pub value: String,
    pub reason: Cow<'static, str>,
}

impl Invalid {
    pub fn new(
        parameter: impl Into<Cow<'static, str>>,
        value: &str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        let value = value.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        Self { parameter: parameter.into(), value, reason: reason.into() }
    }
}
