//! The sample images, as functions of a position on the sheet.

pub(super) mod drawing;
pub(super) mod fractal;
pub(super) mod landscape;
pub(super) mod paper;
pub(super) mod pattern;
