//! The error page.

use maud::{Markup, html};

use super::context::Context;
use super::form::form;
use super::frame::{document, footer, site_name};
use super::labels::{self, Label};
use crate::catalogue::Tombstone;
use crate::record::timestamp;

/// Kinds of errors that visitors see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    NotFound,
    Gone,
    /// A creator whose works were withdrawn.
    NoWorks,
    BadRequest,
    Forbidden,
    TryAgain,
    StoreUnavailable,
    CatalogueUnavailable,
    Internal,
}

impl Failure {
    fn labels(self) -> (Label, Label) {
        match self {
            Self::NotFound => (labels::NOT_FOUND, labels::NOT_FOUND_MORE),
            Self::Gone => (labels::GONE, labels::GONE_MORE),
            Self::NoWorks => (labels::CREATOR_GONE, labels::CREATOR_GONE_MORE),
            Self::BadRequest => (labels::BAD_ADDRESS, labels::BAD_ADDRESS_MORE),
            Self::Forbidden => (labels::NOT_ALLOWED, labels::NOT_ALLOWED_MORE),
            Self::TryAgain => (labels::TRY_AGAIN, labels::TRY_AGAIN_MORE),
            Self::StoreUnavailable => (labels::STORE_UNAVAILABLE, labels::STORE_UNAVAILABLE_MORE),
            Self::CatalogueUnavailable => (labels::CATALOGUE_UNAVAILABLE, labels::CATALOGUE_UNAVAILABLE_MORE),
            Self::Internal => (labels::FAILED, labels::FAILED_MORE),
        }
    }
}

/// The page for a failure; `detail` is the technical message, which is in English. Of a withdrawn work nothing but its
/// tombstone is shown.
pub(crate) fn failure(
    context: &Context,
    failure: Failure,
    detail: Option<&str>,
    tombstone: Option<&Tombstone>,
) -> String {
    let (heading, more) = failure.labels();
    let heading = context.text(heading);
    let body = html! {
        header.site-header { (site_name(context)) (form(context, "", &[])) }
        main.failure {
            h1 { (heading) }
            p { (context.text(more)) }
            @if let Some(detail) = detail { p.detail lang="en" { (detail) } }
            @if let Some(tombstone) = tombstone { (facts(context, tombstone)) }
            p { a href=(context.page("/")) { (context.text(labels::SEE_ALL_START)) } }
        }
        (footer(context))
    };
    document(context, &format!("{heading} · {}", context.title()), "listing work-page", &[], body)
}

fn facts(context: &Context, tombstone: &Tombstone) -> Markup {
    let Tombstone { object_number, at_ms, reason, .. } = tombstone;
    let at = at_ms.map(timestamp);
    html! {
        dl.tombstone {
            dt { (context.text(labels::OBJECT_NUMBER)) } dd { (object_number) }
            @if let Some(at) = &at {
                dt { (context.text(labels::WITHDRAWN)) }
                dd { time datetime=(at) { (at.split('T').next().unwrap_or_default()) } }
            }
            // In the language in which the museum gave it.
            @if let Some(reason) = reason { dt { (context.text(labels::REASON)) } dd lang="" { (reason) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_explained_in_the_language_of_the_page() {
        let danish = Context { language: "da", chosen: true, ..Context::default() };
        let page = failure(&danish, Failure::NotFound, None, None);
        assert!(page.contains("<html lang=\"da\"") && page.contains("Her er ikke noget"), "{page}");
        assert!(page.contains("href=\"/?lang=da\""), "{page}");
        let page = failure(&Context::default(), Failure::BadRequest, Some("`<b>` is not a canvas"), None);
        assert!(page.contains("lang=\"en\">`&lt;b&gt;` is not a canvas<"), "{page}");
    }

    #[test]
    fn of_a_withdrawn_work_its_tombstone_is_shown() {
        let danish = Context { language: "da", chosen: true, ..Context::default() };
        let reason = Some("Returned to <its> owner".to_owned());
        let tombstone = Tombstone {
            object_number: "KMS1".into(),
            at_ms: Some(1_700_000_000_123),
            reason,
            revision: None,
        };
        let page = failure(&danish, Failure::Gone, None, Some(&tombstone));
        for shown in [
            "<dd>KMS1</dd>",
            "<dt>Trukket tilbage</dt><dd><time datetime=\"2023-11-14T22:13:20.123Z\">2023-11-14</time></dd>",
            "<dd lang=\"\">Returned to &lt;its&gt; owner</dd>",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
    }
}
