//! The tables and their migrations.
//!
//! sqlx's own migrator is not used: it does not lock SQLite, so two processes that start at the same time could both
//! migrate; it needs separate SQL for each database; and its bookkeeping table would have to be filled in by hand in
//! every existing catalogue.

use sqlx::{AnyConnection, Connection, Executor, Row};

use super::Error;
use super::pools::{Dialect, Pools};

/// The migrations, in order; never change one that has been released. With a new one, `tests/fixtures/catalogues` gets a
/// catalogue as it was before.
pub(super) const STEPS: [&str; 11] = [
    // Short columns come first, so that reading a label does not touch a long record.
    "CREATE TABLE works (
        seq {id}, object_number TEXT NOT NULL UNIQUE, revision BIGINT NOT NULL, changed_ms BIGINT NOT NULL,
        removed BIGINT NOT NULL, judged BIGINT NOT NULL, public_domain BIGINT, rights TEXT, hash TEXT NOT NULL,
        source TEXT NOT NULL, thumbnail TEXT, label TEXT NOT NULL, shelves TEXT NOT NULL, record TEXT NOT NULL,
        original TEXT
     );
     CREATE INDEX works_of_source ON works (source, seq);
     CREATE TABLE images (file TEXT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (file, seq)) {clustered};
     CREATE INDEX images_of_work ON images (seq);
     CREATE TABLE terms (
        id {counted}, scheme TEXT{bytes} NOT NULL, value TEXT{bytes} NOT NULL, label TEXT NOT NULL, sort TEXT{bytes} NOT NULL,
        works BIGINT NOT NULL, UNIQUE (scheme, value)
     );
     CREATE INDEX terms_in_order ON terms (scheme, sort, value);
     CREATE TABLE shelves (term BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (term, seq)) {clustered};
     CREATE TABLE buckets (
        term BIGINT NOT NULL, bucket BIGINT NOT NULL, works BIGINT NOT NULL, PRIMARY KEY (term, bucket)
     ) {clustered};
     CREATE TABLE tags (seq BIGINT NOT NULL, tag TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (seq, tag)) {clustered};
     CREATE TABLE tag_history (
        revision BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, tag TEXT NOT NULL, status TEXT NOT NULL,
        actor TEXT NOT NULL, note TEXT, at_ms BIGINT NOT NULL, body TEXT NOT NULL
     );
     CREATE INDEX tag_history_of_work ON tag_history (seq, revision);
     CREATE TABLE revisions (
        revision {id}, object_number TEXT NOT NULL, kind TEXT NOT NULL, at_ms BIGINT NOT NULL
     );
     CREATE TABLE counter (
        one BIGINT NOT NULL PRIMARY KEY, revision BIGINT NOT NULL, seq BIGINT NOT NULL, at_ms BIGINT NOT NULL
     );
     INSERT INTO counter (one, revision, seq, at_ms) VALUES (1, 0, 0, 0)",
    // What machines found. Tags about which a curator has not decided have `decided = 0`; those that wait for a
    // decision, at first or again, have `waits = 1`, and what a review lists them by. Confidences are in millionths.
    "ALTER TABLE tags ADD COLUMN decided BIGINT NOT NULL DEFAULT 1;
     ALTER TABLE tags ADD COLUMN waits BIGINT NOT NULL DEFAULT 0;
     ALTER TABLE tags ADD COLUMN scheme TEXT{bytes};
     ALTER TABLE tags ADD COLUMN value TEXT{bytes};
     ALTER TABLE tags ADD COLUMN confidence BIGINT;
     CREATE INDEX tags_that_wait ON tags (scheme, value, confidence DESC, seq) WHERE waits = 1;
     ALTER TABLE works ADD COLUMN picture TEXT;
     CREATE TABLE analyses (
        analyzer TEXT{bytes} NOT NULL, file TEXT{bytes} NOT NULL, version TEXT NOT NULL, etag TEXT NOT NULL,
        at_ms BIGINT NOT NULL, result TEXT NOT NULL, vector {blob}, PRIMARY KEY (analyzer, file)
     );
     CREATE INDEX analyses_with_vectors ON analyses (analyzer, version, at_ms, file) WHERE vector IS NOT NULL;
     CREATE TABLE learned (
        name TEXT{bytes} NOT NULL PRIMARY KEY, version BIGINT NOT NULL, at_ms BIGINT NOT NULL, body TEXT NOT NULL
     )",
    // Harvests read works in the order of their last change.
    "CREATE INDEX works_by_change ON works (changed_ms, revision)",
    // Annotations by the Web Annotation Protocol. `image` is the first image of the canvas when the annotation was created:
    // it follows the image if a later record numbers the canvases differently. `made` is the revision that created it.
    "ALTER TABLE works ADD COLUMN annotated BIGINT NOT NULL DEFAULT 0;
     CREATE TABLE annotations (
        seq BIGINT NOT NULL, id TEXT{bytes} NOT NULL, canvas BIGINT NOT NULL, image TEXT, status TEXT NOT NULL,
        creator TEXT NOT NULL, made BIGINT NOT NULL, revision BIGINT NOT NULL, created_ms BIGINT NOT NULL,
        changed_ms BIGINT NOT NULL, words TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (seq, id)
     ) {clustered};
     CREATE INDEX annotations_that_wait ON annotations (made) WHERE status = 'pending';
     CREATE TABLE annotation_history (
        revision BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, id TEXT{bytes} NOT NULL, status TEXT NOT NULL,
        actor TEXT NOT NULL, note TEXT, at_ms BIGINT NOT NULL, body TEXT NOT NULL
     );
     CREATE INDEX annotation_history_of_work ON annotation_history (seq, id, revision)",
    // Authority records of creators by each of their keys, and imported vocabularies with their concepts.
    "CREATE TABLE people (key TEXT{bytes} NOT NULL PRIMARY KEY, body TEXT NOT NULL);
     CREATE TABLE vocabularies (
        name TEXT{bytes} NOT NULL PRIMARY KEY, version BIGINT NOT NULL, concepts BIGINT NOT NULL, at_ms BIGINT NOT NULL
     );
     CREATE TABLE concepts (
        vocabulary TEXT{bytes} NOT NULL, uri TEXT{bytes} NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (vocabulary, uri)
     )",
    // Who withdrew and restored works, when and why. `works.removed` says who withdrew a work that is not shown.
    "CREATE TABLE withdrawals (
        revision {id}, seq BIGINT NOT NULL, withdrawn BIGINT NOT NULL, reason TEXT, actor TEXT NOT NULL, at_ms BIGINT NOT NULL
     );
     CREATE INDEX withdrawals_of_work ON withdrawals (seq, revision)",
    // How far webhooks have been told of changes, who tells them now, and what was sent.
    "CREATE TABLE webhooks (
        name TEXT{bytes} NOT NULL PRIMARY KEY, revision BIGINT NOT NULL, failures BIGINT NOT NULL, next_ms BIGINT NOT NULL,
        holder TEXT NOT NULL, held_until_ms BIGINT NOT NULL
     );
     CREATE TABLE webhook_deliveries (
        webhook TEXT{bytes} NOT NULL, id TEXT{bytes} NOT NULL, after_revision BIGINT NOT NULL, until_revision BIGINT NOT NULL,
        events BIGINT NOT NULL, made_ms BIGINT NOT NULL, attempts BIGINT NOT NULL, attempted_ms BIGINT, status BIGINT,
        delivered BIGINT NOT NULL, error TEXT, body TEXT NOT NULL, PRIMARY KEY (webhook, id)
     );
     CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook, until_revision)",
    // Facet values that works have lost, with the last change by which they did; for harvesters of sets and for webhooks.
    // A work may have such a value again.
    "CREATE TABLE lost_facets (
        seq BIGINT NOT NULL, term BIGINT NOT NULL, revision BIGINT NOT NULL, PRIMARY KEY (seq, term)
     ) {clustered};
     CREATE INDEX works_not_shown ON works (seq) WHERE removed <> 0",
    // The URIs that manifests (kind 0), canvases (1) and images (2) of works had on the server that they were read from, by
    // a hash.
    "CREATE TABLE source_uris (
        uri TEXT{bytes} NOT NULL, seq BIGINT NOT NULL, kind BIGINT NOT NULL, canvas BIGINT NOT NULL, file TEXT,
        PRIMARY KEY (uri, seq)
     ) {clustered};
     CREATE INDEX source_uris_of_work ON source_uris (seq)",
    // Collections of other servers. URIs are hashes, as above; `top`: no other collection led to it.
    "CREATE TABLE collections (
        name TEXT{bytes} NOT NULL PRIMARY KEY, position BIGINT NOT NULL, top BIGINT NOT NULL, source TEXT NOT NULL,
        label TEXT NOT NULL, body TEXT NOT NULL
     );
     CREATE TABLE collection_uris (uri TEXT{bytes} NOT NULL PRIMARY KEY, collection TEXT{bytes} NOT NULL) {clustered};
     CREATE INDEX collection_uris_of_collection ON collection_uris (collection);
     CREATE TABLE collection_members (
        collection TEXT{bytes} NOT NULL, position BIGINT NOT NULL, uri TEXT{bytes} NOT NULL,
        PRIMARY KEY (collection, position)
     ) {clustered};
     CREATE INDEX collection_members_by_uri ON collection_members (uri)",
    // Counts and pages of annotations are read without the annotations themselves, whose bodies are long.
    "CREATE INDEX annotations_in_order ON annotations (seq, made, status, image, canvas, creator, changed_ms)",
];

/// The key of PostgreSQL's advisory lock, so that servers starting at the same time migrate one at a time.
const LOCK: i64 = 0x7465_676c;

/// The version of the tables, whose list of versions exists.
pub(super) async fn version(connection: &mut AnyConnection) -> Result<u64, Error> {
    let query = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM tegl_schema");
    let row = query.fetch_one(connection).await?;
    Ok(u64::try_from(row.try_get::<i64, _>("version")?).unwrap_or(0))
}

pub(super) async fn migrate(pools: &Pools) -> Result<(), Error> {
    let mut connection = pools.writer.acquire().await?;
    let mut changes = match pools.dialect {
        Dialect::Sqlite => connection.begin_with("BEGIN IMMEDIATE").await?,
        Dialect::Postgres => connection.begin().await?,
    };
    if pools.dialect == Dialect::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *changes).await?;
    }
    changes.execute("CREATE TABLE IF NOT EXISTS tegl_schema (version BIGINT NOT NULL)").await?;
    let version = usize::try_from(version(&mut changes).await?).unwrap_or(usize::MAX);
    if version > STEPS.len() {
        return Err(Error::Invalid(format!(
            "the catalogue at {} was written by a newer version of Tegl (its tables have version {version}; this version supports up to {})",
            pools.address,
            STEPS.len()
        )));
    }
    for (number, step) in STEPS.iter().enumerate().skip(version) {
        let text = match pools.dialect {
            Dialect::Sqlite => step
                .replace("{id}", "INTEGER PRIMARY KEY")
                .replace("{counted}", "INTEGER PRIMARY KEY")
                .replace("{clustered}", "WITHOUT ROWID")
                .replace("{bytes}", "")
                .replace("{blob}", "BLOB"),
            Dialect::Postgres => step
                .replace("{id}", "BIGINT PRIMARY KEY")
                .replace("{counted}", "BIGSERIAL PRIMARY KEY")
                .replace("{clustered}", "")
                // Sorts the same on every server, and the same as SQLite.
                .replace("{bytes}", " COLLATE \"C\"")
                .replace("{blob}", "BYTEA"),
        };
        for statement in text.split(';') {
            changes.execute(sqlx::AssertSqlSafe(statement)).await?;
        }
        sqlx::query("INSERT INTO tegl_schema (version) VALUES ($1)")
            .bind(number as i64 + 1)
            .execute(&mut *changes)
            .await?;
    }
    changes.commit().await?;
    Ok(())
}
