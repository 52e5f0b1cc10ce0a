//! Checks of the machine: addresses, file descriptors, memory.

use std::io::ErrorKind;
use std::net::{TcpListener, ToSocketAddrs};
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};

use super::{Finding, fail, ok, warn};
use crate::cli::descriptors;
use crate::config::Config;

pub(super) fn findings(config: &Config, sources: &[String]) -> Vec<Finding> {
    let mut found = vec![listener("web.listen", &config.web.listen), address(config)];
    if !config.operations.listen.is_empty() {
        found.push(listener("operations.listen", &config.operations.listen));
    }
    found.push(files(config, sources.len()));
    found.push(memory(config, available_mib()));
    found
}

fn listener(key: &str, at: &str) -> Finding {
    match TcpListener::bind(at) {
        Ok(_) => ok(key, format!("`{at}` is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            warn(key, format!("`{at}` is in use; unless that is this server, choose another port"))
        }
        Err(error) => fail(key, format!("cannot listen on `{at}`: {error}; choose another address or port")),
    }
}

/// Whether URLs in responses name a host that the operator has chosen.
fn address(config: &Config) -> Finding {
    let mut addresses = config.web.listen.to_socket_addrs().into_iter().flatten();
    let is_local = addresses.all(|address| address.ip().is_loopback());
    match (config.web.base_url.as_str(), config.web.hosts.is_empty()) {
        ("", true) if !is_local => warn(
            "web.base_url",
            "URLs in responses use whatever host a request names; set `web.base_url` or `web.hosts`",
        ),
        ("", true) => ok("web.base_url", "not set; URLs use the host of the request"),
        ("", false) => ok("web.hosts", config.web.hosts.join(", ")),
        (base, _) => ok("web.base_url", base),
    }
}

fn files(config: &Config, sources: usize) -> Finding {
    let lowered = descriptors::fit(&mut config.clone(), sources);
    let limit = getrlimit(Resource::Nofile).current.map_or("unlimited".into(), |limit| limit.to_string());
    match lowered.is_empty() {
        true => ok("file descriptors", limit),
        false => warn("file descriptors", lowered.join("; ")),
    }
}

/// The settings that take memory, with the MiB that each may take.
fn budget(config: &Config) -> Vec<(&'static str, u64)> {
    let Config { work, cache, web, search, likeness, pyramids, catalogue, .. } = config;
    let mut parts = vec![
        ("work.memory_mib", work.memory_mib),
        ("cache.answers_mib", cache.answers_mib),
        ("cache.indexes_mib", cache.indexes_mib),
        ("cache.decoded_mib", cache.decoded_mib),
        ("web.documents_mib", web.documents_mib),
    ];
    if pyramids.on_demand && pyramids.location != "none" {
        parts.push(("pyramids.memory_mib", pyramids.memory_mib * pyramids.at_once.max(1) as u64));
    }
    if catalogue.url != "none" {
        parts.push(("likeness.memory_mib", likeness.memory_mib));
        parts.push(("likeness.models_mib", likeness.models_mib));
        // Each connection to SQLite keeps 16 MiB.
        parts.push(("catalogue.connections", u64::from(catalogue.connections) * 16));
        if search.folder != "none" {
            parts.push(("search.memory_mib", search.memory_mib as u64));
            parts.push(("search.answers_mib", search.answers_mib));
            parts.push(("search.concepts_mib", search.concepts_mib as u64));
        }
    }
    parts
}

/// Compares what the settings allow with the memory of the machine or the container, in MiB.
fn memory(config: &Config, available: Option<u64>) -> Finding {
    let mut parts = budget(config);
    let sum: u64 = parts.iter().map(|(_, mib)| mib).sum();
    let Some(available) = available else {
        return warn("memory", format!("the settings allow {sum} MiB; how much there is, is not known here"));
    };
    parts.sort_by_key(|(_, mib)| std::cmp::Reverse(*mib));
    let largest: Vec<_> = parts.iter().take(3).map(|(key, mib)| format!("`{key}` ({mib})")).collect();
    let text = format!("the settings allow {sum} MiB of {available} MiB");
    let remedy = format!("lower {}, or use a machine with more memory", largest.join(", "));
    match sum {
        sum if sum > available => fail("memory", format!("{text}; {remedy}")),
        // The rest is for the program itself, connections, and the system's cache of files.
        sum if sum > available / 10 * 9 => warn("memory", format!("{text}, which leaves little; {remedy}")),
        _ => ok("memory", text),
    }
}

/// The memory of the machine, or the limit of the control groups of this process if that is lower, in MiB.
fn available_mib() -> Option<u64> {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let total = read(Path::new("/proc/meminfo")).and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib >> 10)
    });
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits = group_files(&groups).into_iter().filter_map(|file| read(&file)?.trim().parse::<u64>().ok());
    limits.map(|bytes| bytes >> 20).chain(total).min()
}

/// The files with the memory limits of these control groups and those above them: version 2, and version 1.
fn group_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, name) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            controllers if controllers.split(',').any(|one| one == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let group = Path::new(root).join(path.trim_start_matches('/'));
        files.extend(group.ancestors().take_while(|at| at.starts_with(root)).map(|at| at.join(name)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn settings_that_allow_more_memory_than_there_is_fail() {
        let config = Config::default();
        let sum: u64 = budget(&config).iter().map(|(_, mib)| mib).sum();
        let check = |available, level: Level, expected: &str| {
            let found = memory(&config, available);
            assert!(found.level == level && found.found.contains(expected), "{found:?}");
        };
        check(Some(sum * 2), Level::Ok, "MiB of");
        check(Some(sum + 1), Level::Warn, "leaves little");
        check(Some(sum - 1), Level::Fail, "lower `pyramids.memory_mib` (768), `likeness.memory_mib` (640)");
        check(None, Level::Warn, "not known");
    }

    #[test]
    fn limits_of_control_groups_are_read_up_to_the_root() {
        let shown = |groups: &str| {
            group_files(groups).iter().map(|file| file.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            shown("0::/system.slice/tegl.service\n"),
            [
                "/sys/fs/cgroup/system.slice/tegl.service/memory.max",
                "/sys/fs/cgroup/system.slice/memory.max",
                "/sys/fs/cgroup/memory.max"
            ]
        );
        assert_eq!(
            shown("5:cpu:/a\n4:memory:/a\n"),
            ["/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        );
    }
}
