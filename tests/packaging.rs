//! The Debian package, the systemd unit and the container image agree about what lies where.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::Failures;
use crate::support::command::tegl;

const UNIT: &str = include_str!("../docker/tegl.service");
const DOCKERFILE: &str = include_str!("../docker/Dockerfile");
const SETTINGS: &str = include_str!("../packaging/tegl.toml");
const RELEASE: &str = include_str!("../.ci/release");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn manifest() -> toml::Table {
    include_str!("../Cargo.toml").parse().unwrap()
}

/// The files of the package: where they are built from, and their absolute paths.
fn assets() -> Vec<(String, String)> {
    let manifest = manifest();
    let listed = manifest["package"]["metadata"]["deb"]["assets"].as_array().unwrap();
    let asset = |asset: &toml::Value| {
        let (source, target) = (asset[0].as_str().unwrap(), asset[1].as_str().unwrap());
        let name = if target.ends_with('/') { source.rsplit('/').next().unwrap() } else { "" };
        (source.to_owned(), format!("/{target}{name}"))
    };
    listed.iter().map(asset).collect()
}

/// The values that the unit gives to `key`.
fn of_unit(key: &str) -> Vec<&'static str> {
    UNIT.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

#[test]
fn the_package_consists_of_files_that_exist() {
    let mut failures = Failures::default();
    for (source, target) in assets() {
        let exists = match source.strip_prefix("target/release/") {
            // The script that packs them writes those that are not the binary.
            Some(built) => RELEASE.contains(&format!("$built/{}", built.trim_end_matches(".gz"))),
            None => root().join(&source).is_file(),
        };
        failures.check(exists, || format!("nothing makes {source}"));
        let owned =
            ["/usr/bin/", "/usr/share/doc/tegl/", "/etc/tegl/"].iter().any(|own| target.starts_with(own));
        failures.check(owned, || format!("{target} is not ours to write"));
    }
}

#[test]
fn the_unit_runs_the_binary_of_the_package_and_of_the_image() {
    // Without a folder, systemd looks where both are: in /usr/local/bin and /usr/bin.
    let [started] = of_unit("ExecStart")[..] else { panic!("one command is started") };
    assert_eq!(started, "tegl serve --config /etc/tegl/tegl.toml");
    assert!(assets().contains(&("target/release/tegl".into(), "/usr/bin/tegl".into())));
    assert!(DOCKERFILE.contains("/target/release/tegl /usr/local/bin/tegl\n"));
    // Files below /etc are settings of the administrator, which upgrades keep.
    assert!(assets().contains(&("packaging/tegl.toml".into(), "/etc/tegl/tegl.toml".into())));
}

#[test]
fn the_unit_and_the_image_keep_the_same_folders() {
    for (key, variable, parent) in [
        ("CacheDirectory", "CACHE_DIRECTORY", "/var/cache"),
        ("StateDirectory", "STATE_DIRECTORY", "/var/lib"),
    ] {
        let [name] = of_unit(key)[..] else { panic!("{key} names one folder") };
        let folder = format!("{parent}/{name}");
        assert!(DOCKERFILE.contains(&format!("ENV {variable}={folder}\n")), "{variable} is not {folder}");
        assert!(DOCKERFILE.contains(&format!("VOLUME {folder}\n")), "{folder} is not a volume");
    }
}

/// Installed, the server has no images yet: it would fail, and start again and again.
#[test]
fn the_package_starts_nothing_that_is_not_set_up() {
    let manifest = manifest();
    let units = &manifest["package"]["metadata"]["deb"]["systemd-units"];
    assert_eq!((units["enable"].as_bool(), units["start"].as_bool()), (Some(false), Some(false)));
    assert_eq!(units["unit-scripts"].as_str(), Some("docker"));
}

#[test]
fn settings_of_the_package_are_valid_as_they_are_and_with_every_line_in_force() {
    assert_eq!(SETTINGS.parse::<toml::Table>().unwrap(), toml::Table::new(), "the defaults apply");
    let is_setting = |text: &str| text.starts_with(|first: char| first == '[' || first.is_ascii_lowercase());
    let in_force =
        |line: &str| line.strip_prefix('#').filter(|text| is_setting(text)).unwrap_or(line).to_owned();
    let all = SETTINGS.lines().map(in_force).collect::<Vec<_>>().join("\n");
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("installed", SETTINGS), ("all", &all)] {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let ran = tegl(&["config", "--config", file.to_str().unwrap()], &[]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.err);
        assert_eq!(ran.out.contains("[sources.masters]"), name == "all", "{}", ran.out);
    }
    // It names the documentation that the package installs.
    let named = SETTINGS.split_whitespace().filter(|word| word.starts_with("/usr/share/doc/"));
    let installed = assets();
    for path in named {
        assert!(installed.iter().any(|(_, target)| target == path), "the package has no {path}");
    }
}

#[test]
fn removal_keeps_what_curators_decided_and_purging_deletes_only_what_can_be_made_again() {
    let script = root().join("packaging/postrm");
    assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o777, 0o755);
    let deleted: Vec<_> =
        include_str!("../packaging/postrm").lines().filter(|line| line.contains("rm ")).collect();
    assert_eq!(deleted, ["  rm -rf /var/cache/private/tegl /var/cache/tegl"]);
    // As dpkg calls it; on a machine without the service there is nothing to delete.
    for action in ["remove", "upgrade", "disappear"] {
        let ran = Command::new("sh").arg(&script).arg(action).output().unwrap();
        assert!(ran.status.success() && ran.stderr.is_empty(), "{action}: {ran:?}");
    }
}

#[test]
fn the_distributed_binary_is_the_release_without_its_symbols() {
    let manifest = manifest();
    let expected: toml::Table = "inherits = 'release'\nstrip = true".parse().unwrap();
    assert_eq!(manifest["profile"]["dist"].as_table(), Some(&expected));
}
