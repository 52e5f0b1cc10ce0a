//! Writes sanitized HTML as well-formed XML (Presentation API 3.0, §4.5).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The elements that are kept: those that the specification lists.
pub(super) const ALLOWED: [&str; 10] = ["a", "b", "br", "i", "img", "p", "small", "span", "sub", "sup"];

/// Elements that are nested deeper are left out, but not their texts: viewers parse values recursively.
pub(super) const MAX_DEPTH: usize = 32;

/// Sanitized HTML as XML with a single root element; `None` if it is empty.
pub(super) fn written(html: &str, base: &str) -> Option<String> {
    let mut reader = Reader::from_str(html);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut written = Writer { base, ..Writer::default() };
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => written.start(&start),
            Event::End(end) => written.end(&String::from_utf8_lossy(end.name().as_ref())),
            Event::Text(text) => written.text(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(reference) => written.reference(&String::from_utf8_lossy(&reference)),
            Event::Eof => break,
            _ => {}
        }
    }
    written.finish()
}

#[derive(Default)]
struct Writer<'a> {
    /// The URL below which images are kept.
    base: &'a str,
    out: String,
    /// The number of elements at the top level.
    outermost: usize,
    depth: usize,
    /// The number of open elements that are left out, because they are nested too deep.
    skipped: usize,
    has_bare_text: bool,
    only: Option<&'static str>,
}

impl Writer<'_> {
    fn start(&mut self, start: &BytesStart<'_>) {
        let name = start.name();
        let Some(name) = replaced(&String::from_utf8_lossy(name.as_ref())) else { return };
        let attributes: Vec<(String, String)> = start.html_attributes().flatten().map(attribute).collect();
        let value_of = |key: &str| {
            attributes.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value.as_str())
        };
        if name == "img" && !self.is_own(value_of("src")) {
            return self.text(&quick_xml::escape::partial_escape(value_of("alt")));
        }
        if self.depth >= MAX_DEPTH && !matches!(name, "br" | "img") {
            self.skipped += 1;
            return;
        }
        if self.depth == 0 {
            self.outermost += 1;
            self.only = Some(name);
        }
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in &attributes {
            self.out.push_str(&format!(" {key}=\"{}\"", quick_xml::escape::escape(value.as_str())));
        }
        if matches!(name, "br" | "img") {
            self.out.push_str("/>");
        } else {
            self.out.push('>');
            self.depth += 1;
        }
    }

    /// Whether an image is served here; another host could track everyone who opens the document.
    fn is_own(&self, address: &str) -> bool {
        let below = address.strip_prefix(self.base.trim_end_matches('/'));
        !self.base.is_empty() && below.is_some_and(|rest| rest.starts_with('/'))
    }

    fn end(&mut self, name: &str) {
        match replaced(name) {
            Some("br" | "img") => {}
            Some(_) if self.skipped > 0 => self.skipped -= 1,
            Some(name) => {
                self.out.push_str(&format!("</{name}>"));
                self.depth = self.depth.saturating_sub(1);
            }
            None => self.out.push_str("<br/>"),
        }
    }

    fn text(&mut self, text: &str) {
        self.has_bare_text |= self.depth == 0 && !text.trim().is_empty();
        self.out.extend(text.chars().filter(|&c| is_char(c)));
    }

    fn reference(&mut self, name: &str) {
        self.has_bare_text |= self.depth == 0;
        match name {
            "nbsp" => self.out.push('\u{a0}'),
            name => self.out.push_str(&format!("&{name};")),
        }
    }

    fn finish(self) -> Option<String> {
        let mut inner = self.out.trim();
        while let Some(rest) = inner.strip_suffix("<br/>") {
            inner = rest.trim_end();
        }
        let is_one = self.outermost == 1
            && !self.has_bare_text
            && self.depth == 0
            && !matches!(self.only, Some("br" | "img"));
        match () {
            () if inner.is_empty() => None,
            () if is_one && inner.ends_with('>') && !inner.contains("<br/></") => Some(inner.to_owned()),
            () => Some(format!("<span>{inner}</span>")),
        }
    }
}

/// The element that replaces another; `None` if it is replaced by a line break.
fn replaced(name: &str) -> Option<&'static str> {
    match name {
        "em" => Some("i"),
        "strong" => Some("b"),
        name => ALLOWED.into_iter().find(|&allowed| allowed == name),
    }
}

fn attribute(read: quick_xml::events::attributes::Attribute<'_>) -> (String, String) {
    let key = String::from_utf8_lossy(read.key.as_ref()).into_owned();
    let value = resolved(&String::from_utf8_lossy(&read.value));
    (key, value.chars().filter(|&c| is_char(c)).collect())
}

/// Whether a character is allowed in XML 1.0 (§2.2).
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Resolves the character references that the sanitizer writes.
pub(super) fn resolved(text: &str) -> String {
    let text =
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", "\u{a0}");
    text.replace("&amp;", "&")
}
