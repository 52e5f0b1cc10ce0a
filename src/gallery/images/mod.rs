//! Images: opened, authorized, planned, rendered and delivered.

pub mod authorized;
mod budget;
mod freshness;
pub mod handle;
pub mod health;
mod mips;
pub mod original;
pub mod pyramids;
mod queue;
pub mod renderer;
pub mod revalidate;
pub mod scheduler;
pub mod streamed;
mod trim;
pub mod unsent;
mod untiled;
