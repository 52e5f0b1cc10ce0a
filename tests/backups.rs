//! Backups of the catalogue made while it is served and written to, their restoration, and upgrades of older catalogues.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection, Executor};

use crate::support::command::tegl;
use crate::support::http;
use crate::support::masters::{self, picture};
use crate::support::museum::{CURATOR, search, wait_until_indexed};
use crate::support::postgres::{Postgres, program};
use crate::support::server::Server;
use crate::support::workspace::Workspace;
use crate::support::{eventually, fixture, not_proven};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn museum() -> Workspace {
    let workspace = Workspace::new(&[("a.tif", masters::jpeg_pyramid(&picture(600, 400), 256))]);
    let records = ["A 1", "A 2", "A 3"].map(|number| {
        json!({"object_number": number, "titles": format!("Work {number}"), "images": [{"file": "a.tif"}]})
    });
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    std::fs::write(workspace.path("records.jsonl"), lines).unwrap();
    workspace
}

/// The same works in the workspace's catalogue.
fn fill(workspace: &Workspace) {
    let (masters, records) = (workspace.path("masters"), workspace.path("records.jsonl"));
    let catalogue = [("TEGL__CATALOGUE__URL", workspace.catalogue.as_str())];
    let ran = tegl(&["ingest", &masters, "--records", &records], &catalogue);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

fn serve(workspace: &Workspace) -> Server {
    let index = workspace.path("index");
    let server =
        workspace.serve(&[("TEGL__API__TOKENS__CURATOR", CURATOR), ("TEGL__SEARCH__FOLDER", &index)]);
    wait_until_indexed(&server);
    server
}

/// Adds a motif to a work; the status.
fn add(address: std::net::SocketAddr, work: &str, motif: &str) -> u16 {
    let body = json!({"scheme": "motif", "label": {"en": motif}}).to_string();
    let request = format!(
        "POST /api/v1/works/{work}/tags HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {CURATOR}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    http::raw(address, request.as_bytes(), false).unwrap().status
}

fn motifs(server: &Server, work: &str) -> Vec<String> {
    let tags = server.get(&format!("/api/v1/works/{work}/tags")).json();
    let tags = tags["tags"].as_array().cloned().unwrap_or_default();
    tags.iter().filter_map(|tag| Some(tag["label"]["en"][0].as_str()?.to_owned())).collect()
}

/// Makes a backup by `back_up` while a curator adds tags, restores it by `restore`, and compares what is served.
fn is_restored(workspace: Workspace, back_up: impl FnOnce(), restore: impl FnOnce(&mut Workspace)) {
    fill(&workspace);
    let server = serve(&workspace);
    assert_eq!(add(server.address, "A%201", "quagga"), 201);
    let (written, ends) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let curator = std::thread::spawn({
        let (written, ends, address) = (written.clone(), ends.clone(), server.address);
        move || {
            while !ends.load(Ordering::Relaxed) {
                let number = written.load(Ordering::Relaxed);
                assert_eq!(add(address, "A%202", &format!("motif {number}")), 201);
                written.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let wrote = |least: u32| eventually(Duration::from_secs(20), || written.load(Ordering::Relaxed) >= least);
    assert!(wrote(3));
    let before = written.load(Ordering::Relaxed);
    back_up();
    let during = written.load(Ordering::Relaxed);
    assert!(wrote(during + 3), "writing continues");
    ends.store(true, Ordering::Relaxed);
    curator.join().unwrap();
    assert_eq!(add(server.address, "A%203", "walrus"), 201);
    let found = eventually(Duration::from_secs(20), || search(&server, "q=walrus")["total"] == 1);
    assert!(found, "{}", server.log());
    drop(server);
    let mut workspace = workspace;
    restore(&mut workspace);
    let doctor =
        tegl(&["doctor", &workspace.path("masters")], &[("TEGL__CATALOGUE__URL", &workspace.catalogue)]);
    assert!(doctor.out.contains(", tables of version "), "{}", doctor.out);
    // The index is that of the lost catalogue, which was further.
    let server = serve(&workspace);
    assert_eq!(search(&server, "")["total"], 3);
    assert_eq!(motifs(&server, "A%201"), ["quagga"]);
    let kept = motifs(&server, "A%202").len() as u32;
    assert!((before..=during + 1).contains(&kept), "{kept} of {before} to {during}");
    assert_eq!(motifs(&server, "A%203"), Vec::<String>::new());
    let is_forgotten = || search(&server, "q=walrus")["total"] == 0;
    assert!(eventually(Duration::from_secs(20), is_forgotten), "{}", server.log());
    assert_eq!(search(&server, "q=quagga")["total"], 1);
    // Revisions continue where the backup ends.
    assert_eq!(add(server.address, "A%203", "narwhal"), 201);
    assert!(eventually(Duration::from_secs(20), || search(&server, "q=narwhal")["total"] == 1));
}

#[test]
fn a_backup_of_sqlite_is_made_while_serving_and_restored() {
    let workspace = museum();
    let (catalogue, backup) = (workspace.catalogue.clone(), workspace.path("backup.db"));
    let copy = backup.clone();
    let back_up = move || {
        block_on(async {
            let mut connection =
                sqlx::SqliteConnection::connect(&format!("sqlite://{catalogue}")).await.unwrap();
            connection.execute(sqlx::AssertSqlSafe(format!("VACUUM INTO '{copy}'"))).await.unwrap();
            connection.close().await.unwrap();
        });
    };
    is_restored(workspace, back_up, |workspace| {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", workspace.catalogue));
        }
        std::fs::copy(&backup, &workspace.catalogue).unwrap();
    });
}

fn run(mut command: Command) {
    let ran = command.current_dir("/").output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_backup_of_postgresql_is_made_while_serving_and_restored() {
    let Some(postgres) = Postgres::shared() else {
        return not_proven("backups of PostgreSQL", "PostgreSQL is not installed");
    };
    let database = || block_on(postgres.database());
    let workspace = Workspace { catalogue: database(), ..museum() };
    let (catalogue, restored) = (workspace.catalogue.clone(), database());
    // PostgreSQL's user writes it.
    let folder = tempfile::Builder::new().prefix("tegl-backup").tempdir_in("/tmp").unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let backup = folder.path().join("backup.dump");
    let back_up = || {
        let mut dump = program("pg_dump").unwrap();
        dump.args(["--format=custom", "--file"]).arg(&backup).arg(&catalogue);
        run(dump);
    };
    is_restored(workspace, back_up, |workspace| {
        let mut restore = program("pg_restore").unwrap();
        restore.args(["--no-owner", "--exit-on-error", "--dbname", &restored]).arg(&backup);
        run(restore);
        workspace.catalogue = restored.clone();
    });
}

/// Checks what the catalogues in `fixtures/catalogues` have, which older versions wrote, after an upgrade.
fn is_upgraded(catalogue: &str, name: &str) {
    let workspace = Workspace::new(&[("a.tif", masters::jpeg_pyramid(&picture(600, 400), 256))]);
    let workspace = Workspace { catalogue: catalogue.to_owned(), ..workspace };
    let server = serve(&workspace);
    let found = search(&server, "");
    let mut numbers: Vec<_> =
        found["works"].as_array().unwrap().iter().map(|work| work["object_number"].clone()).collect();
    numbers.sort_by_key(Value::to_string);
    assert_eq!(json!(numbers), json!(["A 1", "A 2"]), "{name}");
    let work = server.get("/api/v1/works/A%201").json();
    assert_eq!(work["titles"][0]["text"]["da"][0], "Fiskere vender hjem", "{name}: {work}");
    let mut shown = motifs(&server, "A%201");
    shown.sort();
    assert_eq!(shown, ["boat", "sea"], "{name}");
    let manifest = server.get("/presentation/3/A%201/manifest");
    assert_eq!(manifest.status, 200, "{name}");
    let annotations = server.get("/annotations/A%201/canvas/1/").text();
    assert!(annotations.contains("A boat"), "{name}: {annotations}");
    let gone = server.get("/api/v1/works/A%203");
    assert!(gone.status == 410 && gone.text().contains("Returned to its owner"), "{name}: {}", gone.text());
    assert!(
        search(&server, "q=hund").is_object() && server.get("/api/v1/concepts").text().contains("dog"),
        "{name}"
    );
    // It can be written to, and its history continues.
    assert_eq!(add(server.address, "A%202", "lighthouse"), 201, "{name}: {}", server.log());
    assert!(eventually(Duration::from_secs(20), || search(&server, "q=lighthouse")["total"] == 1), "{name}");
    drop(server);
    let doctor = tegl(&["doctor", &workspace.path("masters")], &[("TEGL__CATALOGUE__URL", catalogue)]);
    let line = doctor.out.lines().find(|line| line.contains("  catalogue: ")).unwrap_or_default();
    assert!(line.starts_with("ok ") && line.contains(", tables of version "), "{name}: {}", doctor.out);
}

/// The catalogues that older versions wrote, by the kind of their database.
fn older(kind: &str) -> Vec<(String, String)> {
    let folder = fixture("catalogues");
    let mut found: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            name.starts_with(kind).then(|| (name, std::fs::read_to_string(&path).unwrap()))
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{} has none for {kind}", folder.display());
    found
}

#[test]
fn older_catalogues_in_sqlite_are_upgraded() {
    for (name, dump) in older("sqlite-") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        block_on(async {
            let url = format!("sqlite://{path}?mode=rwc");
            let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
            connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(dump))).await.unwrap();
            connection.close().await.unwrap();
        });
        is_upgraded(&path, &name);
        assert!(Path::new(&path).exists());
    }
}

#[test]
fn older_catalogues_in_postgresql_are_upgraded() {
    let Some(postgres) = Postgres::shared() else {
        return not_proven("upgrades of catalogues in PostgreSQL", "PostgreSQL is not installed");
    };
    for (name, dump) in older("postgres-") {
        let url = block_on(async {
            let url = postgres.database().await;
            let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
            connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(dump))).await.unwrap();
            connection.close().await.unwrap();
            url
        });
        is_upgraded(&url, &name);
    }
}
