//! What an operator may set about machines' tags.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::{Status, Tag};

/// `[tagging]`: what becomes of machines' tags.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tagging {
    /// The confidence from which tags are accepted without a curator, 0 to 1, by `SCHEME` or by `SCHEME model:NAME`, which
    /// has precedence. Other tags are proposed.
    pub accept_from: BTreeMap<String, f64>,
}

impl Tagging {
    /// Fails with the rule that cannot be used, and what would work.
    ///
    /// # Errors
    /// Returns a sentence if a rule's key is no scheme, or its confidence is not from 0 to 1.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (key, from) in &self.accept_from {
            if !(0.0..=1.0).contains(from) {
                return Err(format!(
                    "`tagging.accept_from.{key}` is {from}: it must be from 0 to 1, as in `0.95`"
                ));
            }
            let (scheme, source) = key.split_once(' ').unwrap_or((key, "model:"));
            if scheme.is_empty() || !source.starts_with("model:") || source.contains([' ', '@']) {
                return Err(format!(
                    "`tagging.accept_from` has the key `{key}`: it must be a scheme, as in `colour`, or a scheme and a \
                     model, as in `\"motif model:detector\"`"
                ));
            }
        }
        Ok(())
    }

    /// The status that a machine's tag gets.
    pub(super) fn status(&self, tag: &Tag) -> Status {
        let of_model = format!("{} {}", tag.scheme, tag.producer());
        let from = self.accept_from.get(&of_model).or_else(|| self.accept_from.get(&tag.scheme));
        match from {
            Some(from) if tag.confidence >= *from => Status::Accepted,
            _ => Status::Proposed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Text;

    fn rules(rules: &[(&str, f64)]) -> Tagging {
        Tagging { accept_from: rules.iter().map(|(key, from)| ((*key).to_owned(), *from)).collect() }
    }

    #[test]
    fn the_rule_of_a_model_has_precedence_over_that_of_its_scheme() {
        let tagging = rules(&[("motif", 0.95), ("motif model:detector", 0.5)]);
        let status = |source: &str, confidence| {
            let tag = Tag::new("motif", Text::of("en", "dog"));
            tagging.status(&Tag { source: source.into(), confidence, ..tag })
        };
        assert_eq!(status("model:detector@1", 0.5), Status::Accepted);
        assert_eq!(status("model:other@1", 0.94), Status::Proposed);
        assert_eq!(status("model:other@1", 0.95), Status::Accepted);
        assert_eq!(Tagging::default().status(&Tag::new("style", Text::of("en", "x"))), Status::Proposed);
    }

    #[test]
    fn rules_that_could_never_apply_are_refused() {
        assert_eq!(rules(&[("colour", 0.0), ("motif model:a/b", 1.0)]).check(), Ok(()));
        for (key, from) in [
            ("colour", 95.0),
            ("colour", f64::NAN),
            ("", 0.5),
            ("motif curator", 0.5),
            ("motif model:a@1", 0.5),
        ] {
            assert!(rules(&[(key, from)]).check().is_err(), "{key} {from}");
        }
    }
}
