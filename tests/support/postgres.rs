//! Runs a PostgreSQL server for the tests in a temporary folder.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::eventually;

pub(crate) struct Postgres {
    servers: Mutex<Vec<Child>>,
    port: u16,
    data: PathBuf,
}

/// Runs a server until the test process exits for any reason, then removes its folder.
const UNTIL_INPUT_ENDS: &str =
    r#""$@" <&- & server=$!; read -r _; kill -INT "$server"; wait "$server"; rm -rf "$0""#;

/// Where distributions install PostgreSQL.
const INSTALL_PATHS: [&str; 4] =
    ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt/postgresql", "/usr/local/pgsql"];

fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in INSTALL_PATHS {
        found.push(Path::new(path).join("bin"));
        let versions = std::fs::read_dir(path).into_iter().flatten().flatten();
        found.extend(versions.map(|version| version.path().join("bin")));
    }
    found.sort();
    found.into_iter().rev().find(|folder| folder.join("initdb").exists())
}

/// A PostgreSQL program; root runs it as the user `postgres`, because it refuses to run as root.
pub(crate) fn program(name: &str) -> Option<Command> {
    let program = programs()?.join(name);
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        return Some(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"]).arg(program);
    Some(command)
}

/// Delays every commit of a tag beyond the server's time limit.
pub(crate) const SLOW_COMMITS: &str = "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS \
    'BEGIN PERFORM pg_sleep(8); RETURN NULL; END'; \
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON tag_history DEFERRABLE INITIALLY DEFERRED \
    FOR EACH ROW EXECUTE FUNCTION slowly()";
/// Removes that delay, after pending commits have ended.
pub(crate) const NORMAL_COMMITS: &str = "DROP TRIGGER slow ON tag_history";

impl Postgres {
    /// Starts a server; `None` if PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("tegl-postgres").tempdir().ok()?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data).ok()?;
        if rustix::process::geteuid().is_root() {
            for path in [folder.path(), &data] {
                let status = Command::new("chown").arg("postgres").arg(path).status().ok()?;
                status.success().then_some(())?;
            }
        }
        let status = program("initdb")?
            .args(["--auth=trust", "--username=tegl", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .ok()?;
        status.success().then_some(())?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let _folder = folder.keep();
        let postgres = Self { servers: Mutex::default(), port, data };
        postgres.run()?;
        Some(postgres)
    }

    /// Starts a server of the data.
    fn run(&self) -> Option<()> {
        let (program, port) = (program("postgres")?, self.port);
        let server = Command::new("sh")
            .args(["-c", UNTIL_INPUT_ENDS])
            .arg(self.data.parent()?)
            .arg(program.get_program())
            .args(program.get_args())
            .arg("-D")
            .arg(&self.data)
            .args(["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", &format!("port={port}"), "-c", "max_connections=200"])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        self.servers.lock().unwrap().push(server);
        assert!(eventually(Duration::from_secs(30), || self.is_listening()), "PostgreSQL does not listen");
        Some(())
    }

    fn is_listening(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    /// Ends all processes of the server at once, as a crash does.
    pub(crate) fn crash(&self) {
        kill_process(self.postmaster(), Signal::QUIT).unwrap();
        assert!(eventually(Duration::from_secs(30), || !self.is_listening()), "PostgreSQL goes on");
    }

    /// Starts a server of the same data at the same address, which recovers what the last one had committed.
    pub(crate) fn recover(&self) {
        // The last one may still be ending.
        let ended = || !self.data.join("postmaster.pid").exists() || !is_running(self.postmaster());
        assert!(eventually(Duration::from_secs(30), ended), "PostgreSQL does not end");
        self.run().expect("PostgreSQL starts again");
    }

    fn postmaster(&self) -> Pid {
        let text = std::fs::read_to_string(self.data.join("postmaster.pid")).unwrap();
        Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap()
    }

    /// Stops all processes of the server: connections stay open, but get no response (Linux).
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Continues them.
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let postmaster = self.postmaster().as_raw_nonzero().get();
        let parent = |process: &i32| {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<i32>().ok()
        };
        // The parent first, so that it starts no further processes.
        kill_process(Pid::from_raw(postmaster).unwrap(), signal).unwrap();
        let all = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        for process in all.filter(|process| parent(process) == Some(postmaster)) {
            let _ = kill_process(Pid::from_raw(process).unwrap(), signal);
        }
    }

    /// The server shared by all tests.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Creates an empty database; returns its URL.
    pub(crate) async fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("tegl_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let url = |name: &str| format!("postgres://tegl@127.0.0.1:{}/{name}", self.port);
        let mut attempts = 0;
        loop {
            match create_database(&url("postgres"), &name).await {
                Ok(()) => return url(&name),
                // The server listens shortly before it is ready.
                Err(error) if attempts > 100 => panic!("{error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            attempts += 1;
        }
    }
}

/// Whether a process is there, and not only its exit status.
fn is_running(process: Pid) -> bool {
    let stat =
        std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

async fn create_database(server: &str, name: &str) -> Result<(), sqlx::Error> {
    use sqlx::{Connection, Executor};
    let mut connection = sqlx::PgConnection::connect(server).await?;
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    Ok(())
}
