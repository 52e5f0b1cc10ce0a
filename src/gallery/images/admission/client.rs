//! The client that a rendering counts against.

use std::net::IpAddr;

/// A client's address, as the request log knows it, or the network that belongs to one subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self(address)
    }
}
