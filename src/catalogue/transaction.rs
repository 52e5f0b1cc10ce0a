//! One transaction, on a connection that goes back to its pool only after a clean end.
//!
//! SQLite rolls a transaction back by itself when its disk is full, and a PostgreSQL server may be killed, hung or
//! replaced in the middle of one. What state such a connection is in is not worth finding out: it is closed, which
//! rolls back what it may have left open, and the next writer gets a new one.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Executor};
use tokio::time::{Instant, timeout, timeout_at};

use super::facets::Moves;
use super::pools::{Dialect, Pools};
use super::{Catalogue, Error};

/// How long a transaction may take: until it is ready to be committed, and its commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub work: Duration,
    pub commit: Duration,
}

impl Limits {
    /// For changes that a visitor waits for.
    pub const REQUEST: Self = Self { work: Duration::from_secs(6), commit: Duration::from_secs(3) };
    /// For batches of records.
    pub const BATCH: Self = Self { work: Duration::from_secs(150), commit: Duration::from_secs(60) };
}

/// How long a rollback may take before the connection is closed instead.
const ROLLBACK: Duration = Duration::from_secs(2);

/// What became of a transaction's work.
pub(super) enum Outcome<T> {
    /// There is something to commit.
    Changed(T),
    /// Nothing was written.
    Unchanged(T),
}

impl Catalogue {
    /// Does `work` in one transaction, and commits it where it changed anything.
    pub(super) async fn transact<T>(
        &self,
        limits: Limits,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<Outcome<(T, Moves)>, Error>,
    ) -> Result<T, Error> {
        let mut transaction = Transaction::begin(&self.0.pools, limits).await?;
        let worked = timeout_at(transaction.deadline, work(&mut transaction)).await;
        let (value, moves) = transaction.finish(worked.unwrap_or_else(|_| Err(too_late()))).await?;
        moves.remember(self);
        Ok(value)
    }
}

/// An open transaction. Dropped before its end, by an error, a panic or a caller that gave up, it takes its connection
/// with it.
pub(super) struct Transaction {
    /// `None` once the connection may be used by others again.
    connection: Option<PoolConnection<Any>>,
    /// When its work is given up.
    deadline: Instant,
    limits: Limits,
}

impl Transaction {
    pub async fn begin(pools: &Pools, limits: Limits) -> Result<Self, Error> {
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

    /// Ends the transaction as its work demands: commits what has changed, else rolls back.
    pub async fn finish<T>(self, worked: Result<Outcome<T>, Error>) -> Result<T, Error> {
        match worked {
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
        self.connection.as_ref().expect("it is there until the end")
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.connection.as_mut().expect("it is there until the end")
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
    Error::Unavailable("a change was not ready in time; it has not been made".into())
}

/// Whether a failed COMMIT has certainly not committed: the database says that it refused, and neither that it is
/// stopping nor that it does not know (SQLSTATE classes 08 and 57P, and 40003).
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
    async fn writers_go_on_after_a_full_disk() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = catalogue(folder.path()).await;
        catalogue.put(batch("a", "A")).await.unwrap();
        for _ in 0..3 {
            // What fails is what fails on a full disk: SQLite ends the transaction by itself.
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
    async fn writers_go_on_after_a_panic_in_the_middle() {
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
