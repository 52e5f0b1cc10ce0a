//! Runs a model by several engines, in turns.

#[allow(dead_code)]
#[path = "../../../src/inference/engine/mod.rs"]
mod engine;
#[allow(dead_code)]
#[path = "../../../src/inference/error.rs"]
mod error;
#[allow(dead_code)]
#[path = "../../../src/inference/settings.rs"]
mod settings;

use std::time::{Duration, Instant};

use engine::{Engine, Tensor, Values};
pub(crate) use error::Error;
use rustix::time::{ClockId, clock_gettime};
use settings::{Output, Settings};

/// Runs a model by each engine (a name, and the library of ONNX Runtime or nothing), and prints what that took.
pub(crate) fn compare(file: &str, side: usize, engines: &[(&str, &str)], runs: usize, threads: usize) {
    let shape = [1, 3, side, side];
    let picture: Vec<f32> =
        (0..3 * side * side).map(|at| (at as f32 * 0.37).sin() + at as f32 % 7.0 / 7.0 - 0.5).collect();
    let bytes = std::fs::read(file).expect("a model that can be read");
    let mut loaded = Vec::new();
    for (name, library) in engines {
        let before = cpu();
        let settings = Settings { onnxruntime: (*library).to_owned(), ..Settings::default() };
        let engine = Engine::load(bytes.clone(), &settings).expect("a model that can be loaded");
        println!("{file} {name}: loaded in {:.0?} of CPU", cpu() - before);
        let input = engine.picture_input(shape).expect("an input for a picture");
        let outputs: Vec<_> =
            (0..2).map(|at| engine.output(&Output::Index(at)).expect("two outputs")).collect();
        let expected =
            engine.run(&[(input, Values::Floats(&shape, &picture))], &outputs).expect("a model that runs");
        loaded.push((name, engine, input, outputs, expected));
    }
    let mut times = vec![(Duration::ZERO, Duration::ZERO); loaded.len()];
    for _ in 0..runs.div_ceil(10) {
        for ((_, engine, input, outputs, expected), (cpu_time, time)) in loaded.iter().zip(&mut times) {
            let (before, start) = (cpu(), Instant::now());
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        for _ in 0..10 {
                            let found = engine.run(&[(*input, Values::Floats(&shape, &picture))], outputs);
                            assert_eq!(farthest(&found.expect("a model that runs"), expected), [0.0; 2]);
                        }
                    });
                }
            });
            *cpu_time += cpu() - before;
            *time += start.elapsed();
        }
    }
    let pictures = (runs.div_ceil(10) * 10 * threads) as f64;
    for ((name, ..), (cpu_time, time)) in loaded.iter().zip(times) {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0 / pictures;
        println!(
            "{file} {name}: {:.1} CPU ms, {:.1} ms an image",
            milliseconds(cpu_time),
            milliseconds(time)
        );
    }
    if let [first, second] = loaded.as_slice() {
        let largest = first
            .4
            .iter()
            .map(|tensor| tensor.values.iter().fold(0.0_f32, |most, value| most.max(value.abs())));
        println!(
            "{file}: differ by at most {:?}, of {:?}",
            farthest(&first.4, &second.4),
            largest.collect::<Vec<_>>()
        );
    }
}

/// The largest difference within each output.
fn farthest(one: &[Tensor], other: &[Tensor]) -> Vec<f32> {
    let difference = |(one, other): (&Tensor, &Tensor)| {
        assert_eq!(one.shape, other.shape);
        one.values.iter().zip(&other.values).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()))
    };
    one.iter().zip(other).map(difference).collect()
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
