//! `tegl doctor`: one line per check, with what was found and what helps.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::support::command::{CommandOutput, command, tegl};
use crate::support::masters;
use crate::support::workspace::Workspace;

/// Ports that the checks may bind, whatever else runs here.
const LISTEN: [(&str, &str); 2] =
    [("TEGL__WEB__LISTEN", "127.0.0.1:0"), ("TEGL__OPERATIONS__LISTEN", "127.0.0.1:0")];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let master = masters::jpeg_pyramid(&masters::noisy(300, 200), 256);
    fs::write(folder.path().join("a.tif"), master).unwrap();
    folder
}

fn doctor(arguments: &[&str], environment: &[(&str, &str)]) -> CommandOutput {
    // Enough for machines of any size.
    let small = [
        ("TEGL__PYRAMIDS__MEMORY_MIB", "16"),
        ("TEGL__LIKENESS__MEMORY_MIB", "0"),
        ("TEGL__LIKENESS__MODELS_MIB", "0"),
        ("TEGL__WORK__MEMORY_MIB", "16"),
        ("TEGL__CACHE__DECODED_MIB", "0"),
    ];
    tegl(&[&["doctor"], arguments].concat(), &[&LISTEN[..], &small, environment].concat())
}

/// The line of a check is there, and the command ends with the code that follows from it.
#[track_caller]
fn finds(ran: &CommandOutput, line: &str) {
    let (level, rest) = line.split_once(' ').unwrap();
    let found = ran.out.lines().find(|of| of.starts_with(level) && of.contains(rest.trim()));
    assert!(found.is_some(), "no `{line}`:\n{}{}", ran.out, ran.err);
    if level == "fail" {
        assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
        assert!(ran.err.contains("failed"), "{}", ran.err);
    }
}

#[test]
fn a_sound_set_up_has_no_failures_and_nothing_is_made() {
    let (folder, home) = (folder(), tempfile::tempdir().unwrap());
    let ran = command(home.path())
        .args(["doctor", folder.path().to_str().unwrap()])
        .envs(LISTEN)
        .envs([("TEGL__PYRAMIDS__MEMORY_MIB", "16"), ("TEGL__LIKENESS__MEMORY_MIB", "0")])
        .envs([("TEGL__LIKENESS__MODELS_MIB", "0"), ("TEGL__CACHE__DECODED_MIB", "0")])
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert_eq!(ran.status.code(), Some(0), "{out}");
    for what in ["settings", "web.listen", "file descriptors", "memory", "source", "pyramids", "catalogue"] {
        let lines = out
            .lines()
            .filter(|line| line.get(6..).is_some_and(|rest| rest.starts_with(&format!("{what}: "))));
        assert_eq!(lines.count(), 1, "{what}: {out}");
    }
    assert!(
        out.lines().all(|line| ["ok    ", "warn  "].iter().any(|level| line.starts_with(level))),
        "{out}"
    );
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "a check makes nothing");
}

#[test]
fn each_problem_has_its_line_and_its_remedy() {
    let folder = folder();
    let all = folder.path().to_str().unwrap();
    finds(&doctor(&[], &[]), "fail sources: none; name a folder or a bucket");
    finds(&doctor(&["/no/such"], &[]), "fail source: cannot open `/no/such`: No such file");
    let setting = doctor(&[all], &[("TEGL__WEB__THREADS", "-1")]);
    finds(&setting, "fail settings: `web.threads` is -1: it must be from 0 to 1024");
    assert_eq!(setting.out.lines().count(), 1, "nothing else can be checked: {}", setting.out);
    let memory = doctor(&[all], &[("TEGL__WORK__MEMORY_MIB", "1048576")]);
    finds(&memory, "fail memory: the settings allow");
    finds(&memory, "fail lower `work.memory_mib` (1048576)");
    // Nobody can write to /proc, root included.
    finds(
        &doctor(&[all], &[("TEGL__PYRAMIDS__LOCATION", "/proc/tegl")]),
        "fail pyramids: `/proc` cannot be written to",
    );
    finds(
        &doctor(&[all], &[("TEGL__SEARCH__FOLDER", "/proc/tegl")]),
        "warn search index: `/proc` cannot be written to",
    );
    finds(
        &doctor(&[all], &[("TEGL__CACHE__DISK__FOLDER", "/proc/tegl")]),
        "warn disk cache: `/proc` cannot be written",
    );
    finds(
        &doctor(&[all], &[("TEGL__CATALOGUE__URL", "/no/x.db")]),
        "fail catalogue: the folder `/no` does not exist",
    );
    let broken = folder.path().join("broken.db");
    fs::write(&broken, b"this is not a database, but a text that is long enough").unwrap();
    finds(&doctor(&[all], &[("TEGL__CATALOGUE__URL", broken.to_str().unwrap())]), "fail catalogue:");
    let open = [("TEGL__WEB__LISTEN", "0.0.0.0:0")];
    finds(&doctor(&[all], &open), "warn web.base_url: URLs in responses use whatever host");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    finds(&doctor(&[all], &[("TEGL__WEB__LISTEN", &at)]), "warn is in use; unless that is this server");
    let model = [("TEGL__MODELS__M__FILE", "/no/model.onnx")];
    let ran = doctor(&[all], &model);
    assert!(ran.code == Some(1) && ran.out.contains("model"), "{}", ran.out);
}

#[test]
fn findings_are_json_lines_on_request() {
    let ran = doctor(&["/no/such", "--json"], &[]);
    let objects = ran.objects();
    let failed: Vec<_> = objects.iter().filter(|object| object["level"] == "fail").collect();
    assert_eq!(failed.len(), 1, "{}", ran.out);
    assert_eq!(failed[0]["what"], "source");
}

#[test]
fn a_low_limit_of_open_files_names_the_settings_that_it_lowers() {
    let (folder, home) = (folder(), tempfile::tempdir().unwrap());
    let template = command(home.path());
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 256; exec \"$0\" doctor \"$1\""]);
    shell.arg(template.get_program()).arg(folder.path()).current_dir(home.path());
    for (name, value) in template.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let ran = shell.envs(LISTEN).output().unwrap();
    let out = String::from_utf8_lossy(&ran.stdout);
    let line = out
        .lines()
        .find(|line| line.starts_with("warn  file descriptors: "))
        .unwrap_or_else(|| panic!("{out}"));
    assert!(line.contains("`web.connections` is ") && line.contains("ulimit -n"), "{line}");
}

const DELETED: &str = "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>";

/// A store whose clock is wrong, and which overwrites whatever it is asked not to.
fn careless_store(ahead: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || serve(&stream, ahead));
        }
    });
    address
}

fn serve(stream: &TcpStream, ahead: Duration) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        for line in head.lines() {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        std::io::Read::read_exact(&mut reader, &mut vec![0; length]).ok()?;
        let answer = match head.split(' ').next()? {
            "PUT" => "200 OK\r\nETag: \"1\"\r\nContent-Length: 0",
            "DELETE" => "204 No Content",
            // Several objects are deleted by one request.
            "POST" => "200 OK\r\nContent-Type: application/xml\r\nContent-Length: 60",
            _ => "404 Not Found\r\nContent-Length: 0",
        };
        let body = if head.starts_with("POST") { DELETED } else { "" };
        let date = httpdate::fmt_http_date(SystemTime::now() + ahead);
        let mut stream = stream;
        write!(stream, "HTTP/1.1 {answer}\r\nDate: {date}\r\n\r\n{body}").ok()?;
    }
}

#[test]
fn a_store_without_conditional_writes_and_a_wrong_clock_are_reported() {
    let (folder, store) = (folder(), careless_store(Duration::from_secs(600)));
    let (all, endpoint) = (folder.path().to_str().unwrap(), format!("http://{store}"));
    let environment = [
        ("TEGL__PYRAMIDS__LOCATION", "s3://pyramids"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_REGION", "us-east-1"),
    ];
    let ran = doctor(&[all], &environment);
    finds(&ran, "warn pyramids: s3://pyramids: the store overwrites objects in spite of `If-None-Match: *`");
    finds(&ran, &format!("fail clock: that of {endpoint} is "));
    finds(&ran, "fail s ahead of this machine's; set both by NTP");
    let near = format!("http://{}/", careless_store(Duration::ZERO));
    let ran = doctor(&[&near], &[]);
    finds(&ran, "ok clock: that of http://127.0.0.1");
}

#[test]
fn catalogue_and_index_are_named_with_their_versions() {
    for workspace in Workspace::on_each_database("tegl doctor on PostgreSQL", || {
        Workspace::new(&[("a.tif", masters::jpeg_pyramid(&masters::noisy(300, 200), 256))])
    }) {
        let (masters, index) = (workspace.path("masters"), workspace.path("index"));
        let environment = [
            ("TEGL__CATALOGUE__URL", workspace.catalogue.as_str()),
            ("TEGL__SEARCH__FOLDER", index.as_str()),
        ];
        let is_server = workspace.catalogue.starts_with("postgres");
        let before = doctor(&[&masters], &environment);
        finds(&before, if is_server { "ok , empty; the server makes its tables" } else { "ok catalogue:" });
        let imported = workspace.ingest(
            "r.jsonl",
            "{\"object_number\":\"A 1\",\"images\":[{\"file\":\"a.tif\"}]}\n",
            &[],
        );
        assert_eq!(imported.code, Some(0), "{}", imported.err);
        let server = workspace.serve(&[("TEGL__SEARCH__FOLDER", &index)]);
        let indexed = || server.get("/api/v1/works").text().contains("\"total\":1");
        assert!(crate::support::eventually(Duration::from_secs(30), indexed), "{}", server.log());
        drop(server);
        let ran = doctor(&[&masters], &environment);
        finds(&ran, "ok tables of version ");
        finds(&ran, "ok search index: ");
        finds(&ran, "ok , revision 1");
        if is_server {
            finds(&ran, "ok clock: PostgreSQL's and this machine's agree");
            finds(&ran, "ok PostgreSQL: version ");
        }
        assert_eq!(ran.code, Some(0), "{}", ran.out);
    }
}
