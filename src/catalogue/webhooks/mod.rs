//! Webhooks: how far each has been told of changes, and what was sent.
//!
//! A delivery is stored before it is sent for the first time, so that it is repeated with the same identifier and the same
//! bytes, by whichever server continues.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::facets::{FacetChanges, number, signed};
use super::transaction::{Limits, Outcome};
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

/// A delivery of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its identifier, the same for all attempts.
    pub id: String,
    /// The changes after this revision…
    pub after: u64,
    /// …up to this one.
    pub until: u64,
    /// The number of events in it.
    pub events: u64,
    /// The bytes that are sent.
    pub body: String,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: i64,
    /// The number of attempts.
    pub attempts: u32,
    /// When it was last attempted.
    pub attempted_ms: Option<i64>,
    /// The status of the last response, if there was one.
    pub status: Option<u16>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// Whether an attempt has succeeded.
    pub delivered: bool,
}

/// The result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The status of the response, if there was one.
    pub status: Option<u16>,
    /// Why it failed; `None` if it succeeded.
    pub error: Option<String>,
    /// The pause before the next attempt of a pending delivery, in milliseconds.
    pub pause_ms: i64,
}

/// Deliveries that are kept per webhook.
pub const KEPT_DELIVERIES: u64 = 100;

const DELIVERIES: &str = "SELECT id, after_revision, until_revision, events, body, made_ms, attempts, attempted_ms, status, \
    error, delivered FROM webhook_deliveries WHERE webhook = $1";
/// Deliveries without their bodies, of which many do not fit in memory.
const LISTED: &str = "SELECT id, after_revision, until_revision, events, '' AS body, made_ms, attempts, attempted_ms, status, \
    error, delivered FROM webhook_deliveries WHERE webhook = $1 ORDER BY until_revision DESC LIMIT $2";

impl Catalogue {
    /// Begins to follow changes for a webhook: from now on, or from where it was.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn add_webhook(&self, name: &str) -> Result<(), Error> {
        // Without WHERE, SQLite would read ON CONFLICT as the condition of a join.
        let insert = "INSERT INTO webhooks (name, revision, failures, next_ms, holder, held_until_ms) \
            SELECT $1, revision, 0, 0, '', 0 FROM counter WHERE one = 1 ON CONFLICT (name) DO NOTHING";
        self.change(async |changes| {
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
        self.change(async |changes| {
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
        self.change(async |changes| {
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
        self.change(async |changes| {
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

    /// Stores a delivery before its first attempt, and drops the oldest ones.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn add_delivery(&self, name: &str, delivery: &Delivery) -> Result<(), Error> {
        self.change(async |changes| {
            let Delivery { id, after, until, events, body, made_ms, .. } = delivery.clone();
            sqlx::query(
                "INSERT INTO webhook_deliveries (webhook, id, after_revision, until_revision, events, body, made_ms, attempts, \
                 delivered) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0) ON CONFLICT DO NOTHING",
            )
            .bind(name.to_owned())
            .bind(id)
            .bind(signed(after))
            .bind(signed(until))
            .bind(signed(events))
            .bind(body)
            .bind(made_ms)
            .execute(&mut *changes)
            .await?;
            sqlx::query(
                "DELETE FROM webhook_deliveries WHERE webhook = $1 AND until_revision <= (SELECT until_revision FROM \
                 webhook_deliveries WHERE webhook = $2 ORDER BY until_revision DESC LIMIT 1 OFFSET $3)",
            )
            .bind(name.to_owned())
            .bind(name.to_owned())
            .bind(signed(KEPT_DELIVERIES))
            .execute(changes)
            .await?;
            Ok(())
        })
        .await
    }

    /// The last deliveries of a webhook without their bodies, newest first; at most `limit`.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn deliveries(&self, name: &str, limit: usize) -> Result<Vec<Delivery>, Error> {
        let rows = sqlx::query(LISTED)
            .bind(name.to_owned())
            .bind(limit as i64)
            .fetch_all(&self.0.pools.readers)
            .await?;
        rows.iter().map(delivery).collect()
    }

    /// The delivery with this identifier.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn delivery(&self, name: &str, id: &str) -> Result<Option<Delivery>, Error> {
        let select = format!("{DELIVERIES} AND id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(select))
            .bind(name.to_owned())
            .bind(id.replace('\0', "\u{fffd}"))
            .fetch_optional(&self.0.pools.readers)
            .await?;
        row.as_ref().map(delivery).transpose()
    }

    /// The delivery of a webhook that has not succeeded yet, if there is one.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn pending_delivery(&self, name: &str) -> Result<Option<Delivery>, Error> {
        let select = format!("{DELIVERIES} AND delivered = 0 ORDER BY until_revision LIMIT 1");
        let row = sqlx::query(sqlx::AssertSqlSafe(select))
            .bind(name.to_owned())
            .fetch_optional(&self.0.pools.readers)
            .await?;
        row.as_ref().map(delivery).transpose()
    }

    /// Records an attempt. A pending delivery that succeeded advances the webhook; one that failed delays it.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn record_attempt(
        &self,
        name: &str,
        delivery: &Delivery,
        attempt: &Attempt,
    ) -> Result<(), Error> {
        let (now, succeeded) = (now_ms(), attempt.error.is_none());
        self.change(async |changes| {
            sqlx::query(
                "UPDATE webhook_deliveries SET attempts = attempts + 1, attempted_ms = $1, status = $2, error = $3, \
                 delivered = CASE WHEN $4 = 1 THEN 1 ELSE delivered END WHERE webhook = $5 AND id = $6",
            )
            .bind(now)
            .bind(attempt.status.map(i64::from))
            .bind(attempt.error.clone())
            .bind(i64::from(succeeded))
            .bind(name.to_owned())
            .bind(delivery.id.clone())
            .execute(&mut *changes)
            .await?;
            let update = match (delivery.delivered, succeeded) {
                (true, _) => return Ok(()),
                (false, true) => {
                    sqlx::query(
                        "UPDATE webhooks SET revision = $1, failures = 0, next_ms = 0 WHERE name = $2 AND revision < $3",
                    )
                    .bind(signed(delivery.until))
                    .bind(name.to_owned())
                    .bind(signed(delivery.until))
                }
                (false, false) => {
                    sqlx::query("UPDATE webhooks SET failures = failures + 1, next_ms = $1 WHERE name = $2")
                        .bind(now.saturating_add(attempt.pause_ms))
                        .bind(name.to_owned())
                }
            };
            update.execute(changes).await?;
            Ok(())
        })
        .await
    }

    /// Allows the next attempt of a webhook at once.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn hasten_webhook(&self, name: &str) -> Result<(), Error> {
        self.change(async |changes| {
            sqlx::query("UPDATE webhooks SET next_ms = 0 WHERE name = $1")
                .bind(name.to_owned())
                .execute(changes)
                .await?;
            Ok(())
        })
        .await
    }

    /// Changes something other than works, in one transaction.
    async fn change<T>(
        &self,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let work = async |changes: &mut AnyConnection| {
            Ok(Outcome::Changed((work(changes).await?, FacetChanges::default())))
        };
        self.transact(Limits::REQUEST, work).await
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

fn delivery(row: &AnyRow) -> Result<Delivery, Error> {
    Ok(Delivery {
        id: row.try_get("id")?,
        after: number(row.try_get("after_revision")?),
        until: number(row.try_get("until_revision")?),
        events: number(row.try_get("events")?),
        body: row.try_get("body")?,
        made_ms: row.try_get("made_ms")?,
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
        attempted_ms: row.try_get("attempted_ms")?,
        status: row.try_get::<Option<i64>, _>("status")?.and_then(|status| u16::try_from(status).ok()),
        error: row.try_get("error")?,
        delivered: row.try_get::<i64, _>("delivered")? != 0,
    })
}
