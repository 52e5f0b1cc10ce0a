//! A transaction whose connection returns to its pool only after a clean end.
//!
//! SQLite rolls a transaction back by itself when its disk is full, and a PostgreSQL server may be killed, hang or be
//! replaced in the middle of one. The state of such a connection is unknown, so it is closed. That rolls back an open
//! transaction, and the next writer gets a new connection.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Executor};
use tokio::time::{Instant, timeout, timeout_at};

use super::facets::FacetChanges;
use super::pools::{Dialect, Pools};
use super::{Catalogue, Error};

/// How long a transaction may take before its commit, and how long the commit may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub work: Duration,
    pub commit: Duration,
}

impl Limits {
    /// For changes by an HTTP request.
    pub(super) const REQUEST: Self = Self { work: Duration::from_secs(6), commit: Duration::from_secs(3) };
    /// For batches of records.
    pub(super) const BATCH: Self = Self { work: Duration::from_secs(150), commit: Duration::from_secs(60) };
}

/// How long a rollback may take before the connection is closed instead.
const ROLLBACK: Duration = Duration::from_secs(2);

/// The result of a transaction's work.
pub(super) enum Outcome<T> {
    /// To be committed.
    Changed(T),
    /// Nothing was written; to be rolled back.
    Unchanged(T),
}

impl Catalogue {
    /// Runs `work` in one transaction, and commits it if anything changed.
    pub(super) async fn transact<T>(
        &self,
        limits: Limits,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<Outcome<(T, FacetChanges)>, Error>,
    ) -> Result<T, Error> {
        let mut transaction = Transaction::begin(&self.0.pools, limits).await?;
        let result = timeout_at(transaction.deadline, work(&mut transaction)).await;
        let (value, facet_changes) = transaction.finish(result.unwrap_or_else(|_| Err(too_late()))).await?;
        facet_changes.cache_ids(self);
        Ok(value)
    }

    /// Changes something other than facet values, in one transaction.
    pub(super) async fn change<T>(
        &self,
        limits: Limits,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let work = async |changes: &mut AnyConnection| {
            Ok(Outcome::Changed((work(changes).await?, FacetChanges::default())))
        };
        self.transact(limits, work).await
    }
}

/// An open transaction. If it is dropped before its end (by an error, a panic or a cancelled caller), its connection is
/// closed.
pub(super) struct Transaction {
    /// `None` once the connection has returned to its pool.
    connection: Option<PoolConnection<Any>>,
    /// When its work times out.
    deadline: Instant,
    limits: Limits,
}

impl Transaction {
    pub(super) async fn begin(pools: &Pools, limits: Limits) -> Result<Self, Error> {
        let deadline = Instant::now() + limits.work;
        let begin = match pools.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        let begun = async {
            let connection = Some(pools.writer.acquire().await?);
            let mut transaction = Self { connection, deadline, limits };
            transaction.execute(sqlx::raw_sql(begin)).await?;
            Ok(transaction)
        };
        timeout_at(deadline, begun).await.unwrap_or_else(|_| Err(too_late()))
    }

    /// Commits a changed transaction, else rolls back.
    pub(super) async fn finish<T>(self, result: Result<Outcome<T>, Error>) -> Result<T, Error> {
        match result {
            Ok(Outcome::Changed(value)) => self.commit().await.map(|()| value),
            Ok(Outcome::Unchanged(value)) => {
                self.roll_back().await;
                Ok(value)
            }
            Err(error @ (Error::NotFound | Error::Conflict { .. } | Error::Invalid(_))) => {
                self.roll_back().await;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn commit(mut self) -> Result<(), Error> {
        let limit = self.limits.commit;
        match timeout(limit, self.execute(sqlx::raw_sql("COMMIT"))).await {
            Ok(Ok(_)) => {
                drop(self.connection.take());
                Ok(())
            }
            Ok(Err(error)) if is_certain(&error) => Err(error.into()),
            Ok(Err(error)) => Err(Error::Uncertain(error.to_string())),
            Err(_) => Err(Error::Uncertain(format!("no answer to COMMIT within {} s", limit.as_secs()))),
        }
    }

    async fn roll_back(mut self) {
        if let Ok(Ok(_)) = timeout(ROLLBACK, self.execute(sqlx::raw_sql("ROLLBACK"))).await {
            drop(self.connection.take());
        }
    }
}

impl Deref for Transaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        self.connection.as_ref().expect("the connection is held until the end")
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.connection.as_mut().expect("the connection is held until the end")
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}

fn too_late() -> Error {
    Error::Unavailable("a change took too long and was not made".into())
}

/// Whether a failed COMMIT has certainly not committed: the database reports an error other than a lost connection, a
/// shutdown or an unknown outcome (SQLSTATE classes 08 and 57P, and 40003).
fn is_certain(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    let code = error.code().unwrap_or_default();
    !(code.starts_with("08") && code.len() == 5 || code.starts_with("57P") || code == "40003")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Batch, NewWork, Settings};
    use crate::record::{Text, Title, Work};

    async fn catalogue(folder: &std::path::Path) -> Catalogue {
        let url = folder.join("words.db").to_str().unwrap().to_owned();
        Catalogue::open(&Settings { url, ..Settings::default() }).await.unwrap()
    }

    fn batch(number: &str, title: &str) -> Batch {
        let mut work = Work { object_number: number.into(), ..Work::default() };
        work.titles.push(Title { text: Text::of("en", title), kind: None });
        Batch::new(vec![NewWork { work, original: None, source: "test".into() }]).unwrap()
    }

    #[tokio::test]
    async fn writers_continue_after_a_full_disk() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = catalogue(folder.path()).await;
        catalogue.put(batch("a", "A")).await.unwrap();
        for _ in 0..3 {
            // As on a full disk, SQLite ends the transaction by itself.
            let mut writer = catalogue.0.pools.writer.acquire().await.unwrap();
            writer.execute(sqlx::raw_sql("PRAGMA max_page_count = 1")).await.unwrap();
            drop(writer);
            let long = "long ".repeat(100_000);
            let full = catalogue.put(batch("b", &long)).await;
            assert!(matches!(full, Err(Error::Full(_))), "{full:?}");
            assert_eq!(catalogue.get("b").await.unwrap(), None);
            let put = catalogue.put(batch("a", "another")).await.unwrap();
            assert_eq!((put.created, put.updated + put.unchanged), (0, 1));
        }
        assert_eq!(catalogue.last_revision().await.unwrap(), 2);
    }

    #[tokio::test]
    async fn writers_continue_after_a_panic_in_a_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = catalogue(folder.path()).await;
        let panicking = tokio::spawn({
            let catalogue = catalogue.clone();
            async move {
                let mut transaction = Transaction::begin(&catalogue.0.pools, Limits::REQUEST).await.unwrap();
                transaction.execute("UPDATE counter SET revision = 7").await.unwrap();
                panic!("in the middle");
            }
        });
        assert!(panicking.await.is_err());
        catalogue.put(batch("a", "A")).await.unwrap();
        assert_eq!(catalogue.last_revision().await.unwrap(), 1);
    }

    #[test]
    fn a_broken_connection_leaves_a_commit_uncertain() {
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(!is_certain(&sqlx::Error::Io(reset)));
        assert!(!is_certain(&sqlx::Error::WorkerCrashed));
    }
}
