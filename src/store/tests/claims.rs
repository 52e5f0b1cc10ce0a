//! Claims: one at a time has each, and those of the dead can be taken.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::executor::block_on;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;

use super::write::{all_below, in_memory, key, open, whole};
use crate::store::backend::{Reader, Writer};
use crate::store::remote::{RemoteClaimant, Times};
use crate::store::runtime::wait;
use crate::store::{Error, Store};

#[test]
fn one_at_a_time_has_a_claim() {
    let home = tempfile::tempdir().unwrap();
    let memory = Arc::new(InMemory::new());
    for store in [open(home.path()), in_memory(memory.clone())] {
        let [mut one, mut other] = [store.claimant("a").unwrap(), store.claimant("a").unwrap()];
        let claim = block_on(one.take()).unwrap().expect("it is free");
        assert!(block_on(other.take()).unwrap().is_none());
        let mut another = store.claimant("b").unwrap();
        block_on(block_on(another.take()).unwrap().expect("another name is another claim").release());
        assert_eq!(block_on(store.list(None, 9)).unwrap().keys, [], "claims are hidden");
        block_on(claim.release());
        block_on(block_on(other.take()).unwrap().expect("it was released").release());
    }
    assert_eq!(all_below(&home.path().join(".tegl-unfinished")).len(), 0);
    let left = block_on(memory.head(&"in/.tegl-claims/a".into()));
    assert!(matches!(left, Err(object_store::Error::NotFound { .. })));
}

#[test]
fn racing_claimants_have_one_winner() {
    let home = tempfile::tempdir().unwrap();
    for store in [open(home.path()), in_memory(Arc::new(InMemory::new()))] {
        for _ in 0..20 {
            let claims: Vec<_> = std::thread::scope(|scope| {
                let taking = || block_on(store.claimant("a").unwrap().take()).unwrap();
                let all: Vec<_> = (0..8).map(|_| scope.spawn(taking)).collect();
                all.into_iter().filter_map(|one| one.join().unwrap()).collect()
            });
            assert_eq!(claims.len(), 1);
            claims.into_iter().for_each(|claim| block_on(claim.release()));
        }
    }
}

#[test]
fn claims_of_killed_processes_are_swept_from_a_folder() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    let held = block_on(store.claimant("held").unwrap().take()).unwrap().unwrap();
    let left = home.path().join(".tegl-unfinished/claim-left");
    std::fs::write(&left, b"").unwrap();
    assert!(block_on(store.claimant("left").unwrap().take()).unwrap().is_some());
    std::fs::write(&left, b"").unwrap();
    open(home.path());
    assert_eq!(all_below(&home.path().join(".tegl-unfinished")).len(), 1, "only that of a living process");
    drop(held);
}

/// A claimant of a bucket with other times.
fn claimant(store: &Store, times: Times) -> RemoteClaimant {
    let (Some(Writer::Remote(writer)), Reader::Remote(reader)) = (&store.0.writer, &store.0.reader) else {
        panic!("it is no bucket");
    };
    RemoteClaimant::new(writer.clone(), reader.clone(), key(".tegl-claims/a"), times)
}

#[test]
fn a_claim_in_a_bucket_is_renewed_and_taken_over_when_it_is_not() {
    let memory = Arc::new(InMemory::new());
    let store = in_memory(memory.clone());
    let ms = Duration::from_millis;
    // The claim of a process that was killed: nobody renews it.
    wait(store.put(&key(".tegl-claims/a"), Bytes::from_static(b"0123 7 1 5\n"))).unwrap();
    let patient = Times { renewal: ms(10), expiry: Duration::from_secs(3600) };
    let hasty = Times { renewal: ms(10), expiry: ms(100) };
    let mut waiting = claimant(&store, patient);
    for _ in 0..3 {
        assert!(wait(waiting.take()).unwrap().is_none());
    }
    let mut taking = claimant(&store, hasty);
    assert!(wait(taking.take()).unwrap().is_none(), "it is seen for the first time");
    let mut taken = None;
    while taken.is_none() {
        taken = wait(taking.take()).unwrap();
    }
    // Renewed, it has another version each time, and nobody takes it over.
    let mut versions = std::collections::BTreeSet::new();
    let mut other = claimant(&store, patient);
    while versions.len() < 5 {
        assert!(wait(other.take()).unwrap().is_none());
        versions.insert(wait(store.head(&key(".tegl-claims/a"))).unwrap().etag);
    }
    wait(taken.unwrap().release());
    assert!(matches!(whole(&store, ".tegl-claims/a"), Err(Error::NotFound)));
    // One that is lost is not removed by the one who had it.
    let lost = wait(taking.take()).unwrap().unwrap();
    wait(store.put(&key(".tegl-claims/a"), Bytes::from_static(b"another's"))).unwrap();
    wait(lost.release());
    assert_eq!(&whole(&store, ".tegl-claims/a").unwrap()[..], b"another's");
}
