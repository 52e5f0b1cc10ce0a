//! Chooses the analyzers of a run.

use std::sync::Arc;

use super::analyzer::{Analyzer, Kind, Measures};
use super::details::Details;
use super::model::ModelAnalyzer;
use crate::inference::Model;

/// The analyzers of these kinds, and those of details; models are those of the settings, by their names.
pub(super) fn analyzers(
    kinds: &[Kind],
    models: &[(String, Arc<Model>)],
    with_details: bool,
) -> Vec<Box<dyn Analyzer>> {
    let mut analyzers: Vec<Box<dyn Analyzer>> = Vec::new();
    if kinds.contains(&Kind::Color) || kinds.contains(&Kind::Likeness) {
        analyzers.push(Box::new(Measures { states_colors: kinds.contains(&Kind::Color) }));
    }
    let states_motifs = kinds.contains(&Kind::Motif);
    let needs_embeddings = kinds.iter().any(|kind| *kind != Kind::Color);
    for (name, model) in models {
        if states_motifs || needs_embeddings && model.has_embedding() {
            analyzers.push(Box::new(ModelAnalyzer::new(name, model.clone(), states_motifs)));
        }
    }
    if with_details && kinds.contains(&Kind::Likeness) {
        let details = |whole: Box<dyn Analyzer>| Box::new(Details::new(whole)) as Box<dyn Analyzer>;
        analyzers.push(details(Box::new(Measures { states_colors: false })));
        let embedding = models.iter().filter(|(_, model)| model.has_embedding());
        let models = embedding.map(|(name, model)| ModelAnalyzer::new(name, model.clone(), false));
        analyzers.extend(models.map(|model| details(Box::new(model))));
    }
    analyzers
}
