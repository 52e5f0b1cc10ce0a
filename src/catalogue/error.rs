//! Errors of the catalogue.

/// Why an operation on the catalogue failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such work or tag.
    #[error("there is no such work or tag")]
    NotFound,
    /// The work is not at the revision that the writer expected.
    #[error("the work is at revision {current} now")]
    Conflict {
        /// The work's present revision.
        current: u64,
    },
    /// The database cannot be reached, or does not respond in time.
    #[error("the catalogue's database does not respond: {0}")]
    Unavailable(String),
    /// The database's disk is full; nothing was written.
    #[error("the catalogue's disk is full: {0}")]
    Full(String),
    /// The database stopped responding during a commit: the change may or may not have been made.
    #[error("the catalogue's database stopped responding while a change was being committed: {0}")]
    Uncertain(String),
    /// The URL or a work is invalid; says what would work.
    #[error("{0}")]
    Invalid(String),
    /// A row cannot be read as it was written.
    #[error("the catalogue is damaged: {0}")]
    Damaged(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Damaged(error.to_string())
            }
            other if is_full(&other) => Self::Full(other.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// Whether the database's disk is full: SQLITE_FULL, SQLITE_IOERR_WRITE or PostgreSQL's `disk_full`.
fn is_full(error: &sqlx::Error) -> bool {
    const SQLITE: [&str; 2] = ["13", "778"];
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| SQLITE.contains(&&*code) || code == "53100")
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
