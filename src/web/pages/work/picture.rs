//! The picture of a work: one image, which a script makes zoomable, and the strip of all images.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::assets;
use super::super::context::Context;
use super::super::data_block::data_block;
use super::super::icons::{self, tool};
use super::super::labels;
use super::super::viewers::OPENSEADRAGON;
use super::{WorkPage, ratio};

/// An image of the work.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Picture {
    /// The number of its canvas, from 1.
    pub canvas: usize,
    /// Its number among the captures of its canvas, from 1.
    pub capture: usize,
    /// How many captures its canvas has.
    pub captures: usize,
    /// The record's label of the image, or the name of what it shows.
    pub label: Option<String>,
    /// The master's identifier.
    pub file: String,
    /// The URL of a rendering of at most 1200 pixels on either side.
    pub picture: String,
    /// The URL of a thumbnail.
    pub thumbnail: String,
    /// The URL of its `info.json`.
    pub info: String,
    /// The URL of the work's page with this picture.
    pub page: String,
    /// The URL of the picture in a window of its own.
    pub window: String,
    /// Its aspect ratio, if known.
    pub ratio: Option<f64>,
    /// Its width in pixels, if known.
    pub width: Option<u32>,
}

impl Picture {
    fn data(&self) -> Value {
        json!({
            "canvas": self.canvas, "capture": self.capture, "label": self.label, "file": self.file, "info": self.info,
            "page": self.page, "picture": self.picture, "ratio": self.ratio, "width": self.width, "window": self.window,
        })
    }
}

/// The picture, with the tools of the viewer, which a script shows.
pub(super) fn stage(context: &Context, page: &WorkPage) -> Markup {
    let Some(picture) = page.picture() else {
        return html! { div.frame { span.blank { (context.text(labels::NO_PICTURE)) } } };
    };
    let name = format!("{} {}", context.text(labels::PICTURE_OF), page.label);
    let style = format!("--ratio:{:.4}", ratio(picture.ratio).clamp(0.2, 8.0));
    let script = assets::is_bundled(OPENSEADRAGON).then(|| assets::address(&context.base, OPENSEADRAGON));
    html! {
        section.stage id="stage" aria-label=(name) data-openseadragon=[script] data-region=[&page.region]
            data-failed=(context.text(labels::CANNOT_OPEN)) {
            div.frame {
                a.still href=(picture.window) {
                    img src=(picture.picture) alt=(name) style=(style) fetchpriority="high";
                }
                (tools(context, page))
            }
            (captures(context, page))
            p.caption {
                span id="caption" dir="auto" { (picture.label.as_deref().unwrap_or_default()) } " "
                a href=(picture.window) id="window" { (context.text(labels::WHOLE_WINDOW)) }
            }
            p.visually-hidden id="keys" { (context.text(labels::VIEWER_KEYS)) }
            (data_block("application/json", Some("pictures"), &page.pictures.iter().map(Picture::data).collect()))
        }
    }
}

fn tools(context: &Context, page: &WorkPage) -> Markup {
    let has_boxes = page.tags.iter().flat_map(|(_, tags)| tags).any(|tag| !tag.boxes.is_empty());
    html! {
        div.stage-tools role="group" aria-label=(context.text(labels::VIEW)) hidden {
            @if page.pictures.len() > 1 {
                (tool(context, "previous", labels::PREVIOUS_PICTURE, icons::PREVIOUS))
                (tool(context, "next", labels::NEXT_PICTURE, icons::NEXT))
            }
            @if has_boxes {
                (tool(context, "boxes", labels::SHOW_BOXES, icons::BOXES))
            }
            (tool(context, "zoom-in", labels::ZOOM_IN, icons::ZOOM_IN))
            (tool(context, "zoom-out", labels::ZOOM_OUT, icons::ZOOM_OUT))
            (tool(context, "home", labels::WHOLE, icons::HOME))
            (tool(context, "turn", labels::TURN, icons::TURN))
            (tool(context, "full-screen", labels::FULL_SCREEN, icons::FULL_SCREEN))
        }
    }
}

/// The captures of the views that have several, and the slider that fades between the first and another one.
fn captures(context: &Context, page: &WorkPage) -> Markup {
    let shown = page.picture();
    let several = page.pictures.iter().any(|picture| picture.captures > 1);
    let canvases = page.pictures.iter().filter(|picture| picture.captures > 1 && picture.capture == 1);
    html! {
        @if several {
            @for first in canvases {
                div.captures data-canvas=(first.canvas)
                    hidden[shown.is_some_and(|shown| shown.canvas != first.canvas)] {
                    ul aria-label=(context.text(labels::CAPTURES)) {
                        @for picture in page.pictures.iter().filter(|picture| picture.canvas == first.canvas) {
                            li {
                                a href=(picture.page) data-picture=(place(page, picture)) dir="auto"
                                    aria-current=[(shown == Some(picture)).then_some("true")] {
                                    (label(context, picture))
                                }
                            }
                        }
                    }
                }
            }
            div.fader hidden {
                label for="fade" { (context.text(labels::FADE)) }
                input type="range" min="0" max="100" step="1" value="100" id="fade";
                output for="fade" { "100 %" }
            }
        }
    }
}

/// All images of the work.
pub(super) fn strip(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if page.pictures.len() > 1 {
            nav.strip aria-label=(context.text(labels::PICTURES)) {
                ul {
                    @for (at, picture) in page.pictures.iter().enumerate() {
                        li { (thumbnail(context, page, at, picture)) }
                    }
                }
            }
        }
    }
}

fn thumbnail(context: &Context, page: &WorkPage, at: usize, picture: &Picture) -> Markup {
    let style = format!("--ratio:{:.4}", ratio(picture.ratio).clamp(0.4, 2.6));
    html! {
        a href=(picture.page) data-picture=(at) aria-current=[(at == page.shown).then_some("true")] {
            img src=(picture.thumbnail) alt="" style=(style) loading="lazy" decoding="async";
            span dir="auto" { (label(context, picture)) }
        }
    }
}

fn place(page: &WorkPage, picture: &Picture) -> usize {
    page.pictures.iter().position(|known| known == picture).unwrap_or_default()
}

/// The label of an image among others.
fn label(context: &Context, picture: &Picture) -> String {
    match &picture.label {
        Some(label) => label.clone(),
        None if picture.captures > 1 && picture.capture == 1 => {
            context.text(labels::VISIBLE_LIGHT).to_owned()
        }
        None => format!("{} {}", context.text(labels::PICTURE), picture.canvas),
    }
}
