//! Uploads to buckets that fail or are given up.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use object_store::ObjectStoreExt;
use object_store::aws::AmazonS3Builder;
use object_store::memory::InMemory;
use tempfile::NamedTempFile;

use crate::store::backend::Writer;
use crate::store::remote::PART;
use crate::store::remote::{Connector, retries};
use crate::store::{Error, Settings, Store};

use super::write::{in_memory, key};

/// A server that speaks as much S3 as an upload needs, answers parts by `part`, and remembers the requests.
fn bucket(part: fn(&mut TcpStream)) -> (Store, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = seen.clone();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let requests = requests.clone();
            std::thread::spawn(move || while serve(&mut connection, &requests, part).is_some() {});
        }
    });
    let settings = Settings::default();
    let client = AmazonS3Builder::new()
        .with_bucket_name("bucket")
        .with_endpoint(endpoint)
        .with_region("none")
        .with_allow_http(true)
        .with_skip_signature(true)
        .with_retry(retries(&settings))
        .with_http_connector(Connector::new(&settings.for_writing()))
        .build()
        .unwrap();
    (in_memory(Arc::new(client)), seen)
}

fn serve(connection: &mut TcpStream, seen: &Mutex<Vec<String>>, part: fn(&mut TcpStream)) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 2)?;
        if let Some((_, value)) =
            line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            length = value.trim().parse().ok()?;
        }
        if reader.buffer().starts_with(b"\r\n") {
            break;
        }
    }
    std::io::copy(&mut reader.by_ref().take(length + 2), &mut std::io::sink()).ok()?;
    let kind = first.split_once(" HTTP").map(|(kind, _)| kind.to_owned())?;
    seen.lock().unwrap().push(kind.clone());
    let begun = "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>";
    match kind.split_once(' ')?.0 {
        "POST" => answer(connection, "200 OK", begun),
        "PUT" => part(connection),
        _ => answer(connection, "204 No Content", ""),
    }
    Some(())
}

fn answer(connection: &mut TcpStream, status: &str, body: &str) {
    let _ = write!(connection, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}

fn long_file() -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    file.as_file().set_len(3 * PART).unwrap();
    file
}

fn is_called_off(seen: &Mutex<Vec<String>>) -> bool {
    let is_delete = |request: &String| request.starts_with("DELETE /bucket/in/a.tif?uploadId=7");
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(30));
        seen.lock().unwrap().iter().any(is_delete)
    })
}

#[test]
fn a_failed_upload_is_aborted() {
    let (store, seen) = bucket(|connection| answer(connection, "400 Bad Request", ""));
    let failed = block_on(store.put_file(&key("a.tif"), long_file().path()));
    assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
    assert!(is_called_off(&seen), "{seen:?}");
}

#[test]
fn an_upload_whose_caller_is_dropped_is_aborted() {
    let (store, seen) = bucket(|_| std::thread::sleep(Duration::from_secs(20)));
    let (file, name) = (long_file(), key("a.tif"));
    let leaves = async {
        let upload = pin!(store.put_file(&name, file.path()));
        let under_way =
            |seen: &Mutex<Vec<String>>| seen.lock().unwrap().iter().any(|request| request.starts_with("PUT"));
        let requests = seen.clone();
        let arrived = move || under_way(&requests);
        let waits = pin!(crate::store::runtime::block(Duration::from_secs(20), move || {
            let deadline = Instant::now() + Duration::from_secs(15);
            while !arrived() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(())
        }));
        let _ = futures::future::select(upload, waits).await;
        under_way(&seen)
    };
    assert!(block_on(leaves) && is_called_off(&seen), "{seen:?}");
}

#[test]
fn a_failed_upload_leaves_nothing() {
    let memory = Arc::new(InMemory::new());
    let store = in_memory(memory.clone());
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(&vec![1; 20 << 20]).unwrap();
    let other = File::options().write(true).open(file.path()).unwrap();
    // What was promised to be there is gone when it is read.
    let Writer::Remote(remote) = store.0.writer.clone().unwrap() else { unreachable!() };
    other.set_len(12 << 20).unwrap();
    let reading = File::open(file.path()).unwrap();
    let failed = crate::store::runtime::run(Duration::from_secs(20), async move {
        remote.put_file(&key("a.tif"), reading, 20 << 20).await
    });
    assert!(matches!(block_on(failed), Err(Error::Unavailable(_))));
    let there = block_on(memory.head(&"in/a.tif".into()));
    assert!(matches!(there, Err(object_store::Error::NotFound { .. })));
}

#[test]
fn a_bucket_that_ignores_conditions_is_recognized() {
    let (store, _) = bucket(|connection| {
        let _ = write!(connection, "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 0\r\n\r\n");
    });
    let Some(Writer::Remote(remote)) = store.0.writer.clone() else { unreachable!() };
    let honours = async move { remote.honours_conditions(&key("probe")).await };
    assert!(!block_on(crate::store::runtime::run(Duration::from_secs(20), honours)).unwrap());
}
