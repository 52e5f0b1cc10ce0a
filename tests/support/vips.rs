//! libvips' command line, which reads masters in its own way.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tegl::pixels::Raster;

use super::{masters, not_proven};

pub(crate) struct Vips {
    folder: tempfile::TempDir,
}

impl Vips {
    /// `None`, loudly, where it is not installed.
    pub(crate) fn find() -> Option<Self> {
        if runs("vips", &["--version"]).is_none() {
            not_proven("comparisons with libvips", "there is no `vips`");
            return None;
        }
        Some(Self { folder: tempfile::tempdir().unwrap() })
    }

    /// The file upright and in sRGB, three or four samples of 8 bits; `None` where vips does not read it.
    pub(crate) fn read(&self, file: &Path) -> Option<PathBuf> {
        let upright = self.step("upright.v", "autorot", file, &[])?;
        let has_profile = runs("vipsheader", &["-f", "icc-profile-data", upright.to_str()?]).is_some();
        self.color("read.v", &upright, has_profile)
    }

    /// What an answer in PNG shows, its profile applied.
    pub(crate) fn shown(&self, answer: &[u8]) -> Option<Raster> {
        let file = self.folder.path().join("answer.png");
        std::fs::write(&file, answer).ok()?;
        let has_profile = answer.windows(4).any(|four| four == b"iCCP");
        raster(&self.color("shown.png", &file, has_profile)?)
    }

    fn color(&self, into: &str, file: &Path, has_profile: bool) -> Option<PathBuf> {
        match has_profile {
            true => {
                let more: &[&str] = match self.has_relative(file) {
                    true => &["srgb", "--embedded"],
                    // vips leaves such a profile out otherwise.
                    false => &["srgb", "--embedded", "--intent", "perceptual"],
                };
                self.step(into, "icc_transform", file, more)
            }
            false => self.step(into, "colourspace", file, &["srgb"]),
        }
    }

    /// Whether the file's profile can be used as vips does by itself.
    fn has_relative(&self, file: &Path) -> bool {
        let into = self.folder.path().join("relative.v");
        let tried = Command::new("vips")
            .arg("icc_transform")
            .arg(file)
            .arg(into)
            .args(["srgb", "--embedded"])
            .output();
        tried.is_ok_and(|ran| !String::from_utf8_lossy(&ran.stderr).contains("does not support relative"))
    }

    pub(crate) fn pixels(&self, file: &Path) -> Option<Raster> {
        raster(&self.step("pixels.png", "copy", file, &[])?)
    }

    /// The same, scaled to just this size.
    pub(crate) fn scaled(&self, file: &Path, (width, height): (u32, u32)) -> Option<Raster> {
        let (width, height) = (width.to_string(), height.to_string());
        let more = [&width[..], "--height", &height, "--size", "force", "--no-rotate"];
        raster(&self.step("scaled.png", "thumbnail_image", file, &more)?)
    }

    /// Runs an operation that reads one file and writes one.
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

/// What a program prints; `None` if it is missing or fails.
pub(crate) fn runs(program: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let ran = Command::new(program)
        .args(arguments)
        .env("VIPS_CONCURRENCY", "2")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    ran.status.success().then_some(ran.stdout)
}
