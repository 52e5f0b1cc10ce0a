//! What those who keep the server may do, on their own listener alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::gallery;
use crate::iiif::{ImageRequest, Invalid, Version};
use crate::web::App;
use crate::web::api::{Asked, of_admin, of_warming, search_of};
use crate::web::http::error::Error;
use crate::web::http::problem::refusal;
use crate::web::http::token;

/// Images that are warmed at one time.
const AT_ONCE: usize = 2;
/// The most works that one request warms.
const MOST: usize = 1000;

/// `/admin/…`: only who shows `operations.token` is answered.
pub async fn answer(app: &Arc<App>, request: &HttpRequest) -> HttpResponse {
    let answered = match allowed(app, request) {
        Ok(()) => act(app, request).await,
        Err(error) => Err(error),
    };
    let (status, text) = match &answered {
        Ok((status, value)) => (*status, value.to_string()),
        Err(error) => {
            tracing::warn!(method = %request.method(), path = request.uri().path(), error = error.chain(), "refused to an operator");
            return refusal(request, error);
        }
    };
    if *request.method() == Method::POST {
        tracing::info!(path = request.uri().path(), query = request.query_string(), "done for an operator");
    }
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type("application/json").body(text)
}

fn allowed(app: &App, request: &HttpRequest) -> Result<(), Error> {
    let secret = &app.operations.token;
    if secret.is_empty() {
        return Err(gallery::Error::Closed(
            "nobody may do this here: no token is set in operations.token".into(),
        )
        .into());
    }
    let shown = token::shown(request).ok_or(Error::Unauthorized)?;
    app.guesses.check(app.base.client(request), shown, || token::is(shown, secret).then_some(()))
}

async fn act(app: &Arc<App>, request: &HttpRequest) -> Result<(StatusCode, Value), Error> {
    let path = request.uri().path().trim_end_matches('/');
    let post = match (path, request.method()) {
        ("/admin" | "/admin/state" | "/admin/settings", &Method::GET) => false,
        ("/admin" | "/admin/state" | "/admin/settings", _) => {
            return Err(Error::MethodNotAllowed { allowed: "GET" });
        }
        ("/admin/reindex" | "/admin/purge" | "/admin/warm", &Method::POST) => true,
        ("/admin/reindex" | "/admin/purge" | "/admin/warm", _) => {
            return Err(Error::MethodNotAllowed { allowed: "POST" });
        }
        _ => return Err(gallery::Error::NotFound.into()),
    };
    let done = match path {
        "/admin" => json!({
            "GET": ["/admin/state", "/admin/settings"],
            "POST": ["/admin/reindex", "/admin/purge?image=|work=|all=true", "/admin/warm?image=|work=|SEARCH"],
        }),
        "/admin/state" => state(app).await?,
        "/admin/settings" => app.in_force.clone(),
        "/admin/reindex" => {
            Asked::read(&[], request.query_string())?;
            app.gallery.search()?.reindex();
            json!({ "reindexing": true })
        }
        "/admin/purge" => purge(app, request.query_string()).await?,
        _ => warm(app, request.query_string()).await?,
    };
    Ok((if post { StatusCode::ACCEPTED } else { StatusCode::OK }, done))
}

/// How far records, index and warming are.
async fn state(app: &App) -> Result<Value, gallery::Error> {
    let index = app.gallery.search().ok().map(|finder| finder.state());
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
        "warming": {
            "asked": number(&warming.asked), "warmed": number(&warming.warmed), "failed": number(&warming.failed),
        },
    }))
}

/// Forgets what was made of an image, of a work, or of all.
async fn purge(app: &App, query: &str) -> Result<Value, gallery::Error> {
    let table = of_admin();
    let asked = Asked::read(&table, query)?;
    match (asked.text("image"), asked.text("work"), asked.flag("all")) {
        (Some(image), None, None) => {
            app.gallery.images.forget(image);
            app.works.forget(None);
        }
        (None, Some(work), None) => {
            let described = app.gallery.works.describe(work).await?;
            for image in &described.work.images {
                app.gallery.images.forget(&image.file);
            }
            app.works.forget(Some(work));
        }
        (None, None, Some(true)) => {
            app.gallery.forget_all();
            app.works.forget(None);
        }
        _ => {
            let reason = "is not said: write one of `image=ID`, `work=NUMBER` and `all=true`";
            return Err(Invalid::new("all", "", reason).into());
        }
    }
    Ok(json!({ "purged": true }))
}

/// Makes what the first view of images takes, so that nobody waits for it.
async fn warm(app: &Arc<App>, query: &str) -> Result<Value, gallery::Error> {
    let table = of_warming();
    let asked = Asked::read(&table, query)?;
    let images: Vec<String> = match (asked.text("image"), asked.text("work")) {
        (Some(image), None) => {
            app.gallery.images.open(image).await?;
            vec![image.to_owned()]
        }
        (None, Some(work)) => {
            let described = app.gallery.works.describe(work).await?;
            described.images.into_iter().map(|shown| shown.image.file).collect()
        }
        (None, None) => {
            let finder = app.gallery.search()?;
            let mut search = search_of(&asked, &*finder.snapshot()?)?;
            search.limit = asked.integer("most").map_or(MOST, |most| most as usize).min(MOST);
            let hits = finder.find(search).await?;
            let mut images = Vec::new();
            for place in &hits.found.hits {
                let stored = hits.snapshot.stored(*place)?;
                let matched = stored.images().filter(|(_, shown)| shown.matched);
                images.extend(matched.map(|(file, _)| file));
            }
            images
        }
        _ => {
            let reason = "is said twice: write one of `image=ID`, `work=NUMBER` and a search";
            return Err(Invalid::new("what to warm", "", reason).into());
        }
    };
    let count = images.len();
    app.warming.asked.fetch_add(count as u64, Ordering::Relaxed);
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
        warmed.buffer_unordered(AT_ONCE).collect::<()>().await;
    });
    Ok(json!({ "images": count }))
}

/// The thumbnail of lists, and the picture that a viewer begins with; a pyramid where one is missing.
async fn first_view(app: &App, image: &str) -> Result<(), gallery::Error> {
    for size in ["!400,400", "!1024,1024"] {
        let wanted = ImageRequest::parse(Version::V3, ["full", size, "0", "default.jpg"])?;
        match app.gallery.images.plan(image, &wanted).await {
            Ok(planned) => {
                planned.deliver().await?;
            }
            // It is smaller, or may not be seen so large.
            Err(gallery::Error::Invalid(_)) if size != "!400,400" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
