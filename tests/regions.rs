//! Regions that `tegl tag` finds with a detector lie at the right place of the upright picture, and Mirador draws them there.

use serde_json::json;
use tegl::iiif::Dimensions;
use tegl::pixels::{Channels, Raster};

use crate::support::browser::look;
use crate::support::museum::Museum;
use crate::support::{fixture, masters};

/// Upright, and higher than wide.
const SIZE: Dimensions = Dimensions { width: 600, height: 800 };
/// From 0.625 to 0.875 of the width and the height: the fourth box of `quarters.onnx`.
const REGION: &str = "375,500,150,200";

/// A dark picture whose only blue part is the region.
fn upright() -> Raster {
    let mut raster = Raster::blank(SIZE, Channels::Rgb);
    for (n, pixel) in raster.samples.chunks_exact_mut(3).enumerate() {
        let (x, y) = (n as u32 % SIZE.width, n as u32 / SIZE.width);
        let is_blue = (375..525).contains(&x) && (500..700).contains(&y);
        pixel.copy_from_slice(if is_blue { &[0, 0, 255] } else { &[20, 20, 20] });
    }
    raster
}

/// A work for each orientation, named by it, with the tags of a detector.
fn tagged(orientations: &[u8]) -> Museum {
    let museum = Museum::new(&[]);
    let work = |orientation: &u8| {
        let file = format!("{orientation}.jpg");
        let stored = masters::unrotated(&upright(), (*orientation).into());
        let master = masters::rotated_jpeg(&stored, *orientation);
        std::fs::write(museum.folder.path().join("masters").join(&file), master).unwrap();
        json!({"object_number": format!("turned-{orientation}"), "titles": "A blue rectangle", "images": [{"file": file}]})
    };
    museum.ingest(&orientations.iter().map(work).collect::<Vec<_>>());
    let labels = museum.path("labels.txt");
    std::fs::write(&labels, "nothing\nred\ngreen\nblue\n").unwrap();
    let (model, anchors) = (fixture("models/quarters.onnx"), fixture("models/quarters.npy"));
    let settings = museum.path("models.toml");
    // A quarter of the box's quarter of the picture is blue.
    let declared = format!(
        "[models.quarters]\nfile = '{}'\ninput = {{ width = 8, height = 8, scale = 255 }}\n[models.quarters.outputs.boxes]\n\
         boxes = 'boxes'\nscores = 'scores'\nanchors = '{}'\nlabels = '{labels}'\nactivation = 'none'\nbackground = 0\nthreshold = 0.2\n",
        model.display(),
        anchors.display(),
    );
    std::fs::write(&settings, declared).unwrap();
    let ran = museum.run(&["tag", "--config", &settings, "--only", "motif", &museum.path("masters")]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    museum
}

#[test]
fn a_detectors_regions_are_those_of_the_upright_picture() {
    let orientations = [1, 2, 3, 4, 5, 6, 7, 8];
    let museum = tagged(&orientations);
    let server = museum.serve();
    for orientation in orientations {
        let work = server.get(&format!("/api/v1/works/turned-{orientation}")).json();
        let tags: Vec<_> = work["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| [&tag["label"]["en"][0], &tag["region"]])
            .collect();
        assert_eq!(tags, [[&json!("blue"), &json!(REGION)]], "{orientation}");
        let manifest = server.get(&format!("/presentation/3/turned-{orientation}/manifest")).json();
        let canvas = &manifest["items"][0];
        assert_eq!([&canvas["width"], &canvas["height"]], [&json!(600), &json!(800)], "{orientation}");
        let detail = server.get(&format!("/iiif/3/{orientation}.jpg/{REGION}/50,/0/default.png"));
        let detail = masters::pixels(&detail.body).unwrap();
        let is_blue = |pixel: &[u8]| pixel[2] > 150 && pixel[0] < 60;
        assert!(
            detail.samples.chunks_exact(3).filter(|pixel| is_blue(pixel)).count() > 3000,
            "{orientation}"
        );
    }
}

#[test]
fn mirador_draws_a_detectors_region_at_its_place() {
    let museum = tagged(&[1, 6]);
    look("regions of tags in Mirador", "boxes.mjs", "mirador", &museum.serve(), &["turned-1", "turned-6"]);
}
