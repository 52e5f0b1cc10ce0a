//! PNGs: what the header tells is what is decoded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tegl::pixels::decode;

fuzz_target!(|file: &[u8]| tegl_fuzz::whole(file, decode::png_header, decode::png));
