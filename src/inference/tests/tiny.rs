//! Networks whose results can be computed by hand.

use crate::inference::settings::{Activation, Boxes, ChannelOrder, Layout, Output, Outputs, Scores};

use super::*;

#[test]
pub(super) fn an_embedding_is_what_the_network_gives() {
    let model = load(&declaration("mean_color.onnx")).unwrap();
    let outcome = model.run(&plain([255, 51, 0])).unwrap();
    let found = outcome.embedding.unwrap();
    assert!(found.iter().zip([1.0, 0.2, 0.0]).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
    assert!(outcome.scores.is_empty() && outcome.boxes.is_empty());
    let by_place = Outputs { embedding: Some(Output::Index(0)), ..Outputs::default() };
    let model = load(&Declaration { outputs: by_place, ..declaration("mean_color.onnx") }).unwrap();
    assert_eq!(model.run(&plain([0, 255, 0])).unwrap().embedding.unwrap(), [0.0, 1.0, 0.0]);
}

#[test]
pub(super) fn a_network_may_want_blue_first_and_the_samples_of_a_pixel_together() {
    let mut declared = declaration("mean_color_nhwc.onnx");
    declared.input.layout = Layout::Nhwc;
    declared.input.channels = ChannelOrder::Bgr;
    (declared.input.width, declared.input.height) = (7, 3);
    let found = load(&declared).unwrap().run(&plain([255, 51, 0])).unwrap().embedding.unwrap();
    assert!(found.iter().zip([0.0, 0.2, 1.0]).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
}

#[test]
fn the_version_is_the_beginning_of_the_hash_and_another_file_is_refused() {
    let mut declared = declaration("mean_color.onnx");
    let hash = crate::inference::read_file::sha256(&std::fs::read(&declared.file).unwrap());
    declared.sha256 = hash.to_uppercase();
    assert_eq!(load(&declared).unwrap().version(), &hash[..12]);
    declared.sha256 = "0".repeat(64);
    let refused = refusal(&declared);
    let expected = format!("mean_color.onnx`: expected the SHA-256 {}, found {hash}", declared.sha256);
    assert!(refused.contains(&expected), "{refused}");
}

/// Writes a label file and a table into a folder.
fn files(folder: &tempfile::TempDir, labels: &str, table: &str) -> (String, String) {
    let write = |name, text| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    (write("labels.txt", labels), write("table.csv", table))
}

fn scores(labels: String, mapping: String) -> Declaration {
    let scores = Scores {
        output: output("logits"),
        labels,
        mapping,
        activation: Activation::Softmax,
        threshold: 0.9,
        stop: Vec::new(),
    };
    let outputs = Outputs { scores: Some(scores), ..Outputs::default() };
    Declaration { outputs, ..declaration("mean_color.onnx") }
}

#[test]
fn scores_become_tags_by_the_table_only() {
    let folder = tempfile::tempdir().unwrap();
    let (labels, table) =
        files(&folder, "red\ngreen\nblue\ngray", "label,tag,da\nred,warm,varm\nblue,cold,kold\n");
    let tags = |mapping: &str, color| {
        let model = load(&scores(labels.clone(), mapping.to_owned())).unwrap();
        let found = model.run(&plain(color)).unwrap().scores;
        found
            .into_iter()
            .map(|(label, score)| (label.tag.clone(), label.da.clone(), score > 0.99))
            .collect::<Vec<_>>()
    };
    assert_eq!(tags(&table, [255, 0, 0]), [("warm".to_owned(), Some("varm".to_owned()), true)]);
    assert_eq!(tags(&table, [0, 255, 0]), []);
    assert_eq!(tags(&table, [90, 90, 90]), [], "four classes share the score");
    assert_eq!(tags("", [255, 0, 0]), [], "no table, no tags");
}

#[test]
fn a_label_file_must_have_a_line_for_each_class() {
    let folder = tempfile::tempdir().unwrap();
    let (labels, table) = files(&folder, "red\ngreen\nblue\n", "label,tag\nred,warm\n");
    let refused = refusal(&scores(labels, table));
    assert!(refused.contains("labels.txt`: expected 4 lines, one for each class of `"), "{refused}");
    assert!(refused.ends_with("found 3"), "{refused}");
}

fn quarters(labels: &str) -> Declaration {
    let boxes = Boxes {
        boxes: output("boxes"),
        scores: output("scores"),
        anchors: fixture("quarters.npy"),
        scales: [10.0, 10.0, 5.0, 5.0],
        activation: Activation::None,
        background: Some(0),
        labels: labels.to_owned(),
        mapping: String::new(),
        threshold: 0.5,
        stop: Vec::new(),
        overlap: 0.5,
        most: 100,
    };
    let mut declared = declaration("quarters.onnx");
    (declared.input.width, declared.input.height) = (8, 8);
    declared.outputs = Outputs { boxes: Some(boxes), ..Outputs::default() };
    declared
}

/// A picture of 16 x 16 whose left half is red, and whose lower right quarter is blue.
fn red_and_blue() -> Raster {
    let mut picture = Raster::blank(Dimensions::new(16, 16), Channels::Rgb);
    for (at, pixel) in picture.samples.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let (x, y) = (at % 16, at / 16);
        *pixel = if x < 8 {
            [255, 0, 0]
        } else if y < 8 {
            [0; 3]
        } else {
            [0, 0, 255]
        };
    }
    picture
}

#[test]
pub(super) fn boxes_are_decoded_from_their_anchors_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (labels, _) = files(&folder, "nothing\nred\ngreen\nblue\n", "");
    let found = load(&quarters(&labels)).unwrap().run(&red_and_blue()).unwrap().boxes;
    let mut shown: Vec<_> = found
        .iter()
        .map(|found| {
            let part = found.region;
            let edges = [part.x, part.y, part.width, part.height].map(|n| (n * 1000.0).round() as i32);
            (found.label.tag.as_str(), edges)
        })
        .collect();
    shown.sort_unstable();
    let expected = [("blue", [625, 625, 250, 250]), ("red", [0, 0, 500, 500]), ("red", [0, 500, 500, 500])];
    assert_eq!(shown, expected);
}

#[test]
fn anchors_must_be_as_many_as_boxes() {
    let folder = tempfile::tempdir().unwrap();
    let (labels, anchors) = files(&folder, "nothing\nred\ngreen\nblue\n", "0.5,0.5,1,1\n");
    let mut declared = quarters(&labels);
    declared.outputs.boxes.as_mut().unwrap().anchors = anchors;
    let refused = refusal(&declared);
    assert!(refused.contains("table.csv`: expected 4 anchors, one for each box of `"), "{refused}");
    declared.outputs.boxes.as_mut().unwrap().anchors = "/no/anchors.npy".into();
    assert!(refusal(&declared).starts_with("cannot read `/no/anchors.npy`"));
}

#[test]
fn a_declaration_reads_as_settings() {
    let text = r#"
        file = "detector.onnx"
        sha256 = "00"
        [input]
        width = 300
        height = 300
        mean = 127
        scale = [128, 127.5, 1]
        fit = "pad"
        [outputs]
        embedding = "features"
        [outputs.boxes]
        boxes = 0
        scores = "scores"
        anchors = "anchors.npy"
        activation = "sigmoid"
        background = 0
        labels = "labels.txt"
        "#;
    let file = ::config::File::from_str(text, ::config::FileFormat::Toml);
    let collected = ::config::Config::builder().add_source(file).build().unwrap();
    let declared: Declaration = collected.try_deserialize().unwrap();
    assert_eq!(declared, toml::from_str(text).unwrap());
    let boxes = declared.outputs.boxes.as_ref().unwrap();
    assert_eq!((&boxes.boxes, boxes.scales, boxes.most), (&Output::Index(0), [10.0, 10.0, 5.0, 5.0], 100));
    assert_eq!(declared.input.scale, PerChannel::Each([128.0, 127.5, 1.0]));
    assert_eq!(declared.input.mean, PerChannel::All(127.0));
    let misspelt = "file = \"m.onnx\"\n[input]\nwidth = 1\nheight = 1\nmeen = 3\n";
    assert!(toml::from_str::<Declaration>(misspelt).unwrap_err().to_string().contains("meen"));
}

#[test]
pub(super) fn threads_may_share_a_model() {
    let model = load(&declaration("mean_color.onnx")).unwrap();
    std::thread::scope(|scope| {
        for red in 0..8u8 {
            let model = &model;
            scope.spawn(move || {
                for _ in 0..20 {
                    let found = model.run(&plain([red * 30, 0, 0])).unwrap().embedding.unwrap();
                    assert!((found[0] - f32::from(red * 30) / 255.0).abs() < 1e-6);
                }
            });
        }
    });
}
