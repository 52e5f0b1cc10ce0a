//! Runs statements over many rows, with the same SQL for both databases.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use super::Error;

/// A value of a row.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(i64),
    Text(String),
    Maybe(Option<String>),
    MaybeNumber(Option<i64>),
    MaybeBytes(Option<Vec<u8>>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(without_nul(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        if text.contains('\0') { Self::Text(without_nul(&text)) } else { Self::Text(text) }
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Maybe(text.map(|text| without_nul(&text)))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::MaybeNumber(number)
    }
}

/// PostgreSQL text values cannot contain NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Maximum number of rows per statement.
const MAX_ROWS: usize = 1024;
/// Maximum number of bound values per statement; SQLite's limit is 32,766.
const MAX_VALUES: usize = 16_384;

/// Runs `before (…),(…) after` over all rows, in chunks whose lengths are powers of two, so that there are few distinct
/// statements to prepare.
pub(super) async fn execute_rows(
    connection: &mut AnyConnection,
    before: &str,
    rows: Vec<Vec<Value>>,
    after: &str,
) -> Result<(), Error> {
    let (lengths, numbered) = (lengths(&rows), is_numbered(connection));
    let mut rows = rows.into_iter();
    for (length, columns) in lengths {
        let text = text(before, length, columns, after, numbered);
        bound(&text, rows.by_ref().take(length)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Like [`execute_rows`], for statements that return rows.
pub(super) async fn fetch_rows(
    connection: &mut AnyConnection,
    before: &str,
    rows: Vec<Vec<Value>>,
    after: &str,
) -> Result<Vec<AnyRow>, Error> {
    let mut found = Vec::new();
    let (lengths, numbered) = (lengths(&rows), is_numbered(connection));
    let mut rows = rows.into_iter();
    for (length, columns) in lengths {
        let text = text(before, length, columns, after, numbered);
        found.extend(bound(&text, rows.by_ref().take(length)).fetch_all(&mut *connection).await?);
    }
    Ok(found)
}

fn bound(text: &str, rows: impl Iterator<Item = Vec<Value>>) -> Query<'_, Any, AnyArguments> {
    let mut query = sqlx::query(AssertSqlSafe(text));
    for value in rows.flatten() {
        query = match value {
            Value::Number(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Maybe(text) => query.bind(text),
            Value::MaybeNumber(number) => query.bind(number),
            Value::MaybeBytes(bytes) => query.bind(bytes),
        };
    }
    query
}

/// The number of rows of each statement, and the number of columns.
fn lengths(rows: &[Vec<Value>]) -> Vec<(usize, usize)> {
    let columns = rows.first().map_or(1, Vec::len);
    let mut rest = rows.len();
    let mut lengths = Vec::new();
    while rest > 0 {
        let most = rest.min(MAX_ROWS).min(MAX_VALUES / columns);
        let length = (most + 1).next_power_of_two() / 2;
        lengths.push((length, columns));
        rest -= length;
    }
    lengths
}

/// SQLite looks up numbered parameters one at a time, which dominates the cost of long statements.
fn is_numbered(connection: &AnyConnection) -> bool {
    connection.backend_name() != "SQLite"
}

fn text(before: &str, rows: usize, columns: usize, after: &str, numbered: bool) -> String {
    let mut text = String::with_capacity(before.len() + after.len() + rows * columns * 6);
    text.push_str(before);
    for row in 0..rows {
        text.push_str(if row == 0 { " (" } else { ",(" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { "," };
            match numbered {
                true => text.push_str(&format!("{comma}${}", row * columns + column + 1)),
                false => text.push_str(&format!("{comma}?")),
            }
        }
        text.push(')');
    }
    text.push(' ');
    text.push_str(after);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_lengths_are_powers_of_two() {
        let rows = |count: usize| vec![vec![Value::Number(1), Value::Number(2)]; count];
        assert_eq!(lengths(&rows(7)), [(4, 2), (2, 2), (1, 2)]);
        assert_eq!(lengths(&rows(1024)), [(1024, 2)]);
        assert_eq!(lengths(&[]), []);
        assert_eq!(
            text("INSERT INTO t VALUES", 2, 2, "END", true),
            "INSERT INTO t VALUES ($1,$2),($3,$4) END"
        );
        assert_eq!(text("IN (VALUES", 1, 2, ")", false), "IN (VALUES (?,?) )");
    }
}
