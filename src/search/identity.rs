//! The identity of searches: texts that are hashed into cursors and into keys of cached results.

use super::background::Background;
use super::colour::{Colour, WeightedColour};
use super::order::{Cursor, Key, Order, Sort};
use super::request::{FacetMode, Filter, Search};
use super::search_field::SearchField;
use super::visual_measure::VisualMeasure;
use crate::identity::{Identity, fields, wrapped};

/// The text is equal for equal searches in canonical form.
impl Identity for Search {
    #[rustfmt::skip]
    fn write(&self, text: &mut String) {
        let Self {
            q, search_fields, any, all, none, each, numbers, not_numbers, years, made_until, made_from, has_image,
            public_domain, on_display, width, height, bytes, modified, created, visual_measures, background,
            colours, colour_distance, order, facets, facet_mode, facet_limit, histogram, limit, offset, cursor,
        } = self;
        let mut parts: Vec<(&str, &dyn Identity)> = vec![
            ("q", q), ("places", search_fields), ("any", any), ("all", all), ("none", none), ("each", each),
            ("numbers", numbers), ("not_numbers", not_numbers), ("years", years), ("made_until", made_until),
            ("made_from", made_from), ("has_image", has_image), ("public_domain", public_domain),
            ("on_display", on_display), ("width", width), ("height", height), ("bytes", bytes),
            ("modified", modified), ("created", created), ("colours", colours),
            ("colour_distance", colour_distance), ("order", order), ("facets", facets),
            ("facet_limit", facet_limit), ("histogram", histogram), ("limit", limit), ("offset", offset),
            ("cursor", cursor),
        ];
        // Searches without them are called as they were before there were measures.
        for (measure, range) in VisualMeasure::ALL.into_iter().zip(visual_measures) {
            parts.extend(range.as_ref().map(|_| (measure.name(), range as &dyn Identity)));
        }
        if *facet_mode == FacetMode::Multiple {
            parts.push(("facet_mode", facet_mode));
        }
        let background = background.map(Background::identity);
        parts.extend(background.as_ref().map(|names| ("background", names as &dyn Identity)));
        fields(text, "Search", &parts);
    }
}

impl Identity for FacetMode {
    fn write(&self, text: &mut String) {
        text.push_str(match self {
            Self::Single => "Single",
            Self::Multiple => "Multiple",
        });
    }
}

impl Identity for Filter {
    fn write(&self, text: &mut String) {
        let Self { scheme, value } = self;
        fields(text, "Filter", &[("scheme", scheme), ("value", value)]);
    }
}

impl Identity for SearchField {
    fn write(&self, text: &mut String) {
        text.push_str(match self {
            Self::Name => "Name",
            Self::Subject => "Subject",
            Self::Text => "Text",
            Self::Titles => "Titles",
            Self::Creators => "Creators",
        });
    }
}

impl Identity for Colour {
    fn write(&self, text: &mut String) {
        let Self { lightness, a, b } = self;
        fields(text, "Colour", &[("lightness", lightness), ("a", a), ("b", b)]);
    }
}

impl Identity for WeightedColour {
    fn write(&self, text: &mut String) {
        let Self { colour, weight } = self;
        match weight {
            None => colour.write(text),
            Some(weight) => fields(text, "WeightedColour", &[("colour", colour), ("weight", weight)]),
        }
    }
}

impl Identity for Order {
    fn write(&self, text: &mut String) {
        let Self { sort, backwards } = self;
        fields(text, "Order", &[("sort", sort), ("backwards", backwards)]);
    }
}

impl Identity for Sort {
    fn write(&self, text: &mut String) {
        text.push_str(match self {
            Self::Relevance => "Relevance",
            Self::Title => "Title",
            Self::Creator => "Creator",
            Self::Date => "Date",
            Self::Newest => "Newest",
            Self::Hue => "Hue",
            Self::Number => "Number",
            Self::MadeFrom => "MadeFrom",
            Self::MadeUntil => "MadeUntil",
            Self::Modified => "Modified",
            Self::Created => "Created",
            Self::Width => "Width",
            Self::Height => "Height",
            Self::Bytes => "Bytes",
            Self::Visual(VisualMeasure::Brightness) => "Brightness",
            Self::Visual(VisualMeasure::Contrast) => "Contrast",
            Self::Visual(VisualMeasure::Saturation) => "Saturation",
            Self::Visual(VisualMeasure::Temperature) => "Temperature",
            Self::Visual(VisualMeasure::Entropy) => "Entropy",
        });
    }
}

impl Identity for Cursor {
    fn write(&self, text: &mut String) {
        let Self { key, object_number, state, search } = self;
        fields(
            text,
            "Cursor",
            &[("key", key), ("object_number", object_number), ("state", state), ("search", search)],
        );
    }
}

impl Identity for Key {
    fn write(&self, text: &mut String) {
        match self {
            Self::Number(number) => wrapped(text, "Number", number),
            Self::Text(value) => wrapped(text, "Text", value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::visual_measure::VisualRanges;
    use super::*;

    fn filter(scheme: &str, value: &str) -> Filter {
        Filter { scheme: scheme.into(), value: value.into() }
    }

    /// A search with every parameter.
    fn everything() -> Search {
        Search {
            q: "Købke's \"heste\"\n".into(),
            search_fields: vec![
                SearchField::Name,
                SearchField::Subject,
                SearchField::Text,
                SearchField::Titles,
                SearchField::Creators,
            ],
            any: vec![filter("creator", "anna-ancher"), filter("motif", "køer")],
            all: vec![filter("type", "maleri")],
            none: vec![filter("colour", "red")],
            each: vec![vec![filter("motif", "hest"), filter("motif", "ko")], Vec::new()],
            numbers: vec![vec!["kms1".into(), "kms2".into()]],
            not_numbers: vec!["kms3".into()],
            years: Some((-50, 1910)),
            made_until: Some((i32::MIN, 1900)),
            made_from: Some((1800, i32::MAX)),
            has_image: Some(true),
            public_domain: Some(false),
            on_display: Some(true),
            width: Some((0, u64::MAX)),
            height: Some((1, 2)),
            bytes: Some((3, 4)),
            modified: Some((-1, i64::MAX)),
            created: Some((i64::MIN, 0)),
            visual_measures: VisualRanges::default(),
            background: None,
            colours: vec![
                Colour { lightness: 0.25, a: -1e-5, b: 0.0 }.into(),
                Colour { lightness: 1.0, a: 1e16, b: -0.0 }.into(),
            ],
            colour_distance: 7.5,
            order: Order { sort: Sort::Title, backwards: true },
            facets: vec!["creator".into(), "motif".into()],
            facet_mode: FacetMode::Single,
            facet_limit: 3,
            histogram: Some(50),
            limit: 7,
            offset: 40,
            cursor: Some(Cursor {
                key: Key::Text(Some("ø \"".into())),
                object_number: "KMS1".into(),
                state: u64::MAX,
                search: 5,
            }),
        }
    }

    const EVERYTHING: &str = concat!(
        r#"Search { q: "Købke's \"heste\"\n", places: [Name, Subject, Text, Titles, Creators], "#,
        r#"any: [Filter { scheme: "creator", value: "anna-ancher" }, Filter { scheme: "motif", value: "køer" }], "#,
        r#"all: [Filter { scheme: "type", value: "maleri" }], none: [Filter { scheme: "colour", value: "red" }], "#,
        r#"each: [[Filter { scheme: "motif", value: "hest" }, Filter { scheme: "motif", value: "ko" }], []], "#,
        r#"numbers: [["kms1", "kms2"]], not_numbers: ["kms3"], years: Some((-50, 1910)), "#,
        r#"made_until: Some((-2147483648, 1900)), made_from: Some((1800, 2147483647)), has_image: Some(true), "#,
        r#"public_domain: Some(false), on_display: Some(true), width: Some((0, 18446744073709551615)), "#,
        r#"height: Some((1, 2)), bytes: Some((3, 4)), modified: Some((-1, 9223372036854775807)), "#,
        r#"created: Some((-9223372036854775808, 0)), "#,
        r#"colours: [Colour { lightness: 0.25, a: -1e-5, b: 0.0 }, Colour { lightness: 1.0, a: 1e16, b: -0.0 }], "#,
        r#"colour_distance: 7.5, order: Order { sort: Title, backwards: true }, facets: ["creator", "motif"], "#,
        r#"facet_limit: 3, histogram: Some(50), limit: 7, offset: 40, "#,
        r#"cursor: Some(Cursor { key: Text(Some("ø \"")), object_number: "KMS1", state: 18446744073709551615, search: 5 }) }"#,
    );
    const NOTHING: &str = concat!(
        r#"Search { q: "", places: [Name, Subject, Text], any: [], all: [], none: [], each: [], numbers: [], not_numbers: [], "#,
        r#"years: None, made_until: None, made_from: None, has_image: None, public_domain: None, on_display: None, "#,
        r#"width: None, height: None, bytes: None, modified: None, created: None, colours: [], colour_distance: 12.0, "#,
        r#"order: Order { sort: Relevance, backwards: false }, facets: [], facet_limit: 10, histogram: None, limit: 20, offset: 0, cursor: None }"#,
    );

    /// Cursors contain a hash of this text: if it changes, cursors of clients become invalid.
    #[test]
    fn the_identity_of_searches_is_stable() {
        assert_eq!(Search::default().identity(), NOTHING);
        assert_eq!(everything().identity(), EVERYTHING);
    }

    #[test]
    fn the_identity_of_weights_and_measures_is_stable() {
        let colour = Colour { lightness: 0.5, a: 0.0, b: 0.0 };
        let mut search =
            Search { colours: vec![WeightedColour { colour, weight: Some(70) }], ..Search::default() };
        search.visual_measures[VisualMeasure::Contrast as usize] = Some((40.0, f64::INFINITY));
        let weighted =
            "colours: [WeightedColour { colour: Colour { lightness: 0.5, a: 0.0, b: 0.0 }, weight: 70 }]";
        let expected = NOTHING
            .replace("colours: []", weighted)
            .replace("cursor: None }", "cursor: None, contrast: Some((40.0, inf)) }");
        assert_eq!(search.identity(), expected);
    }

    #[test]
    fn the_identity_of_orders_and_cursors_is_stable() {
        let usual = Search::default();
        for (sort, expected) in [
            (Sort::Relevance, "Relevance"),
            (Sort::Title, "Title"),
            (Sort::Creator, "Creator"),
            (Sort::Date, "Date"),
            (Sort::Newest, "Newest"),
            (Sort::Hue, "Hue"),
            (Sort::Number, "Number"),
            (Sort::MadeFrom, "MadeFrom"),
            (Sort::MadeUntil, "MadeUntil"),
            (Sort::Modified, "Modified"),
            (Sort::Created, "Created"),
            (Sort::Width, "Width"),
            (Sort::Height, "Height"),
            (Sort::Bytes, "Bytes"),
            (Sort::Visual(VisualMeasure::Entropy), "Entropy"),
        ] {
            let text = Search { order: Order { sort, backwards: false }, ..usual.clone() }.identity();
            assert_eq!(text, NOTHING.replace("sort: Relevance", &format!("sort: {expected}")));
        }
        for (key, expected) in [
            (Key::Number(7), "Number(7)"),
            (Key::Text(None), "Text(None)"),
            (Key::Text(Some("ø".into())), "Text(Some(\"ø\"))"),
        ] {
            let cursor = Cursor { key, object_number: "KMS \"1".into(), state: 3, search: u64::MAX };
            let text = Search { cursor: Some(cursor), ..usual.clone() }.identity();
            let cursor = format!(
                "cursor: Some(Cursor {{ key: {expected}, object_number: \"KMS \\\"1\", state: 3, search: {} }}) }}",
                u64::MAX
            );
            assert_eq!(text, NOTHING.replace("cursor: None }", &cursor));
        }
    }
}
