//! A model as its declaration describes it: a picture in, an embedding, tags and detections out.

use std::sync::Arc;

use super::anchors::{self, Anchor};
use super::boxes::{self, Detection};
use super::engine::{Engine, Fault, Tensor, Values};
use super::labels::{Label, Labels, Naming};
use super::prepare::{self, Placement};
use super::settings::{Activation, Boxes, Declaration, Outputs, Scores, Settings};
use super::{Error, activation, check, read_file};
use crate::iiif::Dimensions;
use crate::pixels::{Channels, Raster};

/// A model that is ready to run, by any number of threads at once.
pub(crate) struct Model {
    declaration: Declaration,
    version: String,
    engine: Engine,
    /// The place of the picture among the inputs.
    input: usize,
    /// The outputs that are computed, in the order of the fields below.
    wanted: Vec<usize>,
    /// The length of the embedding.
    embedding: Option<usize>,
    scores: Option<(Scores, Labels)>,
    boxes: Option<Detector>,
}

/// What decodes boxes.
struct Detector {
    settings: Boxes,
    labels: Labels,
    anchors: Option<Vec<Anchor>>,
}

/// What a model says about a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    /// The numbers that describe it, as they leave the model: not normalized.
    pub embedding: Option<Vec<f32>>,
    /// What it shows, with a score of 0 to 1; the best first.
    pub scores: Vec<(Arc<Label>, f32)>,
    /// What it shows and where; the best first.
    pub boxes: Vec<Detection>,
}

impl Model {
    /// Loads a model and all files that belong to it, and runs it once on a gray picture: a model that does not fit its
    /// declaration fails here, before anything is written.
    ///
    /// # Errors
    /// If a file cannot be read, is larger than permitted, is not what the declaration says or cannot be run.
    pub(crate) fn load(declaration: &Declaration, settings: &Settings) -> Result<Self, Error> {
        check::settings(declaration)?;
        let file = declaration.file.as_str();
        let (bytes, hash) = read_file::model(file, &declaration.sha256, settings.limit())?;
        let fault = |fault: Fault| fault.of(file, "loaded");
        let engine = Engine::load(bytes, settings).map_err(fault)?;
        let input = engine.picture_input(prepare::shape(&declaration.input)).map_err(fault)?;
        let wanted =
            wanted(&declaration.outputs).map(|output| engine.output(output)).collect::<Result<_, _>>();
        let mut model = Self {
            declaration: declaration.clone(),
            version: hash[..12].to_owned(),
            engine,
            input,
            wanted: wanted.map_err(fault)?,
            embedding: None,
            scores: None,
            boxes: None,
        };
        model.fit_outputs()?;
        Ok(model)
    }

    /// The version that a declared model would have, without loading it.
    ///
    /// # Errors
    /// If the file cannot be read, is larger than permitted or is another than the declared one.
    pub(crate) fn version_of(declaration: &Declaration, settings: &Settings) -> Result<String, Error> {
        let (_, hash) = read_file::model(&declaration.file, &declaration.sha256, settings.limit())?;
        Ok(hash[..12].to_owned())
    }

    /// The first twelve digits of the file's SHA-256.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Whether it describes pictures by an embedding.
    pub(crate) const fn has_embedding(&self) -> bool {
        self.embedding.is_some()
    }

    /// Runs the model on a picture, on one thread.
    ///
    /// # Errors
    /// If the picture has no pixels, or the model does not give finite numbers in the shapes that it gave before.
    pub(crate) fn run(&self, picture: &Raster) -> Result<Outcome, Error> {
        let (tensors, placement) = self.compute(picture)?;
        let mut tensors = tensors.into_iter();
        let mut outcome = Outcome::default();
        let file = &self.declaration.file;
        if let Some(length) = self.embedding {
            let tensor = self.next(&mut tensors)?;
            check::length(file, &tensor, length)?;
            outcome.embedding = Some(tensor.values);
        }
        if let Some((settings, labels)) = &self.scores {
            let tensor = self.next(&mut tensors)?;
            check::length(file, &tensor, labels.classes())?;
            let scores = activation::applied(tensor.values, settings.activation);
            // Classes that exclude each other add up.
            let joined = if settings.activation == Activation::Softmax { |a, b| a + b } else { f32::max };
            outcome.scores = labels.tags(&scores, joined);
        }
        if let Some(detector) = &self.boxes {
            let (boxes, scores) = (self.next(&mut tensors)?, self.next(&mut tensors)?);
            outcome.boxes = self.detections(detector, &boxes, scores, placement)?;
        }
        Ok(outcome)
    }

    fn compute(&self, picture: &Raster) -> Result<(Vec<Tensor>, Placement), Error> {
        let prepared = prepare::prepare(picture, &self.declaration.input)?;
        let shape = prepare::shape(&self.declaration.input);
        let samples = Values::Floats(&shape, &prepared.samples);
        let tensors = self.engine.run(&[(self.input, samples)], &self.wanted);
        let tensors = tensors.map_err(|fault| fault.of(&self.declaration.file, "run"))?;
        Ok((tensors, prepared.placement))
    }

    /// The next output: numbers that are all finite.
    fn next(&self, tensors: &mut impl Iterator<Item = Tensor>) -> Result<Tensor, Error> {
        let file = &self.declaration.file;
        let tensor = tensors.next().ok_or_else(|| Error::unexpected(file, "another output", "none"))?;
        check::finite(file, &tensor)?;
        Ok(tensor)
    }

    /// Runs the model once and loads the files that must fit its outputs.
    fn fit_outputs(&mut self) -> Result<(), Error> {
        let mut gray = Raster::blank(Dimensions::new(64, 64), Channels::Rgb);
        gray.samples.fill(127);
        let mut tensors = self.compute(&gray)?.0.into_iter();
        let file = self.declaration.file.clone();
        if self.declaration.outputs.embedding.is_some() {
            self.embedding = Some(check::embedding(&file, &self.next(&mut tensors)?.shape)?);
        }
        if let Some(settings) = self.declaration.outputs.scores.clone() {
            let classes = check::classes(&file, &self.next(&mut tensors)?.shape)?;
            let labels =
                Labels::load(&file, &Naming { own_names: false, ..Naming::from(&settings) }, classes)?;
            self.scores = Some((settings, labels));
        }
        if let Some(settings) = self.declaration.outputs.boxes.clone() {
            let (boxes, scores) = (self.next(&mut tensors)?, self.next(&mut tensors)?);
            let (count, classes) = check::boxes(&file, &boxes.shape, &scores.shape)?;
            let labels = Labels::load(&file, &Naming::from(&settings), classes)?;
            let anchors = match settings.anchors.as_str() {
                "" => None,
                named => Some(check::anchors(&file, named, anchors::load(named)?, count)?),
            };
            self.boxes = Some(Detector { settings, labels, anchors });
        }
        Ok(())
    }

    fn detections(
        &self,
        detector: &Detector,
        boxes: &Tensor,
        scores: Tensor,
        placement: Placement,
    ) -> Result<Vec<Detection>, Error> {
        let file = &self.declaration.file;
        let (count, classes) = check::boxes(file, &boxes.shape, &scores.shape)?;
        let settings = &detector.settings;
        let anchors = detector.anchors.as_ref().map_or(count, Vec::len);
        if classes != detector.labels.classes() || count != anchors {
            let expected = format!("{anchors} boxes of {} classes", detector.labels.classes());
            return Err(Error::unexpected(file, expected, format!("{count} of {classes}")));
        }
        let (codes, _) = boxes.values.as_chunks::<4>();
        let scores: Vec<_> = scores
            .values
            .chunks_exact(classes)
            .flat_map(|row| activation::applied(row.to_vec(), settings.activation))
            .collect();
        let edges = |at: usize| match &detector.anchors {
            Some(anchors) => boxes::decoded(codes[at], anchors[at], settings.scales),
            None => codes[at],
        };
        let rows = scores.chunks_exact(classes).enumerate().map(|(at, row)| (edges(at), row));
        let candidates = boxes::candidates(rows, &detector.labels, settings.background, placement);
        Ok(boxes::best(candidates, settings.overlap, settings.most))
    }
}

/// The outputs that are computed: the embedding, the scores, the boxes and their scores.
fn wanted(outputs: &Outputs) -> impl Iterator<Item = &super::settings::Output> {
    let boxes = outputs.boxes.iter().flat_map(|boxes| [&boxes.boxes, &boxes.scores]);
    outputs.embedding.iter().chain(outputs.scores.iter().map(|scores| &scores.output)).chain(boxes)
}

impl<'a> From<&'a Scores> for Naming<'a> {
    fn from(settings: &'a Scores) -> Self {
        let Scores { labels, mapping, stop, threshold, .. } = settings;
        Self { labels, mapping, stop, threshold: *threshold, own_names: false }
    }
}

impl<'a> From<&'a Boxes> for Naming<'a> {
    fn from(settings: &'a Boxes) -> Self {
        let Boxes { labels, mapping, stop, threshold, .. } = settings;
        Self { labels, mapping, stop, threshold: *threshold, own_names: true }
    }
}
