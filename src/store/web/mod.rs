//! Documents at web addresses.

mod client;
mod hosts;
mod retry_after;

pub use client::{DocumentError, Limits, WebClient};
pub use hosts::Hosts;
pub use retry_after::retry_after;
