//! Roles of creators: works by the role of anyone, and of certain creators.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED, Term};

use super::Error;
use super::hits::Hits;
use super::request::{Filter, Search};
use super::schema::{ROLE, ROLE_PREFIX, SEPARATOR, joined, schema};
use super::snapshot::Snapshot;
use super::vocabulary::FacetValue;
use crate::presentation::creator_roles::CreatorRole;
use crate::record::{Creator, Facet, Text, Work, slug};

/// The scheme of creators.
pub(super) const CREATOR: &str = "creator";
/// The maximum number of roles of a creator that are read.
const MAX_ROLES: usize = 500;

/// The facet value of a creator's role: names of one role in two languages have one value.
fn role_facet(creator: &Creator) -> Option<Facet> {
    let name = creator.role.as_deref()?.trim();
    let label = match CreatorRole::named(name) {
        None => Text::plain(name),
        Some(role) => {
            let mut label = Text::of("en", role.label.en);
            label.add("da", role.label.da);
            label
        }
    };
    let first = label.best(&["en"])?;
    let (value, sort) = (slug(first), first.to_lowercase());
    (!value.is_empty()).then(|| Facet { scheme: ROLE.into(), value, label, sort })
}

/// The roles of a work's creators.
pub(super) fn role_facets(work: &Work) -> impl Iterator<Item = Facet> {
    work.creators.iter().filter_map(role_facet)
}

/// The terms of a work's creators with their roles.
pub(super) fn role_terms(work: &Work) -> BTreeSet<String> {
    let term = |creator: &Creator| Some(role_term(&slug(&creator.name), &role_facet(creator)?.value));
    work.creators.iter().filter_map(term).collect()
}

/// The term in `any_case` of works by a creator in a role, both given as facet values.
pub(super) fn role_term(creator: &str, role: &str) -> String {
    format!("{ROLE_PREFIX}{}", joined(&[creator, role]))
}

impl Snapshot {
    /// The roles of a creator, given as facet value, with their numbers of works, the most frequent first.
    pub(crate) fn roles_of(&self, creator: &str) -> Result<Vec<(FacetValue, u64)>, Error> {
        let counts = self.counted_terms(schema().1.any_case, &role_term(creator, ""), MAX_ROLES)?;
        let vocabulary = self.vocabulary();
        let role = |(term, works): (String, u64)| {
            let number = vocabulary.find(ROLE, term.rsplit_once(SEPARATOR)?.1)?;
            Some((vocabulary.value(number)?.clone(), works))
        };
        let mut roles: Vec<(FacetValue, u64)> = counts.into_iter().filter_map(role).collect();
        roles.sort_by_key(|&(_, works)| std::cmp::Reverse(works));
        Ok(roles)
    }

    /// The creators that a search's filters select.
    pub(super) fn selected_creators(&self, search: &Search) -> Vec<String> {
        let filters = search.any.iter().chain(&search.all).chain(search.each.iter().flatten());
        let selected = filters.filter(|filter| filter.scheme == CREATOR);
        let values: BTreeSet<String> = selected.flat_map(|filter| self.values_of(filter)).collect();
        values.into_iter().collect()
    }

    /// The index terms of works by these creators in a role.
    pub(super) fn terms_in_role(&self, creators: &[String], filter: &Filter) -> Vec<Term> {
        let roles = self.values_of(filter);
        let of_creator = |creator: &String| {
            let term = |role: &String| Term::from_field_text(schema().1.any_case, &role_term(creator, role));
            roles.iter().map(term).collect::<Vec<_>>()
        };
        creators.iter().flat_map(of_creator).collect()
    }

    /// The roles that a search's filters select: works must have one of each list.
    pub(super) fn selected_roles(&self, search: &Search) -> Vec<Vec<String>> {
        let values = |filters: &[&Filter]| filters.iter().flat_map(|filter| self.values_of(filter)).collect();
        let is_role = |filter: &&Filter| filter.scheme == ROLE;
        let any: Vec<&Filter> = search.any.iter().filter(is_role).collect();
        let all = search.all.iter().filter(is_role).map(|filter| vec![filter]);
        let each = search.each.iter().map(|filters| filters.iter().collect::<Vec<_>>());
        let each = each.filter(|filters| filters.iter().all(is_role));
        std::iter::once(any)
            .chain(all)
            .chain(each)
            .filter(|list| !list.is_empty())
            .map(|list| values(&list))
            .collect()
    }

    /// The number of hits by each role of these creators, by the role's number in the vocabulary.
    pub(super) fn role_counts(&self, creators: &[String], hits: &[Hits]) -> Result<Vec<(u32, u64)>, Error> {
        let starts: Vec<String> = creators.iter().map(|creator| role_term(creator, "")).collect();
        self.counts_by(ROLE, &starts, hits, 1, |_, role| Some((role.to_owned(), 1)))
    }

    /// The number of hits by each creator with the selected roles, by the creator's number in the vocabulary.
    pub(super) fn creator_counts(
        &self,
        roles: &[Vec<String>],
        hits: &[Hits],
    ) -> Result<Vec<(u32, u64)>, Error> {
        let wanted = |creator: &str, role: &str| {
            let lists = roles.iter().enumerate().filter(|(_, list)| list.iter().any(|one| one == role));
            let met: u64 = lists.map(|(at, _)| 1u64.checked_shl(at as u32).unwrap_or(0)).sum();
            (met > 0).then(|| (creator.to_owned(), met))
        };
        self.counts_by(CREATOR, &[ROLE_PREFIX.to_owned()], hits, roles.len(), wanted)
    }

    /// The number of hits with each value of a scheme. `value_of` says which value a creator with a role has, and which
    /// of so many conditions, as bits, that meets; hits count that meet all conditions.
    fn counts_by(
        &self,
        scheme: &str,
        starts: &[String],
        hits: &[Hits],
        conditions: usize,
        value_of: impl Fn(&str, &str) -> Option<(String, u64)>,
    ) -> Result<Vec<(u32, u64)>, Error> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (hits, (_, reader, _)) in hits.iter().zip(self.segments()) {
            let is_hit = |work: &DocId| match hits {
                Hits::All => true,
                Hits::Some(works) => works.binary_search(work).is_ok(),
            };
            let inverted = reader.inverted_index(schema().1.any_case)?;
            let mut works: BTreeMap<String, BTreeMap<DocId, u64>> = BTreeMap::new();
            for start in starts {
                let mut stream = inverted.terms().range().ge(start).into_stream()?;
                while stream.advance() && stream.key().starts_with(start.as_bytes()) {
                    let term = String::from_utf8_lossy(stream.key());
                    let pair = term.strip_prefix(ROLE_PREFIX).and_then(|pair| pair.split_once(SEPARATOR));
                    let Some((value, met)) = pair.and_then(|(creator, role)| value_of(creator, role)) else {
                        continue;
                    };
                    let mut postings =
                        inverted.read_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
                    let own = works.entry(value).or_default();
                    while postings.doc() != TERMINATED {
                        if is_hit(&postings.doc()) {
                            *own.entry(postings.doc()).or_default() |= met;
                        }
                        postings.advance();
                    }
                }
            }
            for (value, works) in works {
                let count =
                    works.values().filter(|met| met.count_ones() as usize == conditions).count() as u64;
                *counts.entry(value).or_default() += count;
            }
        }
        let vocabulary = self.vocabulary();
        let numbered = |(value, count): (String, u64)| Some((vocabulary.find(scheme, &value)?, count));
        Ok(counts.into_iter().filter_map(numbered).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_in_two_languages_have_one_value() {
        let facet = |role: &str| {
            role_facet(&Creator { name: "x".into(), role: Some(role.into()), ..Creator::default() })
        };
        let value = |role: &str| facet(role).map(|facet| facet.value);
        assert_eq!(value("Efter"), value("after "));
        assert_eq!(value("kobberstikker").as_deref(), Some("engraver"));
        assert_eq!(value("and a pupil").as_deref(), Some("and-a-pupil"));
        assert_eq!(value(" "), None);
        assert_eq!(
            facet("Efter").and_then(|facet| facet.label.best(&["da"]).map(str::to_owned)).as_deref(),
            Some("efter")
        );
    }
}
