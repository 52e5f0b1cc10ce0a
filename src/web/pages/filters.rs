//! The filters of a search: a histogram of years, and facets.

use maud::{Markup, html};

use super::context::Context;
use super::labels;
use super::link::{Link, swatch_style};

/// One property of works, with the values to filter by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facet {
    /// The property's name.
    pub label: String,
    /// Its values, in order; an active one links to the search without it.
    pub links: Vec<Link>,
    /// Whether the values are colours, shown as swatches.
    pub swatches: bool,
}

/// One bar of the histogram of years.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bar {
    /// The period, such as `1650–1699`.
    pub label: String,
    /// How many works fall in it.
    pub count: u64,
    /// The search limited to this period.
    pub href: String,
}

/// The filters beside the results; `None` if there are none.
pub(super) fn refine(context: &Context, facets: &[Facet], histogram: &[Bar]) -> Option<Markup> {
    let facets: Vec<_> = facets.iter().filter(|facet| !facet.links.is_empty()).collect();
    let counted = histogram.iter().any(|bar| bar.count > 0);
    if facets.is_empty() && !counted {
        return None;
    }
    Some(html! {
        aside.refine id="refine" aria-labelledby="refine-heading" {
            h2 id="refine-heading" { (context.text(labels::REFINE)) }
            @if counted { section.period { h3 { (context.text(labels::PERIOD)) } (bars(context, histogram)) } }
            @for (place, facet) in facets.into_iter().enumerate() {
                details open[place == 0 || facet.links.iter().any(|link| link.chosen)] {
                    summary { h3 dir="auto" { (facet.label) } }
                    @if facet.swatches { (swatches(context, facet)) } @else { (values(context, facet)) }
                }
            }
        }
    })
}

// The combinations of filters are too many to crawl, so their links are `nofollow`.

fn values(context: &Context, facet: &Facet) -> Markup {
    html! {
        ul.values {
            @for link in &facet.links {
                li {
                    a href=(link.href) rel="nofollow" aria-current=[link.aria_current()] {
                        span dir="auto" { (link.label) }
                        @if let Some(count) = link.count { " " span.number { (context.grouped(count)) } }
                    }
                }
            }
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

fn bars(context: &Context, histogram: &[Bar]) -> Markup {
    let highest = histogram.iter().map(|bar| bar.count).max().unwrap_or_default();
    html! {
        ol.bars {
            @for bar in histogram {
                li style=(share(bar.count, highest)) {
                    @if bar.count > 0 {
                        a href=(bar.href) rel="nofollow" {
                            span.bar-label { (bar.label) ": " (context.counted(bar.count, labels::WORKS)) }
                        }
                    }
                }
            }
        }
        @if let [first, .., last] = histogram {
            p.axis aria-hidden="true" { span { (first.label) } span { (last.label) } }
        }
    }
}

/// A bar's height relative to the highest one.
fn share(count: u64, highest: u64) -> String {
    format!("--share:{:.3}", count as f64 / highest.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(label: &str, count: u64) -> Link {
        Link { label: label.to_owned(), href: "/?f=1".to_owned(), count: Some(count), ..Link::default() }
    }

    fn column(facets: &[Facet], histogram: &[Bar]) -> String {
        refine(&Context::default(), facets, histogram).unwrap().into_string()
    }

    #[test]
    fn the_first_facet_and_those_with_active_filters_are_open() {
        let facet = |chosen| Facet {
            label: "Type".to_owned(),
            links: vec![Link { chosen, ..link("Print", 1) }],
            swatches: false,
        };
        let open = |facets: &[Facet]| column(facets, &[]).matches("<details open").count();
        assert_eq!(open(&[facet(false), facet(false)]), 1);
        assert_eq!(open(&[facet(false), facet(false), facet(true)]), 2);
        assert_eq!(open(&[Facet::default(), facet(false)]), 1, "facets without values are left out");
    }

    #[test]
    fn without_facets_there_is_no_column() {
        assert!(refine(&Context::default(), &[], &[]).is_none());
        assert!(refine(&Context::default(), &[Facet::default()], &[Bar::default()]).is_none());
    }

    #[test]
    fn active_filters_are_listed_and_counted() {
        let links = vec![Link { chosen: true, ..link("Print", 12_345) }];
        let page = column(&[Facet { label: "Type".to_owned(), links, swatches: false }], &[]);
        assert!(page.contains("aria-current=\"true\""), "{page}");
        assert!(page.contains(">12,345<"), "{page}");
    }

    #[test]
    fn a_swatch_has_a_text_label() {
        let red = Link { swatch: Some("#c0322b".to_owned()), ..link("Red", 1_200) };
        assert_eq!(description(&Context::default(), &red), "Red #c0322b, 1,200 works");
        let facet = |link| Facet { label: "Colour".to_owned(), links: vec![link], swatches: true };
        assert!(column(&[facet(red)], &[]).contains("style=\"--colour:#c0322b\""));
        let page = column(&[facet(link("<b>", 1))], &[]);
        assert!(!page.contains("style=") && !page.contains("<b>"), "{page}");
    }

    #[test]
    fn bars_are_as_high_as_their_count() {
        assert_eq!(share(5, 10), "--share:0.500");
        assert_eq!(share(0, 0), "--share:0.000");
        assert_eq!(share(u64::MAX, u64::MAX), "--share:1.000");
    }

    #[test]
    fn an_empty_period_is_not_a_link() {
        let bar = |count| Bar { label: "1650–1699".to_owned(), count, href: "/?y=1650".to_owned() };
        let page = column(&[], &[bar(3), bar(0), bar(1)]);
        assert_eq!(page.matches("href=").count(), 2);
        assert!(page.contains("1650–1699: 3 works") && page.contains("1650–1699: 1 work<"), "{page}");
    }
}
