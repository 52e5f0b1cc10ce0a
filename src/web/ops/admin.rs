//! Administration, on the operations listener only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::gallery;
use crate::iiif::{ImageRequest, Invalid, Version};
use crate::web::App;
use crate::web::api::{ApiQuery, of_admin, of_warming, search_of};
use crate::web::http::error::Error;
use crate::web::http::problem::problem_response;
use crate::web::http::token;
use crate::web::live;
use crate::web::ops::webhooks;

/// Number of images to warm concurrently.
const CONCURRENT: usize = 2;
/// Maximum number of works that one request warms.
const MAX_WORKS: usize = 1000;

/// `/admin/…`: requires `operations.token`.
pub(crate) async fn answer(app: &Arc<App>, request: &HttpRequest) -> HttpResponse {
    let answered = match allowed(app, request) {
        Ok(()) => act(app, request).await,
        Err(error) => Err(error),
    };
    let (status, text) = match &answered {
        Ok((status, value)) => (*status, value.to_string()),
        Err(error) => {
            tracing::warn!(method = %request.method(), path = request.uri().path(), error = error.chain(), "administrative request rejected");
            return problem_response(request, error);
        }
    };
    if *request.method() == Method::POST {
        tracing::info!(path = request.uri().path(), query = request.query_string(), "administrative request");
    }
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type("application/json").body(text)
}

fn allowed(app: &App, request: &HttpRequest) -> Result<(), Error> {
    let live = app.live();
    let secret = &live.operations_token;
    if secret.is_empty() {
        return Err(gallery::Error::Closed(
            "administration is disabled: set a token in operations.token".into(),
        )
        .into());
    }
    let shown = token::bearer(request).ok_or(Error::Unauthorized)?;
    app.guess_limiter.check(app.base.client(request), shown, || token::matches(shown, secret).then_some(()))
}

async fn act(app: &Arc<App>, request: &HttpRequest) -> Result<(StatusCode, Value), Error> {
    let path = request.uri().path().trim_end_matches('/');
    let post = match (path, request.method()) {
        ("/admin" | "/admin/state" | "/admin/settings" | "/admin/webhooks", &Method::GET) => false,
        ("/admin" | "/admin/state" | "/admin/settings" | "/admin/webhooks", _) => {
            return Err(Error::MethodNotAllowed { allowed: "GET" });
        }
        (
            "/admin/reindex" | "/admin/purge" | "/admin/reload" | "/admin/warm" | "/admin/webhooks/redeliver",
            &Method::POST,
        ) => true,
        (
            "/admin/reindex" | "/admin/purge" | "/admin/reload" | "/admin/warm" | "/admin/webhooks/redeliver",
            _,
        ) => {
            return Err(Error::MethodNotAllowed { allowed: "POST" });
        }
        _ => return Err(gallery::Error::NotFound.into()),
    };
    let done = match path {
        "/admin" => json!({
            "GET": ["/admin/state", "/admin/settings", "/admin/webhooks"],
            "POST": [
                "/admin/reindex", "/admin/purge?image=|work=|all=true", "/admin/warm?image=|work=|SEARCH",
                "/admin/reload", "/admin/webhooks/redeliver?webhook=&delivery=",
            ],
        }),
        "/admin/state" => state(app).await?,
        "/admin/settings" => app.live().in_force.clone(),
        "/admin/webhooks" => webhooks::list(app, request.query_string()).await?,
        "/admin/webhooks/redeliver" => webhooks::redeliver(app, request.query_string()).await?,
        "/admin/reindex" => {
            ApiQuery::read(&[], request.query_string())?;
            app.gallery.search()?.reindex();
            json!({ "reindexing": true })
        }
        "/admin/reload" => {
            ApiQuery::read(&[], request.query_string())?;
            live::reload(app).await?
        }
        "/admin/purge" => purge(app, request.query_string()).await?,
        _ => warm(app, request.query_string()).await?,
    };
    Ok((if post { StatusCode::ACCEPTED } else { StatusCode::OK }, done))
}

/// The state of records, index, pyramids and warming.
async fn state(app: &App) -> Result<Value, gallery::Error> {
    let index = app.gallery.search().ok().map(|service| service.state());
    let records = app.gallery.works.catalogue_state().await?.map(|state| {
        let last = state.last_change.map(|change| {
            json!({ "object_number": change.object_number, "at": crate::record::timestamp(change.at_ms) })
        });
        json!({
            "catalogue": state.location, "works": state.works, "revision": state.revision, "last_change": last,
        })
    });
    let number = |number: &AtomicU64| number.load(Ordering::Relaxed);
    let warming = &app.warming;
    Ok(json!({
        "records": records,
        "index": index,
        "pyramids": app.gallery.images.pyramids_location(),
        "disk_cache": app.gallery.images.disk_cache(),
        "warming": {
            "asked": number(&warming.requested), "warmed": number(&warming.warmed), "failed": number(&warming.failed),
        },
    }))
}

/// Clears the caches of an image, of a work, or all of them.
async fn purge(app: &App, query: &str) -> Result<Value, gallery::Error> {
    let table = of_admin();
    let query = ApiQuery::read(&table, query)?;
    match (query.text("image"), query.text("work"), query.flag("all")) {
        (Some(image), None, None) => {
            app.gallery.images.purge(image).await;
            app.works.forget(None);
        }
        (None, Some(work), None) => {
            let described = app.gallery.works.describe(work).await?;
            for image in &described.work.images {
                app.gallery.images.purge(&image.file).await;
            }
            app.works.forget(Some(work));
        }
        (None, None, Some(true)) => {
            app.gallery.purge_all().await;
            app.works.forget(None);
        }
        _ => {
            let reason = "is missing: give one of `image=ID`, `work=NUMBER` and `all=true`";
            return Err(Invalid::new("all", "", reason).into());
        }
    }
    Ok(json!({ "purged": true }))
}

/// Renders what the first view of each image needs, so that no visitor waits for it.
async fn warm(app: &Arc<App>, query: &str) -> Result<Value, gallery::Error> {
    let table = of_warming();
    let query = ApiQuery::read(&table, query)?;
    let images: Vec<String> = match (query.text("image"), query.text("work")) {
        (Some(image), None) => {
            app.gallery.images.open(image).await?;
            vec![image.to_owned()]
        }
        (None, Some(work)) => {
            let described = app.gallery.works.describe(work).await?;
            described.images.into_iter().map(|shown| shown.image.file).collect()
        }
        (None, None) => {
            let service = app.gallery.search()?;
            let mut search = search_of(&query, &*service.snapshot()?)?;
            search.limit = query.integer("most").map_or(MAX_WORKS, |most| most as usize).min(MAX_WORKS);
            let hits = service.find(search).await?;
            let mut images = Vec::new();
            for place in &hits.found.hits {
                let stored = hits.snapshot.stored(*place)?;
                let matched = stored.images().filter(|(_, shown)| shown.matched);
                images.extend(matched.map(|(file, _)| file));
            }
            images
        }
        _ => {
            let reason = "is ambiguous: give only one of `image=ID`, `work=NUMBER` and a search";
            return Err(Invalid::new("what to warm", "", reason).into());
        }
    };
    let count = images.len();
    app.warming.requested.fetch_add(count as u64, Ordering::Relaxed);
    let app = app.clone();
    actix_web::rt::spawn(async move {
        let warmed = futures::stream::iter(images).map(|image| {
            let app = app.clone();
            async move {
                let counter = match first_view(&app, &image).await {
                    Ok(()) => &app.warming.warmed,
                    Err(error) => {
                        tracing::warn!(image, error = gallery::error_chain(&error), "could not be warmed");
                        &app.warming.failed
                    }
                };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        warmed.buffer_unordered(CONCURRENT).collect::<()>().await;
    });
    Ok(json!({ "images": count }))
}

/// Renders the thumbnail and the overview that viewers start with, which also builds a missing pyramid.
async fn first_view(app: &App, image: &str) -> Result<(), gallery::Error> {
    for size in ["!400,400", "!1024,1024"] {
        let wanted = ImageRequest::parse(Version::V3, ["full", size, "0", "default.jpg"])?;
        match app.gallery.images.plan(image, &wanted).await {
            Ok(planned) => {
                planned.deliver().await?;
            }
            // The image, or its limit, is smaller than this size.
            Err(gallery::Error::Invalid(_)) if size != "!400,400" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
