//! Disks that are small or can only be read, seen by one server only, without privileges (Linux).

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::command::command;
use super::server::Server;

/// Mounts a disk of that size at that place, and becomes what follows.
const SMALL: &str = r#"mount -t tmpfs -o size="$0" none "$1" && shift && exec "$@""#;
/// Shows a folder below that place so that it can only be read, and becomes what follows.
const READ_ONLY: &str = r#"mkdir "$1/pyramids" && mount --bind "$0" "$1/pyramids" &&
    mount -o remount,bind,ro "$1/pyramids" && shift && exec "$@""#;

/// A server that sees a disk of its own.
pub(crate) struct Small {
    pub server: Server,
    /// The disk as its server sees it.
    path: String,
}

impl Small {
    /// `None` where the system does not let anybody mount. `DISK` in the environment stands for the disk's place.
    pub(crate) fn serve(kib: u32, sources: &[&str], environment: &[(&str, &str)]) -> Option<Self> {
        Self::within(SMALL, &format!("{kib}k"), sources, environment)
    }

    /// The same with a disk that holds this folder as `pyramids`, which can only be read.
    pub(crate) fn read_only(folder: &str, sources: &[&str], environment: &[(&str, &str)]) -> Option<Self> {
        Self::within(READ_ONLY, folder, sources, environment)
    }

    fn within(script: &str, first: &str, sources: &[&str], environment: &[(&str, &str)]) -> Option<Self> {
        let tried = tempfile::tempdir().ok()?;
        let run = |place: &str, program: &str| {
            let mut command = Command::new("unshare");
            command.args([
                "--user",
                "--map-root-user",
                "--mount",
                "--",
                "sh",
                "-c",
                script,
                first,
                place,
                program,
            ]);
            command
        };
        let done = run(tried.path().to_str()?, "true").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !done.is_ok_and(|done| done.success()) {
            super::not_proven("a disk of a server's own", "this system does not let its users mount any");
            return None;
        }
        let home = tempfile::tempdir().ok()?;
        let disk = home.path().join("disk");
        std::fs::create_dir(&disk).ok()?;
        let path = disk.to_str()?.to_owned();
        let plain = command(home.path());
        let mut within = run(&path, plain.get_program().to_str()?);
        within.current_dir(home.path());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => within.env(name, value),
                None => within.env_remove(name),
            };
        }
        let environment: Vec<(&str, String)> =
            environment.iter().map(|(name, value)| (*name, value.replace("DISK", &path))).collect();
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Some(Self { server: Server::run(home, within, sources, &environment), path })
    }

    /// Takes all room that is left.
    pub(crate) fn fill(&self) {
        let mut filler = std::fs::File::options().create(true).append(true).open(self.filler()).unwrap();
        for size in [1 << 20, 1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Gives it back.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// Makes the disk larger.
    pub(crate) fn grow(&self, kib: u32) {
        let mut command = self.beside("mount");
        command.args(["-o", &format!("remount,size={kib}k"), &self.path]);
        assert!(command.status().unwrap().success(), "the disk cannot be made larger");
    }

    /// Runs one of the program's commands where the disk is seen.
    pub(crate) fn tegl(&self, typed: &[&str], environment: &[(&str, &str)]) -> std::process::Output {
        let mut command = self.beside(env!("CARGO_BIN_EXE_tegl"));
        let environment = environment.iter().map(|(name, value)| (*name, value.replace("DISK", &self.path)));
        command.args(typed.iter().map(|typed| typed.replace("DISK", &self.path)));
        command.envs(environment).env("XDG_CACHE_HOME", &self.path).output().unwrap()
    }

    fn beside(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--user", "--mount", "--preserve-credentials", "--target"]);
        command.arg(self.server.id().to_string()).arg(program);
        command
    }

    fn filler(&self) -> PathBuf {
        format!("/proc/{}/root{}/filler", self.server.id(), self.path).into()
    }
}
