//! Labels of pages in other words or other languages: Fluent files, `LANGUAGE.ftl`.

use fluent_bundle::{FluentArgs, FluentBundle, FluentError, FluentResource};
use fluent_syntax::ast::Entry;
use unic_langid::LanguageIdentifier;

use super::files::OwnFile;
use crate::web::pages::{Overrides, label_list};

/// What labels have a place for; scripts fill it in.
const ARGUMENTS: [&str; 3] = ["shown", "total", "count"];

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
    let ids = resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message.id.name.to_owned()),
        _ => None,
    });
    let ids: Vec<String> = ids.collect();
    if let Some(unknown) = ids.iter().find(|id| !list.iter().any(|label| label.id == **id)) {
        let near = list.iter().map(|label| (strsim::jaro_winkler(&label.id, unknown), &label.id));
        let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id)| format!("; did you mean `{id}`?"));
        let near = near.unwrap_or_default();
        return Err(format!("has `{unknown}`, which is not a label{near} `tegl config --labels` lists them"));
    }
    let mut bundle = FluentBundle::new(vec![language]);
    bundle.set_use_isolating(false);
    bundle.add_resource(&resource).map_err(|errors| described(&errors))?;
    let mut arguments = FluentArgs::new();
    ARGUMENTS.iter().for_each(|name| arguments.set(*name, format!("{{{name}}}")));
    let mut overrides = Overrides::default();
    for label in list {
        let Some(pattern) = bundle.get_message(&label.id).and_then(|message| message.value()) else {
            continue;
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        if !errors.is_empty() {
            return Err(format!("has `{}`, which cannot be used: {}", label.id, described(&errors)));
        }
        overrides.add(label.english, text);
    }
    Ok((name.to_owned(), overrides))
}

fn described(errors: &[FluentError]) -> String {
    errors.first().map(ToString::to_string).unwrap_or_default()
}

/// All labels as a Fluent file, to be translated.
pub(crate) fn template(is_danish: bool) -> String {
    let mut text = String::from(
        "# The labels of pages. Save this as LANGUAGE.ftl in `site.folder`, and leave out what stays.\n",
    );
    for label in label_list() {
        let mut words = if is_danish { label.danish } else { label.english.to_owned() };
        for name in ARGUMENTS {
            words = words.replace(&format!("{{{name}}}"), &format!("{{ ${name} }}"));
        }
        text.push_str(&format!("{} = {words}\n", label.id));
    }
    text
}
