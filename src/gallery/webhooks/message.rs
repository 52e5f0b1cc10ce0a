//! The bytes of deliveries, and their signatures (Standard Webhooks 1.0).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use super::settings::EventName;
use crate::catalogue::{EventKind, WebhookEvent};
use crate::iiif::Version;
use crate::presentation::Address;
use crate::record::timestamp;

/// The body of a delivery.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    /// The oldest first.
    changes: Vec<ChangedWork<'a>>,
}

#[derive(Serialize)]
struct ChangedWork<'a> {
    revision: u64,
    #[serde(rename = "type")]
    kind: EventName,
    object_number: &'a str,
    at: String,
    /// The work in the API, if the public address of the server is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
}

/// The body that tells of these events.
pub(super) fn body(
    events: &[WebhookEvent],
    made_ms: i64,
    base_url: &str,
) -> Result<String, serde_json::Error> {
    let address = (!base_url.is_empty()).then(|| Address::new(base_url));
    let changes = events.iter().map(|event| changed(event, address.as_ref())).collect();
    let message = Message { kind: "works.changed", timestamp: timestamp(made_ms), data: Data { changes } };
    serde_json::to_string(&message)
}

fn changed<'a>(event: &'a WebhookEvent, address: Option<&Address>) -> ChangedWork<'a> {
    let number = event.object_number.as_str();
    let (tag, status) = match &event.kind {
        EventKind::Tagged { tag, status } => (Some(tag.as_str()), Some(status.as_str())),
        _ => (None, None),
    };
    let reason = match &event.kind {
        EventKind::Withdrawn { reason } => reason.as_deref(),
        _ => None,
    };
    ChangedWork {
        revision: event.revision,
        kind: name(&event.kind),
        object_number: number,
        at: timestamp(event.at_ms),
        id: address.map(|address| address.record(number)),
        manifest: address.map(|address| address.manifest(Version::V3, number)),
        reason,
        tag,
        status,
    }
}

pub(super) fn name(kind: &EventKind) -> EventName {
    match kind {
        EventKind::Created => EventName::Created,
        EventKind::Updated => EventName::Updated,
        EventKind::Withdrawn { .. } => EventName::Withdrawn,
        EventKind::Restored => EventName::Restored,
        EventKind::Tagged { .. } => EventName::Tagged,
    }
}

/// The header `webhook-signature` of a delivery: a signature for each key.
pub(super) fn signatures(keys: &[Vec<u8>], id: &str, timestamp_s: i64, body: &str) -> Option<String> {
    let signature = |key: &Vec<u8>| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(format!("{id}.{timestamp_s}.{body}").as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    Some(keys.iter().map(signature).collect::<Option<Vec<_>>>()?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, also while its secret is replaced.
    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = |keys: &[Vec<u8>]| {
            signatures(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#)
        };
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed(std::slice::from_ref(&key)).as_deref(), Some(expected));
        let [new, old] = [signed(&[vec![7; 32]]).unwrap(), expected.to_owned()];
        assert_eq!(signed(&[vec![7; 32], key]), Some(format!("{new} {old}")));
    }

    #[test]
    fn a_message_says_what_changed() {
        let event = |revision, kind| WebhookEvent { revision, object_number: "K 1".into(), kind, at_ms: 0 };
        let events = [
            event(1, EventKind::Withdrawn { reason: Some("Sold".into()) }),
            event(2, EventKind::Tagged { tag: "00ff".into(), status: "accepted".into() }),
        ];
        assert_eq!(
            body(&events, 0, "").unwrap(),
            concat!(
                r#"{"type":"works.changed","timestamp":"1970-01-01T00:00:00.000Z","data":{"changes":["#,
                r#"{"revision":1,"type":"withdrawn","object_number":"K 1","at":"1970-01-01T00:00:00.000Z","reason":"Sold"},"#,
                r#"{"revision":2,"type":"tagged","object_number":"K 1","at":"1970-01-01T00:00:00.000Z","tag":"00ff","status":"accepted"}"#,
                "]}}"
            )
        );
        let with_links = body(&events[..1], 0, "https://host").unwrap();
        assert!(with_links.contains(r#""id":"https://host/api/v1/works/K%201""#), "{with_links}");
        assert!(
            with_links.contains(r#""manifest":"https://host/presentation/3/K%201/manifest""#),
            "{with_links}"
        );
    }
}
