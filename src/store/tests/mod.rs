mod local;
mod remote;
mod write;
