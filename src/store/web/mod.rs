//! Documents at web addresses.

mod client;
mod hosts;

pub use client::{Limits, Unread, Web};
pub use hosts::Hosts;
