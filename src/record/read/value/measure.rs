//! Dimensions: the kinds of measures in English, and measures parsed from text.

use crate::record::Measure;

/// The maximum number of measures that are read from one text.
const MAX_MEASURES: usize = 64;

/// The English name of a common kind of measure; other names are unchanged.
pub(in crate::record::read) fn kind(word: &str) -> String {
    let known = match word.trim().to_lowercase().as_str() {
        "hojde" | "højde" | "hoejde" | "height" | "höhe" | "h" => "height",
        "bredde" | "width" | "breite" | "b" | "w" => "width",
        "dybde" | "depth" | "tiefe" | "d" => "depth",
        "diameter" | "diam" | "diam." | "durchmesser" | "ø" => "diameter",
        "vaegt" | "vægt" | "weight" | "gewicht" => "weight",
        "laengde" | "længde" | "length" | "länge" => "length",
        "omkreds" | "circumference" => "circumference",
        "varighed" | "duration" => "duration",
        _ => return word.trim().to_owned(),
    };
    known.to_owned()
}

/// Parses lines such as `support: 311 x 213 mm` or `object: 20 x 30 x 40 mm, 2.5 kg`: height, width, depth. Anything
/// else is kept as text.
pub(in crate::record::read) fn measures(text: &str) -> Vec<Measure> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(of_line).take(MAX_MEASURES).collect()
}

fn of_line(line: &str) -> Vec<Measure> {
    let (part, sizes) = match line.split_once(':') {
        Some((part, sizes)) => (Some(part.trim().to_owned()).filter(|part| !part.is_empty()), sizes),
        None => (None, line),
    };
    let mut found = Vec::new();
    for size in sizes.split(", ") {
        let Some((values, unit)) = of_sizes(size) else {
            return vec![Measure { part, text: Some(line.to_owned()), ..Measure::default() }];
        };
        let kinds: &[&str] = match (values.len(), unit) {
            (1, "kg" | "g" | "t") => &["weight"],
            (1, _) => &["size"],
            _ => &["height", "width", "depth"],
        };
        for (value, kind) in values.into_iter().zip(kinds) {
            found.push(Measure {
                part: part.clone(),
                kind: Some((*kind).to_owned()).filter(|kind| kind != "size"),
                value: Some(value),
                unit: Some(unit.to_owned()),
                text: Some(line.to_owned()),
            });
        }
    }
    found
}

/// Parses `94 x 134 mm`: one to three numbers and their unit.
fn of_sizes(text: &str) -> Option<(Vec<f64>, &str)> {
    let text = text.trim();
    let begin = text
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let (sizes, unit) = text.split_at(begin);
    let values: Vec<f64> =
        sizes.split(['x', '×', '\u{a0}']).map(|size| decimal(size.trim())).collect::<Option<_>>()?;
    let known = matches!(unit, "mm" | "cm" | "m" | "kg" | "g" | "t" | "in");
    ((1..=3).contains(&values.len()) && known).then_some((values, unit))
}

fn decimal(text: &str) -> Option<f64> {
    let plain =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    text.replace(',', ".").parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let summary = |measure: Measure| {
            let Measure { part, kind, value, unit, .. } = measure;
            let value = value.map(|value| value.to_string());
            [part, kind, value, unit].into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(measures(text).into_iter().map(summary).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn lines_of_dimensions_are_measures() {
        check("support: 311 x 213 mm", &["support height 311 mm", "support width 213 mm"]);
        check(
            "object: 20.5 x 30 x 40 mm, 2,5 kg\r\n",
            &["object height 20.5 mm", "object width 30 mm", "object depth 40 mm", "object weight 2.5 kg"],
        );
        check("94 × 134 mm", &["height 94 mm", "width 134 mm"]);
        check("Overall display dimensions variable", &[""]);
        check("duration: 5min, 3sec", &["duration"]);
        check("", &[]);
    }

    #[test]
    fn kinds_have_english_words() {
        assert_eq!(
            (kind("hojde"), kind("Vægt"), kind("sokkel")),
            ("height".into(), "weight".into(), "sokkel".into())
        );
    }
}
