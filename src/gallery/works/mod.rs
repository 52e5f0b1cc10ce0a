//! Works: records of the catalogue, with the images that show them.

mod describe;
mod sketch;
mod withdraw;

pub use describe::{Described, Shown};
pub use sketch::{Preview, SOON, Sketch};
