//! The facet values of a work: creators, periods, techniques, departments, tags.

use super::{Tag, Text, Work};

/// A value of a scheme, shared by several works.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Facet {
    /// `creator`, `period`, `technique`, `department`, or a tag's scheme.
    pub scheme: String,
    /// The value as part of a URL: [`slug`] of its concept or label.
    pub value: String,
    /// The label to display, by language.
    pub label: Text,
    /// The key by which the values of a scheme are sorted.
    pub sort: String,
}

/// Returns the facet values of a work with these tags, sorted by scheme and value, without duplicates.
pub fn facets(work: &Work, tags: &[Tag]) -> Vec<Facet> {
    let mut found = Vec::new();
    let mut add = |scheme: &str, key: Option<&str>, label: &Text, sort: Option<&str>| {
        let Some(name) = label.best(&[]) else { return };
        let value = slug(key.unwrap_or(name));
        let scheme = slug(scheme);
        if value.is_empty() || scheme.is_empty() {
            return;
        }
        let sort = sort.unwrap_or(name).to_lowercase();
        found.push(Facet { scheme, value, label: label.clone(), sort });
    };
    for creator in &work.creators {
        add("creator", None, &Text::plain(&creator.name), creator.sort_name.as_deref());
    }
    for text in &work.techniques {
        add("technique", None, text, None);
    }
    for text in &work.materials {
        add("material", None, text, None);
    }
    for text in &work.object_type {
        add("type", None, text, None);
    }
    for text in &work.collections {
        add("collection", None, text, None);
    }
    add("department", None, &work.department, None);
    for tag in tags.iter().filter(|tag| tag.is_active()) {
        add(&tag.scheme, tag.concept.as_deref(), &tag.label, None);
        for broader in &tag.broader {
            add(&tag.scheme, broader.concept.as_deref(), &broader.label, None);
        }
    }
    found.extend(periods(work));
    found.sort_by(|a, b| (&a.scheme, &a.value).cmp(&(&b.scheme, &b.value)));
    found.dedup_by(|a, b| a.scheme == b.scheme && a.value == b.value);
    found
}

/// The half centuries in which a work was made, at most ten: `1850` is `1850–1899`, `-300` is `300–251 BC`.
fn periods(work: &Work) -> Vec<Facet> {
    let (Some(earliest), Some(latest)) = work.years() else { return Vec::new() };
    let (first, last) = (earliest.min(latest).div_euclid(50), latest.max(earliest).div_euclid(50));
    (first..=last.min(first.saturating_add(9)))
        .map(|period| half_century(period.saturating_mul(50)))
        .collect()
}

fn half_century(start: i32) -> Facet {
    let end = start.saturating_add(49);
    let (label, sort) = if start < 0 {
        let years = format!("{}–{}", start.unsigned_abs(), end.unsigned_abs());
        let mut label = Text::of("en", &format!("{years} BC"));
        label.add("da", &format!("{years} f.Kr."));
        // Offset so that earlier periods sort first, and all of them before the periods of our era.
        (label, format!("-{:06}", start.saturating_add(999_999)))
    } else {
        (Text::plain(&format!("{}–{end}", start.max(1))), format!("{start:0>6}"))
    };
    Facet { scheme: "period".into(), value: start.to_string(), label, sort }
}

/// Converts a value to a URL segment: letters and digits of any script in lower case, everything else as single
/// hyphens. Long values are truncated and end with a hash of the full text, so that different values remain distinct.
pub fn slug(text: &str) -> String {
    const MAX_BYTES: usize = 80;
    // Half centuries before our era keep their sign, so that `-300` differs from `300`.
    if is_negative(text) {
        return text.to_owned();
    }
    let mut slug = String::with_capacity(text.len());
    let mut add = |c: char| {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    };
    for c in text.chars() {
        match c.is_ascii() {
            true => add(c.to_ascii_lowercase()),
            false => c.to_lowercase().for_each(&mut add),
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.len() <= MAX_BYTES {
        return slug.to_owned();
    }
    let end = (0..=MAX_BYTES - 9).rev().find(|&end| slug.is_char_boundary(end)).unwrap_or(0);
    let hash = xxhash_rust::xxh3::xxh3_64(text.as_bytes()) as u32;
    format!("{}-{hash:08x}", slug[..end].trim_end_matches('-'))
}

fn is_negative(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or_default();
    (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Production;

    #[test]
    fn slugs_are_readable_and_short() {
        for (text, expected) in [
            ("Købke, Christen", "købke-christen"),
            ("  —", ""),
            ("http://iconclass.org/25F23(LION)", "http-iconclass-org-25f23-lion"),
            ("1850", "1850"),
            ("-300", "-300"),
            ("-300 x", "300-x"),
        ] {
            assert_eq!(slug(text), expected);
        }
        let long = "å".repeat(200);
        assert!(slug(&long).len() <= 80 && slug(&long) != slug(&format!("{long}x")));
    }

    #[test]
    fn periods_before_our_era_have_distinct_labels_and_their_own_order() {
        let of = |earliest, latest| {
            let production =
                vec![Production { earliest: Some(earliest), latest: Some(latest), ..Default::default() }];
            facets(&Work { production, ..Work::default() }, &[])
        };
        let summary = |facets: Vec<Facet>| {
            let label = |facet: &Facet| facet.label.best(&[]).unwrap_or_default().to_owned();
            facets.iter().map(|facet| format!("{} {}", facet.value, label(facet))).collect::<Vec<_>>()
        };
        assert_eq!(summary(of(-300, -300)), ["-300 300–251 BC"]);
        assert_eq!(summary(of(-50, 10)), ["-50 50–1 BC", "0 1–49"]);
        assert_eq!(of(-300, -300)[0].label.best(&["da"]), Some("300–251 f.Kr."));
        let sorts: Vec<String> = [-9000, -300, -250, -1, 1, 300, 1850]
            .into_iter()
            .map(|year| of(year, year).remove(0).sort)
            .collect();
        assert!(sorts.is_sorted(), "{sorts:?}");
    }

    #[test]
    fn a_work_has_each_facet_value_once() {
        let work: Work = serde_json::from_str(
            r#"{"object_number":"1","creators":[{"name":"Anna Ancher","sort_name":"Ancher, Anna"}],
            "techniques":["Oil"],"production":{"earliest":1890,"latest":1905},
            "tags":[{"scheme":"motif","label":{"en":"dog"},"broader":[{"label":{"en":"animals"}}]},
                    {"scheme":"motif","label":{"en":"cat"},"broader":[{"label":{"en":"animals"}}]},
                    {"scheme":"motif","label":{"en":"bat"},"status":"rejected"}]}"#,
        )
        .unwrap();
        let found: Vec<String> =
            facets(&work, &work.tags).iter().map(|f| format!("{}/{}", f.scheme, f.value)).collect();
        let expected = [
            "creator/anna-ancher",
            "motif/animals",
            "motif/cat",
            "motif/dog",
            "period/1850",
            "period/1900",
            "technique/oil",
        ];
        assert_eq!(found, expected);
    }
}
