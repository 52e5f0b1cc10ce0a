//! Time, memory and differences of the engines: `benches/engines.sh` says what the arguments are.

mod inference;

use std::env;

fn main() {
    let mut arguments = env::args().skip(1);
    let mut argument = |what: &str| arguments.next().unwrap_or_else(|| panic!("{what} is missing"));
    let runs = argument("the number of runs").parse().expect("a number of runs");
    let threads = argument("the number of threads").parse().expect("a number of threads");
    let engine = argument("the engine");
    let library = argument("the library of ONNX Runtime");
    let engines: Vec<_> = [("rten", ""), ("onnxruntime", library.as_str())]
        .into_iter()
        .filter(|(name, _)| engine == "both" || engine == *name)
        .collect();
    for model in arguments {
        let (file, side) = model.split_once('=').expect("MODEL.onnx=SIDE");
        inference::compare(file, side.parse().expect("a side in pixels"), &engines, runs, threads);
    }
    let status = std::fs::read_to_string("/proc/self/status").expect("the process's own status");
    status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
        .for_each(|line| println!("{line}"));
}
