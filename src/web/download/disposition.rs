//! File names of downloads in `Content-Disposition` (RFC 6266, RFC 8187).

use actix_web::http::header::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Maximum length of a name in bytes, without its extension. File systems allow 255.
const LONGEST: usize = 150;

/// Characters that an extended value does not encode (RFC 8187, §3.2.1, `attr-char`).
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `attachment`, with an ASCII name for old clients and the full name for all others.
pub(in crate::web) fn disposition(name: &str) -> HeaderValue {
    let name = safe(name);
    let plain: String = name.chars().map(ascii).collect();
    let full = utf8_percent_encode(&name, ATTRIBUTE);
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}");
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// A name that is valid on every system: one segment, no invisible characters, no reserved names.
pub(super) fn safe(name: &str) -> String {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending))
            if (1..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            (stem, ending)
        }
        _ => (name, ""),
    };
    let kept = |c: char| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%' => '-',
        c if c.is_control() || is_unseen(c) => ' ',
        c => c,
    };
    let cleaned: String = stem.chars().map(kept).collect();
    let mut name = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
        name.truncate(end);
    }
    let mut name = name.trim_matches(|c: char| c == '.' || c == ' ' || c == '-').to_owned();
    if name.is_empty() {
        name = "download".into();
    }
    if is_reserved(&name) {
        name.push('_');
    }
    if ending.is_empty() { name } else { format!("{name}.{ending}") }
}

/// Characters that are invisible or change the direction of text.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffd}' | '\u{e0000}'..='\u{e0fff}')
}

/// Device names, which Windows reserves with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim().to_ascii_uppercase();
    let numbered = |word: &str| {
        stem.strip_prefix(word).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

/// The closest ASCII character.
fn ascii(c: char) -> char {
    match c {
        'å' | 'ä' | 'á' | 'à' | 'â' | 'æ' => 'a',
        'Å' | 'Ä' | 'Á' | 'À' | 'Æ' => 'A',
        'ø' | 'ö' | 'ó' | 'ò' | 'ô' => 'o',
        'Ø' | 'Ö' | 'Ó' => 'O',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'É' | 'È' => 'E',
        'ü' | 'ú' | 'ù' | 'û' => 'u',
        'Ü' | 'Ú' => 'U',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ç' => 'c',
        'ß' => 's',
        '–' | '—' => '-',
        ' '..='~' if !matches!(c, '"' | '\\' | '%') => c,
        _ => '_',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_sent_in_utf_8_and_in_ascii() {
        let value = disposition("Søhestedalen, TGL 1979-1/1.tif");
        let expected = "attachment; filename=\"Sohestedalen, TGL 1979-1-1.tif\"; \
            filename*=UTF-8''S%C3%B8hestedalen%2C%20TGL%201979-1-1.tif";
        assert_eq!(value.to_str().unwrap(), expected);
    }

    #[test]
    fn hostile_names_become_harmless() {
        for (name, expected) in [
            ("../../etc/passwd", "etc-passwd"),
            ("a\r\nSet-Cookie: x.tif", "a Set-Cookie- x.tif"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            ("con.tif", "con_.tif"),
            ("...", "download"),
            (".bashrc", "bashrc"),
            ("", "download"),
            ("C:\\x\\y.tif", "C--x-y.tif"),
            ("\"quoted\"", "quoted"),
        ] {
            assert_eq!(safe(name), expected, "{name:?}");
        }
        assert!(safe(&"å".repeat(300)).len() <= LONGEST);
    }

    proptest! {
        #[test]
        fn any_name_gives_a_valid_header_and_one_path_segment(name in ".{0,400}") {
            let value = disposition(&name);
            let text = value.to_str().unwrap();
            let full = text.split("UTF-8''").nth(1).unwrap();
            let decoded = percent_encoding::percent_decode_str(full).decode_utf8().unwrap();
            let safe = safe(&name);
            prop_assert_eq!(decoded.as_ref(), safe.as_str());
            prop_assert!(!decoded.contains(['/', '\\', '"']) && !decoded.starts_with('.') && !decoded.chars().any(char::is_control));
            prop_assert!(decoded.len() <= LONGEST + 7);
            let plain = text.split('"').nth(1).unwrap();
            prop_assert!(plain.bytes().all(|b| (b' '..=b'~').contains(&b)) && text.matches('"').count() == 2);
        }
    }
}
