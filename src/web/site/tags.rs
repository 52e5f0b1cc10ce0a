//! The tags on the page of a work.

use crate::record::{Status, Tag, slug};
use crate::search::{Colour, swatch_of};
use crate::web::api::query_of;
use crate::web::pages::{Link, TagBox, TagNote, WorkTag};
use crate::web::site::visit::Visit;

/// The tags by scheme, each linked to a search for it. `place_of` finds the place of an image among the work's pictures.
pub(super) fn tags(
    visit: &Visit,
    tags: &[Tag],
    place_of: impl Fn(Option<&str>) -> Option<usize>,
) -> Vec<(String, Vec<WorkTag>)> {
    let mut schemes: Vec<(String, Vec<WorkTag>)> = Vec::new();
    for tag in tags {
        let Some(link) = link(visit, tag) else { continue };
        let scheme = visit.publisher.scheme_label(&tag.scheme);
        let at = schemes.iter().position(|(known, _)| *known == scheme).unwrap_or_else(|| {
            schemes.push((scheme, Vec::new()));
            schemes.len() - 1
        });
        let links = &mut schemes[at].1;
        let found =
            tag.region.and_then(|region| Some(TagBox { picture: place_of(tag.image.as_deref())?, region }));
        match links.iter_mut().find(|known| known.link.label == link.label && known.link.href == link.href) {
            Some(known) => {
                known.boxes.extend(found);
                match note(tag) {
                    // What needs no explanation is not explained by what others state, too.
                    Some(_) if known.notes.is_empty() => {}
                    Some(note) => known.notes.push(note),
                    None => known.notes.clear(),
                }
            }
            None => {
                let (notes, boxes) = (note(tag).into_iter().collect(), found.into_iter().collect());
                links.push(WorkTag { link, notes, boxes });
            }
        }
    }
    // The largest colors and the surest motifs of machines first.
    schemes.iter_mut().for_each(|(_, links)| links.sort_by(|a, b| weight(b).total_cmp(&weight(a))));
    schemes
}

fn weight(tag: &WorkTag) -> f64 {
    tag.notes.first().map_or(f64::INFINITY, |note| note.share.unwrap_or(note.confidence))
}

fn link(visit: &Visit, tag: &Tag) -> Option<Link> {
    let label = tag.label.best(&visit.publisher.preferred_languages())?;
    let value = tag.concept.as_deref().unwrap_or_else(|| tag.label.best(&[]).unwrap_or(label));
    let is_color = slug(&tag.scheme) == "colour";
    let own = visit.own_name("colour", &slug(value)).filter(|_| is_color);
    let href = match Colour::parse(label) {
        Some(_) => {
            visit.context.page(&format!("/?{}", query_of([("colour", label.trim_start_matches('#'))])))
        }
        None => visit.search_for(&[(&slug(&tag.scheme), &slug(value))]),
    };
    let swatch = tag.color.clone().or_else(|| match Colour::parse(label) {
        Some(_) => Some(format!("#{}", label.trim().trim_start_matches('#'))),
        None => swatch_of(&slug(value)).map(|swatch| swatch.hex.clone()),
    });
    Some(Link {
        label: own.unwrap_or(label).to_owned(),
        href,
        swatch: swatch.filter(|_| is_color),
        ..Link::default()
    })
}

/// Where a tag comes from; `None` for those of records and curators.
fn note(tag: &Tag) -> Option<TagNote> {
    let (kind, name) = tag.source.split_once(':').unwrap_or(("", &tag.source));
    let is_proposed = tag.status == Status::Proposed;
    if kind != "model" && !is_proposed {
        return None;
    }
    let (source, version) = match name.split_once('@') {
        Some((source, version)) if kind == "model" => (source, Some(version.to_owned())),
        _ => (name, None),
    };
    Some(TagNote {
        is_proposed,
        source: source.to_owned(),
        version,
        confidence: tag.confidence,
        share: tag.share,
        is_part: tag.region.is_some(),
    })
}
