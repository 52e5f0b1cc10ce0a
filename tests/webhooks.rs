//! Webhooks: signed deliveries to real receivers, which fail, hang and restart.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::command::tegl;
use crate::support::eventually;
use crate::support::http::{self, Response};
use crate::support::masters::{self, picture};
use crate::support::server::Server;
use crate::support::workspace::Workspace;

const TOKEN: &str = "a-secret-of-the-tests";
const OPERATOR: &str = "a-secret-of-operators";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How long deliveries may take on a machine with other work: a server that was killed holds its lease for 40 seconds, and
/// each attempt that is not answered in time delays the next one.
const PATIENCE: Duration = Duration::from_secs(180);

/// How a receiver responds to a delivery.
enum Reaction {
    Status(&'static str),
    /// It keeps the connection open, and sends nothing.
    Hang,
}

/// A delivery as it came, with a valid signature.
#[derive(Clone, Debug)]
struct Received {
    id: String,
    body: String,
}

/// A receiver that checks signatures by the reference library, and first reacts as it is told.
struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    fn start(listener: TcpListener, reactions: Vec<Reaction>) -> Self {
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = received.clone();
        std::thread::spawn(move || {
            let (mut reactions, mut open) = (reactions.into_iter(), Vec::new());
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(delivery) = read(&mut stream) else { continue };
                kept.lock().unwrap().push(delivery);
                match reactions.next().unwrap_or(Reaction::Status("204 No Content")) {
                    Reaction::Hang => open.push(stream),
                    Reaction::Status(status) => {
                        let response =
                            format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                        // A sender that was killed does not read it.
                        let _ = stream.write_all(response.as_bytes());
                    }
                }
            }
        });
        Self { address, received }
    }

    fn new(reactions: Vec<Reaction>) -> Self {
        Self::start(TcpListener::bind("127.0.0.1:0").unwrap(), reactions)
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The changes of all deliveries, each delivery counted once.
    fn changes(&self) -> Vec<Value> {
        let mut all = self.received();
        let mut seen = std::collections::HashSet::new();
        all.retain(|delivery| seen.insert(delivery.id.clone()));
        let changes = |delivery: &Received| {
            let body: Value = serde_json::from_str(&delivery.body).unwrap();
            body["data"]["changes"].as_array().unwrap().clone()
        };
        all.iter().flat_map(changes).collect()
    }

    /// The kinds of changes with their works.
    fn told(&self) -> Vec<String> {
        let text = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
        self.changes()
            .iter()
            .map(|change| format!("{} {}", text(change, "type"), text(change, "object_number")))
            .collect()
    }
}

/// Reads a delivery, and verifies its signature.
fn read(stream: &mut TcpStream) -> Option<Received> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let header = |name: &str| {
                let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}: ")));
                line.map(|line| line[name.len() + 2..].to_owned())
            };
            let length: usize = header("content-length").unwrap().parse().unwrap();
            if bytes.len() >= end + 4 + length {
                let body = &bytes[end + 4..end + 4 + length];
                assert!(head.starts_with("POST /hook HTTP/1.1"), "{head}");
                assert_eq!(header("content-type").as_deref(), Some("application/json"));
                let mut headers = reqwest::header::HeaderMap::new();
                for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
                    headers.insert(name, header(name).unwrap().parse().unwrap());
                }
                Webhook::new(SECRET).unwrap().verify(body, &headers).unwrap();
                assert!(
                    Webhook::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
                        .unwrap()
                        .verify(body, &headers)
                        .is_err()
                );
                let (id, body) = (header("webhook-id").unwrap(), String::from_utf8(body.to_vec()).unwrap());
                return Some(Received { id, body });
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

fn record(number: &str, motif: &str) -> Value {
    json!({"object_number": number, "titles": number, "tags": [{"scheme": "motif", "label": {"en": motif}}]})
}

fn ingest(museum: &Workspace, records: &[Value]) {
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    let ran = museum.ingest("records.jsonl", &lines, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

fn museum() -> Workspace {
    Workspace::new(&[("a.tif", masters::jpeg_pyramid(&picture(300, 200), 128))])
}

fn museums() -> Vec<Workspace> {
    Workspace::on_each_database("webhooks on PostgreSQL", museum)
}

fn webhook(name: &str, address: SocketAddr, more: &str) -> String {
    format!("[webhooks.{name}]\nurl = \"http://{address}/hook\"\nsecret = \"{SECRET}\"\n{more}\n")
}

fn serve(museum: &Workspace, webhooks: &str, more: &[(&str, &str)]) -> Server {
    let settings = format!(
        "[api.tokens]\ncurator = \"{TOKEN}\"\n[operations]\ntoken = \"{OPERATOR}\"\n[search]\nfolder = \"none\"\n{webhooks}"
    );
    std::fs::write(museum.path("tegl.toml"), settings).unwrap();
    let environment = [&[("TEGL__CATALOGUE__URL", museum.catalogue.as_str())], more].concat();
    Server::with(&["--config", &museum.path("tegl.toml"), &museum.path("masters")], &environment)
}

#[track_caller]
fn write(server: &Server, method: &str, path: &str, body: &str) {
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let written = server.raw(text.as_bytes()).unwrap();
    assert!(written.status < 300, "{path}: {} {}", written.status, written.text());
}

fn operate(server: &Server, method: &str, path: &str) -> Response {
    let authorization = format!("Bearer {OPERATOR}");
    http::request(server.operations(), method, path, &[("Authorization", &authorization)]).unwrap()
}

/// What operators see of a webhook.
fn state(server: &Server, name: &str) -> Value {
    let all = operate(server, "GET", "/admin/webhooks").json();
    let found = all["webhooks"].as_array().unwrap().iter().find(|webhook| webhook["name"] == name);
    found.unwrap_or_else(|| panic!("{all}")).clone()
}

/// Waits until a webhook follows changes.
fn wait_until_followed(server: &Server, name: &str, revision: u64) {
    let followed = || state(server, name)["revision"] == revision;
    assert!(eventually(Duration::from_secs(20), followed), "{}", state(server, name));
}

#[test]
fn changes_are_signed_and_repeated_until_they_arrive() {
    let museum = museum();
    ingest(&museum, &[record("K1", "dog")]);
    let elsewhere = Receiver::new(Vec::new());
    let redirect: &'static str = format!("302 Found\r\nLocation: http://{}/hook", elsewhere.address).leak();
    let reactions =
        vec![Reaction::Status("500 Internal Server Error"), Reaction::Hang, Reaction::Status(redirect)];
    let receiver = Receiver::new(reactions);
    let more = "[web]\nbase_url = \"https://museum.example\"\n";
    // The secret comes from the environment.
    let registrar = webhook("registrar", receiver.address, "timeout_s = 1").replace(SECRET, "");
    let secret = [("TEGL__WEBHOOKS__REGISTRAR__SECRET", SECRET)];
    let server = serve(&museum, &format!("{registrar}{more}"), &secret);
    wait_until_followed(&server, "registrar", 1);
    let expected = ["updated K1", "created K2", "tagged K1", "withdrawn K1", "restored K1"];
    let mut changed = record("K1", "dog");
    changed["titles"] = json!("Another title");
    ingest(&museum, &[changed, record("K2", "cat")]);
    write(&server, "POST", "/api/v1/works/K1/tags", r#"{"scheme":"motif","label":{"en":"ship"}}"#);
    write(&server, "DELETE", "/api/v1/works/K1", r#"{"reason":"Returned to its owner"}"#);
    write(&server, "POST", "/api/v1/works/K1/restore", "");
    let came = || receiver.told().len() >= expected.len() && state(&server, "registrar")["behind"] == 0;
    assert!(
        eventually(Duration::from_secs(40), came),
        "{:?} {}",
        receiver.told(),
        state(&server, "registrar")
    );
    assert_eq!(receiver.told(), expected);
    let changes = receiver.changes();
    let revisions: Vec<_> = changes.iter().map(|change| change["revision"].as_u64().unwrap()).collect();
    assert_eq!(revisions, [2, 3, 4, 5, 6]);
    assert_eq!(changes[0]["id"], "https://museum.example/api/v1/works/K1");
    assert_eq!(changes[2]["status"], "accepted");
    assert_eq!(changes[3]["reason"], "Returned to its owner");

    // The failed attempts were of the same bytes, and nobody else was contacted.
    let all = receiver.received();
    assert!(
        all.len() > 3
            && all[..4].iter().all(|delivery| delivery.id == all[0].id && delivery.body == all[0].body)
    );
    assert!(elsewhere.received().is_empty());
    let listed = state(&server, "registrar");
    let first = listed["deliveries"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&first["attempts"], &first["delivered"], &first["status"]),
        (&json!(4), &json!(true), &json!(204))
    );
    assert!(!listed.to_string().contains("whsec") && !listed.to_string().contains("/hook"), "{listed}");

    let again = format!("/admin/webhooks/redeliver?webhook=registrar&delivery={}", all[0].id);
    let sent = operate(&server, "POST", &again);
    assert!(sent.status == 202 && sent.json()["delivered"] == true, "{}", sent.text());
    let last = receiver.received().pop().unwrap();
    assert_eq!((last.id, last.body), (all[0].id.clone(), all[0].body.clone()));
    assert_eq!(
        operate(&server, "POST", "/admin/webhooks/redeliver?webhook=registrar&delivery=x").status,
        404
    );
    assert_eq!(operate(&server, "POST", "/admin/webhooks/redeliver").status, 400);
    assert_eq!(state(&server, "registrar")["behind"], 0);
}

#[test]
fn two_servers_deliver_every_change_and_a_dead_receiver_delays_nobody() {
    for museum in museums() {
        let number = |at: usize| format!("K{at:02}");
        let records: Vec<_> =
            (0..30).map(|at| record(&number(at), if at % 3 == 0 { "dog" } else { "cat" })).collect();
        ingest(&museum, &records);
        let live = Receiver::new(Vec::new());
        let all = Receiver::new(Vec::new());
        // Its port is free until it comes back.
        let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let dogs = "kinds = [\"withdrawn\"]\nworks = [\"motif:dog\"]";
        let webhooks = [
            webhook("dogs", live.address, dogs),
            webhook("all", all.address, "batch = 4"),
            webhook("dead", dead, ""),
        ]
        .concat();
        let servers = [serve(&museum, &webhooks, &[]), serve(&museum, &webhooks, &[])];
        for name in ["dogs", "all", "dead"] {
            wait_until_followed(&servers[0], name, 30);
        }
        for at in 0..30 {
            write(&servers[at % 2], "DELETE", &format!("/api/v1/works/{}", number(at)), "");
        }
        let withdrawn = |every: usize| -> Vec<String> {
            (0..30).step_by(every).map(|at| format!("withdrawn {}", number(at))).collect()
        };
        let came = || live.told().len() >= 10 && all.told().len() >= 30;
        assert!(eventually(PATIENCE, came), "{:?} {:?}", live.told(), all.told());
        assert_eq!(live.told(), withdrawn(3), "in order, and only those of the filter");
        assert_eq!(all.told(), withdrawn(1));
        // While no server fails, nothing is sent twice.
        let ids = |receiver: &Receiver| receiver.received().into_iter().map(|one| one.id).collect::<Vec<_>>();
        let mut distinct = ids(&all);
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), ids(&all).len());
        let most = |delivery: &Received| {
            let body: Value = serde_json::from_str(&delivery.body).unwrap();
            body["data"]["changes"].as_array().unwrap().len()
        };
        assert!(all.received().iter().map(most).all(|changes| changes <= 4));
        assert!(
            eventually(Duration::from_secs(20), || state(&servers[0], "dead")["failures"].as_u64() > Some(0))
        );
        assert!(state(&servers[1], "dead")["behind"].as_u64() > Some(0));
        assert!(
            state(&servers[1], "dead")["deliveries"][0]["error"]
                .as_str()
                .unwrap()
                .contains("cannot be reached")
        );
        drop(servers);

        // Nothing is lost over a restart of either side.
        let back = Receiver::start(TcpListener::bind(dead).unwrap(), Vec::new());
        let server = serve(&museum, &webhooks, &[]);
        let pending = state(&server, "dead")["deliveries"].as_array().unwrap().last().unwrap()["id"].clone();
        operate(
            &server,
            "POST",
            &format!("/admin/webhooks/redeliver?webhook=dead&delivery={}", pending.as_str().unwrap()),
        );
        assert!(eventually(PATIENCE, || back.told().len() >= 30), "{:?}", back.told());
        assert_eq!(back.told(), withdrawn(1));
        assert_eq!((live.told().len(), all.told().len()), (10, 30));
    }
}

#[test]
fn works_that_leave_a_filter_are_told_of() {
    for museum in museums() {
        let titled = |number: &str, motif: &str, title: &str| {
            let mut record = record(number, motif);
            record["titles"] = json!(title);
            record
        };
        ingest(
            &museum,
            &[record("K1", "dog"), record("K2", "cat"), record("K3", "dog"), record("K4", "dog")],
        );
        let receiver = Receiver::new(Vec::new());
        let dogs = webhook("dogs", receiver.address, "works = [\"motif:dog\"]");
        let server = serve(&museum, &dogs, &[]);
        wait_until_followed(&server, "dogs", 4);
        drop(server);
        // K1 leaves, and is changed again; K2 enters; K3 is withdrawn, and its record is another one before anybody is told.
        ingest(&museum, &[record("K1", "cat"), record("K2", "dog")]);
        let withdrawn = tegl(&["withdraw", "K3"], &[("TEGL__CATALOGUE__URL", &museum.catalogue)]);
        assert_eq!(withdrawn.code, Some(0), "{}{}", withdrawn.out, withdrawn.err);
        ingest(&museum, &[titled("K1", "cat", "Another title"), record("K3", "cat")]);
        let server = serve(&museum, &dogs, &[]);
        let first = ["updated K1", "updated K2", "withdrawn K3"];
        let is_told = |count: usize| receiver.told().len() >= count && state(&server, "dogs")["behind"] == 0;
        assert!(eventually(PATIENCE, || is_told(3)), "{:?} {}", receiver.told(), state(&server, "dogs"));
        assert_eq!(receiver.told(), first);
        // A curator's decision changes what a work has, too.
        let tags = server.get("/api/v1/works/K4/tags").json();
        let tag = tags["tags"][0]["id"].as_str().unwrap();
        write(&server, "PATCH", &format!("/api/v1/works/K4/tags/{tag}"), r#"{"status":"rejected"}"#);
        write(&server, "DELETE", "/api/v1/works/K4", "");
        write(&server, "DELETE", "/api/v1/works/K1", "");
        write(&server, "DELETE", "/api/v1/works/K2", "");
        assert!(eventually(PATIENCE, || is_told(5)), "{:?} {}", receiver.told(), state(&server, "dogs"));
        assert_eq!(receiver.told(), [&first[..], &["tagged K4", "withdrawn K2"]].concat());
    }
}

#[test]
fn a_receiver_that_is_gone_is_left_alone_for_an_hour() {
    let museum = museum();
    ingest(&museum, &[record("K1", "dog")]);
    let receiver = Receiver::new(vec![Reaction::Status("410 Gone")]);
    let server = serve(&museum, &webhook("old", receiver.address, ""), &[]);
    wait_until_followed(&server, "old", 1);
    write(&server, "DELETE", "/api/v1/works/K1", "");
    assert!(eventually(PATIENCE, || state(&server, "old")["failures"] == 1), "{}", state(&server, "old"));
    let old = state(&server, "old");
    let at = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let delivery = &old["deliveries"][0];
    assert_eq!((&delivery["status"], &delivery["delivered"]), (&json!(410), &json!(false)));
    assert!(delivery["error"].as_str().unwrap().contains("remove the webhook"), "{delivery}");
    assert_eq!(at(&old["next_attempt"]).as_second() - at(&delivery["attempted"]).as_second(), 3600);
    // An operator may try it sooner.
    let again =
        format!("/admin/webhooks/redeliver?webhook=old&delivery={}", delivery["id"].as_str().unwrap());
    assert_eq!(operate(&server, "POST", &again).json()["due"], true);
    assert!(eventually(PATIENCE, || state(&server, "old")["behind"] == 0), "{}", state(&server, "old"));
    assert_eq!(receiver.received().len(), 2);
}
