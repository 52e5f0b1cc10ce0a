//! Renders images: a plan decides what to read, a frame what to decode; pixels are drawn, color-converted and encoded.
//! Pure functions.

mod band;
mod color_transform;
#[cfg(test)]
mod color_transform_tests;
mod draw;
mod exact_tile;
mod finish;
mod frame;
mod plan;
mod samples;
mod settings;

pub use band::{band, band_bytes, band_height, banded_encoder, is_banded};
pub use color_transform::ColorTransform;
pub use draw::{DrawError, Tile, decoded, draw};
pub use finish::finish;
pub use frame::{Frame, bytes_per_pixel};
pub use plan::{Plan, Source};
pub use samples::samples;
pub use settings::Settings;
