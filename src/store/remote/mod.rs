//! Remote stores: S3, Azure, Google Cloud Storage, and web servers.

mod claim;
mod coalesce;
mod connect;
mod credentials;
mod digest;
mod limiter;
mod reader;
mod response;
mod retry;
mod writer;

pub(super) use claim::{RemoteClaim, RemoteClaimant, Times};
pub(super) use connect::Connector;
pub(super) use credentials::{azure, gcs, s3};
pub(super) use reader::{Listing, Remote};
pub(super) use retry::{Clients, resuming, retries, without_retries};
#[cfg(test)]
pub(super) use writer::PART;
pub(super) use writer::RemoteWriter;
