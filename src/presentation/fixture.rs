//! A work and its images for the tests of this module.

use super::{Address, CanvasImage, Original, Publisher, View};
use crate::iiif::{Dimensions, Info, Limits, Tiles};
use crate::record::{Role, Tag, Text, Work};

/// An unrestricted image of this size.
pub(super) fn image_of(file: &str, width: u32, height: u32) -> CanvasImage {
    let dimensions = Dimensions::new(width, height);
    let factors = [32, 16, 8, 4, 2, 1];
    let info = Info {
        id: format!("https://host/iiif/3/{file}"),
        dimensions,
        limits: Limits { max_area: 1_000_000_000, ..Limits::NONE },
        sizes: factors.map(|factor| dimensions.reduced(factor)).to_vec(),
        tiles: Tiles { side: Dimensions::new(512, 512), scale_factors: factors.into() },
    };
    let original = Some(Original { bytes: 123_456_789, media_type: "image/tiff".into() });
    CanvasImage {
        identifier: file.to_owned(),
        file: file.to_owned(),
        largest: dimensions,
        info,
        role: Role::Recto,
        label: Text::default(),
        view: None,
        canvas: None,
        original,
    }
}

/// A work with most fields of a record.
pub(super) fn work() -> Work {
    serde_json::from_str(include_str!("fixture.json")).expect("the sample is a record")
}

/// Its images: a front in three captures, a back, and a detail of limited size.
pub(super) fn images() -> Vec<CanvasImage> {
    let of = |file: &str, role: Role| CanvasImage { role, ..image_of(file, 8000, 6000) };
    let restricted = image_of("kms/detail.tif", 4001, 2999);
    let sizes: Vec<Dimensions> =
        restricted.info.sizes.iter().copied().filter(|size| size.width <= 1024).collect();
    let limits = Limits { max_width: 1024, max_height: 1024, max_area: 1_000_000, ..Limits::NONE };
    vec![
        of("kms/back.tif", Role::Verso),
        of("kms/front.tif", Role::Recto),
        CanvasImage { role: Role::Infrared, ..image_of("kms/ir.tif", 4000, 3000) },
        of("kms/xray.tif", Role::XRay),
        CanvasImage {
            role: Role::Detail,
            largest: Dimensions::new(1024, 768),
            original: None,
            label: Text::of("en", "The <i>signature</i>"),
            info: Info { sizes, limits, ..restricted.info.clone() },
            ..restricted
        },
    ]
}

/// Calls `check` with the view of this work, with default settings.
pub(super) fn with_view<T>(tags: &[Tag], check: impl FnOnce(&View<'_>) -> T) -> T {
    let (work, images, address, publisher) =
        (work(), images(), Address::new("https://host/p"), Publisher::default());
    check(&View { tags, ..View::of(&work, &images, &address, &publisher) })
}
