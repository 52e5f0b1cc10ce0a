//! Links in pages.

/// A link with its label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its text.
    pub label: String,
    /// Its target.
    pub href: String,
    /// Whether it is the active choice: a filter, a sort order or a language.
    pub chosen: bool,
    /// The number of works with this value, if known.
    pub count: Option<u64>,
    /// The colour that it stands for, `#rrggbb`.
    pub swatch: Option<String>,
    /// How many works have this value only because a machine has proposed it, and how many have it; if any.
    pub proposed: Option<(u64, u64)>,
}

/// The swatch's style; only valid colours are written into it.
pub(super) fn swatch_style(color: &str) -> Option<String> {
    let digits = color.strip_prefix('#')?;
    let plain = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| format!("--colour:#{digits}"))
}

impl Link {
    /// The value of its `aria-current` attribute, if it has one.
    pub(super) fn aria_current(&self) -> Option<&'static str> {
        self.chosen.then_some("true")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_colour_enters_a_style() {
        assert_eq!(swatch_style("#c0322b").as_deref(), Some("--colour:#c0322b"));
        for color in ["", "#", "#fff", "red", "#c0322b;background:url(x)", "#+12345", "#12345é"] {
            assert_eq!(swatch_style(color), None, "{color}");
        }
    }
}
