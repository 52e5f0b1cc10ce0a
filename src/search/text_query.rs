//! Builds the text query: all words, otherwise all but one, otherwise any of them.

use tantivy::query::{AllQuery, BooleanQuery, EmptyQuery, Occur, Query};

use super::Error;
use super::expansion::{Expander, Weighted, union};
use super::parser::{parts, without_stop_words};
use super::search_field::SearchField;
use super::snapshot::Snapshot;

/// An expanded query.
pub(super) struct TextQuery {
    pub query: Box<dyn Query>,
    /// The corrected query, if misspelled words were corrected.
    pub corrected: Option<String>,
    /// Whether works match only some of the words.
    pub relaxed: bool,
}

/// Parses and expands a query; `None` if it is empty and selects all works.
pub(super) fn text_query(
    snapshot: &Snapshot,
    q: &str,
    fields: &[SearchField],
) -> Result<Option<TextQuery>, Error> {
    let expander = Expander::new(snapshot, fields);
    let parts = without_stop_words(expander.numbers(parts(q)?)?);
    if parts.is_empty() {
        let is_all = q.chars().all(|c| c.is_whitespace() || matches!(c, '*' | '"'));
        // A query of punctuation only matches no work.
        let nothing = || TextQuery { query: Box::new(EmptyQuery), corrected: None, relaxed: false };
        return Ok((!is_all).then(nothing));
    }
    let mut corrected = Vec::new();
    let mut wanted = Vec::new();
    let mut without = Vec::new();
    let known = expander.phrases(&parts);
    let mut is_corrected = false;
    for part in &known {
        let (alternatives, word) = expander.alternatives(part)?;
        is_corrected |= word.is_some();
        if !part.without {
            corrected.push(word.unwrap_or_else(|| part.written()));
            wanted.push(alternatives);
        } else {
            without.push(alternatives);
        }
    }
    let corrected = is_corrected.then(|| corrected.join(" "));
    let query = |wanted: &[Vec<Weighted>], least: Option<usize>| combined(wanted, &without, least);
    let all = query(&wanted, None);
    // A single word cannot be dropped.
    if wanted.len() < 2 || all.count(&snapshot.searcher)? > 0 {
        return Ok(Some(TextQuery { query: all, corrected, relaxed: false }));
    }
    let least = wanted.len() - 1;
    let most = query(&wanted, Some(least));
    if least > 1 && most.count(&snapshot.searcher)? > 0 {
        return Ok(Some(TextQuery { query: most, corrected, relaxed: true }));
    }
    let any = query(&wanted, Some(1));
    let relaxed = any.count(&snapshot.searcher)? > 0;
    Ok(Some(TextQuery { query: any, corrected, relaxed }))
}

/// Works that match all parts, or at least `least` of them.
fn combined(wanted: &[Vec<Weighted>], without: &[Vec<Weighted>], least: Option<usize>) -> Box<dyn Query> {
    let copy = |ways: &[Weighted]| -> Vec<Weighted> {
        ways.iter().map(|(query, weight)| (query.box_clone(), *weight)).collect()
    };
    // A single word becomes a flat union of terms, which lets tantivy stop early when the best hits are known.
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
