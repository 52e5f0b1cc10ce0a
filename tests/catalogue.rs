//! The catalogue on SQLite and on PostgreSQL: one suite.

use std::collections::HashSet;
use std::time::Duration;

use tegl::catalogue::{
    ALL, Analysis, AnnotationChange, AnnotationReader, AnnotationRefused, AnnotationStatus, Batch,
    BatchSummary, Catalogue, Decision, Error, NewWork, Producer, ProposalSummary, Proposals, Removal,
    Settings, Withdrawal, WorkDecision,
};
use tegl::record::{Change, Image, Kind, Picture, Status, Tag, Text, Title, Work};

use crate::support::not_proven;
use crate::support::postgres::{NORMAL_COMMITS, Postgres, SLOW_COMMITS};

/// Where one test keeps its words.
pub(crate) struct Bed {
    url: String,
    _folder: tempfile::TempDir,
}

impl Bed {
    pub(crate) async fn open(&self) -> Catalogue {
        let settings = Settings { url: self.url.clone(), ..Settings::default() };
        Catalogue::open(&settings).await.unwrap()
    }
}

/// Runs a test on a file and on a server.
pub(crate) fn on_both<F: Future<Output = ()>>(test: impl Fn(Bed) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("words 50%?.db").to_str().unwrap().to_owned();
    runtime().block_on(test(Bed { url, _folder: folder }));
    on_postgres("the catalogue on PostgreSQL", test);
}

/// Runs a test on a server, where there is one.
fn on_postgres<F: Future<Output = ()>>(what: &str, test: impl Fn(Bed) -> F) {
    let Some(postgres) = Postgres::shared() else { return not_proven(what, "PostgreSQL is not installed") };
    runtime().block_on(async {
        let url = postgres.database().await;
        test(Bed { url, _folder: tempfile::tempdir().unwrap() }).await;
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn work(number: &str, title: &str, motifs: &[&str]) -> Work {
    let mut work = Work { object_number: number.into(), ..Work::default() };
    work.titles.push(Title { text: Text::of("en", title), kind: None });
    work.tags = motifs.iter().map(|motif| Tag::new("motif", Text::of("en", motif))).collect();
    work
}

fn new(work: Work) -> NewWork {
    NewWork { original: Some(format!("{{\"id\":{:?}}}", work.object_number)), work, source: "test".into() }
}

async fn put(catalogue: &Catalogue, works: Vec<Work>) -> BatchSummary {
    catalogue.put(Batch::new(works.into_iter().map(new).collect()).unwrap()).await.unwrap()
}

fn by_source(reason: Option<&str>) -> Withdrawal {
    let (reason, actor) = (reason.map(str::to_owned), "source:test".to_owned());
    Withdrawal { removal: Removal::BySource, reason, actor }
}

async fn on_shelf(catalogue: &Catalogue, scheme: &str, value: &str) -> Vec<String> {
    let cards = catalogue.works_with(scheme, value, 0, 100_000).await.unwrap();
    let counted = catalogue.facet_value(scheme, value).await.unwrap().map_or(0, |term| term.works);
    assert_eq!(counted, cards.len() as u64, "{scheme}/{value} is counted wrongly");
    cards.into_iter().map(|card| card.object_number).collect()
}

#[test]
fn a_second_import_updates_only_changed_records() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        let works = || vec![work("a", "A", &["dog"]), work("b", "B", &["dog", "cat"])];
        let first = put(&catalogue, works()).await;
        assert_eq!((first.created, first.updated, first.unchanged), (2, 0, 0));
        let again = put(&catalogue, works()).await;
        assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 2));
        assert_eq!(catalogue.last_revision().await.unwrap(), 2);
        let changed = put(&catalogue, vec![work("a", "A", &["dog"]), work("b", "Changed", &["cat"])]).await;
        assert_eq!((changed.created, changed.updated, changed.unchanged), (0, 1, 1));
        let stored = catalogue.get("b").await.unwrap().unwrap();
        assert_eq!((stored.revision, stored.work.label().best(&[])), (3, Some("Changed")));
        assert_eq!(on_shelf(&catalogue, "motif", "dog").await, ["a"]);
        assert_eq!(on_shelf(&catalogue, "motif", "cat").await, ["b"]);
        assert_eq!(on_shelf(&catalogue, ALL, ALL).await, ["a", "b"]);
        assert_eq!(catalogue.original("b").await.unwrap().as_deref(), Some("{\"id\":\"b\"}"));
        let twice = Batch::new(vec![new(work("c", "first", &[])), new(work("c", "last", &[]))]).unwrap();
        assert_eq!(catalogue.put(twice).await.unwrap().created, 1);
        assert_eq!(catalogue.get("c").await.unwrap().unwrap().work.label().best(&[]), Some("last"));
    });
}

#[test]
fn object_numbers_may_have_any_characters() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        let numbers =
            ["KKS2020-3/16", "KMSst28Ø", "it's \"odd\"", "100 %_\\", "😀", "a\tb", "Å", "A\u{30a}", " x "];
        put(&catalogue, numbers.iter().map(|number| work(number, "zero \0 within", &["mo\0tif"])).collect())
            .await;
        for number in numbers {
            let stored = catalogue.get(number).await.unwrap();
            assert_eq!(stored.map(|stored| stored.work.object_number).as_deref(), Some(number));
        }
        assert_eq!(catalogue.get("kks2020-3/16").await.unwrap(), None);
        assert_eq!(catalogue.get("x\0").await.unwrap(), None);
        let long = "æ".repeat(5000);
        let technique = Work { techniques: vec![Text::plain(&long)], ..work("long", &long, &[&long]) };
        put(&catalogue, vec![technique]).await;
        catalogue.remove(&["long".to_owned()], &by_source(None)).await.unwrap();
        assert_eq!(on_shelf(&catalogue, ALL, ALL).await, numbers);
        assert!(matches!(Batch::new(vec![new(work("", "", &[]))]), Err(Error::Invalid(_))));
        assert!(matches!(Batch::new(vec![new(work("a\0b", "", &[]))]), Err(Error::Invalid(_))));
    });
}

#[test]
fn decisions_outlive_imports() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        put(&catalogue, vec![work("a", "A", &["dog", "cat"]), work("b", "B", &["dog"])]).await;
        let dog = Tag::new("motif", Text::of("en", "dog")).id();
        let reject = Decision::Set { tag: dog.clone(), status: Status::Rejected };
        let stored = catalogue.decide("a", Some(1), reject.clone(), "curator", Some("a wolf")).await.unwrap();
        assert_eq!(stored.revision, 3);
        assert_eq!(on_shelf(&catalogue, "motif", "dog").await, ["b"]);
        let wolf = Tag::new("motif", Text::of("en", "wolf"));
        catalogue.decide("a", Some(3), Decision::Add(Box::new(wolf.clone())), "curator", None).await.unwrap();
        let again = catalogue.decide("a", None, reject, "curator", None).await.unwrap();
        assert_eq!(again.revision, 4, "a decision that changes nothing makes no revision");

        put(&catalogue, vec![work("a", "Renamed", &["dog", "cat", "bone"])]).await;
        let stored = catalogue.get("a").await.unwrap().unwrap();
        let status = |tag: &str| stored.tags.iter().find(|known| known.id() == tag).map(|known| known.status);
        assert_eq!(status(&dog), Some(Status::Rejected));
        assert_eq!(status(&wolf.id()), Some(Status::Accepted));
        assert_eq!(on_shelf(&catalogue, "motif", "wolf").await, ["a"]);
        assert_eq!(on_shelf(&catalogue, "motif", "dog").await, ["b"]);

        let history = catalogue.history("a").await.unwrap();
        let told: Vec<_> =
            history.iter().map(|event| (event.status, event.revision, event.note.as_deref())).collect();
        assert_eq!(told, [(Status::Rejected, 3, Some("a wolf")), (Status::Accepted, 4, None)]);

        let accept = Decision::Set { tag: dog.clone(), status: Status::Accepted };
        let late = catalogue.decide("a", Some(1), accept.clone(), "curator", None).await;
        assert!(matches!(late, Err(Error::Conflict { current: 5 })), "{late:?}");
        catalogue.decide("a", Some(5), accept, "curator", None).await.unwrap();
        assert_eq!(on_shelf(&catalogue, "motif", "dog").await, ["a", "b"]);
        for (number, tag) in [("nobody", dog.as_str()), ("a", "0000000000000000")] {
            let unknown = Decision::Set { tag: tag.into(), status: Status::Accepted };
            let decided = catalogue.decide(number, None, unknown, "curator", None).await;
            assert!(matches!(decided, Err(Error::NotFound)), "{number} {tag}");
        }
    });
}

#[test]
fn withdrawn_works_can_return() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        put(&catalogue, vec![work("a", "A", &["dog"]), work("b", "B", &["dog"])]).await;
        let dog = Tag::new("motif", Text::of("en", "dog")).id();
        let reject = Decision::Set { tag: dog, status: Status::Rejected };
        catalogue.decide("b", None, reject, "curator", None).await.unwrap();
        let numbers = ["b".to_owned(), "nobody".to_owned()];
        assert_eq!(catalogue.remove(&numbers, &by_source(None)).await.unwrap(), 1);
        assert_eq!(catalogue.remove(&numbers, &by_source(None)).await.unwrap(), 0);
        assert!(catalogue.get("b").await.unwrap().unwrap().removed);
        assert_eq!(on_shelf(&catalogue, ALL, ALL).await, ["a"]);
        put(&catalogue, vec![work("b", "B", &["dog"])]).await;
        assert!(!catalogue.get("b").await.unwrap().unwrap().removed);
        assert_eq!(on_shelf(&catalogue, ALL, ALL).await, ["a", "b"]);
        assert_eq!(on_shelf(&catalogue, "motif", "dog").await, ["a"], "the decision holds still");
        let changes: Vec<Change> = catalogue.changes(0, 100).await.unwrap();
        let told: Vec<_> = changes
            .iter()
            .map(|change| (change.revision, change.object_number.as_str(), change.kind))
            .collect();
        let expected = [
            (1, "a", Kind::Create),
            (2, "b", Kind::Create),
            (3, "b", Kind::Update),
            (4, "b", Kind::Delete),
            (5, "b", Kind::Create),
        ];
        assert_eq!(told, expected);
    });
}

#[test]
fn an_image_links_to_all_works_that_show_it() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        let with = |number: &str, files: &[&str], rights: Option<&str>, public_domain| {
            let images =
                files.iter().map(|file| Image { file: (*file).into(), matched: true, ..Image::default() });
            Work {
                rights: rights.map(Into::into),
                public_domain,
                images: images.collect(),
                ..work(number, number, &[])
            }
        };
        let works = vec![
            with(
                "a",
                &["x.tif", "x.tif;page=2", "y.tif"],
                Some("http://rightsstatements.org/vocab/InC/1.0/"),
                Some(false),
            ),
            with("b", &["x.tif"], None, Some(true)),
            with("c", &["z.tif"], None, None),
        ];
        put(&catalogue, works).await;
        let showing = async |file: &str| {
            let found = catalogue.works_showing(&[file.to_owned()]).await.unwrap();
            found.into_iter().map(|work| (work.object_number, work.public_domain)).collect::<Vec<_>>()
        };
        let both = [("a".to_owned(), Some(false)), ("b".to_owned(), Some(true))];
        assert_eq!(showing("x.tif").await, both);
        assert_eq!(showing("x.tif;page=7").await, both);
        assert_eq!(showing("z.tif").await, [("c".to_owned(), None)]);
        assert_eq!(showing("X.tif").await, []);
        put(&catalogue, vec![with("a", &["y.tif"], None, None)]).await;
        catalogue.remove(&["b".to_owned()], &by_source(None)).await.unwrap();
        assert_eq!(showing("x.tif").await, []);
    });
}

#[test]
fn pages_of_a_facet_value_are_complete_and_ordered() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        let number = |n: usize| format!("{n:05}");
        for batch in (0..2600).collect::<Vec<_>>().chunks(700) {
            let works =
                batch.iter().map(|&n| work(&number(n), "w", if n % 3 == 0 { &["third"] } else { &[] }));
            put(&catalogue, works.collect()).await;
        }
        let gone: Vec<String> = (1000..1200).map(number).collect();
        catalogue.remove(&gone, &by_source(None)).await.unwrap();
        let all: Vec<String> = (0..2600).filter(|n| !(1000..1200).contains(n)).map(number).collect();
        let thirds: Vec<String> =
            all.iter().filter(|n| n.parse::<usize>().unwrap() % 3 == 0).cloned().collect();
        for (scheme, value, expected) in [(ALL, ALL, &all), ("motif", "third", &thirds)] {
            assert_eq!(
                catalogue.facet_value(scheme, value).await.unwrap().unwrap().works,
                expected.len() as u64
            );
            for start in (0..expected.len() + 200).step_by(97) {
                let page = catalogue.works_with(scheme, value, start as u64, 100).await.unwrap();
                let page: Vec<_> = page.into_iter().map(|card| card.object_number).collect();
                let naive: Vec<_> = expected.iter().skip(start).take(100).cloned().collect();
                assert_eq!(page, naive, "{scheme} from {start}");
            }
        }
        assert_eq!(catalogue.works_with("motif", "none", 0, 10).await.unwrap(), []);
        let walked = catalogue.scan(0, 10_000).await.unwrap();
        assert_eq!(walked.len(), all.len());
        assert!(walked.windows(2).all(|two| two[0].0 < two[1].0));
    });
}

#[test]
fn revisions_are_ordered_and_gapless_with_concurrent_writers() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        put(&catalogue, (0..8).map(|n| work(&format!("shared{n}"), "w", &["dog"])).collect()).await;
        let mut writers = Vec::new();
        for writer in 0..8 {
            // Some by a handle of their own, as another process would.
            let catalogue = if writer % 2 == 0 { catalogue.clone() } else { bed.open().await };
            writers.push(tokio::spawn(async move {
                for n in 0..12 {
                    if n % 3 == 0 {
                        let tag = Tag::new("motif", Text::of("en", &format!("{writer} {n}")));
                        let number = format!("shared{}", n % 8);
                        catalogue
                            .decide(&number, None, Decision::Add(Box::new(tag)), "w", None)
                            .await
                            .unwrap();
                    } else {
                        let works = (0..3)
                            .map(|k| work(&format!("{writer}-{n}-{k}"), "w", &["dog", "cat"]))
                            .collect();
                        put(&catalogue, works).await;
                    }
                }
            }));
        }
        let (mut seen, mut next) = (HashSet::new(), 0);
        let follow = async |seen: &mut HashSet<u64>, next: &mut u64| {
            for change in catalogue.changes(*next, 1000).await.unwrap() {
                assert_eq!(change.revision, *next + 1, "whoever follows has missed a revision");
                *next = change.revision;
                seen.insert(change.revision);
            }
        };
        while writers.iter().any(|writer| !writer.is_finished()) {
            follow(&mut seen, &mut next).await;
        }
        for writer in writers {
            writer.await.unwrap();
        }
        follow(&mut seen, &mut next).await;
        assert_eq!(next, catalogue.last_revision().await.unwrap());
        assert_eq!(next as usize, 8 + 8 * (8 * 3 + 4));
        assert_eq!(catalogue.count().await.unwrap(), 8 + 8 * 8 * 3);
        assert_eq!(on_shelf(&catalogue, "motif", "cat").await.len(), 8 * 8 * 3);
    });
}

#[test]
fn a_writer_that_disconnects_changes_nothing() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        for patience in [0, 1, 2, 4, 8, 16, 32] {
            let works: Vec<Work> =
                (0..400).map(|n| work(&format!("{patience}-{n}"), "w", &["dog"])).collect();
            let batch = Batch::new(works.into_iter().map(new).collect()).unwrap();
            let _ = tokio::time::timeout(Duration::from_millis(patience), catalogue.put(batch)).await;
            // The next writer waits for the former to be rolled back.
            put(&catalogue, vec![work(&format!("after {patience}"), "w", &[])]).await;
            let all = on_shelf(&catalogue, ALL, ALL).await.len() as u64;
            assert_eq!(all, catalogue.count().await.unwrap());
            assert_eq!(catalogue.last_revision().await.unwrap(), catalogue.count().await.unwrap());
        }
    });
}

#[test]
fn two_concurrent_openings_migrate_once() {
    on_both(async |bed| {
        let (one, other) = tokio::join!(bed.open(), bed.open());
        put(&one, vec![work("a", "A", &["dog"])]).await;
        assert_eq!(other.get("a").await.unwrap().unwrap().revision, 1);
        put(&other, vec![work("b", "B", &["dog"])]).await;
        assert_eq!(on_shelf(&one, "motif", "dog").await, ["a", "b"]);
        drop((one, other));
        assert_eq!(bed.open().await.count().await.unwrap(), 2);
    });
}

#[test]
fn concurrent_openings_of_a_new_catalogue_succeed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let url = folder.path().join(format!("{round}.db")).to_str().unwrap().to_owned();
        let open = |_| {
            let settings = Settings { url: url.clone(), ..Settings::default() };
            runtime.spawn(async move { Catalogue::open(&settings).await.map(drop) })
        };
        let opened: Vec<_> = (0..6).map(open).collect();
        for one in opened {
            runtime.block_on(one).unwrap().unwrap();
        }
    }
}

#[test]
fn an_invalid_catalogue_is_refused_with_a_reason() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is a letter and not a database, as everybody can see who opens it").unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (url, expected) in [
        (text.to_str().unwrap().to_owned(), "text.db"),
        ("/no/such/folder/catalogue.db".to_owned(), "its folder does not exist"),
        ("mysql://me:secret@host/db".to_owned(), "postgres://"),
        (format!("postgres://me:secret@127.0.0.1:{port}/db"), "127.0.0.1"),
    ] {
        let settings = Settings { url: url.clone(), ..Settings::default() };
        let Err(error) = runtime.block_on(Catalogue::open(&settings)) else { panic!("{url} was opened") };
        let text = error.to_string();
        assert!(text.contains(expected) && !text.contains("secret"), "{url}: {text}");
    }
}

/// A connection of the tests' own to the database of a bed on PostgreSQL.
async fn beside(url: &str) -> sqlx::PgConnection {
    use sqlx::Connection;
    sqlx::PgConnection::connect(url).await.unwrap()
}

#[test]
fn writes_resume_after_connections_are_killed() {
    use sqlx::Executor;
    on_postgres("connections that are killed", async |bed| {
        let catalogue = bed.open().await;
        // What is under way is seen outside of transactions only.
        let (mut other, mut killer) = (beside(&bed.url).await, beside(&bed.url).await);
        for round in 0..4 {
            put(&catalogue, vec![work(&format!("before {round}"), "w", &[])]).await;
            // A writer waits behind this one, in the middle of its transaction.
            other.execute("BEGIN").await.unwrap();
            other.execute("UPDATE counter SET one = one").await.unwrap();
            let batch = Batch::new(vec![new(work(&format!("killed {round}"), "w", &[]))]).unwrap();
            let waiting = tokio::spawn({
                let catalogue = catalogue.clone();
                async move { catalogue.put(batch).await }
            });
            let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'";
            while killer.execute(kill).await.unwrap().rows_affected() == 0 {
                tokio::task::yield_now().await;
            }
            let failed = waiting.await.unwrap();
            assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
            other.execute("ROLLBACK").await.unwrap();
            put(&catalogue, vec![work(&format!("after {round}"), "w", &[])]).await;
            assert_eq!(catalogue.get(&format!("killed {round}")).await.unwrap(), None);
        }
    });
}

#[test]
fn a_cancelled_decision_is_not_applied() {
    use sqlx::Executor;
    on_postgres("decisions that are given up", async |bed| {
        let catalogue = bed.open().await;
        put(&catalogue, vec![work("a", "A", &["dog"])]).await;
        let mut other = beside(&bed.url).await;
        other.execute("BEGIN").await.unwrap();
        other.execute("UPDATE counter SET one = one").await.unwrap();
        let add = |motif: &str| Decision::Add(Box::new(Tag::new("motif", Text::of("en", motif))));
        let late = catalogue.decide("a", None, add("wolf"), "curator", None).await;
        assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
        other.execute("ROLLBACK").await.unwrap();
        let stored = catalogue.decide("a", None, add("cat"), "curator", None).await.unwrap();
        assert_eq!((stored.revision, stored.tags.len()), (2, 2), "{:?}", stored.tags);
    });
}

#[test]
fn a_commit_without_a_response_is_uncertain_and_safe_to_repeat() {
    use sqlx::Executor;
    on_postgres("commits without an answer", async |bed| {
        let catalogue = bed.open().await;
        put(&catalogue, vec![work("a", "A", &["dog"])]).await;
        let mut other = beside(&bed.url).await;
        other.execute(sqlx::raw_sql(SLOW_COMMITS)).await.unwrap();
        let add = || Decision::Add(Box::new(Tag::new("motif", Text::of("en", "cat"))));
        let uncertain = catalogue.decide("a", None, add(), "curator", None).await;
        assert!(matches!(uncertain, Err(Error::Uncertain(_))), "{uncertain:?}");
        other.execute(NORMAL_COMMITS).await.unwrap();
        for _ in 0..2 {
            let stored = catalogue.decide("a", None, add(), "curator", None).await.unwrap();
            assert_eq!((stored.revision, stored.tags.len()), (2, 2), "{:?}", stored.tags);
        }
        assert_eq!(catalogue.history("a").await.unwrap().len(), 1);
    });
}

/// What version `version` of the model `name` finds on a work.
fn proposals(number: &str, name: &str, version: &str, motifs: &[&str]) -> Proposals {
    let tag = |motif: &&str| Tag {
        source: format!("model:{name}@{version}"),
        status: Status::Proposed,
        confidence: 0.75,
        ..Tag::new("motif", Text::of("en", motif))
    };
    let picture = Picture {
        source: format!("model:{name}@{version}"),
        palette: Vec::new(),
        background: None,
        brightness: 50.0,
        contrast: 10.0,
        saturation: 20.0,
        temperature: -5.5,
        entropy: 4.25,
    };
    let analysis = Analysis {
        file: format!("{number}.tif"),
        analyzer: name.into(),
        version: version.into(),
        etag: "e1".into(),
        result: "{}".into(),
        vector: (name == "b").then(|| vec![0, 255, 7]),
    };
    Proposals {
        object_number: number.into(),
        replaces: vec![Producer { name: format!("model:{name}"), scheme: "motif".into() }],
        tags: motifs.iter().map(tag).collect(),
        picture: Some(picture),
        analyses: vec![analysis],
    }
}

async fn motifs(catalogue: &Catalogue, number: &str) -> Vec<String> {
    let stored = catalogue.get(number).await.unwrap().unwrap();
    let motif = |tag: &Tag| format!("{} {} {:?}", tag.label.best(&[]).unwrap(), tag.source, tag.status);
    let mut motifs: Vec<String> = stored.tags.iter().map(motif).collect();
    motifs.sort();
    motifs
}

/// The tags that wait for a decision, with their works.
async fn waiting(catalogue: &Catalogue) -> Vec<String> {
    let mut waiting = Vec::new();
    for value in catalogue.waiting_values("motif").await.unwrap() {
        let tags = catalogue.waiting_tags("motif", &value.value, 0, 10).await.unwrap();
        assert_eq!(tags.len() as u64, value.tags);
        waiting.extend(tags.iter().map(|tag| format!("{} {}", value.value, tag.object_number)));
    }
    waiting
}

#[test]
fn decisions_outlive_later_runs_other_versions_and_other_models() {
    on_both(|bed| async move {
        let catalogue = bed.open().await;
        put(&catalogue, vec![work("a", "A", &["house"]), work("b", "B", &[])]).await;
        let run = async |name: &str, version: &str, motifs: &[&str]| {
            let missing = proposals("no such work", name, version, motifs);
            catalogue.propose(vec![proposals("a", name, version, motifs), missing]).await.unwrap()
        };
        let first = run("a", "1", &["dog", "cat", "cow", "House"]).await;
        let expected =
            ProposalSummary { changed: 1, missing: 1, added: 3, decided: 1, ..ProposalSummary::default() };
        assert_eq!(first, expected, "the record says `house` already");
        assert_eq!(catalogue.last_revision().await.unwrap(), 3, "one revision for the whole run");
        assert_eq!(on_shelf(&catalogue, "motif", "dog").await, ["a"]);
        let again = run("a", "1", &["dog", "cat", "cow"]).await;
        assert_eq!((again.changed, again.unchanged), (0, 1));
        assert_eq!(catalogue.last_revision().await.unwrap(), 3);

        let stored = catalogue.get("a").await.unwrap().unwrap();
        assert_eq!(stored.picture.as_ref().map(|picture| picture.entropy), Some(4.25));
        let id = |motif: &str| {
            let tag = stored.tags.iter().find(|tag| tag.label.best(&[]) == Some(motif));
            tag.unwrap().id()
        };
        for (motif, status) in [("dog", Status::Rejected), ("cat", Status::Accepted)] {
            let decision = Decision::Set { tag: id(motif), status };
            catalogue.decide("a", None, decision, "Anna", None).await.unwrap();
        }
        assert_eq!(waiting(&catalogue).await, ["cow a"]);
        let newer = run("a", "2", &["dog", "Cat", "bird"]).await;
        assert_eq!((newer.added, newer.removed, newer.decided), (1, 1, 2));
        let other = run("b", "1", &["dog", "bird"]).await;
        assert_eq!((other.added, other.removed, other.decided), (1, 0, 1));
        put(&catalogue, vec![work("a", "A again", &["house"])]).await;
        let expected = [
            "bird model:a@2 Proposed",
            "bird model:b@1 Proposed",
            "cat model:a@1 Accepted",
            "dog model:a@1 Rejected",
            "house curator Accepted",
        ];
        assert_eq!(motifs(&catalogue, "a").await, expected);
        assert_eq!(on_shelf(&catalogue, "motif", "bird").await, ["a"]);
        assert!(on_shelf(&catalogue, "motif", "dog").await.is_empty());
        assert!(on_shelf(&catalogue, "motif", "cow").await.is_empty());
        assert_eq!(waiting(&catalogue).await, ["bird a", "bird a"]);
        assert_eq!(catalogue.waiting_schemes().await.unwrap(), [("motif".to_owned(), 2)]);
        // Tags of a work that is not shown do not count.
        let withdrawal = Withdrawal { removal: Removal::ByMuseum, reason: None, actor: "Anna".into() };
        catalogue.withdraw("a", None, &withdrawal).await.unwrap();
        assert!(catalogue.waiting_schemes().await.unwrap().is_empty());
        assert!(catalogue.waiting_values("motif").await.unwrap().is_empty());
        catalogue.restore("a", None, "Anna").await.unwrap();
        assert_eq!(catalogue.waiting_schemes().await.unwrap(), [("motif".to_owned(), 2)]);
    });
}

#[test]
fn results_on_images_are_kept_with_their_vectors() {
    on_both(|bed| async move {
        let catalogue = bed.open().await;
        put(&catalogue, vec![work("a", "A", &[]), work("b", "B", &[])]).await;
        let both = |version: &str| vec![proposals("a", "b", version, &[]), proposals("b", "b", version, &[])];
        catalogue.propose(both("1")).await.unwrap();
        let files = ["a.tif".to_owned(), "c.tif".to_owned()];
        let found = catalogue.analyses("b", &files).await.unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].is_current("1", "e1") && !found[0].is_current("1", "e2"));
        let vector = |file: &str| (file.to_owned(), vec![0, 255, 7]);
        assert_eq!(catalogue.vectors("b", "1", "", 10).await.unwrap(), [vector("a.tif"), vector("b.tif")]);
        assert_eq!(catalogue.vectors("b", "1", "a.tif", 10).await.unwrap(), [vector("b.tif")]);
        assert_eq!(catalogue.vectors_of("b", "1", &files).await.unwrap(), [vector("a.tif")]);
        catalogue.propose(both("2")).await.unwrap();
        assert!(catalogue.vectors("b", "1", "", 10).await.unwrap().is_empty());
        // Two works that share an image have its results in one transaction.
        let shared =
            |number: &str| Proposals { object_number: number.into(), ..proposals("a", "b", "3", &[]) };
        catalogue.propose(vec![shared("a"), shared("b")]).await.unwrap();
        assert_eq!(catalogue.vectors("b", "3", "", 10).await.unwrap(), [vector("a.tif")]);
    });
}

#[test]
fn several_decisions_are_all_made_or_none() {
    on_both(|bed| async move {
        let catalogue = bed.open().await;
        put(&catalogue, vec![work("a", "A", &["dog", "cat"]), work("b", "B", &["dog"])]).await;
        let decision = |number: &str, motif: &str, expected| WorkDecision {
            object_number: number.into(),
            expected,
            decision: Decision::Set {
                tag: Tag::new("motif", Text::of("en", motif)).id(),
                status: Status::Rejected,
            },
            note: None,
        };
        let stale = vec![decision("a", "dog", Some(1)), decision("b", "dog", Some(1))];
        let refused = catalogue.decide_all(stale, "Anna").await.unwrap().unwrap_err();
        assert!(matches!((refused.number, refused.error), (1, Error::Conflict { current: 2 })));
        assert_eq!(on_shelf(&catalogue, "motif", "dog").await, ["a", "b"]);
        let all =
            vec![decision("a", "dog", Some(1)), decision("a", "cat", Some(1)), decision("b", "dog", Some(2))];
        let decided = catalogue.decide_all(all, "Anna").await.unwrap().unwrap();
        assert_eq!(decided.iter().map(|work| work.revision).collect::<Vec<_>>(), [3, 4, 5]);
        assert!(on_shelf(&catalogue, "motif", "dog").await.is_empty());
        assert_eq!(catalogue.history("a").await.unwrap().len(), 2);
    });
}

#[test]
fn people_and_machines_are_told_apart() {
    on_both(|bed| async move {
        let catalogue = bed.open().await;
        let image = Image { file: "b.tif".into(), ..Image::default() };
        let b = Work { images: vec![image], ..work("b", "B", &[]) };
        put(&catalogue, vec![work("a", "A", &["house", "tree"]), b]).await;
        let mut run = proposals("a", "m", "1", &["dog", "cat", "cow"]);
        run.tags[2].status = Status::Accepted;
        catalogue.propose(vec![run, proposals("b", "b", "1", &["dog"])]).await.unwrap();
        let stored = catalogue.get("a").await.unwrap().unwrap();
        let decisions = [("dog", Status::Accepted), ("cat", Status::Rejected), ("tree", Status::Rejected)]
            .map(|(motif, status)| {
                let tag = stored.tags.iter().find(|tag| tag.label.best(&[]) == Some(motif)).unwrap().id();
                Decision::Set { tag, status }
            });
        for decision in decisions {
            catalogue.decide("a", None, decision, "Anna", None).await.unwrap();
        }
        let mut seqs = catalogue.sequence_numbers(&["a".into(), "b".into()]).await.unwrap();
        seqs.sort_unstable();
        let people = catalogue.human_tags(&seqs).await.unwrap();
        let labels = |tags: &[Tag]| {
            let mut labels: Vec<String> =
                tags.iter().map(|tag| tag.label.best(&[]).unwrap().to_owned()).collect();
            labels.sort();
            labels
        };
        assert_eq!(people.len(), 2);
        assert_eq!(labels(&people[0].accepted), ["dog", "house"], "a rule's `cow` is no decision of people");
        assert_eq!(labels(&people[0].rejected), ["cat", "tree"]);
        assert_eq!((people[1].accepted.len(), people[1].rejected.len()), (0, 0));
        assert_eq!(catalogue.works_with_tag("motif", "dog").await.unwrap(), seqs);
        assert_eq!(catalogue.works_with_tag("motif", "cow").await.unwrap(), seqs[..1]);

        let vectors = catalogue.works_with_vectors(("b", "1"), 0, 10).await.unwrap();
        let vectors: Vec<_> = vectors.into_iter().filter(|work| !work.vectors.is_empty()).collect();
        assert_eq!(vectors.len(), 1);
        assert_eq!((vectors[0].object_number.as_str(), &vectors[0].vectors[0]), ("b", &vec![0, 255, 7]));
        assert_eq!(catalogue.vectors_of_works(("b", "1"), &seqs[1..]).await.unwrap(), vectors);
        let version = catalogue.vector_versions().await.unwrap().pop().unwrap();
        assert_eq!((version.analyzer.as_str(), version.vectors), ("b", 1));
        let since = catalogue.works_analyzed_since(("b", "1"), version.newest_ms).await.unwrap();
        assert_eq!(since, seqs[1..]);
        let waiting = catalogue.waiting_works(None, 10).await.unwrap();
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert_eq!(waiting[0][0].object_number, "b");
    });
}

#[test]
fn values_are_called_what_works_called_them_last() {
    on_both(|bed| async move {
        let catalogue = bed.open().await;
        let called = |motif: &str| {
            let mut work = work("a", "A", &[]);
            let tag = Tag { concept: Some("urn:x:1".into()), ..Tag::new("motif", Text::of("en", motif)) };
            work.tags.push(tag);
            work
        };
        for motif in ["Group 1", "Glow", "Group 1"] {
            put(&catalogue, vec![called(motif)]).await;
            // Another process that has not seen the name before.
            for catalogue in [&catalogue, &bed.open().await] {
                let values = catalogue.facet_values("motif", 0, 9).await.unwrap();
                assert_eq!(values.len(), 1);
                assert_eq!(values[0].label, Text::of("en", motif));
            }
        }
    });
}

#[test]
fn what_was_learnt_is_replaced_only_by_those_who_have_read_it() {
    on_both(|bed| async move {
        let catalogue = bed.open().await;
        assert_eq!(catalogue.learned("scheme:style").await.unwrap(), None);
        assert!(catalogue.put_learned("scheme:style", 0, "{\"a\":1}".into()).await.unwrap());
        assert!(!catalogue.put_learned("scheme:style", 0, "{\"a\":2}".into()).await.unwrap());
        assert!(catalogue.put_learned("scheme:style", 1, "{\"a\":3}".into()).await.unwrap());
        let learned = catalogue.learned("scheme:style").await.unwrap().unwrap();
        assert_eq!((learned.version, learned.body.as_str()), (2, "{\"a\":3}"));
        assert!(catalogue.put_learned("scheme:motif", 0, "{}".into()).await.unwrap());
        assert_eq!(catalogue.learned_names().await.unwrap(), ["scheme:motif", "scheme:style"]);
        assert_eq!(catalogue.last_revision().await.unwrap(), 0);
    });
}

#[test]
fn annotations_are_changed_at_the_revision_that_their_writer_read() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        put(&catalogue, vec![work("a", "A", &[]), work("b", "B", &[])]).await;
        let create = |slug: Option<&str>, image: Option<&str>, status, max| AnnotationChange::Create {
            slug: slug.map(str::to_owned),
            canvas: 1,
            image: image.map(str::to_owned),
            status,
            words: "a brown dog".into(),
            body: "{\"motivation\":\"commenting\"}".into(),
            max,
            expected: None,
        };
        let change =
            async |change| catalogue.change_annotation("a", change, "anna", Some("why"), 100).await.unwrap();
        let (accepted, pending) = (AnnotationStatus::Accepted, AnnotationStatus::Pending);
        let first = change(create(Some("dog"), Some("a.tif"), pending, 2)).await.unwrap();
        assert_eq!((first.state.id.as_str(), first.state.revision), ("dog", 3));
        assert_eq!(catalogue.last_annotation_change("a").await.unwrap(), 3);
        assert_eq!(catalogue.last_annotation_change("b").await.unwrap(), 0);
        let mut late = create(None, Some("a.tif"), pending, 2);
        if let AnnotationChange::Create { expected, .. } = &mut late {
            *expected = Some(2);
        }
        assert_eq!(change(late).await, Err(AnnotationRefused::OthersChanged));
        let second = change(create(Some("dog"), Some("a.tif"), accepted, 2)).await.unwrap();
        assert_eq!(second.state.id, "dog-4");
        assert_eq!(change(create(None, Some("a.tif"), accepted, 2)).await, Err(AnnotationRefused::Full));
        // Canvases without images are counted by their numbers.
        let third = change(create(None, None, accepted, 1)).await.unwrap();
        assert_eq!(
            (third.state.id.as_str(), change(create(None, None, accepted, 1)).await),
            ("a5", Err(AnnotationRefused::Full))
        );
        let none =
            catalogue.change_annotation("none", create(None, None, accepted, 1), "anna", None, 100).await;
        assert!(matches!(none, Err(Error::NotFound)), "{none:?}");

        let waiting = catalogue.waiting_annotations(0, 10).await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!((waiting[0].object_number.as_str(), &waiting[0].annotation.state), ("a", &first.state));
        assert_eq!(catalogue.waiting_annotations(first.state.made, 10).await.unwrap(), []);
        let decide = |expected, status| AnnotationChange::Decide { id: "dog".into(), expected, status };
        assert_eq!(change(decide(Some(9), accepted)).await, Err(AnnotationRefused::Changed { current: 3 }));
        let decided = change(decide(Some(3), accepted)).await.unwrap();
        assert_eq!((decided.state.status, decided.state.revision), (accepted, 6));
        // The same decision again changes nothing.
        assert_eq!(change(decide(None, accepted)).await.unwrap(), decided);
        assert_eq!(catalogue.last_revision().await.unwrap(), 6);
        let stored = catalogue.get_all(&["a".into(), "b".into()]).await.unwrap();
        assert_eq!((stored["a"].annotated, stored["a"].notes.len(), stored["a"].revision), (true, 3, 6));
        assert_eq!((stored["b"].annotated, stored["b"].notes.len()), (false, 0));

        let replace = |expected| AnnotationChange::Replace {
            id: "dog".into(),
            expected,
            status: accepted,
            words: String::new(),
            body: "{}".into(),
        };
        assert_eq!(change(replace(3)).await, Err(AnnotationRefused::Changed { current: 6 }));
        assert_eq!(change(replace(6)).await.unwrap().body, "{}");
        let delete = |id: &str| AnnotationChange::Delete { id: id.into(), expected: None };
        assert_eq!(change(delete("nothing")).await, Err(AnnotationRefused::Unknown));
        assert_eq!(change(delete("dog")).await.unwrap().state.status, AnnotationStatus::Deleted);
        assert_eq!(change(delete("dog")).await, Err(AnnotationRefused::Deleted));
        let on = async |reader: &AnnotationReader, images: &[String], from, most| -> Vec<String> {
            let found = catalogue.annotations_on("a", reader, (1, images), (from, most)).await.unwrap();
            found.into_iter().map(|annotation| annotation.state.id).collect()
        };
        let (curator, images) = (AnnotationReader::Curator, ["x.tif".to_owned(), "a.tif".to_owned()]);
        assert_eq!(on(&curator, &images, 0, 10).await, ["dog-4", "a5"]);
        assert_eq!(on(&curator, &images, 1, 10).await, ["a5"]);
        assert_eq!(on(&curator, &images, 0, 1).await, ["dog-4"]);
        assert_eq!(on(&curator, &[], 0, 10).await, ["a5"]);
        let by_ids = catalogue.annotations_with_ids("a", &["a5".into(), "x".into(), "dog-4".into()]).await;
        let ids: Vec<String> = by_ids.unwrap().into_iter().map(|annotation| annotation.state.id).collect();
        assert_eq!(ids, ["dog-4", "a5"]);
        let history = catalogue.annotation_history("a", "dog").await.unwrap();
        let events: Vec<_> = history.iter().map(|event| (event.status.name(), event.revision)).collect();
        assert_eq!(events, [("pending", 3), ("accepted", 6), ("accepted", 7), ("deleted", 8)]);
        assert_eq!((history[0].actor.as_str(), history[0].note.as_deref()), ("anna", Some("why")));
        // A new record keeps them; a withdrawn work has none that wait.
        put(&catalogue, vec![work("a", "A new title", &[])]).await;
        assert_eq!(catalogue.get_all(&["a".into()]).await.unwrap()["a"].notes.len(), 2);
        // Rejected ones leave room for others.
        assert_eq!(change(create(None, Some("a.tif"), pending, 1)).await, Err(AnnotationRefused::Full));
        let (id, status) = ("dog-4".into(), AnnotationStatus::Rejected);
        change(AnnotationChange::Decide { id, expected: None, status }).await.unwrap();
        change(create(None, Some("a.tif"), pending, 1)).await.unwrap();
        change(create(None, Some("b.tif"), pending, 1)).await.unwrap();
        // Who waits is seen by curators and by whoever wrote it; nobody is shown what was rejected.
        let counts = async |reader: AnnotationReader| {
            let mut counts = catalogue.annotation_counts("a", &reader).await.unwrap();
            counts.sort_by(|a, b| a.image.cmp(&b.image));
            counts.into_iter().map(|count| (count.image.unwrap_or_default(), count.total)).collect::<Vec<_>>()
        };
        let all = [(String::new(), 1), ("a.tif".to_owned(), 1), ("b.tif".to_owned(), 1)];
        assert_eq!(counts(AnnotationReader::Curator).await, all);
        assert_eq!(counts(AnnotationReader::Writer("anna".into())).await, all);
        for reader in [AnnotationReader::Anyone, AnnotationReader::Writer("bo".into())] {
            assert_eq!(on(&reader, &images, 0, 10).await, ["a5"]);
            assert_eq!(counts(reader).await, [(String::new(), 1)]);
        }
        catalogue.withdraw("a", None, &by_source(None)).await.unwrap();
        assert_eq!(catalogue.waiting_annotations(0, 10).await.unwrap(), []);
    });
}

#[test]
fn a_history_keeps_the_first_change_and_the_last_ones() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        put(&catalogue, vec![work("a", "A", &[]), work("b", "B", &[])]).await;
        let create = || AnnotationChange::Create {
            slug: Some("dog".into()),
            canvas: 1,
            image: None,
            status: AnnotationStatus::Accepted,
            words: String::new(),
            body: "{\"first\":1}".into(),
            max: 10,
            expected: None,
        };
        let change = async |work, change, kept| {
            let changed = catalogue.change_annotation(work, change, "anna", None, kept).await;
            changed.unwrap().unwrap().state.revision
        };
        let replace = |expected| AnnotationChange::Replace {
            id: "dog".into(),
            expected,
            status: AnnotationStatus::Accepted,
            words: String::new(),
            body: format!("{{\"after\":{expected}}}"),
        };
        let first = change("a", create(), 3).await;
        let other = change("b", create(), 3).await;
        let of_other = change("b", replace(other), 3).await;
        let revisions = async |work| -> Vec<u64> {
            let events = catalogue.annotation_history(work, "dog").await.unwrap();
            events.iter().map(|event| event.revision).collect()
        };
        let mut all = vec![first];
        for _ in 0..6 {
            all.push(change("a", replace(*all.last().unwrap()), 3).await);
            let kept: Vec<u64> = all
                .iter()
                .enumerate()
                .filter(|(at, _)| *at == 0 || at + 3 >= all.len())
                .map(|(_, it)| *it)
                .collect();
            assert_eq!(revisions("a").await, kept);
        }
        let history = catalogue.annotation_history("a", "dog").await.unwrap();
        assert_eq!((history.len(), history[0].body.as_str()), (4, "{\"first\":1}"));
        // A lower limit shortens a history with the next change; other annotations of this name keep theirs.
        let last = change("a", replace(*all.last().unwrap()), 1).await;
        assert_eq!(revisions("a").await, [first, last]);
        assert_eq!(revisions("b").await, [other, of_other]);
        // Reading is limited, too.
        let mut all = vec![of_other];
        for _ in 0..102 {
            all.push(change("b", replace(*all.last().unwrap()), 1000).await);
        }
        let read = revisions("b").await;
        assert_eq!((read.len(), read[0], &read[1..]), (101, other, &all[3..]));
    });
}
