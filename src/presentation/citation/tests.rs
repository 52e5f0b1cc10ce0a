//! Tests of citations: their form, and that no text of a record can break it.

use proptest::prelude::*;

use super::line::line;
use super::*;
use crate::presentation::View;
use crate::presentation::fixture::with_view;

fn citation() -> Citation {
    Citation {
        number: "KMS 1/2".into(),
        title: "100 % blå & {rød}_1".into(),
        creators: vec![
            Name::Person { family: "Ancher".into(), given: "Anna".into(), displayed: "Anna Ancher".into() },
            Name::Literal("Ruth and Sons".into()),
        ],
        date: Some("ca. 1891".into()),
        years: (Some(1890), Some(1892)),
        medium: Some("Oil on canvas".into()),
        dimensions: Some("65 × 59 cm".into()),
        museum: Some("The Museum".into()),
        url: "https://host/works/KMS%201%2F2".into(),
        rights: Some("CC0 1.0".into()),
        detail: None,
        language: "en".into(),
        words: Words::default(),
    }
}

fn with_detail() -> Citation {
    let detail = Detail {
        canvas: 2,
        capture: 1,
        region: "10,20,300,400".parse().ok(),
        image: Some("https://host/iiif/3/a/10,20,300,400/max/0/default.jpg".into()),
    };
    Citation { detail: Some(detail), ..citation() }
}

#[test]
fn bibtex_is_escaped() {
    let expected = r"@misc{KMS-1-2,
  author = {Ancher, Anna and {Ruth and Sons}},
  title = {{100 \% blå \& \textbraceleft{}rød\textbraceright{}\_1}},
  date = {1890/1892},
  year = {ca. 1891},
  howpublished = {Oil on canvas, 65 × 59 cm},
  organization = {The Museum},
  number = {KMS 1/2},
  url = {https://host/works/KMS%201%2F2},
  langid = {english},
}
";
    assert_eq!(citation().write(CitationFormat::BibTex), expected);
    let ancient = Citation { years: (Some(-384), Some(-322)), number: "Ø".into(), ..citation() };
    let entry = ancient.write(CitationFormat::BibTex);
    assert!(entry.starts_with("@misc{u00D8,") && entry.contains("date = {-0383/-0321}"), "{entry}");
}

#[test]
fn another_capture_is_part_of_the_url() {
    let detail = Detail { canvas: 1, capture: 2, ..Detail::default() };
    let entry = Citation { detail: Some(detail), ..citation() }.write(CitationFormat::BibTex);
    assert!(entry.contains("url = {https://host/works/KMS%201%2F2?canvas=1&capture=2}"), "{entry}");
}

#[test]
fn ris_has_one_line_per_field() {
    let expected = "TY  - ART\r\nAU  - Ancher, Anna\r\nAU  - Ruth and Sons\r\nTI  - 100 % blå & {rød}_1\r\n\
        PY  - 1890\r\nY1  - 1890///ca. 1891\r\nM3  - Oil on canvas, 65 × 59 cm\r\nPB  - The Museum\r\n\
        AN  - KMS 1/2\r\nC1  - CC0 1.0\r\nUR  - https://host/works/KMS%201%2F2\r\nLA  - en\r\nER  - \r\n";
    assert_eq!(citation().write(CitationFormat::Ris), expected);
    let hostile = Citation { title: "a\r\nER  - \nTY  - BOOK\u{2028}AU  - x\u{85}".into(), ..citation() };
    let record = hostile.write(CitationFormat::Ris);
    assert!(record.contains("TI  - a ER - TY - BOOK AU - x\r\n"), "{record}");
}

#[test]
fn csl_has_years_and_names_as_data() {
    let items: serde_json::Value =
        serde_json::from_str(&with_detail().write(CitationFormat::CslJson)).unwrap();
    let item = &items[0];
    assert_eq!(item["author"][0], serde_json::json!({"family": "Ancher", "given": "Anna"}));
    assert_eq!(item["author"][1], serde_json::json!({"literal": "Ruth and Sons"}));
    assert_eq!(item["issued"], serde_json::json!({"date-parts": [[1890], [1892]], "circa": true}));
    assert_eq!(item["URL"], "https://host/works/KMS%201%2F2?canvas=2&xywh=10,20,300,400");
    let undated = Citation { years: (None, None), ..citation() };
    let items: serde_json::Value = serde_json::from_str(&undated.write(CitationFormat::CslJson)).unwrap();
    assert_eq!(items[0]["issued"], serde_json::json!({"literal": "ca. 1891"}));
}

#[test]
fn a_sentence_names_the_work_and_the_detail() {
    assert_eq!(
        with_detail().write(CitationFormat::Sentence),
        "Anna Ancher and Ruth and Sons, 100 % blå & {rød}_1, ca. 1891. Oil on canvas, 65 × 59 cm. The Museum, KMS 1/2. \
         CC0 1.0. Detail: image 2, xywh=10,20,300,400, \
         https://host/iiif/3/a/10,20,300,400/max/0/default.jpg. \
         https://host/works/KMS%201%2F2?canvas=2&xywh=10,20,300,400\n"
    );
}

#[test]
fn a_record_is_cited_in_the_preferred_language() {
    with_view(&[], |view| {
        let english = Citation::of(view, None);
        assert_eq!(
            (english.language.as_str(), english.number.as_str()),
            ("en", view.work.object_number.as_str())
        );
        let publisher = view.publisher.in_language("da");
        let danish = Citation::of(&View { publisher: &publisher, ..*view }, None);
        assert_eq!(danish.language, "da");
        assert_eq!(Some(danish.title.as_str()), view.work.label().best(&["da"]));
    });
}

#[test]
fn names_are_divided_only_where_the_record_does() {
    let of = |name: &str, sort_name: Option<&str>, role: Option<&str>| {
        let (sort_name, role) = (sort_name.map(str::to_owned), role.map(str::to_owned));
        let creator = crate::record::Creator { name: name.into(), sort_name, role, ..Default::default() };
        Name::of(&creator, |label| label.en).map(|name| (name.sorted(), name.displayed()))
    };
    let name = |sorted: &str, displayed: &str| Some((sorted.to_owned(), displayed.to_owned()));
    assert_eq!(of("Anna Ancher", Some("Ancher, Anna"), Some("artist")), name("Ancher, Anna", "Anna Ancher"));
    assert_eq!(of("Ai Weiwei", Some("Ai, Weiwei"), None), name("Ai, Weiwei", "Ai Weiwei"));
    assert_eq!(of("", Some("Gogh, Vincent van"), None), name("Gogh, Vincent van", "Vincent van Gogh"));
    assert_eq!(of("Anna Ancher", None, None), name("Anna Ancher", "Anna Ancher"));
    assert_eq!(
        of("Raphael", Some("Sanzio, Raffaello"), Some("after")),
        name("after Raphael", "after Raphael")
    );
    assert_eq!(of(" ", None, None), None);
}

/// The fields of an entry, unescaped; panics where BibTeX would lose its place.
fn read_bibtex(entry: &str) -> Vec<(String, String)> {
    let body = entry.strip_prefix("@misc{").unwrap().strip_suffix("\n}\n").unwrap();
    let (_, mut rest) = body.split_once(",\n").unwrap();
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (name, value) = rest.split_once(" = {").unwrap();
        let mut depth = 1;
        let end = value.char_indices().find(|(_, c)| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            depth == 0
        });
        let (value, after) = value.split_at(end.unwrap().0);
        fields.push((name.trim().to_owned(), unescaped(value)));
        rest = after.strip_prefix("},").unwrap().trim_start_matches('\n');
    }
    fields
}

fn unescaped(value: &str) -> String {
    const COMMANDS: [(&str, &str); 5] = [
        ("\\textbraceleft{}", "\u{1}"),
        ("\\textbraceright{}", "\u{2}"),
        ("\\textasciitilde{}", "~"),
        ("\\textasciicircum{}", "^"),
        ("\\textbackslash{}", "\u{3}"),
    ];
    let plain = COMMANDS.iter().fold(value.to_owned(), |text, (command, sign)| text.replace(command, sign));
    let plain =
        ["%", "#", "$", "&", "_"].iter().fold(plain, |text, sign| text.replace(&format!("\\{sign}"), sign));
    assert!(!plain.contains('\\'), "{value}");
    plain.replace(['{', '}'], "").replace('\u{1}', "{").replace('\u{2}', "}").replace('\u{3}', "\\")
}

/// Texts with the signs that the formats use.
fn hostile() -> impl Strategy<Value = String> {
    let signs = r#"[a-zA-ZæøåÆ \\{}%#$&_~^",@=\-\r\n\t\u{2028}\u{202e}\u{0}אب/]{0,40}"#;
    prop_oneof![signs, ".{0,40}", Just("ER  - ".to_owned()), Just("a and others".to_owned())]
}

proptest! {
    #[test]
    fn no_text_breaks_a_citation(
        title in hostile(), number in hostile(), name in hostile(), family in hostile(), date in hostile(), museum in hostile(),
    ) {
        let cited = Citation {
            title: title.clone(),
            number,
            creators: vec![Name::Literal(line(&name)), Name::Person { family: line(&family), given: "A".into(), displayed: line(&name) }],
            date: Some(date),
            museum: Some(museum.clone()),
            ..with_detail()
        };
        let fields = read_bibtex(&cited.write(CitationFormat::BibTex));
        let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        prop_assert_eq!(field("title").unwrap_or_default(), line(&title));
        prop_assert_eq!(field("organization").unwrap_or_default(), line(&museum));

        let record = cited.write(CitationFormat::Ris);
        let lines: Vec<&str> = record.strip_suffix("\r\n").unwrap().split("\r\n").collect();
        prop_assert!(lines.iter().all(|line| line.get(2..6) == Some("  - ") && !line.contains(['\r', '\n'])));
        prop_assert!(lines[0] == "TY  - ART" && lines[lines.len() - 1] == "ER  - ");
        prop_assert_eq!(lines.iter().filter(|line| line.starts_with("ER") || line.starts_with("TY")).count(), 2);
        let titles: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("TI  - ")).collect();
        prop_assert_eq!(titles.concat(), line(&title));

        let items: serde_json::Value = serde_json::from_str(&cited.write(CitationFormat::CslJson)).unwrap();
        let written = items[0]["title"].as_str().unwrap_or_default();
        prop_assert_eq!(written, line(&title));

        prop_assert_eq!(cited.write(CitationFormat::Sentence).lines().count(), 1);
    }
}
