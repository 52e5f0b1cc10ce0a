//! The data behind a work's documents, and how its images are grouped into canvases.

use super::labels::{self, Label};
use super::{Address, AnnotatedPlace, CanvasAnnotation, CanvasMedia, Publisher, Source};
use crate::iiif::{Dimensions, Info};
use crate::record::{Facet, Role, Tag, Text, Work};

/// A work and everything needed to build its documents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub work: &'a Work,
    /// All its tags, including rejected ones, which documents leave out.
    pub tags: &'a [Tag],
    /// Its images that the rights allow to serve, in the record's order.
    pub images: &'a [CanvasImage],
    /// Its sound and video that the rights allow to serve, in the record's order.
    pub media: &'a [CanvasMedia],
    /// The facet value whose collection is the manifest's `partOf`.
    pub part_of: Option<&'a Facet>,
    /// Those of its published annotations that a document has, in the order of their creation.
    pub annotations: &'a [CanvasAnnotation],
    /// How many published annotations there are, by their places.
    pub annotated: &'a [AnnotatedPlace],
    /// The manifest that the work was read from.
    pub source: Option<&'a Source>,
    pub address: &'a Address,
    pub publisher: &'a Publisher,
}

impl<'a> View<'a> {
    /// A work and its images alone.
    pub(crate) fn of(
        work: &'a Work,
        images: &'a [CanvasImage],
        address: &'a Address,
        publisher: &'a Publisher,
    ) -> Self {
        Self {
            work,
            tags: &[],
            images,
            media: &[],
            part_of: None,
            annotations: &[],
            annotated: &[],
            source: None,
            address,
            publisher,
        }
    }
}

/// An image of a work, with the limits that its rights set.
#[derive(Clone, Debug)]
pub(crate) struct CanvasImage {
    pub identifier: String,
    /// The file name given in the record.
    pub file: String,
    /// Its actual dimensions, its limits and its permitted sizes.
    pub info: Info,
    pub role: Role,
    pub label: Text,
    /// Images of the same view share a canvas.
    pub view: Option<String>,
    /// The number from 1 of its canvas in the manifest that the work was read from.
    pub canvas: Option<u32>,
    /// The master as a file, if it may be downloaded.
    pub original: Option<Original>,
    /// The largest size of the full image that is permitted.
    pub largest: Dimensions,
}

/// A master as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Original {
    pub bytes: u64,
    pub media_type: String,
}

/// One view of a work: its captures, default first; or sound or video. Empty if the work has none of them.
#[derive(Clone, Debug)]
pub(crate) struct Canvas<'a> {
    /// Numbered from 1.
    pub number: usize,
    pub images: Vec<&'a CanvasImage>,
    /// The sound and video on it, in the record's order.
    pub media: Vec<&'a CanvasMedia>,
    pub dimensions: Dimensions,
    pub label: Text,
}

impl CanvasImage {
    /// The largest permitted size with both sides at most `max_side`, or the smallest if all are larger.
    pub(crate) fn largest_within(&self, max_side: u32) -> Dimensions {
        let fits = |size: &&Dimensions| size.width <= max_side && size.height <= max_side;
        let found = self.info.sizes.iter().filter(fits).max_by_key(|size| size.area());
        let found = found.or_else(|| self.info.sizes.iter().min_by_key(|size| size.area()));
        found.copied().unwrap_or(self.largest)
    }

    /// Whether the full image is available at full resolution.
    pub(crate) fn is_unrestricted(&self) -> bool {
        self.largest.width >= self.info.dimensions.width && self.largest.height >= self.info.dimensions.height
    }
}

impl<'a> View<'a> {
    /// The work's facts as plain text, labels with values, in the preferred language; without its rights, inscriptions and
    /// related works, which pages show by themselves.
    pub(crate) fn plain_metadata(&self) -> Vec<(String, Vec<String>)> {
        let preferred = self.publisher.preferred_languages();
        let best = |text: &serde_json::Value| -> Vec<String> {
            let languages = text.as_object();
            let preferred = preferred.iter().find_map(|language| languages?.get(*language));
            let values =
                preferred.or_else(|| languages?.values().next()).and_then(|values| values.as_array());
            let texts = values.into_iter().flatten().filter_map(|value| value.as_str());
            texts.map(super::html::plain_text).collect()
        };
        let pairs = super::metadata::plain_facts(self).into_iter();
        pairs.map(|pair| (best(&pair["label"]).concat(), best(&pair["value"]))).collect()
    }

    /// The canvases: one per view, fronts first, then those of sound and video; a single empty one if there are none.
    pub(crate) fn canvases(&self) -> Vec<Canvas<'a>> {
        let groups = views(self.images, |image| (image.canvas, image.view.as_deref(), &image.role));
        let mut canvases: Vec<Canvas<'a>> = groups
            .into_iter()
            .enumerate()
            .map(|(at, images)| {
                let first = images.first();
                let number = first.and_then(|image| image.canvas).map_or(at + 1, |number| number as usize);
                let own = self.source.and_then(|source| source.dimensions(number));
                let size = own.or_else(|| first.map(|image| image.info.dimensions));
                Canvas {
                    number,
                    dimensions: size.unwrap_or(Dimensions::new(1000, 1000)),
                    label: first.map(|image| self.image_label(image)).unwrap_or_default(),
                    images,
                    media: Vec::new(),
                }
            })
            .collect();
        self.add_media(&mut canvases);
        if canvases.is_empty() {
            canvases.push(Canvas {
                number: 1,
                images: Vec::new(),
                media: Vec::new(),
                dimensions: self.proportions(),
                label: self.work.label(),
            });
        } else if let [only] = &mut canvases[..]
            && only.images.first().is_none_or(|image| image.label.is_empty())
            && only.media.first().is_none_or(|media| media.label.is_empty())
        {
            only.label = self.work.label();
        }
        number_duplicate_labels(&mut canvases, self.publisher);
        canvases
    }

    /// Active tags, without duplicates.
    pub(crate) fn active_tags(&self) -> Vec<(String, &'a Tag)> {
        let mut known = std::collections::HashSet::new();
        let tags = self.tags.iter().filter(|tag| tag.is_active() && !tag.label.is_empty());
        tags.map(|tag| (tag.id(), tag)).filter(|(id, _)| known.insert(id.clone())).collect()
    }

    /// An image's label: the one in the record, or else its role.
    pub(crate) fn image_label(&self, image: &CanvasImage) -> Text {
        if !image.label.is_empty() {
            return image.label.clone();
        }
        match &image.role {
            Role::Other(label) => Text::plain(label),
            role => labels::role(role).map(|label| self.publisher.label(label)).unwrap_or_default(),
        }
    }

    /// A canvas in the proportions of the work's height and width, the longer side 1000; a square if they are unknown.
    fn proportions(&self) -> Dimensions {
        let measured = |kind: &str| {
            self.work.dimensions.iter().find(|measure| {
                measure.kind.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(kind))
                    && measure.value.is_some_and(|value| value.is_finite() && value > 0.0)
            })
        };
        let (Some(height), Some(width)) = (measured("height"), measured("width")) else {
            return Dimensions::new(1000, 1000);
        };
        let (Some(h), Some(w), true) = (height.value, width.value, height.unit == width.unit) else {
            return Dimensions::new(1000, 1000);
        };
        let side = |length: f64| (1000.0 * length / h.max(w)).round().clamp(1.0, 1000.0) as u32;
        Dimensions::new(side(w), side(h))
    }
}

/// The images by view, fronts first; within a view, ordinary images come before special captures. Each view is a canvas,
/// numbered in this order. Images that were read from a manifest keep their canvases, in order. `of` returns the number
/// of the canvas, the view and the role of an image.
pub(crate) fn views<'a, T>(
    images: &'a [T],
    of: impl Fn(&'a T) -> (Option<u32>, Option<&'a str>, &'a Role),
) -> Vec<Vec<&'a T>> {
    if images.iter().any(|image| of(image).0.is_some()) {
        let mut canvases = std::collections::BTreeMap::<u32, Vec<&T>>::new();
        for image in images {
            canvases.entry(of(image).0.unwrap_or(u32::MAX)).or_default().push(image);
        }
        return canvases.into_values().collect();
    }
    let mut groups: Vec<Vec<&T>> = Vec::new();
    let mut by_view = std::collections::HashMap::new();
    let mut before = None;
    for image in images {
        let (_, view, role) = of(image);
        let group = match (view, before) {
            (Some(view), _) => *by_view.entry(view).or_insert(groups.len()),
            (None, Some(before)) if role.is_capture() => before,
            _ => groups.len(),
        };
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(image);
        before = Some(group);
    }
    for group in &mut groups {
        group.sort_by_key(|image| of(image).2.is_capture());
    }
    groups.sort_by_key(|images| images.first().is_none_or(|image| *of(image).2 != Role::Recto));
    groups
}

/// Numbers canvases that share a label.
fn number_duplicate_labels(canvases: &mut [Canvas<'_>], publisher: &Publisher) {
    let mut counts = std::collections::HashMap::<Text, usize>::new();
    for canvas in canvases.iter() {
        *counts.entry(canvas.label.clone()).or_default() += 1;
    }
    let front = labels::role(&Role::Recto).map(|label| publisher.label(label)).unwrap_or_default();
    let mut seen = std::collections::HashMap::<Text, usize>::new();
    for canvas in canvases {
        if counts.get(&canvas.label).is_none_or(|&count| count < 2) {
            continue;
        }
        let number = seen.entry(canvas.label.clone()).or_default();
        *number += 1;
        // Several images with the default role have not been described, so they are not labelled `Front`.
        let image = publisher.label(Label::new("Image", "Billede"));
        let shared = if canvas.label == front { image } else { canvas.label.clone() };
        let mut label = Text::default();
        for (language, value) in shared.iter() {
            label.add(language, &format!("{value} {number}"));
        }
        canvas.label = label;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::fixture::{image_of, work};

    #[track_caller]
    fn check(images: &[(&str, &str)], expected: &[&str]) {
        let images: Vec<CanvasImage> = images
            .iter()
            .map(|(role, view)| CanvasImage {
                role: serde_json::from_value((*role).into()).unwrap(),
                view: (!view.is_empty()).then(|| (*view).to_owned()),
                label: Text::default(),
                ..image_of(&format!("{role}{view}"), 3000, 2000)
            })
            .collect();
        let (work, address, publisher) = (work(), Address::new("https://host"), Publisher::default());
        let view = View::of(&work, &images, &address, &publisher);
        let found: Vec<String> = view
            .canvases()
            .iter()
            .map(|canvas| {
                let files: Vec<&str> = canvas.images.iter().map(|image| image.file.as_str()).collect();
                format!("{}: {}", canvas.label.best(&["en"]).unwrap_or_default(), files.join(" "))
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn captures_of_a_view_share_its_canvas() {
        check(
            &[("verso", ""), ("recto", ""), ("infrared", ""), ("x-ray", ""), ("detail", ""), ("detail", "")],
            &["Front: recto infrared x-ray", "Back: verso", "Detail 1: detail", "Detail 2: detail"],
        );
        check(
            &[("infrared", "a"), ("recto", "b"), ("recto", "a"), ("x-ray", "")],
            &["Image 1: rectoa infrareda x-ray", "Image 2: rectob"],
        );
        check(&[("x-ray", "")], &["The fall of the Titans: x-ray"]);
    }

    #[test]
    fn a_work_without_images_has_an_empty_canvas() {
        check(&[], &["The fall of the Titans: "]);
    }
}
