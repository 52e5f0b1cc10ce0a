//! Identifiers of records: `oai:HOST:OBJECT_NUMBER`, with the object number percent-encoded (Implementation Guidelines of
//! OAI-PMH, `oai-identifier`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::xml::legal;

/// Characters of an object number to percent-encode: all but those of identifiers that need no escape.
const LOCAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The namespace of the identifiers of a server at this base URL: that of the settings, or the host.
pub(crate) fn identifier_namespace(setting: &str, base: &str) -> String {
    let host = match setting {
        "" => url::Url::parse(base).ok().and_then(|url| url.host_str().map(str::to_owned)),
        setting => Some(setting.to_owned()),
    };
    host.unwrap_or_else(|| "localhost".into())
}

/// The identifier of a work.
pub(crate) fn record_identifier(namespace: &str, object_number: &str) -> String {
    format!("oai:{namespace}:{}", utf8_percent_encode(&legal(object_number), LOCAL))
}

/// The object number of an identifier of this namespace.
pub(crate) fn identified_work(namespace: &str, identifier: &str) -> Option<String> {
    let local = identifier.strip_prefix("oai:")?.strip_prefix(namespace)?.strip_prefix(':')?;
    Some(percent_decode_str(local).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_hold_object_numbers_of_any_characters() {
        assert_eq!(record_identifier("a.org", "KMS 1/æ:2"), "oai:a.org:KMS%201%2F%C3%A6%3A2");
        assert_eq!(identified_work("a.org", "oai:a.org:KMS%201%2F%C3%A6%3A2").as_deref(), Some("KMS 1/æ:2"));
        for other in ["KMS1", "oai:b.org:KMS1", "oai:a.orgKMS1", "oai:a.org:%FF"] {
            assert_eq!(identified_work("a.org", other), None, "{other}");
        }
    }

    #[test]
    fn the_namespace_is_the_host_unless_it_is_set() {
        assert_eq!(identifier_namespace("", "https://a.org:8080/p"), "a.org");
        assert_eq!(identifier_namespace("museum.example", "https://a.org"), "museum.example");
    }
}
