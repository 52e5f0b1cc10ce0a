//! Tags that machines propose: one revision for each work and run, and decisions stay.

use std::collections::{HashMap, HashSet};

use sqlx::{AnyConnection, Row};

use super::analyses::{Analysis, put_analyses};
use super::facets::FacetChanges;
use super::overlay::{OverlayTag, REPLACE_TAGS, TAGS, effective, overlays, tag_row};
use super::put::{Before, before};
use super::sql::{Value, execute_rows, fetch_rows};
use super::transaction::{Limits, Outcome};
use super::write_lock::{REVISIONS, WriteLock, lock_for_writing, revision_row};
use super::{Catalogue, Error};
use crate::record::{Kind, Picture, Tag, Work, facets};

/// What a run found about one work.
#[derive(Clone, Debug, Default)]
pub struct Proposals {
    /// The museum's number of the work.
    pub object_number: String,
    /// Whose earlier tags these tags replace, unless a curator has decided about them.
    pub replaces: Vec<Producer>,
    /// The tags.
    pub tags: Vec<Tag>,
    /// What was measured on its pictures; unchanged if `None`.
    pub picture: Option<Picture>,
    /// The results on its images, from which the tags were made.
    pub analyses: Vec<Analysis>,
}

/// A machine, in all its versions, and a scheme of its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Producer {
    /// `model:NAME`, as [`Tag::producer`].
    pub name: String,
    /// The scheme, as in `colour`.
    pub scheme: String,
}

/// What proposals changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProposalSummary {
    /// Works that changed.
    pub changed: u64,
    /// Works that have all of it already.
    pub unchanged: u64,
    /// Works that do not exist or were withdrawn.
    pub missing: u64,
    /// Tags that were added or changed.
    pub added: u64,
    /// Earlier tags that were replaced or are no longer proposed.
    pub removed: u64,
    /// Tags that were left out because a curator or the record has decided about them.
    pub decided: u64,
}

impl Catalogue {
    /// Adds proposals in one transaction. A work gets at most one revision, and none if nothing changes. Proposals about
    /// which a curator has decided, whatever their source or version, are left out, and so are those that say what the
    /// record says.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, refuses a row, or is full.
    pub async fn propose(&self, proposals: Vec<Proposals>) -> Result<ProposalSummary, Error> {
        if proposals.is_empty() {
            return Ok(ProposalSummary::default());
        }
        self.transact(Limits::BATCH, async |changes| self.propose_all(changes, proposals).await).await
    }

    async fn propose_all(
        &self,
        changes: &mut AnyConnection,
        proposals: Vec<Proposals>,
    ) -> Result<Outcome<(ProposalSummary, FacetChanges)>, Error> {
        let mut lock = lock_for_writing(changes).await?;
        let numbers: Vec<&str> = proposals.iter().map(|one| one.object_number.as_str()).collect();
        let known = before(changes, &numbers).await?;
        let mut works = works(changes, known.values()).await?;
        let mut overlays = overlays(changes, known.values().map(|known| known.seq)).await?;
        let (mut summary, mut rows) = (ProposalSummary::default(), Rows::default());
        let mut facet_changes = FacetChanges::default();
        let mut analyses = Vec::new();
        for mut proposal in merged(proposals) {
            let known = known.get(&proposal.object_number).filter(|known| known.removal.is_none());
            let Some((known, (work, picture))) =
                known.and_then(|known| Some((known, works.remove(&known.seq)?)))
            else {
                summary.missing += 1;
                continue;
            };
            analyses.append(&mut proposal.analyses);
            let was = overlays.remove(&known.seq).unwrap_or_default();
            let now = proposed(&proposal, &work.tags, &was, &mut summary);
            let is_measured = proposal.picture.is_some() && proposal.picture != picture;
            if now == was && !is_measured {
                summary.unchanged += 1;
                continue;
            }
            summary.changed += 1;
            rows.replace_tags(known.seq, &was, &now, &mut summary)?;
            rows.change(known, &proposal, &mut lock)?;
            let tags = effective(&work.tags, &now);
            facet_changes.replace(known.seq, &known.facet_ids, facets(&work, &tags));
        }
        if rows.works.is_empty() && analyses.is_empty() {
            return Ok(Outcome::Unchanged((summary, facet_changes)));
        }
        let facet_ids = facet_changes.apply(self, changes, lock.revision).await?;
        rows.write(changes, &facet_ids, lock.at_ms).await?;
        put_analyses(changes, analyses, lock.at_ms).await?;
        lock.finish(changes).await?;
        Ok(Outcome::Changed((summary, facet_changes)))
    }
}

/// Proposals with those of the same work together, in the order of the works' first ones.
fn merged(proposals: Vec<Proposals>) -> Vec<Proposals> {
    let mut places = HashMap::new();
    let mut merged: Vec<Proposals> = Vec::with_capacity(proposals.len());
    for proposal in proposals {
        match places.get(&proposal.object_number) {
            Some(&place) => {
                let first: &mut Proposals = &mut merged[place];
                first.replaces.extend(proposal.replaces);
                first.tags.extend(proposal.tags);
                first.picture = proposal.picture.or(first.picture.take());
                first.analyses.extend(proposal.analyses);
            }
            None => {
                places.insert(proposal.object_number.clone(), merged.len());
                merged.push(proposal);
            }
        }
    }
    merged
}

/// The records and pictures of these works.
async fn works(
    connection: &mut AnyConnection,
    known: impl Iterator<Item = &Before>,
) -> Result<HashMap<i64, (Work, Option<Picture>)>, Error> {
    let wanted = known.map(|known| vec![Value::from(known.seq)]).collect();
    let rows =
        fetch_rows(connection, "SELECT seq, record, picture FROM works WHERE seq IN (VALUES", wanted, ")")
            .await?;
    let work = |row: &sqlx::any::AnyRow| {
        let picture: Option<String> = row.try_get("picture")?;
        let picture = picture.map(|text| serde_json::from_str(&text)).transpose()?;
        Ok((row.try_get("seq")?, (serde_json::from_str(row.try_get("record")?)?, picture)))
    };
    rows.iter().map(work).collect()
}

/// A work's overlay with these proposals, in the order of the tags' identifiers.
fn proposed(
    proposal: &Proposals,
    imported: &[Tag],
    was: &[OverlayTag],
    summary: &mut ProposalSummary,
) -> Vec<OverlayTag> {
    let is_replaced = |tag: &Tag| {
        let made = |producer: &Producer| producer.name == tag.producer() && producer.scheme == tag.scheme;
        proposal.replaces.iter().any(made)
    };
    let mut now: Vec<OverlayTag> =
        was.iter().filter(|other| other.decided || !is_replaced(&other.tag)).cloned().collect();
    let decided: Vec<&Tag> = was.iter().filter(|other| other.decided).map(|other| &other.tag).collect();
    let mut seen = HashSet::new();
    for tag in &proposal.tags {
        let id = tag.id();
        let says_the_record = || tag.color.is_none() && imported.iter().any(|record| record.decides(tag));
        if decided.iter().any(|decided| decided.decides(tag)) || tag.region.is_none() && says_the_record() {
            summary.decided += 1;
            continue;
        }
        if seen.insert(id.clone()) {
            now.retain(|other| other.decided || other.tag.id() != id);
            now.push(OverlayTag { tag: tag.clone(), decided: false });
        }
    }
    now.sort_by_cached_key(|other| other.tag.id());
    now
}

/// The rows that proposals write.
#[derive(Default)]
struct Rows {
    works: Vec<(i64, Vec<Value>)>,
    revisions: Vec<Vec<Value>>,
    tags: Vec<Vec<Value>>,
    gone: Vec<Vec<Value>>,
}

impl Rows {
    fn replace_tags(
        &mut self,
        seq: i64,
        was: &[OverlayTag],
        now: &[OverlayTag],
        summary: &mut ProposalSummary,
    ) -> Result<(), Error> {
        let kept: HashSet<String> = now.iter().map(|other| other.tag.id()).collect();
        for id in was.iter().map(|other| other.tag.id()).filter(|id| !kept.contains(id)) {
            summary.removed += 1;
            self.gone.push(vec![seq.into(), id.into()]);
        }
        for other in now.iter().filter(|other| !was.contains(other)) {
            summary.added += 1;
            self.tags.push(tag_row(seq, other)?);
        }
        Ok(())
    }

    fn change(&mut self, known: &Before, proposal: &Proposals, lock: &mut WriteLock) -> Result<(), Error> {
        let revision = lock.next_revision();
        let picture = proposal.picture.as_ref().map(serde_json::to_string).transpose()?;
        self.revisions.push(revision_row(revision, &proposal.object_number, Kind::Update, lock.at_ms));
        self.works.push((known.seq, vec![known.seq.into(), revision.into(), picture.into()]));
        Ok(())
    }

    async fn write(
        self,
        connection: &mut AnyConnection,
        facet_ids: &HashMap<i64, Vec<i64>>,
        at_ms: i64,
    ) -> Result<(), Error> {
        let mut works = self.works;
        for (seq, row) in &mut works {
            let facet_ids = facet_ids.get(seq).map_or(&[][..], Vec::as_slice);
            row.push(serde_json::to_string(facet_ids)?.into());
        }
        let rows = works.into_iter().map(|(_, row)| row).collect();
        let update = format!(
            "UPDATE works SET judged = 1, changed_ms = {at_ms}, revision = own.column2, \
             picture = COALESCE(own.column3, works.picture), shelves = own.column4 FROM (VALUES"
        );
        execute_rows(connection, &update, rows, ") AS own WHERE works.seq = own.column1").await?;
        execute_rows(connection, "DELETE FROM tags WHERE (seq, tag) IN (VALUES", self.gone, ")").await?;
        execute_rows(connection, TAGS, self.tags, REPLACE_TAGS).await?;
        execute_rows(connection, REVISIONS, self.revisions, "").await
    }
}
