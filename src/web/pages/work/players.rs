//! The sound and video of a work, in the browser's own players.

use maud::{Markup, html};

use super::super::context::Context;
use super::super::labels;
use super::WorkPage;
use crate::record::MediaKind;

/// A file of sound or video.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Player {
    pub kind: MediaKind,
    /// The record's label, if it has one.
    pub label: Option<String>,
    /// The file's name, without its folder.
    pub name: String,
    /// The URL of the file.
    pub src: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// The players. Files are read only as far as their lengths need, until somebody plays them.
pub(super) fn players(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.players.is_empty() {
            section.players aria-label=(context.text(labels::SOUND_AND_VIDEO)) {
                @for player in &page.players {
                    figure {
                        @match player.kind {
                            MediaKind::Sound => {
                                audio controls preload="metadata" src=(player.src) aria-label=(name(context, player)) {}
                            }
                            MediaKind::Video => {
                                video controls preload="metadata" src=(player.src) aria-label=(name(context, player))
                                    width=[player.width] height=[player.height] playsinline {}
                            }
                        }
                        figcaption {
                            span dir="auto" { (player.label.as_deref().unwrap_or_default()) } " "
                            a href=(player.src) download=(player.name) dir="auto" { (player.name) }
                        }
                    }
                }
            }
        }
    }
}

/// What a player plays, for those who do not see it.
fn name(context: &Context, player: &Player) -> String {
    let kind = match player.kind {
        MediaKind::Sound => labels::SOUND,
        MediaKind::Video => labels::VIDEO,
    };
    format!("{}: {}", context.text(kind), player.label.as_deref().unwrap_or(&player.name))
}
