//! The publisher of the collection: settings for documents and pages.

use serde::{Deserialize, Serialize};

use super::links::http_uri;
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
    /// The languages of labels and pages (`en` and `da` exist), preferred first.
    pub languages: Vec<String>,
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
            languages: vec!["en".into(), "da".into()],
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

    /// The label of a scheme in the preferred language; the scheme's name if it has no label.
    pub(crate) fn scheme_label(&self, name: &str) -> String {
        let word = super::labels::scheme(name).map(|word| word.text(&self.languages));
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
}
