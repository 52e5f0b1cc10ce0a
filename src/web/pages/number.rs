//! Numbers in groups of three digits.

/// Groups the digits by three with this separator.
pub(super) fn grouped(number: u64, separator: &str) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(separator)
}

/// What separates groups of digits in a language.
pub(super) fn separator(language: &str) -> &'static str {
    match language {
        "da" | "de" | "el" | "es" | "is" | "it" | "nl" | "pt" | "tr" => ".",
        "cs" | "et" | "fi" | "fo" | "fr" | "hu" | "kl" | "lt" | "lv" | "nb" | "nn" | "no" | "pl" | "sk"
        | "sv" | "uk" => "\u{a0}",
        _ => ",",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_in_threes() {
        assert_eq!(grouped(0, ","), "0");
        assert_eq!(grouped(999, ","), "999");
        assert_eq!(grouped(1_000, ","), "1,000");
        assert_eq!(grouped(1_234_567, "."), "1.234.567");
    }
}
