//! Settings that can change while the server runs, and their reload.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use arc_swap::Guard;
use serde_json::{Value, json};

use crate::gallery;
use crate::gallery::Tagging;
use crate::iiif::Invalid;
use crate::web::http::error::Error;
use crate::web::settings::{Annotations, Api, Oai, Settings};
use crate::web::{App, RequestLog};

/// Settings that can change while the server runs. A request uses those that were in force when it needed them.
pub(crate) struct Live {
    /// `Cache-Control` of images.
    pub image_age: HeaderValue,
    /// `Cache-Control` of documents.
    pub document_age: HeaderValue,
    /// `frame-ancestors` of pages.
    pub frame_ancestors: String,
    pub api: Api,
    /// The token of `/admin`.
    pub operations_token: String,
    /// The settings of OAI-PMH, of which `namespace` does not change.
    pub oai: Oai,
    pub annotations: Annotations,
    /// Which tags from elsewhere are accepted without a curator.
    pub tagging: Tagging,
    /// Which requests are logged.
    pub request_log: RequestLog,
    /// The settings in force, without secrets.
    pub in_force: Value,
}

/// Reads the settings again: the keys of those that have changed, or why nothing has.
pub(crate) type Reloader = dyn Fn(&App) -> Result<Vec<String>, String> + Send + Sync;

impl Live {
    /// # Errors
    /// A message that names the setting that cannot be used.
    pub(crate) fn new(web: &Settings, in_force: Value) -> Result<Self, String> {
        let age = |seconds: u32| {
            HeaderValue::try_from(format!("public, max-age={seconds}")).map_err(|error| error.to_string())
        };
        Ok(Self {
            image_age: age(web.image_max_age_s)?,
            document_age: age(web.document_max_age_s)?,
            frame_ancestors: web.frame_ancestors.join(" "),
            api: Api::default(),
            operations_token: String::new(),
            oai: Oai::default(),
            annotations: Annotations::default(),
            tagging: Tagging::default(),
            request_log: RequestLog::default(),
            in_force,
        })
    }
}

impl App {
    /// The settings in force, for a moment: not to be kept while waiting.
    pub(crate) fn live(&self) -> Guard<Arc<Live>> {
        self.live.load()
    }

    /// Uses these settings from now on, for new requests and for those in progress.
    pub(crate) fn change(&self, web: &Settings, live: Live) -> Result<(), String> {
        self.base.change(web)?;
        self.live.store(Arc::new(live));
        Ok(())
    }

    /// Reads the settings again, and logs what came of it. May block on files.
    pub(crate) fn reload(&self) -> Result<Vec<String>, String> {
        let reloaded = match &self.reloader {
            Some(reloader) => reloader(self),
            None => Err("the settings of this server cannot be read again".into()),
        };
        match &reloaded {
            Ok(changed) => tracing::info!(changed = changed.join(", "), "settings reloaded"),
            Err(reason) => tracing::error!("settings not reloaded, and nothing has changed: {reason}"),
        }
        reloaded
    }
}

/// `POST /admin/reload`: reads the settings again.
pub(super) async fn reload(app: &Arc<App>) -> Result<Value, Error> {
    let reloading = app.clone();
    let reloaded = actix_web::web::block(move || reloading.reload()).await;
    match reloaded.map_err(|error| gallery::Error::Fault(error.to_string()))? {
        Ok(changed) => Ok(json!({ "changed": changed })),
        Err(reason) => {
            let invalid =
                Invalid::new("settings", "", format!("were not reloaded, and nothing has changed: {reason}"));
            Err(gallery::Error::Unprocessable(invalid).into())
        }
    }
}
