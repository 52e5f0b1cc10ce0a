//! Connection pools: a SQLite file with one writer and many readers, or a PostgreSQL server.

use std::path::Path;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection, Executor};

use super::{Error, Settings};

/// The two kinds of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

pub(super) struct Pools {
    pub dialect: Dialect,
    /// The file or URL, without the password.
    pub address: String,
    pub readers: AnyPool,
    /// SQLite has one writer at a time: others wait for this pool's only connection instead of the database's lock.
    pub writer: AnyPool,
}

/// Set on each SQLite connection: it keeps at most 16 MiB of pages, and the system caches all others. The file is not mapped
/// into memory: each connection would map it once more, and the process would seem to grow as connections read further. A
/// checkpoint follows every 16 MiB of log.
const PRAGMAS: &str = "PRAGMA busy_timeout = 15000; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; \
    PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 4000";

/// Set on each PostgreSQL connection, so that neither a statement nor a lock lasts for ever.
/// From version 14 on, servers notice during a statement that its client is gone.
const SESSION: &str = "SET statement_timeout = '120s'; SET idle_in_transaction_session_timeout = '60s'; \
    SELECT set_config(name, '1s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'";

/// How long a returned connection may take to answer a ping.
const PING: Duration = Duration::from_secs(2);

impl Pools {
    pub(super) async fn open(settings: &Settings) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let url = settings.url.trim();
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => Self::server(url, settings).await,
            Some("sqlite") => {
                Self::file(url.trim_start_matches("sqlite:").trim_start_matches("//"), settings).await
            }
            _ if url.is_empty() => {
                Err(Error::Invalid("the catalogue's URL is empty: name a file or postgres://…".into()))
            }
            _ if url.contains("://") => Err(Error::Invalid(format!(
                "`{}://…` is not a catalogue: name a file, as in `catalogue.db`, or postgres://USER@HOST/DATABASE",
                url.split("://").next().unwrap_or_default()
            ))),
            _ => Self::file(url, settings).await,
        }
    }

    async fn file(path: &str, settings: &Settings) -> Result<Self, Error> {
        let unusable =
            |reason: String| Error::Invalid(format!("the catalogue `{path}` cannot be opened: {reason}"));
        let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            return Err(unusable("its folder does not exist".into()));
        }
        let encoded = percent_encoding::utf8_percent_encode(path, ESCAPED);
        let url = format!("sqlite://{encoded}?mode=rwc");
        let options = |connections: u32| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(30))
                .after_connect(|connection: &mut AnyConnection, _| {
                    Box::pin(async move {
                        connection.execute(sqlx::raw_sql(PRAGMAS)).await?;
                        Ok(())
                    })
                })
        };
        // The journal mode is stored in the file; with it, readers do not wait for writers. A file that is not a database
        // fails here. SQLite does not wait for its locks when two processes change the mode or close the file at once.
        let retries = ConstantBuilder::default().with_delay(Duration::from_millis(20)).with_max_times(750);
        let first = (|| use_write_ahead_log(&url)).retry(retries).when(is_locked);
        first.await.map_err(|error| unusable(error.to_string()))?;
        let writer = options(1).connect_lazy(&url)?;
        let readers = options(settings.connections.max(1)).connect_lazy(&url)?;
        Ok(Self { dialect: Dialect::Sqlite, address: path.to_owned(), readers, writer })
    }

    async fn server(url: &str, settings: &Settings) -> Result<Self, Error> {
        let address = without_password(url);
        let pool = AnyPoolOptions::new()
            .max_connections(settings.connections.max(2))
            .acquire_timeout(Duration::from_millis(settings.timeout_ms))
            .after_connect(|connection: &mut AnyConnection, _| {
                Box::pin(async move {
                    connection.execute(sqlx::raw_sql(SESSION)).await?;
                    Ok(())
                })
            })
            // A hanging connection is closed: it would occupy the pool until TCP times out.
            .after_release(|connection: &mut AnyConnection, _| {
                Box::pin(async move {
                    let ping = tokio::time::timeout(PING, connection.ping()).await;
                    ping.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true)
                })
            })
            .connect(url)
            .await
            .map_err(|error| Error::Unavailable(format!("{address}: {error}")))?;
        Ok(Self { dialect: Dialect::Postgres, address, readers: pool.clone(), writer: pool })
    }
}

async fn use_write_ahead_log(url: &str) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    connection.execute(sqlx::raw_sql("PRAGMA busy_timeout = 15000; PRAGMA journal_mode = WAL")).await?;
    connection.close().await
}

/// Whether another connection holds the file's lock: SQLITE_BUSY and its extended codes.
fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// Characters that SQLite's URLs do not take literally.
pub(super) const ESCAPED: &percent_encoding::AsciiSet =
    &percent_encoding::CONTROLS.add(b'?').add(b'#').add(b'%').add(b' ');

pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "postgres".into() };
    let rest = rest.split('?').next().unwrap_or_default();
    match rest.rsplit_once('@') {
        Some((user, place)) => format!("{scheme}://{}@{place}", user.split(':').next().unwrap_or_default()),
        None => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_removed() {
        for (url, address) in [
            ("postgres://me:secret@host:5/db?sslmode=disable&password=secret", "postgres://me@host:5/db"),
            ("postgres:///db?host=/run&password=secret", "postgres:///db"),
            ("postgresql://host/db", "postgresql://host/db"),
        ] {
            assert_eq!(without_password(url), address);
        }
    }
}
