//! The publisher of the collection: settings for documents and pages.

use serde::{Deserialize, Serialize};

use super::labels::{self, Label};
use super::links::http_uri;
use super::own_labels::OwnLabels;
use super::rights;
use crate::record::Text;

/// `[presentation]`: the museum's name, site, logo, attribution and languages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Publisher {
    /// The museum's name, by language, as in `{ en = "National Gallery", da = "Statens Museum" }`; may be empty.
    pub name: Text,
    /// The URL of the museum's own site; may be empty.
    pub homepage: String,
    /// The museum's logo; none if its `url` is empty.
    pub logo: Logo,
    /// The label of the credit line, by language; empty: `Attribution`.
    pub attribution_label: Text,
    /// The attribution of works without a credit line, by language; may be empty.
    pub attribution: Text,
    /// The URI of the licence of the records, as in `https://creativecommons.org/publicdomain/zero/1.0/`; may be empty.
    pub data_licence: String,
    /// Whether manifests that were imported keep the URIs of the manifest, its canvases, ranges and annotations. The
    /// museum's old addresses must then lead to this server's.
    pub keep_ids: bool,
    /// The languages of labels and pages (`en` and `da` exist), preferred first.
    pub languages: Vec<String>,
    /// The museum's own words for labels.
    #[serde(skip)]
    pub own_labels: OwnLabels,
    /// The domain in identifiers of OAI-PMH, of its settings; empty: the host.
    #[serde(skip)]
    pub identifier_namespace: String,
}

/// `[presentation.logo]`: the museum's logo.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Logo {
    pub url: String,
    /// In pixels; 0 if unknown.
    pub width: u32,
    /// In pixels; 0 if unknown.
    pub height: u32,
    /// Its media type; may be empty.
    pub format: String,
}

impl Default for Publisher {
    fn default() -> Self {
        Self {
            name: Text::default(),
            homepage: String::new(),
            logo: Logo::default(),
            attribution_label: Text::default(),
            attribution: Text::default(),
            data_licence: String::new(),
            keep_ids: false,
            languages: vec!["en".into(), "da".into()],
            own_labels: OwnLabels::default(),
            identifier_namespace: String::new(),
        }
    }
}

impl Publisher {
    /// Checks the URLs. The error names the invalid setting and what is valid.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (key, url) in
            [("homepage", &self.homepage), ("logo.url", &self.logo.url), ("data_licence", &self.data_licence)]
        {
            if !url.is_empty() && http_uri(url).is_none() {
                return Err(format!(
                    "presentation.{key} `{url}` must be a URL that begins with `https://` or `http://`"
                ));
            }
        }
        Ok(())
    }

    /// A copy that prefers this language, if it is one of the publisher's.
    pub(crate) fn in_language(&self, language: &str) -> Self {
        let mut publisher = self.clone();
        publisher.languages.sort_by_key(|own| own.split('-').next() != Some(language));
        publisher
    }

    /// The languages, preferred first, for [`Text::best`].
    pub(crate) fn preferred_languages(&self) -> Vec<&str> {
        self.languages.iter().map(String::as_str).collect()
    }

    /// The languages that labels are written in: English and Danish, or one of them if the publisher wants only that, and
    /// those of the museum's own.
    fn label_languages(&self) -> Vec<&'static str> {
        let own = self.own_labels.0.iter().map(|(language, _)| *language);
        let own = own.filter(|language| !labels::LANGUAGES.contains(language));
        labels::supported(&self.languages).chain(own).collect()
    }

    /// A label in a language: in the museum's own words, if it has some.
    pub(crate) fn word(&self, label: Label, language: &str) -> &'static str {
        let own = self.own_labels.of(language).and_then(|labels| labels.get(label.en));
        own.map_or_else(|| label.in_language(language), |words| &words.usual)
    }

    /// Whether a label exists in a language.
    pub(super) fn has_word(&self, label: Label, language: &str) -> bool {
        let is_own = || self.own_labels.of(language).is_some_and(|labels| labels.get(label.en).is_some());
        labels::LANGUAGES.contains(&language) || is_own()
    }

    /// A label in all languages that it exists in and that are wanted.
    pub(crate) fn label(&self, label: Label) -> Text {
        let word = |language: &str| self.word(label, language).to_owned();
        self.in_each_language(|language| self.has_word(label, language).then(|| word(language)))
    }

    /// A text that is written in each of the languages of labels.
    pub(crate) fn in_each_language(&self, write: impl Fn(&str) -> Option<String>) -> Text {
        let mut text = Text::default();
        for language in self.label_languages() {
            if let Some(words) = write(language) {
                text.add(language, &words);
            }
        }
        text
    }

    /// The name of a licence or rights statement; `None` for any other text.
    pub(crate) fn rights_name(&self, statement: &str) -> Option<Text> {
        let name = |language: &str| rights::name(statement, |label| self.word(label, language));
        Some(self.in_each_language(name)).filter(|text| !text.is_empty())
    }

    /// The label of a scheme in the preferred language; the scheme's name if it has no label.
    pub(crate) fn scheme_label(&self, name: &str) -> String {
        let word = labels::scheme(name).map(|word| self.label(word));
        let known = word.as_ref().and_then(|word| word.best(&self.preferred_languages()));
        known.unwrap_or(name).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_in_the_settings_are_http() {
        let publisher =
            |homepage: &str| Publisher { homepage: homepage.into(), ..Publisher::default() }.check();
        assert_eq!(publisher(""), Ok(()));
        assert_eq!(publisher("https://museum.example/"), Ok(()));
        assert!(publisher("museum.example").is_err());
    }

    #[test]
    fn labels_have_the_languages_that_are_wanted_and_exist() {
        let mut german = super::super::own_labels::Overrides::default();
        let words = super::super::own_labels::Words { usual: "Datum".into(), ..Default::default() };
        german.add("Date", words);
        let own: &'static _ = Box::leak(Box::new(german));
        let label = |languages: &[&str], label: Label| {
            let languages = languages.iter().map(|&one| one.to_owned()).collect();
            let own_labels = OwnLabels(Vec::leak(vec![("de", own)]));
            let publisher = Publisher { languages, own_labels, ..Publisher::default() };
            serde_json::to_string(&publisher.label(label)).unwrap()
        };
        let date = Label::new("Date", "Datering");
        assert_eq!(label(&[], date), r#"{"da":["Datering"],"de":["Datum"],"en":["Date"]}"#);
        assert_eq!(label(&["da-DK"], date), r#"{"da":["Datering"],"de":["Datum"]}"#);
        assert_eq!(label(&["fr"], date), r#"{"da":["Datering"],"de":["Datum"],"en":["Date"]}"#);
        assert_eq!(label(&["de-AT", "en"], date), r#"{"de":["Datum"],"en":["Date"]}"#);
        assert_eq!(label(&["de", "en"], Label::new("Type", "Værktype")), r#"{"en":["Type"]}"#);
    }
}
