//! The tags of a work, each with a link to the works that share it, and where a machine's tag comes from.

use maud::{Markup, html};

use super::context::Context;
use super::icons::{BOXES, icon};
use super::labels;
use super::link::{Link, swatch_style};
use crate::record::Region;

/// A tag of a work.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WorkTag {
    /// Links to the works that have it.
    pub link: Link,
    /// Where it comes from, if that is not the record or a curator; several where several sources state it.
    pub notes: Vec<TagNote>,
    /// What it is about, if that is a part of a picture.
    pub boxes: Vec<TagBox>,
}

/// A part of a picture that a tag is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TagBox {
    /// The place of the picture among the work's.
    pub picture: usize,
    pub region: Region,
}

/// What is known of a tag that a machine or a visitor stated.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TagNote {
    /// Whether nobody has accepted it yet.
    pub is_proposed: bool,
    /// The name of its source.
    pub source: String,
    /// The version of the model, if it is one.
    pub version: Option<String>,
    /// How sure the source is, 0 to 1.
    pub confidence: f64,
    /// The share of the picture that a color covers, 0 to 1.
    pub share: Option<f64>,
    /// Whether it is about a part of the picture.
    pub is_part: bool,
}

impl From<Link> for WorkTag {
    fn from(link: Link) -> Self {
        Self { link, ..Self::default() }
    }
}

/// Versions of models are often hashes, of which the beginning is enough.
const MAX_VERSION: usize = 12;

/// A list of tags: those that need no explanation side by side, then the others one below the other.
pub(super) fn tags(context: &Context, tags: &[WorkTag]) -> Markup {
    let (plain, noted): (Vec<_>, Vec<_>) = tags.iter().partition(|tag| tag.notes.is_empty());
    html! {
        @if !plain.is_empty() {
            ul.tags {
                @for tag in plain { li data-boxes=[boxes(tag)] { (link(context, &tag.link)) (show_button(context, tag)) } }
            }
        }
        @if !noted.is_empty() {
            ul.tags.noted {
                @for tag in noted {
                    li.proposed[tag.notes.iter().all(|note| note.is_proposed)] data-boxes=[boxes(tag)] {
                        (link(context, &tag.link))
                        @for note in &tag.notes { " " span.note { (text(context, note)) } }
                        (show_button(context, tag))
                    }
                }
            }
        }
    }
}

/// The boxes of a tag for the script that draws them: places of pictures with regions, as in `[[0,10,20,300,400]]`.
fn boxes(tag: &WorkTag) -> Option<String> {
    let text = |of: &TagBox| format!("[{},{}]", of.picture, of.region);
    let texts: Vec<String> = tag.boxes.iter().map(text).collect();
    (!texts.is_empty()).then(|| format!("[{}]", texts.join(",")))
}

/// The button that shows where in the picture a tag applies; a script makes it visible.
fn show_button(context: &Context, tag: &WorkTag) -> Markup {
    let label = format!("{}: {}", context.text(labels::SHOW_IN_PICTURE), tag.link.label);
    html! {
        @if !tag.boxes.is_empty() {
            button.show-box type="button" hidden aria-label=(label) title=(label) { (icon(BOXES)) }
        }
    }
}

fn link(context: &Context, link: &Link) -> Markup {
    html! {
        a href=(link.href) {
            @if let Some(style) = link.swatch.as_deref().and_then(swatch_style) {
                span.swatch style=(style) {}
            }
            span dir="auto" { (link.label) }
            @if let Some(count) = link.count { " " span.number { (context.grouped(count)) } }
        }
    }
}

/// `Proposed by tegl-color, version 1 · 87 % sure · 32 % of the picture`.
fn text(context: &Context, note: &TagNote) -> String {
    let status = if note.is_proposed { labels::PROPOSED_BY } else { labels::ACCEPTED_FROM };
    let mut parts = vec![format!("{} {}", context.text(status), note.source)];
    if let (Some(version), Some(part)) = (&note.version, parts.first_mut()) {
        let short: String = version.chars().take(MAX_VERSION).collect();
        part.push_str(&format!(", {} {short}", context.text(labels::VERSION)));
    }
    let percent =
        |share: f64, of| format!("{:.0}\u{a0}% {}", 100.0 * share.clamp(0.0, 1.0), context.text(of));
    if note.confidence < 1.0 {
        parts.push(percent(note.confidence, labels::SURE));
    }
    parts.extend(note.share.map(|share| percent(share, labels::OF_THE_PICTURE)));
    if note.is_part {
        parts.push(context.text(labels::IN_PART).to_owned());
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> TagNote {
        TagNote {
            is_proposed: true,
            source: "tegl-color".into(),
            version: Some("0123456789abcdef".into()),
            confidence: 0.873,
            share: Some(0.32),
            is_part: true,
        }
    }

    #[test]
    fn a_note_says_who_proposed_a_tag_and_how_sure() {
        let context = Context::default();
        let expected = "Proposed by tegl-color, version 0123456789ab · 87\u{a0}% sure · 32\u{a0}% of the picture · in part of it";
        assert_eq!(text(&context, &note()), expected);
        let danish = Context { language: "da", ..Context::default() };
        assert!(
            text(&danish, &note())
                .starts_with("Foreslået af tegl-color, version 0123456789ab · 87\u{a0}% sikker")
        );
        let accepted =
            TagNote { is_proposed: false, source: "seer".into(), confidence: 1.0, ..TagNote::default() };
        assert_eq!(text(&context, &accepted), "Accepted; proposed by seer");
    }

    #[test]
    fn boxes_are_data_of_their_tag() {
        let region = |text: &str| text.parse().unwrap();
        let boxes = vec![
            TagBox { picture: 0, region: region("1,2,3,4") },
            TagBox { picture: 2, region: region("5,6,7,8") },
        ];
        let link = Link { label: "dog".into(), ..Link::default() };
        let page = tags(&Context::default(), &[WorkTag { link, boxes, ..WorkTag::default() }]).into_string();
        assert!(page.contains("data-boxes=\"[[0,1,2,3,4],[2,5,6,7,8]]\""), "{page}");
        assert!(page.contains("hidden aria-label=\"Show in the picture: dog\""), "{page}");
    }

    #[test]
    fn machines_tags_are_marked_and_have_swatches() {
        let link = Link { label: "red".into(), swatch: Some("#c0322b".into()), ..Link::default() };
        let page = tags(
            &Context::default(),
            &[WorkTag { link: link.clone(), notes: vec![note()], ..WorkTag::default() }, WorkTag::from(link)],
        );
        let page = page.into_string();
        assert_eq!(page.matches("class=\"proposed\"").count(), 1, "{page}");
        assert_eq!(page.matches("style=\"--colour:#c0322b\"").count(), 2, "{page}");
    }
}
