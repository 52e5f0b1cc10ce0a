//! Compiles the row-by-row JPEG reader against the headers of the libjpeg-turbo that is linked.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=src/pixels/jpeg/scan.c");
    let include = env::var("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys tells where its headers are");
    cc::Build::new()
        .file("src/pixels/jpeg/scan.c")
        .includes(include.split(','))
        .warnings(true)
        .extra_warnings(true)
        .compile("tegl_scan");
}
