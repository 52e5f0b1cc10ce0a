//! `/admin/webhooks`: what was sent, and what is due.

use serde_json::{Value, json};

use crate::catalogue::Delivery;
use crate::gallery::{Error, WebhookReport};
use crate::iiif::Invalid;
use crate::record::timestamp;
use crate::web::App;
use crate::web::api::{ApiQuery, OF_REDELIVERY};

/// The number of deliveries listed per webhook.
const LISTED: usize = 20;

/// `GET /admin/webhooks`: all webhooks with their last deliveries.
pub(super) async fn list(app: &App, query: &str) -> Result<Value, Error> {
    ApiQuery::read(&[], query)?;
    let last = app.gallery.works.last_revision().await?;
    let reports = app.gallery.webhooks()?.reports(LISTED).await?;
    Ok(json!({ "webhooks": reports.iter().map(|report| listed(report, last)).collect::<Vec<_>>() }))
}

/// `POST /admin/webhooks/redeliver`: sends a delivery again; a pending one is attempted at once.
pub(super) async fn redeliver(app: &App, query: &str) -> Result<Value, Error> {
    let query = ApiQuery::read(&OF_REDELIVERY, query)?;
    let (Some(webhook), Some(delivery)) = (query.text("webhook"), query.text("delivery")) else {
        return Err(Invalid::new("delivery", "", "is missing: give `webhook=NAME` and `delivery=ID`").into());
    };
    Ok(match app.gallery.webhooks()?.redeliver(webhook, delivery).await? {
        None => json!({ "delivered": false, "due": true }),
        Some(attempt) => {
            json!({ "delivered": attempt.error.is_none(), "status": attempt.status, "error": attempt.error })
        }
    })
}

fn listed(report: &WebhookReport, last: u64) -> Value {
    let WebhookReport { name, origin, state, deliveries } = report;
    let next = (state.next_ms > 0).then(|| timestamp(state.next_ms));
    json!({
        "name": name,
        "origin": origin,
        "revision": state.revision,
        "behind": last.saturating_sub(state.revision),
        "failures": state.failures,
        "next_attempt": next,
        "deliveries": deliveries.iter().map(described).collect::<Vec<_>>(),
    })
}

fn described(delivery: &Delivery) -> Value {
    let Delivery {
        id, after, until, events, made_ms, attempts, attempted_ms, status, error, delivered, ..
    } = delivery;
    json!({
        "id": id,
        "revisions": [after + 1, until],
        "changes": events,
        "made": timestamp(*made_ms),
        "attempts": attempts,
        "attempted": attempted_ms.map(timestamp),
        "status": status,
        "error": error,
        "delivered": delivered,
    })
}
