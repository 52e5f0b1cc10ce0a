//! Writes XML 1.0.

use std::borrow::Cow;

use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

/// The attributes of an element.
pub(crate) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// An XML document that is being written to memory. Texts are escaped, and lose the characters that XML cannot contain.
pub(crate) struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// An empty fragment.
    pub(crate) fn fragment() -> Self {
        Self(Writer::new(Vec::new()))
    }

    /// A document with its declaration.
    pub(crate) fn document() -> Self {
        Self(Writer::new(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec()))
    }

    /// An element with what `inside` writes.
    pub(crate) fn element(&mut self, name: &str, attributes: Attributes<'_>, inside: impl FnOnce(&mut Self)) {
        self.write(Event::Start(start(name, attributes)));
        inside(self);
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// An element with a text.
    pub(crate) fn text(&mut self, name: &str, attributes: Attributes<'_>, text: &str) {
        let text = escaped(text);
        self.element(name, attributes, |xml| xml.write(Event::Text(BytesText::from_escaped(text))));
    }

    /// An element without content.
    pub(crate) fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.write(Event::Empty(start(name, attributes)));
    }

    /// Another fragment.
    pub(crate) fn append(&mut self, fragment: Self) {
        self.0.get_mut().extend_from_slice(&fragment.into_bytes());
    }

    /// Number of bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.0.get_ref().len()
    }

    /// The text in UTF-8.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner()
    }

    fn write(&mut self, event: Event<'_>) {
        // Writing to memory does not fail.
        let _ = self.0.write_event(event);
    }
}

fn start<'a>(name: &'a str, attributes: Attributes<'_>) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, &*legal(value)));
    }
    start
}

/// The text as it is written. Readers convert carriage returns to line feeds (XML 1.0, §2.11) unless they are references.
fn escaped(text: &str) -> String {
    let escaped = escape(legal(text));
    if escaped.contains('\r') { escaped.replace('\r', "&#13;") } else { escaped.into_owned() }
}

/// The text without the characters that no XML document can contain, not even as references (XML 1.0, §2.2).
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    match text.chars().all(is_legal) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.chars().filter(|&c| is_legal(c)).collect()),
    }
}

fn is_legal(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_without_illegal_characters() {
        let mut xml = Xml::fragment();
        xml.element("a", &[("b", "\"<&>\u{1}")], |xml| {
            xml.text("c", &[], "x < y & \u{8}]]>\u{ffff}\r\n\u{1f600}");
            xml.empty("d", &[]);
        });
        let written = String::from_utf8(xml.into_bytes()).unwrap();
        let expected = "<a b=\"&quot;&lt;&amp;&gt;\"><c>x &lt; y &amp; ]]&gt;&#13;\n\u{1f600}</c><d/></a>";
        assert_eq!(written, expected);
    }
}
