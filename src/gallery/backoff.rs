//! Retry intervals of the indexer and of pyramid writes: growing pauses, shorter once a full disk has free space again.

use std::path::Path;
use std::time::Duration;

use rustix::fs::StatVfs;

/// The first pause; each further pause is twice as long.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);
/// The longest pause while a disk is full.
const LONGEST_WITHOUT_ROOM: Duration = Duration::from_secs(300);
/// The longest pause once more space is free than after the failure.
const LONGEST_WITH_ROOM: Duration = Duration::from_secs(20);

/// The number of consecutive failures, and the free space after the last one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    room: Option<u64>,
}

impl Backoff {
    /// Records a failure, and the bytes that were free where it happened. Returns whether it is the first in a row.
    pub(super) fn failed(&mut self, room: Option<u64>) -> bool {
        self.failures += 1;
        self.room = room;
        self.failures == 1
    }

    /// Records a success. Returns whether it ends a series of failures.
    pub(super) fn succeeded(&mut self) -> bool {
        std::mem::take(self).failures > 0
    }

    /// The number of consecutive failures.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether it is time to retry, `elapsed` after the last failure.
    pub(super) fn is_due(&self, elapsed: Duration, room: impl FnOnce() -> Option<u64>) -> bool {
        if self.failures == 0 || elapsed >= self.pause() {
            return true;
        }
        let has_more_room = || match (self.room, room()) {
            (Some(before), Some(now)) => now > before + before / 8 + (64 << 10),
            _ => false,
        };
        elapsed >= self.pause().min(LONGEST_WITH_ROOM) && has_more_room()
    }

    /// The pause after the last failure.
    pub(super) fn pause(&self) -> Duration {
        let doubled = self.failures.saturating_sub(1).min(16);
        let longest = if is_full(self.room) { LONGEST_WITHOUT_ROOM } else { LONGEST };
        (FIRST * (1 << doubled)).min(longest)
    }
}

/// The free bytes of the folder's file system, if known; 0 if it has no room for another file.
pub(super) fn room(folder: &Path) -> Option<u64> {
    let disk = file_system(folder)?;
    Some(if has_no_files_left(&disk) { 0 } else { disk.f_bavail * disk.f_frsize })
}

/// Whether the folder's file system has no room for another file, however many bytes are free.
pub(super) fn is_out_of_files(folder: &Path) -> bool {
    file_system(folder).is_some_and(|disk| has_no_files_left(&disk))
}

fn file_system(folder: &Path) -> Option<StatVfs> {
    let existing = folder.ancestors().find(|folder| folder.exists())?;
    rustix::fs::statvfs(existing).ok()
}

/// Some file systems do not count files.
fn has_no_files_left(disk: &StatVfs) -> bool {
    disk.f_files > 0 && disk.f_favail == 0
}

/// Whether less than 16 MiB are free, so that writes are likely to fail.
pub(super) fn is_full(room: Option<u64>) -> bool {
    room.is_some_and(|free| free < 16 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_early_when_there_is_more_room() {
        let mut backoff = Backoff::default();
        assert!(backoff.is_due(Duration::ZERO, || None));
        let seconds = Duration::from_secs;
        for (failure, pause) in [5, 10, 20, 40, 80, 160, 300, 300].into_iter().enumerate() {
            assert_eq!(backoff.failed(Some(1 << 20)), failure == 0);
            assert!(!backoff.is_due(seconds(pause - 1), || Some(1 << 20)), "after {pause} s");
            assert!(backoff.is_due(seconds(pause), || Some(1 << 20)));
            assert!(backoff.is_due(seconds(20), || Some(2 << 20)));
            assert!(!backoff.is_due(seconds(4), || Some(2 << 20)));
        }
        assert!(backoff.succeeded() && !backoff.succeeded());
    }
}
