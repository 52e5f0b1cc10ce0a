//! The settings of models.

use serde::{Deserialize, Serialize};

/// `[inference]`: how models are run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The largest model file that is loaded, in MiB.
    pub model_mib: u64,
    /// The library of ONNX Runtime, which then runs models; if empty, rten does.
    pub onnxruntime: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { model_mib: 1024, onnxruntime: String::new() }
    }
}

impl Settings {
    /// Fails if they ask for an engine that is not part of this build.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.onnxruntime.is_empty() || cfg!(feature = "onnxruntime") {
            return Ok(());
        }
        Err(format!(
            "`inference.onnxruntime` is `{}`, but this Tegl is built without ONNX Runtime: build it with \
             `--features onnxruntime`, or leave the setting empty, so that rten runs models",
            self.onnxruntime
        ))
    }

    /// The largest model file, in bytes.
    pub(super) const fn limit(&self) -> u64 {
        self.model_mib.saturating_mul(1 << 20)
    }
}

/// `[models.NAME]`: an ONNX model that takes one picture and gives an embedding, scores of classes, or boxes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declaration {
    /// The model file.
    pub file: String,
    /// The file's SHA-256 in hexadecimal digits; if empty, any file is accepted.
    #[serde(default)]
    pub sha256: String,
    /// The picture that the model takes.
    pub input: Input,
    /// What is read from it.
    #[serde(default)]
    pub outputs: Outputs,
    /// The encoder of texts that was trained together with the embedding, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextEncoding>,
}

/// `[models.NAME.text]`: an ONNX model that gives a text a vector among those of pictures. Its first input, or that called
/// `input_ids`, takes the numbers of tokens; another called `attention_mask` takes 1 for each that counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextEncoding {
    /// The model file.
    pub file: String,
    /// The file's SHA-256 in hexadecimal digits; if empty, any file is accepted.
    #[serde(default)]
    pub sha256: String,
    /// The tokenizer's file, `tokenizer.json`.
    pub tokenizer: String,
    /// The vector's output.
    pub output: Output,
    /// How many tokens the model takes: longer texts are cut, shorter ones padded.
    #[serde(default = "clip_tokens")]
    pub tokens: usize,
    /// The token that pads, unless the tokenizer's file says so.
    #[serde(default)]
    pub padding: u32,
}

const fn clip_tokens() -> usize {
    77
}

/// `[models.NAME.input]`: how a picture becomes the model's input, 32-bit floats for one picture at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// `nchw` (the samples of a channel together) or `nhwc` (the samples of a pixel together).
    #[serde(default)]
    pub layout: Layout,
    /// `rgb` or `bgr`.
    #[serde(default)]
    pub channels: ChannelOrder,
    /// A sample of 0 to 255 becomes `(sample - mean) / scale`: one number for all channels, or one for each, in the order
    /// of `channels`.
    #[serde(default = "zero")]
    pub mean: PerChannel,
    /// See `mean`: 255 for 0 to 1, with a mean of 127.5 and a scale of 127.5 for -1 to 1.
    #[serde(default = "one")]
    pub scale: PerChannel,
    /// `stretch` the whole picture to the input's shape, `crop` its center, or `pad` it with the mean.
    #[serde(default)]
    pub fit: Fit,
}

/// The order of the input's samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layout {
    /// `[1, 3, height, width]`
    #[default]
    Nchw,
    /// `[1, height, width, 3]`
    Nhwc,
}

/// The order of a pixel's samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChannelOrder {
    /// Red first.
    #[default]
    Rgb,
    /// Blue first.
    Bgr,
}

/// How a picture fits an input of another shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fit {
    /// The whole picture, distorted.
    #[default]
    Stretch,
    /// The largest part in the middle that has the input's shape.
    Crop,
    /// The whole picture in the middle; the rest has the mean, so that it is 0 to the model.
    Pad,
}

/// One number for all channels, or one for each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum PerChannel {
    /// The same for all.
    All(f64),
    /// In the order of the input's channels.
    Each([f64; 3]),
}

impl Default for Output {
    fn default() -> Self {
        Self::Index(0)
    }
}

impl PerChannel {
    /// One number for each channel.
    pub(super) const fn each(self) -> [f64; 3] {
        match self {
            Self::All(value) => [value; 3],
            Self::Each(values) => values,
        }
    }
}

impl Default for PerChannel {
    fn default() -> Self {
        zero()
    }
}

const fn zero() -> PerChannel {
    PerChannel::All(0.0)
}

const fn one() -> PerChannel {
    PerChannel::All(1.0)
}

/// `[models.NAME.outputs]`: what is read from a model; at least one of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Outputs {
    /// The output whose numbers describe the picture, for likeness, clusters and trained tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Output>,
    /// The output with one number for each class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
    /// The outputs of a detector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boxes: Option<Boxes>,
}

/// An output by its name, or by its place among the model's outputs, from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Output {
    /// By its place.
    Index(usize),
    /// By its name.
    Name(String),
}

/// `[models.NAME.outputs.scores]`: classes of the whole picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scores {
    /// One number for each class.
    pub output: Output,
    /// A text file with the name of a class on each line; the table may also call classes by their numbers from 0.
    #[serde(default)]
    pub labels: String,
    /// What makes a score of 0 to 1 of the model's number: `softmax`, `sigmoid` or `none`.
    #[serde(default)]
    pub activation: Activation,
    /// A table (CSV) with the columns `label`, `tag` and, where wanted, `threshold`, `da` (the tag in Danish) and `concept`
    /// (its URI). Without it no class becomes a tag: classes of photographs are mostly wrong about art.
    #[serde(default)]
    pub mapping: String,
    /// The lowest score that is reported where the table says nothing else.
    #[serde(default = "half")]
    pub threshold: f64,
    /// Classes and tags that are never reported, whatever the table says.
    #[serde(default)]
    pub stop: Vec<String>,
}

/// `[models.NAME.outputs.boxes]`: things in the picture and where they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Boxes {
    /// Four numbers for each box: `[1, boxes, 4]`.
    pub boxes: Output,
    /// One number for each box and class: `[1, boxes, classes]`.
    pub scores: Output,
    /// A file (`.npy` or CSV) with the center's y and x, the height and the width of each anchor, as parts of the picture;
    /// the boxes are then `ty, tx, th, tw`. If empty, they are the upper, left, lower and right edge as parts of the picture.
    #[serde(default)]
    pub anchors: String,
    /// What `ty, tx, th, tw` are divided by.
    #[serde(default = "coder_scales")]
    pub scales: [f64; 4],
    /// What makes a score of 0 to 1 of the model's number: `softmax`, `sigmoid` or `none`.
    #[serde(default)]
    pub activation: Activation,
    /// The class that means that there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<usize>,
    /// A text file with the name of a class on each line; if empty, classes are called by their numbers from 0.
    #[serde(default)]
    pub labels: String,
    /// A table as that of the scores. If empty, every class that has a name in `labels` is reported by it.
    #[serde(default)]
    pub mapping: String,
    /// The lowest score that is reported where the table says nothing else. By default 0.6: of the persons that a detector
    /// trained on photographs found on 45 paintings, all 32 from 0.6 on are persons, and 35 of 38 from 0.5 on.
    #[serde(default = "sure")]
    pub threshold: f64,
    /// Classes and tags that are never reported.
    #[serde(default)]
    pub stop: Vec<String>,
    /// Of two boxes of one tag that share more than this part of their union, the better one is reported.
    #[serde(default = "half")]
    pub overlap: f64,
    /// The most boxes that are reported for one picture.
    #[serde(default = "hundred")]
    pub most: usize,
}

/// What makes a score of a model's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Activation {
    /// Classes exclude each other: their scores add up to 1.
    #[default]
    Softmax,
    /// Each class for itself.
    Sigmoid,
    /// The model gives scores.
    None,
}

const fn half() -> f64 {
    0.5
}

const fn sure() -> f64 {
    0.6
}

const fn hundred() -> usize {
    100
}

const fn coder_scales() -> [f64; 4] {
    [10.0, 10.0, 5.0, 5.0]
}
