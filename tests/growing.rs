//! The files for jobs on many machines: their commands share a collection among all jobs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::command::{CommandOutput, command, tegl};
use crate::support::masters;

const KUBERNETES: &str = include_str!("../docker/kubernetes-ingest.yaml");
const BATCH: &str = include_str!("../docker/aws-batch-ingest.json");
const JOBS: usize = 8;

fn slurm() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docker/slurm-ingest.sh")
}

/// Masters that want pyramids, and an empty store.
fn collection() -> (tempfile::TempDir, tempfile::TempDir) {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for number in 0..20 {
        let file = folders[0].path().join(format!("{number}.tif"));
        std::fs::write(file, masters::striped_tiff(&masters::picture(160, 130))).unwrap();
    }
    let [source, store] = folders;
    (source, store)
}

const SMALL: (&str, &str) = ("TEGL__PYRAMIDS__FROM_MEGAPIXELS", "0.01");

/// Runs the job of each number, and checks that together they built each pyramid once.
#[track_caller]
fn share_all(run: impl Fn(usize, &str, &str) -> CommandOutput) {
    let (source, store) = collection();
    let mut built = BTreeMap::<String, usize>::new();
    let mut shares = 0;
    for number in 0..JOBS {
        let ran = run(number, source.path().to_str().unwrap(), store.path().to_str().unwrap());
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        let made: Vec<_> = ran.objects().into_iter().filter(|object| object["result"] == "made").collect();
        shares += usize::from(!made.is_empty());
        for object in made {
            *built.entry(object["identifier"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert_eq!(built.len(), 20);
    assert!(built.values().all(|times| *times == 1) && shares > 3, "{built:?}");
}

/// The arguments of a job, with its source and its store replaced.
fn arguments(named: &Value, source: &str, store: &str) -> Vec<String> {
    let replaced = |argument: &Value| match argument.as_str().unwrap() {
        "s3://images" => source.to_owned(),
        "s3://pyramids" => store.to_owned(),
        other => other.to_owned(),
    };
    named.as_array().unwrap().iter().map(replaced).collect()
}

fn run_array(named: &Value, variable: &str) {
    share_all(|number, source, store| {
        let arguments = arguments(named, source, store);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        assert!(arguments.contains(&format!("auto/{JOBS}").as_str()), "{arguments:?}");
        tegl(&arguments, &[SMALL, ("TEGL__CATALOGUE__URL", "none"), (variable, &number.to_string())])
    });
}

#[test]
fn indexed_jobs_of_kubernetes_share_a_collection() {
    let line = |key: &str| {
        let found = KUBERNETES.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("there is no {key}"))
    };
    assert_eq!((line("kind"), line("completionMode")), ("Job", "Indexed"));
    let jobs = JOBS.to_string();
    assert_eq!((line("completions"), line("parallelism")), (jobs.as_str(), jobs.as_str()));
    // A list in one line of YAML is one of JSON.
    run_array(&serde_json::from_str(line("args")).unwrap(), "JOB_COMPLETION_INDEX");
    assert!(!KUBERNETES.contains('\t'));
}

#[test]
fn array_jobs_of_aws_batch_share_a_collection() {
    let definition: Value = serde_json::from_str(BATCH).unwrap();
    run_array(&definition["containerProperties"]["command"], "AWS_BATCH_JOB_ARRAY_INDEX");
    // The names of settings are checked by the command.
    for variable in definition["containerProperties"]["environment"].as_array().unwrap() {
        let [name, value] = ["name", "value"].map(|key| variable[key].as_str().unwrap());
        let ran = tegl(&["config"], &[(name, value)]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.err);
    }
}

#[test]
fn arrays_of_slurm_share_a_collection() {
    let checked = Command::new("bash").arg("-n").arg(slurm()).status().unwrap();
    assert!(checked.success());
    let script = std::fs::read_to_string(slurm()).unwrap();
    assert!(script.contains(&format!("#SBATCH --array=1-{JOBS}\n")));
    let home = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tegl"), home.path().join("tegl")).unwrap();
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap());
    let run = |number: Option<usize>, arguments: &[&str]| {
        let plain = command(home.path());
        let mut script = Command::new("bash");
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script.arg(slurm()).args(arguments).env("PATH", &path).env(SMALL.0, SMALL.1).current_dir(home.path());
        if let Some(number) = number {
            script.env("SLURM_ARRAY_TASK_ID", (number + 1).to_string());
        }
        let ran = script.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        CommandOutput { code: ran.status.code(), out: text(&ran.stdout), err: text(&ran.stderr) }
    };
    share_all(|number, source, store| run(Some(number), &[source, store]));
    assert!(run(Some(0), &[]).err.contains("usage"));
    let alone = run(None, &["/nowhere", "/nowhere"]);
    assert!(alone.code == Some(1) && alone.err.contains("no job of an array"), "{}", alone.err);
}
