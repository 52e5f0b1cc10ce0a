//! Fits what is kept open at one time into the number of files that the system lets this process open.

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::config::Config;

/// For the log, the catalogue, the index, listening and whatever else is open once.
const BESIDES: u64 = 192;

/// Raises the limit as far as it goes, and lowers settings that do not fit into it; says which, and how that is mended.
pub fn fit(config: &mut Config, typed_sources: usize) -> Vec<String> {
    let mut limits = getrlimit(Resource::Nofile);
    if limits.current != limits.maximum {
        limits.current = limits.maximum;
        let _raised = setrlimit(Resource::Nofile, limits);
    }
    match getrlimit(Resource::Nofile).current {
        Some(limit) => fit_into(limit, config, typed_sources),
        None => Vec::new(),
    }
}

fn fit_into(limit: u64, config: &mut Config, typed_sources: usize) -> Vec<String> {
    // Pyramids lie in a store, too.
    let stores = (typed_sources + config.sources.len() + 1) as u64;
    let free = limit.saturating_sub(BESIDES.min(limit / 2));
    // A store is a folder of open files, or a host with connections: in use, and idle or being closed.
    let files = config.store.open_files;
    let reads = config.store.concurrent_reads as u64;
    let taken = |files: u64, reads: u64| files.max(reads * 2) * stores;
    // A quarter more connections may be open while others give way.
    let connections = config.web.connections as u64;
    if connections + connections / 4 + taken(files, reads) <= free {
        return Vec::new();
    }
    let share = free / 2 / stores;
    let (files, reads) = (files.min(share).max(4), reads.min(share / 2).max(2));
    let connections = connections.min(free.saturating_sub(taken(files, reads)) / 5 * 4).max(16);
    let mut lowered = Vec::new();
    let mut lower = |key: &str, from: u64, to: u64| {
        if from != to {
            lowered.push(format!(
                "`{key}` is {to} instead of {from}: only {limit} files may be open (raise the limit by `ulimit -n`, or \
                 by `LimitNOFILE=` in a systemd unit)"
            ));
        }
    };
    lower("store.open_files", config.store.open_files, files);
    lower("store.concurrent_reads", config.store.concurrent_reads as u64, reads);
    lower("web.connections", config.web.connections as u64, connections);
    config.store.open_files = files;
    config.store.concurrent_reads = reads as usize;
    config.web.connections = connections as usize;
    lowered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_may_be_open_fits_into_the_limit() {
        for (limit, sources) in [(256, 1), (1024, 1), (1024, 5), (4096, 3), (9000, 1)] {
            let mut config = Config::default();
            let lowered = fit_into(limit, &mut config, sources);
            let stores = sources as u64 + 1;
            let store = config.store.open_files.max(config.store.concurrent_reads as u64 * 2);
            let connections = config.web.connections as u64;
            let open = connections + connections / 4 + store * stores;
            assert!(open < limit, "{open} of {limit}");
            assert!(config.web.connections >= 16 && config.store.concurrent_reads >= 2);
            assert!(lowered.iter().any(|line| line.contains("web.connections")), "{lowered:?}");
        }
    }

    #[test]
    fn a_limit_that_is_high_enough_changes_nothing() {
        let mut config = Config::default();
        assert_eq!(fit_into(524_288, &mut config, 3), Vec::<String>::new());
        assert_eq!((config.web.connections, config.store.open_files), (8192, 512));
    }
}
