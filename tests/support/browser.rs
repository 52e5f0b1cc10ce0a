//! Scripts of `tests/viewers`, which look at a server in Chromium.

use std::process::Command;

use super::server::Server;
use super::{not_proven, require};

/// Runs a script in Chromium with the server's URL and further arguments, and fails with what it says; reports what is
/// not proven where there is no Chromium, no Node.js or no package that the script needs.
#[track_caller]
pub(crate) fn look(what: &str, script: &str, package: &str, server: &Server, more: &[&str]) {
    let browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];
    let Some(chromium) = require(what, "CHROMIUM", &browsers) else { return };
    run(what, script, package, server, more, &[("CHROMIUM", &chromium.to_string_lossy())]);
}

/// Runs a script that needs no browser in the same way, with further variables in its environment.
#[track_caller]
pub(crate) fn run(
    what: &str,
    script: &str,
    package: &str,
    server: &Server,
    more: &[&str],
    environment: &[(&str, &str)],
) {
    let package = format!("tests/viewers/node_modules/{package}");
    let Some(_) = require(what, "TEGL_VIEWERS", &[&package]) else { return };
    let script = format!("{}/tests/viewers/{script}", env!("CARGO_MANIFEST_DIR"));
    let base = format!("http://{}", server.address);
    let ran =
        Command::new("node").args([&script, &base]).args(more).envs(environment.iter().copied()).output();
    let Ok(ran) = ran else { return not_proven(what, "there is no node") };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&ran.stdout), text(&ran.stderr));
    let last = out.lines().last().unwrap_or_default();
    let failed: String =
        out.lines().filter(|line| !line.starts_with("ok")).flat_map(|line| [line, "\n"]).collect();
    assert!(ran.status.success(), "{failed}after: {last}\n{err}");
}
