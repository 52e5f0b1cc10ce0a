//! Fits the settings for connections and open files into the process's file descriptor limit.

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::config::Config;

/// Descriptors reserved for the log, the catalogue, the index, listening sockets and the like.
const RESERVED: u64 = 192;

/// Raises the soft limit to the hard limit, and lowers settings that do not fit into it. Returns a warning for each
/// lowered setting.
pub(super) fn fit(config: &mut Config, extra_sources: usize) -> Vec<String> {
    let mut limits = getrlimit(Resource::Nofile);
    if limits.current != limits.maximum {
        limits.current = limits.maximum;
        let _raised = setrlimit(Resource::Nofile, limits);
    }
    match getrlimit(Resource::Nofile).current {
        Some(limit) => fit_into(limit, config, extra_sources),
        None => Vec::new(),
    }
}

fn fit_into(limit: u64, config: &mut Config, extra_sources: usize) -> Vec<String> {
    // Pyramids count as one more store.
    let stores = (extra_sources + config.sources.len() + 1) as u64;
    let free = limit.saturating_sub(RESERVED.min(limit / 2));
    // A local store has open files; a remote one has connections, with up to as many idle or closing as are in use.
    let files = config.store.open_files;
    let reads = config.store.concurrent_reads as u64;
    let taken = |files: u64, reads: u64| files.max(reads * 2) * stores;
    // A quarter more connections may be open while idle ones are being closed.
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
    fn open_connections_and_files_fit_into_the_limit() {
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
    fn settings_are_unchanged_if_the_limit_is_high_enough() {
        let mut config = Config::default();
        assert_eq!(fit_into(524_288, &mut config, 3), Vec::<String>::new());
        assert_eq!((config.web.connections, config.store.open_files), (8192, 512));
    }
}
