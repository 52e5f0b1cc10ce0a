//! JPEGs: their headers, what is spliced into them, what is cut from them, their pixels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tegl::iiif::Dimensions;
use tegl::master::SourceFormat;
use tegl::metadata::EmbeddedMetadata;
use tegl::pixels::jpeg;
use tegl_fuzz::LIMIT;

// The first two bytes say what is cut out, the third how the file is split into tables and scan.
fuzz_target!(|data: &[u8]| {
    let [width, height, split, file @ ..] = data else { return };
    let Ok(header) = jpeg::header(file) else { return };
    starts(file);
    let Ok(header) = header else { return };
    assert!(header.dimensions.area() > 0 && (1..=8).contains(&header.orientation));

    let profile = vec![7; 200];
    let with_profile = jpeg::insert_metadata(file, &EmbeddedMetadata::icc(&profile));
    assert_eq!(with_profile.len() - file.len(), profile.len() + 18);

    let (tables, scan) = file.split_at(file.len() * usize::from(*split) / 256);
    for color in [jpeg::Color::Jfif, jpeg::Color::Rgb] {
        let joined = [&jpeg::head(color, Some(&profile), Some(tables))[..], scan].concat();
        let _ = jpeg::decode(&joined, 8, LIMIT);
    }
    tegl_fuzz::rows_of(SourceFormat::Jpeg, file);
    if let Ok(taken) = jpeg::scan(file, 8, Some(4)) {
        assert!(taken.scan.len() < file.len() && taken.head.len() <= file.len() + 6);
    }
    let size = Dimensions::new(u32::from(*width) + 1, u32::from(*height) + 1);
    if let Ok(cropped) = jpeg::crop(file, size, LIMIT) {
        let cut = jpeg::header(&cropped).expect("it is a JPEG").expect("it is whole");
        assert!(cut.dimensions.width <= size.width && cut.dimensions.height <= size.height);
    }
    for reduce in [1, 2, 8] {
        if let Ok(picture) = jpeg::decode(file, reduce, LIMIT) {
            assert!(picture.dimensions().width <= header.dimensions.width.max(1));
        }
    }
});

/// The beginnings of a file ask for more, and for no more than there is to a header.
fn starts(file: &[u8]) {
    for length in (2..file.len()).step_by(file.len() / 16 + 1) {
        if let Ok(Err(needed)) = jpeg::header(&file[..length]) {
            assert!(needed > length && needed < length + (1 << 18));
        }
    }
}
