//! The record of a work in the index, serialized in advance as JSON without its images, whose URLs depend on the
//! request.

use serde_json::{Value, json};

use super::IndexableWork;
use crate::record::{Image, Media, Tag, Text, Work, may_lead, timestamp};

/// The fields of every work in responses. A source's fields with these names appear only in its original record.
const RESERVED: [&str; 10] = [
    "id",
    "page",
    "manifest",
    "thumbnail",
    "images",
    "tags",
    "revision",
    "changed",
    "content_state",
    "picture",
];

/// A work as the index stores it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IndexedWork {
    text: String,
    /// The offsets of the lines after the first.
    lines: Vec<usize>,
}

/// What is known of a work without parsing its record.
#[derive(Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub(crate) struct Known {
    /// The object number.
    pub number: String,
    pub rights: Option<String>,
    pub public_domain: Option<bool>,
    /// Whether the record may lead to images of its source.
    pub may_lead: bool,
}

/// An image of a work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexedImage<'a> {
    /// The master's identifier.
    pub file: &'a str,
    /// Whether it has a master.
    pub matched: bool,
    /// The JSON object that describes the image in the record.
    pub json: &'a str,
}

impl IndexedImage<'_> {
    /// The width and height in pixels, if they were known when the work was indexed.
    pub(crate) fn size(&self) -> Option<(u32, u32)> {
        #[derive(serde::Deserialize)]
        struct Size {
            width: u32,
            height: u32,
        }
        let Size { width, height } = serde_json::from_str(self.json).ok()?;
        Some((width, height))
    }
}

impl IndexedWork {
    /// Serializes a work as lines: its record, its object number and rights, and one line per image.
    pub(crate) fn encode(entry: &IndexableWork<'_>) -> String {
        let IndexableWork { work, tags, picture, revision, changed_ms, sizes, .. } = *entry;
        let mut text = serde_json::to_string(&bare(work)).unwrap_or_else(|_| "{}".into());
        text.pop();
        text.push_str(",\"tags\":[");
        for (at, tag) in tags.iter().filter(|tag| tag.is_active()).enumerate() {
            if at > 0 {
                text.push(',');
            }
            // Its identifier is written as `id`.
            let json = match tag.kept_id {
                None => serde_json::to_string(tag),
                Some(_) => serde_json::to_string(&Tag { kept_id: None, ..tag.clone() }),
            };
            let json = json.unwrap_or_else(|_| "{}".into());
            text.push_str(json.strip_suffix('}').unwrap_or(&json));
            text.push_str(&format!(",\"id\":\"{}\"}}", tag.id()));
        }
        text.push(']');
        if let Some(picture) = picture.and_then(|picture| serde_json::to_string(picture).ok()) {
            text.push_str(&format!(",\"picture\":{picture}"));
        }
        text.push_str(&format!(",\"revision\":{revision},\"changed\":{}}}", json!(timestamp(changed_ms))));
        let may_lead = may_lead(&text);
        text.push('\n');
        text.push_str(&json!([work.object_number, work.rights, work.public_domain, may_lead]).to_string());
        let mut sizes = sizes.iter();
        for image in &work.images {
            let size = if image.matched { sizes.next().copied().flatten() } else { None };
            text.push('\n');
            text.push(if image.matched { '+' } else { '-' });
            text.push_str(&json!(image.file).to_string());
            text.push('\t');
            text.push_str(&image_json(image, size));
        }
        text
    }

    /// Parses the output of [`IndexedWork::encode`].
    pub(crate) fn decode(text: &str) -> Self {
        let lines = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Self { text: text.to_owned(), lines }
    }

    /// The record as a JSON object, without its images.
    pub(crate) fn record(&self) -> &str {
        self.line(0).unwrap_or("{}")
    }

    pub(crate) fn known(&self) -> Known {
        self.line(1).and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
    }

    /// The object number.
    pub(crate) fn number(&self) -> String {
        self.known().number
    }

    /// The images in order, with the identifiers of their masters.
    pub(crate) fn images(&self) -> impl Iterator<Item = (String, IndexedImage<'_>)> {
        (2..=self.lines.len()).filter_map(|at| {
            let line = self.line(at)?;
            let (file, json) = line.get(1..)?.split_once('\t')?;
            let identifier = serde_json::from_str(file).ok()?;
            Some((identifier, IndexedImage { file, matched: line.starts_with('+'), json }))
        })
    }

    /// Parses the work. Derived fields, such as the tags' identifiers, are among its additional fields.
    pub(crate) fn work(&self) -> Option<Work> {
        let mut work: Work = serde_json::from_str(self.record()).ok()?;
        work.more.remove("revision");
        work.more.remove("changed");
        work.more.remove("picture");
        for (_, indexed) in self.images() {
            let mut image: Image = serde_json::from_str(indexed.json).ok()?;
            image.matched = indexed.matched;
            work.images.push(image);
        }
        Some(work)
    }

    fn line(&self, at: usize) -> Option<&str> {
        let start = if at == 0 { 0 } else { *self.lines.get(at - 1)? };
        let end = self.lines.get(at).map_or(self.text.len(), |next| next - 1);
        self.text.get(start..end)
    }
}

/// A work without its images, tags and reserved fields.
fn bare(work: &Work) -> Work {
    let free = work.more.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
    Work {
        object_number: work.object_number.clone(),
        titles: work.titles.clone(),
        creators: work.creators.clone(),
        production: work.production.clone(),
        object_type: work.object_type.clone(),
        techniques: work.techniques.clone(),
        materials: work.materials.clone(),
        dimensions: work.dimensions.clone(),
        inscriptions: work.inscriptions.clone(),
        description: work.description.clone(),
        collections: work.collections.clone(),
        department: work.department.clone(),
        credit_line: work.credit_line.clone(),
        location: work.location.clone(),
        rights: work.rights.clone(),
        public_domain: work.public_domain,
        homepage: work.homepage.clone(),
        related: work.related.clone(),
        tags: Vec::new(),
        extra_metadata: work.extra_metadata.clone(),
        media_files: work.media_files.iter().map(|media| Media { matched: true, ..media.clone() }).collect(),
        images: Vec::new(),
        parts: work.parts.clone(),
        canvases: work.canvases,
        modified: work.modified.clone(),
        withdrawn: None,
        more: free.map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

fn image_json(image: &Image, size: Option<(u32, u32)>) -> String {
    let mut value = json!(image);
    if let Value::Object(fields) = &mut value {
        fields.remove("matched");
        if let Some((width, height)) = size {
            fields.insert("width".into(), json!(width));
            fields.insert("height".into(), json!(height));
        }
    }
    value.to_string()
}

/// The fields of works that are texts, or lists of texts.
const TEXTS: [&str; 11] = [
    "text",
    "label",
    "object_type",
    "techniques",
    "materials",
    "inscriptions",
    "description",
    "collections",
    "department",
    "credit_line",
    "location",
];
/// The fields that have texts within them.
const NESTED: [&str; 8] =
    ["titles", "production", "related", "tags", "broader", "images", "media_files", "parts"];

/// Reduces a work's texts to one language, the first of these that is available: to a string, or to a list if there
/// are several values. A source's own fields are unchanged.
pub(crate) fn in_language(value: &mut Value, languages: &[&str]) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| in_language(value, languages)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Array(texts) if TEXTS.contains(&name.as_str()) => {
                        texts.iter_mut().for_each(|text| reduce(text, languages));
                    }
                    text if TEXTS.contains(&name.as_str()) => reduce(text, languages),
                    Value::Array(facts) if name == "extra_metadata" => {
                        let texts = facts.iter_mut().filter_map(Value::as_object_mut).flatten();
                        texts.for_each(|(_, text)| reduce(text, languages));
                    }
                    holder if NESTED.contains(&name.as_str()) => in_language(holder, languages),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn reduce(value: &mut Value, languages: &[&str]) {
    let text = value.is_object().then(|| serde_json::from_value::<Text>(value.clone()).ok()).flatten();
    match text.as_ref().and_then(|text| text.best_language(languages)) {
        Some((_, [one])) => *value = Value::String(one.clone()),
        Some((_, several)) => *value = json!(several),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Picture;

    #[test]
    fn works_round_trip() {
        let work: Work = serde_json::from_str(
            r#"{"object_number":"KMS\"1\n","titles":{"da":"Blå\nhest"},"x":1,
            "images":[{"file":"a/b.tif"},{"file":"c\td.tif","role":"verso"}],
            "tags":[{"scheme":"motif","label":{"en":"horse"}}]}"#,
        )
        .unwrap();
        let sizes = [None, Some((300, 200))];
        let picture: Picture =
            serde_json::from_value(json!({"source": "model:a@1", "palette": [], "brightness": 1.0,
            "contrast": 2.0, "saturation": 3.0, "temperature": -4.5, "entropy": 5.0}))
            .unwrap();
        let entry = IndexableWork {
            work: &work,
            tags: &work.tags,
            notes: &[],
            picture: Some(&picture),
            revision: 7,
            changed_ms: 0,
            sizes: &sizes,
        };
        let stored = IndexedWork::decode(&IndexedWork::encode(&entry));
        assert_eq!(stored.number(), "KMS\"1\n");
        let files: Vec<String> = stored.images().map(|(file, _)| file).collect();
        assert_eq!(files, ["a/b.tif", "c\td.tif"]);
        let images: Vec<Value> =
            stored.images().map(|(_, indexed)| serde_json::from_str(indexed.json).unwrap()).collect();
        assert_eq!((&images[0]["width"], &images[1]["width"]), (&Value::Null, &json!(300)));
        let record: Value = serde_json::from_str(stored.record()).unwrap();
        assert_eq!((&record["revision"], &record["x"]), (&json!(7), &json!(1)));
        assert_eq!(record["picture"], json!(picture));
        assert_eq!(stored.work().unwrap(), work);
    }

    #[test]
    fn texts_are_reduced_to_one_language() {
        let source = json!({"units": ["mm", "cm"], "titles": [{"text": {"da": ["Blå"]}}]});
        let mut value = json!({"titles": [{"text": {"da": ["Blå"], "en": ["Blue"]}, "kind": "museum"}],
            "techniques": [{"en": ["oil"]}], "description": {"da": ["a", "b"], "en": ["c"]}, "source": source,
            "tags": [{"label": {"en": ["dog"]}, "broader": [{"label": {"da": ["dyr"]}}]}]});
        in_language(&mut value, &["da"]);
        let expected = json!({"titles": [{"text": "Blå", "kind": "museum"}], "techniques": ["oil"],
            "description": ["a", "b"], "source": source,
            "tags": [{"label": "dog", "broader": [{"label": "dyr"}]}]});
        assert_eq!(value, expected);
    }
}
