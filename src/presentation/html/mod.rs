//! HTML in records, sanitized to what documents may contain (Presentation API 3.0, §4.5).

mod xml;

use std::borrow::Cow;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use self::xml::{ALLOWED, resolved};

/// Texts longer than this, in bytes, are never parsed as markup.
const MAX_BYTES: usize = 100_000;

/// A tag longer than this, in bytes, is treated as markup whatever it contains.
const MAX_TAG_BYTES: usize = 4096;

/// Elements that are replaced by others: `em` by `i`, `strong` by `b`, the rest by a line break after them.
const RENAMED: [&str; 14] =
    ["em", "strong", "div", "li", "tr", "dt", "dd", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"];

/// Other elements of HTML: `<name>` is markup, rather than a word in angle brackets, if the name is in one of these lists.
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

/// A text as a value that may contain HTML (§4.5): markup is reduced to the allowed elements inside a single root element,
/// as well-formed XML.
///
/// Viewers parse a value that begins with `<` and ends with `>` as HTML, and some parse every value: plain text that they
/// would take for markup is escaped inside a `<span>`. Images are kept only below `base`, the URL of this server, so that
/// no document makes a viewer contact another host.
pub(super) fn value(text: &str, base: &str) -> String {
    let markup = is_markup(text).then(|| xml::written(&VALUES.clean(text).to_string(), base)).flatten();
    markup.unwrap_or_else(|| literal(&stripped(text)))
}

/// A plain text; escaped inside a `<span>` if viewers would take it for HTML.
pub(super) fn literal(text: &str) -> String {
    let is_ambiguous = tag_starts(text).next().is_some() || (text.starts_with('<') && text.ends_with('>'));
    if !is_ambiguous {
        return text.to_owned();
    }
    let text: String = text.chars().filter(|&c| xml::is_char(c)).collect();
    format!("<span>{}</span>", quick_xml::escape::partial_escape(text.as_str()))
}

/// A text without markup: tags are removed and character references resolved. Text that only looks like markup gets a
/// trailing space, so that viewers do not parse it as HTML.
pub(crate) fn plain_text(text: &str) -> String {
    let text = defused(stripped(text));
    let looks_like_markup = text.starts_with('<') && text.ends_with('>');
    if looks_like_markup { format!("{text} ") } else { text }
}

fn stripped(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    // Text that is escaped several times, as in `&amp;lt;b&amp;gt;`, takes one round for each time.
    for _ in 0..4 {
        if text.len() > MAX_BYTES {
            break;
        }
        let stripped = if is_markup(&text) {
            resolved(&PLAIN.clean(&with_spaces(&text)).to_string())
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
    text.trim().to_owned()
}

/// Puts a space into tags that were not removed, because the text is too long or escaped too often, so that they are not parsed.
fn defused(text: String) -> String {
    if text.len() <= MAX_BYTES && !is_markup(&text) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut written = 0;
    for at in tag_starts(&text) {
        out.push_str(&text[written..=at]);
        out.push(' ');
        written = at + 1;
    }
    out.push_str(&text[written..]);
    out
}

/// The positions at which an HTML parser begins a tag, a comment or a declaration (HTML, §13.2.5.6).
fn tag_starts(text: &str) -> impl Iterator<Item = usize> {
    let opens = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?');
    let bytes = text.as_bytes();
    text.match_indices('<').map(|(at, _)| at).filter(move |at| bytes.get(at + 1).copied().is_some_and(opens))
}

/// Whether a text contains an HTML element, or something that a browser would parse as an element with attributes.
fn is_markup(text: &str) -> bool {
    let last = text.rfind('>');
    let Some(last) = last.filter(|_| text.len() <= MAX_BYTES) else { return false };
    text[..last].match_indices('<').any(|(at, _)| {
        let rest = text[at + 1..=last].trim_start_matches('/');
        let name_end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(name_end);
        // The search is bounded, so that the total time stays linear in the length of the text.
        let near = rest.bytes().take(MAX_TAG_BYTES).position(|byte| byte == b'>');
        let inside = near.map(|end| &rest[..end]);
        let name = name.to_ascii_lowercase();
        let known = |names: &[&str]| names.contains(&name.as_str());
        let is_known = known(&ALLOWED) || known(&RENAMED) || known(&OTHERS);
        let begins = |c: char| c == '/' || c.is_ascii_whitespace();
        let ends_there = inside.is_none_or(str::is_empty) || rest.starts_with(begins);
        (is_known && ends_there) || (!name.is_empty() && inside.is_none_or(|inside| inside.contains('=')))
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

/// Adds a space before line breaks and at ends of blocks, so that words stay separate without the tags.
fn with_spaces(text: &str) -> String {
    text.replace("<br", " <br")
        .replace("</p>", " </p>")
        .replace("</div>", " </div>")
        .replace("</li>", " </li>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    const HERE: &str = "https://museum.example/iiif";

    #[test]
    fn values_keep_allowed_elements_inside_one_root() {
        for (text, expected) in [
            ("plain", "plain"),
            ("height < 5 cm", "height < 5 cm"),
            ("<ukendt>", "<span>&lt;ukendt&gt;</span>"),
            ("<1850>", "<span>&lt;1850&gt;</span>"),
            ("to <Anna> & co", "<span>to &lt;Anna&gt; &amp; co</span>"),
            ("1 < 2 > 0", "1 < 2 > 0"),
            ("a <b>bold</b> word", "<span>a <b>bold</b> word</span>"),
            ("<p>One<br>two</p>", "<p>One<br/>two</p>"),
            ("<p>One</p><p>two</p>", "<span><p>One</p><p>two</p></span>"),
            ("<div>One</div><div>two</div>", "<span>One<br/>two</span>"),
            ("<em>x</em>", "<i>x</i>"),
            ("<p>a&nbsp;b &amp; c", "<p>a\u{a0}b &amp; c</p>"),
            ("<a href='javascript:x()'>y</a>", "<a>y</a>"),
            ("<a href='https://x/?a=1&b=2' onclick='y'>z</a>", "<a href=\"https://x/?a=1&amp;b=2\">z</a>"),
            (
                "<img src='mailto:x' alt='a'><img src='https://museum.example/iiif/<y>'>",
                "<span>a<img src=\"https://museum.example/iiif/&lt;y&gt;\"/></span>",
            ),
            ("<script>alert(1)</script>", ""),
            ("x<svg onload=alert(1)>y", "<span>xy</span>"),
            ("<x onclick=\"a()\">z</x>", "<span>z</span>"),
            ("Tom &amp; Jerry", "Tom & Jerry"),
        ] {
            assert_eq!(value(text, HERE), expected, "{text}");
        }
    }

    #[test]
    fn elements_are_not_nested_without_limit() {
        let nested = format!("{}deep <li>x</li>{}", "<b>".repeat(1000), "</b>".repeat(1000));
        let written = value(&nested, HERE);
        let (opened, closed) = (written.matches("<b>").count(), written.matches("</b>").count());
        assert!(opened == closed && (1..=xml::MAX_DEPTH).contains(&opened), "{opened} {closed}");
        assert!(written.contains("deep x"), "{written}");
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
            assert_eq!(plain_text(text), expected, "{text}");
        }
    }

    /// However often it is escaped, wherever it is and however long the text is.
    #[test]
    fn no_text_makes_a_viewer_load_an_image() {
        let image = "<img src=https://other.example/x.png alt=y>";
        let mut texts = vec![
            image.to_owned(),
            format!("Anna {image} Ancher"),
            format!("<p>{image}</p>"),
            format!("{image}{}", "x".repeat(MAX_BYTES)),
            format!("<img alt='{}' src=https://other.example/>", "x".repeat(2 * MAX_TAG_BYTES)),
            "<image src=https://other.example/>".into(),
            "<IMG/src=//other.example/x>".into(),
            "<img src='https://museum.example.other.example/iiif/x'>".into(),
            "<img src='https://museum.example/iiif@other.example/x'>".into(),
            "<img srcset='https://other.example/x 2x' src=data:image/png;base64,AAAA>".into(),
            "<p style='background:url(https://other.example/)'>x</p><video src=https://other.example/></video>".into(),
        ];
        let mut encoded = image.to_owned();
        for _ in 0..8 {
            encoded = quick_xml::escape::escape(encoded.as_str()).into_owned();
            texts.push(encoded.clone());
        }
        for text in &texts {
            for result in [value(text, HERE), plain_text(text)] {
                let start = result.get(..200).unwrap_or(&result);
                let tag = result.to_ascii_lowercase().contains("<im") && !result.contains("< im");
                assert!(!tag && !result.contains("style") && !result.contains("<video"), "{start}");
            }
        }
    }

    #[test]
    fn images_of_this_server_are_kept() {
        let own = "<img src=\"https://museum.example/iiif/3/a/full/200,/0/default.jpg\" alt=\"a\"/>";
        assert_eq!(value(own, HERE), format!("<span>{own}</span>"));
        assert_eq!(value(own, ""), "<span>a</span>");
    }

    #[test]
    fn unclosed_brackets_take_linear_time() {
        let begun = std::time::Instant::now();
        for text in ["<a".repeat(MAX_BYTES / 2), format!("{}>", "<a".repeat(MAX_BYTES / 2 - 1))] {
            plain_text(&text);
            value(&text, HERE);
        }
        assert!(begun.elapsed().as_secs() < 20);
    }

    proptest! {
        #[test]
        fn any_markup_becomes_xml_or_text(
            parts in proptest::collection::vec(prop_oneof![
                Just("<p>"), Just("</p>"), Just("<b>"), Just("</i>"), Just("<br>"), Just("<img src=https://x>"),
                Just("<a href=\"https://x/?a&b<c\">"), Just("</a>"), Just("<div>"), Just("</li>"), Just("&nbsp;"),
                Just("&"), Just("<"), Just(">"), Just("\u{1}"), Just("text"), Just("<table><td>"), Just("<svg x=1>"),
                Just("<!--"), Just("-->"), Just("]]>"), Just("<?x"), Just("\""), Just("<em>"),
            ], 0..20),
        ) {
            let found = value(&parts.concat(), HERE);
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
            let label = plain_text(&parts.concat());
            prop_assert!(!(label.starts_with('<') && label.ends_with('>')), "{}", label);
        }
    }
}
