//! A PostgreSQL server of the tests' own, in a folder that goes with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::eventually;

pub(crate) struct Postgres {
    _server: Child,
    port: u16,
    data: PathBuf,
}

/// Runs a server until the tests' process is gone, however that ends, and takes its folder with it.
const UNTIL_INPUT_ENDS: &str =
    r#""$@" <&- & server=$!; read -r _; kill -INT "$server"; wait "$server"; rm -rf "$0""#;

/// Where Debian and others put its programs.
const PLACES: [&str; 4] =
    ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt/postgresql", "/usr/local/pgsql"];

fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for place in PLACES {
        found.push(Path::new(place).join("bin"));
        let versions = std::fs::read_dir(place).into_iter().flatten().flatten();
        found.extend(versions.map(|version| version.path().join("bin")));
    }
    found.sort();
    found.into_iter().rev().find(|folder| folder.join("initdb").exists())
}

/// The program; as the user `postgres` where we are root, which it refuses to be run by.
fn program(name: &str) -> Option<Command> {
    let program = programs()?.join(name);
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        return Some(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"]).arg(program);
    Some(command)
}

/// From now on every commit of a tag takes longer than anybody waits for it.
pub(crate) const SLOW_COMMITS: &str = "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS \
    'BEGIN PERFORM pg_sleep(8); RETURN NULL; END'; \
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON tag_history DEFERRABLE INITIALLY DEFERRED \
    FOR EACH ROW EXECUTE FUNCTION slowly()";
/// Ends that, once those under way have ended.
pub(crate) const PROMPT_COMMITS: &str = "DROP TRIGGER slow ON tag_history";

impl Postgres {
    /// `None` where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("tegl-postgres").tempdir().ok()?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data).ok()?;
        if rustix::process::geteuid().is_root() {
            for path in [folder.path(), &data] {
                let owned = Command::new("chown").arg("postgres").arg(path).status().ok()?;
                owned.success().then_some(())?;
            }
        }
        let made = program("initdb")?
            .args(["--auth=trust", "--username=tegl", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .ok()?;
        made.success().then_some(())?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let postgres = program("postgres")?;
        let server = Command::new("sh")
            .args(["-c", UNTIL_INPUT_ENDS])
            .arg(folder.keep())
            .arg(postgres.get_program())
            .args(postgres.get_args())
            .arg("-D")
            .arg(&data)
            .args(["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", &format!("port={port}"), "-c", "max_connections=200"])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let postgres = Self { _server: server, port, data };
        let answers = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        assert!(eventually(Duration::from_secs(30), answers), "PostgreSQL does not answer");
        Some(postgres)
    }

    /// Stops all of its processes where they are: connections stay open, and nothing is answered (Linux).
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets them go on.
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let text = std::fs::read_to_string(self.data.join("postmaster.pid")).unwrap();
        let postmaster: i32 = text.lines().next().unwrap().parse().unwrap();
        let parent = |process: &i32| {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<i32>().ok()
        };
        // The parent first: it begins no further ones.
        kill_process(Pid::from_raw(postmaster).unwrap(), signal).unwrap();
        let all = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        for process in all.filter(|process| parent(process) == Some(postmaster)) {
            let _ = kill_process(Pid::from_raw(process).unwrap(), signal);
        }
    }

    /// The one that all tests share.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// The address of a new, empty database.
    pub(crate) async fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("tegl_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let address = |name: &str| format!("postgres://tegl@127.0.0.1:{}/{name}", self.port);
        let mut tries = 0;
        loop {
            match make(&address("postgres"), &name).await {
                Ok(()) => return address(&name),
                // It listens a moment before it is ready.
                Err(error) if tries > 100 => panic!("{error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            tries += 1;
        }
    }
}

async fn make(server: &str, name: &str) -> Result<(), sqlx::Error> {
    use sqlx::{Connection, Executor};
    let mut connection = sqlx::PgConnection::connect(server).await?;
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    Ok(())
}
