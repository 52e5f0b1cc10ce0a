//! A proxy between the server and its store that fails as it is told.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{bed, eventually, http, skipped};

pub struct Proxy {
    child: Child,
    pub address: SocketAddr,
    control: SocketAddr,
}

impl Proxy {
    /// Starts in front of `upstream`, without faults; `None` where it is not to be had.
    pub fn start(upstream: SocketAddr) -> Option<Self> {
        let places = ["tests/testbeds/faultproxy.py", "../shared/testbeds/faultproxy.py"];
        let Some(program) = bed("TEGL_TEST_FAULTPROXY", &places) else {
            skipped("tests with faults", "TEGL_TEST_FAULTPROXY names no faultproxy.py");
            return None;
        };
        let [address, control] = [free(), free()];
        let child = Command::new("python3")
            .arg(program)
            .args(["--listen", &address.to_string(), "--upstream", &upstream.to_string()])
            .args(["--control", &control.to_string(), "--seed", "7", "--max-seconds", "300"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            skipped("tests with faults", "there is no python3");
            return None;
        };
        let proxy = Self { child, address, control };
        let up = eventually(Duration::from_secs(15), || http::get(control, "/stats").is_ok());
        assert!(up, "the proxy does not start");
        Some(proxy)
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Sets the faults, as in `{"profile":"outage"}`.
    pub fn fail(&self, faults: &str) {
        let head = format!("POST /faults HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", faults.len());
        let answer = http::raw(self.control, (head + faults).as_bytes(), false).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
