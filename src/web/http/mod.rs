//! HTTP plumbing: connections, base URL, headers, content negotiation, conditional requests, ranges, documents, problem details, tokens.

pub(super) mod accept;
pub(super) mod base_url;
pub(super) mod body;
pub(super) mod conditional;
pub(super) mod connections;
pub(super) mod document;
pub(super) mod error;
pub(super) mod headers;
pub(super) mod network;
pub(super) mod pace;
pub(super) mod problem;
pub(super) mod range;
pub(super) mod receive;
pub(super) mod response;
pub(super) mod socket;
pub(super) mod status;
#[cfg(test)]
pub(super) mod testing;
pub(super) mod token;
pub(super) mod trace;
