//! Plan → pixels → bytes: pure work on what has been read.

mod band;
#[cfg(test)]
mod colours;
mod draw;
mod finish;
mod frame;
mod look;
mod plan;
mod settings;
mod sheet;
mod source;

pub use band::{band, band_bytes, band_height, banded_encoder, is_banded};
pub use draw::{Stopped, draw};
pub use finish::finish;
pub use frame::{Frame, bytes_a_pixel};
pub use look::Look;
pub use plan::{Plan, Source};
pub use settings::Settings;
pub use source::{rows, rows_memory};
