//! Builds a work's document in the index.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use tantivy::TantivyDocument;

use super::background;
use super::colour::{self, Colour};
use super::indexed_work::IndexedWork;
use super::kinds;
use super::object_numbers;
use super::roles::{role_facets, role_terms};
use super::schema::{
    COLOUR_PREFIX, CREATOR_ID_PREFIX, FIELD_NAME_PREFIX, Fields, HAS_IMAGE, KIND_PREFIX, ON_DISPLAY,
    PROPOSED_PREFIX, PUBLIC_DOMAIN, SEPARATOR, SOURCE_ID_PREFIX, joined, schema,
};
use super::stated_creators;
use super::terms::Terms;
use super::visual_measure::VisualMeasure;
use crate::record::fold::fold;
use crate::record::{Creator, Facet, Picture, Status, Tag, Text, Work, facets, slug};

/// The maximum length of an index term in bytes.
const MAX_TERM_BYTES: usize = 8000;
/// The maximum number of indexed colours per work.
const MAX_COLOURS: usize = 24;
/// The maximum number of indexed names of a work's own fields.
const MAX_FIELDS: usize = 200;

/// The data of a work to be indexed.
pub(crate) struct IndexableWork<'a> {
    pub work: &'a Work,
    /// The work's tags with the decisions about them; rejected tags are not indexed.
    pub tags: &'a [Tag],
    /// The texts of its published annotations.
    pub notes: &'a [String],
    /// What was measured on its pictures.
    pub picture: Option<&'a Picture>,
    pub revision: u64,
    /// The time of the last change, in milliseconds since 1970.
    pub changed_ms: i64,
    /// The width and height in pixels of its first images that have masters, if known.
    pub sizes: &'a [Option<(u32, u32)>],
}

impl IndexableWork<'_> {
    /// Builds the index document.
    pub(crate) fn document(&self) -> TantivyDocument {
        let fields = &schema().1;
        let mut document = TantivyDocument::default();
        document.add_text(fields.number, &self.work.object_number);
        document.add_text(fields.any_case, self.work.object_number.to_lowercase());
        document.add_text(fields.number_key, object_numbers::key(&self.work.object_number));
        if let Some(short) = object_numbers::short_key(&self.work.object_number) {
            document.add_text(fields.number_key, short);
        }
        if let Some(id) = self.work.more.get("id").and_then(Value::as_str) {
            document.add_text(fields.any_case, format!("{SOURCE_ID_PREFIX}{}", id.to_lowercase()));
        }
        for rgb in self.colour_tags().filter_map(colour::of_tag) {
            document.add_text(fields.any_case, format!("{COLOUR_PREFIX}#{rgb:06x}"));
        }
        if let Some(manifest) = self.work.source_manifest() {
            let key = format!("{SOURCE_ID_PREFIX}{}", manifest.to_lowercase());
            document.add_text(fields.any_case, key.chars().take(MAX_TERM_BYTES / 4).collect::<String>());
        }
        for id in self.work.creators.iter().filter_map(|creator| creator.id.as_deref()) {
            let key: String = format!("{CREATOR_ID_PREFIX}{}", id.to_lowercase())
                .chars()
                .take(MAX_TERM_BYTES / 4)
                .collect();
            document.add_text(fields.any_case, key);
        }
        for term in role_terms(self.work).iter().filter(|term| term.len() <= MAX_TERM_BYTES) {
            document.add_text(fields.any_case, term);
        }
        let made = self.work.techniques.iter().chain(&self.work.materials).flat_map(|text| text.iter());
        for kind in kinds::named_in(made.map(|(_, text)| text)) {
            document.add_text(fields.any_case, format!("{KIND_PREFIX}{kind}"));
        }
        for name in self.work.more.keys().take(MAX_FIELDS) {
            document.add_text(
                fields.any_case,
                format!("{FIELD_NAME_PREFIX}{name}").chars().take(MAX_TERM_BYTES / 4).collect::<String>(),
            );
        }
        stated_creators::statements(self.work).for_each(|stated| document.add_text(fields.person, stated));
        self.add_words(&mut document, fields);
        self.add_facets(&mut document, fields);
        self.add_columns(&mut document, fields);
        self.add_colours(&mut document, fields);
        let stored = IndexedWork::encode(self);
        document.add_text(fields.stored, stored);
        document
    }

    fn valid_tags(&self) -> impl Iterator<Item = &Tag> {
        self.tags.iter().filter(|tag| tag.is_active())
    }

    fn add_words(&self, document: &mut TantivyDocument, fields: &Fields) {
        let work = self.work;
        let mut name = Terms::default();
        let (mut titles, mut creators) = (Terms::default(), Terms::default());
        for title in &work.titles {
            name.text(&title.text);
            titles.text(&title.text);
        }
        for creator in &work.creators {
            name.plain(&creator.name);
            creators.name(&creator.name);
        }
        name.number(&work.object_number);
        name.add(document, fields.name);
        titles.add(document, fields.titles);
        creators.add(document, fields.creators);

        let mut subject = Terms::default();
        for text in work.object_type.iter().chain(&work.techniques).chain(&work.materials) {
            subject.text(text);
        }
        for tag in self.valid_tags() {
            subject.text(&tag.label);
            tag.broader.iter().for_each(|broader| subject.text(&broader.label));
        }
        subject.add(document, fields.subject);

        let mut other = Terms::default();
        for text in work.inscriptions.iter().chain(&work.collections) {
            other.text(text);
        }
        for text in [&work.description, &work.department, &work.credit_line, &work.location] {
            other.text(text);
        }
        for made in &work.production {
            other.text(&made.text);
        }
        for creator in &work.creators {
            creator.nationality.iter().chain(&creator.role).for_each(|text| other.plain(text));
        }
        exhibitions(work).for_each(|name| other.plain(name));
        for related in &work.related {
            other.text(&related.label);
        }
        for fact in &work.extra_metadata {
            other.text(&fact.label);
            other.text(&fact.value);
        }
        for part in &work.parts {
            other.text(&part.label);
        }
        for image in &work.images {
            other.text(&image.label);
        }
        for media in &work.media_files {
            other.text(&media.label);
        }
        self.notes.iter().for_each(|note| other.plain(note));
        other.add(document, fields.text);
    }

    fn add_facets(&self, document: &mut TantivyDocument, fields: &Fields) {
        for facet in self.facets() {
            document.add_text(fields.facet, joined(&[&facet.scheme, &facet.value]));
            with_label(&facet, self.work, |label| document.add_text(fields.called, label));
        }
        self.add_proposed(document, fields);
        let mut edges = Vec::new();
        for tag in self.valid_tags().filter(|tag| !is_colour(tag)) {
            let mut above = String::new();
            for own in chain(tag).filter(|own| !own.is_empty()) {
                if own != above {
                    edges.push(joined(&[&slug(&tag.scheme), &above, &own]));
                }
                above = own;
            }
        }
        edges.sort_unstable();
        edges.dedup();
        edges.iter().for_each(|edge| document.add_text(fields.edge, edge));
    }

    /// The values, with their schemes, that only machines have proposed and nobody has accepted yet.
    fn add_proposed(&self, document: &mut TantivyDocument, fields: &Fields) {
        let is_proposed = |tag: &Tag| tag.status == Status::Proposed && tag.source.starts_with(MODEL_SOURCE);
        if !self.valid_tags().any(|tag| is_proposed(tag) && !is_colour(tag)) {
            return;
        }
        let values = |proposed: bool| -> BTreeSet<String> {
            let tags = self.valid_tags().filter(|tag| is_proposed(tag) == proposed && !is_colour(tag));
            tags.flat_map(tag_values).collect()
        };
        for value in values(true).difference(&values(false)) {
            document.add_text(fields.any_case, format!("{PROPOSED_PREFIX}{value}"));
        }
    }

    /// The catalogue's facets, with nationality, gender, roles, rights and exhibitions, and with colour families instead of
    /// single colours.
    fn facets(&self) -> Vec<Facet> {
        let mut found = facets(self.work, self.tags);
        found.retain(|facet| facet.scheme != COLOUR);
        let add = |found: &mut Vec<Facet>, scheme: &str, label: &Text| {
            if let Some(name) = label.best(&[]) {
                let (value, sort) = (slug(name), name.to_lowercase());
                found.push(Facet { scheme: scheme.into(), value, label: label.clone(), sort });
            }
        };
        for creator in &self.work.creators {
            for (scheme, text) in [("nationality", &creator.nationality), ("gender", &creator.gender)] {
                text.iter().for_each(|text| add(&mut found, scheme, &Text::plain(text)));
            }
        }
        found.extend(role_facets(self.work));
        add(&mut found, "location", &self.work.location);
        exhibitions(self.work).for_each(|name| add(&mut found, "exhibition", &Text::plain(name)));
        if let Some(rights) = &self.work.rights {
            add(&mut found, "rights", &Text::plain(rights));
        }
        self.colour_tags().for_each(|tag| found.extend(colour_facets(tag)));
        found.retain(|facet| !facet.value.is_empty());
        found.sort_by(|a, b| (&a.scheme, &a.value).cmp(&(&b.scheme, &b.value)));
        found.dedup_by(|a, b| a.scheme == b.scheme && a.value == b.value);
        found
    }

    fn add_columns(&self, document: &mut TantivyDocument, fields: &Fields) {
        let work = self.work;
        let label = work.label();
        document.add_text(fields.title_order, sort_key(label.best(&["da", "en"]).unwrap_or_default()));
        let titles = work.titles.iter().flat_map(|title| title.text.iter());
        let mut beginnings: Vec<String> = titles.map(|(_, title)| beginning(title)).collect();
        beginnings.sort_unstable();
        beginnings.dedup();
        beginnings
            .iter()
            .filter(|title| !title.is_empty())
            .for_each(|title| document.add_text(fields.title, title));
        if let Some(creator) = work.creators.first() {
            document.add_text(fields.creator, sort_key(&sort_name(creator)));
        }
        let (earliest, latest) = work.years();
        if let (Some(earliest), Some(latest)) = (earliest.or(latest), latest.or(earliest)) {
            document.add_i64(fields.earliest, earliest.min(latest).into());
            document.add_i64(fields.latest, latest.max(earliest).into());
        }
        let mut flags = 0;
        let set = |flag: u64, is: bool| if is { flag } else { 0 };
        flags |= set(HAS_IMAGE, work.images.iter().any(|image| image.matched));
        flags |= set(PUBLIC_DOMAIN, work.public_domain == Some(true));
        flags |= set(ON_DISPLAY, work.more.get("on_display").and_then(|is| is.as_bool()).unwrap_or(false));
        document.add_u64(fields.flags, flags);
        let area = |(width, height): &(u32, u32)| u64::from(*width) * u64::from(*height);
        let largest = self.sizes.iter().flatten().copied().max_by_key(area);
        if let Some((width, height)) = largest.or_else(|| recorded_size(work)) {
            document.add_u64(fields.width, width.into());
            document.add_u64(fields.height, height.into());
        }
        if let Some(bytes) = work.more.get("image_size").and_then(|size| size.as_u64()) {
            document.add_u64(fields.bytes, bytes);
        }
        if let Some(picture) = self.picture {
            for (measure, field) in VisualMeasure::ALL.into_iter().zip(fields.visual_measures) {
                document.add_f64(field, measure.of(picture));
            }
            if let Some(place) = picture.background.as_deref().and_then(background::place_of) {
                document.add_u64(fields.background, place);
            }
        }
        document.add_u64(fields.revision, self.revision);
        let modified = work.modified.as_deref().and_then(seconds);
        document.add_i64(fields.modified, modified.unwrap_or(self.changed_ms / 1000));
        let created = work.more.get("created").and_then(|at| at.as_str()).and_then(seconds);
        if let Some(created) = created {
            document.add_i64(fields.created, created);
        }
    }

    fn add_colours(&self, document: &mut TantivyDocument, fields: &Fields) {
        let colours = self.colour_tags().filter_map(|tag| Some((colour::of_tag(tag)?, tag.share)));
        let colours: Vec<(u32, Option<f64>)> = colours.take(MAX_COLOURS).collect();
        for (rgb, share) in &colours {
            document.add_u64(fields.colour, colour::packed(*rgb, *share));
        }
        // The colour with the largest share that is not grey decides the hue; without shares, the first one.
        let hue = |rgb: u32| Colour::of(rgb).hue();
        let hues = colours.iter().map(|(rgb, share)| (hue(*rgb), share.unwrap_or(0.0)));
        let main = hues.reduce(|main, other| {
            let is_chromatic = |hue: u64| hue < 1000;
            match (is_chromatic(main.0), is_chromatic(other.0)) {
                (true, false) => main,
                (false, true) => other,
                _ if other.1 > main.1 => other,
                _ => main,
            }
        });
        if let Some((hue, _)) = main {
            document.add_u64(fields.hue, hue);
        }
    }

    fn colour_tags(&self) -> impl Iterator<Item = &Tag> {
        self.valid_tags().filter(|tag| is_colour(tag))
    }
}

/// The values of a tag, from the broadest concept to its own.
fn chain(tag: &Tag) -> impl Iterator<Item = String> {
    let value = |concept: &Option<String>, label: &Text| {
        slug(concept.as_deref().or(label.best(&[])).unwrap_or_default())
    };
    let broader = tag.broader.iter().map(move |broader| value(&broader.concept, &broader.label));
    broader.chain([value(&tag.concept, &tag.label)])
}

/// The values of a tag as terms, with its scheme.
fn tag_values(tag: &Tag) -> impl Iterator<Item = String> {
    let scheme = slug(&tag.scheme);
    chain(tag).filter(|value| !value.is_empty()).map(move |value| joined(&[&scheme, &value]))
}

/// The values that a colour has: its name, if it has one, and its family.
fn colour_facets(tag: &Tag) -> impl Iterator<Item = Facet> {
    let name = tag.label.best(&[]).filter(|label| Colour::parse(label).is_none());
    let family = name
        .and_then(colour::family_of_name)
        .or_else(|| colour::of_tag(tag).map(|rgb| Colour::of(rgb).family().to_owned()));
    let facet = |value: String| {
        let label = colour::label_of(&value).unwrap_or_else(|| tag.label.clone());
        let sort = label.best(&[]).unwrap_or_default().to_lowercase();
        Facet { scheme: COLOUR.into(), value, label, sort }
    };
    family.into_iter().chain(name.map(colour::value_of)).map(facet)
}

const COLOUR: &str = "colour";

/// The beginning of the sources of tags that are models.
const MODEL_SOURCE: &str = "model:";

fn is_colour(tag: &Tag) -> bool {
    tag.scheme == COLOUR || tag.scheme.len() >= COLOUR.len() && slug(&tag.scheme) == COLOUR
}

/// Calls `add` with the label of a facet value as the index stores it. Labels are cached, because works share them.
fn with_label(facet: &Facet, work: &Work, add: impl FnOnce(&str)) {
    const MAX_CACHED: usize = 50_000;
    thread_local! {
        static KNOWN: RefCell<HashMap<Facet, String>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(term) = known.get(facet) {
            return add(term);
        }
        let label = serde_json::to_string(&facet.label).unwrap_or_default();
        let is_creator = facet.scheme == "creator";
        let maker = work.creators.iter().find(|creator| is_creator && slug(&creator.name) == facet.value);
        let sorted = maker.map(sort_name).unwrap_or_default();
        let sort = if sorted.is_empty() { fold(&facet.sort) } else { sort_key(&sorted) };
        let term = joined(&[&facet.scheme, &facet.value, &sort, &label, &sorted]);
        if term.len() > MAX_TERM_BYTES {
            return;
        }
        add(&term);
        if known.len() > MAX_CACHED {
            known.clear();
        }
        known.insert(facet.clone(), term);
    });
}

/// A sort key without accents and leading punctuation, at most 200 bytes long; `æ`, `ø` and `å` sort after `z`.
pub(super) fn sort_key(text: &str) -> String {
    let after_z = |c: char| match c {
        'æ' | 'Æ' => '{',
        'ø' | 'Ø' => '|',
        'å' | 'Å' => '}',
        c => c,
    };
    beginning(&text.chars().map(after_z).collect::<String>())
}

/// The beginning of a title without accents and leading punctuation, at most 200 bytes long.
pub(super) fn beginning(text: &str) -> String {
    let folded = fold(text);
    let key = folded.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '{' | '|' | '}'));
    let end = (0..=key.len().min(200)).rev().find(|&end| key.is_char_boundary(end)).unwrap_or(0);
    key[..end].chars().filter(|c| *c != SEPARATOR && !c.is_control()).collect()
}

/// The name by which a creator is sorted.
fn sort_name(creator: &Creator) -> String {
    creator.sort_name.clone().unwrap_or_else(|| inverted(&creator.name))
}

/// Converts `Anna Ancher` to `Ancher, Anna`.
fn inverted(name: &str) -> String {
    match name.trim().rsplit_once(' ') {
        Some((first, last)) if !name.contains(',') => format!("{last}, {first}"),
        _ => name.to_owned(),
    }
}

/// The image size in the record.
fn recorded_size(work: &Work) -> Option<(u32, u32)> {
    let side =
        |name: &str| work.more.get(name).and_then(|side| side.as_u64()).and_then(|side| side.try_into().ok());
    Some((side("image_width")?, side("image_height")?))
}

/// The exhibitions in a source's own fields, as texts or as objects with a name.
fn exhibitions(work: &Work) -> impl Iterator<Item = &str> {
    let all = work.more.get("exhibitions").and_then(Value::as_array).into_iter().flatten();
    let names = ["exhibition", "title", "name"];
    all.filter_map(move |one| one.as_str().or_else(|| names.iter().find_map(|name| one.get(*name)?.as_str())))
}

/// Parses a time or a date as seconds since 1970.
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_second());
    }
    let day: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|time| time.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_keys_follow_danish_order() {
        assert_eq!(beginning("“Ægte” skønhed"), "aegte” skonhed");
        assert!(sort_key("Zebra") < sort_key("Ægte") && sort_key("Ægte") < sort_key("Øst"));
        assert!(sort_key("Øst") < sort_key("«Å»") && sort_key("Élan") < sort_key("Flod"));
        assert_eq!(inverted("Anna Ancher"), "Ancher, Anna");
        assert_eq!(inverted("Ancher, Anna"), "Ancher, Anna");
        assert!(sort_key(&"ø".repeat(500)).len() <= 200);
    }

    #[test]
    fn times_and_dates_are_parsed() {
        assert_eq!(seconds("1970-01-02T00:00:00Z"), Some(86_400));
        assert_eq!(seconds("1970-01-02"), Some(86_400));
        assert_eq!(seconds("yesterday"), None);
    }
}
