//! Connections to remote stores.
