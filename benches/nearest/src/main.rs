//! Time, memory and recall of a search for the nearest vectors: `benches/nearest.sh` says what the arguments are.

#[allow(dead_code, unused_imports)]
#[path = "../../../src/nearest/mod.rs"]
mod nearest;
#[path = "../../../src/nearest/synthetic.rs"]
mod synthetic;

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};
use std::{env, fs};

use nearest::Vectors;
use synthetic::{Source, Structure};

const LIMIT: usize = 10;

fn main() {
    let mut arguments = env::args().skip(1);
    let mut argument = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let kind = argument("clusters");
    let count: usize = argument("260000").parse().expect("a number of vectors");
    let dimension: usize = argument("1280").parse().expect("a dimension");
    let threads: NonZeroUsize = argument("2").parse().expect("a number of threads");
    let queries: usize = argument("200").parse().expect("a number of queries");
    let mut next = source(&kind, dimension);

    let mut queries: Vec<Exact> = (0..queries).map(|_| Exact::new(next())).collect();
    let mut vectors = Vectors::new(dimension, threads).expect("a dimension that can be held");
    let start = Instant::now();
    let mut inserting = Duration::ZERO;
    for id in 0..count as u64 {
        let vector = next();
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        queries.iter_mut().for_each(|query| query.compare(id, &vector, length));
        let before = Instant::now();
        vectors.replace(id, &[vector]).expect("a valid vector");
        inserting += before.elapsed();
    }
    eprintln!("made and compared in {:.0?}", start.elapsed());
    let start = Instant::now();
    vectors.prepare();
    let preparing = start.elapsed();

    let mut times = Vec::new();
    let mut found = 0;
    for query in &queries {
        let start = Instant::now();
        let neighbors = vectors.search(&query.values, LIMIT, |_| true).expect("a valid query");
        times.push(start.elapsed());
        found += neighbors.iter().filter(|neighbor| query.best.iter().any(|best| best.1 == neighbor.id)).count();
    }
    times.sort_unstable();
    println!(
        "{kind}: {count} x {dimension}, {threads} threads: p50 {:.1?}, p99 {:.1?}; recall@10 {:.4}; {} MiB held, {} MiB at most; \
         inserted in {inserting:.1?}, prepared in {preparing:.1?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        found as f64 / (LIMIT.min(count) * queries.len()) as f64,
        vectors.bytes() >> 20,
        peak_mib(),
    );
}

/// Where vectors come from: made, or read from a file of 32-bit floats, which begins anew at its end.
fn source(kind: &str, dimension: usize) -> Box<dyn FnMut() -> Vec<f32>> {
    let structure = match kind {
        "clusters" => Structure::Clusters,
        "noise" => Structure::Noise,
        file => {
            let bytes = fs::read(file).expect("`clusters`, `noise` or a file of floats");
            let values: Vec<f32> =
                bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            let mut at = 0;
            return Box::new(move || {
                at = if at + dimension > values.len() { 0 } else { at };
                at += dimension;
                values[at - dimension..at].to_vec()
            });
        }
    };
    let mut source = Source::new(structure, dimension, 500, 1);
    Box::new(move || source.next())
}

/// A query with its nearest vectors by floating point.
struct Exact {
    values: Vec<f32>,
    best: Vec<(f32, u64)>,
}

impl Exact {
    fn new(values: Vec<f32>) -> Self {
        Self { values, best: Vec::new() }
    }

    fn compare(&mut self, id: u64, vector: &[f32], length: f32) {
        let mut sums = [0.0_f32; 16];
        for (a, b) in self.values.as_chunks::<16>().0.iter().zip(vector.as_chunks::<16>().0) {
            (0..16).for_each(|lane| sums[lane] += a[lane] * b[lane]);
        }
        let score = sums.iter().sum::<f32>() / length;
        if self.best.len() < LIMIT || score > self.best[LIMIT - 1].0 {
            let at = self.best.partition_point(|best| best.0 >= score);
            self.best.insert(at, (score, id));
            self.best.truncate(LIMIT);
        }
    }
}

fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) >> 10
}
