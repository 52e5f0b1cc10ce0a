//! Runs libvips' command line, an independent decoder of masters.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tegl::pixels::Raster;

use super::{masters, not_proven};

pub(crate) struct Vips {
    folder: tempfile::TempDir,
}

impl Vips {
    /// Finds vips; reports a skip and returns `None` if it is not installed.
    pub(crate) fn find() -> Option<Self> {
        if runs("vips", &["--version"]).is_none() {
            not_proven("comparisons with libvips", "there is no `vips`");
            return None;
        }
        Some(Self { folder: tempfile::tempdir().unwrap() })
    }

    /// Converts a file to upright 8-bit sRGB with or without alpha; `None` if vips does not read it.
    pub(crate) fn read(&self, file: &Path) -> Option<PathBuf> {
        let upright = self.step("upright.v", "autorot", file, &[])?;
        let has_profile = runs("vipsheader", &["-f", "icc-profile-data", upright.to_str()?]).is_some();
        self.color("read.v", &upright, has_profile)
    }

    /// Converts a PNG response to sRGB by its profile.
    pub(crate) fn srgb_pixels(&self, png: &[u8]) -> Option<Raster> {
        let file = self.folder.path().join("response.png");
        std::fs::write(&file, png).ok()?;
        let has_profile = png.windows(4).any(|four| four == b"iCCP");
        raster(&self.color("srgb.png", &file, has_profile)?)
    }

    fn color(&self, into: &str, file: &Path, has_profile: bool) -> Option<PathBuf> {
        match has_profile {
            true => {
                let more: &[&str] = match self.has_relative(file) {
                    true => &["srgb", "--embedded"],
                    // vips ignores such a profile otherwise.
                    false => &["srgb", "--embedded", "--intent", "perceptual"],
                };
                self.step(into, "icc_transform", file, more)
            }
            false => self.step(into, "colourspace", file, &["srgb"]),
        }
    }

    /// Whether the file's profile supports vips' default intent.
    fn has_relative(&self, file: &Path) -> bool {
        let into = self.folder.path().join("relative.v");
        let output = Command::new("vips")
            .arg("icc_transform")
            .arg(file)
            .arg(into)
            .args(["srgb", "--embedded"])
            .output();
        output.is_ok_and(|output| {
            !String::from_utf8_lossy(&output.stderr).contains("does not support relative")
        })
    }

    pub(crate) fn pixels(&self, file: &Path) -> Option<Raster> {
        raster(&self.step("pixels.png", "copy", file, &[])?)
    }

    /// Decodes a file and scales it to exactly this size.
    pub(crate) fn scaled(&self, file: &Path, (width, height): (u32, u32)) -> Option<Raster> {
        let (width, height) = (width.to_string(), height.to_string());
        let more = [&width[..], "--height", &height, "--size", "force", "--no-rotate"];
        raster(&self.step("scaled.png", "thumbnail_image", file, &more)?)
    }

    /// Runs an operation that reads one file and writes another.
    fn step(&self, into: &str, operation: &str, file: &Path, more: &[&str]) -> Option<PathBuf> {
        let into = self.folder.path().join(into);
        let mut arguments = vec![operation, file.to_str()?, into.to_str()?];
        arguments.extend(more);
        runs("vips", &arguments)?;
        Some(into)
    }
}

fn raster(png: &Path) -> Option<Raster> {
    masters::pixels(&std::fs::read(png).ok()?)
}

/// The standard output of a program; `None` if the program is missing or fails.
pub(crate) fn runs(program: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new(program)
        .args(arguments)
        .env("VIPS_CONCURRENCY", "2")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then_some(output.stdout)
}
