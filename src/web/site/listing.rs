//! Lists of works, for when search is not available, and of images as files.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::visit::{Visit, encoded, label};
use crate::catalogue::WorkSummary;
use crate::gallery::{AuthorizedImage, Error, SOON};
use crate::store;
use crate::web::{App, pages};

/// Images on one page of the list.
const PAGE: usize = 60;
/// Time limit for listing the images.
const LISTING: Duration = Duration::from_secs(2);
/// The works from this position on; `None` if the catalogue is empty.
pub(super) async fn works(app: &App, visit: &Visit, start: u64) -> Result<Option<pages::Listing>, Error> {
    let Some((total, summaries)) = app.gallery.works.page(start, PAGE).await? else { return Ok(None) };
    if total == 0 {
        return Ok(None);
    }
    let files: Vec<&str> = summaries.iter().filter_map(|work| work.thumbnail.as_deref()).collect();
    let mut opened = app.gallery.images.open_within(SOON, &files).await.into_iter();
    let mut listing = pages::Listing { total: Some(total), ..pages::Listing::default() };
    for work in &summaries {
        let opened =
            work.thumbnail.as_ref().and_then(|_| opened.next()).unwrap_or(Some(Err(Error::NotFound)));
        let picture = Picture::of(app, opened);
        listing.unreachable |= picture.unreachable;
        listing.entries.push(entry_of(work, picture, visit));
    }
    let listed = summaries.len() as u64;
    listing.next =
        (start + listed < total).then(|| visit.context.page(&format!("/?start={}", start + listed)));
    listing.files = Some(visit.context.page("/?files"));
    Ok(Some(listing))
}

fn entry_of(work: &WorkSummary, picture: Picture, visit: &Visit) -> pages::Entry {
    let image = work.thumbnail.as_ref().filter(|_| picture.problem.is_none());
    pages::Entry {
        label: work
            .label
            .best(&visit.publisher.preferred_languages())
            .unwrap_or(&work.object_number)
            .to_owned(),
        encoded: image.map(|image| encoded(image)).unwrap_or_default(),
        dimensions: picture.dimensions,
        largest: picture.largest,
        problem: None,
        work: Some(encoded(&work.object_number)),
        identifier: work.object_number.clone(),
    }
}

/// What is known about an image within [`SOON`].
#[derive(Default)]
struct Picture {
    dimensions: Option<(u32, u32)>,
    largest: Option<u32>,
    /// Why the image cannot be served, if that is permanent.
    problem: Option<String>,
    /// Whether its store failed.
    unreachable: bool,
}

impl Picture {
    fn of(app: &App, opened: Option<Result<AuthorizedImage, Error>>) -> Self {
        match opened {
            None => Self { unreachable: app.gallery.images.has_failing_store(), ..Self::default() },
            Some(Ok(opened)) => {
                let all = opened.all();
                let largest = Some(opened.grant.largest);
                Self { dimensions: Some((all.width, all.height)), largest, ..Self::default() }
            }
            Some(Err(Error::Store(_))) => Self { unreachable: true, ..Self::default() },
            Some(Err(Error::Catalogue(_) | Error::Busy { .. })) => Self::default(),
            Some(Err(error)) => Self { problem: Some(error.to_string()), ..Self::default() },
        }
    }
}

/// The images of all sources as files, after the name `after`; an error if no source can be listed.
pub(super) async fn files(app: &App, visit: &Visit, after: Option<&str>) -> Result<pages::Listing, Error> {
    let listed = tokio::time::timeout(LISTING, app.gallery.sources.list(after, PAGE)).await;
    let listed = listed.map_err(|_| Error::Store(store::Error::TimedOut))??;
    let failed = !listed.notices.is_empty();
    let unlisted = failed && listed.entries.is_empty();
    // A plain web server, or a bucket without list permission, still serves images.
    if unlisted
        && !matches!(tokio::time::timeout(LISTING, app.gallery.sources.problems()).await, Ok(problems) if problems.is_empty())
    {
        return Err(Error::Store(store::Error::unavailable("no source can be listed")));
    }
    let identifiers: Vec<&str> = listed.entries.iter().map(|entry| entry.identifier.as_str()).collect();
    let opened = app.gallery.images.open_within(SOON, &identifiers).await;
    let mut listing =
        pages::Listing { unreachable: failed && !unlisted, unlisted, ..pages::Listing::default() };
    for (entry, opened) in listed.entries.iter().zip(opened) {
        if matches!(opened, Some(Err(Error::Gone(_)))) {
            continue;
        }
        let picture = Picture::of(app, opened);
        listing.unreachable |= picture.unreachable;
        listing.entries.push(pages::Entry {
            label: label(&entry.identifier),
            encoded: encoded(&entry.identifier),
            identifier: entry.identifier.clone(),
            dimensions: picture.dimensions,
            largest: picture.largest,
            problem: picture.problem,
            work: None,
        });
    }
    for (name, reason) in listed.unreadable.iter().take(PAGE) {
        listing.entries.push(pages::Entry {
            label: name.clone(),
            encoded: encoded(name),
            identifier: name.clone(),
            problem: Some(reason.clone()),
            ..pages::Entry::default()
        });
    }
    let next = |next: String| {
        visit.context.page(&format!("/?after={}", utf8_percent_encode(&next, NON_ALPHANUMERIC)))
    };
    listing.next = listed.next.map(next);
    Ok(listing)
}
