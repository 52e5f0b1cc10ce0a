//! A work's tags beside those of its record: decided by curators or proposed by machines.

use std::collections::HashMap;

use sqlx::{AnyConnection, Row};

use super::Error;
use super::sql::{Value, fetch_rows};
use crate::record::{Status, Tag, slug};

/// A tag beside those of the record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OverlayTag {
    pub tag: Tag,
    /// Whether a curator added or reviewed it; a machine's later runs do not touch it then.
    pub decided: bool,
}

/// The tags beside those of the records, by the works' sequence numbers, in the order of their identifiers.
pub(super) async fn overlays(
    connection: &mut AnyConnection,
    works: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Vec<OverlayTag>>, Error> {
    let works = works.map(|seq| vec![Value::from(seq)]).collect();
    let select = "SELECT seq, body, decided FROM tags WHERE seq IN (VALUES";
    let rows = fetch_rows(connection, select, works, ") ORDER BY seq, tag").await?;
    let mut overlays: HashMap<i64, Vec<OverlayTag>> = HashMap::new();
    for row in &rows {
        let tag = serde_json::from_str(row.try_get("body")?)?;
        let decided = row.try_get::<i64, _>("decided")? != 0;
        overlays.entry(row.try_get("seq")?).or_default().push(OverlayTag { tag, decided });
    }
    Ok(overlays)
}

pub(super) const TAGS: &str =
    "INSERT INTO tags (seq, tag, body, decided, waits, scheme, value, confidence) VALUES";
pub(super) const REPLACE_TAGS: &str = "ON CONFLICT (seq, tag) DO UPDATE SET body = excluded.body, \
    decided = excluded.decided, waits = excluded.waits, scheme = excluded.scheme, value = excluded.value, \
    confidence = excluded.confidence";

/// The row of a tag, for [`TAGS`].
pub(super) fn tag_row(seq: i64, other: &OverlayTag) -> Result<Vec<Value>, Error> {
    let OverlayTag { tag, decided } = other;
    // A curator who reopens a tag leaves the decision to others.
    let waits = tag.status == Status::Proposed;
    let value = slug(tag.concept.as_deref().or(tag.label.best(&[])).unwrap_or_default());
    Ok(vec![
        seq.into(),
        tag.id().into(),
        serde_json::to_string(tag)?.into(),
        i64::from(*decided).into(),
        i64::from(waits).into(),
        slug(&tag.scheme).into(),
        value.into(),
        ((tag.confidence.clamp(0.0, 1.0) * 1e6) as i64).into(),
    ])
}

/// A record's tags with the decisions about them, and the tags that were added or proposed.
pub(super) fn effective<'a>(imported: &[Tag], overlay: impl IntoIterator<Item = &'a OverlayTag>) -> Vec<Tag> {
    let mut tags = imported.to_vec();
    let ids: HashMap<String, usize> = tags.iter().enumerate().map(|(at, tag)| (tag.id(), at)).collect();
    for OverlayTag { tag: other, .. } in overlay {
        match ids.get(&other.id()) {
            Some(&at) => {
                let tag = &mut tags[at];
                tag.status = other.status;
                if other.kept_id.is_some() {
                    (tag.region, tag.kept_id) = (other.region, other.kept_id.clone());
                }
            }
            None => tags.push(other.clone()),
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Text;

    #[test]
    fn decisions_apply_to_new_records() {
        let dog = Tag::new("motif", Text::of("en", "dog"));
        let cat = Tag::new("motif", Text::of("en", "cat"));
        let rejected = Tag { status: Status::Rejected, ..dog.clone() };
        let decided = |tag: &Tag| OverlayTag { tag: tag.clone(), decided: true };
        let tags = effective(&[dog], &[decided(&rejected), decided(&cat)]);
        assert_eq!(tags, [rejected, cat]);
    }
}
