//! Any file's index: found or refused, alike whether the file comes at once or in pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tegl::master::complete_jpeg;
use tegl::pixels::color::Output;
use tegl::render::ColorTransform;

// The first byte says how much is there from the start (a file is recognized by its first bytes), the second which
// page is requested.
fuzz_target!(|data: &[u8]| {
    let [first, page, file @ ..] = data else { return };
    let page = u32::from(*page % 4) + 1;
    let whole = tegl_fuzz::index(file, page, file.len()).expect("nothing is missing");
    if let Some(pieces) = tegl_fuzz::index(file, page, 64 + usize::from(*first) * 16) {
        // What is a master and what is not may not hang on how it was read.
        assert_eq!(pieces.is_ok(), whole.is_ok(), "{pieces:?} {whole:?}");
    }
    let Ok(master) = whole else { return };
    assert!(master.dimensions.area() > 0 && master.upright().area() > 0);
    let color = ColorTransform::new(master.icc.as_ref(), master.shape(), Output::Srgb);
    for level in &master.levels {
        assert!(level.tiles.len() as u64 >= level.grid.count() && level.untiled_because().is_none());
        let _ = complete_jpeg::head(level, color.profile.as_deref());
        let _ = (level.factor(master.dimensions), level.reduces(master.dimensions));
    }
    assert!(master.weight() < 512 * data.len() + (1 << 20), "{} bytes of {}", master.weight(), data.len());
});
