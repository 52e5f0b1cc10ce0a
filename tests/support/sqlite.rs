//! Reads a catalogue in SQLite as another program would.

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

/// The rows of a query, whose columns are texts.
pub(crate) fn rows(file: &str, sql: &str) -> Vec<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rows = runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&format!("sqlite:{file}")).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
    });
    let texts = |row: &sqlx::sqlite::SqliteRow| (0..row.len()).map(|at| row.get(at)).collect();
    rows.iter().map(texts).collect()
}

/// The only value of a query.
pub(crate) fn value(file: &str, sql: &str) -> String {
    rows(file, sql).pop().unwrap().pop().unwrap()
}

/// What SQLite finds wrong with a file; `ok` if that is nothing.
pub(crate) fn integrity(file: &str) -> String {
    value(file, "PRAGMA integrity_check")
}
