//! The log of withdrawals: who withdrew and restored works, when and why.

use sqlx::{AnyConnection, Row};

use super::Error;
use super::sql::Value;

/// Withdrawals and restorations, by revision.
pub(super) const LOG: &str =
    "INSERT INTO withdrawals (revision, seq, withdrawn, reason, actor, at_ms) VALUES";

/// The entry of a withdrawal in the log.
pub(super) fn withdrawn_row(
    revision: i64,
    seq: i64,
    reason: Option<String>,
    actor: &str,
    at_ms: i64,
) -> Vec<Value> {
    vec![revision.into(), seq.into(), 1.into(), reason.into(), actor.into(), at_ms.into()]
}

/// The entry of a restoration in the log.
pub(super) fn restored_row(revision: i64, seq: i64, actor: &str, at_ms: i64) -> Vec<Value> {
    vec![revision.into(), seq.into(), 0.into(), Value::Maybe(None), actor.into(), at_ms.into()]
}

/// When and why this work was last withdrawn; `None` if that was before withdrawals were logged.
pub(super) async fn last_withdrawal(
    connection: &mut AnyConnection,
    seq: i64,
) -> Result<Option<(i64, Option<String>)>, Error> {
    let select = "SELECT at_ms, reason FROM withdrawals WHERE seq = $1 AND withdrawn = 1 ORDER BY revision DESC LIMIT 1";
    let row = sqlx::query(select).bind(seq).fetch_optional(connection).await?;
    row.map(|row| Ok((row.try_get("at_ms")?, row.try_get("reason")?))).transpose()
}
