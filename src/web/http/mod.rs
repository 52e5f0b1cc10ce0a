//! HTTP plumbing: connections, base URL, headers, ranges, documents, problem details, tokens.

pub mod base_url;
pub mod body;
pub mod connections;
pub mod document;
pub mod error;
pub mod headers;
pub mod network;
pub mod pace;
pub mod problem;
pub mod range;
pub mod response;
pub mod socket;
pub mod status;
pub mod token;
