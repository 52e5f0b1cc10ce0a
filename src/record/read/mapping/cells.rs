//! Reads the values in a column of a row, or at a path in a JSON record.

use serde_json::{Map, Value};

use super::rules::Rule;
use crate::record::Text;

/// The maximum number of values in a column.
pub(in crate::record::read) const MAX_VALUES: usize = 10_000;

/// The values of a rule's column. An empty cell gives an empty text, so that columns remain aligned.
pub(in crate::record::read) fn values(rule: &Rule, fields: &Map<String, Value>) -> Vec<Text> {
    let mut found = Vec::new();
    match (&rule.value, &rule.column) {
        (Some(value), _) => found.push(Text::plain(value)),
        (None, Some(column)) => match fields.get(column) {
            Some(value) => flatten(value, rule.split.as_deref(), &mut found),
            None => {
                let (first, rest) = column.split_once('.').unwrap_or((column, ""));
                if let (Some(value), false) = (fields.get(first), rest.is_empty()) {
                    follow(value, rest, rule.split.as_deref(), &mut found);
                }
            }
        },
        (None, None) => {}
    }
    found
}

/// The values in a column or at a path, as written.
pub(in crate::record::read) fn raw<'a>(column: &str, fields: &'a Map<String, Value>) -> Vec<&'a Value> {
    let mut open: Vec<(&Value, &str)> = match (fields.get(column), column.split_once('.')) {
        (Some(value), _) => return vec![value],
        (None, Some((first, rest))) => fields.get(first).map(|value| (value, rest)).into_iter().collect(),
        (None, None) => Vec::new(),
    };
    let mut found = Vec::new();
    while let Some((value, path)) = open.pop() {
        match value {
            Value::Array(all) => open.extend(all.iter().rev().map(|one| (one, path))),
            Value::Object(fields) => match (fields.get(path), path.split_once('.')) {
                (Some(value), _) => found.push(value),
                (None, Some((first, rest))) => open.extend(fields.get(first).map(|value| (value, rest))),
                (None, None) => {}
            },
            _ => {}
        }
    }
    found
}

fn follow(value: &Value, path: &str, split: Option<&str>, found: &mut Vec<Text>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| follow(one, path, split, found)),
        Value::Object(fields) => match (fields.get(path), path.split_once('.')) {
            (Some(value), _) => flatten(value, split, found),
            (None, Some((first, rest))) if fields.contains_key(first) => {
                follow(&fields[first], rest, split, found)
            }
            _ => found.push(Text::default()),
        },
        _ => found.push(Text::default()),
    }
}

fn flatten(value: &Value, split: Option<&str>, found: &mut Vec<Text>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| flatten(one, split, found)),
        Value::String(text) => match split {
            Some(split) => {
                let remaining = (MAX_VALUES + 1).saturating_sub(found.len());
                found.extend(text.split(split).take(remaining).map(Text::plain));
            }
            None => found.push(Text::plain(text)),
        },
        Value::Bool(truth) => found.push(Text::plain(&truth.to_string())),
        other => found.push(serde_json::from_value(other.clone()).unwrap_or_default()),
    }
}
