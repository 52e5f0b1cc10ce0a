//! Builds the text query: all words, otherwise all that name no kind of work, otherwise all but one, otherwise any.

use tantivy::query::{AllQuery, BooleanQuery, EmptyQuery, Occur, Query};

use super::Error;
use super::expansion::{Expander, Weighted, copy, union};
use super::parser::{parts, without_stop_words};
use super::part::Part;
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

/// The expanded parts of a query: what each matches.
#[derive(Default)]
struct Clauses {
    wanted: Vec<Vec<Weighted>>,
    /// Kinds of works, which many records do not name.
    kinds: Vec<Vec<Weighted>>,
    /// Works whose types name these kinds.
    types: Vec<Weighted>,
    /// What raises the score only.
    optional: Vec<Vec<Weighted>>,
    without: Vec<Vec<Weighted>>,
}

/// Parses and expands a query; `None` if it is empty and selects all works.
pub(super) fn text_query(
    snapshot: &Snapshot,
    q: &str,
    fields: &[SearchField],
) -> Result<Option<TextQuery>, Error> {
    let expander = Expander::new(snapshot, fields);
    let mut parts = expander.names(expander.numbers(parts(q, &snapshot.periods)?)?)?;
    let roles = expander.creator_roles(&mut parts)?;
    let parts = without_stop_words(parts);
    if parts.is_empty() {
        let is_all = q.chars().all(|c| c.is_whitespace() || matches!(c, '*' | '"'));
        // A query of punctuation only matches no work.
        let nothing = || TextQuery { query: Box::new(EmptyQuery), corrected: None, relaxed: false };
        return Ok((!is_all).then(nothing));
    }
    let parts = expander.phrases(&parts);
    let (mut clauses, corrected) = expanded(&expander, &parts)?;
    clauses.wanted.extend(roles);
    let all = clauses.all();
    // A single word cannot be dropped.
    if clauses.wanted.len() + clauses.kinds.len() < 2 || all.count(&snapshot.searcher)? > 0 {
        return Ok(Some(TextQuery { query: all, corrected, relaxed: false }));
    }
    if !clauses.kinds.is_empty() && !clauses.wanted.is_empty() {
        let most = clauses.without_kinds();
        if most.count(&snapshot.searcher)? > 0 {
            return Ok(Some(TextQuery { query: most, corrected, relaxed: true }));
        }
    }
    let least = clauses.wanted.len() + clauses.kinds.len() - 1;
    let most = clauses.at_least(least);
    if least > 1 && most.count(&snapshot.searcher)? > 0 {
        return Ok(Some(TextQuery { query: most, corrected, relaxed: true }));
    }
    let any = clauses.at_least(1);
    let relaxed = any.count(&snapshot.searcher)? > 0;
    Ok(Some(TextQuery { query: any, corrected, relaxed }))
}

/// Expands the parts of a query; returns the corrected query, too, if words were corrected.
fn expanded(expander: &Expander<'_>, parts: &[Part]) -> Result<(Clauses, Option<String>), Error> {
    let mut clauses = Clauses::default();
    let mut corrected = Vec::new();
    let mut is_corrected = false;
    let is_required = |part: &Part| !part.without && !part.is_optional();
    let any_required = parts.iter().any(is_required);
    for (at, part) in parts.iter().enumerate() {
        let (mut alternatives, word) = expander.alternatives(part, parts)?;
        if let Some(before) = at.checked_sub(1).and_then(|before| parts.get(before)) {
            expander.joined(before, part, &mut alternatives)?;
        }
        if let Some(after) = parts.get(at + 1) {
            expander.joined(part, after, &mut alternatives)?;
        }
        if part.without {
            clauses.without.push(alternatives);
            continue;
        }
        is_corrected |= word.is_some();
        corrected.push(word.unwrap_or_else(|| part.written()));
        if any_required && !is_required(part) {
            clauses.optional.push(alternatives);
        } else if let Some(kind) = part.kind() {
            clauses.kinds.push(alternatives);
            clauses.types.extend(expander.of_type(kind));
        } else {
            clauses.wanted.push(alternatives);
        }
    }
    let names = expander.full_names(parts)?;
    if !names.is_empty() {
        clauses.optional.push(names);
    }
    Ok((clauses, is_corrected.then(|| corrected.join(" "))))
}

impl Clauses {
    /// Works that match all parts.
    fn all(&self) -> Box<dyn Query> {
        let wanted: Vec<&Vec<Weighted>> = self.wanted.iter().chain(&self.kinds).collect();
        // A single word becomes a flat union of terms, which lets tantivy stop early when the best hits are known.
        if let ([ways], true, true) = (wanted.as_slice(), self.without.is_empty(), self.optional.is_empty()) {
            return union(copy(ways));
        }
        Box::new(BooleanQuery::new(self.clauses(Occur::Must, Occur::Must)))
    }

    /// Works that match all parts that do not name a kind of work.
    fn without_kinds(&self) -> Box<dyn Query> {
        Box::new(BooleanQuery::new(self.clauses(Occur::Must, Occur::Should)))
    }

    /// Works that match at least so many parts.
    fn at_least(&self, least: usize) -> Box<dyn Query> {
        let wanted: Vec<(Occur, Box<dyn Query>)> =
            self.wanted.iter().chain(&self.kinds).map(|ways| (Occur::Should, union(copy(ways)))).collect();
        let wanted = BooleanQuery::with_minimum_required_clauses(wanted, least);
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(wanted))];
        clauses.extend(self.optional.iter().map(|ways| (Occur::Should, union(copy(ways)))));
        clauses.extend(self.without.iter().map(|ways| (Occur::MustNot, union(copy(ways)))));
        Box::new(BooleanQuery::new(clauses))
    }

    fn clauses(&self, wanted: Occur, kinds: Occur) -> Vec<(Occur, Box<dyn Query>)> {
        let of = |occur: Occur, parts: &[Vec<Weighted>]| {
            parts.iter().map(|ways| (occur, union(copy(ways)))).collect::<Vec<_>>()
        };
        let mut clauses = of(wanted, &self.wanted);
        clauses.extend(of(kinds, &self.kinds));
        if clauses.is_empty() {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        if !self.wanted.is_empty() && !self.types.is_empty() {
            clauses.push((Occur::Should, union(copy(&self.types))));
        }
        clauses.extend(of(Occur::Should, &self.optional));
        clauses.extend(of(Occur::MustNot, &self.without));
        clauses
    }
}
