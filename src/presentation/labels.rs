//! Tegl's own labels in English and Danish.

use super::creator_roles::CreatorRole;
pub(crate) use super::label::Label;
use crate::record::Role;

/// The languages that labels exist in.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "da"];

/// The label of works and images without copyright.
pub(crate) const PUBLIC_DOMAIN: Label = Label::new("Public domain", "Fri af ophavsret");

/// The supported languages that are requested; all supported ones if none is.
pub(super) fn supported(languages: &[String]) -> impl Iterator<Item = &'static str> {
    let requested = |language: &str| languages.iter().any(|tag| tag.split('-').next() == Some(language));
    let any = LANGUAGES.into_iter().any(requested);
    LANGUAGES.into_iter().filter(move |language| !any || requested(language))
}

/// The label of an image's role.
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

/// The label of a scheme of facets or tags.
pub(crate) fn scheme(name: &str) -> Option<Label> {
    Some(match name {
        "creator" => Label::new("Creators", "Kunstnere"),
        "role" => Label::new("Roles", "Roller"),
        "period" => Label::new("Periods", "Perioder"),
        "technique" => Label::new("Techniques", "Teknikker"),
        "material" => Label::new("Materials", "Materialer"),
        "type" => Label::new("Types", "Værktyper"),
        "collection" => Label::new("Collections", "Samlinger"),
        super::IMPORTED_SCHEME => Label::new("Imported collections", "Importerede samlinger"),
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

/// The labels of terms that are common in records: roles of creators, and kinds and parts of measurements.
pub(crate) fn term(name: &str) -> Option<Label> {
    if let Some(role) = CreatorRole::named(name) {
        return Some(role.label);
    }
    Some(match name.trim().to_lowercase().as_str() {
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
