//! Checks the settings file on its own before merging, so that errors name the line.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::secrets::without_value;
use super::{Config, InvalidConfig, did_you_mean, ranges};

/// Fails with the file, the line and the key if a setting is unknown, has the wrong type or is out of range.
pub(super) fn check(path: &Path, text: &str) -> Result<(), InvalidConfig> {
    let at = |span: Option<Range<usize>>, message: &str| {
        let line = span.map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        InvalidConfig(format!("{}, line {line}: {message}", path.display()))
    };
    let keys = match DeTable::parse(text) {
        Ok(table) => keys(table.get_ref()),
        Err(error) => return Err(at(error.span(), error.message())),
    };
    for (key, value, span) in &keys {
        if let Some(refused) = value.and_then(|value| ranges::out_of_range(key, value)) {
            return Err(at(Some(span.clone()), &refused));
        }
    }
    let parsed: Result<Config, _> = toml::from_str(text);
    parsed.map(drop).map_err(|error| {
        let message = error.message();
        let key = error.span().and_then(|span| {
            let within = |of: &Range<usize>| of.start <= span.start && span.end <= of.end;
            keys.iter().rfind(|(_, _, of)| within(of)).map(|(key, ..)| key.as_str())
        });
        let key = key.map_or(String::new(), |key| format!("`{key}`: "));
        let redacted = without_value(&format!("{key}{message}"));
        at(error.span(), &format!("{redacted}{}", did_you_mean(message)))
    })
}

/// The path of a key, its value if that is a number, and the span of the value.
type Key = (String, Option<f64>, Range<usize>);

/// All keys; nested keys follow their tables.
fn keys(table: &DeTable<'_>) -> Vec<Key> {
    let mut found = Vec::new();
    for (name, value) in table {
        collect(name.get_ref(), value, &mut found);
    }
    found
}

fn collect(path: &str, value: &Spanned<DeValue<'_>>, found: &mut Vec<Key>) {
    let number = match value.get_ref() {
        DeValue::Integer(integer) => {
            i128::from_str_radix(integer.as_str(), integer.radix()).ok().map(|n| n as f64)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    };
    found.push((path.to_owned(), number, value.span()));
    match value.get_ref() {
        DeValue::Table(table) => {
            table
                .iter()
                .for_each(|(name, value)| collect(&format!("{path}.{}", name.get_ref()), value, found));
        }
        DeValue::Array(values) => values.iter().for_each(|value| collect(path, value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let result =
            check(Path::new("t.toml"), text).map_or_else(|error| error.to_string(), |()| "accepted".into());
        assert!(result.contains(expected), "{text}: {result}");
    }

    #[test]
    fn errors_name_the_line_the_key_and_what_would_work() {
        refused("[web]\nlisten = \"x\"\nbase_ulr = \"y\"\n", "t.toml, line 3: ");
        refused("[web]\nbase_ulr = \"y\"\n", "did you mean `base_url`?");
        refused("[web]\n\nthreads = -1\n", "line 3: `web.threads` is -1: it must be from 0 to 1024");
        refused("[web]\nthreads = \"two\"\n", "line 2: `web.threads`: invalid type: string \"two\"");
        refused("[masters]\nmax_side = 0\n", "`masters.max_side` is 0: it must be from 1 to 1000000");
        refused("[store]\nretries = 99999999999999999999\n", "`store.retries`");
        refused("[rights]\nunsaid = { largest = \"big\", original = true }\n", "\"full\"");
        refused("[pyramids]\ncompression = \"lzw\"\n", "`pyramids.compression`: unknown variant `lzw`");
        refused("[api]\ntokens = \"hunter2\"\n", "`api.tokens`: invalid type: …, expected a map");
        refused("[operations]\ntoken = 123456\n", "`operations.token`: invalid type: …, expected a string");
        refused("[web\n", "line 1");
        refused("", "accepted");
    }
}
