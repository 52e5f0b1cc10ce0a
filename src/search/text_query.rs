//! The query of what was typed: all words together, or all but one of them, or any.

use tantivy::query::{AllQuery, BooleanQuery, EmptyQuery, Occur, Query};

use super::Error;
use super::expansion::{Expander, Weighed, union};
use super::parser::{meaningful, parts};
use super::search_field::SearchField;
use super::snapshot::Snapshot;

/// A query made of what was typed.
pub struct TextQuery {
    pub query: Box<dyn Query>,
    /// What was looked for instead, where slips were forgiven.
    pub corrected: Option<String>,
    /// Whether some of the words may be missing.
    pub relaxed: bool,
}

/// Takes apart what was typed; `None` where it says nothing.
pub fn text_query(snapshot: &Snapshot, q: &str, fields: &[SearchField]) -> Result<Option<TextQuery>, Error> {
    let expander = Expander::new(snapshot, fields);
    let parts = meaningful(expander.numbers(parts(q)?)?);
    if parts.is_empty() {
        let is_all = q.chars().all(|c| c.is_whitespace() || matches!(c, '*' | '"'));
        // Signs without a letter stand in no work.
        let nothing = || TextQuery { query: Box::new(EmptyQuery), corrected: None, relaxed: false };
        return Ok((!is_all).then(nothing));
    }
    let mut corrected = Vec::new();
    let mut wanted = Vec::new();
    let mut without = Vec::new();
    let known = expander.phrases(&parts);
    let mut slipped = false;
    for part in &known {
        let (alternatives, word) = expander.alternatives(part)?;
        slipped |= word.is_some();
        if !part.without {
            corrected.push(word.unwrap_or_else(|| part.written()));
            wanted.push(alternatives);
        } else {
            without.push(alternatives);
        }
    }
    let corrected = slipped.then(|| corrected.join(" "));
    let made = |wanted: &[Vec<Weighed>], least: Option<usize>| together(wanted, &without, least);
    let all = made(&wanted, None);
    // One word cannot be missing.
    if wanted.len() < 2 || all.count(&snapshot.searcher)? > 0 {
        return Ok(Some(TextQuery { query: all, corrected, relaxed: false }));
    }
    let least = wanted.len() - 1;
    let most = made(&wanted, Some(least));
    if least > 1 && most.count(&snapshot.searcher)? > 0 {
        return Ok(Some(TextQuery { query: most, corrected, relaxed: true }));
    }
    let any = made(&wanted, Some(1));
    let relaxed = any.count(&snapshot.searcher)? > 0;
    Ok(Some(TextQuery { query: any, corrected, relaxed }))
}

/// All parts together, or so many of them at least.
fn together(wanted: &[Vec<Weighed>], without: &[Vec<Weighed>], least: Option<usize>) -> Box<dyn Query> {
    let copy = |ways: &[Weighed]| -> Vec<Weighed> {
        ways.iter().map(|(query, weight)| (query.box_clone(), *weight)).collect()
    };
    // One word is a flat choice of terms: only that can be cut short when the best are known.
    if let ([ways], []) = (wanted, without) {
        return union(copy(ways));
    }
    let occur = if least.is_some() { Occur::Should } else { Occur::Must };
    let mut clauses: Vec<(Occur, Box<dyn Query>)> =
        wanted.iter().map(|ways| (occur, union(copy(ways)))).collect();
    if wanted.is_empty() {
        clauses.push((Occur::Must, Box::new(AllQuery)));
    }
    clauses.extend(without.iter().map(|ways| (Occur::MustNot, union(copy(ways)))));
    match least {
        Some(least) => Box::new(BooleanQuery::with_minimum_required_clauses(clauses, least)),
        None => Box::new(BooleanQuery::new(clauses)),
    }
}
