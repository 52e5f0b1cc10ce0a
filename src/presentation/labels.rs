//! The words that are ours, in the languages that we have them in.

use crate::record::{Role, Text};

/// The languages that our own words exist in.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "da"];

/// A word of ours in English and in Danish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub en: &'static str,
    pub da: &'static str,
}

/// A work or its picture that no copyright binds.
pub(crate) const PUBLIC_DOMAIN: Label = Label::new("Public domain", "Fri af ophavsret");

impl Label {
    pub(crate) const fn new(en: &'static str, da: &'static str) -> Self {
        Self { en, da }
    }

    /// The word in a language: English where we have no other.
    pub(crate) fn in_language(self, language: &str) -> &'static str {
        if language == "da" || language.starts_with("da-") { self.da } else { self.en }
    }

    /// The word in these languages, those that are requested and supported; all supported ones if none is.
    pub(crate) fn text(self, languages: &[String]) -> Text {
        let mut text = Text::default();
        for language in ours(languages) {
            text.add(language, self.in_language(language));
        }
        text
    }
}

/// The supported languages that are requested; all supported ones if none is.
fn ours(languages: &[String]) -> impl Iterator<Item = &'static str> {
    let asked = |ours: &str| languages.iter().any(|asked| asked.split('-').next() == Some(ours));
    let any = LANGUAGES.into_iter().any(asked);
    LANGUAGES.into_iter().filter(move |ours| !any || asked(ours))
}

/// What an image shows, in a word.
pub(crate) fn role(role: &Role) -> Option<Label> {
    Some(match role {
        Role::Recto => Label::new("Front", "Forside"),
        Role::Verso => Label::new("Back", "Bagside"),
        Role::Detail => Label::new("Detail", "Detalje"),
        Role::Frame => Label::new("Frame", "Ramme"),
        Role::Infrared => Label::new("Infrared", "Infrarød"),
        Role::XRay => Label::new("X-ray", "Røntgen"),
        Role::Ultraviolet => Label::new("Ultraviolet", "Ultraviolet"),
        Role::RakingLight => Label::new("Raking light", "Strejflys"),
        Role::Other(_) => return None,
    })
}

/// The kind of facet or tag that a scheme names.
pub(crate) fn scheme(name: &str) -> Option<Label> {
    Some(match name {
        "creator" => Label::new("Creators", "Kunstnere"),
        "period" => Label::new("Periods", "Perioder"),
        "technique" => Label::new("Techniques", "Teknikker"),
        "material" => Label::new("Materials", "Materialer"),
        "type" => Label::new("Types", "Værktyper"),
        "collection" => Label::new("Collections", "Samlinger"),
        "department" => Label::new("Departments", "Afdelinger"),
        "colour" | "color" => Label::new("Colours", "Farver"),
        "motif" => Label::new("Motifs", "Motiver"),
        "subject" => Label::new("Subjects", "Emner"),
        "style" => Label::new("Styles", "Stilarter"),
        "place" => Label::new("Places", "Steder"),
        "person" => Label::new("People", "Personer"),
        _ => return None,
    })
}

/// Words of records that come up again and again: what creators did, what was measured.
pub(crate) fn term(name: &str) -> Option<Label> {
    Some(match name.trim().to_lowercase().as_str() {
        "artist" => Label::new("artist", "kunstner"),
        "painter" => Label::new("painter", "maler"),
        "printmaker" => Label::new("printmaker", "grafiker"),
        "draughtsman" => Label::new("draughtsman", "tegner"),
        "sculptor" => Label::new("sculptor", "billedhugger"),
        "photographer" => Label::new("photographer", "fotograf"),
        "publisher" => Label::new("publisher", "udgiver"),
        "after" => Label::new("after", "efter"),
        "attributed" | "attributed to" => Label::new("attributed to", "tilskrevet"),
        "workshop" | "workshop of" => Label::new("workshop of", "værksted"),
        "height" => Label::new("height", "højde"),
        "width" => Label::new("width", "bredde"),
        "depth" => Label::new("depth", "dybde"),
        "length" => Label::new("length", "længde"),
        "diameter" => Label::new("diameter", "diameter"),
        "weight" => Label::new("weight", "vægt"),
        "sheet" => Label::new("sheet", "ark"),
        "plate" => Label::new("plate", "plade"),
        "image" => Label::new("image", "billede"),
        "support" => Label::new("support", "bærer"),
        "frame" => Label::new("frame", "ramme"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_the_requested_languages() {
        let languages = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(|&one| one.to_owned()).collect();
            serde_json::to_string(&Label::new("Date", "Datering").text(&asked)).unwrap()
        };
        assert_eq!(languages(&[]), r#"{"da":["Datering"],"en":["Date"]}"#);
        assert_eq!(languages(&["da-DK"]), r#"{"da":["Datering"]}"#);
        assert_eq!(languages(&["fr"]), r#"{"da":["Datering"],"en":["Date"]}"#);
    }
}
