//! Runs SeaweedFS, an S3-compatible store that checks signatures.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{ObjectStoreExt, RetryConfig, path::Path};

use super::{eventually, http, require};

const IDENTITIES: &str = r#"{"identities":[{"name":"tests","credentials":[{"accessKey":"testkey","secretKey":"testsecret"}],
"actions":["Admin","Read","Write","List","Tagging"]},{"name":"anonymous","actions":[]}]}"#;

pub(crate) struct Weed {
    child: Child,
    endpoint: String,
    _home: tempfile::TempDir,
}

impl Weed {
    /// Starts a server with the bucket `masters`; `None` if SeaweedFS is not installed.
    pub(crate) fn start() -> Option<Self> {
        // `tests/testbeds.sh` installs it at this path.
        let program = require("tests over S3", "TEGL_TEST_WEED", &["target/testbeds/seaweed/bin/weed"])?;
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("s3.json"), IDENTITIES).unwrap();
        let [s3, filer, volume, master] = ports();
        let folder = home.path().display();
        let child = Command::new(program)
            .args(["-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"])
            .args(["-master.volumeSizeLimitMB=64", "-volume.max=8", "-s3.port.iceberg=0", "-s3.port.lance=0"])
            // Without this, every write hangs on a disk that is 99 percent full, however large it is.
            .arg("-volume.minFreeSpace=10MiB")
            .arg(format!("-dir={folder}"))
            .arg(format!("-s3.config={folder}/s3.json"))
            .arg(format!("-filer.localSocket={folder}/filer.sock"))
            .arg(format!("-s3.localSocket={folder}/s3.sock"))
            .args([format!("-s3.port={s3}"), format!("-filer.port={filer}")])
            .args([format!("-volume.port={volume}"), format!("-master.port={master}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let weed = Self { child, endpoint: format!("http://127.0.0.1:{s3}"), _home: home };
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let up = eventually(Duration::from_secs(40), || {
            http::get(at(s3), "/status").is_ok_and(|response| response.status == 200)
        });
        assert!(up, "SeaweedFS did not start");
        // A bucket is a folder of the filer.
        let created = eventually(Duration::from_secs(20), || {
            let body = [("Content-Length", "0")];
            http::request(at(filer), "POST", "/buckets/masters/", &body)
                .is_ok_and(|response| response.status < 300)
        });
        assert!(created, "SeaweedFS did not create the bucket");
        Some(weed)
    }

    /// The environment variables that point to this store.
    pub(crate) fn environment(&self) -> [(&str, &str); 5] {
        [
            ("AWS_ENDPOINT", &self.endpoint),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "testkey"),
            ("AWS_SECRET_ACCESS_KEY", "testsecret"),
            ("AWS_ALLOW_HTTP", "true"),
        ]
    }

    /// The address of the S3 interface.
    pub(crate) fn address(&self) -> SocketAddr {
        self.endpoint.trim_start_matches("http://").parse().unwrap()
    }

    pub(crate) fn put(&self, files: &[(&str, Vec<u8>)]) {
        let bucket = AmazonS3Builder::new()
            .with_bucket_name("masters")
            .with_endpoint(&self.endpoint)
            .with_region("us-east-1")
            .with_access_key_id("testkey")
            .with_secret_access_key("testsecret")
            .with_allow_http(true)
            .with_retry(RetryConfig { retry_timeout: Duration::from_secs(60), ..RetryConfig::default() })
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (name, bytes) in files {
            let path = Path::parse(name).unwrap();
            runtime.block_on(bucket.put(&path, bytes.clone().into())).unwrap();
        }
    }
}

impl Drop for Weed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds free ports whose numbers plus 10000 are also free, for gRPC. No two calls find the same ones: a server takes a moment
/// to open its ports.
fn ports() -> [u16; 4] {
    static TAKEN: Mutex<u16> = Mutex::new(0);
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let start = (*taken + 1).max(14_000 + (std::process::id() % 5000) as u16);
    let mut found = Vec::new();
    for port in start..22_000 {
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            found.push(port);
        }
        if let Ok(ports) = <[u16; 4]>::try_from(found.as_slice()) {
            *taken = port;
            return ports;
        }
    }
    panic!("there are no four free ports");
}
