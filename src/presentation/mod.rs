//! Images as manifests, for viewers that open works rather than files (Presentation API 3.0).

use serde_json::{Value, json};

use crate::iiif::{Dimensions, Info};

/// The context of a manifest.
pub const CONTEXT: &str = "http://iiif.io/api/presentation/3/context.json";

/// An image that is a work of its own: one canvas, painted by one image.
#[derive(Clone, Debug)]
pub struct ImageWork {
    /// The manifest's address, without `/manifest`.
    pub id: String,
    pub label: String,
    /// The image service of version 3, its id being its address.
    pub info: Info,
    /// The address of the same service in version 2.
    pub service_2: String,
}

impl ImageWork {
    /// The manifest (Presentation API 3.0, §5.2).
    pub fn manifest(&self) -> Value {
        let Dimensions { width, height } = self.info.dimensions;
        let service = json!([
            {
                "id": self.info.id, "type": "ImageService3", "profile": "level2", "width": width, "height": height,
                "sizes": self.info.sizes.iter().map(|s| json!({ "width": s.width, "height": s.height })).collect::<Vec<_>>(),
            },
            { "@id": self.service_2, "@type": "ImageService2", "profile": "http://iiif.io/api/image/2/level2.json" },
        ]);
        let image = |size: Dimensions| {
            json!({
                "id": format!("{}/full/{},{}/0/default.jpg", self.info.id, size.width, size.height),
                "type": "Image", "format": "image/jpeg", "width": size.width, "height": size.height, "service": service,
            })
        };
        let (canvas, page) = (format!("{}/canvas/1", self.id), format!("{}/page/1", self.id));
        let painting = json!({
            "id": format!("{}/painting/1", self.id), "type": "Annotation", "motivation": "painting",
            "target": canvas, "body": image(self.fitting(2000)),
        });
        json!({
            "@context": CONTEXT,
            "id": format!("{}/manifest", self.id),
            "type": "Manifest",
            "label": { "none": [self.label] },
            "thumbnail": [image(self.fitting(400))],
            "items": [{
                "id": canvas, "type": "Canvas", "width": width, "height": height, "label": { "none": [self.label] },
                "items": [{ "id": page, "type": "AnnotationPage", "items": [painting] }],
            }],
        })
    }

    /// The largest advertised size with sides of at most `most`, else the smallest.
    fn fitting(&self, most: u32) -> Dimensions {
        let fits = |size: &&Dimensions| size.width <= most && size.height <= most;
        let found = self.info.sizes.iter().rev().find(fits).or(self.info.sizes.first());
        found.copied().unwrap_or(self.info.dimensions)
    }
}
