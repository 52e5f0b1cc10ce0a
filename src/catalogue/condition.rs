//! The condition of a catalogue, found without changing it.

use std::path::Path;
use std::time::Duration;

use sqlx::{AnyConnection, Connection, Row};

use super::pools::{Dialect, ESCAPED, without_password};
use super::{Error, now_ms, schema};

/// How long the database may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// What the database says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The file or URL, without the password.
    pub address: String,
    /// The version of the tables; 0 if there are none.
    pub version: u64,
    /// What only a server has; `None` for SQLite.
    pub server: Option<ServerCondition>,
}

/// What a PostgreSQL server says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerCondition {
    /// Its version, as in `16.4`.
    pub version: String,
    /// How far its clock is ahead of this machine's, in milliseconds.
    pub ahead_ms: i64,
    /// How many connections it accepts in all.
    pub connections: u64,
    /// Whether it is a replica that cannot be written to.
    pub is_replica: bool,
    /// Whether this user may create tables.
    pub may_create: bool,
}

/// The version of the tables that this version of Tegl makes.
pub const VERSION: u64 = schema::STEPS.len() as u64;

/// The file of a catalogue in SQLite; `None` for a URL of a server.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<&str> {
    match url.trim().split_once("://") {
        None => Some(url.trim().trim_start_matches("sqlite:")),
        Some(("sqlite", path)) => Some(path),
        Some(_) => None,
    }
}

impl Condition {
    /// Asks the database; it is neither created nor changed.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotFound`] if there is no such file, and another error if it is not a database, or does not respond.
    pub async fn of(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let asked = tokio::time::timeout(LIMIT, ask(url.trim()));
        asked.await.unwrap_or_else(|_| Err(Error::Unavailable("it does not respond".into())))
    }
}

async fn ask(url: &str) -> Result<Condition, Error> {
    let (dialect, address, opened) = match sqlite_file(url) {
        Some(path) if !Path::new(path).exists() => return Err(Error::NotFound),
        Some(path) => {
            let encoded = percent_encoding::utf8_percent_encode(path, ESCAPED);
            (Dialect::Sqlite, path.to_owned(), format!("sqlite://{encoded}?mode=ro"))
        }
        None => (Dialect::Postgres, without_password(url), url.to_owned()),
    };
    let mut connection = AnyConnection::connect(&opened).await?;
    let has_tables = match dialect {
        Dialect::Sqlite => "SELECT COUNT(*) AS n FROM sqlite_master WHERE name = 'tegl_schema'",
        Dialect::Postgres => "SELECT COUNT(to_regclass('tegl_schema')::TEXT) AS n",
    };
    let row = sqlx::query(has_tables).fetch_one(&mut connection).await?;
    let version = match row.try_get::<i64, _>("n")? {
        0 => 0,
        _ => schema::version(&mut connection).await?,
    };
    let server = match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => Some(ServerCondition::of(&mut connection).await?),
    };
    connection.close().await?;
    Ok(Condition { address, version, server })
}

impl ServerCondition {
    async fn of(connection: &mut AnyConnection) -> Result<Self, Error> {
        const QUESTIONS: &str = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT AS now, \
            current_setting('server_version') AS version, current_setting('max_connections')::BIGINT AS connections, \
            pg_is_in_recovery()::INT::BIGINT AS replica, \
            COALESCE(has_schema_privilege(current_schema(), 'CREATE'), FALSE)::INT::BIGINT AS may_create";
        let before = now_ms();
        let row = sqlx::query(QUESTIONS).fetch_one(connection).await?;
        let here = before + (now_ms() - before) / 2;
        let number = |name: &str| row.try_get::<i64, _>(name);
        Ok(Self {
            version: row.try_get("version")?,
            ahead_ms: number("now")? - here,
            connections: u64::try_from(number("connections")?).unwrap_or(0),
            is_replica: number("replica")? != 0,
            may_create: number("may_create")? != 0,
        })
    }
}
