//! Runs the binary as a child process on free ports.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::command::command;
use super::eventually;
use super::http::{self, Response};

pub(crate) struct Server {
    child: Child,
    pub address: SocketAddr,
    operations: SocketAddr,
    log: Arc<Mutex<String>>,
    _home: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start(source: &str) -> Self {
        Self::with(&[source], &[])
    }

    /// Starts `tegl serve` and waits until it reports its addresses.
    pub(crate) fn with(sources: &[&str], environment: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let command = command(home.path());
        Self::run(home, command, sources, environment)
    }

    /// Starts a server at the address that another one had.
    pub(crate) fn at(address: SocketAddr, sources: &[&str], environment: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let command = command(home.path());
        Self::run_at(&address.to_string(), home, command, sources, environment)
    }

    /// Runs `command`, whose last argument is the program's name, as `tegl serve`.
    pub(crate) fn run(
        home: tempfile::TempDir,
        command: Command,
        sources: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        Self::run_at("127.0.0.1:0", home, command, sources, environment)
    }

    fn run_at(
        listen: &str,
        home: tempfile::TempDir,
        mut command: Command,
        sources: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        command.args(["serve", "--listen", listen]).args(sources);
        command.env("TEGL__OPERATIONS__LISTEN", "127.0.0.1:0");
        // Unoptimized builds render slowly, and tests are one client.
        command.envs([("TEGL__WORK__QUEUE_MS", "6000"), ("TEGL__WORK__DEADLINE_MS", "60000")]);
        command.envs(environment.iter().copied());
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (sender, addresses) = channel();
        let (lines, log_lines) = (BufReader::new(child.stderr.take().unwrap()), log.clone());
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if let Some(listener) = ["  start page", "  metrics"].iter().position(|p| line.starts_with(p))
                {
                    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
                    let _ = sender.send((listener, address.and_then(|address| address.parse().ok())));
                }
                log_lines.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        let mut listeners = [None, None];
        let end = Instant::now() + Duration::from_secs(30);
        while listeners.contains(&None) {
            match addresses.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok((listener, address)) => listeners[listener] = address,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    panic!("tegl did not start: {}", log.lock().unwrap());
                }
            }
        }
        let [address, operations] = listeners.map(Option::unwrap);
        Self { child, address, operations, log, _home: home }
    }

    /// The address of the operators' endpoints.
    pub(crate) fn operations(&self) -> SocketAddr {
        self.operations
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Response {
        http::get(self.address, path).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    #[track_caller]
    pub(crate) fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        http::request(self.address, method, path, headers)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    pub(crate) fn raw(&self, request: &[u8]) -> io::Result<Response> {
        http::raw(self.address, request, false)
    }

    /// The sum of all series of this name; 0 if there are none.
    pub(crate) fn metric(&self, series: &str) -> f64 {
        let text = http::get(self.operations, "/metrics").unwrap().text();
        let lines = text.lines().filter(|line| {
            line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{'))
        });
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The peak resident memory of the process, in bytes (Linux).
    pub(crate) fn peak_memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the server to stop, and waits until its process has ended.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::TERM);
        let ended = eventually(Duration::from_secs(60), || !self.is_alive());
        assert!(ended, "the server does not stop: {}", self.log());
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.child.id() as i32).unwrap(), signal).unwrap();
    }

    /// The resident memory of the process, in bytes, and its open descriptors (Linux).
    pub(crate) fn memory_and_descriptors(&self) -> (f64, usize) {
        let process = format!("/proc/{}", self.child.id());
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let memory = line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0;
        (memory, std::fs::read_dir(format!("{process}/fd")).unwrap().count())
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.child.try_wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server's exit status before it was killed: {ended:?}");
            let log = self.log();
            let from = log.len().saturating_sub(1000);
            let from = (from..log.len()).find(|&at| log.is_char_boundary(at)).unwrap_or(0);
            eprintln!("the end of the server's log:\n{}", &log[from..]);
        }
    }
}
