//! The scripts and styles of the search page, and the texts that the scripts show. The page works without them.

use maud::{Markup, html};
use serde_json::json;

use super::assets;
use super::context::Context;
use super::labels;
use super::search_results::Search;

/// The style sheet.
pub(super) fn styles(context: &Context) -> Markup {
    assets::element(&context.base, "find/find.css")
}

/// The scripts that this page needs.
pub(super) fn scripts(context: &Context, page: &Search) -> Markup {
    let needed = [
        ("find/more.js", !page.hits.is_empty() && (page.next.is_some() || page.previous.is_some())),
        ("find/period.js", page.period.is_some()),
        ("find/draw.js", page.can_send || page.like.as_ref().is_some_and(|like| like.can_draw)),
        ("find/picture.js", page.can_send),
    ];
    html! {
        @for (script, _) in needed.into_iter().filter(|(_, needed)| *needed) {
            (assets::element(&context.base, script))
        }
    }
}

/// The texts of the scripts, as JSON.
pub(super) fn texts(context: &Context) -> String {
    let text = |label| context.text(label);
    json!({
        "loading": text(labels::LOADING),
        "inView": context.for_script(labels::IN_VIEW),
        "failed": text(labels::LOAD_FAILED),
        "fromYear": text(labels::FROM_YEAR),
        "toYear": text(labels::TO_YEAR),
        "showCount": context.for_script(labels::SHOW_COUNT),
        "likeYours": text(labels::LIKE_YOURS),
        "yours": text(labels::YOUR_PICTURE),
        "draw": text(labels::DRAW_ON_YOURS),
        "end": text(labels::END_LIKE),
        "whole": text(labels::WHOLE),
        "pictureFailed": text(labels::PICTURE_FAILED),
        "notAPicture": text(labels::NOT_A_PICTURE),
    })
    .to_string()
}
