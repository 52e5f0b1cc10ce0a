mod checked;
mod claims;
mod local;
mod remembered;
mod remote;
mod uploads;
mod write;
mod write_local;
