mod local;
mod remote;
mod uploads;
mod write;
mod write_local;
