//! Settings of the museum's own pages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::Text;

/// `[site]`: colours, fonts, texts, links and the home page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// A folder with files of the museum's own: `style.css`, pictures, fonts, and labels as `LANGUAGE.ftl`. Empty: none.
    pub folder: String,
    /// A picture of the folder that pages show instead of `presentation.logo`; may be empty.
    pub logo: String,
    /// A font of the folder for texts, and one for headings; may be empty.
    pub font: String,
    pub heading_font: String,
    /// Colours as `#rrggbb`, by name: `page`, `mat`, `ink`, `faint`, `line` and `accent`.
    pub colors: BTreeMap<String, String>,
    /// The colours of visitors who prefer dark pages.
    pub dark_colors: BTreeMap<String, String>,
    /// The heading and the text at the top of the home page, by language; may be empty.
    pub heading: Text,
    pub welcome: Text,
    /// A text at the bottom of all pages, by language; may be empty.
    pub footer: Text,
    /// Links at the top of all pages.
    pub menu: Vec<MenuLink>,
    /// Rows of works on the home page.
    pub home: Vec<Row>,
}

/// `[[site.menu]]`: a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MenuLink {
    /// Its text, by language.
    pub label: Text,
    /// An address that begins with `https://`, `http://` or `/`.
    pub url: String,
}

/// `[[site.home]]`: a row of works on the home page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Row {
    /// Its heading, by language.
    pub title: Text,
    /// The object numbers of its works; empty for those of `query`.
    pub works: Vec<String>,
    /// Works that a search of the API finds, as in `any=type:painting&has_image=true`.
    pub query: String,
    /// Whether other works of the search are shown each day.
    pub daily: bool,
    /// Whether only works are shown that were made 50, 100, 150 … years ago.
    pub anniversaries: bool,
    /// Its number of works.
    pub limit: usize,
}

impl Default for Row {
    fn default() -> Self {
        Self {
            title: Text::default(),
            works: Vec::new(),
            query: String::new(),
            daily: false,
            anniversaries: false,
            limit: 6,
        }
    }
}
