//! WebPs, read row by row.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tegl::master::SourceFormat;

fuzz_target!(|file: &[u8]| tegl_fuzz::rows_of(SourceFormat::Webp, file));
