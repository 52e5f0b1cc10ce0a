//! One suite that every kind of source passes: a folder always, and those that `TEGL_TEST_STORES` names.
//!
//! ```sh
//! export AWS_ENDPOINT_URL=http://127.0.0.1:8333 AWS_ALLOW_HTTP=true AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…
//! TEGL_TEST_STORES="s3://bucket az://container gs://bucket http://127.0.0.1:8091" cargo test stores::
//! ```

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use tegl::store::{Error, Key, Settings, Store};
use tokio::runtime::Runtime;

const SIZE: usize = 300_000;
const NAMES: [&str; 9] = [
    "a.tif",
    "sub/deep/é 1.tif",
    "x?versionId=1&y#z.tif",
    "100%25 of %2e.tif",
    "e\u{301}.tif",
    "b'(1)*!~+;:@=,$[].tif",
    "sub-b.tif",
    "日本.tif",
    "\"quoted\" <a>|{b}^`.tif",
];

/// A source under test and a way to put objects into it that is not ours.
struct Bed {
    writer: Arc<dyn ObjectStore>,
    prefix: String,
    location: String,
    _folder: Option<tempfile::TempDir>,
}

impl Bed {
    fn all() -> Vec<Bed> {
        let folder = tempfile::tempdir().unwrap();
        let local = Bed {
            writer: Arc::new(object_store::local::LocalFileSystem::new_with_prefix(folder.path()).unwrap()),
            prefix: String::new(),
            location: folder.path().to_str().unwrap().to_owned(),
            _folder: Some(folder),
        };
        let named = std::env::var("TEGL_TEST_STORES").unwrap_or_default();
        std::iter::once(local).chain(named.split_whitespace().map(Bed::remote)).collect()
    }

    fn remote(location: &str) -> Bed {
        let url = location.parse().unwrap();
        let variables = std::env::vars().map(|(name, value)| (name.to_lowercase(), value));
        let options = variables
            .filter(|(name, _)| ["aws", "azure", "google"].iter().any(|kind| name.starts_with(kind)));
        let plain = ("allow_http".to_owned(), "true".to_owned());
        let (writer, _) = object_store::parse_url_opts(&url, options.chain([plain])).unwrap();
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
        let prefix = format!("tegl-test-{now}");
        Bed { writer: writer.into(), location: format!("{location}/{prefix}"), prefix, _folder: None }
    }

    fn open(&self) -> Store {
        Store::open(&self.location, &Settings::default()).unwrap()
    }

    async fn put(&self, name: &str, bytes: Vec<u8>) {
        let path = match self.prefix.is_empty() {
            true => name.to_owned(),
            false => format!("{}/{name}", self.prefix),
        };
        self.writer.put(&Path::parse(path).unwrap(), PutPayload::from(bytes)).await.unwrap();
    }
}

fn pattern(seed: usize) -> Vec<u8> {
    (0..SIZE).map(|at| (at * 31 + at / 251 + seed) as u8).collect()
}

fn key(key: &str) -> Key {
    Key::parse(key).unwrap()
}

#[test]
fn every_kind_of_source_is_read_alike() {
    let runtime = Runtime::new().unwrap();
    for bed in Bed::all() {
        runtime.block_on(async {
            let store = bed.open();
            for (seed, name) in NAMES.iter().enumerate() {
                bed.put(name, pattern(seed)).await;
            }
            for (seed, name) in NAMES.iter().enumerate() {
                reads_exactly(&store, &key(name), &pattern(seed)).await;
            }
            for limit in [1, 2, 4, 100] {
                lists(&store, limit).await;
            }
            let absent = store.read_start(&key("absent.tif"), 10).await;
            assert!(matches!(absent, Err(Error::NotFound)), "{} {absent:?}", bed.location);
            notices_replacement(&bed, &store).await;
            println!("{}: {:?}", store.describe(), store.counts());
        });
    }
}

async fn reads_exactly(store: &Store, key: &Key, expected: &[u8]) {
    let (version, bytes) =
        store.read_start(key, 1000).await.unwrap_or_else(|error| panic!("{key}: {error:?}"));
    assert_eq!((version.size as usize, &bytes[..]), (SIZE, &expected[..1000]), "{key}");
    assert_eq!(store.head(key).await.unwrap(), version, "{key}");
    assert_eq!(&store.read_start(key, 1 << 20).await.unwrap().1[..], expected, "{key}");
    let end = SIZE as u64;
    let bytes = store.read(key, &version, 5000..20_000, b"head").await.unwrap();
    assert_eq!((&bytes[..4], &bytes[4..]), (&b"head"[..], &expected[5000..20_000]));
    assert_eq!(store.read(key, &version, end - 1..end, b"").await.unwrap()[..], expected[SIZE - 1..]);
    let ranges: [Range<u64>; 5] = [200_000..210_000, 0..10, 11..5000, end - 7..end, 100_000..100_000];
    let many = store.read_many(key, &version, &ranges).await.unwrap();
    for (bytes, range) in many.iter().zip(ranges) {
        assert_eq!(bytes[..], expected[range.start as usize..range.end as usize]);
    }
    assert!(matches!(
        store.read(key, &version, end - 5..end + 5, b"").await,
        Err(Error::Short { requested: 10, got: 5 })
    ));
}

async fn lists(store: &Store, limit: usize) {
    let mut names = NAMES.map(str::to_owned).to_vec();
    names.sort();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.list(after.as_deref(), limit).await.unwrap();
        assert!(page.keys.len() <= limit && page.keys.iter().all(|(_, size)| *size == SIZE as u64));
        found.extend(page.keys.into_iter().map(|(key, _)| key));
        after = found.last().cloned();
        if !page.more {
            break;
        }
    }
    if store.describe().starts_with("s3:") {
        // SeaweedFS sorts folder by folder.
        found.sort();
    }
    assert_eq!(found, names, "{}", store.describe());
}

#[test]
fn every_kind_of_store_is_written_to_alike() {
    let runtime = Runtime::new().unwrap();
    for bed in Bed::all().into_iter().filter(|bed| !bed.location.starts_with("http")) {
        runtime.block_on(async {
            let store = Store::open_writable(&bed.location, &Settings::default()).unwrap();
            println!("{}: creates are honoured: {}", bed.location, store.probe_writing().await.unwrap());
            for (seed, name) in NAMES.iter().enumerate() {
                let version = store.put(&key(name), pattern(seed).into()).await.unwrap();
                assert_eq!(store.head(&key(name)).await.unwrap(), version, "{} {name}", bed.location);
                reads_exactly(&store, &key(name), &pattern(seed)).await;
            }
            lists(&store, 4).await;
            for name in NAMES {
                store.remove(&key(name)).await.unwrap();
                store.remove(&key(name)).await.unwrap();
                assert!(matches!(store.head(&key(name)).await, Err(Error::NotFound)), "{name}");
            }
            writes_long_files(&store, &key("sub/long.tif")).await;
            store.remove(&key("sub/long.tif")).await.unwrap();
            assert_eq!(store.list(None, 9).await.unwrap().keys, [], "{}", bed.location);
            println!("{}: {:?}", store.describe(), store.counts());
        });
    }
}

async fn writes_long_files(store: &Store, key: &Key) {
    let bytes = pattern(7).repeat(80);
    let mut file = store.workspace().unwrap().file().unwrap();
    assert!(store.put_file(key, file.path()).await.is_err(), "a workspace goes with its files");
    let workspace = store.workspace().unwrap();
    file = workspace.file().unwrap();
    std::io::Write::write_all(&mut file, &bytes).unwrap();
    let began = Instant::now();
    let copied = store.put_file(key, file.path()).await.unwrap();
    println!("{}: {} bytes copied in {:?}", store.describe(), bytes.len(), began.elapsed());
    let moved = store.move_file(key, file.into_temp_path()).await.unwrap();
    assert_eq!((copied.size, moved.size), (bytes.len() as u64, bytes.len() as u64));
    let (version, read) = store.read_start(key, moved.size).await.unwrap();
    assert!(version == moved && read == bytes);
    assert!(!store.create(key, pattern(8).into()).await.unwrap_or(false), "{}", store.describe());
}

async fn notices_replacement(bed: &Bed, store: &Store) {
    let (old, _) = store.read_start(&key("a.tif"), 10).await.unwrap();
    // Some servers tell times of change by the second, and make tags of them.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    bed.put("a.tif", pattern(99)).await;
    let read = store.read(&key("a.tif"), &old, 0..5, b"").await;
    assert!(matches!(read, Err(Error::Changed)), "{} {read:?}", bed.location);
    reads_exactly(store, &key("a.tif"), &pattern(99)).await;
}

/// Meant for a proxy between us and the store that injects faults: what comes is right, what fails fails in time.
#[test]
fn under_faults_bytes_are_correct_or_absent() {
    let runtime = Runtime::new().unwrap();
    let Ok(location) = std::env::var("TEGL_TEST_FAULTY_STORE") else { return };
    let reads: u64 = std::env::var("TEGL_TEST_FAULTY_READS").map_or(300, |reads| reads.parse().unwrap());
    let (expected, prefix) = (pattern(1), std::env::var("TEGL_TEST_FAULTY_PREFIX").unwrap());
    let store = Store::open(&format!("{location}/{prefix}"), &Settings::default()).unwrap();
    let key = key("a.tif");
    let (mut times, mut failures) = (Vec::new(), std::collections::BTreeMap::new());
    runtime.block_on(async {
        let mut known = None;
        for round in 0..reads {
            let started = Instant::now();
            let result = async {
                if known.is_none() {
                    known = Some(store.read_start(&key, 1000).await?.0);
                }
                let version = known.clone().unwrap();
                let at = round * 7919 % 280_000;
                let ranges = [at..at + 9000, at + 9000..at + 9100, 290_000..291_000];
                let many = store.read_many(&key, &version, &ranges).await?;
                for (bytes, range) in many.iter().zip(ranges) {
                    assert_eq!(bytes[..], expected[range.start as usize..range.end as usize]);
                }
                Ok::<_, Error>(())
            };
            if let Err(error) = result.await {
                let name: String =
                    format!("{error:?}").chars().filter(|letter| !letter.is_ascii_digit()).collect();
                let name = [&name[..name.len().min(12)], &name[name.len().saturating_sub(60)..]].join("…");
                *failures.entry(name).or_insert(0) += 1;
                if matches!(error, Error::Changed) {
                    known = None;
                }
            }
            times.push(started.elapsed());
        }
    });
    times.sort();
    println!("{} of {reads} failed: {failures:#?}", failures.values().sum::<u64>());
    println!(
        "p50 {:?}, p99 {:?}, max {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1]
    );
    assert!(times[times.len() - 1] < Duration::from_millis(5500));
}
