//! Labels in both languages of Tegl.

/// A label in English and Danish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub en: &'static str,
    pub da: &'static str,
}

impl Label {
    pub(crate) const fn new(en: &'static str, da: &'static str) -> Self {
        Self { en, da }
    }

    /// The label in a language; English if there is no translation.
    pub(crate) fn in_language(self, language: &str) -> &'static str {
        if language == "da" || language.starts_with("da-") { self.da } else { self.en }
    }
}
