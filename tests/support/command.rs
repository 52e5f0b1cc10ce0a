//! Runs `tegl` commands, each with its own home directory.

use std::process::{Command, Stdio};

pub(crate) struct CommandOutput {
    /// The exit code; `None` if the process was killed.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl CommandOutput {
    /// Parses standard output as JSON Lines.
    #[track_caller]
    pub(crate) fn objects(&self) -> Vec<serde_json::Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        self.out.lines().map(read).collect()
    }
}

/// The binary, without the settings of the user who runs the tests.
pub(crate) fn command(home: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tegl"));
    for (name, _) in std::env::vars_os() {
        if ["TEGL__", "AWS_", "AZURE_", "GOOGLE_"].iter().any(|p| name.to_string_lossy().starts_with(p)) {
            command.env_remove(name);
        }
    }
    command.current_dir(home).env("XDG_CACHE_HOME", home).env("XDG_DATA_HOME", home);
    command.env_remove("CACHE_DIRECTORY").env_remove("STATE_DIRECTORY").stdin(Stdio::null());
    command
}

pub(crate) fn tegl(arguments: &[&str], environment: &[(&str, &str)]) -> CommandOutput {
    let home = tempfile::tempdir().unwrap();
    let ran = command(home.path()).args(arguments).envs(environment.iter().copied()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let ran = CommandOutput { code: ran.status.code(), out: text(&ran.stdout), err: text(&ran.stderr) };
    assert!(!ran.err.contains("panicked"), "tegl {arguments:?}: {}", ran.err);
    ran
}
