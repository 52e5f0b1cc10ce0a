//! A museum's own pages: settings and a folder of files, without building Tegl again.

use serde_json::json;

use crate::support::Failures;
use crate::support::browser::look;
use crate::support::command::tegl;
use crate::support::museum::{CURATOR, Museum, works};

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
    write(
        "de.ftl",
        "search = Suchen\ncount-works = { $count ->\n  [one] { $count } Werk\n *[other] { $count } Werke\n}\nsee-all = Alle\ncreators = Künstler\n",
    );
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
fn numbers_have_the_plural_forms_of_the_language() {
    let (museum, settings) = museum();
    let polish = "count-works = { $count ->\n  [one] { $count } dzieło\n  [few] { $count } dzieła\n *[many] { $count } dzieł\n}\n";
    std::fs::write(museum.path("own/pl.ftl"), polish).unwrap();
    let server = museum.serve_configured(&settings);
    for (query, shown) in [
        ("", ">43 dzieła<"),
        ("all=type:print&", ">40 dzieł<"),
        ("all=motif:animals&", ">2 dzieła<"),
        ("all=motif:horse&", ">1 dzieło<"),
    ] {
        let page = server.get(&format!("/?{query}lang=pl")).text();
        assert!(page.contains(shown), "{query}: no {shown} in {page}");
    }
}

/// Every label in brackets, as the labels of a language.
fn bracketed() -> String {
    let labels = tegl(&["config", "--labels"], &[]).out;
    let in_brackets = |line: &str| {
        let starts = ["    [one] ", "   *[other] "];
        let form = starts.into_iter().find_map(|start| Some((start, line.strip_prefix(start)?)));
        let label = || line.split_once(" = ").filter(|(_, text)| !text.ends_with("->"));
        match form {
            Some((start, text)) => format!("{start}⟦{text}⟧"),
            None => label().map_or(line.to_owned(), |(id, text)| format!("{id} = ⟦{text}⟧")),
        }
    };
    labels.lines().map(|line| in_brackets(line) + "\n").collect()
}

/// A museum whose data all begin with `¤`, and in whose language all labels are in brackets.
fn translated() -> (Museum, String) {
    let side = |kind: &str, value: f64| json!({"kind": kind, "value": value, "unit": "cm"});
    let mut first = json!({
        "object_number": "N1", "titles": {"none": "¤horse"}, "object_type": "¤painting", "techniques": "¤oil",
        "materials": "¤canvas", "description": "¤described", "inscriptions": "¤signed", "department": "¤paintings",
        "location": "¤room", "credit_line": "¤given", "collections": "¤old",
        "creators": [{"name": "¤painter", "role": "after", "birth": -80, "death": -20}, {"name": "¤other", "role": "painter"}],
        "production": {"earliest": -50, "latest": -40}, "rights": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
        "dimensions": [side("height", 60.5), side("width", 90.0), side("diameter", 3.0)],
        "homepage": "https://museum.example/x",
        "related": [{"id": "N2"}], "parts": [{"label": {"none": "¤wing"}, "images": ["verso.tif"]}],
        "images": [{"file": "a.tif"}, {"file": "infrared.tif", "role": "infrared"}, {"file": "verso.tif", "role": "verso"}],
        "tags": [{"scheme": "motif", "label": {"none": "¤animal"}}, {"scheme": "colour", "label": "#b02020"}],
    });
    let museum = Museum::new(&[]);
    for (file, size) in [("infrared.tif", (450, 300)), ("verso.tif", (600, 400))] {
        let raster = crate::support::masters::picture(size.0, size.1);
        let master = crate::support::masters::jpeg_pyramid(&raster, 128);
        std::fs::write(museum.path(&format!("masters/{file}")), master).unwrap();
    }
    let mut works = vec![
        json!({"object_number": "N2", "titles": {"none": "¤bare"}, "rights": "http://rightsstatements.org/vocab/InC/1.0/"}),
        json!({"object_number": "N3", "titles": {"none": "¤free"}, "public_domain": true, "images": [{"file": "a.tif"}]}),
    ];
    works.extend((0..60).map(|at| json!({"object_number": format!("M{at}"), "titles": {"none": "¤print"}, "production": {"earliest": 1700 + at, "latest": 1700 + at}})));
    first["public_domain"] = json!(false);
    works.push(first);
    museum.ingest(&works);
    let tagged = museum.run(&["tag", &museum.path("masters"), "--only", "likeness"]);
    assert_eq!(tagged.code, Some(0), "{}{}", tagged.out, tagged.err);
    let folder = museum.path("own");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(format!("{folder}/xx.ftl"), bracketed()).unwrap();
    let settings = format!(
        "[presentation]\nname = {{ none = \"¤museum\" }}\n[site]\nfolder = \"{folder}\"\n[api.tokens]\ncurator = \"{CURATOR}\"\n"
    );
    (museum, settings)
}

/// Proper names, formats and units, which are the same in all languages.
const UNTRANSLATED: [&str; 27] = [
    "IIIF",
    "Image",
    "Presentation",
    "API",
    "Deep",
    "Zoom",
    "Tegl",
    "Mirador",
    "JPEG",
    "TIFF",
    "ZIP",
    "BibTeX",
    "RIS",
    "CSL",
    "JSON",
    "kB",
    "MB",
    "cm",
    "CC",
    "BY",
    "NC",
    "SA",
    "Dansk",
    "English",
    "seer",
    "PNG",
    "xx",
];

/// The words of a page that are neither in brackets nor data: of its texts, and of the attributes that are read aloud.
fn untranslated(page: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = page;
    while let Some((text, tail)) = rest.split_once('<') {
        texts.push(text.to_owned());
        let (tag, tail) = tail.split_once('>').unwrap_or((tail, ""));
        let attributes =
            ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\"", "data-done=\"", "data-failed=\""];
        for attribute in attributes {
            texts.extend(
                tag.split(attribute).skip(1).filter_map(|value| Some(value.split_once('"')?.0.to_owned())),
            );
        }
        // Scripts are no text, and what is marked as English is technical.
        let is_left_out = tag.starts_with("script") || tag.contains("lang=\"en\"");
        rest = if is_left_out { tail.find('<').map_or("", |end| &tail[end..]) } else { tail };
    }
    let mut words = Vec::new();
    for text in texts {
        let mut open = String::new();
        let mut rest = text.as_str();
        while let Some((before, label)) = rest.split_once('⟦') {
            open.push_str(before);
            open.push(' ');
            rest = label.split_once('⟧').map_or("", |(_, after)| after);
        }
        open.push_str(rest);
        let is_address = |word: &&str| word.starts_with("http") || word.starts_with("xywh=");
        let open = open.split_whitespace().filter(|word| !is_address(word)).collect::<Vec<_>>().join(" ");
        let is_mark = |c: char| !c.is_alphanumeric() && c != '¤';
        let found =
            open.split(is_mark).filter(|word| word.len() > 1 && word.chars().all(char::is_alphabetic));
        words.extend(
            found.filter(|word| !UNTRANSLATED.contains(word)).map(|word| format!("{word} ({})", text.trim())),
        );
    }
    words
}

#[test]
fn an_added_language_leaves_no_word_untranslated() {
    let (museum, settings) = translated();
    let server = museum.serve_configured(&settings);
    let motif = json!({"scheme": "motif", "label": {"none": "¤boat"}, "source": "model:seer@1", "confidence": 0.5, "region": "10,20,100,80"});
    crate::support::museum::tag(&server, "N1", motif);
    let mut failures = Failures::default();
    for path in [
        "/?lang=xx",
        "/?q=%C2%A4horse&lang=xx",
        "/?q=%C2%A4nothing&lang=xx",
        "/?all=motif:x&years=1200/1300&lang=xx",
        "/?start=48&lang=xx",
        "/?similar=N1&lang=xx",
        "/?colour=b02020&sort=hue&lang=xx",
        "/works/N1?lang=xx",
        "/works/N1?canvas=1&xywh=10,20,100,80&lang=xx",
        "/works/N2?lang=xx",
        "/works/N3?lang=xx",
        "/compare?lang=xx",
        "/compare?works=N1,N0&lang=xx",
        "/review?lang=xx",
        "/works/N0?lang=xx",
    ] {
        let page = server.request("GET", path, &[("Accept", "text/html")]).text();
        failures
            .check(page.contains("<html lang=\"xx\"") && page.contains('⟦'), || format!("{path}: {page}"));
        for word in untranslated(&page) {
            failures.check(false, || format!("{path}: {word}"));
        }
    }
}

#[test]
fn what_scripts_say_is_translated_in_a_browser() {
    let (museum, settings) = translated();
    let server = museum.serve_configured(&settings);
    let out = museum.path("screenshots");
    look("an added language in a browser", "language.mjs", "axe-core", &server, &["--out", &out]);
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
    let of_total = "shown-of-total-works = { $total ->\n    [one] { $shown } af { $total } værk\n   *[other] { $shown } af { $total } værker\n}\n";
    assert!(labels.contains(of_total), "{labels}");
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
