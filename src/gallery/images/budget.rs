//! The memory budget that renderings and unsent responses share.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use crate::gallery::Error;
use crate::iiif::Invalid;

/// Memory in KiB, in nested shares, so that long-lived reservations never take all of it. Small renderings can always
/// get memory, however slowly clients read large responses.
pub(super) struct Budget {
    total: Share,
    /// Large renderings and streams.
    bulk: Share,
    /// Streams: each holds one unsent band.
    streams: Share,
    /// Finished responses being sent.
    unsent: Share,
    /// Renderings that have not started wait for this one after another, so that at most one is before finished responses
    /// and bands in the queue for memory.
    starting: Mutex<()>,
}

/// Reserved memory; released when dropped.
#[derive(Default)]
pub(crate) struct Memory(#[allow(dead_code)] [Option<OwnedSemaphorePermit>; 3]);

/// Memory held by a stream during its lifetime.
pub(super) struct Hold {
    _memory: Memory,
    kib: u32,
}

/// The memory of a decode. It stays reserved until all callers that waited for the pictures have their responses, which
/// are rendered within the same memory, one at a time.
pub(super) struct Reserve {
    pub memory: Arc<Memory>,
    /// Bytes that a response may take in addition to the pictures.
    pub finishing: u64,
    pub turn: Mutex<()>,
}

struct Share {
    kib: u32,
    free: Arc<Semaphore>,
}

impl Share {
    fn new(kib: u32) -> Self {
        Self { kib, free: Arc::new(Semaphore::new(kib as usize)) }
    }

    /// Reserves `kib`, or the whole share if it is smaller.
    async fn take(&self, kib: u32) -> Result<Option<OwnedSemaphorePermit>, Error> {
        let taken = self.free.clone().acquire_many_owned(kib.min(self.kib)).await;
        taken.map(Some).map_err(|_| Error::Fault("the memory budget is closed".into()))
    }
}

fn kib(bytes: u64) -> u32 {
    u32::try_from((bytes >> 10) + 1).unwrap_or(u32::MAX)
}

impl Budget {
    pub(super) fn new(memory_mib: u64) -> Self {
        let most = u32::MAX >> 3;
        let total = u32::try_from(memory_mib.max(16) << 10).unwrap_or(most).min(most);
        Self {
            total: Share::new(total),
            bulk: Share::new(total / 8 * 5),
            streams: Share::new(total / 8 * 3),
            unsent: Share::new(total / 4),
            starting: Mutex::default(),
        }
    }

    /// Refuses a rendering that can never be admitted, before a byte is read for it.
    pub(super) fn check(&self, bytes: u64) -> Result<(), Error> {
        if bytes >> 10 < u64::from(self.total.kib) {
            return Ok(());
        }
        let reason = format!(
            "needs {} MiB, but only {} MiB is available for rendering; request a smaller size or region",
            bytes >> 20,
            self.total.kib >> 10
        );
        Err(Invalid::new("request", "", reason).into())
    }

    /// `bytes`, limited to the maximum for one rendering.
    pub(super) fn at_most(&self, bytes: u64) -> u64 {
        bytes.min((u64::from(self.total.kib) << 10) - 1)
    }

    pub(super) async fn small(&self, bytes: u64) -> Result<Memory, Error> {
        Ok(Memory([self.start(kib(bytes)).await?, None, None]))
    }

    pub(super) async fn large(&self, bytes: u64) -> Result<Memory, Error> {
        let kib = kib(bytes);
        Ok(Memory([self.bulk.take(kib).await?, self.start(kib).await?, None]))
    }

    /// Memory for drawing one band of a stream.
    pub(super) async fn band(&self, bytes: u64, hold: &Hold) -> Result<Memory, Error> {
        let kib = kib(bytes);
        let bulk = self.bulk.take(kib.min(self.bulk.kib.saturating_sub(hold.kib))).await?;
        Ok(Memory([bulk, self.total.take(kib).await?, None]))
    }

    /// Memory for a rendering that has not started.
    async fn start(&self, kib: u32) -> Result<Option<OwnedSemaphorePermit>, Error> {
        let _next = self.starting.lock().await;
        self.total.take(kib).await
    }

    /// Memory for a stream whose bands are each `output_bytes` long and need `working_bytes` to render. A stream whose
    /// bands do not fit alongside other streams runs alone.
    pub(super) async fn hold(&self, output_bytes: u64, working_bytes: u64) -> Result<Hold, Error> {
        self.check(output_bytes + working_bytes)?;
        let alone = u64::from(kib(working_bytes)) + u64::from(self.streams.kib) > u64::from(self.bulk.kib);
        let own = kib(output_bytes).min(self.bulk.kib);
        let streams = self.streams.take(if alone { self.streams.kib } else { own }).await?;
        let bulk = self.bulk.take(own).await?;
        Ok(Hold { _memory: Memory([streams, bulk, self.start(own).await?]), kib: own })
    }

    /// Memory for a finished response that is being sent.
    pub(super) async fn unsent(&self, bytes: u64) -> Result<Memory, Error> {
        let own = kib(bytes).min(self.unsent.kib);
        Ok(Memory([self.unsent.take(own).await?, self.total.take(own).await?, None]))
    }

    /// KiB that renderings may reserve while they read from one store.
    pub(super) fn reading_kib(&self) -> u32 {
        self.total.kib / 4
    }

    /// Reserved KiB.
    pub(super) fn taken_kib(&self) -> usize {
        self.total.kib as usize - self.total.free.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const MIB: u64 = 1 << 20;

    #[tokio::test]
    async fn small_renderings_get_memory_despite_long_lived_reservations() {
        let budget = Budget::new(64);
        let mut kept = Vec::new();
        let mut holds = Vec::new();
        while let Some(hold) = budget.hold(3 * MIB, 15 * MIB).now_or_never() {
            holds.push(hold.unwrap());
        }
        assert_eq!(holds.len(), 7, "streams get three eighths of the budget");
        while let Some(unsent) = budget.unsent(MIB).now_or_never() {
            kept.push(unsent.unwrap());
        }
        let band = budget.large(15 * MIB).now_or_never().expect("a band fits beside all streams").unwrap();
        assert!(budget.large(15 * MIB).now_or_never().is_none());
        assert!(budget.small(7 * MIB).now_or_never().is_some());
        drop((band, kept, holds));
        assert_eq!(budget.taken_kib(), 0);
    }

    #[tokio::test]
    async fn finished_responses_do_not_wait_behind_renderings_that_have_not_started() {
        let budget = Budget::new(64);
        let first = budget.small(60 * MIB).now_or_never().unwrap().unwrap();
        let mut starting: Vec<_> = (0..9).map(|_| Box::pin(budget.small(50 * MIB))).collect();
        assert!(starting.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        let mut finished = Box::pin(budget.unsent(8 * MIB));
        assert!((&mut finished).now_or_never().is_none());
        drop(first);
        let second = (&mut starting[0]).now_or_never().unwrap().unwrap();
        assert!((&mut starting[1]).now_or_never().is_none());
        assert!(finished.now_or_never().is_some(), "it was next");
        drop((starting, second));
        assert_eq!(budget.taken_kib(), 0);
    }

    #[tokio::test]
    async fn a_stream_with_large_bands_runs_alone() {
        let budget = Budget::new(64);
        let hold = budget.hold(10 * MIB, 25 * MIB).now_or_never().unwrap().unwrap();
        assert!(budget.hold(MIB, MIB).now_or_never().is_none());
        assert!(budget.band(25 * MIB, &hold).now_or_never().is_some());
        assert!(budget.hold(10 * MIB, 60 * MIB).now_or_never().unwrap().is_err(), "could never be admitted");
    }
}
