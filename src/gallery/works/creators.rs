//! Creators: what works state about them, joined with their authority records.

use super::WorkService;
use crate::gallery::Error;
use crate::record::{AuthorityRecord, Creator, Profile, id_key, name_key};

/// The maximum number of identifiers by which an authority record is looked up.
const MAX_IDS: usize = 50;

impl WorkService {
    /// A creator, given as facet value with the statements of works.
    ///
    /// # Errors
    /// Returns an error if the catalogue does not respond.
    pub(crate) async fn profile(&self, value: &str, statements: &[(Creator, u64)]) -> Result<Profile, Error> {
        let mut keys: Vec<String> = Vec::new();
        for id in statements.iter().filter_map(|(creator, _)| creator.id.as_deref()).map(id_key) {
            if keys.len() < MAX_IDS && !keys.contains(&id) {
                keys.push(id);
            }
        }
        keys.push(name_key(value));
        let authority =
            self.client()?.query(|catalogue| async move { catalogue.person(&keys).await }).await?;
        Ok(Profile::new(statements, authority.as_ref()))
    }

    /// Why there is no creator with this facet value: [`Error::NoWorks`] if all works were withdrawn, otherwise
    /// [`Error::NotFound`].
    pub(crate) async fn missing_creator(&self, value: &str) -> Error {
        let value = value.to_owned();
        let known = |catalogue: crate::catalogue::Catalogue| async move {
            catalogue.has_had_facet_value("creator", &value).await
        };
        match self.client() {
            Ok(client) => match client.query(known).await {
                Ok(true) => Error::NoWorks,
                Ok(false) => Error::NotFound,
                Err(error) => error,
            },
            Err(error) => error,
        }
    }

    /// Stores authority records in place of those with the same keys.
    ///
    /// # Errors
    /// Returns an error if there is no catalogue, or if it does not respond or is full.
    pub(crate) async fn put_people(&self, people: Vec<AuthorityRecord>) -> Result<(), Error> {
        self.client()?.work(|catalogue| async move { catalogue.put_people(people).await }).await
    }
}
