//! The filter of years: a histogram, and two fields that a script shows as a slider over it.

use maud::{Markup, html};

use super::context::Context;
use super::form::hidden_fields;
use super::labels;

/// The works of a search by period, and the chosen years.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Period {
    /// The periods, in order and without gaps.
    pub bars: Vec<Bar>,
    /// The first chosen year.
    pub from: Option<i32>,
    /// The last chosen year.
    pub to: Option<i32>,
    /// Names and values of the parameters that the form keeps.
    pub kept: Vec<(String, String)>,
}

/// One bar of the histogram of years.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bar {
    /// The period, such as `1650–1699`.
    pub label: String,
    /// How many works fall in it.
    pub count: u64,
    /// Its first year.
    pub from: i32,
    /// Its last year.
    pub to: i32,
    /// The search limited to this period.
    pub href: String,
}

/// The section with the histogram and the form.
pub(super) fn section(context: &Context, period: &Period) -> Markup {
    let (least, most) = (period.bars.first().map(|bar| bar.from), period.bars.last().map(|bar| bar.to));
    html! {
        section.period aria-labelledby="period-heading" {
            h3 id="period-heading" { (context.text(labels::PERIOD)) }
            (bars(context, period))
            form.years action={ (context.base) "/" } method="get" data-least=[least] data-most=[most] {
                (hidden_fields(context, &period.kept))
                (year("from", context.text(labels::FROM_YEAR), period.from, least))
                (year("to", context.text(labels::TO_YEAR), period.to, most))
                button.button type="submit" { (context.text(labels::SHOW)) }
                output {}
            }
        }
    }
}

fn year(name: &str, label: &str, chosen: Option<i32>, usual: Option<i32>) -> Markup {
    html! {
        label {
            span { (label) }
            input.input type="number" name=(name) value=[chosen] placeholder=[usual] min="-99999" max="99999" step="1";
        }
    }
}

fn bars(context: &Context, period: &Period) -> Markup {
    let highest = period.bars.iter().map(|bar| bar.count).max().unwrap_or_default();
    let is_out = |bar: &Bar| {
        period.from.is_some_and(|from| bar.to < from) || period.to.is_some_and(|to| bar.from > to)
    };
    html! {
        ol.bars {
            @for bar in &period.bars {
                li.out[is_out(bar)] style=(share(bar.count, highest)) data-from=(bar.from) data-to=(bar.to) {
                    @if bar.count > 0 {
                        a href=(bar.href) rel="nofollow" {
                            span.bar-label { (bar.label) ": " (context.counted(bar.count, labels::WORKS)) }
                        }
                    }
                }
            }
        }
        @if let [first, .., last] = &period.bars[..] {
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

    fn bar(count: u64) -> Bar {
        Bar { label: "1650–1699".to_owned(), count, href: "/?y=1650".to_owned(), from: 1650, to: 1699 }
    }

    #[test]
    fn bars_are_as_high_as_their_count() {
        assert_eq!(share(5, 10), "--share:0.500");
        assert_eq!(share(0, 0), "--share:0.000");
        assert_eq!(share(u64::MAX, u64::MAX), "--share:1.000");
    }

    #[test]
    fn an_empty_period_is_not_a_link() {
        let period = Period { bars: vec![bar(3), bar(0), bar(1)], ..Period::default() };
        let page = section(&Context::default(), &period).into_string();
        assert_eq!(page.matches("href=").count(), 2);
        assert!(page.contains("1650–1699: 3 works") && page.contains("1650–1699: 1 work<"), "{page}");
    }

    #[test]
    fn the_form_works_without_a_script() {
        let kept = vec![("q".to_owned(), "\"a".to_owned())];
        let period = Period { bars: vec![bar(3)], from: Some(1660), kept, ..Period::default() };
        let page = section(&Context::default(), &period).into_string();
        assert!(page.contains("name=\"from\" value=\"1660\" placeholder=\"1650\""), "{page}");
        assert!(page.contains("name=\"to\" placeholder=\"1699\""), "{page}");
        assert!(page.contains("name=\"q\" value=\"&quot;a\""), "{page}");
    }

    #[test]
    fn bars_outside_the_chosen_years_are_marked() {
        let period = |from, to| Period { bars: vec![bar(3)], from, to, ..Period::default() };
        let is_out = |from, to| {
            section(&Context::default(), &period(from, to)).into_string().contains("class=\"out\"")
        };
        assert!(is_out(Some(1700), None) && is_out(None, Some(1649)));
        assert!(!is_out(Some(1699), None) && !is_out(None, Some(1650)) && !is_out(None, None));
    }
}
