//! Operations: health checks, metrics and administration.

pub(super) mod admin;
pub(super) mod exemplars;
pub(super) mod health;
pub(super) mod metrics;
pub(super) mod warming;
mod webhooks;
