//! The README's commands run, and what it names exists.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::command::command;
use crate::support::server::Server;
use crate::support::{Failures, eventually, fixture, not_proven};

const README: &str = include_str!("../README.md");

/// Commands that are not run here, each with the reason.
const NOT_RUN: [(&str, &str); 12] = [
    ("make demo", "builds a release and serves until it is stopped; `ingest` and `serve` are run below"),
    ("make test", "would run this test again"),
    ("make release", "builds a release; `packaging` checks what the package consists of"),
    ("(cd target/distribution && sha256sum --check SHA256SUMS)", "needs the release"),
    ("sudo apt install ./target/distribution/tegl_*.deb", "would install it on this machine"),
    ("sudoedit /etc/tegl/tegl.toml", "would change this machine; `packaging` checks the settings"),
    ("sudo systemctl enable --now tegl", "would start it on this machine"),
    (INGEST_AS_SERVICE, "needs the installed service"),
    ("sqlite3 catalogue.db \"VACUUM INTO 'backup.db'\"", "needs its shell; `backups` runs the statement"),
    (
        "pg_dump --format=custom --file=backup.dump postgres://tegl@db.example.org/tegl",
        "needs a server; `backups` runs it with one",
    ),
    ("tegl serve s3://bucket/prefix", "needs a bucket; `stores` serves from one"),
    ("tegl serve --listen 0.0.0.0:8182 s3://images", "needs a bucket; `stores` serves from one"),
];

const INGEST_AS_SERVICE: &str = concat!(
    "sudo systemd-run --pipe --wait --collect -p DynamicUser=yes -p User=tegl -p StateDirectory=tegl ",
    "-p CacheDirectory=tegl -p EnvironmentFile=-/etc/tegl/environment ",
    "tegl ingest --config /etc/tegl/tegl.toml --records /srv/records.json"
);

/// Secrets of the test's server, by the variables that the README names.
const TOKEN: &str = "a-curator-of-the-sample";
const OPERATIONS_TOKEN: &str = "an-operator-of-the-sample";

/// The commands of all `sh` blocks, continued lines joined and comments removed.
fn commands() -> Vec<String> {
    let blocks = README.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let joined = blocks.map(|block| block.replace("\\\n", " ")).collect::<String>();
    let bare = |line: &str| {
        let words = line.split("  #").next().unwrap_or_default().split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    };
    joined.lines().map(bare).filter(|line| !line.is_empty()).collect()
}

/// A folder that the commands run in, with `tegl` on the path.
struct Shell {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Shell {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        let link = folder.path().join("bin/tegl");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tegl"), link).unwrap();
        let path = format!("{}/bin:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let catalogue = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let variables = [
            ("PATH", path.as_str()),
            ("TEGL__CATALOGUE__URL", &catalogue),
            ("TOKEN", TOKEN),
            ("OPERATIONS_TOKEN", OPERATIONS_TOKEN),
        ];
        let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { folder, environment }
    }

    /// Declares a model with an embedding in the settings, as the README says that some commands need one.
    fn declare_model(&self) {
        let file = fixture("models/mean_color.onnx");
        let settings = format!(
            "[models.tiny]\nfile = '{}'\ninput = {{ width = 4, height = 4, scale = 255 }}\noutputs.embedding = 'embedding'\n",
            file.display()
        );
        std::fs::write(self.folder.path().join("tegl.toml"), settings).unwrap();
    }

    /// Runs one line; its exit code and its output.
    fn run(&self, line: &str) -> (Option<i32>, String, String) {
        // Its variables of the environment are removed; the program itself is not used.
        let template = command(self.folder.path());
        let mut shell = Command::new("sh");
        shell.args(["-ec", line]).current_dir(self.folder.path()).stdin(std::process::Stdio::null());
        for (name, value) in template.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let ran = shell.envs(self.environment.iter().cloned()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
    }

    /// Serves what the README serves, with the catalogue of the commands before.
    fn serve(&self, line: &str) -> Server {
        let mut environment: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        environment
            .extend([("TEGL__API__TOKENS__CURATOR", TOKEN), ("TEGL__OPERATIONS__TOKEN", OPERATIONS_TOKEN)]);
        let home = tempfile::tempdir().unwrap();
        let mut command = command(home.path());
        command.current_dir(self.folder.path());
        let typed: Vec<&str> = line.split_whitespace().skip(2).collect();
        let server = Server::run(home, command, &typed, &environment);
        let ready = eventually(Duration::from_secs(60), || server.get("/api/v1/works?limit=0").status == 200);
        assert!(ready, "{}", server.log());
        server
    }
}

#[test]
fn commands_of_the_readme_run() {
    let shell = Shell::new();
    shell.declare_model();
    let mut failures = Failures::default();
    let mut not_run: HashSet<&str> = HashSet::new();
    let mut requests = Vec::new();
    let mut serve = None;
    for line in commands() {
        if let Some((known, _)) = NOT_RUN.iter().find(|(known, _)| *known == line) {
            not_run.insert(known);
        } else if line.starts_with("curl ") {
            requests.push(line);
        } else if line.starts_with("tegl serve ") {
            serve = Some(line);
        } else if line.starts_with("export TEGL__") {
            let (code, out, err) = shell.run(&format!("{line}; tegl config"));
            failures.check(code == Some(0), || format!("{line}: {code:?} {out}{err}"));
        } else {
            // Painting the sample in full takes minutes without optimisation.
            let small = if line == "tegl sample images" { " --max-megapixels 0.05" } else { "" };
            let (code, out, err) = shell.run(&format!("{line}{small}"));
            // `check` exits with 1 when it finds slow images, and `doctor` where the machine has little memory.
            let may_find = line.starts_with("tegl check ") || line.starts_with("tegl doctor ");
            let ends = code == Some(0) || code == Some(1) && may_find;
            failures.check(ends, || format!("{line}: {code:?} {out}{err}"));
            let twelve = !line.starts_with("tegl sample ") || out.starts_with("12 works ");
            failures.check(twelve, || format!("{line}: {out}"));
        }
    }
    for (line, _) in NOT_RUN {
        failures.check(not_run.contains(line), || format!("`{line}` is not in the README"));
    }
    let server = shell.serve(&serve.expect("the README serves a folder"));
    if shell.run("command -v curl").0 != Some(0) {
        return not_proven("the README's requests", "there is no curl");
    }
    let (public, operations) = (server.address.to_string(), server.operations().to_string());
    for line in requests {
        let request = line.replace("127.0.0.1:8182", &public).replace("127.0.0.1:8183", &operations);
        let (code, out, err) = shell.run(&request.replacen("curl ", "curl --fail-with-body -sS ", 1));
        let is_search = line.contains("/api/v1/works?");
        let empty = is_search && out.contains("\"total\":0");
        failures
            .check(code == Some(0) && !out.is_empty() && !empty, || format!("{line}: {code:?} {out}{err}"));
    }
}

/// The settings that the README names, as `section.key` or `section.part.key`.
#[test]
fn settings_of_the_readme_exist() {
    let defaults: toml::Table = include_str!("../config/default.toml").parse().unwrap();
    let mut failures = Failures::default();
    let mut named = 0;
    for text in README.split('`').skip(1).step_by(2) {
        let Some((section, keys)) = text.split_once('.') else { continue };
        let Some(section) = defaults.get(section).filter(|section| section.is_table()) else { continue };
        named += 1;
        let setting = keys.split('.').try_fold(section, |table, key| table.get(key));
        failures.check(setting.is_some(), || format!("there is no setting `{text}`"));
    }
    failures.check(named > 20, || format!("only {named} settings were found"));
}

#[test]
fn files_that_the_readme_links_to_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut failures = Failures::default();
    for rest in README.split("](").skip(1) {
        let target = rest.split(')').next().unwrap_or_default();
        let exists = target.contains("://") || folder.join(target).exists();
        failures.check(exists, || format!("there is no {target}"));
    }
}
