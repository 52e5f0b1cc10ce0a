//! Markup of the sources, reduced to what documents may hold (Presentation API 3.0, §4).

use std::borrow::Cow;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Texts longer than this, in bytes, are never read as markup.
const MOST_BYTES: usize = 100_000;

/// The elements that viewers are to accept.
const ALLOWED: [&str; 10] = ["a", "b", "br", "i", "img", "p", "small", "span", "sub", "sup"];

/// Elements that are said by others: `em` by `i`, `strong` by `b`, the rest by a line break after them.
const RENAMED: [&str; 14] =
    ["em", "strong", "div", "li", "tr", "dt", "dd", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"];

/// Names that make `<name>` a piece of markup rather than a word in angle brackets.
const OTHERS: [&str; 38] = [
    "ul", "ol", "dl", "table", "tbody", "thead", "td", "th", "u", "s", "font", "center", "cite", "q", "code",
    "pre", "hr", "html", "body", "head", "title", "script", "style", "svg", "math", "iframe", "object",
    "embed", "form", "input", "button", "video", "audio", "link", "meta", "template", "details", "marquee",
];

static VALUES: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(ALLOWED.into_iter().chain(RENAMED).collect())
        .clean_content_tags(["script", "style", "head", "template"].into())
        .tag_attributes([("a", ["href"].into()), ("img", ["src", "alt"].into())].into())
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(UrlRelative::Deny)
        .link_rel(None)
        .attribute_filter(|element, attribute, value| {
            let is_picture = element == "img" && attribute == "src";
            (!is_picture || !value.trim_start().to_ascii_lowercase().starts_with("mailto:"))
                .then_some(value.into())
        });
    builder
});

static PLAIN: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder.clean_content_tags(["script", "style", "head", "template"].into());
    builder
});

/// A text as a value that may hold markup: markup is reduced to a few elements within one, as well-formed XML; what is
/// none, and only looks so, ends in a space.
pub fn value(text: &str) -> String {
    if is_markup(text) {
        match xml(&VALUES.clean(text).to_string()) {
            Some(markup) => return markup,
            None => return plain(text),
        }
    }
    plain(text)
}

/// A text without markup: elements are left off, character references resolved.
pub fn plain(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    // What is written twice over, as in `&amp;lt;b&amp;gt;`, takes one more round each.
    for _ in 0..4 {
        if text.len() > MOST_BYTES {
            break;
        }
        let stripped = if is_markup(&text) {
            resolved(&PLAIN.clean(&broken(&text)).to_string())
        } else if has_reference(&text) {
            resolved(&PLAIN.clean(&text.replace('<', "&lt;")).to_string())
        } else {
            break;
        };
        if stripped == text {
            break;
        }
        text = Cow::Owned(stripped);
    }
    let text = text.trim();
    let looks_like_markup = text.starts_with('<') && text.ends_with('>');
    if looks_like_markup { format!("{text} ") } else { text.to_owned() }
}

/// Whether a text holds an element of HTML, or what a browser might take for an element with attributes.
fn is_markup(text: &str) -> bool {
    if text.len() > MOST_BYTES {
        return false;
    }
    text.match_indices('<').any(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches('/');
        let name_end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(name_end);
        let Some(inside) = rest.find('>').map(|end| &rest[..end]) else { return false };
        let name = name.to_ascii_lowercase();
        let known = |names: &[&str]| names.contains(&name.as_str());
        let is_known = known(&ALLOWED) || known(&RENAMED) || known(&OTHERS);
        let ends_there =
            inside.is_empty() || inside.starts_with(|c: char| c == '/' || c.is_ascii_whitespace());
        (is_known && ends_there) || (!name.is_empty() && inside.contains('='))
    })
}

fn has_reference(text: &str) -> bool {
    text.split('&').skip(1).any(|rest| {
        let name = rest.split(';').next().unwrap_or_default();
        rest.len() > name.len()
            && (2..=10).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
    })
}

/// Line breaks and ends of blocks become spaces, so that words stay apart once the elements are gone.
fn broken(text: &str) -> String {
    text.replace("<br", " <br")
        .replace("</p>", " </p>")
        .replace("</div>", " </div>")
        .replace("</li>", " </li>")
}

/// Resolves the few references that the sanitizer writes.
fn resolved(text: &str) -> String {
    let text =
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", "\u{a0}");
    text.replace("&amp;", "&")
}

/// Clean HTML as XML within one element; nothing where nothing is left.
fn xml(html: &str) -> Option<String> {
    let mut reader = Reader::from_str(html);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut written = Written::default();
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
struct Written {
    out: String,
    /// Elements at the outermost level, and whether there is text beside them.
    outermost: usize,
    depth: usize,
    bare: bool,
    only: Option<&'static str>,
}

impl Written {
    fn start(&mut self, start: &BytesStart<'_>) {
        let name = start.name();
        let Some(name) = said(&String::from_utf8_lossy(name.as_ref())) else { return };
        let attributes: Vec<(String, String)> = start.html_attributes().flatten().map(attribute).collect();
        let has = |key: &str| attributes.iter().any(|(known, _)| known == key);
        if name == "img" && !has("src") {
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

    fn end(&mut self, name: &str) {
        match said(name) {
            Some("br" | "img") => {}
            Some(name) => {
                self.out.push_str(&format!("</{name}>"));
                self.depth = self.depth.saturating_sub(1);
            }
            None => self.out.push_str("<br/>"),
        }
    }

    fn text(&mut self, text: &str) {
        self.bare |= self.depth == 0 && !text.trim().is_empty();
        self.out.extend(text.chars().filter(|&c| is_xml(c)));
    }

    fn reference(&mut self, name: &str) {
        self.bare |= self.depth == 0;
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
        let is_one =
            self.outermost == 1 && !self.bare && self.depth == 0 && !matches!(self.only, Some("br" | "img"));
        match () {
            () if inner.is_empty() => None,
            () if is_one && inner.ends_with('>') && !inner.contains("<br/></") => Some(inner.to_owned()),
            () => Some(format!("<span>{inner}</span>")),
        }
    }
}

/// The element that stands for another; none where only a line break does.
fn said(name: &str) -> Option<&'static str> {
    match name {
        "em" => Some("i"),
        "strong" => Some("b"),
        name => ALLOWED.into_iter().find(|&allowed| allowed == name),
    }
}

fn attribute(read: quick_xml::events::attributes::Attribute<'_>) -> (String, String) {
    let key = String::from_utf8_lossy(read.key.as_ref()).into_owned();
    let value = resolved(&String::from_utf8_lossy(&read.value));
    (key, value.chars().filter(|&c| is_xml(c)).collect())
}

/// Whether XML 1.0 may hold a character (§2.2).
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_keep_a_few_elements_within_one() {
        for (text, expected) in [
            ("plain", "plain"),
            ("height < 5 cm", "height < 5 cm"),
            ("<ukendt>", "<ukendt> "),
            ("a <b>bold</b> word", "<span>a <b>bold</b> word</span>"),
            ("<p>One<br>two</p>", "<p>One<br/>two</p>"),
            ("<p>One</p><p>two</p>", "<span><p>One</p><p>two</p></span>"),
            ("<div>One</div><div>two</div>", "<span>One<br/>two</span>"),
            ("<em>x</em>", "<i>x</i>"),
            ("<p>a&nbsp;b &amp; c", "<p>a\u{a0}b &amp; c</p>"),
            ("<a href='javascript:x()'>y</a>", "<a>y</a>"),
            ("<a href='https://x/?a=1&b=2' onclick='y'>z</a>", "<a href=\"https://x/?a=1&amp;b=2\">z</a>"),
            (
                "<img src='mailto:x' alt='a'><img src='https://x/<y>'>",
                "<span><img src=\"https://x/&lt;y&gt;\"/></span>",
            ),
            ("<script>alert(1)</script>", ""),
            ("x<svg onload=alert(1)>y", "<span>xy</span>"),
            ("<x onclick=\"a()\">z</x>", "<span>z</span>"),
            ("Tom &amp; Jerry", "Tom & Jerry"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn plain_texts_have_no_elements() {
        for (text, expected) in [
            ("<i>The</i> fall", "The fall"),
            ("One<br>two", "One two"),
            ("a &lt; b", "a < b"),
            ("&amp;lt;script&amp;gt;x&amp;lt;/script&amp;gt;y", "y"),
            ("Q&A; R&D", "Q&A; R&D"),
            ("<ukendt>", "<ukendt> "),
            ("&lt;Untitled&gt;", "<Untitled> "),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn markup_of_any_kind_becomes_xml_or_text(
            parts in proptest::collection::vec(prop_oneof![
                Just("<p>"), Just("</p>"), Just("<b>"), Just("</i>"), Just("<br>"), Just("<img src=https://x>"),
                Just("<a href=\"https://x/?a&b<c\">"), Just("</a>"), Just("<div>"), Just("</li>"), Just("&nbsp;"),
                Just("&"), Just("<"), Just(">"), Just("\u{1}"), Just("text"), Just("<table><td>"), Just("<svg x=1>"),
                Just("<!--"), Just("-->"), Just("]]>"), Just("<?x"), Just("\""), Just("<em>"),
            ], 0..20),
        ) {
            let found = value(&parts.concat());
            if found.starts_with('<') && found.ends_with('>') {
                let mut reader = Reader::from_str(&found);
                let mut depth = 0usize;
                loop {
                    match reader.read_event().map_err(|e| TestCaseError::fail(format!("{e}: {found}")))? {
                        Event::Start(start) => {
                            depth += 1;
                            for attribute in start.attributes() {
                                prop_assert!(attribute.is_ok(), "{}", found);
                            }
                        }
                        Event::End(_) => depth -= 1,
                        Event::Text(text) => prop_assert!(depth > 0, "{:?} outside: {}", text, found),
                        Event::Eof => break,
                        _ => {}
                    }
                }
                prop_assert_eq!(depth, 0);
            }
            let label = plain(&parts.concat());
            prop_assert!(!(label.starts_with('<') && label.ends_with('>')), "{}", label);
        }
    }
}
