//! Searches for similar works: by a work's vector, or by those of a picture.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::RwLockReadGuard;
use tokio::sync::OwnedSemaphorePermit;

use super::collection::{Collection, Detail, Held};
use super::models::Unusable;
use super::reason::{Reason, reason};
use super::{LikenessService, PATIENCE};
use crate::analysis::{Analysis, Part};
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::inference::Model;
use crate::nearest::{self, Neighbor};
use crate::pixels::Raster;
use crate::search::number_hash;

/// By what works are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum By {
    /// By a model if there is one, otherwise by color and form.
    #[default]
    Usual,
    /// By color and form.
    Both,
    /// By one of them.
    Part(Part),
    /// By this model.
    Model(String),
}

/// What is to be found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub by: By,
    pub limit: usize,
    /// Only works with these object numbers, as [`number_hash`].
    pub among: Option<Arc<HashSet<u64>>>,
    /// Not this work.
    pub except: Option<String>,
}

/// A work that is similar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SimilarWork {
    pub object_number: String,
    /// From 0 to 1, for equal ones.
    pub likeness: f32,
    pub reason: Reason,
    /// What of it is similar, if details were compared.
    pub detail: Option<Detail>,
}

/// Similar works, the most similar first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// By what they were compared: `color`, `form`, `both` or `model:NAME`.
    pub by: String,
    pub works: Vec<SimilarWork>,
}

/// A collection to search, and another with the descriptors of the same works, if there is one.
#[derive(Clone)]
pub(super) struct Chosen {
    pub searched: Arc<Held>,
    descriptors: Option<Arc<Held>>,
    part: Option<Part>,
}

/// A picture or a detail that is to be read, and what it will be compared with.
pub(crate) struct Subject {
    chosen: Chosen,
    /// Reads the picture as those of the works were read; without it, pictures are compared by their descriptors.
    model: Option<Arc<Model>>,
}

/// Reads a picture, once.
pub(crate) struct PictureReader {
    model: Option<Arc<Model>>,
    _permit: Option<OwnedSemaphorePermit>,
}

/// What was read of a picture.
pub(crate) struct PictureVectors {
    descriptor: Vec<f32>,
    embedding: Option<Vec<f32>>,
}

impl By {
    /// Parses `color`, `form`, `both` or `model:NAME`.
    ///
    /// # Errors
    /// If it is none of these.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "color" => Ok(Self::Part(Part::Color)),
            "form" => Ok(Self::Part(Part::Form)),
            "both" => Ok(Self::Both),
            model if model.starts_with("model:") => Ok(Self::Model(model.to_owned())),
            _ => Err(Invalid::new(
                "by",
                text,
                "must be `color`, `form`, `both` or a model, as in `model:NAME`",
            )),
        }
    }
}

impl LikenessService {
    /// The works most similar to this one, which is left out.
    ///
    /// # Errors
    /// If there are no vectors, or none of this work, or the server is busy.
    pub(crate) async fn similar_to_work(
        self: &Arc<Self>,
        object_number: &str,
        wanted: Wanted,
    ) -> Result<Found, Error> {
        let chosen = self.choose(&wanted.by, false)?;
        let number = vec![object_number.to_owned()];
        let seqs =
            self.works.query(|catalogue| async move { catalogue.sequence_numbers(&number).await }).await?;
        let seq = *seqs.first().ok_or(Error::NotFound)?;
        let wanted = Wanted { except: Some(object_number.to_owned()), ..wanted };
        self.on_a_thread(move || {
            let vector = read(&chosen.searched)?.vectors.vector(seq).ok_or_else(|| {
                let none = "this work has no picture that has been compared: it has none that may be shown, or \
                    `tegl tag` has not read it yet";
                Error::Untagged(none.into())
            })?;
            let descriptor = match &chosen.descriptors {
                Some(descriptors) => read(descriptors)?.vectors.vector(seq),
                None => None,
            };
            chosen.find(&vector, descriptor.as_deref(), &wanted)
        })
        .await
    }

    /// Chooses what pictures or details are compared by: a model of the settings, if the works' vectors are of its version,
    /// otherwise color and form.
    ///
    /// # Errors
    /// If there is nothing to compare with, the model that is asked for cannot be used, or a model is being loaded.
    pub(crate) async fn subject(&self, by: &By, is_detail: bool) -> Result<Subject, Error> {
        let chosen = self.choose(by, is_detail)?;
        if chosen.searched.is_of_descriptors() {
            return Ok(Subject { chosen, model: None });
        }
        let (analyzer, version) = chosen.searched.whole();
        match (self.models.of_pictures(analyzer, version).await, by) {
            (Ok(model), _) => Ok(Subject { chosen, model: Some(model) }),
            (Err(Unusable::Because(_)), By::Usual) => {
                Ok(Subject { chosen: self.choose(&By::Both, is_detail)?, model: None })
            }
            (Err(unusable), _) => Err(unusable.of_parameter("by", analyzer)),
        }
    }

    /// Gets ready to read the picture; the number of models that run at the same time is limited.
    ///
    /// # Errors
    /// If the server is busy.
    pub(crate) async fn reader(&self, subject: &Subject) -> Result<PictureReader, Error> {
        let permit = match &subject.model {
            Some(_) => Some(self.models.permit().await?),
            None => None,
        };
        Ok(PictureReader { model: subject.model.clone(), _permit: permit })
    }

    /// The works most similar to a picture that was read.
    ///
    /// # Errors
    /// If the server is busy.
    pub(crate) async fn similar_to_picture(
        self: &Arc<Self>,
        subject: Subject,
        vectors: PictureVectors,
        wanted: Wanted,
    ) -> Result<Found, Error> {
        let Subject { chosen, .. } = subject;
        self.on_a_thread(move || {
            let PictureVectors { descriptor, embedding } = vectors;
            let vector = match embedding {
                Some(embedding) => read(&chosen.searched)?.relative(&embedding).map_err(invalid)?,
                None => descriptor.clone(),
            };
            chosen.find(&vector, Some(&descriptor), &wanted)
        })
        .await
    }

    /// Fails if there is nothing to search among, before a picture is received or read.
    ///
    /// # Errors
    /// While vectors are loaded, or if there are none.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_there() { Ok(()) } else { Err(self.nothing()) }
    }

    /// Details are compared with details, if these are held.
    fn choose(&self, by: &By, is_detail: bool) -> Result<Chosen, Error> {
        self.check()?;
        let held = self.collections.read().clone();
        let (details, all): (Vec<_>, Vec<_>) = held.into_iter().partition(|held| held.is_of_details());
        let find = |wanted: &dyn Fn(&Held) -> bool| all.iter().find(|held| wanted(held)).cloned();
        let descriptors = find(&Held::is_of_descriptors);
        let model = |held: &Held| !held.is_of_descriptors();
        let (searched, part) = match by {
            By::Usual => (find(&model).or_else(|| descriptors.clone()), None),
            By::Both => (descriptors.clone(), None),
            By::Part(part) => (descriptors.clone(), Some(*part)),
            By::Model(name) => {
                let searched = find(&|held| held.analyzer == *name && model(held));
                let searched = searched.ok_or_else(|| {
                    let models =
                        all.iter().filter(|held| model(held)).map(|held| format!(", `{}`", held.analyzer));
                    let models: String = models.collect();
                    let reason = format!(
                        "is no model whose vectors are loaded; `color`, `form`, `both`{models} are available"
                    );
                    Invalid::new("by", name, reason)
                })?;
                (Some(searched), None)
            }
        };
        let searched = searched.ok_or_else(|| self.nothing())?;
        let of_details = |whole: &Arc<Held>| {
            details.iter().find(|held| is_detail && held.whole() == whole.whole()).cloned()
        };
        let details_of_descriptors = descriptors.as_ref().and_then(of_details);
        let usual = details_of_descriptors.clone().filter(|_| *by == By::Usual);
        if let Some(searched) = of_details(&searched).or(usual) {
            return Ok(Chosen { searched, descriptors: details_of_descriptors, part });
        }
        Ok(Chosen { searched, descriptors, part })
    }

    /// Runs a search on a thread that may block; the number of searches is limited.
    pub(super) async fn on_a_thread<T: Send + 'static>(
        &self,
        search: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = tokio::time::timeout(PATIENCE, self.permits.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(Error::Busy { retry_after_s: 2 }) };
        let searched = self.tasks.spawn_blocking(move || {
            let found = search();
            drop(permit);
            found
        });
        searched.await.map_err(|error| Error::Fault(error.to_string()))?
    }
}

impl Chosen {
    /// The vectors of a model alone.
    pub(super) const fn of_model(searched: Arc<Held>) -> Self {
        Self { searched, descriptors: None, part: None }
    }

    pub(super) fn find(
        &self,
        vector: &[f32],
        descriptor: Option<&[f32]>,
        wanted: &Wanted,
    ) -> Result<Found, Error> {
        let is_wanted = |number: &str| {
            wanted.among.as_ref().is_none_or(|among| among.contains(&number_hash(number)))
                && wanted.except.as_deref() != Some(number)
        };
        let searched = read(&self.searched)?;
        let query = self.part.map_or_else(|| vector.to_vec(), |part| part.alone(vector));
        let near = searched.search(&query, wanted.limit, |_, number| is_wanted(number)).map_err(invalid)?;
        // One lock at a time: the same thread must not wait for one twice.
        let numbered = |near: Neighbor| {
            let object_number = searched.number(near.id)?.to_owned();
            Some((near, object_number, searched.detail(near.id, near.part)))
        };
        let numbered: Vec<_> = near.into_iter().filter_map(numbered).collect();
        let whole: Vec<f32> =
            numbered.iter().map(|(near, ..)| searched.usual.whole_above(near.cosine)).collect();
        let by_model = !self.searched.is_of_descriptors();
        drop(searched);
        let descriptors = self.descriptors.as_ref().map(|descriptors| read(descriptors)).transpose()?;
        let similar = |((near, object_number, detail), whole): ((Neighbor, String, Option<Detail>), f32)| {
            let above = descriptors.as_ref().and_then(|descriptors| {
                Some(descriptors.usual.above(descriptor?, &descriptors.vectors.part(near.id, near.part)?))
            });
            let (color, form) = above.unwrap_or((f32::NEG_INFINITY, 0.0));
            let cosine = self.part.map_or(near.cosine, |part| part.of_cosine(near.cosine));
            SimilarWork {
                object_number,
                likeness: cosine.clamp(0.0, 1.0),
                reason: match self.part {
                    Some(Part::Color) => Reason::Color,
                    Some(Part::Form) => Reason::Form,
                    None => reason((color, if by_model { whole } else { form })),
                },
                detail,
            }
        };
        Ok(Found { by: self.by(), works: numbered.into_iter().zip(whole).map(similar).collect() })
    }

    /// What is compared, as [`By::parse`] reads it.
    fn by(&self) -> String {
        match self.part {
            Some(Part::Color) => "color".to_owned(),
            Some(Part::Form) => "form".to_owned(),
            None if self.searched.is_of_descriptors() => "both".to_owned(),
            None => self.searched.whole().0.to_owned(),
        }
    }
}

impl PictureReader {
    /// Reads a picture, on a thread that may compute.
    ///
    /// # Errors
    /// If the model cannot read it; the operator's log says why.
    pub(crate) fn read(self, picture: &Raster) -> Result<PictureVectors, Error> {
        let descriptor = Analysis::of(picture).descriptor;
        let Some(model) = &self.model else { return Ok(PictureVectors { descriptor, embedding: None }) };
        let run = model.run(picture).inspect_err(|error| {
            tracing::warn!(%error, "a model cannot read a picture that is compared");
        });
        // A zero vector, as of a black picture, has no direction to compare.
        let embedding = run.ok().and_then(|outcome| outcome.embedding);
        let embedding = embedding.filter(|embedding| embedding.iter().any(|value| *value != 0.0));
        if embedding.is_none() {
            let reason =
                "names a model that cannot read this picture: use `both`, which compares color and form";
            return Err(Error::Unprocessable(Invalid::new("by", "", reason)));
        }
        Ok(PictureVectors { descriptor, embedding })
    }
}

/// Waits, so it must not be called on a thread of HTTP.
pub(super) fn read(held: &Held) -> Result<RwLockReadGuard<'_, Collection>, Error> {
    held.collection.try_read_for(PATIENCE).ok_or(Error::Busy { retry_after_s: 5 })
}

fn invalid(error: nearest::Invalid) -> Error {
    Error::Fault(format!("a picture's vector cannot be compared: {error}"))
}
