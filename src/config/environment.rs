//! Warns about environment variables that look like settings but are not read.

/// Warnings about variables that look like a setting in one of these sections but lack an underscore.
pub(super) fn warnings<'a>(names: impl IntoIterator<Item = &'a str>, sections: &[String]) -> Vec<String> {
    let mut warnings: Vec<_> = names.into_iter().filter_map(|name| warning(name, sections)).collect();
    warnings.sort();
    warnings
}

fn warning(name: &str, sections: &[String]) -> Option<String> {
    let rest = name.strip_prefix("TEGL_").filter(|rest| !rest.starts_with('_'))?;
    let lower = rest.to_ascii_lowercase();
    let section = sections.iter().find(|section| {
        lower.strip_prefix(section.as_str()).is_some_and(|key| key.is_empty() || key.starts_with('_'))
    })?;
    let key = rest[section.len()..].trim_start_matches('_');
    let meant =
        format!("TEGL__{}__{}", section.to_ascii_uppercase(), if key.is_empty() { "KEY" } else { key });
    Some(format!("the variable {name} is ignored: settings have two underscores, as in {meant}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        let sections = ["web".to_owned(), "log".to_owned()];
        let found = warnings([name], &sections);
        assert_eq!(
            found.first().and_then(|warning| warning.rsplit(' ').next()),
            expected,
            "{name}: {found:?}"
        );
    }

    #[test]
    fn a_missing_underscore_is_reported() {
        check("TEGL_WEB__LISTEN", Some("TEGL__WEB__LISTEN"));
        check("TEGL_WEB_LISTEN", Some("TEGL__WEB__LISTEN"));
        check("TEGL_LOG", Some("TEGL__LOG__KEY"));
        check("TEGL__WEB__LISTEN", None);
        check("TEGL_TEST_STORES", None);
        check("TEGL_WEBSITE", None);
        check("TEGL", None);
    }
}
