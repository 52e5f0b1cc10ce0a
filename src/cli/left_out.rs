//! What `tegl ingest` reports about manifests.

use serde_json::json;

use super::ingest_arguments::Arguments;
use super::output::{MAX_LISTED, count};
use crate::gallery::LeftOut;

/// Lists what of manifests documents do not repeat.
pub(super) fn report(arguments: &Arguments, left_out: &LeftOut) {
    let LeftOut { properties, limited } = left_out;
    if properties.is_empty() && *limited == 0 {
        return;
    }
    if arguments.json {
        let one = |(path, (works, first)): (&String, &(u64, String))| json!({ "property": path, "works": works, "first": first });
        let properties: Vec<_> = properties.iter().map(one).collect();
        println!(
            "{}",
            json!({ "source_only": { "properties": properties, "works_with_limited_images": limited } })
        );
        return;
    }
    if *limited > 0 {
        eprintln!(
            "{} with rights that limit images; what leads to images, sound and video on other servers is not served",
            count(*limited, "work")
        );
    }
    if !properties.is_empty() {
        eprintln!("properties of manifests that are in the source only:");
    }
    let listed = if arguments.verbose { properties.len() } else { MAX_LISTED };
    for (path, (works, first)) in properties.iter().take(listed) {
        eprintln!("  {path}: {}, first in {first}", count(*works, "work"));
    }
    if properties.len() > listed {
        eprintln!("  --verbose lists them all");
    }
}
