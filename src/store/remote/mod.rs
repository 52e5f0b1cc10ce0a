//! Remote stores: S3, Azure, Google Cloud Storage, and web servers.

mod coalesce;
mod connect;
mod credentials;
mod limiter;
mod reader;
mod response;
mod writer;

pub(super) use connect::{Connector, retries};
pub(super) use credentials::{azure, gcs, s3};
pub(super) use reader::{Listing, Remote};
#[cfg(test)]
pub(super) use writer::PART;
pub(super) use writer::RemoteWriter;
