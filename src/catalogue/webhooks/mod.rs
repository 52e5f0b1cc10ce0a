//! Webhooks: how far each has been told of changes, and which server tells it; `deliveries` has what was sent.

mod deliveries;

use sqlx::Row;
use sqlx::any::AnyRow;

pub use deliveries::{Attempt, Delivery, KEPT_DELIVERIES};

use super::facets::{number, signed};
use super::transaction::Limits;
use super::write_lock::lock_for_writing;
use super::{Catalogue, Error, now_ms};

/// What happened to a work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The revision of the change.
    pub revision: u64,
    /// The museum's number of the work.
    pub object_number: String,
    /// What happened.
    pub kind: EventKind,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// Kinds of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The work is new.
    Created,
    /// Its record or its machines' tags changed.
    Updated,
    /// It was withdrawn.
    Withdrawn {
        /// Why, in words for the public.
        reason: Option<String>,
    },
    /// It is shown again.
    Restored,
    /// A person decided about a tag.
    Tagged {
        /// The tag's identifier.
        tag: String,
        /// The status that it has now.
        status: String,
    },
}

/// The state of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookState {
    /// All changes up to this revision were delivered or are of no interest.
    pub revision: u64,
    /// The number of failed attempts of the pending delivery.
    pub failures: u32,
    /// When the pending delivery may be attempted again, in milliseconds since 1970.
    pub next_ms: i64,
}

impl Catalogue {
    /// Begins to follow changes for a webhook: from now on, or from where it was.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn add_webhook(&self, name: &str) -> Result<(), Error> {
        // Without WHERE, SQLite would read ON CONFLICT as the condition of a join.
        let insert = "INSERT INTO webhooks (name, revision, failures, next_ms, holder, held_until_ms) \
            SELECT $1, revision, 0, 0, '', 0 FROM counter WHERE one = 1 ON CONFLICT (name) DO NOTHING";
        self.change(Limits::REQUEST, async |changes| {
            // Changes after this one know that there is a webhook.
            lock_for_writing(changes).await?;
            sqlx::query(insert).bind(name.to_owned()).execute(changes).await?;
            Ok(())
        })
        .await
    }

    /// The state of a webhook; `None` if it was never added.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn webhook(&self, name: &str) -> Result<Option<WebhookState>, Error> {
        let select = "SELECT revision, failures, next_ms FROM webhooks WHERE name = $1";
        let row = sqlx::query(select).bind(name.to_owned()).fetch_optional(&self.0.pools.readers).await?;
        row.as_ref().map(state).transpose()
    }

    /// Takes the lease of a webhook for this many milliseconds, unless another server holds it. Returns the state that
    /// the holder continues from. If clocks of servers differ by more than the lease, a delivery may be sent twice.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn lease_webhook(
        &self,
        name: &str,
        holder: &str,
        lease_ms: i64,
    ) -> Result<Option<WebhookState>, Error> {
        let now = now_ms();
        self.change(Limits::REQUEST, async |changes| {
            let row = sqlx::query(
                "UPDATE webhooks SET holder = $1, held_until_ms = $2 WHERE name = $3 AND (holder = $4 OR held_until_ms < $5) \
                 RETURNING revision, failures, next_ms",
            )
            .bind(holder.to_owned())
            .bind(now.saturating_add(lease_ms))
            .bind(name.to_owned())
            .bind(holder.to_owned())
            .bind(now)
            .fetch_optional(changes)
            .await?;
            row.as_ref().map(state).transpose()
        })
        .await
    }

    /// Gives the lease of a webhook back.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn release_webhook(&self, name: &str, holder: &str) -> Result<(), Error> {
        self.change(Limits::REQUEST, async |changes| {
            sqlx::query("UPDATE webhooks SET held_until_ms = 0 WHERE name = $1 AND holder = $2")
                .bind(name.to_owned())
                .bind(holder.to_owned())
                .execute(changes)
                .await?;
            Ok(())
        })
        .await
    }

    /// Records that the changes up to this revision are of no interest to a webhook.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn skip_for_webhook(&self, name: &str, revision: u64) -> Result<(), Error> {
        self.change(Limits::REQUEST, async |changes| {
            sqlx::query("UPDATE webhooks SET revision = $1, failures = 0, next_ms = 0 WHERE name = $2")
                .bind(signed(revision))
                .bind(name.to_owned())
                .execute(changes)
                .await?;
            Ok(())
        })
        .await
    }

    /// At most `limit` revisions after this one as events, and the last of these revisions. Revisions that do not concern
    /// the public are left out: of works whose masters have another record now, and of withdrawn works.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn webhook_events(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<WebhookEvent>, Option<u64>), Error> {
        let rows = sqlx::query(
            "SELECT revisions.revision, revisions.object_number, revisions.kind, revisions.at_ms, withdrawals.withdrawn, \
             withdrawals.reason, tag_history.tag, tag_history.status FROM revisions \
             LEFT JOIN withdrawals ON withdrawals.revision = revisions.revision \
             LEFT JOIN tag_history ON tag_history.revision = revisions.revision \
             WHERE revisions.revision > $1 ORDER BY revisions.revision LIMIT $2",
        )
        .bind(signed(after))
        .bind(limit as i64)
        .fetch_all(&self.0.pools.readers)
        .await?;
        let last = rows.last().map(|row| row.try_get::<i64, _>("revision")).transpose()?.map(number);
        let events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        Ok((events.into_iter().flatten().collect(), last))
    }

    /// Allows the next attempt of a webhook at once.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn hasten_webhook(&self, name: &str) -> Result<(), Error> {
        self.change(Limits::REQUEST, async |changes| {
            sqlx::query("UPDATE webhooks SET next_ms = 0 WHERE name = $1")
                .bind(name.to_owned())
                .execute(changes)
                .await?;
            Ok(())
        })
        .await
    }
}

fn state(row: &AnyRow) -> Result<WebhookState, Error> {
    Ok(WebhookState {
        revision: number(row.try_get("revision")?),
        failures: u32::try_from(row.try_get::<i64, _>("failures")?).unwrap_or(u32::MAX),
        next_ms: row.try_get("next_ms")?,
    })
}

fn event(row: &AnyRow) -> Result<Option<WebhookEvent>, Error> {
    let kind: String = row.try_get("kind")?;
    let tag: Option<String> = row.try_get("tag")?;
    let withdrawn: Option<i64> = row.try_get("withdrawn")?;
    let kind = match (kind.as_str(), withdrawn, tag) {
        ("delete", Some(1), _) => EventKind::Withdrawn { reason: row.try_get("reason")? },
        ("delete", ..) => return Ok(None),
        ("create", Some(0), _) => EventKind::Restored,
        ("create", ..) => EventKind::Created,
        (_, _, Some(tag)) => EventKind::Tagged { tag, status: row.try_get("status")? },
        _ => EventKind::Updated,
    };
    Ok(Some(WebhookEvent {
        revision: number(row.try_get("revision")?),
        object_number: row.try_get("object_number")?,
        kind,
        at_ms: row.try_get("at_ms")?,
    }))
}
