//! libvips' command line, which reads masters in its own way.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tegl::pixels::Raster;

use super::{masters, skipped};

pub struct Vips {
    folder: tempfile::TempDir,
}

impl Vips {
    /// `None`, loudly, where it is not installed.
    pub fn find() -> Option<Self> {
        if runs("vips", &["--version"]).is_none() {
            skipped("comparisons with libvips", "there is no `vips`");
            return None;
        }
        Some(Self { folder: tempfile::tempdir().unwrap() })
    }

    /// The file upright, in sRGB, three or four samples of 8 bits, as `into`; `None` where vips does not read it.
    pub fn srgb(&self, into: &str, file: &Path) -> Option<PathBuf> {
        let upright = self.step("upright.v", "autorot", file, &[])?;
        let colored = if runs("vipsheader", &["-f", "icc-profile-data", upright.to_str()?]).is_some() {
            self.step("colored.v", "icc_transform", &upright, &["srgb", "--embedded"])?
        } else {
            self.step("colored.v", "colourspace", &upright, &["srgb"])?
        };
        self.step(into, "cast", &colored, &["uchar"])
    }

    /// What an answer shows, read in the same way.
    pub fn shown(&self, answer: &[u8]) -> Option<Raster> {
        let file = self.folder.path().join("answer.png");
        std::fs::write(&file, answer).ok()?;
        self.pixels(&self.srgb("shown.v", &file)?)
    }

    pub fn pixels(&self, file: &Path) -> Option<Raster> {
        let png = self.step("pixels.png", "copy", file, &[])?;
        masters::pixels(&std::fs::read(png).ok()?)
    }

    /// Runs an operation that reads one file and writes one.
    pub fn step(&self, into: &str, operation: &str, file: &Path, more: &[&str]) -> Option<PathBuf> {
        let into = self.folder.path().join(into);
        let mut arguments = vec![operation, file.to_str()?, into.to_str()?];
        arguments.extend(more);
        runs("vips", &arguments)?;
        Some(into)
    }
}

/// What a program prints; `None` if it is missing or fails.
pub fn runs(program: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let ran =
        Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    ran.status.success().then_some(ran.stdout)
}
