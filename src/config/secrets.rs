//! Redacts secrets in settings and error messages.

use serde_json::Value;

/// The replacement for a secret.
pub(super) const REDACTED: &str = "…";

/// Substrings that mark the name of a setting, query parameter or connection string field as secret.
const NAMES: [&str; 8] = ["token", "secret", "password", "passwd", "pwd", "sig", "key", "credential"];

/// Redacts secrets in settings: values with secret names, and secrets within URLs.
pub(super) fn redact(value: &mut Value) {
    redact_within(value, false);
}

fn redact_within(value: &mut Value, secret: bool) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let named = name.split('_').any(|word| NAMES.contains(&word.trim_end_matches('s')));
                redact_within(value, secret || named);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| redact_within(value, secret)),
        Value::String(text) if secret && !text.is_empty() => *text = REDACTED.into(),
        Value::String(text) => *text = without_secrets(text),
        _ => {}
    }
}

/// Redacts passwords, signatures and keys in a URL or connection string.
pub(super) fn without_secrets(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return redact_fields(text, &[';', ' ']) };
    let (authority, query) = match rest.split_once('?') {
        // An unencoded password may contain `?`.
        Some((authority, query))
            if has_user(authority) && !authority.contains('@') && query.contains('@') =>
        {
            (rest, None)
        }
        Some((authority, query)) => (authority, Some(query)),
        None => (rest, None),
    };
    let mut redacted = format!("{scheme}://{}", without_user(scheme, authority));
    if let Some(query) = query {
        redacted += "?";
        redacted += &redact_fields(query, &['&', ';', '#']);
    }
    redacted
}

/// Whether the URL has a userinfo part; digits after a colon are a port.
fn has_user(authority: &str) -> bool {
    let authority = authority.split('/').next().unwrap_or_default();
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    authority.contains('@') || authority.split_once(':').is_some_and(|(_, port)| !is_port(port))
}

/// Redacts the password. An unencoded one may contain `/`, so the last `@` is the separator.
fn without_user(scheme: &str, authority: &str) -> String {
    let Some((user, host)) = authority.rsplit_once('@').filter(|_| has_user(authority)) else {
        return authority.to_owned();
    };
    let is_database = scheme.starts_with("postgres");
    match user.split_once(':') {
        Some((name, _)) if is_database => format!("{name}:{REDACTED}@{host}"),
        // A user name without a password may be a token.
        _ if !is_database => format!("{REDACTED}@{host}"),
        _ => authority.to_owned(),
    }
}

/// Redacts the values of fields with secret names.
fn redact_fields(text: &str, separators: &[char]) -> String {
    let redact = |field: &str| match field.split_once('=') {
        Some((name, value)) if !value.trim().is_empty() && is_secret(name) => {
            let end = &value[value.trim_end_matches(separators).len()..];
            format!("{name}={REDACTED}{end}")
        }
        _ => field.to_owned(),
    };
    let mut fields: Vec<String> = Vec::new();
    for field in text.split_inclusive(separators) {
        match fields.last_mut() {
            // Within quotes, separators are part of the value.
            Some(last) if last.matches('\'').count() % 2 == 1 => last.push_str(field),
            _ => fields.push(field.to_owned()),
        }
    }
    fields.iter().map(|field| redact(field)).collect()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|word| name.contains(word))
}

/// Removes the quoted value from a message about a secret.
pub(super) fn without_value(message: &str) -> String {
    let mut keys = message.split('`').skip(1).step_by(2);
    let is_about_secrets =
        keys.any(|key| is_secret(key) || key.ends_with(".url") || key.ends_with(".location"));
    let quoted = ["invalid type: ", "invalid value: "].iter().find_map(|begin| {
        let from = message.find(begin)? + begin.len();
        Some((from, from + message[from..].rfind(", expected")?))
    });
    match quoted {
        Some((from, to)) if is_about_secrets => format!("{}{REDACTED}{}", &message[..from], &message[to..]),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_urls_and_connection_strings_are_redacted() {
        for (text, expected) in [
            ("postgres://me:hunter2@host:5/db?sslmode=disable", "postgres://me:…@host:5/db?sslmode=disable"),
            ("postgres://me:hun/ter@2@host/db", "postgres://me:…@host/db"),
            ("postgres://me:hun?ter@2@host/db", "postgres://me:…@host/db"),
            ("postgres://host/db?user=me&password=hunter2", "postgres://host/db?user=me&password=…"),
            ("postgres://me@host/db", "postgres://me@host/db"),
            ("host=h password=hunter2 user=me", "host=h password=… user=me"),
            ("host=h password='hunter 2' user=me", "host=h password=… user=me"),
            ("AccountName=n;AccountKey=aHVudGVyMg==;Suffix=s", "AccountName=n;AccountKey=…;Suffix=s"),
            ("https://ghp_hunter2@host/x", "https://…@host/x"),
            ("https://host/c?sv=2024&se=2027&sig=hun%2Fter", "https://host/c?sv=2024&se=2027&sig=…"),
            (
                "https://host/x?X-Amz-Credential=A&X-Amz-Signature=b&x=1",
                "https://host/x?X-Amz-Credential=…&X-Amz-Signature=…&x=1",
            ),
            ("s3://bucket/a@b", "s3://bucket/a@b"),
            ("http://127.0.0.1:8080/x@y", "http://127.0.0.1:8080/x@y"),
            ("/srv/masters/keys", "/srv/masters/keys"),
            ("catalogue.db", "catalogue.db"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(text), expected);
        }
    }

    #[test]
    fn messages_do_not_quote_secrets() {
        let secret = "invalid type: string \"hunter2, expected\", expected a map for key `api.tokens`";
        assert_eq!(without_value(secret), "invalid type: …, expected a map for key `api.tokens`");
        let plain = "invalid type: string \"two\", expected usize for key `web.threads`";
        assert_eq!(without_value(plain), plain);
    }
}
