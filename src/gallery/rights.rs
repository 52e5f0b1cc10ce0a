//! Rules that map the rights of works to the maximum size of their images and to downloads.

use std::fmt;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::identity::{Identity, fields};

/// `[rights]`: maps the rights in a record to the maximum size of the work's images, and to whether their originals
/// may be downloaded. If several rules apply, the strictest wins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rights {
    /// For works whose record says that they are in the public domain.
    pub public_domain: Rule,
    /// For works whose record has a rights statement that matches none below, or says that they are not in the
    /// public domain.
    pub otherwise: Rule,
    /// For works whose record has no rights.
    pub unsaid: Rule,
    /// For images that no record names.
    pub without_record: Rule,
    /// By the prefix of a rights URI; the longest match wins.
    pub statements: Vec<Statement>,
}

/// How large images are served, and whether their originals may be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub largest: Largest,
    pub original: bool,
}

/// A rule for all rights URIs with this prefix; `http` or `https` and `www.` make no difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Statement {
    pub uri: String,
    pub largest: Largest,
    pub original: bool,
}

/// The longest side at which a whole image is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Largest {
    /// In pixels; 0 serves no image. Regions are served at no finer scale than the whole image.
    Pixels(u32),
    /// `full`: no limit.
    Full(Full),
}

impl<'de> Deserialize<'de> for Largest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LargestVisitor)
    }
}

/// Deserializes with an error that names the valid values, unlike that of an untagged enum.
struct LargestVisitor;

impl Visitor<'_> for LargestVisitor {
    type Value = Largest;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"full\" or a number of pixels from 0 to {}", u32::MAX)
    }

    fn visit_u64<E: de::Error>(self, pixels: u64) -> Result<Largest, E> {
        let refused = |_| E::invalid_value(Unexpected::Unsigned(pixels), &self);
        u32::try_from(pixels).map(Largest::Pixels).map_err(refused)
    }

    fn visit_i64<E: de::Error>(self, pixels: i64) -> Result<Largest, E> {
        let refused = |_| E::invalid_value(Unexpected::Signed(pixels), &self);
        u32::try_from(pixels).map(Largest::Pixels).map_err(refused)
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Largest, E> {
        match word {
            "full" => Ok(Largest::Full(Full::Full)),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }
}

/// The word `full`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Full {
    Full,
}

/// The default longest side for images of works that are not free.
const LARGEST: u32 = 2000;

impl Default for Rights {
    fn default() -> Self {
        let (full, free) =
            (Largest::Full(Full::Full), Rule { largest: Largest::Full(Full::Full), original: true });
        let statement = |uri: &str| Statement { uri: uri.into(), largest: full, original: true };
        Self {
            public_domain: free,
            otherwise: Rule { largest: Largest::Pixels(LARGEST), original: false },
            unsaid: Rule { largest: full, original: false },
            without_record: free,
            statements: vec![
                statement("http://creativecommons.org/publicdomain/"),
                statement("http://creativecommons.org/share-your-work/public-domain/"),
                statement("http://creativecommons.org/licenses/"),
                statement("http://rightsstatements.org/vocab/NoC-"),
            ],
        }
    }
}

/// The rights of a client to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Grant {
    /// The longest side at which the whole image is served; `u32::MAX` for no limit, 0 for no access.
    pub largest: u32,
    /// Whether the master itself may be downloaded.
    pub original: bool,
}

impl Identity for Grant {
    fn write(&self, text: &mut String) {
        let Self { largest, original } = self;
        fields(text, "Grant", &[("largest", largest), ("original", original)]);
    }
}

impl From<Rule> for Grant {
    fn from(rule: Rule) -> Self {
        let largest = match rule.largest {
            Largest::Pixels(pixels) => pixels,
            Largest::Full(_) => u32::MAX,
        };
        Self { largest, original: rule.original }
    }
}

impl Grant {
    /// Whether the images are limited, so that nothing that leads to those of the record's source is published.
    pub(crate) fn is_limited(self) -> bool {
        self.largest < u32::MAX
    }

    /// What both grants allow.
    pub(crate) fn strictest(self, other: Self) -> Self {
        Self { largest: self.largest.min(other.largest), original: self.original && other.original }
    }
}

/// As JSON with fixed names, independent of those of the settings.
impl Identity for Rights {
    fn write(&self, text: &mut String) {
        let Self { public_domain, otherwise, unsaid, without_record, statements } = self;
        let rules = [
            ("public_domain", public_domain),
            ("otherwise", otherwise),
            ("unsaid", unsaid),
            ("without_record", without_record),
        ];
        let rule = |(name, rule): (&str, &Rule)| {
            let Rule { largest, original } = rule;
            format!(r#""{name}":{{{}}}"#, allowed(*largest, *original))
        };
        let statement = |statement: &Statement| {
            let Statement { uri, largest, original } = statement;
            format!(r#"{{"uri":{},{}}}"#, serde_json::Value::from(uri.as_str()), allowed(*largest, *original))
        };
        let (rules, statements) = (rules.map(rule), statements.iter().map(statement).collect::<Vec<_>>());
        text.push_str(&format!(r#"{{{},"statements":[{}]}}"#, rules.join(","), statements.join(",")));
    }
}

fn allowed(largest: Largest, original: bool) -> String {
    let largest = match largest {
        Largest::Pixels(pixels) => pixels.to_string(),
        Largest::Full(Full::Full) => r#""full""#.to_owned(),
    };
    format!(r#""largest":{largest},"original":{original}"#)
}

impl Rights {
    /// The grant for a record with these rights. Of several statements, one per line, all apply.
    pub(crate) fn of_record(&self, rights: Option<&str>, public_domain: Option<bool>) -> Grant {
        let statements = rights.into_iter().flat_map(str::lines).map(str::trim).filter(|one| !one.is_empty());
        let granted = statements.map(|statement| self.of_statement(statement, public_domain));
        let granted = granted.reduce(Grant::strictest).or_else(|| match public_domain {
            Some(true) => Some(self.public_domain.into()),
            Some(false) => Some(self.otherwise.into()),
            None => None,
        });
        granted.unwrap_or_else(|| self.unsaid.into())
    }

    /// The grant for the image of a record that was replaced: never more than for works whose rights match no rule.
    pub(crate) fn of_removed(&self, rights: Option<&str>, public_domain: Option<bool>) -> Grant {
        self.of_record(rights, public_domain).strictest(self.otherwise.into())
    }

    fn of_statement(&self, statement: &str, public_domain: Option<bool>) -> Grant {
        let flag = Grant::from(self.public_domain);
        match (self.rule_of(statement), public_domain) {
            (Some(_), Some(false)) if is_public_domain(statement) => self.otherwise.into(),
            (Some(rule), Some(true)) => Grant::from(rule).strictest(flag),
            // A licence applies to works that are not in the public domain, too.
            (Some(rule), _) => rule.into(),
            // For a statement without a rule the flag decides, unless the two contradict each other.
            (None, Some(true)) if !is_protected(statement) => flag,
            (None, _) => self.otherwise.into(),
        }
    }

    /// The rule for a statement. A URI must be the whole statement, because text after it may restrict what the URI
    /// grants.
    fn rule_of(&self, statement: &str) -> Option<Rule> {
        let is_uri = statement.contains("://");
        if is_uri && statement.contains(char::is_whitespace) {
            return None;
        }
        let normal = crate::presentation::rights_uri(statement);
        let spellings = [Some(normalized(statement)), normal.as_deref().map(normalized)];
        let matches = |rule: &&Statement| {
            let uri = normalized(&rule.uri);
            spellings.iter().flatten().any(|spelling| spelling.starts_with(&uri))
        };
        let matching =
            self.statements.iter().filter(matches).max_by_key(|rule| normalized(&rule.uri).len())?;
        Some(Rule { largest: matching.largest, original: matching.original })
    }
}

/// Whether a statement places the work in the public domain. CC0 does not: it waives rights that may exist.
fn is_public_domain(statement: &str) -> bool {
    let statement = normalized(statement);
    [
        "creativecommons.org/publicdomain/mark/",
        "rightsstatements.org/vocab/noc-",
        "rightsstatements.org/page/noc-",
    ]
    .iter()
    .any(|uri| statement.starts_with(uri))
}

/// Whether a statement claims rights in the work, or declares them unknown.
fn is_protected(statement: &str) -> bool {
    let statement = statement.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| statement.contains(word));
    if has(&["rightsstatements.org/", "©", "all rights reserved", "alle rettigheder", "alle rechte", "(c)"])
    {
        return true;
    }
    let free = [
        "no ",
        "no known",
        "not in",
        "not under",
        "out of",
        "free of",
        "without",
        "fri af",
        "ikke",
        "expired",
    ];
    has(&["copyright", "ophavsret", "urheberrecht"]) && !has(&free)
}

/// A URI without scheme, `www.` and case, which vary between spellings of one URI.
fn normalized(uri: &str) -> String {
    let uri = uri.trim().to_ascii_lowercase();
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://")).unwrap_or(&uri);
    rest.strip_prefix("www.").unwrap_or(rest).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ETags of dumps depend on it.
    #[test]
    fn the_identity_of_rules_is_stable() {
        let usual = Rights::default();
        assert_eq!(
            usual.identity(),
            concat!(
                r#"{"public_domain":{"largest":"full","original":true},"otherwise":{"largest":2000,"original":false},"#,
                r#""unsaid":{"largest":"full","original":false},"without_record":{"largest":"full","original":true},"#,
                r#""statements":["#,
                r#"{"uri":"http://creativecommons.org/publicdomain/","largest":"full","original":true},"#,
                r#"{"uri":"http://creativecommons.org/share-your-work/public-domain/","largest":"full","original":true},"#,
                r#"{"uri":"http://creativecommons.org/licenses/","largest":"full","original":true},"#,
                r#"{"uri":"http://rightsstatements.org/vocab/NoC-","largest":"full","original":true}]}"#,
            )
        );
        let statement = Statement {
            uri: "http://\"ø\"/\u{7}\n".into(),
            largest: Largest::Pixels(u32::MAX),
            original: false,
        };
        let identity = Rights { statements: vec![statement], ..usual.clone() }.identity();
        let uri = r#""statements":[{"uri":"http://\"ø\"/\u0007\n","largest":4294967295,"original":false}]}"#;
        assert!(identity.ends_with(uri), "{identity}");
        assert!(Rights { statements: Vec::new(), ..usual }.identity().ends_with(r#","statements":[]}"#));
    }

    #[test]
    fn the_stricter_of_flag_and_statement_wins() {
        let rights: Rights = toml::from_str(
            r#"
            public_domain = { largest = "full", original = true }
            otherwise = { largest = 1000, original = false }
            unsaid = { largest = 3000, original = false }
            statements = [
                { uri = "http://creativecommons.org/publicdomain/", largest = "full", original = true },
                { uri = "http://creativecommons.org/licenses/", largest = 4000, original = false },
                { uri = "http://creativecommons.org/licenses/by-nd/", largest = 500, original = false },
                { uri = "http://rightsstatements.org/vocab/InC/", largest = 0, original = false },
            ]"#,
        )
        .unwrap();
        let full = u32::MAX;
        for (statement, public_domain, largest, original) in [
            (None, Some(true), full, true),
            (None, Some(false), 1000, false),
            (None, None, 3000, false),
            (Some(" "), None, 3000, false),
            (Some("https://creativecommons.org/publicdomain/zero/1.0/"), None, full, true),
            (Some("https://creativecommons.org/publicdomain/zero/1.0/"), Some(true), full, true),
            (Some("https://www.creativecommons.org/licenses/by/4.0"), Some(false), 4000, false),
            (Some("http://creativecommons.org/licenses/by-nd/4.0/"), None, 500, false),
            (Some("http://creativecommons.org/licenses/by-nd/4.0/"), Some(true), 500, false),
            (Some("http://rightsstatements.org/vocab/InC/1.0/"), Some(true), 0, false),
            (Some("© the artist's estate"), None, 1000, false),
            (Some("a statement of our own"), Some(true), full, true),
            // Where two statements, or the flag and the statement, contradict each other, the stricter rule holds.
            (Some("http://rightsstatements.org/vocab/CNE/1.0/"), Some(true), 1000, false),
            (Some("© The estate of A. Painter"), Some(true), 1000, false),
            (Some("In copyright"), Some(true), 1000, false),
            (Some("No known copyright restrictions"), Some(true), full, true),
            (Some("http://creativecommons.org/publicdomain/mark/1.0/"), Some(false), 1000, false),
            (Some("http://creativecommons.org/publicdomain/zero/1.0/"), Some(false), full, true),
            (Some("https://creativecommons.org/publicdomain/zero/1.0/\n© The estate"), None, 1000, false),
            (
                Some("© The estate\nhttps://creativecommons.org/publicdomain/zero/1.0/"),
                Some(true),
                1000,
                false,
            ),
            (Some("https://creativecommons.org/licenses/by/4.0/ but not for sale"), None, 1000, false),
            (Some(r#"{"code":7}"#), None, 1000, false),
        ] {
            let grant = rights.of_record(statement, public_domain);
            assert_eq!(
                (grant.largest, grant.original),
                (largest, original),
                "{statement:?} {public_domain:?}"
            );
        }
    }
}
