//! The thread that writes, removes and counts the files of a disk cache.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Shared;
use super::entry::{self, Name};
use super::folder::UNFINISHED;

/// After a write failed, nothing is written for this long.
const PAUSE: Duration = Duration::from_secs(5);
/// The number of files that are found before they are counted.
const FOUND_AT_ONCE: usize = 1000;
/// This much space of the disk is left to others, or a twentieth of it if that is less; and a twentieth of its files.
const LEFT: u64 = 1 << 30;

/// A change of the files. Jobs are done one after another, in order.
pub(super) enum Job {
    /// Writes a file with these contents.
    Put(Name, Vec<u8>),
    /// Counts files that an earlier process left, with their sizes.
    Found(Vec<(Name, u64)>),
    /// All files have been found.
    Recovered,
    /// Removes an entry.
    Remove(Name, Option<oneshot::Sender<()>>),
    /// Removes the entries of a group, or all.
    Purge(Option<u64>, oneshot::Sender<()>),
    /// Does nothing: what was queued before is done.
    #[cfg(test)]
    Flush(oneshot::Sender<()>),
}

/// The state of the thread.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    failed: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, failed: None }
    }

    /// Does jobs until all senders are gone.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            self.work(job);
        }
    }

    fn work(&mut self, job: Job) {
        let shared = self.shared.clone();
        match job {
            Job::Put(name, file) => {
                self.put(name, &file);
                shared.queued.fetch_sub(file.len() as u64, Relaxed);
                shared.jobs.fetch_sub(1, Relaxed);
            }
            Job::Found(files) => {
                for (name, size) in files {
                    if !shared.index.contains(&name) {
                        self.count(name, size);
                    }
                }
            }
            Job::Recovered => shared.is_recovered.store(true, Relaxed),
            Job::Remove(name, done) => {
                shared.index.remove(&name);
                self.remove(&name);
                shared.jobs.fetch_sub(1, Relaxed);
                done.map(|done| done.send(()));
            }
            Job::Purge(group, done) => {
                self.purge(group);
                shared.jobs.fetch_sub(1, Relaxed);
                let _gone = done.send(());
            }
            #[cfg(test)]
            Job::Flush(done) => {
                let _gone = done.send(());
            }
        }
    }

    fn put(&mut self, name: Name, file: &[u8]) {
        if self.failed.is_some_and(|failed| failed.elapsed() < PAUSE) || self.shared.is_off.load(Relaxed) {
            self.shared.counters.dropped.increment(1);
            return;
        }
        match self.has_room().and_then(|()| self.write(&name, file)) {
            Ok(()) => {
                self.shared.counters.kept.increment(1);
                self.count(name, file.len() as u64);
                if self.failed.take().is_some() {
                    tracing::info!("the disk cache is written to again");
                }
            }
            Err(error) => {
                self.shared.counters.failed.increment(1);
                if self.failed.is_none() {
                    let folder = self.shared.folder.path.display().to_string();
                    tracing::warn!(folder, %error, "the disk cache cannot be written to; the server goes on without, and retries");
                }
                self.failed = Some(Instant::now());
            }
        }
    }

    /// Counts a file, and removes those that have to leave for it.
    fn count(&self, name: Name, size: u64) {
        for evicted in self.shared.index.insert(name, size) {
            self.remove(&evicted);
        }
    }

    /// Whether enough of the disk is left to others.
    fn has_room(&self) -> io::Result<()> {
        let disk = rustix::fs::fstatvfs(&self.shared.folder.root)?;
        let space = disk.f_bavail * disk.f_frsize > LEFT.min(disk.f_blocks * disk.f_frsize / 20);
        // Some file systems do not count files.
        let files = disk.f_files == 0 || disk.f_favail > disk.f_files / 20;
        match space && files {
            true => Ok(()),
            false => Err(io::Error::new(ErrorKind::StorageFull, "the disk is nearly full")),
        }
    }

    /// A file has its name only when it is complete. It is not synced: what a power failure tears has a wrong checksum.
    fn write(&self, name: &Name, contents: &[u8]) -> io::Result<()> {
        let folder = &self.shared.folder.path;
        let unfinished = folder.join(UNFINISHED);
        let written = || {
            let mut options = File::options();
            options.create(true).truncate(true).write(true).mode(0o600);
            options.open(&unfinished)?.write_all(contents)?;
            std::fs::rename(&unfinished, entry::path(folder, name))
        };
        written().inspect_err(|_| {
            let _may_be_missing = std::fs::remove_file(&unfinished);
        })
    }

    /// Removes a file. If that fails, the cache is not used any more: what has been replaced or purged must not be found.
    fn remove(&self, name: &Name) {
        match std::fs::remove_file(entry::path(&self.shared.folder.path, name)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => self.give_up(&error),
        }
    }

    fn give_up(&self, error: &io::Error) {
        if !self.shared.is_off.swap(true, Relaxed) {
            let folder = self.shared.folder.path.display().to_string();
            tracing::error!(folder, %error, "an entry of the disk cache cannot be removed; it is off until the server is restarted");
        }
    }

    fn purge(&self, group: Option<u64>) {
        let folders: Vec<String> = match group {
            Some(group) => vec![format!("{:02x}", group >> 56)],
            None => entry::folders().collect(),
        };
        for folder in folders {
            let of_group = |name: &Name| group.is_none_or(|group| name.group == group);
            let listed = list(&self.shared, &folder, |name| {
                if of_group(&name) {
                    self.shared.index.remove(&name);
                    self.remove(&name);
                }
            });
            if let Err(error) = listed {
                self.give_up(&error);
            }
        }
    }
}

/// Finds the files that an earlier process left.
pub(super) fn recover(shared: &Shared, jobs: &Sender<Job>) {
    let mut found = Vec::new();
    for folder in entry::folders() {
        let listed = list(shared, &folder, |name| {
            if let Ok(metadata) = std::fs::symlink_metadata(entry::path(&shared.folder.path, &name)) {
                found.push((name, metadata.len()));
            }
            if found.len() >= FOUND_AT_ONCE {
                let _stopping = jobs.send(Job::Found(std::mem::take(&mut found)));
            }
        });
        if let Err(error) = listed {
            tracing::warn!(folder, %error, "a folder of the disk cache cannot be listed");
        }
    }
    let _stopping = jobs.send(Job::Found(found));
    let _stopping = jobs.send(Job::Recovered);
}

/// Calls `each` for all entries in one of the folders.
fn list(shared: &Shared, folder: &str, mut each: impl FnMut(Name)) -> io::Result<()> {
    for file in std::fs::read_dir(shared.folder.path.join(folder))? {
        let file = file?.file_name();
        if let Some(name) = file.to_str().and_then(Name::parse) {
            each(name);
        }
    }
    Ok(())
}
