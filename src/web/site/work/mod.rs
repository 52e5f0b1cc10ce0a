//! The page about one work, and its citation.

mod downloads;
mod pictures;
mod related;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

use self::pictures::{Shown, pictures};
use crate::gallery::{Error, Grant, SOON, Sketch};
use crate::iiif::{Dimensions, Form, Limits, Size, Version};
use crate::presentation::{
    Address, CanvasImage, CanvasMedia, Citation, CitationFormat, View, http_uri, labels, plain_text,
    visual_artwork,
};
use crate::record::{Text, Work, slug};
use crate::web::App;
use crate::web::api::query_of;
use crate::web::iiif::presentation::{one, sketched_media};
use crate::web::linked_data;
use crate::web::pages::{self, Allowed, CitationText, Link, WorkHead};
use crate::web::route::Image;
use crate::web::site::concepts;
use crate::web::site::tags::tags;
use crate::web::site::visit::{Visit, encoded};

/// Maximum side of the picture that is shared, in pixels.
const SHARED: u32 = 1200;

/// `/works/{work}`: the picture, the record and links; and what the header `Link` has.
pub(super) async fn page(
    app: &App,
    request: &HttpRequest,
    visit: &Visit,
    work: &Image<'_>,
) -> Result<(String, Option<HeaderValue>), Error> {
    let sketch = app.gallery.works.sketch(&work.identifier, SOON);
    let (sketch, similar) =
        futures::future::join(sketch, related::similar_works(app, visit, &work.identifier)).await;
    let (sketch, address) = (sketch?, Address::new(&app.base.of(request)?));
    let related = related::related_works(app, visit, &sketch.work).await;
    let subject = Subject::of(request, visit, &address, &sketch);
    let (all_similar, like_detail) = similar_searches(app, &subject);
    let concepts = concepts::of_work(app, visit, &sketch.work, &sketch.tags);
    let own = work_page(&subject);
    let page = pages::WorkPage { similar, all_similar, like_detail, related, concepts, ..own };
    Ok((pages::work(&visit.context, &page), linked_data::links_of_page(&address, &sketch)))
}

/// The searches for all similar works, and for works like the shown part of the picture; `None` without the vectors.
fn similar_searches(app: &App, subject: &Subject<'_>) -> (Option<String>, Option<String>) {
    let Some(likeness) = app.gallery.likeness().ok().filter(|likeness| likeness.is_there()) else {
        return (None, None);
    };
    let number = &subject.sketch.work.object_number;
    let search = |more: &[(&str, &str)]| {
        let pairs = [("similar", number.as_str())].into_iter().chain(more.iter().copied());
        subject.visit.context.page(&format!("/?{}", query_of(pairs)))
    };
    let like_detail = likeness.has_details().then(|| {
        let canvas = subject.shown.number(subject.shown.canvas).to_string();
        let region = subject.shown.region.map(|region| region.to_string());
        let region = region.as_deref().map(|region| ("xywh", region));
        search(&[Some(("canvas", canvas.as_str())), region].into_iter().flatten().collect::<Vec<_>>())
    });
    (Some(search(&[])), like_detail)
}

/// `/works/{work}/cite.…`: the citation, and a file name for it.
pub(super) async fn citation(
    app: &App,
    request: &HttpRequest,
    visit: &Visit,
    work: &Image<'_>,
    format: CitationFormat,
) -> Result<(String, String), Error> {
    let sketch = app.gallery.works.sketch(&work.identifier, SOON).await?;
    let address = Address::new(&app.base.of(request)?);
    let subject = Subject::of(request, visit, &address, &sketch);
    let name = format!("{}.{}", sketch.work.object_number, format.suffix());
    Ok((subject.cited().write(format), name))
}

/// A work, and what of it a visitor asks for.
struct Subject<'a> {
    visit: &'a Visit,
    address: &'a Address,
    sketch: &'a Sketch,
    shown: Shown<'a>,
    media: Vec<CanvasMedia>,
}

impl<'a> Subject<'a> {
    fn of(request: &HttpRequest, visit: &'a Visit, address: &'a Address, sketch: &'a Sketch) -> Self {
        let shown = Shown::of(request, &sketch.images);
        Self { visit, address, sketch, shown, media: sketched_media(sketch) }
    }

    fn view(&self) -> View<'_> {
        let Sketch { work, tags, .. } = self.sketch;
        let (address, publisher) = (self.address, &self.visit.publisher);
        View { tags, media: &self.media, ..View::of(work, &[], address, publisher) }
    }

    fn cited(&self) -> Citation {
        Citation::of(&self.view(), self.shown.detail(self.address))
    }

    /// The shown image as documents describe it, if its master is open.
    fn image(&self) -> Option<CanvasImage> {
        let preview = self.shown.preview()?;
        Some(one(self.address, &preview.image, preview.granted.as_ref()?))
    }

    fn number(&self) -> String {
        encoded(&self.sketch.work.object_number)
    }
}

fn work_page(subject: &Subject<'_>) -> pages::WorkPage {
    let Subject { visit, address, sketch, shown, .. } = subject;
    let Visit { context, publisher } = visit;
    let preferred = publisher.preferred_languages();
    let (work, base, number) = (&sketch.work, &context.base, subject.number());
    let best = |text: &Text| text.best(&preferred).map(plain_text);
    let paragraphs = work.description.best(&preferred).unwrap_or_default().lines().map(str::trim);
    let creator = |name: &str| link(name, context.page(&format!("/creators/{}", encoded(&slug(name)))));
    let image = subject.image();
    let pictures = pictures(subject);
    pages::WorkPage {
        label: work.label().best(&preferred).unwrap_or(&work.object_number).to_owned(),
        creators: work.creators.iter().map(|one| creator(&one.name)).collect(),
        date: work.production.iter().find_map(|made| made.text.best(&preferred)).map(str::to_owned),
        description: paragraphs.filter(|text| !text.is_empty()).map(str::to_owned).collect(),
        facts: subject.view().plain_metadata(),
        inscriptions: work.inscriptions.iter().filter_map(best).collect(),
        tags: tags(visit, &sketch.tags, |file| shown.place_of(file)),
        shown: shown.place(),
        region: shown.region.map(|region| region.to_string()),
        parts: related::parts(visit, &work.parts, &pictures),
        players: subject.media.iter().map(|media| player(media, base, best(&media.label))).collect(),
        downloads: downloads::downloads(subject, image.as_ref()),
        citation: citation_text(subject),
        viewer: context.page(&format!("/view/mirador/{number}")),
        manifest: address.manifest(Version::V3, &work.object_number),
        record: format!("{base}/api/v1/works/{number}"),
        homepage: work.homepage.as_deref().and_then(http_uri),
        rights: rights(work, visit),
        is_public_domain: work.public_domain == Some(true),
        credit: best(&work.credit_line),
        allowed: shown.preview().map(|image| allowed(image.grant)),
        unreachable: sketch.unreachable,
        head: head(subject, image.as_ref()),
        number: work.object_number.clone(),
        pictures,
        ..pages::WorkPage::default()
    }
}

fn player(media: &CanvasMedia, base: &str, label: Option<String>) -> pages::Player {
    pages::Player {
        kind: media.kind,
        label: label.filter(|label| !label.is_empty()),
        name: media.file.rsplit(['/', ':']).next().unwrap_or(&media.file).to_owned(),
        src: format!("{base}/media/{}", encoded(&media.file)),
        width: media.width,
        height: media.height,
    }
}

fn citation_text(subject: &Subject<'_>) -> CitationText {
    let context = &subject.visit.context;
    let query = subject.shown.query().map(|query| format!("?{query}")).unwrap_or_default();
    let file = |format: CitationFormat| {
        context.page(&format!("/works/{}/cite.{}{query}", subject.number(), format.suffix()))
    };
    let named = CitationFormat::ALL.into_iter().filter_map(|format| Some(link(format.name()?, file(format))));
    CitationText {
        sentence: subject.cited().write(CitationFormat::Sentence).trim_end().to_owned(),
        files: named.collect(),
        text: file(CitationFormat::Sentence),
    }
}

fn head(subject: &Subject<'_>, image: Option<&CanvasImage>) -> WorkHead {
    let address = subject.address;
    let shared = subject.shown.preview().map(|preview| {
        let place = subject.shown.rendering(&address.image(Version::V3, &preview.image.file), SHARED);
        let whole = subject.shown.region.is_none().then_some(image).flatten();
        (place, whole.map(|image| fitted(image.largest, SHARED)).map(|size| (size.width, size.height)))
    });
    WorkHead {
        url: address.work_page(&subject.sketch.work.object_number),
        image: shared,
        json_ld: visual_artwork(&subject.view(), image),
    }
}

/// The size of an image that is requested with `!side,side`.
fn fitted(size: Dimensions, side: u32) -> Dimensions {
    Size { form: Form::Within(side, side), upscale: false }.of(size, Limits::NONE).unwrap_or(size)
}

fn link(label: &str, href: String) -> Link {
    Link { label: label.to_owned(), href, ..Link::default() }
}

/// The rights as links: a statement's name and URI, or the record's own text, or public domain if only that is recorded.
fn rights(work: &Work, visit: &Visit) -> Vec<Link> {
    let (publisher, preferred) = (&visit.publisher, visit.publisher.preferred_languages());
    let statements = work.rights.iter().flat_map(|rights| rights.lines()).map(str::trim);
    let one = |rights: &str| {
        let name = publisher.rights_name(rights);
        link(name.as_ref().and_then(|name| name.best(&preferred)).unwrap_or(rights), rights.to_owned())
    };
    let links: Vec<Link> = statements.filter(|rights| !rights.is_empty()).map(one).collect();
    if links.is_empty() && work.public_domain == Some(true) {
        let name = publisher.word(labels::PUBLIC_DOMAIN, visit.context.language);
        return vec![link(name, String::new())];
    }
    links
}

fn allowed(grant: Grant) -> Allowed {
    match grant {
        Grant { largest: u32::MAX, original: true } => Allowed::Everything,
        Grant { largest: u32::MAX, .. } => Allowed::FullView,
        Grant { largest, .. } => Allowed::UpTo(largest),
    }
}
