//! Who signs requests to remote stores.
