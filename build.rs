//! Compiles the readers of JPEG rows and windows against the headers of the libjpeg-turbo that is linked.

use std::env;

fn main() {
    let sources = ["src/pixels/jpeg/scan.c", "src/pixels/jpeg/window.c"];
    sources.iter().for_each(|source| println!("cargo:rerun-if-changed={source}"));
    let include = env::var("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys tells where its headers are");
    cc::Build::new()
        .files(sources)
        .includes(include.split(','))
        .warnings(true)
        .extra_warnings(true)
        .compile("tegl_jpeg");
}
