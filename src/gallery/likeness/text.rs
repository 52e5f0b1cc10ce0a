//! Works like a text: the vector of words among those of pictures, by a pair of models such as CLIP.

use std::sync::Arc;

use super::LikenessService;
use super::query::{Chosen, Found, Wanted, read};
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::inference::TextEncoder;

/// The parameter that errors name.
const LIKE: &str = "like";

impl LikenessService {
    /// The works whose pictures are nearest to a text. `wanted.by` has no influence: a model that encodes texts is used.
    ///
    /// Nearness is the cosine between the text and the picture relative to the mean of all pictures. Texts are not taken
    /// relative to that mean: in such pairs of models their vectors are apart from those of pictures.
    ///
    /// # Errors
    /// If no model encodes texts, none of its vectors are loaded, the text gives it no vector, or the server is busy.
    pub(crate) async fn similar_to_text(
        self: &Arc<Self>,
        text: &str,
        wanted: Wanted,
    ) -> Result<Found, Error> {
        let models: Vec<&str> = self.models.with_texts().collect();
        if models.is_empty() {
            let reason = "needs a model that encodes texts, and none of this server's models does \
                (`[models.NAME.text]` in the settings)";
            return Err(Error::Unprocessable(Invalid::new(LIKE, "", reason)));
        }
        self.check()?;
        let all = self.collections.read().clone();
        let held = all.into_iter().find(|held| models.contains(&held.analyzer.as_str()));
        let held = held.ok_or_else(|| {
            let names = models.join("`, `");
            Error::Untagged(format!(
                "there are no vectors of `{names}` yet: run `tegl tag` with this server's settings"
            ))
        })?;
        let encoder = self.models.of_texts(&held.analyzer, &held.version).await;
        let encoder = encoder.map_err(|unusable| unusable.of_parameter(LIKE, text))?;
        let permit = self.models.permit().await?;
        let (text, chosen) = (text.to_owned(), Chosen::of_model(held));
        self.on_a_thread(move || {
            let vector = encoded(&encoder, &text, read(&chosen.searched)?.vectors.dimension())?;
            drop(permit);
            chosen.find(&vector, None, &wanted)
        })
        .await
    }
}

/// The vector of a text.
fn encoded(encoder: &TextEncoder, text: &str, dimension: usize) -> Result<Vec<f32>, Error> {
    let refused = |reason: String| Error::Unprocessable(Invalid::new(LIKE, text, reason));
    let vector = encoder.encode(text).map_err(|error| refused(error.to_string()))?;
    if vector.len() != dimension {
        let found = vector.len();
        let reason = format!(
            "cannot be compared: texts have {found} values and pictures {dimension}: the models are no pair"
        );
        return Err(refused(reason));
    }
    match vector.iter().all(|value| *value == 0.0) {
        true => Err(refused("says nothing to the model: use other words".into())),
        false => Ok(vector),
    }
}
