//! Operations: health checks, metrics and administration.

pub mod admin;
pub mod health;
pub mod warming;
