//! HTTP in, HTTP out.
//!
//! `app` has the state that handlers share, `route` parses paths and `dispatch` sends each request to its handler. The
//! handlers are grouped by protocol: `iiif`, `annotations`, `api`, `oai`, `smk`, `download`, `site` with the HTML of its
//! `pages`, and `ops`.
//! `http` has what all of them use.

mod annotations;
mod api;
mod app;
mod check;
mod class;
mod dispatch;
mod download;
mod http;
mod iiif;
mod linked_data;
mod live;
mod oai;
mod ops;
pub(crate) mod pages;
mod request_log;
mod route;
mod server;
pub(crate) mod settings;
mod site;
mod smk;
pub(crate) mod theme;

pub(crate) use api::selected_works;
pub(crate) use api::tags::line as tag_line;
pub(crate) use app::App;
pub(crate) use check::check;
pub(crate) use class::BUCKETS;
pub(crate) use live::Live;
pub(crate) use request_log::RequestLog;
pub(crate) use server::{Running, start};
