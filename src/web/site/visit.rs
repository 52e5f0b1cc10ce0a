//! The context of a request for a page: its language, and the parts of links.

use actix_web::HttpRequest;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::gallery::Error;
use crate::presentation::creator_roles::CreatorRole;
use crate::presentation::labels::LANGUAGES;
use crate::presentation::{Logo, Publisher};
use crate::record::slug;
use crate::search::swatch_of;
use crate::web::App;
use crate::web::api::{pairs_of, query_of};
use crate::web::pages::{self, Link};
use crate::web::site::language::{page_language, site_languages};

/// Characters to percent-encode in a path segment (Image API 3.0, §9).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// The site in a visitor's language.
pub(super) struct Visit {
    pub context: pages::Context,
    /// The publisher, with the page's language preferred.
    pub publisher: Publisher,
}

impl Visit {
    /// # Errors
    ///
    /// If the request's `Host` is missing, invalid or not served here.
    pub(super) fn of(app: &App, request: &HttpRequest) -> Result<Self, Error> {
        let base = prefix(app, request)?;
        let offered = site_languages(&app.publisher, &app.theme);
        let found = page_language(request, &offered);
        let mut publisher = app.publisher.in_language(found.language);
        if !LANGUAGES.contains(&found.language) {
            // Records may have texts in a language of the museum's own labels.
            // What has no text in it is in English, as labels are.
            let preferred = [found.language, "en"];
            publisher.languages.retain(|language| !preferred.contains(&language.as_str()));
            publisher.languages.splice(0..0, preferred.map(str::to_owned));
        }
        let here = |&language: &&'static str| {
            let pairs: Vec<_> = pairs_of(request.query_string()).filter(|(name, _)| name != "lang").collect();
            let pairs = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_str()));
            let query = query_of(pairs.chain([("lang", language)]));
            // Exactly one slash, because `//` would start a host name.
            let href = format!("{base}/{}?{query}", request.uri().path().trim_start_matches('/'));
            Link { label: language.to_owned(), href, chosen: language == found.language, ..Link::default() }
        };
        let languages: Vec<Link> = offered.iter().map(here).collect();
        let preferred = publisher.preferred_languages();
        let theme = &app.theme;
        let own_logo = theme.logo(&base).map(|url| Logo { url, ..Logo::default() });
        let menu = theme.settings.menu.iter().filter_map(|link| {
            let label = link.label.best(&preferred)?.to_owned();
            let href =
                if link.url.starts_with('/') { format!("{base}{}", link.url) } else { link.url.clone() };
            Some(Link { label, href, ..Link::default() })
        });
        let context = pages::Context {
            labels: theme.labels.of(found.language),
            style: theme.style(&base),
            menu: menu.collect(),
            footer: theme.settings.footer.best(&preferred).map(str::to_owned),
            language: found.language,
            chosen: found.chosen,
            name: publisher.name.best(&preferred).map(str::to_owned),
            homepage: publisher.homepage.clone(),
            logo: own_logo.unwrap_or_else(|| publisher.logo.clone()),
            languages: if languages.len() > 1 { languages } else { Vec::new() },
            base,
            address: app.base.of(request)?,
        };
        Ok(Self { context, publisher })
    }

    /// The museum's own name of a colour or a role, by scheme and facet value.
    pub(super) fn own_name(&self, scheme: &str, value: &str) -> Option<&'static str> {
        let labels = self.publisher.own_labels.of(self.context.language)?;
        let english = match scheme {
            "colour" => swatch_of(value)?.english,
            "role" => CreatorRole::all().iter().find(|role| slug(role.label.en) == value)?.label.en,
            _ => return None,
        };
        labels.get(english).map(|words| words.usual.as_str())
    }

    /// The search for works that have all these values of schemes.
    pub(super) fn search_for(&self, values: &[(&str, &str)]) -> String {
        let filters: Vec<String> = values.iter().map(|(scheme, value)| format!("{scheme}:{value}")).collect();
        self.context.page(&format!("/?{}", query_of(filters.iter().map(|filter| ("all", filter.as_str())))))
    }
}

/// An identifier, percent-encoded as one path segment.
pub(super) fn encoded(identifier: &str) -> String {
    utf8_percent_encode(identifier, SEGMENT).to_string()
}

/// The path prefix of this server, without a trailing slash; empty if it is at the root.
pub(super) fn prefix(app: &App, request: &HttpRequest) -> Result<String, Error> {
    let base = app.base.of(request)?;
    let path =
        base.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| format!("/{path}"));
    Ok(path.unwrap_or_default())
}

/// The file name without folders and extension.
pub(super) fn label(identifier: &str) -> String {
    let name = identifier.rsplit('/').next().unwrap_or(identifier);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}
