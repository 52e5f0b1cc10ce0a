//! The search by colours that a visitor picks, each with the share of the picture that it should cover.

use maud::{Markup, html};

use super::context::Context;
use super::form::hidden_fields;
use super::labels;
use super::search_results::{PickedColor, Search};

/// Colours in one search.
const MOST: usize = 5;
/// What the field of a new colour shows first.
const FIRST: &str = "#3f6fb5";

/// The forms of the picked colours and of another one.
pub(super) fn palette(context: &Context, page: &Search) -> Markup {
    html! {
        @if !page.picked.is_empty() {
            form.palette action={ (context.base) "/" } method="get" {
                (hidden_fields(context, &page.kept_without_colors))
                ul {
                    @for (at, picked) in page.picked.iter().enumerate() { li { (row(context, picked, at + 1)) } }
                }
                button.button type="submit" { (context.text(labels::SHOW)) }
            }
        }
        @if page.picked.len() < MOST {
            form.palette action={ (context.base) "/" } method="get" {
                (query(page))
                (hidden_fields(context, &page.kept))
                (fields(context, FIRST, None, context.text(labels::ANOTHER_COLOR)))
                button.button type="submit" { (context.text(labels::ADD_COLOR)) }
            }
        }
    }
}

fn query(page: &Search) -> Markup {
    html! { @if !page.query.is_empty() { input type="hidden" name="q" value=(page.query); } }
}

fn row(context: &Context, picked: &PickedColor, number: usize) -> Markup {
    let label = format!("{} {number}", context.text(labels::COLOR));
    html! {
        (fields(context, &picked.color, picked.share.as_deref(), &label))
        a.remove href=(picked.without) rel="nofollow" {
            span.visually-hidden { (context.text(labels::REMOVE)) " " (label) }
            span aria-hidden="true" { "×" }
        }
    }
}

fn fields(context: &Context, color: &str, share: Option<&str>, label: &str) -> Markup {
    html! {
        input type="color" name="pick" value=(color) aria-label=(label);
        label.share {
            input.input type="number" name="share" value=[share] min="1" max="100" step="1"
                aria-label={ (label) ": " (context.text(labels::PERCENT_OF_PICTURE)) };
            span aria-hidden="true" { " % " (context.text(labels::OF_THE_PICTURE)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(picked: usize) -> String {
        let one = PickedColor { color: "#c0322b".into(), share: Some("70".into()), without: "/?w".into() };
        let kept =
            vec![("colour".to_owned(), "c0322b:70".to_owned()), ("all".to_owned(), "type:print".to_owned())];
        let kept_without_colors = kept[1..].to_vec();
        let page = Search { picked: vec![one; picked], kept, kept_without_colors, ..Search::default() };
        palette(&Context::default(), &page).into_string()
    }

    #[test]
    fn each_colour_has_its_share() {
        let page = shown(2);
        assert_eq!(page.matches("value=\"#c0322b\"").count(), 2, "{page}");
        assert_eq!(page.matches("value=\"70\"").count(), 2, "{page}");
        assert_eq!(
            page.matches("name=\"colour\"").count(),
            1,
            "only the form of another colour keeps them: {page}"
        );
        assert!(page.contains("Remove Colour 2"), "{page}");
    }

    #[test]
    fn there_are_at_most_as_many_colours_as_a_search_can_have() {
        assert!(shown(MOST - 1).contains("Add colour"));
        assert!(!shown(MOST).contains("Add colour"));
    }
}
