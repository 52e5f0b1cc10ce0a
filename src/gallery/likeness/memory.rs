//! Which vectors are loaded: one version of each analyzer, as far as memory allows.

use crate::catalogue::VectorVersion;

/// The analyzer of color and composition, whose vectors are descriptors.
pub(super) const DESCRIPTOR: &str = "measures";
/// Vectors with at least this many values are reduced, if there are many of them.
const REDUCED_FROM: u64 = 512;
/// Values of a reduced vector.
const REDUCED: u64 = 256;
/// The number of vectors from which they are reduced.
const MANY: u64 = 16_384;
/// Bytes of a vector besides its values: its scale, its place, and the work's number.
const BESIDES: u64 = 24 + 60 + 64;
/// Bytes that reducing vectors takes for a moment.
const PREPARATION: u64 = 68 << 20;

/// A version of an analyzer, and what its vectors take in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub version: VectorVersion,
    /// Values of a vector.
    pub dimension: usize,
}

impl Candidate {
    /// An estimate of the bytes that its vectors take when they are loaded. Most works have one image.
    pub(super) fn bytes(&self) -> u64 {
        let (count, dimension) = (self.version.vectors, self.dimension as u64);
        let is_reduced = dimension >= REDUCED_FROM && count >= MANY;
        let (reduced, preparation) = if is_reduced { (REDUCED, PREPARATION) } else { (0, 0) };
        count * (dimension + reduced + BESIDES) + preparation
    }
}

/// The version of each analyzer with the most vectors, the newest of several with as many; descriptors come first, since
/// they take least and say why works are alike.
pub(super) fn versions(mut all: Vec<VectorVersion>) -> Vec<VectorVersion> {
    all.sort_by(|a, b| {
        let others = |one: &VectorVersion| one.analyzer != DESCRIPTOR;
        let own = others(a).cmp(&others(b)).then_with(|| a.analyzer.cmp(&b.analyzer));
        own.then(b.vectors.cmp(&a.vectors)).then(b.newest_ms.cmp(&a.newest_ms))
    });
    all.dedup_by(|later, first| later.analyzer == first.analyzer);
    all
}

/// Those that fit in this memory together, and those that do not, in their order.
pub(super) fn fitting(candidates: Vec<Candidate>, limit: u64) -> (Vec<Candidate>, Vec<Candidate>) {
    let mut taken = 0;
    candidates.into_iter().partition(|candidate| {
        let fits = taken + candidate.bytes() <= limit;
        taken += if fits { candidate.bytes() } else { 0 };
        fits
    })
}

/// Why vectors are not loaded, and what works.
pub(super) fn too_large(left_out: &Candidate, loaded: &[Candidate]) -> String {
    let needed: u64 = loaded.iter().chain([left_out]).map(Candidate::bytes).sum();
    format!(
        "the {} vectors of `{}` do not fit in memory: set likeness.memory_mib to {} or more",
        left_out.version.vectors,
        left_out.version.analyzer,
        needed.div_ceil(1 << 20)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(analyzer: &str, version: &str, vectors: u64, newest_ms: i64) -> VectorVersion {
        VectorVersion { analyzer: analyzer.into(), version: version.into(), vectors, newest_ms }
    }

    #[test]
    fn the_version_with_most_vectors_is_used() {
        let all = vec![
            version("model:a", "1", 50, 9),
            version("measures", "1", 100, 1),
            version("measures", "2", 7, 5),
            version("model:a", "2", 50, 10),
            version("aaa", "1", 3, 3),
        ];
        let chosen: Vec<_> = versions(all).into_iter().map(|one| (one.analyzer, one.version)).collect();
        let expected = [("measures", "1"), ("aaa", "1"), ("model:a", "2")];
        assert_eq!(chosen, expected.map(|(analyzer, version)| (analyzer.to_owned(), version.to_owned())));
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_the_text_names_what_works() {
        let large = Candidate { version: version("model:a", "1", 260_000, 0), dimension: 1280 };
        let small = Candidate { version: version("measures", "1", 260_000, 0), dimension: 223 };
        assert!((440 << 20..512 << 20).contains(&large.bytes()), "{}", large.bytes() >> 20);
        let both = vec![small.clone(), large.clone()];
        let (loaded, left_out) = fitting(both.clone(), 512 << 20);
        assert_eq!((&loaded[..], &left_out[..]), (&both[..1], &both[1..]));
        let text = too_large(&large, &loaded);
        let needed: u64 = text.split(' ').find_map(|word| word.parse().ok().filter(|n| *n < 10_000)).unwrap();
        assert!(fitting(both.clone(), needed << 20).1.is_empty(), "{text}");
        assert_eq!(fitting(both, 0).0.len(), 0);
    }
}
