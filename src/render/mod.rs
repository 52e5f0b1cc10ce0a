//! Plan → pixels → bytes: pure work on what has been read.

mod draw;
mod finish;
mod frame;
mod odd_tiff;
mod plan;
mod settings;
mod tile;

pub use draw::{Stopped, draw};
pub use finish::{Look, decode_whole, finish};
pub use frame::{Frame, bytes_a_pixel};
pub use plan::{Plan, Source};
pub use settings::Settings;
