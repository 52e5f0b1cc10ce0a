//! The image information document, `info.json`.

use serde_json::{Map, Value, json};

use super::{Dimensions, Format, Limits, Version};

/// The content of `info.json` (Image API 3.0, §5; 2.1, §5).
#[derive(Clone, Debug)]
pub struct Info {
    /// The image's base URI, exactly as it was requested, without a trailing slash.
    pub id: String,
    /// The size of the full upright image, in pixels.
    pub dimensions: Dimensions,
    /// The largest sizes that are served.
    pub limits: Limits,
    /// Smallest first.
    pub sizes: Vec<Dimensions>,
    /// The tiles that viewers should request.
    pub tiles: Tiles,
}

/// The preferred tiles for viewers (§5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// The width and height of a tile, in pixels of its level.
    pub side: Dimensions,
    /// The scale factor of each level, ascending.
    pub scale_factors: Vec<u32>,
}

/// Features that compliance level 2 does not include (3.0, §5.6).
const EXTRA_FEATURES: [&str; 5] =
    ["canonicalLinkHeader", "mirroring", "profileLinkHeader", "rotationArbitrary", "sizeUpscaling"];

/// All supported features that version 2.1 names (§5.3).
const SUPPORTS_2: [&str; 19] = [
    "baseUriRedirect",
    "canonicalLinkHeader",
    "cors",
    "jsonldMediaType",
    "mirroring",
    "profileLinkHeader",
    "regionByPct",
    "regionByPx",
    "regionSquare",
    "rotationArbitrary",
    "rotationBy90s",
    "sizeAboveFull",
    "sizeByConfinedWh",
    "sizeByDistortedWh",
    "sizeByH",
    "sizeByPct",
    "sizeByW",
    "sizeByWh",
    "sizeByForcedWh",
];

impl Info {
    /// The document for this version of the API (§5).
    pub fn document(&self, version: Version) -> Value {
        match version {
            Version::V2 => self.version_2(),
            Version::V3 => self.version_3(),
        }
    }

    fn version_3(&self) -> Value {
        let extra = Format::ALL.into_iter().filter(|f| !matches!(f, Format::Jpg | Format::Png));
        let mut document = self.common(Version::V3, "id");
        document.insert("type".into(), json!("ImageService3"));
        document.insert("profile".into(), json!("level2"));
        self.limits(&mut document);
        document.insert("extraQualities".into(), json!(["color", "gray", "bitonal"]));
        document.insert("extraFormats".into(), extra.map(Format::suffix).collect());
        document.insert("extraFeatures".into(), json!(EXTRA_FEATURES));
        Value::Object(document)
    }

    fn version_2(&self) -> Value {
        let formats: Vec<_> = Format::ALL.into_iter().map(Format::suffix).collect();
        let mut profile = Map::new();
        profile.insert("formats".into(), json!(formats));
        profile.insert("qualities".into(), json!(["default", "color", "gray", "bitonal"]));
        profile.insert("supports".into(), json!(SUPPORTS_2));
        self.limits(&mut profile);
        let mut document = self.common(Version::V2, "@id");
        document.insert("@type".into(), json!("iiif:Image"));
        document.insert("profile".into(), json!([Version::V2.profile(), profile]));
        Value::Object(document)
    }

    fn common(&self, version: Version, id: &str) -> Map<String, Value> {
        let size = |d: &Dimensions| json!({ "width": d.width, "height": d.height });
        let mut tiles = json!({ "width": self.tiles.side.width, "scaleFactors": self.tiles.scale_factors });
        if self.tiles.side.width != self.tiles.side.height {
            tiles["height"] = json!(self.tiles.side.height);
        }
        let mut document = Map::new();
        document.insert("@context".into(), json!(version.context()));
        document.insert(id.into(), json!(self.id));
        document.insert("protocol".into(), json!("http://iiif.io/api/image"));
        document.insert("width".into(), json!(self.dimensions.width));
        document.insert("height".into(), json!(self.dimensions.height));
        document.insert("sizes".into(), self.sizes.iter().map(size).collect());
        if !self.tiles.scale_factors.is_empty() {
            document.insert("tiles".into(), json!([tiles]));
        }
        document
    }

    fn limits(&self, into: &mut Map<String, Value>) {
        if self.limits.max_width != u32::MAX || self.limits.max_height != u32::MAX {
            into.insert("maxWidth".into(), json!(self.limits.max_width));
            into.insert("maxHeight".into(), json!(self.limits.max_height));
        }
        into.insert("maxArea".into(), json!(self.limits.max_area));
    }
}
