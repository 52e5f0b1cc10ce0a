//! Checks declarations, and the outputs of models against them.

use super::Error;
use super::anchors::Anchor;
use super::engine::Tensor;
use super::settings::Declaration;

/// The longest side of an input, in pixels.
const MAX_SIDE: u32 = 4096;

/// The most numbers of an embedding: beyond that it is a picture, not a description.
const MAX_EMBEDDING: usize = 16_384;

/// The settings by themselves.
pub(super) fn settings(declaration: &Declaration) -> Result<(), Error> {
    let refuse = |key, reason: String| Err(Error::setting(&declaration.file, key, reason));
    let input = &declaration.input;
    if ![input.width, input.height].iter().all(|side| (1..=MAX_SIDE).contains(side)) {
        let size = format!("is {} x {}: both must be 1 to {MAX_SIDE}", input.width, input.height);
        return refuse("input", size);
    }
    if !input.mean.each().iter().all(|mean| mean.is_finite()) {
        return refuse("input.mean", "must be finite".into());
    }
    if !input.scale.each().iter().all(|scale| scale.is_normal()) {
        return refuse("input.scale", "must be finite and not 0".into());
    }
    let outputs = &declaration.outputs;
    if outputs.embedding.is_none() && outputs.scores.is_none() && outputs.boxes.is_none() {
        return refuse("outputs", "is empty: it must name `embedding`, `scores` or `boxes`".into());
    }
    let part = |value: f64| (0.0..=1.0).contains(&value);
    if outputs.scores.as_ref().is_some_and(|scores| !part(scores.threshold)) {
        return refuse("outputs.scores.threshold", "must be 0 to 1".into());
    }
    let Some(boxes) = &outputs.boxes else { return Ok(()) };
    if !part(boxes.threshold) || !part(boxes.overlap) {
        return refuse("outputs.boxes", "has a `threshold` or `overlap` that is not 0 to 1".into());
    }
    if !boxes.scales.iter().all(|scale| scale.is_normal()) {
        return refuse("outputs.boxes.scales", "must be finite and not 0".into());
    }
    if boxes.labels.is_empty() && boxes.mapping.is_empty() {
        return refuse("outputs.boxes", "names neither `labels` nor a `mapping`".into());
    }
    Ok(())
}

/// The length of the vector that describes a picture.
pub(super) fn embedding(file: &str, shape: &[usize]) -> Result<usize, Error> {
    let length = vector(shape).filter(|length| (1..=MAX_EMBEDDING).contains(length));
    let expected = format!("an embedding of at most {MAX_EMBEDDING} numbers, `[1, numbers]`");
    length.ok_or_else(|| Error::unexpected(file, expected, format!("{shape:?}")))
}

/// The number of classes.
pub(super) fn classes(file: &str, shape: &[usize]) -> Result<usize, Error> {
    let expected = "scores of the shape `[1, classes]`";
    vector(shape).ok_or_else(|| Error::unexpected(file, expected, format!("{shape:?}")))
}

/// Numbers that can be used.
pub(super) fn finite(file: &str, tensor: &Tensor) -> Result<(), Error> {
    match tensor.values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(Error::unexpected(file, "outputs of finite numbers", value.to_string())),
        None => Ok(()),
    }
}

/// As many numbers as before.
pub(super) fn length(file: &str, tensor: &Tensor, length: usize) -> Result<(), Error> {
    if tensor.values.len() == length {
        return Ok(());
    }
    Err(Error::unexpected(file, format!("{length} numbers, as before"), format!("{:?}", tensor.shape)))
}

/// The number of boxes and of classes.
pub(super) fn boxes(file: &str, boxes: &[usize], scores: &[usize]) -> Result<(usize, usize), Error> {
    match (boxes, scores) {
        (&[1, count, 4], &[1, scored, classes]) if count == scored && classes > 0 => Ok((count, classes)),
        _ => {
            let expected = "boxes of the shape `[1, boxes, 4]` with scores of `[1, boxes, classes]`";
            Err(Error::unexpected(file, expected, format!("{boxes:?} with {scores:?}")))
        }
    }
}

/// An anchor for each box.
pub(super) fn anchors(
    model: &str,
    file: &str,
    anchors: Vec<Anchor>,
    count: usize,
) -> Result<Vec<Anchor>, Error> {
    if anchors.len() == count {
        return Ok(anchors);
    }
    let expected = format!("{count} anchors, one for each box of `{model}`");
    Err(Error::unexpected(file, expected, anchors.len().to_string()))
}

/// The length of the only dimension that is not 1.
fn vector(shape: &[usize]) -> Option<usize> {
    let mut long = shape.iter().copied().filter(|&length| length != 1);
    let length = long.next().unwrap_or(1);
    (long.next().is_none() && length > 0 && !shape.is_empty()).then_some(length)
}
