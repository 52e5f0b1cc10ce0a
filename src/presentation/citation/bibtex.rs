//! Citations as BibTeX entries, which BibLaTeX reads as well.

use super::Citation;
use super::line::line;
use super::name::Name;

/// The entry of a work. Texts are UTF-8; whatever TeX or BibTeX would interpret is escaped.
pub(super) fn entry(citation: &Citation) -> String {
    let authors: Vec<String> = citation.creators.iter().map(author).collect();
    let text = |text: &Option<String>| text.as_deref().map(escaped);
    let (first, last) = citation.years;
    // BibTeX prints the year as it stands, BibLaTeX reads and sorts by the date.
    let year = text(&citation.date).or_else(|| first.or(last).map(|year| year.to_string()));
    let fields = [
        ("author", (!authors.is_empty()).then(|| authors.join(" and "))),
        // The inner braces keep the capitals of the title.
        ("title", Some(format!("{{{}}}", escaped(&citation.title)))),
        ("date", dates(first.or(last), last.or(first))),
        ("year", year),
        ("howpublished", citation.physical().as_deref().map(escaped)),
        ("organization", text(&citation.museum)),
        ("number", Some(escaped(&citation.number))),
        ("note", citation.detail_note().as_deref().map(escaped)),
        ("url", Some(uri(&citation.page()))),
        ("langid", language(&citation.language).map(str::to_owned)),
    ];
    let mut entry = format!("@misc{{{},\n", key(&citation.number));
    for (name, value) in fields {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            entry.push_str(&format!("  {name} = {{{value}}},\n"));
        }
    }
    entry + "}\n"
}

/// A year or a range of years in ISO 8601, where the year before 1 is 0.
fn dates(first: Option<i32>, last: Option<i32>) -> Option<String> {
    let year = |year: i32| match year {
        ..0 => format!("{:05}", year + 1),
        year => format!("{year:04}"),
    };
    let (first, last) = (first?, last?);
    Some(if first == last { year(first) } else { format!("{}/{}", year(first), year(last)) })
}

/// A name; braces keep BibTeX from dividing it where it should not.
fn author(name: &Name) -> String {
    let part = |text: &str| {
        let lower = format!(" {} ", text.to_lowercase());
        let divides = lower.contains(" and ") || text.contains(',') || lower.trim() == "others";
        if divides { format!("{{{}}}", escaped(text)) } else { escaped(text) }
    };
    match name {
        Name::Person { family, given, .. } => format!("{}, {}", part(family), part(given)),
        Name::Literal(name) => format!("{{{}}}", escaped(name)),
    }
}

/// A text without a character that TeX or BibTeX interprets. BibTeX counts escaped braces, too, so they are written as
/// commands.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '\\' => result.push_str("\\textbackslash{}"),
            '{' => result.push_str("\\textbraceleft{}"),
            '}' => result.push_str("\\textbraceright{}"),
            '~' => result.push_str("\\textasciitilde{}"),
            '^' => result.push_str("\\textasciicircum{}"),
            '%' | '#' | '$' | '&' | '_' => result.extend(['\\', c]),
            c => result.push(c),
        }
    }
    result
}

/// A URI is read verbatim; its characters are those of RFC 3986, so it has no braces.
fn uri(uri: &str) -> String {
    uri.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '{' | '}' | '\\' | '"' | '<' | '>')).collect()
}

/// The object number as a key: letters and digits of ASCII stay, other signs become `-`, other letters their code.
fn key(number: &str) -> String {
    let mut key = String::new();
    for c in number.trim().chars() {
        match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') => key.push(c),
            c if c.is_ascii() => key.push('-'),
            c => key.push_str(&format!("u{:04X}", u32::from(c))),
        }
    }
    if key.is_empty() { "work".into() } else { key }
}

/// The name of a language in BibTeX (babel), if it is one of those that pages often have.
fn language(code: &str) -> Option<&'static str> {
    Some(match code {
        "da" => "danish",
        "de" => "german",
        "en" => "english",
        "es" => "spanish",
        "fi" => "finnish",
        "fr" => "french",
        "is" => "icelandic",
        "it" => "italian",
        "nb" | "no" => "norsk",
        "nl" => "dutch",
        "pl" => "polish",
        "sv" => "swedish",
        _ => return None,
    })
}
