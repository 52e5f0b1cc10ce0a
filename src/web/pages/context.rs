//! What all parts of a page share: the site's base path, language and publisher.

use serde_json::{Value, json};

use super::labels::{self, Counted, Label};
use super::link::Link;
use super::number;
use crate::presentation::{Logo, Overrides};
use crate::search::VisualMeasure;

/// The site as one visitor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    /// The prefix of every path; may be empty.
    pub base: String,
    /// Where manifests and images of this server are: scheme, host and prefix.
    pub address: String,
    /// A language that pages exist in: `en`, `da` or one of the museum's own.
    pub language: &'static str,
    /// Whether the visitor chose the language, so that links keep it.
    pub chosen: bool,
    /// The collection's name; `None` if not configured.
    pub name: Option<String>,
    /// The museum's own site; may be empty.
    pub homepage: String,
    pub logo: Logo,
    /// Links to this page in every language of the site; empty if there is only one.
    pub languages: Vec<Link>,
    /// The museum's own words for labels.
    pub labels: Option<&'static Overrides>,
    /// The URL of the museum's own style sheet.
    pub style: Option<String>,
    /// The museum's links at the top of pages.
    pub menu: Vec<Link>,
    /// The museum's text at the bottom of pages.
    pub footer: Option<String>,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            base: String::new(),
            address: String::new(),
            language: "en",
            chosen: false,
            name: None,
            homepage: String::new(),
            logo: Logo::default(),
            languages: Vec::new(),
            labels: None,
            style: None,
            menu: Vec::new(),
            footer: None,
        }
    }
}

impl Context {
    /// A label in the language of the page.
    pub(super) fn text(&self, label: Label) -> &'static str {
        let own = self.labels.and_then(|labels| labels.get(label.en));
        own.map_or_else(|| label.in_language(self.language), |words| &words.usual)
    }

    /// A label for a script: a text, or texts by plural category where they differ.
    pub(super) fn for_script(&self, label: impl Into<Counted>) -> Value {
        let Counted { one, other } = label.into();
        match self.labels.and_then(|labels| labels.get(other.en)) {
            Some(words) if words.forms.is_empty() => words.usual.as_str().into(),
            Some(words) => {
                let usual = [("other".to_owned(), words.usual.as_str().into())];
                let forms = words.forms.iter().map(|(key, text)| (key.clone(), text.as_str().into()));
                Value::Object(usual.into_iter().chain(forms).collect())
            }
            None if one == other => other.in_language(self.language).into(),
            None => {
                json!({ "one": one.in_language(self.language), "other": other.in_language(self.language) })
            }
        }
    }

    /// The collection's name.
    pub(crate) fn title(&self) -> &str {
        self.name.as_deref().unwrap_or("Tegl")
    }

    /// The URL of a page of this site, from a path with or without a query; keeps a chosen language.
    pub(crate) fn page(&self, path: &str) -> String {
        let base = &self.base;
        match (self.chosen, path.contains('?')) {
            (false, _) => format!("{base}{path}"),
            (true, true) => format!("{base}{path}&lang={}", self.language),
            (true, false) => format!("{base}{path}?lang={}", self.language),
        }
    }

    /// The URL of a page of this site with scheme and host, from its path with the base path.
    pub(crate) fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.address.strip_suffix(self.base.as_str()).unwrap_or(&self.address))
    }

    /// The label of a sort order, by its name in URLs.
    pub(crate) fn sort<'a>(&self, name: &'a str) -> &'a str {
        labels::sort(name).map_or(name, |label| self.text(label))
    }

    /// The label of a scheme of facets, if it has one.
    pub(crate) fn scheme(&self, name: &str) -> Option<&'static str> {
        crate::presentation::labels::scheme(name).map(|label| self.text(label))
    }

    /// The label of a filter that excludes a value with this label.
    pub(crate) fn without(&self, label: &str) -> String {
        format!("{} {label}", self.text(labels::NOT))
    }

    /// The label of a filter by its parameter and value; `None` if it has no label.
    pub(crate) fn filter(&self, name: &str, value: &str) -> Option<String> {
        let choice = |yes: Label, no: Label| self.text(if value == "true" { yes } else { no }).to_owned();
        Some(match name {
            "years" => match value.split_once('/').map(|(from, to)| (from.parse(), to.parse())) {
                Some((Ok(from), Ok(to))) => self.period(from, to),
                _ => value.replace('/', "–"),
            },
            "has_image" => choice(labels::WITH_PICTURE, labels::WITHOUT_PICTURE),
            "public_domain" => choice(labels::PUBLIC_DOMAIN, labels::NOT_PUBLIC_DOMAIN),
            "colour" => match value.trim_start_matches('#').split_once(':') {
                None => format!("#{}", value.trim_start_matches('#')),
                Some((colour, weight)) => format!("#{colour} {weight} %"),
            },
            _ if VisualMeasure::ALL.iter().any(|measure| measure.name() == name) => {
                format!("{} {}", self.sort(name), value.replace('/', "–"))
            }
            "min_width" => format!("{} {value} px", self.text(labels::MIN_WIDTH)),
            "min_height" => format!("{} {value} px", self.text(labels::MIN_HEIGHT)),
            _ => return None,
        })
    }

    /// `1850–1899`, `300–251 BC`.
    pub(crate) fn period(&self, from: i32, to: i32) -> String {
        let before_christ = self.text(labels::BC);
        match (from, to) {
            (..0, ..0) => format!("{}–{} {before_christ}", from.unsigned_abs(), to.unsigned_abs()),
            (..0, _) => format!("{} {before_christ} – {to}", from.unsigned_abs()),
            _ => format!("{}–{to}", from.max(1)),
        }
    }

    /// An integer with its digits in groups of three, separated as usual in the page's language.
    pub(super) fn grouped(&self, number: u64) -> String {
        number::grouped(number, number::separator(self.language))
    }

    /// A label with a number in the place of `{count}`: `1 work`, `1,234 works`.
    pub(super) fn counted(&self, number: u64, label: impl Into<Counted>) -> String {
        let Counted { one, other } = label.into();
        let text = match self.labels.and_then(|labels| labels.get(other.en)) {
            Some(words) => words.for_number(self.language, number),
            None => (if number == 1 { one } else { other }).in_language(self.language),
        };
        text.replace("{count}", &self.grouped(number))
    }

    /// A number with one decimal place, in the page's language.
    pub(super) fn decimal(&self, number: f64) -> String {
        let text = format!("{number:.1}");
        if number::separator(self.language) == "," { text } else { text.replace('.', ",") }
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels::WORKS;
    use super::*;

    fn danish() -> Context {
        Context { language: "da", chosen: true, base: "/m".into(), ..Context::default() }
    }

    #[test]
    fn numbers_are_formatted_for_the_language() {
        for (number, english, danish_text) in [
            (0, "0 works", "0 værker"),
            (1, "1 work", "1 værk"),
            (2, "2 works", "2 værker"),
            (12_345, "12,345 works", "12.345 værker"),
        ] {
            assert_eq!(Context::default().counted(number, WORKS), english);
            assert_eq!(danish().counted(number, WORKS), danish_text);
        }
        assert_eq!(danish().decimal(0.84), "0,8");
    }

    #[test]
    fn periods_before_christ_are_marked_bc() {
        for (from, to, english, danish_text) in [
            (1850, 1899, "1850–1899", "1850–1899"),
            (0, 49, "1–49", "1–49"),
            (-300, -251, "300–251 BC", "300–251 f.Kr."),
            (-50, 20, "50 BC – 20", "50 f.Kr. – 20"),
        ] {
            assert_eq!(Context::default().period(from, to), english);
            assert_eq!(danish().period(from, to), danish_text);
        }
        assert_eq!(danish().filter("years", "-300/-251").as_deref(), Some("300–251 f.Kr."));
        assert_eq!(danish().filter("years", "1850/").as_deref(), Some("1850–"));
    }

    #[test]
    fn links_keep_a_chosen_language() {
        let museum = Context { address: "https://host/m".into(), ..danish() };
        assert_eq!(museum.absolute(&museum.page("/")), "https://host/m/?lang=da");
        assert_eq!(danish().page("/"), "/m/?lang=da");
        assert_eq!(danish().page("/?q=a"), "/m/?q=a&lang=da");
        assert_eq!(Context::default().page("/?q=a"), "/?q=a");
    }
}
