//! Negotiates the language of pages.

use actix_web::HttpRequest;
use actix_web::http::header::{AcceptLanguage, Header, Preference, Quality};

use crate::presentation::Publisher;
use crate::presentation::labels::LANGUAGES;
use crate::web::api::pairs_of;
use crate::web::theme::Theme;

/// The language of a page, and whether the visitor chose it by `?lang=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageLanguage {
    pub language: &'static str,
    pub chosen: bool,
}

/// The publisher's languages that pages exist in, preferred first, or else all of them; then those of the museum's own labels.
pub(super) fn site_languages(publisher: &Publisher, theme: &Theme) -> Vec<&'static str> {
    let translated =
        |tag: &String| LANGUAGES.into_iter().find(|language| tag.split('-').next() == Some(language));
    let offered: Vec<_> = publisher.languages.iter().filter_map(translated).collect();
    let mut offered = if offered.is_empty() { LANGUAGES.to_vec() } else { offered };
    offered.extend(theme.languages().filter(|language| !LANGUAGES.contains(language)));
    offered
}

/// The language of a page: `?lang=`, else the best of `Accept-Language` (RFC 4647, §3.4), else the first.
pub(super) fn page_language(request: &HttpRequest, offered: &[&'static str]) -> PageLanguage {
    let known = |tag: &str| {
        let primary = tag.split('-').next().unwrap_or(tag);
        offered.iter().copied().find(|language| language.eq_ignore_ascii_case(primary))
    };
    let parameter = pairs_of(request.query_string()).find(|(name, _)| name == "lang");
    if let Some(language) = parameter.and_then(|(_, tag)| known(&tag)) {
        return PageLanguage { language, chosen: true };
    }
    let language = negotiated(request, offered, known).or(offered.first().copied()).unwrap_or("en");
    PageLanguage { language, chosen: false }
}

fn negotiated(
    request: &HttpRequest,
    offered: &[&'static str],
    known: impl Fn(&str) -> Option<&'static str>,
) -> Option<&'static str> {
    let mut accepted = AcceptLanguage::parse(request).ok()?.0;
    // The sort is stable: among equal weights the first one wins.
    accepted.sort_by_key(|one| std::cmp::Reverse(one.quality));
    let named = |language: &str| {
        accepted.iter().any(|one| {
            matches!(&one.item, Preference::Specific(tag) if known(tag.primary_language()) == Some(language))
        })
    };
    accepted.iter().filter(|one| one.quality > Quality::ZERO).find_map(|one| match &one.item {
        Preference::Specific(tag) => known(tag.primary_language()),
        Preference::Any => offered.iter().copied().find(|language| !named(language)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header;
    use actix_web::test::TestRequest;

    #[track_caller]
    fn check(languages: &[&str], uri: &str, accept: &str, language: &str, chosen: bool) {
        let languages = languages.iter().map(|&language| language.to_owned()).collect();
        let publisher = Publisher { languages, ..Publisher::default() };
        let mut request = TestRequest::with_uri(uri);
        if !accept.is_empty() {
            request = request.insert_header((header::ACCEPT_LANGUAGE, accept));
        }
        let found = page_language(&request.to_http_request(), &site_languages(&publisher, &Theme::default()));
        assert_eq!(
            (found.language, found.chosen),
            (language, chosen),
            "{languages:?} {uri} {accept}",
            languages = publisher.languages
        );
    }

    #[test]
    fn accept_language_and_lang_select_a_language_of_the_site() {
        let both = &["da", "en"];
        check(both, "/", "", "da", false);
        check(both, "/", "en", "en", false);
        check(both, "/", "en-GB,en;q=0.9,da;q=0.8", "en", false);
        check(both, "/", "de, da-DK;q=0.7, en;q=0.3", "da", false);
        check(both, "/", "en;q=0.2, da;q=0.1", "en", false);
        check(both, "/", "en, da", "en", false);
        check(both, "/", "da;q=0, *", "en", false);
        check(both, "/", "en;q=0", "da", false);
        check(both, "/", "fr", "da", false);
        check(both, "/", "!!!", "da", false);
        check(both, "/?q=x&lang=en", "da", "en", true);
        check(both, "/?lang=en-GB", "da", "en", true);
        check(both, "/?lang=fr", "en", "en", false);
    }

    #[test]
    fn other_languages_are_ignored() {
        check(&["da"], "/?lang=en", "en", "da", false);
        check(&["da-DK"], "/", "en", "da", false);
        check(&["fr"], "/", "da", "da", false);
        check(&["fr"], "/", "", "en", false);
        check(&["de", "da"], "/", "de", "da", false);
    }
}
