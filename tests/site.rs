//! A museum's own pages: settings and a folder of files, without building Tegl again.

use serde_json::json;

use crate::support::browser::look;
use crate::support::command::tegl;
use crate::support::museum::{Museum, works};

/// A folder with a style sheet, a logo and German labels; the museum's settings.
pub(crate) fn museum() -> (Museum, String) {
    let museum = Museum::new(&works());
    let folder = museum.path("own");
    std::fs::create_dir(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(format!("{folder}/{name}"), text).unwrap();
    write("style.css", ".own-home { letter-spacing: 0.01em }");
    write(
        "logo.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><path d=\"M0 0h1v1H0z\"/></svg>",
    );
    write("de.ftl", "search = Suchen\nworks = Werke\nwork = Werk\nsee-all = Alle\ncreators = Künstler\n");
    write("en.ftl", "search = Look up\n");
    let settings = format!(
        r##"
[presentation]
name = {{ en = "The Museum", da = "Museet" }}
[site]
folder = "{folder}"
logo = "logo.svg"
colors = {{ accent = "#005a9c" }}
heading = {{ en = "Welcome <b>", da = "Velkommen", de = "Willkommen" }}
welcome = {{ en = "First.\nSecond.", da = "Dansk" }}
footer = {{ en = "Open daily", da = "Åbent hver dag" }}
menu = [{{ label = {{ en = "Visit", da = "Besøg" }}, url = "https://museum.example/visit" }}, {{ label = {{ en = "A horse" }}, url = "/works/KMS1" }}]
home = [
  {{ title = {{ en = "Highlights", da = "Højdepunkter" }}, works = ["KMS2", "none", "KMS1"] }},
  {{ title = {{ en = "Prints" }}, query = "any=type:print", daily = true, limit = 4 }},
  {{ title = {{ en = "Nothing" }}, query = "q=zzzzzzzz" }},
  {{ title = {{ en = "Not understood" }}, query = "years=x" }},
]
"##
    );
    (museum, settings)
}

#[test]
fn a_museum_has_its_own_pages() {
    let (museum, settings) = museum();
    let server = museum.serve_configured(&settings);
    let page =
        |path: &str, language: &str| server.request("GET", path, &[("Accept-Language", language)]).text();
    let home = page("/", "en");
    for shown in [
        "/assets/own/theme.css?v=",
        "/assets/own/logo.svg?v=",
        "Welcome &lt;b&gt;",
        ">Second.</p>",
        "Open daily",
        "href=\"https://museum.example/visit\"",
        "href=\"/works/KMS1\" dir=\"auto\">A horse</a>",
        "dir=\"auto\">Highlights</h2>",
        "dir=\"auto\">Prints</h2>",
        ">Look up</button>",
        "href=\"/?any=type:print\"",
    ] {
        assert!(home.contains(shown), "no {shown} in {home}");
    }
    assert!(!home.contains("Nothing</h2>") && !home.contains("Not understood</h2>"), "{home}");
    let (_, row) = home.split_once("Highlights</h2>").unwrap();
    let (row, _) = row.split_once("</ul>").unwrap();
    assert!(row.find("/works/KMS2") < row.find("/works/KMS1"), "in the museum's order: {row}");
    let search = page("/?q=horse", "en");
    assert!(!search.contains("Highlights") && search.contains("Open daily"), "{search}");
    assert!(page("/works/KMS1", "en").contains("museum.example/visit"));
    let danish = page("/", "da");
    for shown in ["Velkommen", "Besøg", "Åbent hver dag", "Højdepunkter", ">Søg</button>"] {
        assert!(danish.contains(shown), "no {shown} in {danish}");
    }
}

#[test]
fn labels_add_a_language() {
    let (museum, settings) = museum();
    let server = museum.serve_configured(&settings);
    let german = server.request("GET", "/", &[("Accept-Language", "de-AT,de;q=0.9,en;q=0.5")]).text();
    for shown in
        ["<html lang=\"de\"", ">Suchen</button>", "43 Werke", "Willkommen", ">Künstler<", ">Deutsch</a>"]
    {
        assert!(german.contains(shown), "no {shown} in {german}");
    }
    // What is not translated is English, also of the museum's own texts.
    assert!(german.contains(">Refine<") && german.contains("Open daily"), "{german}");
    let moved = server.get("/de/works/KMS1?x=1");
    assert_eq!((moved.status, moved.header("location")), (303, "/works/KMS1?x=1&lang=de"));
    assert_eq!(server.get("/da").header("location"), "/?lang=da");
    assert_eq!(server.get("/de/iiif/3/a.tif/info.json").status, 404);
    assert_eq!(server.get("/fr/").status, 404);
    assert!(server.get("/works/KMS1?lang=de").text().contains("<html lang=\"de\""));
}

#[test]
fn own_pages_in_a_browser() {
    let (museum, settings) = museum();
    let server = museum.serve_configured(&settings);
    let out = museum.path("screenshots");
    look("a museum's own pages in a browser", "site.mjs", "axe-core", &server, &["--out", &out]);
}

#[test]
fn own_files_run_nothing() {
    let (museum, settings) = museum();
    let server = museum.serve_configured(&settings);
    let logo = server.get("/assets/own/logo.svg");
    assert_eq!((logo.status, logo.header("content-type")), (200, "image/svg+xml"));
    assert!(logo.header("content-security-policy").contains("sandbox"), "{:?}", logo.headers);
    let style = server.get("/assets/own/theme.css").text();
    assert!(style.contains("--accent:#005a9c") && style.contains("letter-spacing"), "{style}");
    for path in ["/assets/own/de.ftl", "/assets/own/../tegl.toml", "/assets/own/", "/assets/own/style.css"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn broken_files_are_reported_before_the_server_starts() {
    let (museum, settings) = museum();
    let file = museum.path("tegl.toml");
    for (name, text, reason) in [
        (
            "de.ftl",
            "serch = Suchen",
            "`de.ftl` in `site.folder` has `serch`, which is not a label; did you mean `search`?",
        ),
        ("style.css", "@import 'https://evil.example/x.css'", "`style.css` in `site.folder` has `@import`"),
        ("logo.svg", "<svg onload='x()'/>", "drawings may not have scripts"),
    ] {
        let path = format!("{}/{name}", museum.path("own"));
        let before = std::fs::read(&path).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::write(&file, &settings).unwrap();
        for command in
            [&["config", "--config", &file][..], &["check", "--config", &file, &museum.path("masters")]]
        {
            let ran = tegl(command, &[]);
            assert_ne!(ran.code, Some(0), "{command:?} {}{}", ran.out, ran.err);
            assert!(ran.err.contains(reason), "{command:?}: {}", ran.err);
        }
        std::fs::write(&path, before).unwrap();
    }
    let ran = tegl(&["config", "--config", &file], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let labels = tegl(&["config", "--labels", "da"], &[]).out;
    assert!(labels.contains("search-the-collection = Søg i samlingen\n"), "{labels}");
    assert!(labels.contains("shown-of-total-works = { $shown } af { $total } værker\n"), "{labels}");
}

#[test]
fn anniversaries_are_multiples_of_fifty_years() {
    let this_year = this_year_in_utc();
    let work = |number: &str, year: i32| json!({"object_number": number, "titles": {"en": number}, "production": {"earliest": year, "latest": year}});
    let museum =
        Museum::new(&[work("A", this_year - 100), work("B", this_year - 99), work("C", this_year - 150)]);
    let server = museum.serve_configured(
        "[site]\nhome = [{ title = { en = \"Anniversaries\" }, query = \"\", anniversaries = true }]\n",
    );
    let page = server.get("/").text();
    let (_, row) = page.split_once("Anniversaries</h2>").unwrap();
    let (row, _) = row.split_once("</ul>").unwrap();
    assert!(row.contains("/works/A") && row.contains("/works/C") && !row.contains("/works/B"), "{row}");
}

/// The year in UTC, from seconds since 1970.
fn this_year_in_utc() -> i32 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = jiff::Timestamp::from_second(now.as_secs() as i64).unwrap();
    now.to_zoned(jiff::tz::TimeZone::UTC).year().into()
}
