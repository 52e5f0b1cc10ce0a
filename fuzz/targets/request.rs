//! Requests: parsed, planned, and written down in their canonical form, which means the same.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tegl::iiif::{ImageRequest, Limits, Version};
use tegl::master::Master;
use tegl::render::{Frame, Plan, Source};

static MASTERS: LazyLock<Vec<Master>> = LazyLock::new(tegl_fuzz::masters);
const LIMITS: Limits =
    Limits { max_width: 9000, max_height: 9000, max_area: 40_000_000, largest: u32::MAX };

fuzz_target!(|text: &str| {
    let mut segments = text.splitn(4, '/');
    let segments = [(); 4].map(|()| segments.next().unwrap_or_default());
    for version in [Version::V2, Version::V3] {
        let Ok(request) = ImageRequest::parse(version, segments) else { continue };
        for (master, tiles_pass) in MASTERS.iter().flat_map(|master| [(master, true), (master, false)]) {
            let Ok(plan) = Plan::new(&request, master, LIMITS, tiles_pass) else { continue };
            check(&plan, master, version, tiles_pass);
        }
    }
});

fn check(plan: &Plan, master: &Master, version: Version, tiles_pass: bool) {
    assert!(LIMITS.allow(plan.size) && plan.size.area() > 0, "{plan:?}");
    let (region, full) = (plan.region, master.upright());
    assert!(region.dimensions().area() > 0 && region.right() <= full.width && region.bottom() <= full.height);
    match plan.source {
        Source::Stored { level, tile } => assert!(master.levels[level].range(tile).is_some()),
        Source::Rendered { level, reduce } => {
            let frame = match master.levels.get(level) {
                Some(stored) => Frame::of_tiles(plan, master, stored, reduce),
                None => Frame::of_whole(plan, master, master.dimensions.reduced(reduce), reduce),
            };
            assert!(frame.canvas.area() > 0 && frame.cost(3) > 0);
        }
    }
    let canonical = plan.canonical(version, master, LIMITS);
    let segments: Vec<&str> = canonical.split('/').collect();
    let segments = segments.try_into().expect("four segments");
    let again = ImageRequest::parse(version, segments).unwrap_or_else(|bad| panic!("{canonical}: {bad}"));
    let again =
        Plan::new(&again, master, LIMITS, tiles_pass).unwrap_or_else(|bad| panic!("{canonical}: {bad}"));
    assert_eq!((&again, again.canonical(version, master, LIMITS)), (plan, canonical));
}
