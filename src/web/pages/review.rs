//! The page on which curators decide about proposed tags; its script loads them with the curator's token.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::context::Context;
use super::form::form;
use super::frame::{document, footer, site_name};
use super::labels::{self, Label};

/// Labels that the script shows, by their names there.
const TEXTS: [(&str, Label); 20] = [
    ("accept", labels::ACCEPT),
    ("reject", labels::REJECT),
    ("acceptToHere", labels::ACCEPT_TO_HERE),
    ("undo", labels::UNDO),
    ("accepted", labels::ACCEPTED),
    ("rejected", labels::REJECTED),
    ("proposed", labels::REOPENED),
    ("by", labels::DECIDED_BY),
    ("nothing", labels::NOTHING_WAITS),
    ("nothingMore", labels::NOTHING_WAITS_MORE),
    ("again", labels::LOOK_AGAIN),
    ("all", labels::SEE_ALL_START),
    ("loading", labels::LOADING),
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
    let texts = TEXTS.iter().map(|(name, label)| ((*name).to_owned(), json!(context.text(*label))));
    let counted =
        [("waiting", context.for_script(labels::WAITING)), ("done", context.for_script(labels::DECIDED_NOW))];
    let counted = counted.map(|(name, forms)| (name.to_owned(), forms));
    let texts = Value::Object(texts.chain(counted).collect()).to_string();
    let body = html! {
        header.site-header { (site_name(context)) (form(context, "", &[])) }
        main #review data-base=(context.base) data-language=(context.language) data-texts=(texts) {
            h1 { (heading) }
            @if can_write { (tools(context)) } @else { p.notices { (context.text(labels::REVIEW_OFF)) } }
        }
        (footer(context))
    };
    let files: &[&str] =
        if can_write { &["review/review.css", "review/main.js"] } else { &["review/review.css"] };
    document(context, &format!("{heading} · {}", context.title()), "listing review-page", files, body)
}

fn tools(context: &Context) -> Markup {
    let text = |label: Label| context.text(label);
    html! {
        noscript { p.notices { (text(labels::REVIEW_NEEDS_SCRIPT)) } }
        form #sign-in hidden {
            // For password managers, which keep a token by a name.
            input type="text" name="username" value=(context.title()) autocomplete="username" hidden;
            label for="token" { (text(labels::TOKEN)) }
            div {
                input.input type="password" id="token" name="token" autocomplete="current-password" required;
                button.button.primary type="submit" { (text(labels::SIGN_IN)) }
            }
            p.hint { (text(labels::TOKEN_HELP)) }
        }
        div #tools .result-info hidden {
            div {
                h2 #count { (text(labels::REVIEW)) }
                progress aria-labelledby="done" max="1" value="0" {}
                span #done .facts {}
            }
            div.sorts role="group" aria-label=(text(labels::VIEW)) {
                button type="button" data-view="tags" { (text(labels::BY_TAG)) }
                button type="button" data-view="works" { (text(labels::BY_WORK)) }
            }
            button.button.open-refine #choose type="button" popovertarget="refine" {}
            button.button type="button" #undo disabled { (text(labels::UNDO)) }
            button.button type="button" #sign-out { (text(labels::SIGN_OUT)) }
        }
        div #message role="status" aria-live="polite" {}
        section #annotations hidden {
            h2 { (text(labels::ANNOTATIONS)) }
            ul {}
        }
        div #layout .with-filters hidden {
            div {
                (cluster(context))
                div #waiting {}
                p #keys .hint { (text(labels::REVIEW_KEYS)) }
                details #decided hidden { summary { (text(labels::DECIDED)) } ol {} }
            }
            aside.refine id="refine" popover aria-labelledby="refine-heading" {
                h2 id="refine-heading" { (text(labels::TAGS)) }
                button.button.close type="button" popovertarget="refine" popovertargetaction="hide" {
                    (text(labels::CLOSE))
                }
                label #schemes { span { (text(labels::SCHEME)) } select.input {} }
                ul #values .values {}
            }
        }
    }
}

/// The form of a group of works, whose tags are in view.
fn cluster(context: &Context) -> Markup {
    let text = |label: Label| context.text(label);
    html! {
        form #cluster hidden {
            label {
                span { (text(labels::CLUSTER_NAME)) }
                input.input type="text" name="name" maxlength="200" autocomplete="off";
            }
            button.button type="submit" { (text(labels::SAVE)) }
            label { span { (text(labels::MERGE_CLUSTER)) } select.input name="into" {} }
            button.button type="button" name="hide" { (text(labels::HIDE_CLUSTER)) }
            label { span { (text(labels::SHOW_CLUSTER)) } select.input name="show" {} }
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
        assert!(page.contains("/m/assets/review/main.js?v="), "{page}");
        let off = review(&danish, false);
        assert!(off.contains("api.tokens") && !off.contains("main.js"), "{off}");
    }
}
