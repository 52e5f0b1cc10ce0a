//! Checks of the catalogue and the search index, which are read but not opened for use.

use std::path::Path;

use super::storage::writable;
use super::{Finding, clock, fail, gallery, ok, warn};
use crate::catalogue::{self, Condition, ServerCondition};
use crate::config::Config;
use crate::gallery::index_folder_of;
use crate::search;

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let (mut found, address) = catalogue_findings(config);
    if config.catalogue.url != "none" {
        found.push(index(config, address.as_deref()));
    }
    found
}

/// What was found, and the catalogue's address if there is one.
fn catalogue_findings(config: &Config) -> (Vec<Finding>, Option<String>) {
    let what = "catalogue";
    let url = match config.catalogue.url.as_str() {
        "none" => return (vec![ok(what, "none, as `catalogue.url` is `none`")], None),
        "" => gallery::default_catalogue().to_string_lossy().into_owned(),
        url => url.to_owned(),
    };
    let remedy = "set `catalogue.url` to a file in a writable folder, or to a running PostgreSQL server";
    if let Some(file) = catalogue::sqlite_file(&url) {
        let folder = Path::new(file).parent().unwrap_or(Path::new("."));
        let is_missing =
            !folder.as_os_str().is_empty() && !folder.is_dir() && !config.catalogue.url.is_empty();
        if is_missing {
            let reason = format!("the folder `{}` does not exist; {remedy}", folder.display());
            return (vec![fail(what, reason)], None);
        }
        if let Err(reason) = writable(folder) {
            return (vec![fail(what, format!("{reason}; {remedy}"))], None);
        }
    }
    match gallery::block_on(async { Ok(Condition::of(&url).await) }) {
        Err(reason) => (vec![fail(what, reason)], None),
        Ok(Err(catalogue::Error::NotFound)) => {
            (vec![ok(what, format!("{url}, which does not exist yet and can be made"))], None)
        }
        Ok(Err(error)) => (vec![fail(what, format!("{error}; {remedy}"))], None),
        Ok(Ok(condition)) => {
            let mut found = vec![versions(&condition)];
            if let Some(server) = &condition.server {
                found.extend(server_findings(server, config.catalogue.connections));
            }
            (found, Some(condition.address))
        }
    }
}

fn versions(condition: &Condition) -> Finding {
    let Condition { address, version, .. } = condition;
    let known = catalogue::VERSION;
    match *version {
        0 => ok("catalogue", format!("{address}, empty; the server makes its tables")),
        version if version > known => fail(
            "catalogue",
            format!(
                "{address} has tables of version {version}, and this Tegl supports up to {known}; use a newer Tegl, or restore \
                 the backup that was made before the upgrade"
            ),
        ),
        version if version < known => warn(
            "catalogue",
            format!(
                "{address} has tables of version {version}; the server upgrades them to {known} when it starts: back up the \
                 catalogue before"
            ),
        ),
        version => ok("catalogue", format!("{address}, tables of version {version}")),
    }
}

fn server_findings(server: &ServerCondition, connections: u32) -> Vec<Finding> {
    let what = "PostgreSQL";
    let ServerCondition { version, ahead_ms, connections: most, is_replica, may_create } = server;
    let mut found = Vec::new();
    if *is_replica {
        found.push(fail(
            what,
            "it is a replica that cannot be written to; name the primary in `catalogue.url`",
        ));
    } else if !may_create {
        let remedy = "`GRANT CREATE ON SCHEMA public TO …`, or make it the owner of the database";
        found.push(fail(what, format!("this user may not create tables; {remedy}")));
    } else if u64::from(connections) + 3 > *most {
        found.push(fail(
            what,
            format!(
                "it accepts {most} connections, and `catalogue.connections` is {connections}; lower it, or raise \
                 `max_connections`"
            ),
        ));
    } else {
        found.push(ok(what, format!("version {version}, {most} connections")));
    }
    found.push(clock::skew("PostgreSQL's", *ahead_ms));
    found
}

fn index(config: &Config, catalogue: Option<&str>) -> Finding {
    let what = "search index";
    let Some(folder) = gallery::index_folder(config) else {
        return ok(what, "none, as `search.folder` is `none`");
    };
    if let Err(reason) = writable(&folder) {
        return warn(what, format!("{reason}; there is no search: set `search.folder` to a writable folder"));
    }
    let own = catalogue.map(|catalogue| index_folder_of(&folder, catalogue));
    let found = own.map_or_else(Vec::new, |own| search::found(&own));
    let shown = folder.display();
    match (found.iter().find(|index| index.is_current()), found.first()) {
        (Some(index), _) => {
            ok(what, format!("{shown}, number {}, revision {}", index.number, index.revision))
        }
        (None, Some(index)) => {
            let format =
                index.format.map_or("cannot be read".into(), |format| format!("has format {format}"));
            warn(what, format!("{shown}: the newest one {format}; the server rebuilds it from the catalogue"))
        }
        (None, None) => ok(what, format!("{shown}, empty; the server builds it from the catalogue")),
    }
}
