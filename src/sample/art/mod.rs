//! The sample images, as functions of a position on the sheet.

pub mod drawing;
pub mod fractal;
pub mod landscape;
pub mod paper;
pub mod pattern;
