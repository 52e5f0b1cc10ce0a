//! The sizes of works' images, read from local masters.

use std::sync::Arc;

use futures::StreamExt;

use crate::catalogue::StoredWork;
use crate::gallery::images::{ImageHandle, Start};
use crate::gallery::sources::{Location, Sources};
use crate::pixels::color::Output;
use crate::store::Store;

/// The number of images per work whose sizes are read.
const IMAGES_PER_WORK: usize = 4;
/// The maximum number of masters opened concurrently.
const AT_ONCE: usize = 8;

/// The files of a work's first images.
pub(super) fn files(stored: &StoredWork) -> Vec<String> {
    let matched = stored.work.images.iter().filter(|image| image.matched);
    matched.take(IMAGES_PER_WORK).map(|image| image.file.clone()).collect()
}

/// Reads the sizes of local masters; remote ones would take a round trip each.
pub(super) struct Sizes {
    pub sources: Arc<Sources>,
    pub output: Output,
}

impl Sizes {
    /// Width and height in pixels of the first images of each work, if known. A work is given as its image files.
    pub(super) async fn of(&self, works: Vec<Vec<String>>) -> Vec<Vec<Option<(u32, u32)>>> {
        // In some collections most works have no image on this server.
        if works.iter().all(Vec::is_empty) {
            return vec![Vec::new(); works.len()];
        }
        let read = |files: Vec<String>| async move {
            let mut sizes = Vec::with_capacity(files.len());
            for file in files {
                sizes.push(self.size(&file).await);
            }
            sizes
        };
        futures::stream::iter(works).map(read).buffered(AT_ONCE).collect().await
    }

    async fn size(&self, file: &str) -> Option<(u32, u32)> {
        let Location { stores, key, page } = self.sources.locate(file).ok()?;
        for store in stores.into_iter().filter(Store::is_local) {
            if let Ok(handle) = ImageHandle::open(store, key.clone(), page, self.output, Start::Read).await {
                let full = handle.all();
                return Some((full.width, full.height));
            }
        }
        None
    }
}
