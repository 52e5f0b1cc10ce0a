//! Why the catalogue fails.

/// Every way in which the catalogue fails to answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such work or tag")]
    NotFound,
    /// The work is not at the revision that the writer had seen.
    #[error("the work is at revision {current} by now")]
    Conflict { current: u64 },
    /// The database cannot be reached, or does not answer in time.
    #[error("the catalogue's database does not answer: {0}")]
    Unavailable(String),
    /// What was to be opened or put cannot be; says what would work.
    #[error("{0}")]
    Invalid(String),
    /// What lies in the database is not what was put there.
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
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
