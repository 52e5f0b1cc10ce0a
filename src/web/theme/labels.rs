//! Labels of pages in other words or other languages: Fluent files, `LANGUAGE.ftl`.

use std::collections::BTreeMap;

use fluent_bundle::{FluentArgs, FluentBundle, FluentError, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey};
use unic_langid::LanguageIdentifier;

use super::files::OwnFile;
use crate::presentation::{Overrides, Words, exactly};
use crate::web::pages::label_list;

/// What labels have a place for; pages and scripts fill it in.
const ARGUMENTS: [&str; 3] = ["shown", "total", "count"];
/// The one of them that decides about the form, if a label has it.
const NUMBERS: [&str; 2] = ["total", "count"];
/// Stands in for a number until it is known; no label has this character.
const PLACE: &str = "\u{fffc}";
/// The plural categories (CLDR).
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// The labels of each language, from the files of the folder.
pub(super) fn read(files: &[OwnFile]) -> Result<Vec<(String, Overrides)>, String> {
    let files = files.iter().filter(|file| file.extension() == "ftl");
    files
        .map(|file| language(file).map_err(|reason| format!("`{}` in `site.folder` {reason}", file.name)))
        .collect()
}

fn language(file: &OwnFile) -> Result<(String, Overrides), String> {
    let name = file.name.trim_end_matches(".ftl");
    let language: LanguageIdentifier = name
        .parse()
        .ok()
        .filter(|_| name.len() <= 3 && name.bytes().all(|b| b.is_ascii_lowercase()))
        .ok_or("is not named by a language, as in `de.ftl`")?;
    let resource = FluentResource::try_new(file.text()?.to_owned()).map_err(|(_, errors)| {
        format!("is not Fluent: {}", errors.first().map(ToString::to_string).unwrap_or_default())
    })?;
    let list = label_list();
    let mut selections = BTreeMap::new();
    for entry in resource.entries() {
        let Entry::Message(message) = entry else { continue };
        let id = message.id.name;
        if !list.iter().any(|label| label.id == id) {
            let near = list.iter().map(|label| (strsim::jaro_winkler(&label.id, id), &label.id));
            let near =
                near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id)| format!("; did you mean `{id}`?"));
            let near = near.unwrap_or_default();
            return Err(format!("has `{id}`, which is not a label{near} `tegl config --labels` lists them"));
        }
        let mut selection = Selection::default();
        message.value.iter().for_each(|pattern| selection.read(pattern));
        selections.insert(id.to_owned(), selection);
    }
    let mut bundle = FluentBundle::new(vec![language]);
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(|value, _| is_place(value).then(|| PLACE.to_owned())));
    bundle.add_resource(&resource).map_err(|errors| described(&errors))?;
    let mut overrides = Overrides::default();
    for label in list {
        let Some(selection) = selections.get(&label.id) else { continue };
        let Some(pattern) = bundle.get_message(&label.id).and_then(|message| message.value()) else {
            continue;
        };
        let number = NUMBERS.into_iter().find(|name| label.english.contains(&format!("{{{name}}}")));
        if let Some(other) = selection.by.iter().find(|by| Some(by.as_str()) != number) {
            let works = number.map(|name| format!(", only by `${name}`")).unwrap_or_default();
            return Err(format!("has `{}`, whose form cannot be selected by `${other}`{works}", label.id));
        }
        if selection.has_number {
            return Err(format!("has `{}`, with a number in braces: write it without them", label.id));
        }
        // Fluent's own plural rules are not asked: a form is selected by the name of its category.
        let text = |value: Option<FluentValue<'static>>| {
            let mut arguments = FluentArgs::new();
            ARGUMENTS.iter().for_each(|name| arguments.set(*name, format!("{{{name}}}")));
            if let (Some(name), Some(value)) = (number, value) {
                arguments.set(name, value);
            }
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
            match number {
                _ if !errors.is_empty() => {
                    Err(format!("has `{}`, which cannot be used: {}", label.id, described(&errors)))
                }
                Some(name) => Ok(text.replace(PLACE, &format!("{{{name}}}"))),
                None => Ok(text),
            }
        };
        // Without a number Fluent takes the variant that is marked as default.
        let mut words = Words { usual: text(None)?, forms: BTreeMap::new() };
        if !selection.by.is_empty() {
            for category in CATEGORIES {
                words.forms.insert(category.to_owned(), text(Some(category.into()))?);
            }
            for value in &selection.values {
                words.forms.insert(exactly(*value), text(Some((*value).into()))?);
            }
            words.forms.retain(|key, form| key.starts_with('=') || *form != words.usual);
        }
        overrides.add(label.english, words);
    }
    Ok((name.to_owned(), overrides))
}

/// What selects among the variants of a message.
#[derive(Default)]
struct Selection {
    /// The names of the arguments.
    by: Vec<String>,
    /// The numbers that have a variant of their own.
    values: Vec<u64>,
    /// Whether a number is written as a value.
    has_number: bool,
}

impl Selection {
    fn read(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            let PatternElement::Placeable { expression } = element else { continue };
            let Expression::Select { selector, variants } = expression else {
                self.has_number |=
                    matches!(expression, Expression::Inline(InlineExpression::NumberLiteral { .. }));
                continue;
            };
            if let InlineExpression::VariableReference { id } = selector {
                self.by.push(id.name.to_owned());
            }
            for variant in variants {
                if let VariantKey::NumberLiteral { value } = &variant.key {
                    self.values.extend(value.parse::<u64>());
                }
                self.read(&variant.value);
            }
        }
    }
}

/// Whether a value is that of the number that decides about the form, whose text is [`PLACE`].
fn is_place(value: &FluentValue<'_>) -> bool {
    match value {
        FluentValue::String(text) => CATEGORIES.contains(&&**text),
        FluentValue::Number(_) => true,
        _ => false,
    }
}

fn described(errors: &[FluentError]) -> String {
    errors.first().map(ToString::to_string).unwrap_or_default()
}

/// All labels as a Fluent file, to be translated.
pub(crate) fn template(is_danish: bool) -> String {
    let mut text = String::from(
        "# The labels of pages. Save this as LANGUAGE.ftl in `site.folder`, and leave out what stays. Labels with a number\n\
         # may have as many forms as the language has plural categories: zero, one, two, few, many, other.\n",
    );
    for label in label_list() {
        let words = |english: &str, danish: &str| {
            let mut words = if is_danish { danish.to_owned() } else { english.to_owned() };
            for name in ARGUMENTS {
                words = words.replace(&format!("{{{name}}}"), &format!("{{ ${name} }}"));
            }
            words
        };
        let usual = words(label.english, label.danish);
        let number = NUMBERS.into_iter().find(|name| usual.contains(&format!("${name} ")));
        match (label.one, number) {
            (Some((english, danish)), Some(number)) => {
                let one = words(english, danish);
                text.push_str(&format!(
                    "{} = {{ ${number} ->\n    [one] {one}\n   *[other] {usual}\n}}\n",
                    label.id
                ));
            }
            _ => text.push_str(&format!("{} = {usual}\n", label.id)),
        }
    }
    text
}
