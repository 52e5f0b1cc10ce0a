//! Results as a grid of pictures, in rows of one height.

use maud::{Markup, html};

use super::context::Context;
use super::labels;

/// One work in the grid.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hit {
    /// The object number, percent-encoded as one path segment.
    pub work: String,
    /// The title.
    pub label: String,
    /// The first creator's name.
    pub creator: Option<String>,
    /// The date as the museum's record states it.
    pub date: Option<String>,
    /// The URL of its thumbnail, at most 400 pixels on either side.
    pub thumbnail: Option<String>,
    /// The picture's aspect ratio.
    pub ratio: Option<f64>,
    /// Whether its picture is in the public domain.
    pub public_domain: bool,
}

/// Pictures at the top that are loaded at once.
const EAGER: usize = 6;

/// The grid.
pub(super) fn grid(context: &Context, hits: &[Hit]) -> Markup {
    html! {
        ul.hits id="hits" {
            @for (at, hit) in hits.iter().enumerate() {
                li style=(style(hit.ratio)) { (grid_item(context, hit, at < EAGER)) }
            }
        }
    }
}

/// A row of works on the home page.
pub(super) fn row(context: &Context, hits: &[Hit], is_eager: bool) -> Markup {
    html! {
        ul.hits.row { @for hit in hits { li style=(style(hit.ratio)) { (grid_item(context, hit, is_eager)) } } }
    }
}

/// An empty item of the grid, which scripts fill.
pub(super) fn template(context: &Context) -> Markup {
    html! {
        template id="hit" {
            li {
                a { div.picture {} h3 dir="auto" {} }
                p.facts { span.creator dir="auto" {} " " span.date dir="auto" {} " " (public_domain(context)) }
            }
        }
        template id="hit-without-picture" {
            li {
                a { div.picture.blank { (context.text(labels::NO_PICTURE)) } h3 dir="auto" {} }
                p.facts { span.creator dir="auto" {} " " span.date dir="auto" {} " " (public_domain(context)) }
            }
        }
    }
}

fn grid_item(context: &Context, hit: &Hit, is_eager: bool) -> Markup {
    html! {
        // One link for picture and title; the picture's `alt` is empty, so that screen readers do not repeat the title.
        a href=(context.page(&format!("/works/{}", hit.work))) {
            @match &hit.thumbnail {
                Some(address) => div.picture {
                    // Covered by the picture once that has loaded.
                    span.placeholder aria-hidden="true" { (context.text(labels::PICTURE_COMING)) }
                    @if is_eager { img src=(address) alt="" fetchpriority="high"; }
                    @else { img src=(address) alt="" loading="lazy" decoding="async"; }
                },
                None => div.picture.blank { (context.text(labels::NO_PICTURE)) },
            }
            h3 dir="auto" { (hit.label) }
        }
        @if hit.creator.is_some() || hit.date.is_some() || hit.public_domain {
            p.facts {
                @if let Some(creator) = &hit.creator { span.creator dir="auto" { (creator) } }
                @if let Some(date) = &hit.date { " " span.date dir="auto" { (date) } }
                @if hit.public_domain { (public_domain(context)) }
            }
        }
    }
}

fn public_domain(context: &Context) -> Markup {
    let label = context.text(labels::PUBLIC_DOMAIN);
    html! {
        svg.public-domain viewBox="0 0 24 24" role="img" aria-label=(label) {
            title { (label) }
            circle cx="12" cy="12" r="9" {}
            path d="M15 9.4a4 4 0 1 0 0 5.2M5.6 5.6l12.8 12.8" {}
        }
    }
}

/// The aspect ratio of the grid cell, clamped to 0.55–2.6; 1 if unknown.
fn style(ratio: Option<f64>) -> String {
    let known = ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0);
    format!("--ratio:{:.3}", known.unwrap_or(1.0).clamp(0.55, 2.6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_without_picture_is_listed() {
        let hit = Hit { work: "KMS%2F1".to_owned(), label: "a".to_owned(), ..Hit::default() };
        let page = grid(&Context::default(), &[hit]).into_string();
        assert!(page.contains("No picture") && !page.contains("<img"), "{page}");
        assert!(page.contains("href=\"/works/KMS%2F1\""), "{page}");
    }

    #[test]
    fn pictures_below_the_first_rows_load_later() {
        let hit = Hit { thumbnail: Some("/iiif/3/a/full/max/0/default.jpg".to_owned()), ..Hit::default() };
        let page = grid(&Context::default(), &vec![hit; EAGER + 2]).into_string();
        assert_eq!(page.matches("loading=\"lazy\"").count(), 2, "{page}");
    }

    #[test]
    fn aspect_ratios_are_clamped() {
        assert_eq!(style(Some(1.5)), "--ratio:1.500");
        assert_eq!(style(Some(100.0)), "--ratio:2.600");
        assert_eq!(style(Some(0.01)), "--ratio:0.550");
        for unknown in [None, Some(0.0), Some(-1.0), Some(f64::NAN), Some(f64::INFINITY)] {
            assert_eq!(style(unknown), "--ratio:1.000", "{unknown:?}");
        }
    }
}
