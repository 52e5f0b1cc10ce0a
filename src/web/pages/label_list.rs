//! The list of all labels with identifiers for translators.

use std::collections::BTreeMap;

use crate::presentation::creator_roles::CreatorRole;
use crate::record::slug;
use crate::search::swatch_names;

/// The files that define labels. The list is read from them, so that no label is written twice.
const SOURCES: [&str; 17] = [
    include_str!("labels.rs"),
    include_str!("labels/work.rs"),
    include_str!("labels/concepts.rs"),
    include_str!("labels/creators.rs"),
    include_str!("labels/developers.rs"),
    include_str!("compare/labels.rs"),
    include_str!("../../presentation/labels.rs"),
    include_str!("../../presentation/metadata.rs"),
    include_str!("../../presentation/rights.rs"),
    include_str!("../../presentation/citation/mod.rs"),
    include_str!("../../presentation/image.rs"),
    include_str!("../../presentation/view.rs"),
    include_str!("../../presentation/links.rs"),
    include_str!("../../presentation/manifest.rs"),
    include_str!("../../presentation/media.rs"),
    include_str!("../../presentation/annotation.rs"),
    include_str!("../../presentation/collection.rs"),
];
/// The longest identifier.
const LONGEST: usize = 60;

/// A label that can be translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedLabel {
    /// Its English words as an identifier: `search-the-collection`.
    pub id: String,
    pub english: &'static str,
    pub danish: &'static str,
    /// Its words for one, if they differ: in English and Danish.
    pub one: Option<(&'static str, &'static str)>,
}

/// All labels, by identifier.
pub(crate) fn label_list() -> Vec<ListedLabel> {
    let mut labels: BTreeMap<String, ListedLabel> = BTreeMap::new();
    // Tests are at the end.
    let sources =
        SOURCES.map(|source| source.split_once("#[cfg(test)]").map_or(source, |(source, _)| source));
    let colors = swatch_names().into_iter().map(|(english, danish)| (english, danish, None));
    let roles = CreatorRole::all().iter().map(|role| (role.label.en, role.label.da, None));
    for (english, danish, one) in sources.into_iter().flat_map(calls).chain(colors).chain(roles) {
        if labels.values().any(|known| known.english == english) {
            continue;
        }
        let id = identifier(english);
        // Labels that differ in their capitals alone are numbered.
        let numbered = (2..).map(|number| format!("{id}-{number}"));
        let free = [id.clone()].into_iter().chain(numbered).find(|id| !labels.contains_key(id));
        let id = free.unwrap_or(id);
        labels.insert(id.clone(), ListedLabel { id, english, danish, one });
    }
    labels.into_values().collect()
}

/// A label's words in English and Danish, and those for one.
type Call = (&'static str, &'static str, Option<(&'static str, &'static str)>);

/// The labels that a source defines.
fn calls(source: &'static str) -> impl Iterator<Item = Call> {
    source.split("::new(").zip(source.split("::new(").skip(1)).filter_map(|(before, call)| {
        if before.ends_with("Counted") {
            let [one, english, danish_one, danish] = literals(call)?;
            return Some((english, danish, Some((one, danish_one))));
        }
        let [english, danish] = literals(call).filter(|_| before.ends_with("Label"))?;
        Some((english, danish, None))
    })
}

/// The string literals, without escapes, that are the arguments at the beginning of a text.
fn literals<const N: usize>(text: &'static str) -> Option<[&'static str; N]> {
    let (mut found, mut rest) = ([""; N], text);
    for literal in &mut found {
        let (text, after) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
        *literal = Some(text).filter(|text| !text.contains('\\'))?;
        rest = after.trim_start().trim_start_matches(',');
    }
    Some(found)
}

fn identifier(english: &str) -> String {
    match english {
        "“" => return "open-quote".into(),
        "”" => return "close-quote".into(),
        _ => {}
    }
    let mut id = String::new();
    for word in slug(english)
        .split('-')
        .filter(|word| word.bytes().all(|b| b.is_ascii_alphanumeric()) && !word.is_empty())
    {
        if !id.is_empty() && id.len() + word.len() >= LONGEST {
            break;
        }
        if !id.is_empty() {
            id.push('-');
        }
        id.push_str(word);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_has_an_identifier_of_its_own() {
        let labels = label_list();
        assert!(labels.len() > 150, "{}", labels.len());
        for label in &labels {
            assert!(label.id.starts_with(|c: char| c.is_ascii_alphabetic()), "{label:?}");
            assert!(!label.danish.is_empty(), "{label:?}");
        }
        let find = |id: &str| labels.iter().find(|label| label.id == id).map(|label| label.danish);
        assert_eq!(find("search-the-collection"), Some("Søg i samlingen"));
        assert_eq!(find("shown-of-total-works"), Some("{shown} af {total} værker"));
        assert_eq!(find("creators"), Some("Kunstnere"));
        assert_eq!(find("side-by-side"), Some("Side om side"));
        assert_eq!(find("dark-red"), Some("mørkerød"));
        let works = labels.iter().find(|label| label.id == "count-works").unwrap();
        assert_eq!(works.one, Some(("{count} work", "{count} værk")));
    }

    #[test]
    fn every_label_is_listed() {
        let labels = label_list();
        for source in SOURCES {
            let (source, _) = source.split_once("#[cfg(test)]").unwrap_or((source, ""));
            for call in source.split("Label::new(").skip(1).filter(|call| call.trim_start().starts_with('"'))
            {
                let [english, _danish] = literals(call).unwrap();
                assert!(labels.iter().any(|label| label.english == english), "{english}");
            }
        }
        let find = |id: &str| labels.iter().find(|label| label.id == id).map(|label| label.english);
        assert_eq!(find("see-the-whole-collection"), Some("see the whole collection"));
        assert_eq!(find("see-the-whole-collection-2"), Some("See the whole collection"));
    }
}
