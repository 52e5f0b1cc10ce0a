//! Runs nginx in front of several servers, as the README says.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{eventually, require};

pub(crate) struct Nginx {
    child: Child,
    pub address: SocketAddr,
    home: tempfile::TempDir,
}

impl Nginx {
    /// Starts nginx in front of these servers; `None` if it is not installed.
    pub(crate) fn start(servers: &[SocketAddr]) -> Option<Self> {
        let program = require(
            "several servers behind nginx",
            "TEGL_TEST_NGINX",
            &["/usr/sbin/nginx", "/usr/bin/nginx"],
        )?;
        let home = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let servers: String =
            servers.iter().map(|server| format!("server {server} max_fails=2 fail_timeout=1s;\n")).collect();
        let folder = home.path().display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
            .concat();
        // The location is the one of the README.
        let settings = format!(
            "daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn;
            events {{ worker_connections 1024; }}
            http {{
                access_log off;
                {temporary}
                upstream tegl {{
                    {servers}
                    keepalive 32;
                }}
                server {{
                    listen {address};
                    location / {{
                        proxy_pass http://tegl;
                        proxy_http_version 1.1;
                        proxy_set_header Connection \"\";
                        proxy_set_header Host $http_host;
                        proxy_connect_timeout 1s;
                        proxy_next_upstream error timeout http_502 http_503;
                    }}
                }}
            }}"
        );
        std::fs::write(home.path().join("nginx.conf"), settings).unwrap();
        let child = Command::new(program)
            .args(["-p", home.path().to_str().unwrap(), "-c", "nginx.conf", "-e", "error.log"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nginx = Self { child, address, home };
        let listens = eventually(Duration::from_secs(20), || TcpStream::connect(address).is_ok());
        assert!(listens, "nginx did not start: {}", nginx.log());
        Some(nginx)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its worker ends with it; after SIGKILL it would not.
        let process = rustix::process::Pid::from_raw(self.child.id() as i32).unwrap();
        let _gone = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}
