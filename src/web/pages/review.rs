//! The page on which curators decide about proposed tags; its script loads them with the curator's token.

use maud::{Markup, html};
use serde_json::json;

use super::context::Context;
use super::frame::{document, footer, site_name};
use super::labels::{self, Label};

/// Labels that the script shows, by their names there.
const TEXTS: [(&str, Label); 16] = [
    ("accept", labels::ACCEPT),
    ("reject", labels::REJECT),
    ("acceptToHere", labels::ACCEPT_TO_HERE),
    ("undo", labels::UNDO),
    ("accepted", labels::ACCEPTED),
    ("rejected", labels::REJECTED),
    ("proposed", labels::REOPENED),
    ("by", labels::DECIDED_BY),
    ("nothing", labels::NOTHING_WAITS),
    ("next", labels::NEXT),
    ("wrongToken", labels::WRONG_TOKEN),
    ("changed", labels::CHANGED_MEANWHILE),
    ("failed", labels::REVIEW_FAILED),
    ("noPicture", labels::NO_PICTURE),
    ("pictureOf", labels::PICTURE_OF),
    ("clusterChanged", labels::CLUSTER_CHANGED),
];

/// The page without any data; `can_write` says whether there is anything to review with.
pub(crate) fn review(context: &Context, can_write: bool) -> String {
    let heading = context.text(labels::REVIEW);
    let body = html! {
        header.site-header { (site_name(context)) }
        main.review {
            h1 { (heading) }
            @if can_write { (tools(context)) } @else { p { (context.text(labels::REVIEW_OFF)) } }
        }
        (footer(context))
    };
    let scripts: &[&str] = if can_write { &["review.js"] } else { &[] };
    document(context, &format!("{heading} · {}", context.title()), "listing review-page", scripts, body)
}

fn tools(context: &Context) -> Markup {
    let text = |label: Label| context.text(label);
    let texts = TEXTS.iter().map(|(name, label)| ((*name).to_owned(), json!(text(*label))));
    let texts = serde_json::Value::Object(texts.collect()).to_string();
    html! {
        div #review data-base=(context.base) data-language=(context.language) data-texts=(texts) {
            noscript { p { "JavaScript" } }
            form #sign-in hidden {
                label { (text(labels::TOKEN)) " "
                    input type="password" name="token" autocomplete="current-password" required; }
                button type="submit" { (text(labels::SIGN_IN)) }
            }
            div #tools hidden {
                div.views role="group" {
                    button type="button" data-view="tags" { (text(labels::BY_TAG)) }
                    button type="button" data-view="works" { (text(labels::BY_WORK)) }
                }
                label #schemes { (text(labels::SCHEME)) " " select {} }
                button type="button" #undo disabled { (text(labels::UNDO)) }
                button type="button" #sign-out { (text(labels::SIGN_OUT)) }
            }
            p #message role="status" aria-live="polite" {}
            nav #values aria-label=(text(labels::BY_TAG)) {}
            form #cluster hidden {
                label { (text(labels::CLUSTER_NAME)) " " input type="text" name="name" maxlength="200" autocomplete="off"; }
                button type="submit" { (text(labels::SAVE)) }
                label { (text(labels::MERGE_CLUSTER)) " " select name="into" {} }
                button type="button" name="hide" { (text(labels::HIDE_CLUSTER)) }
                label { (text(labels::SHOW_CLUSTER)) " " select name="show" {} }
            }
            div #waiting {}
            p #keys hidden { (text(labels::REVIEW_KEYS)) }
            details #decided hidden { summary { (text(labels::DECIDED)) } ol {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_its_labels_in_the_language_of_the_visitor() {
        let danish = Context { language: "da", base: "/m".into(), ..Context::default() };
        let page = review(&danish, true);
        assert!(page.contains("data-base=\"/m\"") && page.contains("Godkend alle hertil"), "{page}");
        assert!(page.contains("/m/assets/review.js?v="), "{page}");
        let off = review(&danish, false);
        assert!(off.contains("api.tokens") && !off.contains("review.js"), "{off}");
    }
}
