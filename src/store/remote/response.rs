//! Interprets error responses and failed connections.

use std::error::Error as StdError;
use std::io;

use object_store::HeaderMap;
use object_store::client::{HttpError, HttpErrorKind};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use url::Url;

use crate::store::fault::{Fault, Problem};

/// Whether a response with this status may concern the whole store.
pub(in crate::store) fn may_concern_the_store(status: StatusCode) -> bool {
    [400, 401, 403, 404, 409].contains(&status.as_u16())
}

/// The fault of the whole store that a response reports.
pub(in crate::store) fn fault(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Fault> {
    let header = headers.get("x-ms-error-code").and_then(|code| code.to_str().ok());
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_TEXT)]);
    let code = header.map(str::to_owned).or_else(|| code_in(&text)).unwrap_or_default();
    // Azure has one code for both.
    if code == "AuthenticationFailed" && text.contains("Request date header") {
        return Fault::of_response(status, "RequestExpired");
    }
    Fault::of_response(status, &code)
}

/// The maximum length of an error document that is read.
const MAX_TEXT: usize = 16 << 10;

/// The code of an error document: `<Code>` in XML (S3, Azure, Google), `"error"` in JSON (OAuth).
fn code_in(text: &str) -> Option<String> {
    let in_xml = || Some(text.split_once("<Code>")?.1.split_once("</Code>")?.0.trim().to_owned());
    let in_json = || {
        let document: serde_json::Value = serde_json::from_str(text).ok()?;
        document.get("error")?.as_str().map(str::to_owned)
    };
    let is_code = |code: &String| {
        (1..=64).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b))
    };
    in_xml().or_else(in_json).filter(is_code)
}

/// The fault of the whole store that a redirect reports: the bucket is in another region (S3), or another host or
/// scheme serves the same path.
pub(in crate::store) fn redirected(headers: &HeaderMap, path: &str) -> Option<Fault> {
    let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(region) = header("x-amz-bucket-region") {
        return Some(Fault::new(Problem::Region, region));
    }
    let target = Url::parse(header("location")?).ok()?;
    // A redirect that adds a trailing slash concerns one folder only.
    let same_path = target.path() == path && target.host_str().is_some();
    same_path.then(|| Fault::new(Problem::Redirected, target.origin().ascii_serialization()))
}

/// Why a request got no response, if known.
pub(in crate::store) fn transport(error: &(dyn StdError + 'static)) -> Option<Fault> {
    let failed = std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref::<HttpError>())?;
    // The library's own message contains the address.
    let causes = || std::iter::successors(failed.source(), |&error| error.source());
    let texts: Vec<String> = causes().map(ToString::to_string).collect();
    let says = |words: &[&str]| texts.iter().any(|text| words.iter().any(|word| text.contains(word)));
    let last = texts.last().map(String::as_str).unwrap_or_default();
    match failed.kind() {
        HttpErrorKind::Timeout => Some(Fault::new(Problem::TimedOut, "")),
        _ if says(&["dns error", "failed to lookup address"]) => Some(Fault::new(Problem::HostName, last)),
        _ if says(&[
            "certificate",
            "InvalidContentType",
            "HandshakeFail",
            "AlertReceived",
            "tls handshake",
        ]) =>
        {
            Some(Fault::new(Problem::Tls, last))
        }
        HttpErrorKind::Connect => {
            let system = causes().find_map(|error| error.downcast_ref::<io::Error>());
            Some(Fault::new(Problem::Connection, system.map_or(last.to_owned(), ToString::to_string)))
        }
        _ => None,
    }
}

/// The status with which a store kept failing, parsed from the text of the library's error, which has no field for it.
pub(in crate::store) fn status(error: &object_store::Error) -> Option<Fault> {
    let text = error.to_string();
    let rest = text.split_once("status code: ")?.1;
    let status = rest.split(':').next().unwrap_or_default().trim();
    Some(Fault::new(Problem::ServerError, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(document: &str, expected: Option<&str>) {
        assert_eq!(code_in(document).as_deref(), expected, "{document}");
    }

    #[test]
    fn codes_are_found_in_every_kind_of_error_document() {
        let s3 = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code><Message>x</Message></Error>";
        check(s3, Some("NoSuchBucket"));
        check("\u{feff}<Error><Code>AuthenticationFailed</Code></Error>", Some("AuthenticationFailed"));
        check(r#"{"error":"invalid_grant","error_description":"x"}"#, Some("invalid_grant"));
        check(r#"{"error":{"code":401}}"#, None);
        check("<html>no", None);
        check("<Code><script>alert(1)</script></Code>", None);
    }
}
