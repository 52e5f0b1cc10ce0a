//! Mounts small or read-only disks in the namespace of one server, without privileges (Linux).

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::command::command;
use super::server::Server;

/// Mounts a tmpfs of size `$0` at `$1`, then executes the remaining arguments.
const SMALL: &str = r#"mount -t tmpfs -o size="$0" none "$1" && shift && exec "$@""#;
/// Mounts the folder `$0` read-only as `pyramids` below `$1`, then executes the remaining arguments.
const READ_ONLY: &str = r#"mkdir "$1/pyramids" && mount --bind "$0" "$1/pyramids" &&
    mount -o remount,bind,ro "$1/pyramids" && shift && exec "$@""#;

/// A server with its own mounted disk.
pub(crate) struct MountedDisk {
    pub server: Server,
    /// The disk's path in the server's mount namespace.
    path: String,
}

impl MountedDisk {
    /// Starts a server with a disk of `kib` KiB; `None` where users cannot mount. `DISK` in the environment is replaced by
    /// the disk's path.
    pub(crate) fn serve(kib: u32, sources: &[&str], environment: &[(&str, &str)]) -> Option<Self> {
        Self::within(SMALL, &format!("{kib}k"), sources, environment)
    }

    /// Starts a server with a disk that has room for this many files and folders, its root included.
    pub(crate) fn serve_with_files(
        files: u32,
        sources: &[&str],
        environment: &[(&str, &str)],
    ) -> Option<Self> {
        Self::within(SMALL, &format!("64m,nr_inodes={files}"), sources, environment)
    }

    /// Starts a server with a disk on which `folder` is mounted read-only as `pyramids`.
    pub(crate) fn read_only(folder: &str, sources: &[&str], environment: &[(&str, &str)]) -> Option<Self> {
        Self::within(READ_ONLY, folder, sources, environment)
    }

    fn within(script: &str, first: &str, sources: &[&str], environment: &[(&str, &str)]) -> Option<Self> {
        let probe = tempfile::tempdir().ok()?;
        let run = |path: &str, program: &str| {
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
                path,
                program,
            ]);
            command
        };
        let status = run(probe.path().to_str()?, "true").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            super::not_proven("a disk of a server's own", "this system does not let users mount disks");
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

    /// Fills the remaining space.
    pub(crate) fn fill(&self) {
        let mut filler = std::fs::File::options().create(true).append(true).open(self.filler()).unwrap();
        for size in [1 << 20, 1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Creates empty files until no more fit.
    pub(crate) fn fill_with_files(&self) {
        let folder = self.filler();
        let _filled_again = std::fs::create_dir(&folder);
        for number in 0.. {
            if std::fs::File::create(folder.join(number.to_string())).is_err() {
                return;
            }
        }
    }

    /// Removes the files that [`fill_with_files`](Self::fill_with_files) created.
    pub(crate) fn free_files(&self) {
        std::fs::remove_dir_all(self.filler()).unwrap();
    }

    /// Frees the space that [`fill`](Self::fill) took.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// Enlarges the disk.
    pub(crate) fn grow(&self, kib: u32) {
        self.resize(&format!("size={kib}k"));
    }

    /// Changes the disk's limits, as options of tmpfs.
    pub(crate) fn resize(&self, limits: &str) {
        let mut command = self.in_namespace("mount");
        command.args(["-o", &format!("remount,{limits}"), &self.path]);
        assert!(command.status().unwrap().success(), "the disk cannot be enlarged");
    }

    /// Runs a `tegl` command in the server's mount namespace.
    pub(crate) fn tegl(&self, arguments: &[&str], environment: &[(&str, &str)]) -> std::process::Output {
        let mut command = self.in_namespace(env!("CARGO_BIN_EXE_tegl"));
        let environment = environment.iter().map(|(name, value)| (*name, value.replace("DISK", &self.path)));
        command.args(arguments.iter().map(|argument| argument.replace("DISK", &self.path)));
        command.envs(environment).env("XDG_CACHE_HOME", &self.path).output().unwrap()
    }

    fn in_namespace(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--user", "--mount", "--preserve-credentials", "--target"]);
        command.arg(self.server.id().to_string()).arg(program);
        command
    }

    fn filler(&self) -> PathBuf {
        format!("/proc/{}/root{}/filler", self.server.id(), self.path).into()
    }
}
