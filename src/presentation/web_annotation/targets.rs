//! Targets of annotations: a canvas, or parts of it (Web Annotation Data Model, §4).

use serde_json::{Map, Value};

use super::{MAX_PARTS, TargetCanvas, list, object, shown, svg};
use crate::iiif::{Dimensions, Invalid};

/// The only kind of fragment that selects a part of a canvas's area (Media Fragments URI 1.0).
const MEDIA_FRAGMENTS: &str = "http://www.w3.org/TR/media-frags/";

/// Maximum length of a number in a fragment.
const MAX_DIGITS: usize = 32;

/// The targets without the canvas's URI: `{}` is all of it, `fragment` and `selector` are parts.
pub(super) fn read(sent: Option<Value>, canvas: &TargetCanvas<'_>) -> Result<Vec<Value>, Invalid> {
    let sent = list(sent);
    if sent.is_empty() || sent.len() > MAX_PARTS {
        return Err(Invalid::new(
            "target",
            "",
            format!("must be this canvas, or up to {MAX_PARTS} parts of it"),
        ));
    }
    sent.into_iter().map(|target| one(target, canvas)).collect()
}

fn one(sent: Value, canvas: &TargetCanvas<'_>) -> Result<Value, Invalid> {
    let mut sent = match sent {
        Value::String(uri) => return of_uri(&uri, canvas),
        Value::Object(sent) => sent,
        other => return Err(Invalid::new("target", &shown(Some(&other)), "must be a URI or an object")),
    };
    let source = sent.remove("source").or_else(|| sent.remove("id")).unwrap_or(Value::Null);
    let uri = source.get("id").unwrap_or(&source);
    let Some(uri) = uri.as_str() else {
        return Err(Invalid::new("target.source", &shown(Some(uri)), "must be the URI of this canvas"));
    };
    let whole = of_uri(uri, canvas)?;
    let selectors = list(sent.remove("selector"));
    if selectors.is_empty() {
        return Ok(whole);
    }
    if selectors.len() > MAX_PARTS {
        return Err(Invalid::new("target.selector", "", format!("has more than {MAX_PARTS} values")));
    }
    let mut read = Vec::with_capacity(selectors.len());
    for sent in selectors {
        let Value::Object(sent) = sent else {
            return Err(Invalid::new(
                "target.selector",
                &shown(Some(&sent)),
                "must be an object with a `type`",
            ));
        };
        read.push(selector(&sent, canvas.dimensions)?);
    }
    Ok(object! { "selector": read })
}

fn of_uri(uri: &str, canvas: &TargetCanvas<'_>) -> Result<Value, Invalid> {
    let (id, part) = uri.split_once('#').map_or((uri, None), |(id, part)| (id, Some(part)));
    if !(canvas.is_canvas)(id) {
        return Err(Invalid::new("target", uri, "is not the canvas of this container"));
    }
    match part {
        None | Some("") => Ok(Value::Object(Map::new())),
        Some(part) => {
            check_fragment("target", part, canvas.dimensions)?;
            Ok(object! { "fragment": part })
        }
    }
}

fn selector(sent: &Map<String, Value>, canvas: Dimensions) -> Result<Value, Invalid> {
    let text = |key: &str| sent.get(key).and_then(Value::as_str);
    match text("type") {
        Some("FragmentSelector") => {
            let value = text("value").unwrap_or_default().trim_start_matches('#');
            check_fragment("target.selector", value, canvas)?;
            Ok(object! { "type": "FragmentSelector", "conformsTo": MEDIA_FRAGMENTS, "value": value })
        }
        Some("SvgSelector") => {
            let Some(value) = text("value") else {
                return Err(Invalid::new("target.selector", "", "is an `SvgSelector` without a `value`"));
            };
            let shapes = svg::shapes(value).map_err(|reason| Invalid::new("target.selector", "", reason))?;
            Ok(object! { "type": "SvgSelector", "value": shapes })
        }
        Some("PointSelector") => {
            let at = |key: &str, most: u32| {
                let number = sent.get(key).and_then(Value::as_f64);
                let number = number.filter(|number| (0.0..=f64::from(most)).contains(number));
                number.ok_or_else(|| {
                    let sent = shown(sent.get(key));
                    Invalid::new(
                        format!("target.selector.{key}"),
                        &sent,
                        format!("must be a number from 0 to {most}"),
                    )
                })
            };
            let (x, y) = (at("x", canvas.width)?, at("y", canvas.height)?);
            Ok(
                object! { "type": "PointSelector", "x": sent_number(sent, "x", x), "y": sent_number(sent, "y", y) },
            )
        }
        _ => {
            let reason = "must be `FragmentSelector`, `SvgSelector` or `PointSelector`";
            Err(Invalid::new("target.selector.type", &shown(sent.get("type")), reason))
        }
    }
}

/// The number as it was sent: an integer stays one.
fn sent_number(sent: &Map<String, Value>, key: &str, number: f64) -> Value {
    sent.get(key).cloned().unwrap_or_else(|| Value::from(number))
}

/// `xywh=x,y,width,height` in pixels or percent, which begins on the canvas (Media Fragments URI 1.0, §4.2.2).
fn check_fragment(parameter: &'static str, part: &str, canvas: Dimensions) -> Result<(), Invalid> {
    let refuse = |reason: String| Err(Invalid::new(parameter, part, reason));
    let Some(numbers) = part.strip_prefix("xywh=") else {
        return refuse("selects no part of the canvas: use `xywh=x,y,width,height`".into());
    };
    let (numbers, width, height) = match numbers.strip_prefix("percent:") {
        Some(numbers) => (numbers, 100.0, 100.0),
        None => {
            let numbers = numbers.strip_prefix("pixel:").unwrap_or(numbers);
            (numbers, f64::from(canvas.width), f64::from(canvas.height))
        }
    };
    let is_decimal =
        |text: &str| text.len() <= MAX_DIGITS && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let read: Option<Vec<f64>> =
        numbers.split(',').map(|text| text.parse().ok().filter(|_| is_decimal(text))).collect();
    let Some([x, y, w, h]) = read.as_deref() else {
        return refuse("must be four numbers, as in `xywh=10,10,200,100`".into());
    };
    if *w <= 0.0 || *h <= 0.0 || *x >= width || *y >= height {
        return refuse(format!(
            "is not on the canvas, which has {} × {} pixels",
            canvas.width, canvas.height
        ));
    }
    Ok(())
}

/// A stored target as it is published; `canvas` is the canvas's URI.
pub(super) fn published(stored: &Value, canvas: &str) -> Value {
    if let Some(part) = stored["fragment"].as_str() {
        return Value::from(format!("{canvas}#{part}"));
    }
    match stored["selector"].as_array().map(Vec::as_slice) {
        None => Value::from(canvas),
        Some([one]) => object! { "type": "SpecificResource", "source": canvas, "selector": one.clone() },
        Some(several) => {
            object! { "type": "SpecificResource", "source": canvas, "selector": several.to_vec() }
        }
    }
}
