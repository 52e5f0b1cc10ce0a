//! Rendered responses in the disk cache.

use std::sync::Arc;

use bytes::Bytes;

use super::handle::ImageHandle;
use crate::identity::fingerprint;
use crate::iiif::{Limits, Version};
use crate::render::Plan;
use crate::store::disk::{self, DiskCache, Kind, Lookup, Name};

/// The disk cache, if there is one.
pub(super) struct KeptAnswers {
    disk: Option<Arc<DiskCache>>,
    recipe: u64,
}

impl KeptAnswers {
    pub(super) fn new(disk: Option<Arc<DiskCache>>, recipe: u64) -> Self {
        Self { disk, recipe }
    }

    /// The name of a rendering: by the versions of master and pyramid, the plan, and the settings of renderings. `None` if
    /// it is not kept: stored tiles are, as ranges of their files, and samples are read once.
    pub(super) fn name(&self, handle: &ImageHandle, plan: &Plan) -> Option<Name> {
        self.disk.as_ref()?;
        plan.rendering().filter(|_| !plan.is_raw)?;
        let (store, key, _) = handle.origin();
        let master = handle.pyramid_of.as_deref().unwrap_or(handle);
        // Without limits the canonical form says nothing about rights, which decide whether there is a plan.
        let canonical = plan.canonical(Version::V3, &handle.master, Limits::NONE);
        let (size, location) = (plan.size.to_string(), handle.store.describe());
        let parts: [&[u8]; 9] = [
            canonical.as_bytes(),
            size.as_bytes(),
            location.as_bytes(),
            handle.key.as_str().as_bytes(),
            &handle.version_bytes(),
            &master.version_bytes(),
            &handle.page.to_le_bytes(),
            // The metadata of a rendering state the address of its image.
            master.identifier.as_bytes(),
            &self.recipe.to_le_bytes(),
        ];
        Some(disk::name(store.group(key), &[b"answer", &fingerprint(&parts).to_le_bytes()]))
    }

    pub(super) fn get_now(&self, name: &Name) -> Lookup {
        self.disk.as_ref().map_or(Lookup::Missing, |disk| disk.get_now(Kind::Answer, name, &[]))
    }

    pub(super) async fn get(&self, name: Option<&Name>) -> Option<Bytes> {
        self.disk.as_ref()?.get(Kind::Answer, name?, &[]).await
    }

    pub(super) fn put(&self, name: Option<&Name>, bytes: &[u8]) {
        if let (Some(disk), Some(name)) = (&self.disk, name) {
            disk.put(name, bytes);
        }
    }

    pub(super) fn disk(&self) -> Option<&DiskCache> {
        self.disk.as_deref()
    }

    pub(super) fn observe(&self) {
        if let Some(disk) = &self.disk {
            disk.observe();
        }
    }
}
