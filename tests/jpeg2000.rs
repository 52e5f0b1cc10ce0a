//! JPEG 2000s without a pyramid: tiles that are decoded once serve all regions that share them.

use crate::support::fixture;
use crate::support::masters::{self, picture};
use crate::support::server::Server;

/// Regions at each resolution: within a tile, across tiles, at edges, the same once more, and turned.
const REGIONS: [&str; 12] = [
    "0,0,512,512/512,/0",
    "300,200,700,900/max/0",
    "1000,900,300,300/120,/0",
    "2100,1600,500,500/max/0",
    "0,0,2600,2100/1300,/0",
    "17,33,2000,1500/1000,/0",
    "300,200,700,900/max/0",
    "513,1025,1500,1000/400,/0",
    "2599,2099,1,1/max/0",
    "511,511,2,2/max/0",
    "40,50,2560,2050/1100,/!90",
    "pct:50,50,50,50/650,/0",
];

/// A server of a folder, which keeps this many MiB of decoded images and no responses.
fn serve(folder: &tempfile::TempDir, decoded_mib: &str) -> Server {
    let environment = [
        ("TEGL__CACHE__DECODED_MIB", decoded_mib),
        ("TEGL__CACHE__ANSWERS_MIB", "0"),
        ("TEGL__PYRAMIDS__LOCATION", "none"),
        ("TEGL__CATALOGUE__URL", "none"),
    ];
    Server::with(&[folder.path().to_str().unwrap()], &environment)
}

/// An image that has several tiles at its larger resolutions.
fn jp2() -> Vec<u8> {
    masters::jp2(&picture(2600, 2100))
}

/// The offset of a tile's data.
fn tile_data(file: &[u8], tile: u8) -> usize {
    let start_of_part = [0xff, 0x90, 0, 10, 0, tile];
    let part = file.windows(6).position(|bytes| bytes == start_of_part).unwrap();
    part + file[part..].windows(2).position(|bytes| bytes == [0xff, 0x93]).unwrap() + 2
}

#[test]
fn kept_tiles_do_not_change_what_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jp2"), jp2()).unwrap();
    let (keeping, decoding) = (serve(&folder, "256"), serve(&folder, "0"));
    for region in REGIONS {
        let path = format!("/iiif/3/a.jp2/{region}/default.png");
        let [kept, decoded] = [&keeping, &decoding].map(|server| server.get(&path));
        assert_eq!([kept.status, decoded.status], [200, 200], "{region}");
        assert!(kept.body == decoded.body, "{region}");
    }
}

#[test]
fn concurrent_regions_wait_for_a_tile_that_they_share() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jp2"), jp2()).unwrap();
    let (server, alone) = (serve(&folder, "256"), serve(&folder, "0"));
    let paths: Vec<String> = (0..8)
        .map(|n| format!("/iiif/3/a.jp2/{},{},256,256/max/0/default.png", n % 4 * 64, n / 4 * 64))
        .collect();
    std::thread::scope(|scope| {
        let asked: Vec<_> = paths.iter().map(|path| scope.spawn(|| server.get(path))).collect();
        for (path, asked) in paths.iter().zip(asked) {
            let (answer, expected) = (asked.join().unwrap(), alone.get(path));
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.body == expected.body, "{path}");
        }
    });
}

/// Reduced, an image that begins at an odd column and row has one less of each than its size says.
#[test]
fn an_image_off_the_grids_origin_has_all_sizes() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["offset.jp2", "precincts-lrcp.jp2"] {
        std::fs::copy(fixture(&format!("images/{name}")), folder.path().join(name)).unwrap();
    }
    let server = serve(&folder, "256");
    for parameters in
        ["full/max", "full/75,", "full/38,", "full/19,", "full/10,", "0,0,80,80/40,", "70,30,80,80/20,"]
    {
        let [offset, plain] = ["offset.jp2", "precincts-lrcp.jp2"].map(|name| {
            let answer = server.get(&format!("/iiif/3/{name}/{parameters}/0/default.png"));
            assert_eq!(answer.status, 200, "{name}/{parameters}");
            masters::pixels(&answer.body).unwrap()
        });
        assert_eq!(offset.dimensions, plain.dimensions, "{parameters}");
        let differences = offset.samples.iter().zip(&plain.samples).map(|(a, b)| u64::from(a.abs_diff(*b)));
        let mean = differences.sum::<u64>() as f64 / offset.samples.len() as f64;
        assert!(mean < 12.0, "{parameters}: {mean}");
    }
}

#[test]
fn damage_beside_a_region_does_not_matter() {
    // At a quarter of its size, too large to be decoded as a whole; a kept tile covers four of the codestream's.
    let mut file = masters::jp2(&picture(4400, 4200));
    let data = tile_data(&file, 6);
    file[data..data + 64].fill(0xff);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jp2"), file).unwrap();
    let server = serve(&folder, "256");
    for (region, status) in [
        ("100,100,800,800", 200),
        ("1100,1100,800,800", 500),
        ("900,900,300,300", 500),
        ("100,100,800,800", 200),
    ] {
        let answer = server.get(&format!("/iiif/3/a.jp2/{region}/!200,200/0/default.jpg"));
        assert_eq!(answer.status, status, "{region}");
    }
}
