//! The memory of opened images.

use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use moka::sync::Cache;

use super::handle::ImageHandle;
use crate::gallery::settings::Settings;

/// How long an opened image stays in memory without requests.
const IDLE: Duration = Duration::from_secs(3600);

/// The opened images, by identifier.
pub(super) type OpenedImages = Cache<String, Arc<ImageHandle>, RandomState>;

/// Memory for opened images, of `cache.indexes_mib`.
pub(super) fn opened_images(settings: &Settings) -> OpenedImages {
    let weight = |identifier: &String, handle: &Arc<ImageHandle>| (identifier.len() + handle.weight()) as u32;
    let opened = Cache::builder().max_capacity(settings.cache.indexes_mib << 20).weigher(weight);
    opened.time_to_idle(IDLE).build_with_hasher(RandomState::default())
}
