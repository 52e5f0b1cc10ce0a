//! The parameters and documents of the Image API, versions 3.0 and 2.1, as types.

pub mod deepzoom;
mod format;
mod geometry;
mod info;
mod invalid;
mod limits;
mod number;
mod quality;
mod region;
mod request;
mod rotation;
mod size;
mod version;

pub use format::Format;
pub use geometry::{Dimensions, Rect};
pub use info::{Info, Tiles};
pub use invalid::Invalid;
pub use limits::Limits;
pub use number::integer;
pub use quality::Quality;
pub use region::Region;
pub use request::ImageRequest;
pub use rotation::Rotation;
pub use size::{Form, Size};
pub use version::Version;
