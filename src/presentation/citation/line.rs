//! Texts of records as single lines.

/// A text on one line: runs of white space, line breaks of any script and control characters become one space, and
/// characters that change the direction of the text around them are left out.
pub(super) fn line(text: &str) -> String {
    let shown = text.chars().filter(|c| !turns_text(*c));
    let plain: String = shown.map(|c| if c.is_control() || is_break(c) { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Embeddings, overrides and isolates, which would also reorder what follows the text.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
