//! The filters of a search: switches, years, facets.

use maud::{Markup, html};

use super::context::Context;
use super::labels;
use super::link::{Link, swatch_style};
use super::palette::palette;
use super::period;
use super::search_results::{Facet, Search};

/// The filters beside the results; `None` if there are none.
pub(super) fn refine(context: &Context, page: &Search) -> Option<Markup> {
    let facets: Vec<_> = page.facets.iter().filter(|facet| !facet.links.is_empty()).collect();
    if facets.is_empty() && page.period.is_none() && page.switches.is_empty() && page.picked.is_empty() {
        return None;
    }
    let is_open = |facet: &Facet| facet.swatches || facet.links.iter().any(|link| link.chosen);
    Some(html! {
        // On narrow windows it is a popover, which needs no script.
        aside.refine id="refine" popover aria-labelledby="refine-heading" {
            h2 id="refine-heading" { (context.text(labels::REFINE)) }
            button.button.close type="button" popovertarget="refine" popovertargetaction="hide" {
                (context.text(labels::CLOSE))
            }
            @if !page.switches.is_empty() { (switches(context, &page.switches)) }
            @if let Some(period) = &page.period { (period::section(context, period)) }
            @if !facets.iter().any(|facet| facet.swatches) && !page.picked.is_empty() {
                details open { summary { h3 { (context.text(labels::COLOR)) } } (palette(context, page)) }
            }
            @for (place, facet) in facets.iter().enumerate() {
                details open[place < 2 || is_open(facet)] {
                    summary { h3 dir="auto" { (facet.label) } }
                    @if facet.swatches {
                        (swatches(context, facet))
                        (palette(context, page))
                    } @else { (values(context, facet)) }
                }
            }
            @if facets.iter().any(|facet| facet.links.iter().any(|link| link.proposed.is_some())) {
                p.hint { (machine()) " " (context.text(labels::BY_MACHINE)) }
            }
        }
    })
}

fn switches(context: &Context, links: &[Link]) -> Markup {
    html! {
        ul.values.switches aria-label=(context.text(labels::PICTURES_AND_RIGHTS)) {
            @for link in links { li { (value(context, link)) } }
        }
    }
}

/// The mark of values that a machine has proposed.
fn machine() -> Markup {
    html! {
        svg.machine viewBox="0 0 16 16" aria-hidden="true" {
            path d="M8 1.5l1.7 4.8L14.5 8l-4.8 1.7L8 14.5 6.3 9.7 1.5 8l4.8-1.7z" {}
        }
    }
}

// The combinations of filters are too many to crawl, so their links are `nofollow`.

fn values(context: &Context, facet: &Facet) -> Markup {
    html! { ul.values { @for link in &facet.links { li { (value(context, link)) } } } }
}

fn value(context: &Context, link: &Link) -> Markup {
    html! {
        a href=(link.href) rel="nofollow" aria-current=[link.aria_current()] {
            span { span dir="auto" { (link.label) } (origin(context, link)) }
            @if let Some(count) = link.count { " " span.number { (context.grouped(count)) } }
        }
    }
}

/// Whether machines have proposed the value, for all or for some of its works.
fn origin(context: &Context, link: &Link) -> Markup {
    let described = link.proposed.map(|(proposed, all)| match proposed == all {
        true => context.text(labels::PROPOSED_FOR_ALL).to_owned(),
        false => format!(
            "{} {}/{}",
            context.text(labels::PROPOSED_FOR_SOME),
            context.grouped(proposed),
            context.grouped(all)
        ),
    });
    html! {
        @if let Some(described) = described {
            " "
            span.origin title=(described) { (machine()) span.visually-hidden { " (" (described) ")" } }
        }
    }
}

fn swatches(context: &Context, facet: &Facet) -> Markup {
    html! {
        ul.swatches {
            @for link in &facet.links {
                @let description = description(context, link);
                li {
                    a href=(link.href) rel="nofollow" aria-current=[link.aria_current()] title=(description)
                        style=[link.swatch.as_deref().and_then(swatch_style)] {
                        span.visually-hidden { (description) }
                    }
                }
            }
        }
    }
}

/// A colour as text, for screen readers: `Red #c0322b, 12 works`.
fn description(context: &Context, link: &Link) -> String {
    let color = link.swatch.as_deref().map(|color| format!(" {color}")).unwrap_or_default();
    let count =
        link.count.map(|count| format!(", {}", context.counted(count, labels::WORKS))).unwrap_or_default();
    format!("{}{color}{count}", link.label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(label: &str, count: u64) -> Link {
        Link { label: label.to_owned(), href: "/?f=1".to_owned(), count: Some(count), ..Link::default() }
    }

    fn column(facets: &[Facet]) -> String {
        let page = Search { facets: facets.to_vec(), ..Search::default() };
        refine(&Context::default(), &page).unwrap().into_string()
    }

    #[test]
    fn the_first_facets_and_those_with_active_filters_are_open() {
        let facet = |chosen| Facet {
            label: "Type".to_owned(),
            links: vec![Link { chosen, ..link("Print", 1) }],
            swatches: false,
        };
        let open = |facets: &[Facet]| column(facets).matches("<details open").count();
        assert_eq!(open(&[facet(false), facet(false), facet(false)]), 2);
        assert_eq!(open(&[facet(false), facet(false), facet(true)]), 3);
        assert_eq!(open(&[Facet::default(), facet(false)]), 1, "facets without values are left out");
    }

    #[test]
    fn without_facets_there_is_no_column() {
        assert!(refine(&Context::default(), &Search::default()).is_none());
        let without_values = Search { facets: vec![Facet::default()], ..Search::default() };
        assert!(refine(&Context::default(), &without_values).is_none());
    }

    #[test]
    fn active_filters_are_listed_and_counted() {
        let links = vec![Link { chosen: true, ..link("Print", 12_345) }];
        let page = column(&[Facet { label: "Type".to_owned(), links, swatches: false }]);
        assert!(page.contains("aria-current=\"true\""), "{page}");
        assert!(page.contains(">12,345<"), "{page}");
    }

    #[test]
    fn a_swatch_has_a_text_label() {
        let red = Link { swatch: Some("#c0322b".to_owned()), ..link("Red", 1_200) };
        assert_eq!(description(&Context::default(), &red), "Red #c0322b, 1,200 works");
        let facet = |link| Facet { label: "Colour".to_owned(), links: vec![link], swatches: true };
        assert!(column(&[facet(red)]).contains("style=\"--colour:#c0322b\""));
        let page = column(&[facet(link("<b>", 1))]);
        assert!(!page.contains("style=") && !page.contains("<b>"), "{page}");
    }

    #[test]
    fn the_origin_of_a_value_is_said() {
        let proposed = |proposed| Link { proposed: Some((proposed, 12)), ..link("Boat", 5) };
        let facet = |link| Facet { label: "Motif".to_owned(), links: vec![link], swatches: false };
        assert!(column(&[facet(proposed(12))]).contains("proposed by a machine"));
        assert!(column(&[facet(proposed(3))]).contains("3/12"));
        assert!(!column(&[facet(link("Boat", 5))]).contains("machine"));
    }
}
