//! Small files that claim to be enormous: what they cost is known before they are decoded, and stays within the budget.

use std::time::{Duration, Instant};

use crate::support::bombs::{self, Jp2};
use crate::support::eventually;
use crate::support::http::{self, Response};
use crate::support::masters;
use crate::support::server::Server;

/// The budget of the servers in this file, in MiB.
const BUDGET: u64 = 64;
/// What a server takes besides: the program, its caches and the copies of the files, in MiB.
const BESIDES: f64 = 96.0;
/// Copies of a file that are asked for at the same time.
const COPIES: usize = 6;

const ASKED: [&str; 3] = ["info.json", "full/200,/0/default.jpg", "0,0,512,512/max/0/default.jpg"];

/// Asks for everything of all copies of a file at the same time; gives the answers by what was asked.
#[track_caller]
fn ask(extension: &str, bytes: &[u8]) -> Vec<Vec<Response>> {
    let folder = tempfile::tempdir().unwrap();
    for copy in 0..COPIES {
        std::fs::write(folder.path().join(format!("{copy}.{extension}")), bytes).unwrap();
    }
    std::fs::write(folder.path().join("honest.jpg"), masters::plain_jpeg(&masters::picture(300, 200)))
        .unwrap();
    let budget = BUDGET.to_string();
    let environment = [
        ("TEGL__WORK__MEMORY_MIB", budget.as_str()),
        ("TEGL__CACHE__DECODED_MIB", "16"),
        ("TEGL__CACHE__INDEXES_MIB", "16"),
        ("TEGL__PYRAMIDS__LOCATION", "none"),
        ("TEGL__CATALOGUE__URL", "none"),
    ];
    let mut server = Server::with(&[folder.path().to_str().unwrap()], &environment);
    let before = server.peak_memory();
    let answers = ASKED.map(|what| {
        let address = server.address;
        let asked = (0..COPIES).map(|copy| {
            let path = format!("/iiif/3/{copy}.{extension}/{what}");
            std::thread::spawn(move || http::get(address, &path).unwrap())
        });
        asked.collect::<Vec<_>>().into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let taken = (server.peak_memory() - before) / f64::from(1 << 20);
    assert!(taken < BUDGET as f64 + BESIDES, "{taken:.0} MiB");
    assert!(server.is_alive());
    assert_eq!(server.get("/iiif/3/honest.jpg/full/100,/0/default.jpg").status, 200);
    answers.into()
}

/// The statuses that answers may have: `of` the information, and of images; any of them may have to come back later.
#[track_caller]
fn check(extension: &str, bytes: &[u8], information: &[u16], images: &[u16]) {
    let began = Instant::now();
    for (what, answers) in ASKED.iter().zip(ask(extension, bytes)) {
        let expected = if *what == "info.json" { information } else { images };
        for answer in answers {
            let (status, text) = (answer.status, answer.text());
            assert!(status == 503 || expected.contains(&status), "{what}: {status} {text}");
            assert!(
                status == 200 || answer.header("content-type").starts_with("text/plain"),
                "{what}: {text}"
            );
        }
    }
    assert!(began.elapsed() < Duration::from_secs(30), "it works for {:?}", began.elapsed());
}

#[test]
fn a_huge_tile_of_a_jpeg_2000_is_refused() {
    check("jp2", &Jp2::new(30_000).file(), &[415], &[415]);
    // Nor can it be a picture in so few bytes.
    check("jp2", &Jp2 { data: 8, ..Jp2::new(30_000) }.file(), &[500], &[500]);
}

#[test]
fn a_huge_tile_is_charged_for_its_whole_size() {
    check("jp2", &Jp2 { high_throughput: true, ..Jp2::new(10_000) }.file(), &[200], &[200, 400]);
}

#[test]
fn many_components_are_charged_for() {
    check("jp2", &Jp2 { components: 64, ..Jp2::new(1500) }.file(), &[200], &[200, 400]);
}

#[test]
fn more_packets_than_bytes_are_refused() {
    let many = Jp2 { layers: 20_000, precincts: Some(0x88), components: 3, ..Jp2::new(4000) };
    check("jp2", &many.file(), &[200, 415], &[415, 500]);
}

#[test]
fn too_many_tile_parts_are_refused() {
    check("jp2", &Jp2 { parts: 60_000, data: 0, ..Jp2::new(256) }.file(), &[200, 415], &[415, 500]);
}

#[test]
fn icc_tables_are_decompressed_within_limits() {
    let tags: Vec<&[u8; 4]> = [b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"gamt"].repeat(14);
    let mut packed = flate2::write::ZlibEncoder::new(b"x\0\0".to_vec(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &bombs::profile(110, &tags)).unwrap();
    let profile = bombs::chunk(b"iCCP", &packed.finish().unwrap());
    check("png", &bombs::png(200, [8, 2, 0], &[profile], 601 * 200), &[200], &[200]);
    let endless = bombs::chunk(b"iCCP", &[b"x\0\0".to_vec(), bombs::deflated_zeros(200 << 20)].concat());
    check("png", &bombs::png(200, [8, 2, 0], &vec![endless; 9], 601 * 200), &[200], &[200]);
}

#[test]
fn png_texts_are_decompressed_within_limits() {
    let text = [b"Raw profile type exif\0\0".to_vec(), bombs::deflated_zeros(64 << 20)].concat();
    let texts = vec![bombs::chunk(b"zTXt", &text); 100];
    check("png", &bombs::png(200, [8, 2, 0], &texts, 601 * 200), &[200], &[200]);
}

#[test]
fn an_interlaced_png_is_charged_for_its_whole_size() {
    let (side, pixels) = (4000, 4000 * 4000 * 8 + 4000 * 3);
    check("png", &bombs::png(side, [16, 6, 1], &[], pixels), &[415], &[415]);
}

#[test]
fn a_truncated_png_is_refused_immediately() {
    check("png", &bombs::png(60_000, [1, 0, 0], &[], 7501 * 10), &[500], &[500]);
}

#[test]
fn refused_requests_cause_no_later_work() {
    let (folder, pyramids) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let side = 16_000;
    let picture = bombs::png(side, [1, 0, 0], &[], (side as usize / 8 + 1) * side as usize);
    let names: Vec<String> = (0..COPIES).map(|copy| format!("{copy}.png")).collect();
    for name in names.iter().map(String::as_str).chain(["last.png"]) {
        std::fs::write(folder.path().join(name), &picture).unwrap();
    }
    let environment = [
        ("TEGL__WORK__THREADS", "1"),
        ("TEGL__WORK__QUEUE_MS", "20"),
        ("TEGL__PYRAMIDS__LOCATION", pyramids.path().to_str().unwrap()),
        ("TEGL__CATALOGUE__URL", "none"),
    ];
    let server = Server::with(&[folder.path().to_str().unwrap()], &environment);
    let get = |name: &str| server.get(&format!("/iiif/3/{name}/full/200,/0/default.jpg")).status;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = names.iter().map(|name| scope.spawn(|| get(name))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let answered = statuses.iter().filter(|status| **status == 200).count();
    assert!(answered > 0 && statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!(answered < COPIES, "none was refused");
    assert_eq!(get("last.png"), 200);
    // Pyramids are built in the order in which they were begun.
    let is_last_built =
        || server.log().lines().any(|line| line.contains("last.png") && line.contains("pyramid built"));
    assert!(eventually(Duration::from_secs(60), is_last_built), "{}", server.log());
    assert_eq!(server.metric("tegl_pyramids_total{result=\"made\"}"), answered as f64 + 1.0);
}

#[test]
fn webp_and_gif_are_charged_for_their_whole_size() {
    check("webp", &bombs::webp(5000), &[415], &[415]);
    check("gif", &bombs::gif(7000), &[415], &[415]);
}

#[test]
fn jpegs_with_too_many_scans_are_refused() {
    // Its coefficients count, and so does going over them for every scan.
    check("jpg", &bombs::progressive(2000, 700), &[200], &[500]);
    check("jpg", &bombs::progressive(7900, 10), &[415], &[415]);
}

#[test]
fn levels_that_share_tiles_are_charged_separately() {
    check("tif", &bombs::levels(16_000, 400), &[200], &[200, 400, 415, 500]);
}
