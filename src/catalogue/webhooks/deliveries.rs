//! Deliveries of webhooks and their attempts.
//!
//! A delivery is stored before it is sent for the first time, so that it is repeated with the same identifier and the same
//! bytes, by whichever server continues.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::super::facets::{number, signed};
use super::super::transaction::Limits;
use super::super::{Catalogue, Error, now_ms};

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
    /// Stores a delivery before its first attempt, and drops the oldest ones.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn add_delivery(&self, name: &str, delivery: &Delivery) -> Result<(), Error> {
        self.change(Limits::REQUEST, async |changes| {
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
        self.change(Limits::REQUEST, async |changes| {
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
