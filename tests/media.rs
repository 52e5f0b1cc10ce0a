//! Sound and video from the museum's own files: in parts, within rights, in manifests, on pages.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::browser::look;
use crate::support::http;
use crate::support::masters::{jpeg_pyramid, picture};
use crate::support::museum::{Museum, wait_until_indexed};
use crate::support::origin::Origin;
use crate::support::server::Server;
use crate::support::workspace::Workspace;

const FREE: &str = "http://creativecommons.org/publicdomain/zero/1.0/";
const IN_COPYRIGHT: &str = "http://rightsstatements.org/vocab/InC/1.0/";
const CONTEXT_3: &str = "http://iiif.io/api/presentation/3/context.json";

/// A tone of this many seconds: one channel of 8 bits at 8000 Hz.
fn wav(seconds: u32) -> Vec<u8> {
    let samples = seconds * 8000;
    let rates = [8000u32, 8000].map(u32::to_le_bytes).concat();
    let head = [&b"RIFF"[..], &(36 + samples).to_le_bytes(), b"WAVEfmt ", &16u32.to_le_bytes()].concat();
    let format = [&[1, 0, 1, 0][..], &rates, &[1, 0, 8, 0], b"data", &samples.to_le_bytes()].concat();
    let wave = (0..samples).map(|at| if at / 9 % 2 == 0 { 96 } else { 160 });
    head.into_iter().chain(format).chain(wave).collect()
}

/// The headers of a film: 12.5 s long, 640 × 360 pixels.
fn film() -> Vec<u8> {
    let boxed = |name: &[u8; 4], content: &[u8]| {
        [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
    };
    let mut movie = vec![0; 100];
    movie[12..16].copy_from_slice(&600u32.to_be_bytes());
    movie[16..20].copy_from_slice(&7500u32.to_be_bytes());
    let mut track = vec![0; 84];
    track[40..44].copy_from_slice(&(1u32 << 16).to_be_bytes());
    track[76..80].copy_from_slice(&(640u32 << 16).to_be_bytes());
    track[80..84].copy_from_slice(&(360u32 << 16).to_be_bytes());
    let headers = [boxed(b"mvhd", &movie), boxed(b"trak", &boxed(b"tkhd", &track))].concat();
    [boxed(b"ftyp", b"isom\0\0\0\0"), boxed(b"mdat", &[7; 300_000]), boxed(b"moov", &headers)].concat()
}

fn record(number: &str, rights: &str, files: Value) -> Value {
    json!({"object_number": number, "titles": {"en": format!("Work {number}")}, "rights": rights, "media_files": files})
}

/// Works with sound and video, with and without images.
fn works() -> Vec<Value> {
    let mut both =
        record("BOTH", FREE, json!([{"file": "talk.wav", "label": {"en": "A talk", "da": "En tale"}}]));
    both["images"] = json!([{"file": "a.tif"}]);
    let mut withdrawn = record("GONE", FREE, json!([{"file": "gone.wav"}]));
    withdrawn["withdrawn"] = json!(true);
    vec![
        both,
        record("FILM", FREE, json!([{"file": "films/day 1.mp4"}, {"file": "talk.wav", "duration": 99.5}])),
        record("SHUT", IN_COPYRIGHT, json!([{"file": "shut.wav"}])),
        record("TALK", FREE, json!([{"file": "talk.wav"}])),
        record("MUTE", FREE, json!([{"file": "clip.webm"}])),
        withdrawn,
    ]
}

fn museum() -> Museum {
    let museum = Museum::empty();
    std::fs::create_dir_all(museum.path("masters/films")).unwrap();
    let image = jpeg_pyramid(&picture(300, 200), 128);
    for (name, bytes) in [
        ("a.tif", image),
        ("talk.wav", wav(2)),
        ("shut.wav", wav(1)),
        ("gone.wav", wav(1)),
        ("stray.wav", wav(1)),
        ("films/day 1.mp4", film()),
        ("clip.webm", b"\x1aE\xdf\xa3".to_vec()),
    ] {
        std::fs::write(museum.path(&format!("masters/{name}")), bytes).unwrap();
    }
    museum.ingest(&works());
    museum
}

#[track_caller]
fn part(
    server: &Server,
    path: &str,
    headers: &[(&str, &str)],
    status: u16,
    expected: &[u8],
) -> http::Response {
    let answer = server.request("GET", path, headers);
    assert_eq!(answer.status, status, "{path} {headers:?}: {:?}", answer.headers);
    assert!(answer.body == expected, "{path} {headers:?}: {} bytes", answer.body.len());
    answer
}

#[test]
fn players_get_the_parts_that_they_ask_for() {
    let museum = museum();
    let server = museum.serve();
    let (path, file) = ("/media/talk.wav", wav(2));
    let last = file.len() - 1;
    let whole = part(&server, path, &[], 200, &file);
    let tag = whole.header("etag").to_owned();
    assert_eq!((whole.header("content-type"), whole.header("accept-ranges")), ("audio/wav", "bytes"));
    assert_eq!(whole.header("access-control-allow-origin"), "*");
    assert!(whole.header("access-control-expose-headers").contains("Content-Range"));
    assert_eq!(whole.header("content-disposition"), "", "it is played, not saved");
    for (range, bytes) in [
        ("bytes=0-0", &file[..1]),
        ("bytes=0-1", &file[..2]),
        ("bytes=5000-7999", &file[5000..8000]),
        ("bytes=-100", &file[last - 99..]),
        ("bytes=16000-", &file[16_000..]),
        ("bytes=16000-999999", &file[16_000..]),
    ] {
        let answer = part(&server, path, &[("Range", range)], 206, bytes);
        let content_range = answer.header("content-range");
        assert!(content_range.ends_with(&format!("/{}", file.len())), "{range}: {content_range}");
        let head = server.request("HEAD", path, &[("Range", range)]);
        assert_eq!((head.status, head.header("content-length")), (206, &*bytes.len().to_string()), "{range}");
        assert_eq!(head.header("content-range"), content_range);
    }
    let beyond = server.request("GET", path, &[("Range", "bytes=16044-")]);
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */16044"));
    // Several parts may be answered with all (RFC 9110, §14.2).
    part(&server, path, &[("Range", "bytes=0-1,5-6")], 200, &file);
    part(&server, path, &[("Range", "bytes=0-1"), ("If-Range", &tag)], 206, &file[..2]);
    part(&server, path, &[("Range", "bytes=0-1"), ("If-Range", "\"other\"")], 200, &file);
    part(&server, path, &[("If-None-Match", &tag)], 304, b"");
    let head = server.request("HEAD", path, &[]);
    assert_eq!((head.status, head.header("content-length")), (200, "16044"));
    let film = part(&server, "/media/films%2Fday%201.mp4", &[("Range", "bytes=0-7")], 206, &film()[..8]);
    assert_eq!(film.header("content-type"), "video/mp4");
}

#[test]
fn only_files_of_works_whose_rights_allow_downloads_are_served() {
    let museum = museum();
    let server = museum.serve();
    for (path, status) in [
        ("/media/talk.wav", 200),
        ("/media/shut.wav", 403),
        ("/media/gone.wav", 410),
        // No record names it, it is no sound or video, or there is no such file.
        ("/media/stray.wav", 404),
        ("/media/a.tif", 404),
        ("/media/none.wav", 404),
        ("/media/..%2Frecords.jsonl", 404),
        ("/media/..%2Ftalk.wav", 400),
    ] {
        for headers in [&[][..], &[("Range", "bytes=0-1")]] {
            let answer = server.request("GET", path, headers);
            let is_as_expected = answer.status == status || (status, answer.status) == (200, 206);
            assert!(is_as_expected, "{path} {headers:?}: {}", answer.status);
        }
    }
    let shut = server.get("/presentation/3/SHUT/manifest").text();
    let page = server.get("/works/SHUT").text();
    let record = server.get("/api/v1/works/SHUT").json();
    assert!(!shut.contains("shut.wav") && !page.contains("/media/"), "{shut}");
    assert_eq!(record["media_files"][0]["url"], Value::Null, "{record}");
    museum.run(&["withdraw", "FILM"]);
    assert!(crate::support::eventually(Duration::from_secs(20), || {
        server.get("/media/films%2Fday%201.mp4").status == 410
    }));
    // Another work has it, too.
    assert_eq!(server.get("/media/talk.wav").status, 200);
}

#[track_caller]
fn manifest(server: &Server, version: u8, work: &str) -> Value {
    let answer = server.get(&format!("/presentation/{version}/{work}/manifest"));
    assert_eq!(answer.status, 200, "{work}: {}", answer.text());
    answer.json()
}

/// What Presentation API 3.0 requires of canvases and their sound and video (§5.3, §5.6, §5.7).
#[track_caller]
fn is_valid(manifest: &Value) {
    let canvases = manifest["items"].as_array().unwrap();
    assert!(!canvases.is_empty());
    for canvas in canvases {
        let has_size = canvas["width"].is_u64() && canvas["height"].is_u64();
        let duration = canvas["duration"].as_f64();
        assert_eq!(canvas["width"].is_null(), canvas["height"].is_null(), "{canvas}");
        assert!(has_size || duration.is_some_and(|duration| duration > 0.0), "{canvas}");
        assert!(canvas["label"].is_object(), "{canvas}");
        for painting in
            canvas["items"].as_array().unwrap().iter().flat_map(|page| page["items"].as_array().unwrap())
        {
            assert_eq!((&painting["motivation"], &painting["target"]), (&json!("painting"), &canvas["id"]));
            let body = &painting["body"];
            let choices = body["items"].as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
            for one in choices {
                let (kind, id) = (one["type"].as_str().unwrap(), one["id"].as_str().unwrap());
                assert!(id.starts_with("http"), "{painting}");
                assert!(kind != "Video" || has_size, "a video needs a size: {canvas}");
                if ["Sound", "Video"].contains(&kind) {
                    assert!(one["format"].is_string() && duration.is_some(), "{canvas}");
                }
            }
        }
    }
}

#[test]
fn manifests_have_canvases_of_sound_and_video() {
    let museum = museum();
    let server = museum.serve();
    let media = |name: &str| format!("http://{}/media/{name}", server.address);
    let [both, film, mute] = ["BOTH", "FILM", "MUTE"].map(|work| manifest(&server, 3, work));
    [&both, &film, &mute].into_iter().for_each(is_valid);
    let body =
        |manifest: &Value, canvas: usize| manifest["items"][canvas]["items"][0]["items"][0]["body"].clone();
    assert_eq!(body(&both, 0)["type"], "Image");
    let talk = json!({"id": media("talk.wav"), "type": "Sound", "format": "audio/wav", "duration": 2.0});
    assert_eq!(body(&both, 1), talk);
    assert_eq!(both["items"][1]["duration"], 2.0, "read from the file");
    assert_eq!(both["items"][1]["label"]["da"][0], "En tale");
    let clip = json!({"id": media("films%2Fday%201.mp4"), "type": "Video", "format": "video/mp4", "duration": 12.5,
        "width": 640, "height": 360});
    assert_eq!(body(&film, 0), clip);
    assert_eq!((&film["items"][0]["width"], &film["items"][1]["duration"]), (&json!(640), &json!(99.5)));
    // Its length is unknown, so that it has no canvas.
    assert_eq!(mute["items"].as_array().unwrap().len(), 1);
    assert_eq!(mute["rendering"][0]["id"], media("clip.webm").as_str());
    for (canvas, status) in [(1, 200), (2, 200), (3, 404)] {
        assert_eq!(server.get(&format!("/presentation/3/FILM/canvas/{canvas}")).status, status, "{canvas}");
    }
    let painting = server.get("/presentation/3/FILM/canvas/2/painting").json();
    assert_eq!(painting["body"]["duration"], 99.5);

    for (work, canvases, files) in [("BOTH", 1, 1), ("FILM", 1, 2), ("MUTE", 1, 1)] {
        let old = manifest(&server, 2, work);
        let found = old["sequences"][0]["canvases"].as_array().unwrap();
        assert_eq!(found.len(), canvases, "{old}");
        assert!(found.iter().all(|canvas| canvas["width"].is_u64() && canvas["duration"].is_null()), "{old}");
        assert_eq!(old["rendering"].to_string().matches("/media/").count(), files, "{old}");
    }
}

#[test]
fn the_api_and_the_page_have_the_files() {
    let museum = museum();
    let server = museum.serve();
    let record = server.get("/api/v1/works/FILM").json();
    let expected = json!({"file": "films/day 1.mp4", "duration": 12.5, "width": 640, "height": 360,
        "url": format!("http://{}/media/films%2Fday%201.mp4", server.address)});
    assert_eq!(record["media_files"][0], expected);
    let listed = server.get("/api/v1/works?fields=object_number,media_files&limit=50").json();
    let all = listed["works"].as_array().unwrap();
    let film = all.iter().find(|work| work["object_number"] == "FILM").unwrap();
    assert_eq!(film["media_files"][1], json!({"file": "talk.wav", "duration": 99.5}), "{listed}");
    let film = server.get("/works/FILM").text();
    let video = "<video controls preload=\"metadata\" src=\"/media/films%2Fday%201.mp4\" aria-label=\"Video: day 1.mp4\"";
    assert!(film.contains(video) && !film.contains("No picture"), "{film}");
    assert!(film.contains("\"@type\":\"VideoObject\"") && film.contains("PT12.5S"), "{film}");
    let danish = server.request("GET", "/works/BOTH", &[("Accept-Language", "da")]).text();
    assert!(danish.contains("aria-label=\"Lyd: En tale\"") && danish.contains(">talk.wav</a>"), "{danish}");
}

#[test]
fn ingest_names_what_is_wrong_with_files() {
    let museum = museum();
    let files = json!([{"file": "lost.mp3", "duration": 3}, {"file": "tape.xyz"}, {"file": "clip.webm"}]);
    let bad = record("BAD", FREE, json!([{"file": "talk.wav", "duration": -2}]));
    let lines = [record("ODD", FREE, files), bad].map(|record| record.to_string()).join("\n");
    std::fs::write(museum.path("odd.jsonl"), lines).unwrap();
    let ran = museum.ingest_from(&museum.path("odd.jsonl"));
    for expected in [
        "ODD: `lost.mp3`: no source has this file",
        "ODD: `tape.xyz`: is no file of sound or video by its extension",
        "ODD: `clip.webm`: its length is unknown",
        "`media_files[0].duration` is -2: write the length in seconds, above 0",
    ] {
        assert!(ran.err.contains(expected), "{expected}: {}", ran.err);
    }
    assert!(ran.out.contains("2 files of sound and video named in records not found"), "{}", ran.out);
    // They are no masters of images.
    assert!(ran.out.contains("0 failed"), "{}{}", ran.out, ran.err);
}

/// A manifest of another server: a sound that this server has, one that it has not, and a video in a choice.
fn foreign(name: &str, rights: Option<&str>) -> Value {
    let id = |rest: &str| format!("https://peer.example/{name}/{rest}");
    let canvas = |number: usize, more: Value, body: Value| {
        let mut canvas = json!({"id": id(&format!("canvas/{number}")), "type": "Canvas", "label": {"en": ["Side"]},
            "items": [{"id": id(&format!("page/{number}")), "type": "AnnotationPage", "items": [{
                "id": id(&format!("painting/{number}")), "type": "Annotation", "motivation": "painting",
                "target": id(&format!("canvas/{number}")), "body": body}]}]});
        canvas.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        canvas
    };
    let sound = |file: &str| json!({"id": id(file), "type": "Sound", "format": "audio/mpeg", "duration": 61.5, "language": "da"});
    let video = json!({"type": "Choice", "items": [
        {"id": id("films/day%201.mp4"), "type": "Video", "format": "video/mp4", "width": 320, "height": 180},
        {"id": id("other.webm"), "type": "Video", "format": "video/webm", "width": 320, "height": 180}]});
    let mut manifest = json!({"@context": CONTEXT_3, "id": id("manifest.json"), "type": "Manifest", "label": {"en": [name]},
        "items": [canvas(1, json!({"duration": 61.5}), sound("audio/talk.mp3")),
            canvas(2, json!({"duration": 61.5}), sound("elsewhere.mp3")),
            canvas(3, json!({"duration": 7.25, "width": 640, "height": 360}), video)]});
    if let Some(rights) = rights {
        manifest["rights"] = json!(rights);
    }
    manifest
}

#[test]
fn files_of_imported_manifests_that_this_server_has_are_its_own() {
    let masters = [("talk.wav", wav(2)), ("films/day 1.mp4", film())];
    let museum = Workspace::new(&masters);
    let manifests =
        [foreign("free", Some(FREE)), foreign("shut", Some(IN_COPYRIGHT)), foreign("unsaid", None)];
    let lines: String = manifests.iter().map(|manifest| format!("{manifest}\n")).collect();
    let ran = museum.ingest("manifests.jsonl", &lines, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let index = museum.path("index");
    let server = museum.serve(&[("TEGL__SEARCH__FOLDER", index.as_str())]);
    wait_until_indexed(&server);
    // The works share their files, so the strictest rights apply to them.
    let all = manifest(&server, 3, "unsaid");
    is_valid(&all);
    let body =
        |manifest: &Value, canvas: usize| manifest["items"][canvas]["items"][0]["items"][0]["body"].clone();
    assert_eq!(body(&all, 0)["id"], "https://peer.example/unsaid/audio/talk.mp3", "{all}");
    assert_eq!(server.get("/media/talk.wav").status, 403);
    for version in [2, 3] {
        let shut = manifest(&server, version, "shut").to_string();
        assert!(!shut.contains("/media/") && !shut.contains(".mp3") && !shut.contains(".mp4"), "{shut}");
    }
    let record = server.get("/api/v1/works/shut").text();
    assert!(!record.contains(".mp3") && !record.contains(".webm"), "{record}");
    drop(server);

    let museum = Workspace::new(&masters);
    let ran = museum.ingest("manifests.jsonl", &foreign("free", Some(FREE)).to_string(), &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let index = museum.path("index");
    let server = museum.serve(&[("TEGL__SEARCH__FOLDER", index.as_str())]);
    wait_until_indexed(&server);
    let media = |name: &str| format!("http://{}/media/{name}", server.address);
    let free = manifest(&server, 3, "free");
    is_valid(&free);
    let talk = json!({"id": media("talk.wav"), "type": "Sound", "format": "audio/wav", "duration": 61.5, "language": "da"});
    assert_eq!(body(&free, 0), talk, "the duration is the manifest's");
    assert_eq!(body(&free, 1)["id"], "https://peer.example/free/elsewhere.mp3", "by reference");
    let choice = body(&free, 2);
    assert_eq!(choice["items"][0]["id"], media("films%2Fday%201.mp4").as_str());
    assert_eq!(
        (&choice["items"][0]["width"], &choice["items"][1]["id"]),
        (&json!(320), &json!("https://peer.example/free/other.webm"))
    );
    assert_eq!(server.request("GET", "/media/talk.wav", &[("Range", "bytes=0-3")]).body, b"RIFF");
    let old = manifest(&server, 2, "free");
    assert_eq!(old["rendering"].to_string().matches("/media/").count(), 2, "{old}");
}

fn status(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut line = [0; 12];
    stream.read_exact(&mut line).unwrap();
    String::from_utf8_lossy(&line[9..]).into_owned()
}

/// Serves a work with a long sound that was imported with a folder from another source.
fn serve_long(museum: &Workspace, source: &str, more: &[(&str, &str)]) -> Server {
    let record = record("LONG", FREE, json!([{"file": "long.wav"}])).to_string();
    let ran = museum.ingest("records.jsonl", &record, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let catalogue = ("TEGL__CATALOGUE__URL", museum.catalogue.as_str());
    Server::with(&[source], &[&[catalogue], more].concat())
}

#[test]
fn slow_readers_of_long_files_hold_little_memory() {
    let museum = Workspace::new(&[("long.wav", wav(4000))]);
    let server = serve_long(&museum, &museum.path("masters"), &[]);
    assert_eq!(server.request("HEAD", "/media/long.wav", &[]).header("content-length"), "32000044");
    let before = server.peak_memory();
    let mut readers: Vec<_> =
        (0..40).map(|_| http::open(server.address, "/media/long.wav").unwrap()).collect();
    assert!(readers.iter_mut().all(|reader| status(reader) == "200"));
    assert_eq!(
        server.request("GET", "/media/long.wav", &[("Range", "bytes=31000000-31000003")]).body.len(),
        4
    );
    let taken = server.peak_memory() - before;
    assert!(taken < 60e6, "{} MB for 40 readers of 32 MB", taken / 1e6);
}

#[test]
fn remote_files_are_read_in_parts() {
    let (file, origin) = (wav(2000), Origin::start());
    let museum = Workspace::new(&[("long.wav", file.clone())]);
    origin.put("long.wav", file.clone());
    let work = [("TEGL__WORK__MEMORY_MIB", "16"), ("TEGL__WORK__QUEUE_MS", "200")];
    let server = serve_long(&museum, &origin.url(), &work);
    part(&server, "/media/long.wav", &[], 200, &file);
    origin.take_requests();
    part(&server, "/media/long.wav", &[("Range", "bytes=700000-700099")], 206, &file[700_000..700_100]);
    let read: u64 = origin.take_requests().iter().map(|request| request.bytes).sum();
    assert_eq!(read, 100);
    let mut readers: Vec<_> =
        (0..24).map(|_| http::open(server.address, "/media/long.wav").unwrap()).collect();
    let statuses: Vec<_> = readers.iter_mut().map(status).collect();
    let begun = statuses.iter().filter(|status| *status == "200").count();
    assert!((1..=20).contains(&begun) && statuses.contains(&"503".to_owned()), "{statuses:?}");
}

#[test]
fn stores_without_ranges_are_read_from_the_beginning() {
    let (file, origin) = (wav(100), Origin::start());
    let museum = Workspace::new(&[("long.wav", file.clone())]);
    origin.put("long.wav", file.clone());
    origin.ignore_ranges();
    let server = serve_long(&museum, &origin.url(), &[]);
    part(&server, "/media/long.wav", &[], 200, &file);
    for (range, expected) in
        [("0-0", &file[..1]), ("700000-700099", &file[700_000..700_100]), ("-9", &file[800_035..])]
    {
        part(&server, "/media/long.wav", &[("Range", &format!("bytes={range}"))], 206, expected);
    }
}

#[test]
fn pages_play_sound_in_a_browser() {
    let museum = museum();
    let server = museum.serve();
    let more = ["/works/BOTH", "/view/mirador/TALK", "2"];
    look("a player in a browser", "media.mjs", "playwright-core", &server, &more);
}
