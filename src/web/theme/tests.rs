//! Tests of the museum's own files and settings: what is taken, and what is refused with which words.

use super::settings::{MenuLink, Row};
use super::*;
use crate::presentation::Words;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn loaded(files: &[(&str, &[u8])], settings: Settings) -> Result<Theme, String> {
    let folder = folder(files);
    Theme::load(&Settings { folder: folder.path().to_str().unwrap().to_owned(), ..settings })
}

#[track_caller]
fn refused(name: &str, text: &str, reason: &str) {
    let error = loaded(&[(name, text.as_bytes())], Settings::default()).err().unwrap_or_default();
    assert!(error.contains(name) && error.contains(reason), "{name} {text}: {error}");
}

#[test]
fn hostile_and_broken_files_are_refused() {
    refused("style.css", "@import 'x.css';", "has `@import`");
    refused("style.css", "a { background: url(//evil.example/x.png) }", "has `//`");
    refused("style.css", "a { background: url(https://evil.example/x.png) }", "has `//`");
    refused("style.css", "a { c: \\75rl(x) }", "has `\\`");
    refused("style.css", "</style><script>", "has `<`");
    refused("style.css", "a { color: red", "braces");
    refused("logo.svg", "<svg><script>alert(1)</script></svg>", "has `<script`");
    refused("logo.svg", "<svg onload=\"alert(1)\"/>", "has `on`");
    refused("logo.svg", "<svg\nonclick = 'x'/>", "has `on`");
    refused("logo.svg", "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "has `<!entity`");
    refused("logo.svg", "not a drawing", "not an SVG");
    refused("logo.png", "not a picture", "not a PNG");
    refused("font.woff2", "not a font", "not a WOFF2");
    refused("page.html", "<b>", "none of the known kinds");
    refused("a b.css", "", "name with other characters");
    refused("de.ftl", "= x", "is not Fluent");
    refused("de.ftl", "serch = Suche", "did you mean `search`?");
    refused("de.ftl", "search = { $who }", "cannot be used");
    refused("de.ftl", "search = { $count ->\n  *[other] Suche\n}\n", "selected by `$count`");
    refused("de.ftl", "count-works = { 5 } Werke", "a number in braces");
    refused(
        "de.ftl",
        "shown-of-total-works = { $shown ->\n  *[other] { $shown }\n}\n",
        "selected by `$shown`, only by `$total`",
    );
    refused("deutsch.ftl", "search = Suche", "not named by a language");
    let missing =
        Theme::load(&Settings { folder: "/nowhere/at/all".into(), ..Settings::default() }).err().unwrap();
    assert!(missing.contains("`site.folder` is `/nowhere/at/all`"), "{missing}");
}

#[test]
fn links_that_leave_the_folder_are_not_followed() {
    let folder = folder(&[]);
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("style.css")).unwrap();
    let error =
        Theme::load(&Settings { folder: folder.path().to_str().unwrap().to_owned(), ..Settings::default() });
    assert!(error.err().unwrap().contains("symbolic links are not followed"));
}

#[test]
fn settings_are_checked() {
    let color = |name: &str, color: &str| Settings {
        colors: [(name.to_owned(), color.to_owned())].into(),
        ..Settings::default()
    };
    let menu = |url: &str| Settings {
        menu: vec![MenuLink { label: Text::of("en", "Visit"), url: url.into() }],
        ..Settings::default()
    };
    let row = |row: Row| Settings { home: vec![row], ..Settings::default() };
    let title = Text::of("en", "Highlights");
    for (settings, reason) in [
        (color("border", "#000000"), "the colours are page, mat"),
        (color("accent", "red"), "six hexadecimal digits"),
        (color("accent", "#ffffff"), "has a contrast of 1.1: texts need 4.5"),
        (menu("javascript:alert(1)"), "must begin with"),
        (menu("//evil.example"), "must begin with"),
        (Settings { logo: "logo.svg".into(), ..Settings::default() }, "not in `site.folder`"),
        (Settings { font: "x.ttf".into(), ..Settings::default() }, "must be a `.woff2` file"),
        (row(Row::default()), "without `title`"),
        (row(Row { title: title.clone(), limit: 0, ..Row::default() }), "from 1 to 24"),
        (
            row(Row { title: title.clone(), works: vec!["a".into()], daily: true, ..Row::default() }),
            "cannot have a search",
        ),
    ] {
        let error = Theme::load(&settings).err().unwrap_or_default();
        assert!(error.contains(reason), "{error}: not {reason}");
    }
    assert!(Theme::load(&color("accent", "#005a9c")).is_ok());
    assert!(Theme::load(&menu("/works/KMS1")).is_ok());
}

#[test]
fn files_labels_and_colors_are_served() {
    let files: [(&str, &[u8]); 4] = [
        ("style.css", b"/* // */ h1 { letter-spacing: 0 }"),
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("font.woff2", b"wOF2"),
        ("de.ftl", "search = Suche\nshown-of-total-works = { $shown } von { $total } Werken".as_bytes()),
    ];
    let settings = Settings {
        logo: "logo.svg".into(),
        font: "font.woff2".into(),
        colors: [("accent".to_owned(), "#005a9c".to_owned())].into(),
        ..Settings::default()
    };
    let theme = loaded(&files, settings).unwrap();
    assert!(theme.asset("own/theme.css").is_some() && theme.asset("own/logo.svg").is_some());
    assert!(theme.asset("own/style.css").is_none(), "it is part of the style sheet");
    assert!(theme.asset("own/de.ftl").is_none() && theme.asset("logo.svg").is_none());
    assert!(theme.style("/m").unwrap().starts_with("/m/assets/own/theme.css?v="));
    assert_eq!(theme.languages().collect::<Vec<_>>(), ["de"]);
    let labels = theme.labels.of("de").unwrap();
    let mut expected = Overrides::default();
    let words = |usual: &str| Words { usual: usual.into(), ..Words::default() };
    expected.add("Search", words("Suche"));
    expected.add("{shown} of {total} works", words("{shown} von {total} Werken"));
    assert_eq!(*labels, expected);
}

#[test]
fn labels_have_the_plural_forms_of_their_language() {
    let polish = "count-works = { $count ->\n    [0] brak dzieł\n    [one] { $count } dzieło\n    [few] { $count } dzieła\n   *[many] { $count } dzieł\n}\n";
    let arabic = "count-works = { $count ->\n    [zero] لا أعمال\n    [one] عمل واحد\n    [two] عملان\n    [few] { $count } أعمال\n    [many] { $count } عملاً\n   *[other] { $count } عمل\n}\n";
    let theme =
        loaded(&[("ar.ftl", arabic.as_bytes()), ("pl.ftl", polish.as_bytes())], Settings::default()).unwrap();
    for (language, number, expected) in [
        ("pl", 0, "brak dzieł"),
        ("pl", 1, "{count} dzieło"),
        ("pl", 3, "{count} dzieła"),
        ("pl", 5, "{count} dzieł"),
        ("pl", 12, "{count} dzieł"),
        ("pl", 22, "{count} dzieła"),
        ("pl", 1_234, "{count} dzieła"),
        ("ar", 0, "لا أعمال"),
        ("ar", 1, "عمل واحد"),
        ("ar", 2, "عملان"),
        ("ar", 7, "{count} أعمال"),
        ("ar", 11, "{count} عملاً"),
        ("ar", 100, "{count} عمل"),
        ("ar", 103, "{count} أعمال"),
    ] {
        let words = theme.labels.of(language).unwrap().get("{count} works").unwrap();
        assert_eq!(words.for_number(language, number), expected, "{language} {number}");
    }
}

#[test]
fn the_printed_labels_can_be_read_again() {
    for is_danish in [false, true] {
        let text = template(is_danish);
        let theme = loaded(&[("de.ftl", text.as_bytes())], Settings::default());
        assert!(theme.is_ok(), "{:?}", theme.err());
    }
}
