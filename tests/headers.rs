//! What a file's header states is the same for info.json, for images and for a check; odd headers cost no more than others.

use crate::support::Failures;
use crate::support::masters::{difference, picture, pixels, plain_jpeg, png};
use crate::support::server::Server;
use tegl::pixels::{Channels, Raster, rotate};

/// An EXIF segment with this orientation, whose pointer to a next directory leads nowhere.
fn exif(orientation: u8) -> Vec<u8> {
    let block =
        [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[orientation, 0, 0, 0][..], &[0x9f, 0x86, 1, 0]];
    let body = [&b"Exif\0\0"[..], &block.concat()].concat();
    [&[0xff, 0xe1][..], &(body.len() as u16 + 2).to_be_bytes(), &body].concat()
}

fn with(jpeg: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

/// The same file with its frame header's bytes from `at` on changed.
fn framed(jpeg: &[u8], marker: u8, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 1] = marker;
    jpeg[frame + 4 + at..][..bytes.len()].copy_from_slice(bytes);
    jpeg
}

/// A file, the status of all that is asked of it, and whether it is turned upright.
fn files(raster: &Raster) -> Vec<(&'static str, Vec<u8>, u16, bool)> {
    let (jpeg, png) = (plain_jpeg(raster), png(raster));
    let garbage = [&[0xff, 0xe1, 0, 10][..], b"Exif\0\0zz"].concat();
    vec![
        ("turned.jpg", with(&jpeg, &[exif(6)]), 200, true),
        ("turned-twice.jpg", with(&jpeg, &[exif(6), garbage.clone(), exif(3)]), 200, true),
        ("turned-late.jpg", with(&jpeg, &[b"stray".to_vec(), exif(6), garbage]), 200, true),
        ("illegal.jpg", with(&jpeg, &[exif(9)]), 200, false),
        ("endless.jpg", jpeg[..jpeg.len() - 2].to_vec(), 200, false),
        ("endless.png", png[..png.len() - 12].to_vec(), 200, false),
        ("hierarchical.jpg", framed(&jpeg, 0xc5, 0, &[]), 415, false),
        ("ten-bits.jpg", framed(&jpeg, 0xc1, 0, &[10]), 415, false),
        ("no-height.jpg", framed(&jpeg, 0xc0, 1, &[0, 0]), 415, false),
        ("fractions.jpg", framed(&jpeg, 0xc0, 7, &[0x32, 0, 2, 0x21]), 415, false),
    ]
}

#[test]
fn header_values_are_consistent_across_endpoints() {
    let raster = picture(150, 100);
    let folder = tempfile::tempdir().unwrap();
    let files = files(&raster);
    for (name, bytes, ..) in &files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let server = Server::start(folder.path().to_str().unwrap());
    let mut failures = Failures::default();
    for (name, _, status, turned) in files {
        let info = server.get(&format!("/iiif/3/{name}/info.json"));
        let image = server.get(&format!("/iiif/3/{name}/full/max/0/default.png"));
        let part = server.get(&format!("/iiif/3/{name}/0,0,50,50/20,/0/default.jpg"));
        for answer in [&info, &image, &part] {
            failures
                .check(answer.status == status, || format!("{name}: {} {}", answer.status, answer.text()));
        }
        if status != 200 || image.status != 200 {
            continue;
        }
        let upright = if turned { rotate::quarter_turns(&raster, 1) } else { raster.clone() };
        let (width, height) = (info.json()["width"].as_u64(), info.json()["height"].as_u64());
        let size = (u64::from(upright.dimensions.width), u64::from(upright.dimensions.height));
        failures.check((width, height) == (Some(size.0), Some(size.1)), || format!("{name}: {width:?}"));
        let far = pixels(&image.body).and_then(|found| difference(&found, &upright));
        failures.check(far.is_some_and(|far| far < 3.0), || format!("{name}: {far:?} away"));
    }
    assert_eq!(raster.channels, Channels::Rgb);
}
