//! The works' pictures, as functions of a place on the sheet.

pub mod drawing;
pub mod fractal;
pub mod landscape;
pub mod paper;
pub mod pattern;
