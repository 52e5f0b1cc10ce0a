//! Servers that share a pyramid store agree by claims who builds a pyramid.

use std::time::Duration;

use tokio::sync::OnceCell;
use xxhash_rust::xxh3::xxh3_128;

use super::PyramidStore;
use crate::gallery::images::handle::ImageHandle;
use crate::store::{Claim, Claimant};

/// The pause before a claim that another server has is asked for again.
pub(super) const POLL: Duration = Duration::from_millis(300);
/// The maximum duration of finding out whether the store honours conditional writes.
const PROBE: Duration = Duration::from_secs(4);

/// Whether the store honours claims, once known.
#[derive(Default)]
pub(super) struct Turns(OnceCell<bool>);

/// A server's turn to build the pyramid of one master.
pub(super) struct Turn<'a> {
    /// `None` if servers take no turns.
    claimant: Option<Claimant>,
    master: &'a ImageHandle,
    is_logged: bool,
}

/// What came of asking for a turn.
pub(super) enum Taken {
    /// Nobody else builds the pyramid.
    Mine(Claim),
    /// Nobody knows who builds the pyramid: it is built here, too.
    Unknown,
    /// Another server builds it.
    Others,
}

impl Turns {
    /// Whether the store honours claims; asks it once. A store that does not is named in the log.
    pub(super) async fn are_kept(&self, store: &PyramidStore) -> bool {
        if store.reason_read_only().is_some() {
            return false;
        }
        let probe = || async {
            if store.objects().is_local() {
                return Ok(true);
            }
            let kept = tokio::time::timeout(PROBE, store.objects().probe_writing()).await.map_err(drop)?;
            let kept =
                kept.map_err(|error| tracing::debug!(%error, "conditional writes could not be tried"))?;
            if !kept {
                tracing::warn!(
                    location = store.objects().describe(),
                    "the pyramid store ignores conditional writes: servers that share it may build the same pyramid at the \
                     same time. The result is right, but the work is done twice"
                );
            }
            Ok::<_, ()>(kept)
        };
        // A store that does not respond is asked again.
        self.0.get_or_try_init(probe).await.copied().unwrap_or(false)
    }

    /// The turn to build this master's pyramid, in whatever version and by whatever recipe.
    pub(super) async fn of<'a>(&self, store: &PyramidStore, master: &'a ImageHandle) -> Turn<'a> {
        let (_, key, _) = master.origin();
        let name = xxh3_128(format!("{}\0{}", key.as_str(), master.page).as_bytes());
        let claimant = match self.are_kept(store).await {
            true => store.objects().without_ranges().claimant(&format!("{name:032x}")).ok(),
            false => None,
        };
        Turn { claimant, master, is_logged: false }
    }
}

impl Turn<'_> {
    /// Takes the turn, unless another server has it.
    pub(super) async fn take(&mut self) -> Taken {
        let Some(claimant) = &mut self.claimant else { return Taken::Unknown };
        match claimant.take().await {
            Ok(Some(claim)) => Taken::Mine(claim),
            Ok(None) => {
                if !std::mem::replace(&mut self.is_logged, true) {
                    tracing::info!(master = self.master.key.as_str(), "another server builds its pyramid");
                }
                Taken::Others
            }
            Err(error) => {
                tracing::debug!(master = self.master.key.as_str(), %error, "no claim could be taken");
                Taken::Unknown
            }
        }
    }
}

impl Taken {
    /// Whether the pyramid is to be built here.
    pub(super) fn is_mine(&self) -> bool {
        !matches!(self, Self::Others)
    }

    /// Lets other servers have the turn.
    pub(super) async fn release(self) {
        if let Self::Mine(claim) = self {
            claim.release().await;
        }
    }
}
