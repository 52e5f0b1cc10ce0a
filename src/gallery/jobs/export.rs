//! Writes an image as static files for any web server: an IIIF Image API 3 level 0 service, or Deep Zoom.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use serde_json::{Value, json};

use super::JobService;
use crate::gallery::Error;
use crate::gallery::images::{AuthorizedImage, Body, ImageService};
use crate::iiif::{Format, ImageRequest, Version, deepzoom};

/// The kind of files written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Iiif,
    DeepZoom,
}

/// The number of files and bytes written for an image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exported {
    pub files: u64,
    pub bytes: u64,
}

impl JobService {
    /// Writes the image below `folder`, with tiles that are byte for byte those served; `base` is the public URL of
    /// `folder`. Existing files are overwritten.
    pub(crate) async fn export(
        &self,
        identifier: &str,
        folder: &Path,
        base: &str,
        layout: Layout,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Exported, Error> {
        let opened = self.images.open_with_pyramid(identifier).await?;
        let name = percent_encoding::utf8_percent_encode(identifier, ESCAPED).to_string();
        let mut export =
            Export { images: &self.images, identifier, progress, done: Exported::default(), total: 0 };
        match layout {
            Layout::Iiif => export.iiif(&opened, folder, &name, base).await?,
            Layout::DeepZoom => export.deep_zoom(&opened, folder, &name).await?,
        }
        Ok(export.done)
    }
}

/// The characters escaped in file names: all that would need an escape in a URL.
const ESCAPED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

struct Export<'a> {
    images: &'a Arc<ImageService>,
    identifier: &'a str,
    progress: &'a (dyn Fn(u64, u64) + Sync),
    done: Exported,
    total: u64,
}

impl Export<'_> {
    async fn iiif(
        &mut self,
        opened: &AuthorizedImage,
        folder: &Path,
        name: &str,
        base: &str,
    ) -> Result<(), Error> {
        let info = opened.static_info(format!("{}/{}", base.trim_end_matches('/'), escaped(name)));
        let image_folder = folder.join(name);
        let full = opened.all().dimensions();
        let mut paths = vec!["full/max/0/default.jpg".to_owned()];
        paths.extend(
            info.sizes.iter().map(|size| format!("full/{},{}/0/default.jpg", size.width, size.height)),
        );
        let (side, factors) = (info.tiles.side, &info.tiles.scale_factors);
        for &factor in factors {
            let (across, down) = (side.width.saturating_mul(factor), side.height.saturating_mul(factor));
            for y in (0..full.height).step_by(down as usize) {
                for x in (0..full.width).step_by(across as usize) {
                    let (w, h) = (across.min(full.width - x), down.min(full.height - y));
                    let (width, height) = (w.div_ceil(factor), h.div_ceil(factor));
                    paths.push(format!("{x},{y},{w},{h}/{width},{height}/0/default.jpg"));
                }
            }
        }
        self.total = paths.len() as u64 + 1;
        for path in paths {
            let segments: Vec<&str> = path.split('/').collect();
            let Ok(segments) = <[&str; 4]>::try_from(segments) else { continue };
            let request = ImageRequest::parse(Version::V3, segments)?;
            self.tile(&request, &image_folder.join(&path)).await?;
        }
        let mut document = info.document(Version::V3);
        document["profile"] = json!("level0");
        for extra in ["extraQualities", "extraFormats", "extraFeatures"] {
            if let Value::Object(map) = &mut document {
                map.remove(extra);
            }
        }
        // Written last, so that the tiles of every info.json exist.
        self.file(&image_folder.join("info.json"), document.to_string().as_bytes())
    }

    async fn deep_zoom(&mut self, opened: &AuthorizedImage, folder: &Path, name: &str) -> Result<(), Error> {
        let full = opened.all().dimensions();
        let side = deepzoom::side(opened.info(String::new()).tiles.side);
        let image_folder = folder.join(format!("{name}_files"));
        let mut tiles = Vec::new();
        for level in 0..=deepzoom::highest(opened.finest()) {
            let factor = 1u64 << (deepzoom::highest(full) - level);
            let count = |length: u32| u64::from(length).div_ceil(factor).div_ceil(u64::from(side)) as u32;
            for row in 0..count(full.height) {
                tiles.extend((0..count(full.width)).map(|column| (level, column, row)));
            }
        }
        self.total = tiles.len() as u64 + 1;
        for (level, column, row) in tiles {
            let Some(request) = deepzoom::tile(full, side, (level, column, row), Format::Jpg) else {
                continue;
            };
            self.tile(&request, &image_folder.join(format!("{level}/{column}_{row}.jpg"))).await?;
        }
        self.file(
            &folder.join(format!("{name}.dzi")),
            deepzoom::description(opened.finest(), side).as_bytes(),
        )
    }

    async fn tile(&mut self, request: &ImageRequest, path: &Path) -> Result<(), Error> {
        let planned = self.images.plan(self.identifier, request).await?;
        match planned.deliver().await?.body {
            Body::Whole { bytes, .. } => self.file(path, &bytes),
            Body::Streamed(streamed) => self.pieces(path, streamed.pieces()).await,
        }
    }

    /// Writes a large image while it is rendered.
    async fn pieces(
        &mut self,
        path: &Path,
        pieces: impl Stream<Item = Result<Bytes, Error>>,
    ) -> Result<(), Error> {
        let mut pieces = std::pin::pin!(pieces);
        let mut part = Part::create(path)?;
        while let Some(piece) = pieces.next().await {
            part.write(&piece?)?;
        }
        self.done(part.finish()?);
        Ok(())
    }

    fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let mut part = Part::create(path)?;
        part.write(bytes)?;
        self.done(part.finish()?);
        Ok(())
    }

    fn done(&mut self, bytes: u64) {
        self.done.files += 1;
        self.done.bytes += bytes;
        (self.progress)(self.done.files, self.total);
    }
}

/// A file written under a temporary name, and removed if it is not finished.
struct Part<'a> {
    path: &'a Path,
    part: PathBuf,
    file: Option<File>,
    bytes: u64,
}

impl<'a> Part<'a> {
    fn create(path: &'a Path) -> Result<Self, Error> {
        let part = path.with_extension("part");
        let create = || {
            std::fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
            File::create(&part)
        };
        let file = Some(create().map_err(|error| unwritable(path, &error))?);
        Ok(Self { path, part, file, bytes: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes += bytes.len() as u64;
        let written = self.file.as_mut().map_or(Ok(()), |file| file.write_all(bytes));
        written.map_err(|error| unwritable(self.path, &error))
    }

    /// Renames the file to its final name; returns its length in bytes.
    fn finish(mut self) -> Result<u64, Error> {
        std::fs::rename(&self.part, self.path).map_err(|error| unwritable(self.path, &error))?;
        self.file = None;
        Ok(self.bytes)
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _unfinished = std::fs::remove_file(&self.part);
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::Unwritable(format!("cannot write `{}`: {error}", path.display()))
}

/// A percent-encoded name, encoded once more for a URI.
fn escaped(name: &str) -> String {
    name.replace('%', "%25")
}
