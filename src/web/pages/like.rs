//! The search by a picture: works like a work, like a detail of it, or like a picture of the visitor.

use maud::{Markup, html};

use super::context::Context;
use super::form::hidden_fields;
use super::labels;
use super::search_results::{Like, Search};

/// The work that the results are like, above them.
pub(super) fn like(context: &Context, like: &Like) -> Markup {
    let heading = if like.is_detail { labels::LIKE_A_DETAIL } else { labels::LIKE_A_WORK };
    html! {
        section.like aria-labelledby="like-heading" {
            @if let Some(picture) = &like.picture {
                div.drawing data-draw[like.can_draw] style=[like.ratio.map(|ratio| format!("--ratio:{ratio:.3}"))] {
                    img src=(picture) alt={ (context.text(labels::PICTURE_OF)) " " (like.label) } draggable="false";
                    @if let Some(region) = like.region { span.region style=(place(region)) {} }
                }
            }
            div {
                h3 id="like-heading" { (context.text(heading)) " " a href=(like.page) dir="auto" { (like.label) } }
                @if like.can_draw { (detail(context, like)) }
                ul.links {
                    @if like.is_detail { li { a href=(like.whole) { (context.text(labels::WHOLE)) } } }
                    li { a href=(like.without) { (context.text(labels::END_LIKE)) } }
                }
            }
        }
    }
}

/// The form of a detail. A script lets the visitor draw it; the fields are for the keyboard, and without scripts.
fn detail(context: &Context, like: &Like) -> Markup {
    let [x, y, width, height] = like.region.unwrap_or([25.0, 25.0, 50.0, 50.0]);
    let fields = [
        ("x", labels::LEFT, x),
        ("y", labels::TOP, y),
        ("w", labels::WIDTH, width),
        ("h", labels::HEIGHT, height),
    ];
    html! {
        form.detail action={ (context.base) "/" } method="get" {
            p { (context.text(labels::DRAW_DETAIL)) }
            (hidden_fields(context, &like.kept))
            @for (name, label, value) in fields {
                label {
                    span { (context.text(label)) " %" }
                    input.input type="number" name=(name) value=(rounded(value)) min="0" max="100" step="any" required;
                }
            }
            button.button type="submit" { (context.text(labels::FIND_LIKE_DETAIL)) }
        }
    }
}

/// With at most two decimal places.
fn rounded(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

fn place([x, y, width, height]: [f64; 4]) -> String {
    format!("left:{x:.2}%;top:{y:.2}%;width:{width:.2}%;height:{height:.2}%")
}

/// The search by a picture of the visitor, or by a work; scripts are needed for pictures.
pub(super) fn by_picture(context: &Context, page: &Search) -> Markup {
    html! {
        @if page.can_compare {
            details.by-picture {
                summary { (context.text(labels::BY_PICTURE)) }
                div {
                    @if page.can_send { (sent(context)) }
                    form action={ (context.base) "/" } method="get" {
                        label {
                            span { (context.text(labels::LIKE_NUMBER)) }
                            input.input type="text" name="similar" required autocomplete="off" spellcheck="false";
                        }
                        (hidden_fields(context, &[]))
                        button.button type="submit" { (context.text(labels::SHOW)) }
                    }
                }
            }
        }
    }
}

fn sent(context: &Context) -> Markup {
    html! {
        div.send-picture id="send-picture" data-address={ (context.base) "/api/v1/similar" } {
            label.drop {
                span { (context.text(labels::CHOOSE_PICTURE)) }
                input type="file" accept="image/*";
            }
            p.hint { (context.text(labels::PICTURE_IS_NOT_KEPT)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Like {
        Like {
            label: "Hest".into(),
            page: "/works/KMS1".into(),
            picture: Some("/iiif/3/a/full/!600,600/0/default.jpg".into()),
            region: Some([10.0, 20.0, 30.0, 40.5]),
            is_detail: true,
            can_draw: true,
            ..Like::default()
        }
    }

    #[test]
    fn a_detail_is_marked_and_can_be_changed() {
        let page = like(&Context::default(), &full()).into_string();
        assert!(page.contains("style=\"left:10.00%;top:20.00%;width:30.00%;height:40.50%\""), "{page}");
        assert!(page.contains("name=\"h\" value=\"40.5\""), "{page}");
        assert!(page.contains("data-draw"), "{page}");
    }

    #[test]
    fn without_vectors_of_details_none_is_drawn() {
        let page = like(&Context::default(), &Like { can_draw: false, ..full() }).into_string();
        assert!(!page.contains("data-draw") && !page.contains("<form"), "{page}");
    }

    #[test]
    fn without_vectors_there_is_no_search_by_picture() {
        let shown = |page: &Search| by_picture(&Context::default(), page).into_string();
        assert_eq!(shown(&Search { can_send: true, ..Search::default() }), "");
        assert!(!shown(&Search { can_compare: true, ..Search::default() }).contains("type=\"file\""));
        assert!(
            shown(&Search { can_compare: true, can_send: true, ..Search::default() })
                .contains("type=\"file\"")
        );
    }
}
