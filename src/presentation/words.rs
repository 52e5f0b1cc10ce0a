//! The words that are ours, in the languages that we have them in.

use crate::record::{Role, Text};

/// The languages that our own words exist in.
pub const LANGUAGES: [&str; 2] = ["en", "da"];

/// A word of ours in English and in Danish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub en: &'static str,
    pub da: &'static str,
}

/// A work or its picture that no copyright binds.
pub const PUBLIC_DOMAIN: Word = word("Public domain", "Fri af ophavsret");

/// Makes a word.
pub const fn word(en: &'static str, da: &'static str) -> Word {
    Word { en, da }
}

impl Word {
    /// The word in a language: English where we have no other.
    pub fn in_language(self, language: &str) -> &'static str {
        if language == "da" || language.starts_with("da-") { self.da } else { self.en }
    }

    /// The word in these languages, those of ours that are asked for; all of ours where none is.
    pub fn text(self, languages: &[String]) -> Text {
        let mut text = Text::default();
        for language in ours(languages) {
            text.add(language, self.in_language(language));
        }
        text
    }
}

/// The languages of ours that are asked for; all of ours where none is.
fn ours(languages: &[String]) -> impl Iterator<Item = &'static str> {
    let asked = |ours: &str| languages.iter().any(|asked| asked.split('-').next() == Some(ours));
    let any = LANGUAGES.into_iter().any(asked);
    LANGUAGES.into_iter().filter(move |ours| !any || asked(ours))
}

/// What an image shows, in a word.
pub fn role(role: &Role) -> Option<Word> {
    Some(match role {
        Role::Recto => word("Front", "Forside"),
        Role::Verso => word("Back", "Bagside"),
        Role::Detail => word("Detail", "Detalje"),
        Role::Frame => word("Frame", "Ramme"),
        Role::Infrared => word("Infrared", "Infrarød"),
        Role::XRay => word("X-ray", "Røntgen"),
        Role::Ultraviolet => word("Ultraviolet", "Ultraviolet"),
        Role::RakingLight => word("Raking light", "Strejflys"),
        Role::Other(_) => return None,
    })
}

/// What kind of shelf, or of tag, a scheme's name stands for.
pub fn scheme(name: &str) -> Option<Word> {
    Some(match name {
        "creator" => word("Creators", "Kunstnere"),
        "period" => word("Periods", "Perioder"),
        "technique" => word("Techniques", "Teknikker"),
        "material" => word("Materials", "Materialer"),
        "type" => word("Types", "Værktyper"),
        "collection" => word("Collections", "Samlinger"),
        "department" => word("Departments", "Afdelinger"),
        "colour" | "color" => word("Colours", "Farver"),
        "motif" => word("Motifs", "Motiver"),
        "subject" => word("Subjects", "Emner"),
        "style" => word("Styles", "Stilarter"),
        "place" => word("Places", "Steder"),
        "person" => word("People", "Personer"),
        _ => return None,
    })
}

/// Words of records that come up again and again: what creators did, what was measured.
pub fn term(name: &str) -> Option<Word> {
    Some(match name.trim().to_lowercase().as_str() {
        "artist" => word("artist", "kunstner"),
        "painter" => word("painter", "maler"),
        "printmaker" => word("printmaker", "grafiker"),
        "draughtsman" => word("draughtsman", "tegner"),
        "sculptor" => word("sculptor", "billedhugger"),
        "photographer" => word("photographer", "fotograf"),
        "publisher" => word("publisher", "udgiver"),
        "after" => word("after", "efter"),
        "attributed" | "attributed to" => word("attributed to", "tilskrevet"),
        "workshop" | "workshop of" => word("workshop of", "værksted"),
        "height" => word("height", "højde"),
        "width" => word("width", "bredde"),
        "depth" => word("depth", "dybde"),
        "length" => word("length", "længde"),
        "diameter" => word("diameter", "diameter"),
        "weight" => word("weight", "vægt"),
        "sheet" => word("sheet", "ark"),
        "plate" => word("plate", "plade"),
        "image" => word("image", "billede"),
        "support" => word("support", "bærer"),
        "frame" => word("frame", "ramme"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_in_the_languages_asked_for() {
        let languages = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(|&one| one.to_owned()).collect();
            serde_json::to_string(&word("Date", "Datering").text(&asked)).unwrap()
        };
        assert_eq!(languages(&[]), r#"{"da":["Datering"],"en":["Date"]}"#);
        assert_eq!(languages(&["da-DK"]), r#"{"da":["Datering"]}"#);
        assert_eq!(languages(&["fr"]), r#"{"da":["Datering"],"en":["Date"]}"#);
    }
}
