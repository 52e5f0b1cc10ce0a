//! Documents at web addresses.

mod client;
mod hosts;

pub use client::{DocumentError, Limits, WebClient};
pub use hosts::Hosts;
