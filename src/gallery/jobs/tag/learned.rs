//! Tags by what was learnt, from the embeddings of a work's images, new ones and those of earlier runs.

use std::collections::HashMap;

use super::{Kind, TagRun};
use crate::catalogue::{Analysis, Catalogue, Proposals};
use crate::gallery::Error;
use crate::gallery::jobs::JobService;
use crate::gallery::learned::{Tagger, taggers};
use crate::gallery::likeness::embedding_of;
use crate::record::Tag;

impl JobService {
    /// What was learnt about the schemes of this run by the models of the settings, and why the rest of what was learnt is
    /// not used.
    pub(super) async fn taggers(&self, run: &TagRun) -> Result<(Vec<Tagger>, Vec<String>), Error> {
        let catalogue = self.catalogue.as_ref().ok_or(Error::NotFound)?;
        let is_wanted = |scheme: &str| {
            let kind = if scheme == "style" { Kind::Style } else { Kind::Motif };
            run.kinds.contains(&kind)
        };
        let mut notes = Vec::new();
        let mut usable = Vec::new();
        for tagger in taggers(catalogue, is_wanted).await? {
            let (analyzer, version) = tagger.model();
            let name = analyzer.trim_start_matches("model:");
            match run.models.iter().find(|(known, _)| known == name) {
                Some((_, model)) if model.version() == version => usable.push(tagger),
                found => {
                    let state = if found.is_some() {
                        "is another version of it now"
                    } else {
                        "is not in the settings"
                    };
                    let scheme = tagger.scheme();
                    notes.push(format!(
                        "what was learnt about `{scheme}` was not used: it needs the model `{name}` in version {version}, \
                         which {state}; run `tegl tag --only likeness` and `tegl tag train {scheme}` to learn it again"
                    ));
                }
            }
        }
        let is_learnt = usable.iter().any(|tagger| tagger.scheme() == "style") || !notes.is_empty();
        // Without a model, missing styles are worth a note only if nothing else was asked for.
        let is_expected =
            run.kinds.contains(&Kind::Style) && (!run.models.is_empty() || run.kinds.len() == 1);
        if is_expected && !is_learnt {
            let reason =
                "no styles were proposed: nothing was learnt about them yet; `tegl tag train style` does it";
            notes.push(reason.into());
        }
        Ok((usable, notes))
    }

    /// Adds what was learnt about a work with these tags to its proposals.
    pub(super) async fn state_learned(
        &self,
        taggers: &[&Tagger],
        known: &[Tag],
        results: &HashMap<(String, String), Analysis>,
        proposals: &mut Proposals,
    ) -> Result<(), Error> {
        let mut embeddings: HashMap<(&str, &str), Option<Vec<f32>>> = HashMap::new();
        for tagger in taggers {
            let model = tagger.model();
            let embedding = match embeddings.get(&model) {
                Some(known) => known.clone(),
                None => {
                    let new = self.embedding(model, results, &proposals.analyses).await?;
                    embeddings.insert(model, new.clone());
                    new
                }
            };
            // A work that could not be read keeps its earlier tags.
            let Some(embedding) = embedding else { continue };
            proposals.tags.extend(tagger.tags(known, &embedding));
            proposals.replaces.extend(tagger.producers());
        }
        Ok(())
    }

    /// The embedding of a work by this version of a model: of its images that have current results.
    async fn embedding(
        &self,
        (analyzer, version): (&str, &str),
        results: &HashMap<(String, String), Analysis>,
        new: &[Analysis],
    ) -> Result<Option<Vec<f32>>, Error> {
        let is_own = |analysis: &&Analysis| analysis.analyzer == analyzer;
        let mut vectors: Vec<Vec<u8>> =
            new.iter().filter(is_own).filter_map(|analysis| analysis.vector.clone()).collect();
        let is_new = |file: &str| new.iter().filter(is_own).any(|analysis| analysis.file == file);
        let earlier = results.values().filter(is_own).map(|analysis| &analysis.file);
        let earlier: Vec<String> = earlier.filter(|file| !is_new(file)).cloned().collect();
        if let Some(catalogue) = self.catalogue.as_ref().filter(|_| !earlier.is_empty()) {
            let (analyzer, version) = (analyzer.to_owned(), version.to_owned());
            let read = move |catalogue: Catalogue| async move {
                catalogue.vectors_of(&analyzer, &version, &earlier).await
            };
            vectors.extend(catalogue.work(read).await?.into_iter().map(|(_, vector)| vector));
        }
        Ok(embedding_of(&vectors))
    }
}
