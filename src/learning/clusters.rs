//! Divides a collection into clusters that keep their numbers and names while it grows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::Invalid;
use super::kmeans::{group, nearest};
use super::unit::{dot, unit};

/// More than a curator can look through are not made.
const MOST: usize = 200;
/// How much of the works of two clusters must be common to both, for the later to be the earlier one.
const PERSISTS: f64 = 1.0 / 3.0;

/// The clusters of a collection, by the embeddings of one version of a model.
///
/// Their number is the square root of half the number of works, 200 at most; it never falls by itself.
///
/// A later run begins at the earlier centres, if it has the same model. Its clusters are then matched with the earlier
/// ones by the works that were in both runs: pairs by the share of their works that is common to both (of all works in
/// either), the largest share first, down to a third. Matched ones keep the number, and with it name, merging and
/// hiding; others get numbers that were never used. This also holds with another model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Clusters {
    model: String,
    /// The mean embedding: what all works have in common does not tell them apart.
    common: Vec<f32>,
    next: u32,
    clusters: Vec<Cluster>,
}

/// A cluster, with a curator's changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cluster {
    /// Its number, which it keeps.
    pub(crate) id: u32,
    /// The number of works in it in the last run; 0 if it has ended, and is kept for its name or for those merged into it.
    pub(crate) works: usize,
    /// The curator's name.
    pub(crate) name: Option<String>,
    /// Whether it is not shown.
    pub(crate) is_hidden: bool,
    /// The cluster as a part of which it is shown.
    pub(crate) merged_into: Option<u32>,
    center: Vec<f32>,
}

/// The cluster of each work, as numbered before merging: for storage, and for the next run.
pub(crate) type Members = HashMap<u64, u32>;

impl Clusters {
    /// Clusters of works: their numbers and embeddings. Some 20,000 works are enough for large collections, chosen evenly;
    /// [`Clusters::assign`] then knows the clusters of the others.
    pub(crate) fn find(
        model: &str,
        works: &[(u64, Vec<f32>)],
        threads: NonZeroUsize,
    ) -> Result<(Self, Members), Invalid> {
        let none = Self { model: String::new(), common: Vec::new(), next: 1, clusters: Vec::new() };
        none.again(model, works, &Members::new(), threads)
    }

    /// The next run: of the same works and others, with the same model or another. `members` are those of this run.
    pub(crate) fn again(
        &self,
        model: &str,
        works: &[(u64, Vec<f32>)],
        members: &Members,
        threads: NonZeroUsize,
    ) -> Result<(Self, Members), Invalid> {
        let Some((_, first)) = works.first() else { return Err(Invalid::TooFew { fewest: 1, found: 0 }) };
        let units =
            works.iter().map(|(_, embedding)| unit(embedding, first.len())).collect::<Result<Vec<_>, _>>()?;
        let is_continued = model == self.model && first.len() == self.common.len();
        let common = if is_continued { self.common.clone() } else { mean(&units) };
        let points: Vec<_> = units.iter().map(|unit| relative(unit, &common)).collect();
        let live = || self.clusters.iter().filter(|cluster| cluster.works > 0);
        let start: Vec<_> = live().filter(|_| is_continued).map(|cluster| cluster.center.clone()).collect();
        let count = usual_count(works.len()).max(live().count()).min(works.len());
        let groups = group(&points, start, count, threads);

        let matched = self.matched(works, &groups.nearest, members);
        let mut next = Self { model: model.to_owned(), common, next: self.next, clusters: Vec::new() };
        let mut numbers = BTreeMap::new();
        for (at, center) in groups.centers.into_iter().enumerate() {
            let works = groups.nearest.iter().filter(|nearest| **nearest == at).count();
            if works > 0 {
                let earlier = matched.get(&at).and_then(|id| self.cluster(*id));
                numbers.insert(at, next.add(earlier, center, works));
            }
        }
        next.keep_ended(self);
        let members = works.iter().zip(&groups.nearest).map(|((work, _), at)| (*work, numbers[at])).collect();
        Ok((next, members))
    }

    /// All clusters, in the order of their numbers; those that were merged, hidden or have ended too.
    pub(crate) fn all(&self) -> &[Cluster] {
        &self.clusters
    }

    /// The number of the cluster nearest to an embedding, before merging, and how clearly it is the nearest: 1 if the
    /// embedding is in its centre, 0 if another cluster that is shown by itself is as near (the simplified silhouette).
    pub(crate) fn assign(&self, embedding: &[f32]) -> Result<Option<(u32, f64)>, Invalid> {
        let point = relative(&unit(embedding, self.common.len())?, &self.common);
        let live: Vec<_> = self.clusters.iter().filter(|cluster| cluster.works > 0).collect();
        let found = nearest(&point, live.iter().map(|cluster| &cluster.center));
        let Some((at, cosine)) = found else { return Ok(None) };
        let own = self.target(live[at].id);
        let others = live.iter().filter(|cluster| self.target(cluster.id) != own);
        let next = nearest(&point, others.map(|cluster| &cluster.center)).map_or(0.0, |(_, cosine)| cosine);
        let (own, next) = (1.0 - f64::from(cosine), 1.0 - f64::from(next));
        let clarity = if next > 0.0 { (1.0 - own / next).clamp(0.0, 1.0) } else { 0.0 };
        Ok(Some((live[at].id, clarity)))
    }

    /// What decides which cluster a work belongs to: the clusters without curators' changes.
    pub(crate) fn content(&self) -> impl Serialize + '_ {
        let centers: Vec<_> = self.clusters.iter().map(|cluster| (cluster.id, &cluster.center)).collect();
        (&self.model, &self.common, centers)
    }

    /// The cluster under which the works of cluster `id` are shown; none if it is hidden or unknown.
    pub(crate) fn shown(&self, id: u32) -> Option<&Cluster> {
        let cluster = self.cluster(self.target(id))?;
        (!cluster.is_hidden).then_some(cluster)
    }

    /// Names a cluster, or takes its name away; false if there is none of this number.
    pub(crate) fn name(&mut self, id: u32, name: Option<String>) -> bool {
        self.change(id, |cluster| cluster.name = name)
    }

    /// Hides a cluster, or shows it again; false if there is none of this number.
    pub(crate) fn hide(&mut self, id: u32, is_hidden: bool) -> bool {
        self.change(id, |cluster| cluster.is_hidden = is_hidden)
    }

    /// Shows a cluster as a part of another, or by itself again; false if one is unknown, or the other is already a part
    /// of this one.
    pub(crate) fn merge(&mut self, id: u32, into: Option<u32>) -> bool {
        let is_possible = into.is_none_or(|into| self.cluster(into).is_some() && self.target(into) != id);
        is_possible && self.change(id, |cluster| cluster.merged_into = into)
    }

    fn cluster(&self, id: u32) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.id == id)
    }

    fn change(&mut self, id: u32, change: impl FnOnce(&mut Cluster)) -> bool {
        self.clusters.iter_mut().find(|cluster| cluster.id == id).map(change).is_some()
    }

    /// Where merging leads; [`Clusters::merge`] makes no circles, and a stored one ends here as well.
    fn target(&self, id: u32) -> u32 {
        let mut target = id;
        for _ in &self.clusters {
            match self.cluster(target).and_then(|cluster| cluster.merged_into) {
                Some(into) => target = into,
                None => break,
            }
        }
        target
    }

    fn add(&mut self, earlier: Option<&Cluster>, center: Vec<f32>, works: usize) -> u32 {
        let cluster = match earlier {
            Some(earlier) => Cluster { works, center, ..earlier.clone() },
            None => {
                self.next += 1;
                Cluster { id: self.next - 1, works, name: None, is_hidden: false, merged_into: None, center }
            }
        };
        let id = cluster.id;
        self.clusters.push(cluster);
        id
    }

    /// Keeps the earlier clusters that have ended but have a name, or are those into which others were merged.
    fn keep_ended(&mut self, earlier: &Self) {
        let live: BTreeSet<u32> = self.clusters.iter().map(|cluster| cluster.id).collect();
        let mut targets = live.clone();
        loop {
            let before = targets.len();
            let into = earlier
                .clusters
                .iter()
                .filter(|cluster| targets.contains(&cluster.id) || cluster.name.is_some());
            let into: Vec<u32> = into.filter_map(|cluster| cluster.merged_into).collect();
            targets.extend(into);
            if targets.len() == before {
                break;
            }
        }
        let is_kept = |cluster: &&Cluster| {
            !live.contains(&cluster.id) && (cluster.name.is_some() || targets.contains(&cluster.id))
        };
        let ended = earlier.clusters.iter().filter(is_kept);
        self.clusters.extend(ended.map(|cluster| Cluster {
            works: 0,
            center: Vec::new(),
            ..cluster.clone()
        }));
        self.clusters.sort_by_key(|cluster| cluster.id);
    }

    /// The earlier number of each group that continues a cluster.
    fn matched(
        &self,
        works: &[(u64, Vec<f32>)],
        groups: &[usize],
        members: &Members,
    ) -> BTreeMap<usize, u32> {
        let (mut both, mut before, mut now) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for ((work, _), group) in works.iter().zip(groups) {
            if let Some(id) = members.get(work) {
                *both.entry((*group, *id)).or_insert(0_usize) += 1;
                *before.entry(*id).or_insert(0_usize) += 1;
                *now.entry(*group).or_insert(0_usize) += 1;
            }
        }
        let share = |((group, id), common): (&(usize, u32), &usize)| {
            (*common as f64 / (before[id] + now[group] - common) as f64, *group, *id)
        };
        let mut pairs: Vec<_> = both.iter().map(share).filter(|(share, ..)| *share >= PERSISTS).collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
        let (mut matched, mut used) = (BTreeMap::new(), BTreeSet::new());
        for (_, group, id) in pairs {
            if !matched.contains_key(&group) && used.insert(id) {
                matched.insert(group, id);
            }
        }
        matched
    }
}

fn usual_count(works: usize) -> usize {
    ((works as f64 / 2.0).sqrt().round() as usize).clamp(1, MOST)
}

fn mean(units: &[Vec<f32>]) -> Vec<f32> {
    let mut mean = vec![0.0; units.first().map_or(0, Vec::len)];
    for unit in units {
        mean.iter_mut().zip(unit).for_each(|(mean, value)| *mean += value / units.len() as f32);
    }
    mean
}

/// The direction in which a vector differs from what is common to all; no direction if it does not differ.
fn relative(unit: &[f32], common: &[f32]) -> Vec<f32> {
    let difference: Vec<f32> = unit.iter().zip(common).map(|(value, common)| value - common).collect();
    let length = dot(&difference, &difference).sqrt();
    if length < 1e-6 { difference } else { difference.into_iter().map(|value| value / length).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;

    /// Works around so many directions, by turns.
    fn works(count: u64, directions: u64) -> Vec<(u64, Vec<f32>)> {
        let mut state = 3_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f32 / (1_u64 << 31) as f32 - 0.5
        };
        let mut embedding = |work: u64| {
            (0..16).map(|axis| random() * 0.3 + if axis == work % directions { 1.0 } else { 0.3 }).collect()
        };
        (0..count).map(|work| (work, embedding(work))).collect()
    }

    /// The cluster in which most works of a direction are.
    fn main_cluster(members: &Members, direction: u64, directions: u64) -> u32 {
        let mut counts = BTreeMap::new();
        let own = members.iter().filter(|(work, _)| *work % directions == direction);
        own.for_each(|(_, id)| *counts.entry(*id).or_insert(0) += 1);
        *counts.iter().max_by_key(|(id, count)| (**count, **id)).unwrap().0
    }

    #[test]
    fn works_of_one_direction_are_in_one_cluster() {
        let (clusters, members) = Clusters::find("m", &works(72, 6), ONE).unwrap();
        assert_eq!(clusters.all().len(), 6);
        for (work, id) in &members {
            assert_eq!(*id, main_cluster(&members, work % 6, 6));
        }
        assert_eq!(clusters.all().iter().map(|cluster| cluster.works).sum::<usize>(), 72);
        let again = Clusters::find("m", &works(72, 6), NonZeroUsize::new(3).unwrap()).unwrap();
        assert_eq!(again, (clusters, members));
    }

    #[test]
    fn numbers_and_decisions_stay_while_a_collection_grows() {
        let (mut clusters, members) = Clusters::find("m", &works(72, 6), ONE).unwrap();
        let id = |direction| main_cluster(&members, direction, 6);
        assert!(clusters.name(id(0), Some("Harbours".into())));
        assert!(clusters.merge(id(1), Some(id(0))) && clusters.hide(id(2), true));
        assert!(!clusters.merge(id(0), Some(id(1))), "a circle");
        // Works of new directions come along, and some of the earlier ones are no longer there.
        let mut grown = works(72, 6).split_off(6);
        grown.extend(works(200, 8).into_iter().map(|(work, embedding)| (1000 + work, embedding)));
        let (next, later) = clusters.again("m", &grown, &members, ONE).unwrap();
        assert!(next.all().len() > 6);
        for work in 6..72 {
            assert_eq!(later[&work], members[&work], "work {work}");
        }
        assert_eq!(next.shown(id(1)).unwrap().name.as_deref(), Some("Harbours"));
        assert_eq!(next.shown(id(2)), None);
        let (nearest, clarity) = next.assign(&works(72, 6)[3].1).unwrap().unwrap();
        assert_eq!(nearest, id(3));
        assert!(clarity > 0.5, "{clarity}");
        let json = serde_json::to_string(&next).unwrap();
        assert_eq!(serde_json::from_str::<Clusters>(&json).unwrap(), next);
    }

    #[test]
    fn numbers_stay_with_another_model() {
        let (clusters, members) = Clusters::find("m", &works(72, 6), ONE).unwrap();
        let mut other = works(72, 6);
        other.iter_mut().for_each(|(_, embedding)| {
            embedding.reverse();
            embedding.truncate(14);
        });
        let (next, later) = clusters.again("other", &other, &members, ONE).unwrap();
        // Two directions cannot be told apart by the other model.
        let same = later.iter().filter(|(work, id)| members[work] == **id).count();
        assert!(same >= 48, "{same}");
        assert!(next.assign(&[1.0; 16]).is_err());
    }

    #[test]
    fn a_named_cluster_that_ends_is_kept_and_its_number_not_used_again() {
        let (mut clusters, members) = Clusters::find("m", &works(72, 6), ONE).unwrap();
        let first = main_cluster(&members, 0, 6);
        clusters.name(first, Some("Harbours".into()));
        let others: Vec<_> = works(72, 6).into_iter().filter(|(work, _)| work % 6 != 0).collect();
        let (next, later) = clusters.again("m", &others, &members, ONE).unwrap();
        assert!(later.values().all(|id| *id != first));
        let ended = next.shown(first).unwrap();
        assert_eq!((ended.works, ended.name.as_deref()), (0, Some("Harbours")));
        let (third, _) = next.again("m", &works(72, 6), &later, ONE).unwrap();
        assert_eq!(third.all().iter().filter(|cluster| cluster.id == first).count(), 1);
    }

    #[test]
    fn equal_works_are_one_cluster_and_none_are_refused() {
        let equal: Vec<_> = (0..20).map(|work| (work, vec![1.0, 2.0])).collect();
        let (clusters, _) = Clusters::find("m", &equal, ONE).unwrap();
        assert_eq!(clusters.all().iter().map(|cluster| cluster.works).sum::<usize>(), 20);
        assert_eq!(Clusters::find("m", &[], ONE), Err(Invalid::TooFew { fewest: 1, found: 0 }));
    }
}
