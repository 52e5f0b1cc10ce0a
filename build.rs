//! Compiles the readers of JPEG rows and windows and the encoder of rows against the headers of the libjpeg-turbo that is linked.

use std::env;

fn main() {
    let sources = ["encode", "scan", "window"].map(|name| format!("src/pixels/jpeg/{name}.c"));
    sources.iter().for_each(|source| println!("cargo:rerun-if-changed={source}"));
    let include = env::var("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys tells where its headers are");
    cc::Build::new()
        .files(&sources)
        .includes(include.split(','))
        .warnings(true)
        .extra_warnings(true)
        .compile("tegl_jpeg");
}
