//! Claims on names: among all processes that write to a store, one at a time has each.

use std::sync::Arc;
use std::time::Duration;

use super::backend::{Reader, Writer};
use super::local::{self, LocalClaim, LocalWriter};
use super::remote::{RemoteClaim, RemoteClaimant, Times};
use super::{Error, Key, Store, runtime};

/// The hidden folder of claims in a bucket.
const FOLDER: &str = ".tegl-claims";
/// The maximum duration of releasing a claim.
const RELEASE: Duration = Duration::from_secs(5);

/// One who wants a claim.
pub struct Claimant(Kind);

enum Kind {
    Local(Arc<LocalWriter>, String, Duration),
    /// Taken out while it asks, as requests run on the store's own runtime.
    Remote(Option<RemoteClaimant>, Duration),
}

/// A claim: nobody else has it until it is released or dropped, or the process ends.
pub struct Claim(Held);

enum Held {
    Local(#[expect(dead_code, reason = "it is released when dropped")] LocalClaim),
    Remote(RemoteClaim),
}

impl Store {
    /// One who wants the claim of this name, made of letters and digits. Claims of buckets need conditional writes; see
    /// [`Store::probe_writing`].
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if the store was opened for reading only, and [`Error::BadKey`] for another name.
    pub fn claimant(&self, name: &str) -> Result<Claimant, Error> {
        let deadline = self.0.settings.deadline(0) * 4;
        Ok(Claimant(match (self.writer()?, &self.0.reader) {
            (Writer::Remote(writer), Reader::Remote(reader)) => {
                let key = Key::parse(&format!("{FOLDER}/{name}"))?;
                let claimant = RemoteClaimant::new(writer, reader.clone(), key, Times::default());
                Kind::Remote(Some(claimant), deadline)
            }
            (Writer::Local(writer), _) => Kind::Local(writer, name.to_owned(), deadline),
            (Writer::Remote(_), Reader::Local(_)) => {
                return Err(Error::Unsupported("a bucket is not read as a folder".into()));
            }
        }))
    }
}

impl Claimant {
    /// Takes the claim; `None` while another has it. Claims of processes that were killed can be taken at once in a folder,
    /// and in a bucket when they have not been renewed for 15 seconds; until then this has to be called again.
    ///
    /// # Errors
    /// Returns an error if the store refuses or does not respond, or its file system has no locks.
    pub async fn take(&mut self) -> Result<Option<Claim>, Error> {
        match &mut self.0 {
            Kind::Local(writer, name, deadline) => {
                let (writer, name) = (writer.clone(), name.clone());
                let take = move || writer.claim(&name).map_err(local::failed);
                let taken = runtime::block(*deadline, take).await?;
                Ok(taken.map(|claim| Claim(Held::Local(claim))))
            }
            Kind::Remote(claimant, deadline) => {
                let gone = || Error::unavailable("an earlier request for this claim did not end");
                let mut asking = claimant.take().ok_or_else(gone)?;
                let (asked, taken) = runtime::run(*deadline, async move {
                    let taken = asking.take().await;
                    Ok((asking, taken))
                })
                .await?;
                *claimant = Some(asked);
                Ok(taken?.map(|claim| Claim(Held::Remote(claim))))
            }
        }
    }
}

impl Claim {
    /// Releases the claim, and waits until others can take it, for at most 5 seconds.
    pub async fn release(self) {
        if let Held::Remote(claim) = self.0 {
            let released = async move {
                claim.release().await;
                Ok(())
            };
            // A bucket that does not respond keeps it until it expires.
            let _late = runtime::run(RELEASE, released).await;
        }
    }
}
