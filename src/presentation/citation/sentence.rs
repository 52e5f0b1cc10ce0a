//! Citations as a sentence for people.

use super::Citation;
use super::line::line;

/// `Anna Ancher, Sunlight, 1891. Oil on canvas, 65 × 59 cm. Museum, KMS1. https://…`.
pub(super) fn sentence(citation: &Citation) -> String {
    let and = citation.words.and;
    let names: Vec<String> = citation.creators.iter().map(super::name::Name::displayed).collect();
    let names = match names.split_last() {
        Some((last, [])) => Some(last.clone()),
        Some((last, others)) => Some(format!("{} {and} {last}", others.join(", "))),
        None => None,
    };
    let made = [names, Some(citation.title.clone()), citation.date.clone()];
    let kept = [citation.museum.clone(), Some(citation.number.clone())];
    let joined = |parts: &[Option<String>]| {
        let parts = parts.iter().flatten().map(|part| line(part)).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(", ")
    };
    let sentences = [
        joined(&made),
        joined(&[citation.physical()]),
        joined(&kept),
        joined(std::slice::from_ref(&citation.rights)),
        joined(&[citation.detail_note()]),
    ];
    let sentences = sentences.iter().filter(|sentence| !sentence.is_empty()).map(|sentence| ended(sentence));
    sentences.chain([citation.page()]).collect::<Vec<_>>().join(" ")
}

/// A sentence with a full stop, unless it ends with a sign that needs none.
fn ended(sentence: &str) -> String {
    match sentence.chars().last() {
        Some('.' | '!' | '?' | '…') => sentence.to_owned(),
        _ => format!("{sentence}."),
    }
}
