//! Labels in the museum's own words, with the forms that their language has for numbers.

use std::collections::{BTreeMap, HashMap};

use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};

/// Labels in other words or in another language, by the English ones.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides(HashMap<&'static str, Words>);

/// A label's text, and its texts for some numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// For any other number, and where there is none.
    pub usual: String,
    /// By plural category (CLDR), as `few`, and by number, as `=0`.
    pub forms: BTreeMap<String, String>,
}

/// The museum's own labels by language. They live as long as the server.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct OwnLabels(pub &'static [(&'static str, &'static Overrides)]);

impl OwnLabels {
    /// Those of a language.
    pub(crate) fn of(self, language: &str) -> Option<&'static Overrides> {
        self.0.iter().find(|(known, _)| language.split('-').next() == Some(known)).map(|(_, labels)| *labels)
    }
}

impl Overrides {
    /// Sets a label.
    pub(crate) fn add(&mut self, english: &'static str, words: Words) {
        self.0.insert(english, words);
    }

    /// The words that replace a label.
    pub(crate) fn get(&self, english: &str) -> Option<&Words> {
        self.0.get(english)
    }
}

impl Words {
    /// The text for a number.
    pub(crate) fn for_number(&self, language: &str, number: u64) -> &str {
        let exact = self.forms.get(&exactly(number));
        exact.or_else(|| self.forms.get(category(language, number))).unwrap_or(&self.usual)
    }
}

/// The key of the form for a number alone.
pub(crate) fn exactly(number: u64) -> String {
    format!("={number}")
}

/// The plural category of a number in a language (CLDR).
fn category(language: &str, number: u64) -> &'static str {
    let locale = language.parse::<Locale>().ok();
    let rules = locale.and_then(|locale| PluralRules::try_new_cardinal(locale.into()).ok());
    match rules.map(|rules| rules.category_for(number)) {
        Some(PluralCategory::Zero) => "zero",
        Some(PluralCategory::One) => "one",
        Some(PluralCategory::Two) => "two",
        Some(PluralCategory::Few) => "few",
        Some(PluralCategory::Many) => "many",
        Some(PluralCategory::Other) | None => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_category_of_their_language() {
        let categories = |language, numbers: &[u64]| {
            numbers.iter().map(|number| category(language, *number)).collect::<Vec<_>>()
        };
        assert_eq!(categories("en", &[0, 1, 2]), ["other", "one", "other"]);
        assert_eq!(categories("pl", &[1, 2, 5, 12, 22, 112]), ["one", "few", "many", "many", "few", "many"]);
        assert_eq!(
            categories("ar", &[0, 1, 2, 3, 11, 100, 103]),
            ["zero", "one", "two", "few", "many", "other", "few"]
        );
        assert_eq!(categories("ja", &[1, 2]), ["other", "other"]);
        assert_eq!(categories("no language", &[1]), ["other"]);
    }

    #[test]
    fn a_number_of_its_own_is_before_its_category() {
        let form = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        let words =
            Words { usual: "many".into(), forms: [form("one", "one"), form("=1", "a single")].into() };
        assert_eq!(words.for_number("en", 1), "a single");
        assert_eq!(words.for_number("fr", 0), "one");
        assert_eq!(words.for_number("en", 3), "many");
    }
}
