//! A disk so small that it can be filled: in memory, seen by one server only, without privileges (Linux).

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::command::command;
use super::server::Server;

/// Mounts a disk of that many KiB at that place, and becomes what follows.
const WITHIN: &str = r#"mount -t tmpfs -o size="$0"k none "$1" && shift && exec "$@""#;

/// A server that sees a small disk.
pub struct Small {
    pub server: Server,
    /// The disk as its server sees it.
    pub path: String,
    /// The same, seen from here.
    outside: PathBuf,
}

/// Becomes root within namespaces of its own; the process stays the same.
fn unshared() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "--"]);
    command
}

impl Small {
    /// `None` where the system does not let anybody mount. `DISK` in the environment stands for the disk's place.
    pub fn serve(kib: u32, sources: &[&str], environment: &[(&str, &str)]) -> Option<Self> {
        let home = tempfile::tempdir().ok()?;
        let disk = home.path().join("disk");
        std::fs::create_dir(&disk).ok()?;
        let path = disk.to_str()?.to_owned();
        let mounts = |program: &str| {
            let mut command = unshared();
            command.args(["sh", "-c", WITHIN, &kib.to_string(), &path, program]);
            command
        };
        let tried = mounts("true").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !tried.is_ok_and(|tried| tried.success()) {
            super::skipped("a disk that is full", "this system does not let its users mount any");
            return None;
        }
        let plain = command(home.path());
        let mut within = mounts(plain.get_program().to_str()?);
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
        let server = Server::run(home, within, sources, &environment);
        let outside = PathBuf::from(format!("/proc/{}/root{path}", server.id()));
        Some(Self { server, path, outside })
    }

    /// Takes all room that is left.
    pub fn fill(&self) {
        let mut filler = std::fs::File::options().create(true).append(true).open(self.filler()).unwrap();
        for size in [1 << 20, 1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Gives it back.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.outside.join("filler")
    }
}
