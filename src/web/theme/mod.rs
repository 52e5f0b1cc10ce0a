//! What a museum changes on its pages without building Tegl again: colours, fonts, files, texts, labels and languages.
//!
//! All of it is read and checked once, when the server starts.

mod colors;
mod files;
mod labels;
pub(crate) mod settings;

use std::path::Path;

use crate::presentation::{Overrides, OwnLabels, http_uri};
use crate::record::Text;
use crate::web::pages::Asset;
pub(crate) use labels::template;
use settings::Settings;

/// The prefix of the museum's files below `/assets/`.
pub(crate) const PREFIX: &str = "own/";
/// The style sheet that is made of the settings and the folder.
const STYLE: &str = "theme.css";

/// The museum's own pages.
#[derive(Default)]
pub(crate) struct Theme {
    pub settings: Settings,
    files: Vec<(String, Asset)>,
    pub labels: OwnLabels,
}

impl Theme {
    /// Reads the folder and checks everything.
    ///
    /// # Errors
    /// A message that names the setting or the file, and what works.
    pub(crate) fn load(settings: &Settings) -> Result<Self, String> {
        check_links(settings)?;
        check_rows(settings)?;
        let mut files = Vec::new();
        let mut labels = Vec::new();
        if !settings.folder.is_empty() {
            let read = files::read(Path::new(&settings.folder))?;
            labels = labels::read(&read)?;
            files = read;
        }
        let style = colors::style(settings, &files)?;
        let has_file = |name: &str| name.is_empty() || files.iter().any(|file| file.name == name);
        if !has_file(&settings.logo) {
            return Err(format!("`site.logo` is `{}`, which is not in `site.folder`", settings.logo));
        }
        let labels =
            labels.into_iter().map(|(language, known)| (leaked(language), &*Box::leak(Box::new(known))));
        let labels: Vec<(&'static str, &'static Overrides)> = labels.collect();
        let served = files.into_iter().filter_map(|file| Some((file.name.clone(), file.asset()?)));
        let mut files: Vec<(String, Asset)> = served.collect();
        files.extend(
            style.map(|style| (STYLE.to_owned(), Asset::of(style.into(), "text/css; charset=utf-8"))),
        );
        Ok(Self { settings: settings.clone(), files, labels: OwnLabels(Vec::leak(labels)) })
    }

    /// A file by its path below `/assets/`.
    pub(crate) fn asset(&self, path: &str) -> Option<&Asset> {
        let name = path.strip_prefix(PREFIX)?;
        self.files.iter().find(|(known, _)| known == name).map(|(_, asset)| asset)
    }

    /// The URL of a file, if there is one with this name.
    fn address(&self, base: &str, name: &str) -> Option<String> {
        let (_, asset) = self.files.iter().find(|(known, _)| known == name)?;
        Some(format!("{base}/assets/{PREFIX}{name}?v={}", asset.version))
    }

    /// The URL of the style sheet.
    pub(crate) fn style(&self, base: &str) -> Option<String> {
        self.address(base, STYLE)
    }

    /// The URL of the logo.
    pub(crate) fn logo(&self, base: &str) -> Option<String> {
        self.address(base, &self.settings.logo)
    }

    /// Languages that labels exist in only here.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &'static str> {
        self.labels.0.iter().map(|(language, _)| *language)
    }
}

/// Labels and languages live as long as the server, so that pages can use them like the built-in ones.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn check_links(settings: &Settings) -> Result<(), String> {
    for link in &settings.menu {
        let is_path = link.url.starts_with('/') && !link.url.starts_with("//");
        if !is_path && http_uri(&link.url).is_none() {
            return Err(format!(
                "`site.menu` has the address `{}`: it must begin with `https://`, `http://` or `/`",
                link.url
            ));
        }
        if link.label == Text::default() {
            return Err(format!("`site.menu`: the link to `{}` has no label", link.url));
        }
    }
    Ok(())
}

fn check_rows(settings: &Settings) -> Result<(), String> {
    for row in &settings.home {
        let title = row.title.best(&[]).unwrap_or_default();
        if title.is_empty() {
            return Err("`site.home` has a row without `title`".into());
        }
        if !(1..=24).contains(&row.limit) {
            return Err(format!(
                "`site.home`: `limit` of «{title}» is {}: it must be from 1 to 24",
                row.limit
            ));
        }
        if !row.works.is_empty() && (!row.query.is_empty() || row.daily || row.anniversaries) {
            return Err(format!(
                "`site.home`: «{title}» has `works`, so that it cannot have a search as well"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
