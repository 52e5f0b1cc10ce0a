//! The pictures of a work by canvas, and the one that is shown first.

use actix_web::HttpRequest;

use super::Subject;
use crate::gallery::Preview;
use crate::iiif::{Dimensions, Version};
use crate::presentation::{Address, Detail, labels, views};
use crate::record::{Region, Role};
use crate::web::pages::Picture;
use crate::web::site::picture_size::{ratio, recorded_size};
use crate::web::site::viewers::parameter;
use crate::web::site::visit::{Visit, encoded};

/// Maximum sides of the large picture and of thumbnails in pixels.
const PICTURE: u32 = 1200;
const THUMBNAIL: u32 = 400;

/// The images of a work by canvas, and which one `?canvas=`, `?capture=` and `?xywh=` select.
pub(super) struct Shown<'a> {
    canvases: Vec<Vec<&'a Preview>>,
    /// From 0.
    pub canvas: usize,
    /// From 0.
    capture: usize,
    /// In the coordinates of the canvas, which are those of its first capture.
    pub region: Option<Region>,
    is_chosen: bool,
}

impl<'a> Shown<'a> {
    /// Numbers that do not exist select the first image.
    pub(super) fn of(request: &HttpRequest, images: &'a [Preview]) -> Self {
        let canvases = views(images, |preview| {
            (preview.image.canvas, preview.image.view.as_deref(), &preview.image.role)
        });
        let number = |name: &str| parameter(request, name).and_then(|text| text.parse::<usize>().ok());
        let capture = number("capture").and_then(|number| number.checked_sub(1)).unwrap_or(0);
        let wanted = number("canvas");
        let at = |wanted: usize| (0..canvases.len()).find(|at| number_of(&canvases, *at) == wanted);
        let canvas = wanted.and_then(at).unwrap_or(0);
        let captures = canvases.get(canvas).map_or(0, Vec::len);
        let region = parameter(request, "xywh").and_then(|region| region.parse::<Region>().ok());
        let region = region.filter(|region| region.width > 0 && region.height > 0 && captures > 0);
        let capture = if capture < captures { capture } else { 0 };
        let mut shown = Self { canvases, canvas, capture, region: None, is_chosen: false };
        shown.region = region.and_then(|region| shown.within(region));
        shown.is_chosen = captures > 0 && (wanted.is_some() || capture > 0 || shown.region.is_some());
        shown
    }

    /// The number from 1 of the canvas at this place.
    pub(super) fn number(&self, at: usize) -> usize {
        number_of(&self.canvases, at)
    }

    /// The part of a region that is on the canvas, as far as the canvas's size is known.
    fn within(&self, region: Region) -> Option<Region> {
        let Some(canvas) = self.dimensions() else { return Some(region) };
        let (across, down) = (canvas.width.checked_sub(region.x)?, canvas.height.checked_sub(region.y)?);
        let (width, height) = (region.width.min(across), region.height.min(down));
        (width > 0 && height > 0).then_some(Region { width, height, ..region })
    }

    pub(super) fn preview(&self) -> Option<&'a Preview> {
        self.canvases.get(self.canvas)?.get(self.capture).copied()
    }

    /// The place of the shown image among all images, in the order of their canvases.
    pub(super) fn place(&self) -> usize {
        let before = self.canvases.iter().take(self.canvas).map(Vec::len).sum::<usize>();
        before + self.capture
    }

    /// The place of the image with this identifier; of the first one in the record if there is none.
    pub(super) fn place_of(&self, file: Option<&str>) -> Option<usize> {
        let mut all = self.canvases.iter().flatten();
        match file {
            Some(file) => all.position(|preview| preview.image.file == file),
            None => (!self.canvases.is_empty()).then_some(0),
        }
    }

    /// The size of the canvas, if it is known.
    fn dimensions(&self) -> Option<Dimensions> {
        self.canvases.get(self.canvas)?.first()?.size()
    }

    /// The parameters that select what is shown, if a visitor has chosen it.
    pub(super) fn query(&self) -> Option<String> {
        let capture = if self.capture > 0 { format!("&capture={}", self.capture + 1) } else { String::new() };
        let region = self.region.map(|region| format!("&xywh={region}")).unwrap_or_default();
        self.is_chosen.then(|| format!("canvas={}{capture}{region}", self.number(self.canvas)))
    }

    /// The region in pixels of the shown capture, which may be larger or smaller than the canvas.
    fn pixels(&self) -> Option<Region> {
        let (region, canvas) = (self.region?, self.dimensions()?);
        let own = self.preview()?.size()?;
        let (across, down) = (
            f64::from(own.width) / f64::from(canvas.width),
            f64::from(own.height) / f64::from(canvas.height),
        );
        let scaled = |length: u32, scale: f64| (f64::from(length) * scale).round() as u32;
        let (x, y) = (scaled(region.x, across), scaled(region.y, down));
        let (width, height) = (scaled(region.width, across).max(1), scaled(region.height, down).max(1));
        (x < own.width && y < own.height).then_some(Region { x, y, width, height })
    }

    /// The URL of the shown image, or of its shown region, within a square of this side.
    pub(super) fn rendering(&self, service: &str, side: u32) -> String {
        let side = self.preview().map_or(side, |preview| side.min(preview.grant.largest));
        match self.pixels() {
            Some(region) if region.width.max(region.height) <= side => {
                format!("{service}/{region}/max/0/default.jpg")
            }
            Some(region) => format!("{service}/{region}/!{side},{side}/0/default.jpg"),
            None => format!("{service}/full/!{side},{side}/0/default.jpg"),
        }
    }

    /// What is cited, if a visitor has chosen an image or a region.
    pub(super) fn detail(&self, address: &Address) -> Option<Detail> {
        let preview = self.preview().filter(|_| self.is_chosen)?;
        let service = address.image(Version::V3, &preview.image.file);
        let image = self.pixels().map(|region| format!("{service}/{region}/max/0/default.jpg"));
        Some(Detail {
            canvas: self.number(self.canvas),
            capture: self.capture + 1,
            region: self.region,
            image,
        })
    }
}

/// The number of a canvas: that of the manifest that the work was read from, otherwise its place from 1.
fn number_of(canvases: &[Vec<&Preview>], at: usize) -> usize {
    let first = canvases.get(at).and_then(|images| images.first());
    first.and_then(|preview| preview.image.canvas).map_or(at + 1, |number| number as usize)
}

/// All pictures of a work, in the order of their canvases.
pub(super) fn pictures(subject: &Subject<'_>) -> Vec<Picture> {
    let shown = &subject.shown;
    let numbered = shown.canvases.iter().enumerate().flat_map(|(canvas, captures)| {
        captures.iter().enumerate().map(move |(capture, preview)| (canvas, capture, captures.len(), *preview))
    });
    numbered
        .map(|(canvas, capture, captures, preview)| {
            let is_shown = (canvas, capture) == (shown.canvas, shown.capture);
            let of_record = || recorded_size(&subject.sketch.work).filter(|_| canvas == 0);
            let picture = picture(subject, preview, (canvas, capture), is_shown);
            Picture { captures, ratio: ratio(preview.size().or_else(of_record)), ..picture }
        })
        .collect()
}

fn picture(
    subject: &Subject<'_>,
    preview: &Preview,
    (canvas, capture): (usize, usize),
    is_shown: bool,
) -> Picture {
    let (context, number) = (&subject.visit.context, subject.number());
    let file = encoded(&preview.image.file);
    let service = format!("{}/iiif/3/{file}", context.base);
    let fitting = |side: u32| {
        let side = side.min(preview.grant.largest);
        format!("{service}/full/!{side},{side}/0/default.jpg")
    };
    let query = if capture > 0 { format!("&capture={}", capture + 1) } else { String::new() };
    Picture {
        canvas: subject.shown.number(canvas),
        capture: capture + 1,
        captures: 1,
        label: caption(subject.visit, preview),
        file: preview.image.file.clone(),
        picture: if is_shown { subject.shown.rendering(&service, PICTURE) } else { fitting(PICTURE) },
        thumbnail: fitting(THUMBNAIL),
        info: format!("{service}/info.json"),
        page: context.page(&format!("/works/{number}?canvas={}{query}", subject.shown.number(canvas))),
        window: context.page(&format!("/view/openseadragon/{file}?work={number}")),
        width: preview.size().map(|size| size.width),
        ratio: None,
    }
}

/// The record's label of an image, or the name of its role.
fn caption(visit: &Visit, preview: &Preview) -> Option<String> {
    if let Some(label) = preview.image.label.best(&visit.publisher.preferred_languages()) {
        return Some(label.to_owned());
    }
    match &preview.image.role {
        Role::Recto => None,
        Role::Other(word) => Some(word.clone()),
        role => labels::role(role).map(|word| visit.publisher.word(word, visit.context.language).to_owned()),
    }
}
