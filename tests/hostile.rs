//! Requests and files that mean harm: refused in words, and the server lives on.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::http::Response;
use crate::support::server::Server;
use crate::support::{Failures, Random, eventually, fixture, http, masters, shared};
use tegl::iiif::Dimensions;
use tegl::master::write::Compression;
use tegl::pixels::{Channels, Raster};

const CANARY: &[u8] = b"canary-5b1e";

/// A folder of masters beside a picture that nobody may see.
fn guarded() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("root");
    fs::create_dir_all(root.join("sub")).unwrap();
    let mut secret = masters::plain_jpeg(&masters::picture(40, 30));
    secret.extend(CANARY);
    fs::write(home.path().join("secret.jpg"), &secret).unwrap();
    fs::write(home.path().join("rootless.jpg"), &secret).unwrap();
    fs::write(root.join("a.tif"), masters::jpeg_pyramid(&masters::picture(300, 200), 64)).unwrap();
    std::os::unix::fs::symlink(home.path().join("secret.jpg"), root.join("link.jpg")).unwrap();
    std::os::unix::fs::symlink("../secret.jpg", root.join("short.jpg")).unwrap();
    std::os::unix::fs::symlink("..", root.join("up")).unwrap();
    std::os::unix::fs::symlink("/", root.join("slash")).unwrap();
    std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
    home
}

fn identifiers(home: &Path) -> Vec<String> {
    let dots = [
        "..",
        "%2e%2e",
        "%2E.",
        ".%2e",
        "%252e%252e",
        "..%00",
        "..;",
        "..%20",
        "%c0%ae%c0%ae",
        "%EF%BC%8E%EF%BC%8E",
    ];
    let slashes = ["/", "%2f", "%2F", "%5c", "\\", "%252f", "//", "%c0%af", "%E2%88%95"];
    let mut all = Vec::new();
    for (dots, slash) in dots.iter().flat_map(|dots| slashes.iter().map(move |slash| (dots, slash))) {
        all.push(format!("{dots}{slash}secret.jpg"));
        all.push(format!("sub{slash}{dots}{slash}{dots}{slash}secret.jpg"));
    }
    let secret = home.join("secret.jpg");
    let secret = secret.to_str().unwrap();
    let absolute = [
        secret.to_owned(),
        secret.replace('/', "%2f"),
        format!("file:%2f%2f{}", secret.replace('/', "%2F")),
        format!("root:{}", secret.replace('/', "%2F")),
        format!("http:%2F%2F127.0.0.1%2F{}", secret.replace('/', "%2F")),
        format!("proc%2Fself%2Froot{}", secret.replace('/', "%2F")),
        format!("slash{}", secret.replace('/', "%2F")),
        format!("slash{secret}"),
    ];
    all.extend(absolute);
    let others = [
        "link.jpg",
        "short.jpg",
        "up/secret.jpg",
        "up%2Fsecret.jpg",
        "up%2Froot%2Fa.tif",
        "loop",
        "loop%2Fa.tif",
        "slash%2Fetc%2Fpasswd",
        "%2Fetc%2Fpasswd",
        "/etc/passwd",
        "..",
        ".",
        "%2e",
        "sub",
        "sub/",
        "a.tif/",
        "a.tif%2F",
        "a.tif%00",
        "a.tif%00.jpg",
        "%00",
        "%0a",
        "a.tif%0d%0aX-Injected:%201",
        "C:%5Cwindows",
        "C:a.tif",
        "a.tif::$DATA",
        "~",
        "~root",
        "$HOME",
        "%24%7BHOME%7D",
        "a.tif;page=0",
        "a.tif;page=-1",
        "a.tif;page=99999999999999999999",
        "a.tif%231",
        "s3:%2F%2Fbucket%2Fkey",
        "../rootless.jpg",
        "..%2Frootless.jpg",
        "less.jpg",
        "%FF",
        "%",
        "%zz",
        "%E2%80%A8",
        "%C2%85",
        "\u{7f}",
        "&lt;script&gt;",
        "<script>alert(1)</script>",
        "'\"><img%20src=x>",
        "%F0%9F%92%A9",
        "",
        "%20",
        "*",
        "{{7*7}}",
        "a.tif%3fx",
        "*.tif",
        "[a].tif",
        "|id",
        "`id`",
        "$(id)",
    ];
    all.extend(others.map(str::to_owned));
    all.push("a/".repeat(600) + "x");
    all.push("%2e%2e%2f".repeat(300) + "etc%2Fpasswd");
    all.push("x".repeat(1025));
    all
}

#[test]
fn no_identifier_escapes_the_folder() {
    let home = guarded();
    let mut server = Server::start(home.path().join("root").to_str().unwrap());
    let ids = identifiers(home.path());
    assert!(ids.len() >= 60);
    let place = home.path().to_str().unwrap();
    let mut failures = Failures::default();
    for id in &ids {
        for path in [
            format!("/iiif/3/{id}/info.json"),
            format!("/iiif/2/{id}/info.json"),
            format!("/iiif/3/{id}/full/max/0/default.jpg"),
            format!("/iiif/2/{id}/full/full/0/default.jpg"),
            format!("/deepzoom/{id}.dzi"),
            format!("/deepzoom/{id}_files/0/0_0.jpg"),
            format!("/presentation/3/{id}/manifest"),
            format!("/view/openseadragon/{id}"),
            format!("/view/mirador/{id}"),
            format!("/assets/{id}"),
        ] {
            // The client's own closing: all that such bytes earn before they are a request.
            let Ok(answer) = http::get(server.address, &path) else { continue };
            failures.check([400, 404].contains(&answer.status), || format!("{path}: {}", answer.status));
            let shows = |text: &[u8]| answer.body.windows(text.len()).any(|window| window == text);
            failures.check(!shows(CANARY) && !shows(b"root:x:0"), || format!("{path} shows the secret"));
            let said = id.contains(place)
                || id.contains(&place.replace('/', "%2f"))
                || id.contains(&place.replace('/', "%2F"));
            failures
                .check(said || !shows(place.as_bytes()), || format!("{path} shows where the masters lie"));
            failures.check(answer.header("x-injected").is_empty(), || format!("{path} puts a header in"));
        }
    }
    let base = server.get("/iiif/3/a.tif%0d%0aX-Injected:%201");
    failures.check(base.header("x-injected").is_empty(), || "a redirect puts a header in".into());
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    assert!(server.is_alive() && !server.log().contains("panicked"));
}

#[test]
fn malformed_parameters_are_refused() {
    let home = guarded();
    let mut server = Server::start(home.path().join("root").to_str().unwrap());
    let mut failures = Failures::default();
    let numbers = [
        "NaN",
        "nan",
        "inf",
        "-inf",
        "1e3",
        "0x10",
        "+1",
        "-1",
        "1.5.",
        "%FF",
        "%00",
        "1%00",
        "%D9%A1",
        "1_0",
        "",
        "%20",
        "1%20",
        "1%0a",
        "%E2%88%9E",
        "1%2E",
        "--1",
        "1/1",
    ];
    let mut check = |parameters: String| {
        let answer = server.get(&format!("/iiif/3/a.tif/{parameters}"));
        // With a slash more it is another identifier's.
        let right = answer.status == 400 || (parameters.contains("1/1") && answer.status == 404);
        failures.check(right, || format!("{parameters}: {}", answer.status));
    };
    for n in numbers {
        check(format!("{n},0,10,10/max/0/default.jpg"));
        check(format!("0,0,{n},10/max/0/default.jpg"));
        check(format!("full/{n},/0/default.jpg"));
        check(format!("full/,{n}/0/default.jpg"));
        check(format!("full/!10,{n}/0/default.jpg"));
        if !["1%2E"].contains(&n) {
            check(format!("pct:0,0,{n},10/max/0/default.jpg"));
            check(format!("full/pct:{n}/0/default.jpg"));
            check(format!("full/max/{n}/default.jpg"));
            check(format!("full/max/!{n}/default.jpg"));
        }
        check(format!("full/max/0/{n}.jpg"));
        check(format!("full/max/0/default.{n}"));
    }
    let nines = "9".repeat(39);
    for parameters in [
        format!("{nines},0,10,10/max/0/default.jpg"),
        format!("full/^{nines},/0/default.jpg"),
        format!("full/^{nines},{nines}/0/default.jpg"),
        format!("full/^pct:{nines}/0/default.jpg"),
        format!("full/max/{nines}/default.jpg"),
        format!("full/max/{}/default.jpg", "0".repeat(3000)),
        "4294967296,0,1,1/max/0/default.jpg".into(),
        "4294967295,4294967295,4294967295,4294967295/max/0/default.jpg".into(),
        "pct:100,100,1,1/max/0/default.jpg".into(),
        "full/pct:0/0/default.jpg".into(),
        "full/pct:0.0000000001/0/default.jpg".into(),
        "full/^32768,32768/0/default.jpg".into(),
        "full/max/0/default.jpg.png".into(),
        "full/max/0/.jpg".into(),
        "full/max/0/default.".into(),
    ] {
        if parameters.contains("0.0000000001") {
            // One pixel or a refusal: both are sound.
            assert!([200, 400].contains(&server.get(&format!("/iiif/3/a.tif/{parameters}")).status));
        } else {
            check(parameters);
        }
    }
    drop(failures);
    assert!(server.is_alive() && !server.log().contains("panicked"));
}

#[test]
fn malformed_requests_are_refused() {
    let home = guarded();
    let mut server = Server::start(home.path().join("root").to_str().unwrap());
    let mut failures = Failures::default();
    let info = "GET /iiif/3/a.tif/info.json HTTP/1.1\r\nConnection: close\r\n";
    for (request, statuses) in [
        (
            format!(
                "GET /iiif/3/{}/info.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "a".repeat(5000)
            ),
            &[400, 414][..],
        ),
        (
            format!(
                "GET /iiif/3/{}/info.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "a".repeat(300_000)
            ),
            &[400, 414, 431],
        ),
        (format!("{info}Host: x\r\nX-Long: {}\r\n\r\n", "a".repeat(300_000)), &[400, 431]),
        (format!("{info}Host: x\r\nContent-Length: 5\r\n\r\nhello"), &[400]),
        (format!("{info}Host: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), &[400]),
        (
            format!("{info}Host: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            &[400],
        ),
        (format!("{info}Host: x\r\nContent-Length: -1\r\n\r\n"), &[400]),
        (format!("{info}Host: a\r\nHost: b\r\n\r\n"), &[400]),
        (format!("{info}\r\n"), &[400]),
        (format!("{info}Host: a@b\r\n\r\n"), &[400]),
        (format!("{info}Host: a/b\r\n\r\n"), &[400]),
        (format!("{info}Host: a\"b\r\n\r\n"), &[400]),
        (format!("{info}Host: a<script>\r\n\r\n"), &[400]),
        (format!("{info}Host: {}\r\n\r\n", "a".repeat(300)), &[400]),
        (format!("{info}Host:\r\n\r\n"), &[400]),
        ("GET /iiif/3/a.tif/info.json HTTP/9.9\r\nHost: x\r\nConnection: close\r\n\r\n".into(), &[400, 505]),
        ("GET  /iiif/3/a.tif/info.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".into(), &[400]),
        ("\0\0\0\0\r\n\r\n".into(), &[400]),
        (
            "BREW /iiif/3/a.tif/info.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".into(),
            &[400, 405, 501],
        ),
    ] {
        let shown: String = request.chars().take(120).collect();
        let Ok(answer) = server.raw(request.as_bytes()) else {
            // Cut off without a word: fit for what is too long, and for nothing else.
            failures.check(request.len() > 5100, || format!("{shown:?}: no answer"));
            continue;
        };
        failures.check(statuses.contains(&answer.status), || format!("{shown:?}: {}", answer.status));
    }
    drop(failures);
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    assert!(server.is_alive() && !server.log().contains("panicked"));
}

/// A TIFF of one directory: tag, type, count, value.
fn tiff(entries: &[(u16, u16, u32, u32)], next: u32, rest: &[u8]) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((entries.len() as u16).to_le_bytes());
    for &(tag, kind, count, value) in entries {
        file.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes()].concat());
        file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    file.extend(next.to_le_bytes());
    file.extend(rest);
    file
}

/// One grey tile, deflated, of a stated size.
fn one_tile(width: u32, height: u32, tile: u32, codec: u32, data: &[u8], next: u32) -> Vec<u8> {
    let entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, codec),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (322, 4, 1, tile),
        (323, 4, 1, tile),
        (324, 4, 1, 8 + 2 + 10 * 12 + 4),
        (325, 4, 1, data.len() as u32),
    ];
    tiff(&entries, next, data)
}

fn deflated(length: usize) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![0; 1 << 20];
    (0..length >> 20).for_each(|_| encoder.write_all(&zeros).unwrap());
    encoder.finish().unwrap()
}

/// A PNG whose header states another size.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut file = masters::png(&masters::picture(40, 30));
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(&file[12..29]);
    file[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    file
}

fn traps() -> Vec<(String, Vec<u8>)> {
    let bomb = deflated(256 << 20);
    let many = [(256, 4, 1, 1000), (257, 4, 1, 1000), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)];
    let tiles =
        |count: u32, at: u32| [(322, 4, 1, 16), (323, 4, 1, 16), (324, 4, count, at), (325, 4, count, at)];
    let mut jpeg = masters::plain_jpeg(&masters::picture(40, 30));
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    [
        ("huge.tif", one_tile(1 << 31, 1 << 31, 256, 1, &[0; 64], 0)),
        ("huge-tile.tif", one_tile(1 << 31, 1 << 31, 1 << 31, 8, &bomb[..100], 0)),
        ("zero.tif", one_tile(0, 0, 0, 1, &[0; 64], 0)),
        ("no-tile.tif", one_tile(100, 100, 0, 1, &[0; 64], 0)),
        ("loop.tif", one_tile(64, 64, 64, 1, &[0; 4096], 8)),
        ("far.tif", one_tile(64, 64, 64, 1, &[0; 4096], u32::MAX)),
        ("bomb.tif", one_tile(256, 256, 256, 8, &bomb, 0)),
        ("bomb-large.tif", one_tile(16384, 16384, 16384, 8, &bomb, 0)),
        ("many.tif", tiff(&[&many[..], &tiles(u32::MAX, 8)].concat(), 0, &[0; 64])),
        ("outside.tif", tiff(&[&many[..], &tiles(3969, u32::MAX - 8)].concat(), 0, &[0; 64])),
        ("no-entries.tif", b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec()),
        ("most-entries.tif", b"II*\0\x08\0\0\0\xff\xff".to_vec()),
        ("behind.tif", b"II*\0\xff\xff\xff\xff".to_vec()),
        ("big.tif", b"II+\0\x08\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
        ("huge.png", png_of(60_000, 60_000)),
        ("most.png", png_of(i32::MAX as u32, i32::MAX as u32)),
        ("none.png", png_of(0, 30)),
        ("huge.jpg", jpeg),
        ("empty.tif", Vec::new()),
        ("one.jpg", vec![0xff]),
        ("text.tif", b"this is no picture".to_vec()),
        ("page.png", b"<svg xmlns='http://www.w3.org/2000/svg'><image href='/etc/passwd'/></svg>".to_vec()),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .into()
}

fn broken() -> Vec<(String, Vec<u8>)> {
    let picture = masters::picture(150, 110);
    let sound = [
        ("jpeg.tif", masters::jpeg_pyramid(&picture, 64)),
        ("deflate.tif", masters::pyramid(&picture, 64, Compression::Deflate)),
        ("zstd.tif", masters::pyramid(&picture, 64, Compression::Zstd)),
        ("striped.tif", masters::striped_tiff(&picture)),
        ("turned.jpg", masters::rotated_jpeg(&picture, 6)),
        ("a.png", masters::png(&picture)),
        ("a.webp", masters::webp(&picture)),
    ];
    let mut files = Vec::new();
    let mut dice = Random(0x2545_f491_4f6c_dd1d);
    for (name, bytes) in sound {
        for n in 0..24 {
            // Densely near the start, where headers are.
            let length = if n < 12 { n * n * 4 } else { bytes.len() * (n - 11) / 13 };
            files.push((format!("cut-{n}-{name}"), bytes[..length.min(bytes.len() - 1)].to_vec()));
        }
        for n in 0..60 {
            let mut bytes = bytes.clone();
            let within = if n % 2 == 0 { bytes.len().min(900) } else { bytes.len() };
            for _ in 0..=n % 7 {
                let at = dice.below(within);
                bytes[at] = match n % 3 {
                    0 => dice.below(256) as u8,
                    1 => bytes[at] ^ (1 << dice.below(8)),
                    _ => [0, 0xff, 0x7f, 0x80][dice.below(4)],
                };
            }
            files.push((format!("flip-{n}-{name}"), bytes));
        }
    }
    files
}

fn tortures() -> Vec<(String, Vec<u8>)> {
    let foreign = shared("files of other programs' test suites", "torture");
    let folders = std::iter::once(fixture("images")).chain(foreign);
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let named = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files.map(|path| (format!("wild-{}", named(&path)), fs::read(&path).unwrap())).collect()
}

#[test]
fn no_file_stops_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = [traps(), broken(), tortures()].concat();
    for (name, bytes) in &files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    fs::write(folder.path().join("sound.tif"), masters::jpeg_pyramid(&masters::picture(300, 200), 64))
        .unwrap();
    let environment = [
        ("TEGL__CACHE__ANSWERS_MIB", "8"),
        ("TEGL__CACHE__DECODED_MIB", "16"),
        ("TEGL__WORK__MEMORY_MIB", "192"),
        ("TEGL__PYRAMIDS__MEMORY_MIB", "96"),
        ("TEGL__LOG__LEVEL", "warn"),
    ];
    let mut server = Server::with(&[folder.path().to_str().unwrap()], &environment);
    assert_eq!(server.get("/iiif/3/sound.tif/full/max/0/default.png").status, 200);
    let before = server.metric("tegl_resident_bytes");
    let mut failures = Failures::default();
    let made = files.iter().position(|(name, _)| name.starts_with("wild-")).unwrap_or(files.len());
    for (name, _) in &files[..made] {
        ask_for(&server, name, &mut failures);
    }
    let peak = server.peak_memory();
    failures.check(peak - before < 150e6, || format!("memory grew from {before} to {peak} at its peak"));
    // Some of these are sound and large: what counts is what stays.
    for (name, _) in &files[made..] {
        ask_for(&server, name, &mut failures);
    }
    let grown = || server.metric("tegl_resident_bytes") - before;
    let calm = eventually(Duration::from_secs(8), || grown() < 400e6);
    failures.check(calm, || format!("memory grew from {before} by {}", grown()));
    let (alive, log) = (server.is_alive(), server.log());
    failures.check(alive, || "the server is gone".into());
    for line in log.lines().filter(|line| line.contains("panicked") || line.contains("went wrong")) {
        failures.check(false, || line.into());
    }
    assert_eq!(server.get("/iiif/3/sound.tif/full/max/0/default.png").status, 200);
}

/// All kinds of requests for one file, each answered in time.
fn ask_for(server: &Server, name: &str, failures: &mut Failures) {
    for parameters in
        ["info.json", "full/max/0/default.jpg", "0,0,64,64/64,64/0/default.jpg", "full/!50,50/90/gray.png"]
    {
        let began = Instant::now();
        let path = format!("/iiif/3/{name}/{parameters}");
        let answer = http::get(server.address, &path);
        let took = began.elapsed();
        failures.check(took < Duration::from_secs(3), || format!("{path} took {took:?}"));
        match answer {
            Ok(answer) => {
                failures.check(is_sound(&answer), || format!("{path}: {} {}", answer.status, answer.text()))
            }
            Err(error) => failures.check(false, || format!("{path}: {error}")),
        }
    }
}

/// Pixels, or a reason; never a fault of the server's own.
fn is_sound(answer: &Response) -> bool {
    let text = answer.text();
    match answer.status {
        200 => true,
        400 | 404 | 415 | 500 | 503 => text.len() > 10 && !text.contains("went wrong"),
        _ => false,
    }
}

/// A tile is sent as it is stored, so its own header must agree with the directory.
#[test]
fn a_stored_tile_of_another_size_is_not_served_unchanged() {
    let home = tempfile::tempdir().unwrap();
    let gray = |side| masters::plain_jpeg(&Raster::blank(Dimensions::new(side, side), Channels::Gray));
    let small = gray(64);
    let enormous = {
        let mut jpeg = small.clone();
        let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
        jpeg
    };
    let larger = gray(400);
    let tiles = [("exact", gray(256)), ("small", small), ("larger", larger)];
    for (name, tile) in tiles.iter().chain(&[("enormous", enormous)]) {
        fs::write(home.path().join(format!("{name}.tif")), one_tile(256, 256, 256, 7, tile, 0)).unwrap();
    }
    let server = Server::start(home.path().to_str().unwrap());
    for (name, status) in [("exact", 200), ("small", 500), ("larger", 200), ("enormous", 500)] {
        let answer = server.get(&format!("/iiif/3/{name}.tif/0,0,256,256/256,256/0/default.jpg"));
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        if status == 200 {
            let header = tegl::pixels::jpeg::header(&answer.body).unwrap().unwrap();
            assert_eq!((header.dimensions.width, header.dimensions.height), (256, 256), "{name}");
        }
    }
}

/// Editors write megabytes of history into XMP, and damaged files end in fill bytes.
#[test]
fn a_jpeg_with_megabytes_of_headers_is_served() {
    let home = tempfile::tempdir().unwrap();
    let plain = masters::plain_jpeg(&masters::picture(64, 48));
    let segment = [&b"\xff\xe1\xff\xff"[..], &[b'x'; 65_533]].concat();
    for (name, before) in [("history", segment.repeat(160)), ("filled", vec![0xff; 5 << 20])] {
        let file = [&plain[..2], &before, &plain[2..]].concat();
        fs::write(home.path().join(format!("{name}.jpg")), file).unwrap();
    }
    let server = Server::start(home.path().to_str().unwrap());
    for name in ["history", "filled"] {
        let answer = server.get(&format!("/iiif/3/{name}.jpg/full/max/0/default.jpg"));
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
}
