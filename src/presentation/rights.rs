//! Licences and rights statements as normalized URIs and names (Presentation API 3.0, §3.1, `rights`).

use super::labels::Label;

/// The URI of a Creative Commons licence or a RightsStatements.org statement in its canonical form, with `http`; `None` for
/// any other text.
pub(crate) fn normalize(rights: &str) -> Option<String> {
    let lower = rights.trim().to_ascii_lowercase();
    // Text after the URI, or on another line, may restrict what the licence grants.
    if lower.contains(char::is_whitespace) {
        return None;
    }
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"))?;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/')?;
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match host {
        "creativecommons.org" => creative_commons(&parts),
        "rightsstatements.org" => match parts[..] {
            ["vocab" | "page", name, version, ..] if is_statement(name) && is_version(version) => {
                Some(format!("http://rightsstatements.org/vocab/{}/{version}/", canonical_name(name)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The name of a licence or rights statement, with the words that labels have; `None` for any other text.
pub(super) fn name(rights: &str, word: impl Fn(Label) -> &'static str) -> Option<String> {
    let uri = normalize(rights)?;
    let (_, path) = uri.split_once("://")?;
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    Some(match parts[..] {
        ["creativecommons.org", "publicdomain", "zero", ..] => {
            format!("CC0 1.0 ({})", word(Label::new("dedicated to the public domain", "fri af ophavsret")))
        }
        ["creativecommons.org", "publicdomain", ..] => {
            format!(
                "Public Domain Mark 1.0 ({})",
                word(Label::new("no known copyright", "ingen kendt ophavsret"))
            )
        }
        ["creativecommons.org", "licenses", licence, version, ref jurisdiction @ ..] => {
            let jurisdiction = jurisdiction
                .first()
                .map(|jurisdiction| format!(" {}", jurisdiction.to_uppercase()))
                .unwrap_or_default();
            let conditions = licence.split('-').filter_map(condition).map(word).collect::<Vec<_>>().join("-");
            format!("CC {} {version}{jurisdiction} ({conditions})", licence.to_uppercase())
        }
        ["rightsstatements.org", _, statement, ..] => word(statement_name(statement)?).to_owned(),
        _ => return None,
    })
}

/// The conditions of Creative Commons licences, as in the licences' titles.
fn condition(part: &str) -> Option<Label> {
    Some(match part {
        "by" => Label::new("Attribution", "Kreditering"),
        "nc" => Label::new("NonCommercial", "IkkeKommerciel"),
        "nd" => Label::new("NoDerivatives", "IngenBearbejdelse"),
        "sa" => Label::new("ShareAlike", "DelPåSammeVilkår"),
        _ => return None,
    })
}

/// The titles of RightsStatements.org's statements; the Danish translations are Tegl's own.
fn statement_name(name: &str) -> Option<Label> {
    Some(match name {
        "InC" => Label::new("In copyright", "Ophavsretligt beskyttet"),
        "InC-OW-EU" => {
            Label::new("In copyright – EU orphan work", "Ophavsretligt beskyttet – forældreløst værk (EU)")
        }
        "InC-EDU" => Label::new(
            "In copyright – educational use permitted",
            "Ophavsretligt beskyttet – må bruges til undervisning",
        ),
        "InC-NC" => Label::new(
            "In copyright – non-commercial use permitted",
            "Ophavsretligt beskyttet – må bruges ikke-kommercielt",
        ),
        "InC-RUU" => Label::new(
            "In copyright – rights-holder(s) unlocatable or unidentifiable",
            "Ophavsretligt beskyttet – rettighedshaveren kan ikke findes eller er ukendt",
        ),
        "NoC-CR" => Label::new(
            "No copyright – contractual restrictions",
            "Ikke ophavsretligt beskyttet – begrænset af aftaler",
        ),
        "NoC-NC" => Label::new(
            "No copyright – non-commercial use only",
            "Ikke ophavsretligt beskyttet – kun ikke-kommerciel brug",
        ),
        "NoC-OKLR" => Label::new(
            "No copyright – other known legal restrictions",
            "Ikke ophavsretligt beskyttet – andre kendte juridiske begrænsninger",
        ),
        "NoC-US" => Label::new("No copyright – United States", "Ikke ophavsretligt beskyttet i USA"),
        "CNE" => Label::new("Copyright not evaluated", "Ophavsretten er ikke vurderet"),
        "UND" => Label::new("Copyright undetermined", "Ophavsretten er uafklaret"),
        "NKC" => Label::new("No known copyright", "Ingen kendt ophavsret"),
        _ => return None,
    })
}

fn creative_commons(parts: &[&str]) -> Option<String> {
    const CC0: &str = "http://creativecommons.org/publicdomain/zero/1.0/";
    const MARK: &str = "http://creativecommons.org/publicdomain/mark/1.0/";
    match *parts {
        ["share-your-work", "public-domain", "cc0", ..] | ["public-domain", "cc0", ..] => Some(CC0.into()),
        ["share-your-work", "public-domain", "pdm", ..] | ["public-domain", "pdm", ..] => Some(MARK.into()),
        ["publicdomain", "zero", ..] => Some(CC0.into()),
        ["publicdomain", "mark", ..] => Some(MARK.into()),
        ["licenses", name, version, ref rest @ ..] if is_licence(name) && is_version(version) => {
            let jurisdiction = rest.first().filter(|jurisdiction| is_jurisdiction(jurisdiction));
            let jurisdiction =
                jurisdiction.map(|jurisdiction| format!("{jurisdiction}/")).unwrap_or_default();
            Some(format!("http://creativecommons.org/licenses/{name}/{version}/{jurisdiction}"))
        }
        _ => None,
    }
}

fn is_licence(name: &str) -> bool {
    !name.is_empty() && name.split('-').all(|part| matches!(part, "by" | "nc" | "nd" | "sa"))
}

/// Whether a path segment is the jurisdiction that a licence was ported to, unlike `deed.da`.
fn is_jurisdiction(part: &str) -> bool {
    part != "legalcode" && (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase())
}

fn is_version(part: &str) -> bool {
    part.len() <= 4 && part.contains('.') && part.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

const STATEMENTS: [&str; 12] = [
    "InC",
    "InC-OW-EU",
    "InC-EDU",
    "InC-NC",
    "InC-RUU",
    "NoC-CR",
    "NoC-NC",
    "NoC-OKLR",
    "NoC-US",
    "CNE",
    "UND",
    "NKC",
];

fn is_statement(name: &str) -> bool {
    STATEMENTS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn canonical_name(name: &str) -> &'static str {
    STATEMENTS.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or("UND")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_normalized() {
        for (given, expected) in [
            ("https://creativecommons.org/share-your-work/public-domain/cc0/", "publicdomain/zero/1.0/"),
            ("https://creativecommons.org/publicdomain/zero/1.0/deed.da", "publicdomain/zero/1.0/"),
            ("http://creativecommons.org/publicdomain/mark/1.0", "publicdomain/mark/1.0/"),
            ("https://creativecommons.org/licenses/by-nc-sa/4.0", "licenses/by-nc-sa/4.0/"),
            ("https://creativecommons.org/licenses/BY/4.0/legalcode", "licenses/by/4.0/"),
            ("http://creativecommons.org/licenses/by/2.5/dk/", "licenses/by/2.5/dk/"),
        ] {
            assert_eq!(normalize(given), Some(format!("http://creativecommons.org/{expected}")), "{given}");
        }
        for given in
            ["https://rightsstatements.org/page/InC/1.0/?language=en", "rightsstatements.org/vocab/InC/1.0/"]
        {
            let expected =
                given.starts_with("http").then(|| "http://rightsstatements.org/vocab/InC/1.0/".to_owned());
            assert_eq!(normalize(given), expected, "{given}");
        }
    }

    #[test]
    fn statements_have_names_in_both_languages() {
        for (given, english, danish) in [
            (
                "https://creativecommons.org/publicdomain/zero/1.0/",
                "CC0 1.0 (dedicated to the public domain)",
                "CC0 1.0 (fri af ophavsret)",
            ),
            (
                "https://creativecommons.org/licenses/by-nc-sa/4.0/deed.da",
                "CC BY-NC-SA 4.0 (Attribution-NonCommercial-ShareAlike)",
                "CC BY-NC-SA 4.0 (Kreditering-IkkeKommerciel-DelPåSammeVilkår)",
            ),
            (
                "http://creativecommons.org/licenses/by/2.5/dk/",
                "CC BY 2.5 DK (Attribution)",
                "CC BY 2.5 DK (Kreditering)",
            ),
            ("http://rightsstatements.org/vocab/InC/1.0/", "In copyright", "Ophavsretligt beskyttet"),
        ] {
            let names = (name(given, |label| label.en).unwrap(), name(given, |label| label.da).unwrap());
            assert_eq!(names, (english.to_owned(), danish.to_owned()), "{given}");
        }
        for statement in STATEMENTS {
            assert!(
                name(&format!("http://rightsstatements.org/vocab/{statement}/1.0/"), |label| label.en)
                    .is_some(),
                "{statement}"
            );
        }
        assert_eq!(name("© Museum", |label| label.en), None);
    }

    #[test]
    fn other_texts_are_not_rights_urls() {
        for given in [
            "CC BY 4.0",
            "http://creativecommons.org/publicdomain/zero/1.0/\n© Museum",
            "http://creativecommons.org/publicdomain/zero/1.0/ but not for sale",
            "© Museum",
            "https://museum.example/rights",
            "https://creativecommons.org/",
            "https://creativecommons.org/licenses/evil/4.0/",
            "https://creativecommons.org.evil/licenses/by/4.0/",
            "http://rightsstatements.org/vocab/XYZ/1.0/",
            "",
        ] {
            assert_eq!(normalize(given), None, "{given}");
        }
    }
}
