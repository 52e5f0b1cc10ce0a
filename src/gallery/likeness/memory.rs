//! Which vectors are loaded: one version of each analyzer, as far as memory allows.

use crate::catalogue::VectorVersion;
use crate::nearest::{GRID, REGIONS, packed_dimension};

/// Begins the names of analyzers of details.
const DETAILS: &str = "details:";
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
/// Of these, those of each further vector of a work.
const ROW: u64 = 24 + 4;
/// Bytes of an image with details besides: its file's name, and which regions have vectors.
const DETAILED: u64 = 160;
/// Bytes that reducing vectors takes for a moment.
const PREPARATION: u64 = 68 << 20;

/// The analyzer that reads details as this one reads whole images.
pub(in crate::gallery) fn details_of(analyzer: &str) -> String {
    format!("{DETAILS}{analyzer}")
}

/// The version of an analyzer of details: that of the whole images' analyzer, and the grid.
pub(in crate::gallery) fn details_version(version: &str) -> String {
    format!("{version} {GRID}")
}

/// The analyzer of whole images, if this is one of details.
pub(super) fn whole_of(analyzer: &str) -> Option<&str> {
    analyzer.strip_prefix(DETAILS)
}

/// The version of the analyzer of whole images.
pub(super) fn whole_version(version: &str) -> &str {
    version.strip_suffix(GRID).map_or(version, str::trim_end)
}

/// A version of an analyzer, and what its vectors take in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub version: VectorVersion,
    /// Values of a vector.
    pub dimension: usize,
}

impl Candidate {
    /// A version whose images have vectors of so many bytes; `None` if they have none, or a grid that is not known.
    pub(super) fn new(version: VectorVersion, bytes: usize) -> Option<Self> {
        let dimension = match whole_of(&version.analyzer) {
            None => bytes / size_of::<f32>(),
            Some(_) if version.version.ends_with(GRID) => packed_dimension(bytes, REGIONS),
            Some(_) => 0,
        };
        (dimension > 0).then_some(Self { version, dimension })
    }

    pub(super) fn is_of_details(&self) -> bool {
        whole_of(&self.version.analyzer).is_some()
    }

    /// An estimate of the bytes that its vectors take when they are loaded. Most works have one image.
    pub(super) fn bytes(&self) -> u64 {
        let (count, dimension) = (self.version.vectors, self.dimension as u64);
        let (vectors, besides) = match self.is_of_details() {
            true => (count * REGIONS as u64, BESIDES + DETAILED + ROW * (REGIONS as u64 - 1)),
            false => (count, BESIDES),
        };
        let is_reduced = dimension >= REDUCED_FROM && vectors >= MANY;
        let (reduced, preparation) = if is_reduced { (REDUCED, PREPARATION) } else { (0, 0) };
        vectors * (dimension + reduced) + count * besides + preparation
    }
}

/// The version of each analyzer with the most vectors, the newest of several with as many; descriptors come first, since
/// they take least and say why works are alike, and details last, since they take most.
pub(super) fn versions(mut all: Vec<VectorVersion>) -> Vec<VectorVersion> {
    all.sort_by(|a, b| {
        let others = |one: &VectorVersion| !is_descriptor(&one.analyzer);
        let details = |one: &VectorVersion| whole_of(&one.analyzer).is_some();
        let own = details(a)
            .cmp(&details(b))
            .then(others(a).cmp(&others(b)))
            .then_with(|| a.analyzer.cmp(&b.analyzer));
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

/// Whether an analyzer makes descriptors, of whole images or of details.
pub(super) fn is_descriptor(analyzer: &str) -> bool {
    whole_of(analyzer).unwrap_or(analyzer) == DESCRIPTOR
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

    #[test]
    fn details_are_told_from_whole_images_and_take_nine_times_as_much() {
        let details = version(&details_of("model:a"), &details_version("1"), 260_000, 0);
        assert_eq!((whole_of(&details.analyzer), whole_version(&details.version)), (Some("model:a"), "1"));
        assert_eq!((whole_of("model:a"), whole_version("1")), (None, "1"));
        let bytes =
            |version: &VectorVersion, bytes| Candidate::new(version.clone(), bytes).map(|one| one.bytes());
        assert!((3500..3800).contains(&(bytes(&details, 9 * 1284).unwrap() >> 20)));
        let measures = VectorVersion { analyzer: details_of(DESCRIPTOR), ..details.clone() };
        assert!(
            (600..700).contains(&(bytes(&measures, 9 * 227).unwrap() >> 20)),
            "{:?}",
            bytes(&measures, 9 * 227)
        );
        assert_eq!(bytes(&VectorVersion { version: "1 5x5".into(), ..details.clone() }, 9 * 227), None);
        let all = vec![details, version("model:b", "1", 1, 0), measures, version(DESCRIPTOR, "1", 1, 0)];
        let order: Vec<_> = versions(all).into_iter().map(|one| one.analyzer).collect();
        assert_eq!(order, [DESCRIPTOR, "model:b", "details:measures", "details:model:a"]);
    }
}
