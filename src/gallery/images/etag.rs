//! The ETag of an image response.

use super::authorize::AuthorizedImage;
use crate::identity::fingerprint;
use crate::render::Plan;

/// A strong entity tag, without quotation marks: equal for equal plans on equal masters and settings, on every server.
/// `canonical` is the plan's form in version 3.
pub(super) fn etag(image: &AuthorizedImage, plan: &Plan, canonical: &str, recipe: u64) -> String {
    let version = image.version_bytes();
    let recipe = recipe.to_le_bytes();
    let page = image.page.to_le_bytes();
    // The size that `max` stands for depends on the rights.
    let size = plan.size.to_string();
    let key = image.key.as_str().as_bytes();
    let parts = [canonical.as_bytes(), size.as_bytes(), &version, key, &page, &recipe];
    format!("{:032x}", fingerprint(&parts))
}
