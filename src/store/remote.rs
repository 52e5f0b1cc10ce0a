//! Reads objects of remote stores.

use std::ops::Range;

use bytes::Bytes;

use super::walk::Listed;
use super::{Error, Key, Version};

pub(super) struct Remote;

impl Remote {
    pub(super) async fn head(&self, _key: &Key) -> Result<Version, Error> {
        Err(Error::NotFound)
    }

    pub(super) async fn start(&self, _key: &Key, _len: u64) -> Result<(Version, Bytes), Error> {
        Err(Error::NotFound)
    }

    pub(super) async fn read(&self, _: &Key, _: &Version, _: Range<u64>, _: &[u8]) -> Result<Bytes, Error> {
        Err(Error::NotFound)
    }

    pub(super) async fn read_many(
        &self,
        _: &Key,
        _: &Version,
        _: &[Range<u64>],
    ) -> Result<(Vec<Bytes>, Vec<u64>), Error> {
        Err(Error::NotFound)
    }

    pub(super) async fn list(&self, _: Option<&str>, _: usize) -> Result<Vec<Listed>, Error> {
        Err(Error::NotFound)
    }
}
