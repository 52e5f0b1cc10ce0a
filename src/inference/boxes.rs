//! Decodes a detector's boxes, and keeps the best of those that overlap.

use std::sync::Arc;

use super::anchors::Anchor;
use super::labels::{Label, Labels};
use super::prepare::Placement;

/// A part of the picture; all numbers are parts of its width and height, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part {
    /// From the left edge.
    pub x: f32,
    /// From the upper edge.
    pub y: f32,
    /// More than 0.
    pub width: f32,
    /// More than 0.
    pub height: f32,
}

/// A thing and where it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Detection {
    /// What it is.
    pub label: Arc<Label>,
    /// From 0 to 1.
    pub score: f32,
    /// Where.
    pub region: Part,
}

/// The most candidates that are compared with each other: beyond that, the best.
const CANDIDATES: usize = 1000;

/// Upper, left, lower and right edge of a box that is coded as an offset from its anchor (Faster R-CNN, §3.1.2).
pub(super) fn decoded(code: [f32; 4], anchor: Anchor, scales: [f64; 4]) -> [f32; 4] {
    let [ty, tx, th, tw]: [f64; 4] = std::array::from_fn(|n| f64::from(code[n]) / scales[n]);
    let [y, x, height, width] = anchor.map(f64::from);
    let (center_y, center_x) = (ty * height + y, tx * width + x);
    let (half_height, half_width) = (th.exp() * height / 2.0, tw.exp() * width / 2.0);
    [center_y - half_height, center_x - half_width, center_y + half_height, center_x + half_width]
        .map(|edge| edge as f32)
}

/// The part of the picture that a box on the input covers; none if it is empty or beside the picture.
pub(super) fn on_picture(edges: [f32; 4], placement: Placement) -> Option<Part> {
    let [top, left, bottom, right] = edges.map(f64::from);
    let across = |x: f64| (placement.x + x * placement.width).clamp(0.0, 1.0);
    let down = |y: f64| (placement.y + y * placement.height).clamp(0.0, 1.0);
    let (left, top, right, bottom) = (across(left), down(top), across(right), down(bottom));
    let part =
        Part { x: left as f32, y: top as f32, width: (right - left) as f32, height: (bottom - top) as f32 };
    (part.width > 0.0 && part.height > 0.0).then_some(part)
}

/// All boxes with a tag and a sufficient score, the best first. `rows` are the edges and the scores of each box.
pub(super) fn candidates<'a>(
    rows: impl Iterator<Item = ([f32; 4], &'a [f32])>,
    labels: &Labels,
    background: Option<usize>,
    placement: Placement,
) -> Vec<Detection> {
    let mut found = Vec::new();
    for (edges, scores) in rows {
        for (class, &score) in scores.iter().enumerate() {
            let Some((label, threshold)) = labels.of(class).filter(|_| Some(class) != background) else {
                continue;
            };
            if score < threshold {
                continue;
            }
            let region = on_picture(edges, placement);
            found.extend(region.map(|region| Detection {
                label: label.clone(),
                score: score.min(1.0),
                region,
            }));
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(CANDIDATES);
    found
}

/// Of the boxes of one tag that share more than `overlap` of their union, the best; at most `most`.
pub(super) fn best(candidates: Vec<Detection>, overlap: f64, most: usize) -> Vec<Detection> {
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in candidates {
        if kept.len() == most {
            break;
        }
        let repeats = |other: &Detection| {
            other.label == candidate.label && f64::from(shared(other.region, candidate.region)) > overlap
        };
        if !kept.iter().any(repeats) {
            kept.push(candidate);
        }
    }
    kept
}

/// The intersection of two parts by their union.
fn shared(a: Part, b: Part) -> f32 {
    let across = ((a.x + a.width).min(b.x + b.width) - a.x.max(b.x)).max(0.0);
    let down = ((a.y + a.height).min(b.y + b.height) - a.y.max(b.y)).max(0.0);
    let both = across * down;
    both / (a.width * a.height + b.width * b.height - both)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Placement = Placement { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };

    fn detection(tag: &str, score: f32, region: [f32; 4]) -> Detection {
        let [x, y, width, height] = region;
        let label = Arc::new(Label { tag: tag.to_owned(), ..Label::default() });
        Detection { label, score, region: Part { x, y, width, height } }
    }

    #[test]
    fn a_box_is_an_offset_from_its_anchor() {
        let anchor = [0.5, 0.5, 0.2, 0.4];
        let scales = [10.0, 10.0, 5.0, 5.0];
        let near = |code, expected: [f32; 4]| {
            let edges = decoded(code, anchor, scales);
            assert!(edges.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{edges:?}");
        };
        near([0.0; 4], [0.4, 0.3, 0.6, 0.7]);
        near([10.0, -5.0, 0.0, 0.0], [0.6, 0.1, 0.8, 0.5]);
        let double = 5.0 * std::f32::consts::LN_2;
        near([0.0, 0.0, double, -double], [0.3, 0.4, 0.7, 0.6]);
    }

    #[test]
    fn boxes_are_clipped_to_the_picture_and_empty_ones_are_left_out() {
        let check = |edges, expected: Option<[f32; 4]>| {
            let part = on_picture(edges, ALL).map(|part| [part.x, part.y, part.width, part.height]);
            assert_eq!(part, expected, "{edges:?}");
        };
        check([-0.5, 0.25, 0.5, 9.0], Some([0.25, 0.0, 0.75, 0.5]));
        check([1.5, 0.0, 2.0, 1.0], None);
        check([0.5, 0.5, 0.25, 0.75], None);
        check([f32::NEG_INFINITY, 0.0, f32::INFINITY, 1.0], Some([0.0, 0.0, 1.0, 1.0]));
        check([f32::NAN, 0.0, 1.0, 1.0], None);
    }

    #[test]
    fn a_box_on_a_padded_or_cropped_input_is_found_on_the_picture() {
        let padded = Placement { x: 0.0, y: -0.5, width: 1.0, height: 2.0 };
        let part = on_picture([0.25, 0.0, 0.5, 0.5], padded).unwrap();
        assert_eq!((part.y, part.height, part.width), (0.0, 0.5, 0.5));
        let cropped = Placement { x: 0.25, y: 0.0, width: 0.5, height: 1.0 };
        let part = on_picture([0.0, 0.0, 1.0, 1.0], cropped).unwrap();
        assert_eq!((part.x, part.width, part.height), (0.25, 0.5, 1.0));
    }

    #[test]
    fn of_boxes_that_overlap_the_best_of_each_tag_is_kept() {
        let boxes = vec![
            detection("person", 0.9, [0.0, 0.0, 0.5, 0.5]),
            detection("person", 0.8, [0.0, 0.0, 0.5, 0.4]),
            detection("dog", 0.7, [0.0, 0.0, 0.5, 0.4]),
            detection("person", 0.6, [0.4, 0.0, 0.5, 0.5]),
        ];
        let scores = |overlap, most| {
            best(boxes.clone(), overlap, most).iter().map(|found| found.score).collect::<Vec<_>>()
        };
        assert_eq!(scores(0.5, 100), [0.9, 0.7, 0.6]);
        assert_eq!(scores(0.9, 100), [0.9, 0.8, 0.7, 0.6]);
        assert_eq!(scores(0.05, 100), [0.9, 0.7]);
        assert_eq!(scores(0.5, 2), [0.9, 0.7]);
    }
}
