//! Reads the files of a model within a limit, and names a model's version by the content of its file.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;

use sha2::{Digest, Sha256};

use super::Error;

/// The largest label file, mapping table or file of anchors, in bytes.
const SMALL: u64 = 64 << 20;

/// Reads a file of at most `limit` bytes.
pub(super) fn bounded(file: &str, limit: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Unreadable { file: file.to_owned(), source };
    let opened = File::open(file).map_err(failed)?;
    let length = opened.metadata().map_err(failed)?.len();
    let mut bytes = Vec::new();
    if length <= limit {
        // One byte more, as the file may have grown, or be a pipe without a length.
        opened.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    }
    let length = length.max(bytes.len() as u64);
    if length > limit {
        return Err(Error::unexpected(file, format!("at most {limit} bytes"), format!("{length} or more")));
    }
    Ok(bytes)
}

/// Reads a label file, a table or a file of anchors.
pub(super) fn small(file: &str) -> Result<Vec<u8>, Error> {
    bounded(file, SMALL)
}

/// Reads a small text file in UTF-8.
pub(super) fn text(file: &str) -> Result<String, Error> {
    String::from_utf8(small(file)?).map_err(|error| {
        Error::unexpected(
            file,
            "text in UTF-8",
            format!("another byte at {}", error.utf8_error().valid_up_to()),
        )
    })
}

/// Reads a model file of at most `limit` bytes with its SHA-256, which must be the declared one, if one is declared.
pub(super) fn model(file: &str, declared: &str, limit: u64) -> Result<(Vec<u8>, String), Error> {
    let bytes = bounded(file, limit)?;
    let hash = sha256(&bytes);
    if !declared.is_empty() && !declared.eq_ignore_ascii_case(&hash) {
        return Err(Error::unexpected(file, format!("the SHA-256 {declared}"), hash));
    }
    Ok((bytes, hash))
}

/// The SHA-256 in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_above_the_limit_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [7; 11]).unwrap();
        let name = file.path().to_str().unwrap();
        assert_eq!(bounded(name, 11).unwrap(), [7; 11]);
        let refused = bounded(name, 10).unwrap_err().to_string();
        assert_eq!(refused, format!("`{name}`: expected at most 10 bytes, found 11 or more"));
        assert!(
            bounded("/no/such/file", 10).unwrap_err().to_string().starts_with("cannot read `/no/such/file`")
        );
        assert!(bounded("/dev/zero", 10).is_err(), "an endless file");
    }

    #[test]
    fn a_digest_is_written_in_hexadecimal() {
        assert!(sha256(b"").starts_with("e3b0c44298fc1c14"));
    }
}
