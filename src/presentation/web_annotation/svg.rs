//! Shapes in SVG, written again without anything that is not a shape.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Maximum length, in bytes.
const MAX_BYTES: usize = 32 << 10;
/// Maximum number of elements.
const MAX_ELEMENTS: usize = 500;
/// Maximum nesting of elements.
const MAX_DEPTH: usize = 16;

const SHAPES: [&str; 7] = ["circle", "ellipse", "line", "path", "polygon", "polyline", "rect"];

const ATTRIBUTES: [&str; 31] = [
    "cx",
    "cy",
    "d",
    "fill",
    "fill-opacity",
    "fill-rule",
    "height",
    "opacity",
    "points",
    "preserveAspectRatio",
    "r",
    "rx",
    "ry",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "transform",
    "vector-effect",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
];

/// The shapes of an SVG document: other elements are left out with what they contain, and so are other attributes.
///
/// # Errors
/// Says why the text cannot be taken.
pub(super) fn shapes(text: &str) -> Result<String, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("has an SVG of more than {} KiB", MAX_BYTES >> 10));
    }
    let mut reader = Reader::from_str(text.trim());
    let mut writer = Writer::default();
    loop {
        match reader
            .read_event()
            .map_err(|error| format!("has an SVG that is not well-formed XML: {error}"))?
        {
            Event::Start(start) => writer.start(&start, false)?,
            Event::Empty(start) => writer.start(&start, true)?,
            Event::End(_) => writer.end(),
            Event::DocType(_) => return Err("has an SVG with a document type: leave that out".into()),
            Event::Eof => break,
            _ => {}
        }
    }
    match writer {
        Writer { open, .. } if !open.is_empty() => Err("has an SVG whose elements are not closed".into()),
        Writer { shapes: 0, .. } => Err("has an SVG without shapes".into()),
        Writer { out, .. } => Ok(out),
    }
}

#[derive(Default)]
struct Writer {
    out: String,
    /// The open elements; `None` for those that are left out.
    open: Vec<Option<&'static str>>,
    elements: usize,
    shapes: usize,
}

impl Writer {
    fn start(&mut self, start: &BytesStart<'_>, is_empty: bool) -> Result<(), String> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS || self.open.len() >= MAX_DEPTH {
            return Err(format!("has an SVG of more than {MAX_ELEMENTS} elements, or {MAX_DEPTH} levels"));
        }
        let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
        if self.elements == 1 && name != "svg" {
            return Err("must be an SVG document, whose first element is `svg`".into());
        }
        let is_inside =
            self.open.iter().all(Option::is_some) && (self.elements == 1 || !self.open.is_empty());
        let is_shape = SHAPES.contains(&name.as_str());
        let known = SHAPES.into_iter().chain(["g", "svg"]).find(|known| *known == name).filter(|_| is_inside);
        if let Some(known) = known {
            self.shapes += usize::from(is_shape);
            self.write(known, start, is_empty)?;
        }
        if !is_empty {
            self.open.push(known);
        }
        Ok(())
    }

    fn write(&mut self, name: &str, start: &BytesStart<'_>, is_empty: bool) -> Result<(), String> {
        self.out.push('<');
        self.out.push_str(name);
        if self.elements == 1 {
            self.out.push_str(" xmlns=\"http://www.w3.org/2000/svg\"");
        }
        for attribute in start.attributes() {
            let attribute =
                attribute.map_err(|error| format!("has an SVG that is not well-formed XML: {error}"))?;
            let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            if !ATTRIBUTES.contains(&key.as_str()) {
                continue;
            }
            let value = String::from_utf8_lossy(&attribute.value).into_owned();
            if !is_plain(&value) {
                return Err(format!("has an SVG whose `{key}` has more than numbers, names and colors"));
            }
            self.out.push_str(&format!(" {key}=\"{value}\""));
        }
        self.out.push_str(if is_empty { "/>" } else { ">" });
        Ok(())
    }

    fn end(&mut self) {
        if let Some(Some(name)) = self.open.pop() {
            self.out.push_str(&format!("</{name}>"));
        }
    }
}

/// Whether a value has only numbers, commands of paths, functions of transforms, and colors; no references.
fn is_plain(value: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b" \t\r\n.,+-#()%".contains(&b);
    value.bytes().all(is_plain) && !value.to_ascii_lowercase().contains("url")
}
