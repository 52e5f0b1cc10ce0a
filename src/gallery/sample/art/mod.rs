//! The works' pictures, as functions of a place on the sheet.

pub mod fractal;
pub mod kit;
pub mod land;
pub mod paper;
pub mod pattern;
