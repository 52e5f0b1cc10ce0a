//! Real models: their numbers as another runtime computes them, and what they say about paintings.

use std::path::Path;

use crate::inference::Detection;
use crate::inference::model::Outcome;
use crate::inference::settings::{Activation, Boxes, ChannelOrder, Scores};
use crate::pixels::scale::{self, Window};

use super::*;

/// A real model, if the collections are at hand.
fn real(name: &str, side: u32) -> Option<Declaration> {
    let file = proof::shared("inference with real models", &format!("models/{name}.onnx"))?;
    let mut declared = declaration("");
    declared.file = file.to_str().unwrap().into();
    (declared.input.width, declared.input.height) = (side, side);
    Some(declared)
}

pub(super) fn efficientnet() -> Option<Declaration> {
    let mut declared = real("efficientnet_lite0", 224)?;
    (declared.input.mean, declared.input.scale) = (PerChannel::All(127.0), PerChannel::All(128.0));
    Some(declared)
}

pub(super) fn detector() -> Option<Declaration> {
    let mut declared = real("ssd_mobilenet_v2_coco", 300)?;
    (declared.input.mean, declared.input.scale) = (PerChannel::All(127.5), PerChannel::All(127.5));
    let anchors = Path::new(&declared.file).with_file_name("ssd_mobilenet_v2_coco_anchors.npy");
    let table = format!(
        "boxes = 'boxes'\nscores = 'scores'\nanchors = '{}'\nactivation = 'sigmoid'\nbackground = 0\nmapping = '{}'",
        anchors.display(),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("config/models/coco.csv").display(),
    );
    let boxes: Boxes = toml::from_str(&table).unwrap();
    declared.outputs = Outputs { boxes: Some(boxes), ..Outputs::default() };
    Some(declared)
}

/// A painting, 512 pixels at its longer side.
fn painting(path: &Path) -> Raster {
    let file = std::fs::read(path).unwrap();
    let mut decoder = turbojpeg::Decompressor::new().unwrap();
    let header = decoder.read_header(&file).unwrap();
    let longer = header.width.max(header.height);
    let eighths = (1..=8).find(|eighths| longer * eighths / 8 >= 600).unwrap_or(8);
    let factor = turbojpeg::ScalingFactor::new(eighths, 8);
    decoder.set_scaling_factor(factor).unwrap();
    let (width, height) = (factor.scale(header.width), factor.scale(header.height));
    let mut whole = Raster::blank(Dimensions::new(width as u32, height as u32), Channels::Rgb);
    let (pitch, format) = (width * 3, turbojpeg::PixelFormat::RGB);
    let pixels = whole.samples.as_mut_slice();
    decoder.decompress(&file, turbojpeg::Image { pixels, width, pitch, height, format }).unwrap();
    let factor = 512.0 / width.max(height) as f64;
    let side = |length: usize| (length as f64 * factor).round() as u32;
    let window = Window { x: 0.0, y: 0.0, width: width as f64, height: height as f64 };
    scale::raster(&whole, window, Dimensions::new(side(width), side(height))).unwrap()
}

pub(super) fn run(model: &Model, name: &str) -> Option<Outcome> {
    let path = proof::shared("inference on paintings", &format!("paintings/{name}.jpg"))?;
    Some(model.run(&painting(&path)).unwrap())
}

#[track_caller]
fn near(found: &[f32], expected: &[f32]) {
    let differ = found.iter().zip(expected).find(|(a, b)| (*a - *b).abs() > 1e-3 * b.abs().max(1.0));
    assert!(
        found.len() >= expected.len() && differ.is_none(),
        "{:?} and {expected:?}",
        &found[..expected.len()]
    );
}

/// The numbers are those of ONNX Runtime 1.32 for the same color.
#[test]
pub(super) fn real_networks_give_the_numbers_of_another_runtime() {
    let color = plain([200, 100, 50]);
    if let Some(declared) = efficientnet() {
        let found = load(&declared).unwrap().run(&color).unwrap().embedding.unwrap();
        assert_eq!(found.len(), 1280);
        near(&found, &[0.0, 0.045_829_68, 0.315_984_34, 0.0]);
    }
    if let Some(mut declared) = real("squeezenet11", 224) {
        declared.input.channels = ChannelOrder::Bgr;
        declared.input.mean = PerChannel::Each([103.9, 116.8, 123.7]);
        declared.input.scale = PerChannel::All(1.0);
        let found = load(&declared).unwrap().run(&color).unwrap().embedding.unwrap();
        assert_eq!(found.len(), 512);
        near(&found, &[0.0, 0.0, 3.308_818_3, 0.0]);
    }
    if let Some(mut declared) = detector() {
        declared.outputs.boxes.as_mut().unwrap().threshold = 0.04;
        let found = load(&declared).unwrap().run(&color).unwrap().boxes;
        assert!(found.is_empty(), "the table's threshold holds: {found:?}");
    }
}

#[test]
pub(super) fn a_portrait_has_one_person_where_the_person_is() {
    let Some(declared) = detector() else { return };
    let model = load(&declared).unwrap();
    let Some(outcome) = run(&model, "niccolo-machiavelli_the-prince_w-k-marriott") else { return };
    let [Detection { label, score, region }] = outcome.boxes.as_slice() else { panic!("{outcome:?}") };
    assert_eq!((label.tag.as_str(), label.da.as_deref()), ("person", Some("person")));
    assert!(*score > 0.8, "{score}");
    assert!(region.x < 0.1 && region.y < 0.15 && region.width > 0.85 && region.height > 0.85, "{region:?}");
}

/// Paintings with people are those with one of these motifs; in landscapes nobody is found.
#[test]
fn persons_are_found_on_paintings_of_people_only() {
    const PEOPLE: [&str; 11] =
        ["man", "woman", "boy", "girl", "child", "figures", "crowd", "people", "soldier", "pirate", "farmer"];
    let Some(declared) = detector() else { return };
    let Some(labels) = proof::shared("inference on paintings", "paintings/labels.tsv") else { return };
    let model = load(&declared).unwrap();
    let (mut with_people, mut found, mut boxes) = (0, 0, 0);
    for line in std::fs::read_to_string(labels).unwrap().lines().skip(1) {
        let fields: Vec<_> = line.split('\t').collect();
        let outcome = run(&model, fields[0]).unwrap();
        let people = fields[5].split(',').any(|motif| PEOPLE.contains(&motif));
        assert!(people || outcome.boxes.is_empty(), "{}: {:?}", fields[0], outcome.boxes);
        with_people += usize::from(people);
        found += usize::from(!outcome.boxes.is_empty());
        boxes += outcome.boxes.len();
    }
    eprintln!("people are found on {found} of {with_people} paintings of people, in {boxes} boxes");
    assert!(found >= 22, "people are found on {found} of {with_people} only");
}

#[test]
fn a_violin_becomes_a_tag_by_the_table_and_a_book_jacket_does_not() {
    let Some(mut declared) = efficientnet() else { return };
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/models/imagenet.csv");
    declared.outputs.scores = Some(Scores {
        output: output("logits"),
        labels: String::new(),
        mapping: table.to_str().unwrap().into(),
        activation: Activation::Softmax,
        threshold: 0.5,
        stop: Vec::new(),
    });
    let model = load(&declared).unwrap();
    let tags = |name| {
        let found = run(&model, name)?.scores;
        Some(found.into_iter().map(|(label, _)| label.tag.clone()).collect::<Vec<_>>())
    };
    let Some(violin) = tags("arthur-conan-doyle_the-adventures-of-sherlock-holmes") else { return };
    assert_eq!(violin, ["violin"]);
    assert!(tags("mark-twain_the-adventures-of-huckleberry-finn").unwrap().is_empty());
}

#[test]
pub(super) fn a_damaged_real_model_is_an_error() {
    let Some(declared) = real("squeezenet11", 224) else { return };
    let whole = std::fs::read(&declared.file).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    for part in [1, 50, 90, 99] {
        std::fs::write(file.path(), &whole[..whole.len() * part / 100]).unwrap();
        let cut = Declaration { file: file.path().to_str().unwrap().into(), ..declared.clone() };
        assert!(load(&cut).is_err(), "cut to {part} %");
    }
}
