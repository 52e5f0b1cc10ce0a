//! Works that are taken out: by their numbers, or because their source has them no more.

use std::collections::{BTreeMap, HashMap};

use sqlx::{AnyConnection, Row};

use super::facets::{Moves, number};
use super::put::{Before, REVISIONS, Turn, before, revision_row, take_turn};
use super::sql::{Value, each};
use super::transaction::{Limits, Outcome};
use super::{Catalogue, Error};
use crate::record::Kind;

/// What became of a work that was to be withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// It was there and is withdrawn with this revision.
    Now(u64),
    /// It had been withdrawn before.
    Before,
}

impl Catalogue {
    /// Takes works out: they leave their shelves. Their records and decisions are kept should they return, and which
    /// images they show, so that these do not count as images without a record. Those that are not there are passed
    /// over; the number of those that were.
    pub async fn remove(&self, object_numbers: &[String]) -> Result<u64, Error> {
        let numbers: Vec<&str> = object_numbers.iter().map(String::as_str).collect();
        self.transact(Limits::BATCH, async |changes| self.remove_all(changes, &numbers).await).await
    }

    async fn remove_all(
        &self,
        changes: &mut AnyConnection,
        numbers: &[&str],
    ) -> Result<Outcome<(u64, Moves)>, Error> {
        let mut turn = take_turn(changes).await?;
        let known = before(changes, numbers).await?;
        let mut moves = Moves::default();
        let gone = take_out(self, changes, &mut turn, &known, &mut moves).await?;
        turn.end(changes).await?;
        Ok(Outcome::Changed((gone, moves)))
    }

    /// Withdraws one work. Where `expected` is given and the work is at another revision, nothing is changed.
    pub async fn withdraw(&self, object_number: &str, expected: Option<u64>) -> Result<Withdrawn, Error> {
        let work = async |changes: &mut _| self.withdraw_one(changes, object_number, expected).await;
        self.transact(Limits::REQUEST, work).await
    }

    async fn withdraw_one(
        &self,
        changes: &mut AnyConnection,
        object_number: &str,
        expected: Option<u64>,
    ) -> Result<Outcome<(Withdrawn, Moves)>, Error> {
        let mut turn = take_turn(changes).await?;
        let known = before(changes, &[object_number]).await?;
        let mut moves = Moves::default();
        let work = known.get(object_number).ok_or(Error::NotFound)?;
        if work.removed {
            return Ok(Outcome::Unchanged((Withdrawn::Before, moves)));
        }
        if expected.is_some_and(|expected| expected != work.revision) {
            return Err(Error::Conflict { current: work.revision });
        }
        take_out(self, changes, &mut turn, &known, &mut moves).await?;
        turn.end(changes).await?;
        Ok(Outcome::Changed((Withdrawn::Now(number(turn.revision)), moves)))
    }

    /// The numbers of a source's works, in the order in which they came.
    pub async fn works_of(&self, source: &str) -> Result<Vec<String>, Error> {
        let rows = sqlx::query(
            "SELECT object_number FROM works WHERE source = $1 AND removed = 0 ORDER BY source, seq",
        )
        .bind(source.to_owned())
        .fetch_all(&self.0.pools.readers)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("object_number")?)).collect()
    }
}

/// Writes that these works are taken out, as far as they are there.
async fn take_out(
    catalogue: &Catalogue,
    changes: &mut AnyConnection,
    turn: &mut Turn,
    known: &HashMap<String, Before>,
    moves: &mut Moves,
) -> Result<u64, Error> {
    let (mut revisions, mut gone) = (Vec::new(), Vec::new());
    let there: BTreeMap<_, _> = known.iter().filter(|(_, known)| !known.removed).collect();
    for (number, known) in there {
        let revision = turn.next_revision();
        moves.clear(known.seq, &known.shelves);
        revisions.push(revision_row(revision, number, Kind::Delete, turn.at_ms));
        gone.push(vec![Value::from(known.seq), revision.into()]);
    }
    moves.carry_out(catalogue, &mut *changes).await?;
    let count = gone.len() as u64;
    let at_ms = turn.at_ms;
    let update = format!(
        "UPDATE works SET removed = 1, shelves = '[]', changed_ms = {at_ms}, revision = gone.column2 FROM (VALUES"
    );
    each(&mut *changes, &update, gone, ") AS gone WHERE works.seq = gone.column1").await?;
    each(changes, REVISIONS, revisions, "").await?;
    Ok(count)
}
