//! HTTP in, HTTP out.

mod admin;
mod api;
mod base;
mod collections;
mod connections;
mod deepzoom;
mod document;
mod door;
mod download;
mod error;
mod failure;
mod found;
mod headers;
mod image;
mod language;
mod network;
mod operations;
mod pace;
pub mod pages;
mod route;
mod server;
pub mod settings;
mod site;
mod smk;
mod socket;
mod tags;
mod token;
mod work_page;
mod works;

pub use door::Door;
pub use server::{Running, start};
