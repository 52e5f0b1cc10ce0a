//! The parameters of the search page: those of the API, and some that plain forms can send.

use crate::web::api::{Parameter, pairs_of, query_of};

/// Names and values, in the order of the address.
pub(super) type Pairs = Vec<(String, String)>;

/// The parameters that only this page has: a work that others are to be like, a detail of it, and the place in the results.
const OWN: [&str; 4] = ["similar", "canvas", "xywh", "start"];
/// Those that say where in the results a page begins.
pub(super) const PLACE: [&str; 2] = ["cursor", "start"];

/// The parameters of a request that the page knows. Others, such as those of trackers, are ignored.
pub(super) fn read(query: &str, table: &[Parameter]) -> Pairs {
    let given: Pairs = pairs_of(query)
        .map(|(name, value)| (name.into_owned(), value.trim().to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let is_known = |name: &str| OWN.contains(&name) || table.iter().any(|parameter| parameter.name == name);
    let mut pairs: Pairs =
        given.iter().filter(|(name, _)| is_known(name) && name != "lang").cloned().collect();
    fold_years(&given, &mut pairs);
    fold_colors(query, &mut pairs);
    fold_detail(&given, &mut pairs);
    pairs
}

/// Those of these parameters that the API has, too.
pub(super) fn of_api(pairs: &Pairs) -> impl Iterator<Item = (&str, &str)> {
    let of_api = pairs.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
    of_api.map(|(name, value)| (name.as_str(), value.as_str()))
}

/// The query of these parameters for the API.
pub(super) fn api_query(pairs: &Pairs) -> String {
    query_of(of_api(pairs))
}

/// The value of a parameter.
pub(super) fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// `from=1800&to=1850` of the form of the period becomes `years=1800/1850`; years in reverse are put in order, as the
/// search does.
fn fold_years(given: &Pairs, pairs: &mut Pairs) {
    let (from, to) = (value(given, "from"), value(given, "to"));
    if from.is_some() || to.is_some() {
        pairs.retain(|(name, _)| name != "years");
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        let year = |text: &str| text.trim().parse::<i32>().ok();
        let is_reversed = year(from).zip(year(to)).is_some_and(|(from, to)| from > to);
        let (from, to) = if is_reversed { (to, from) } else { (from, to) };
        pairs.push(("years".into(), format!("{from}/{to}")));
    }
}

/// `pick=#3f6fb5&share=70` of the forms of colors becomes `colour=3f6fb5:70`. An empty share belongs to its color, too.
fn fold_colors(query: &str, pairs: &mut Pairs) {
    let mut picked: Vec<String> = Vec::new();
    for (name, value) in pairs_of(query) {
        match (name.as_ref(), picked.last_mut()) {
            ("pick", _) => picked.push(value.trim().trim_start_matches('#').to_ascii_lowercase()),
            ("share", Some(color)) if !value.trim().is_empty() && !color.contains(':') => {
                *color = format!("{color}:{}", value.trim());
            }
            _ => {}
        }
    }
    pairs.extend(picked.into_iter().filter(|color| !color.is_empty()).map(|color| ("colour".into(), color)));
}

/// `x=10&y=20&w=30&h=40` of the form of a detail, in percent, becomes `xywh=percent:10,20,30,40`.
fn fold_detail(given: &Pairs, pairs: &mut Pairs) {
    let sides = ["x", "y", "w", "h"].map(|name| value(given, name));
    if let [Some(x), Some(y), Some(width), Some(height)] = sides {
        pairs.retain(|(name, _)| name != "xywh");
        pairs.push(("xywh".into(), format!("percent:{x},{y},{width},{height}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::api::of_page;

    #[track_caller]
    fn check(query: &str, expected: &str) {
        let pairs = read(query, &of_page());
        let read: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(read.join(" "), expected, "{query}");
    }

    #[test]
    fn forms_without_scripts_send_parts_of_parameters() {
        check("q=a&utm_source=x&lang=da&sort=date", "q=a sort=date");
        check("from=1800&to=1850", "years=1800/1850");
        check("from=-50&to=-500", "years=-500/-50");
        check("years=1700/&from=&to=1850", "years=/1850");
        check("years=1700/&from=&to=", "years=1700/");
        check(
            "colour=aabbcc&pick=%233F6FB5&share=70&pick=%23c0322b&share=",
            "colour=aabbcc colour=3f6fb5:70 colour=c0322b",
        );
        check("share=70", "");
        check("similar=KMS1&x=1&y=2&w=30&h=40.5", "similar=KMS1 xywh=percent:1,2,30,40.5");
        check("similar=KMS1&x=1&y=2&w=&h=40", "similar=KMS1");
    }

    #[test]
    fn the_apis_query_is_without_the_pages_own_parameters() {
        let pairs = read("q=a&similar=KMS1&xywh=1,2,3,4&canvas=1&start=48&years=1800/", &of_page());
        assert_eq!(api_query(&pairs), "q=a&years=1800%2F");
    }
}
