//! HTTP in, HTTP out.

mod base;
mod collections;
mod deepzoom;
mod document;
mod door;
mod download;
mod error;
mod headers;
mod image;
mod operations;
pub mod pages;
mod route;
mod server;
pub mod settings;
mod site;
mod tags;
mod works;

pub use door::Door;
pub use server::{Running, start};
