//! The locations of an object, by which its different names are recognized as the same object.

use super::backend::Reader;
use super::{Error, Key, Store, runtime};

impl Store {
    /// The locations of the object: its path and, if that is a link, the link's target. Keys of different sources for
    /// the same object share a location.
    ///
    /// # Errors
    /// Returns an error if a local file does not exist or its path cannot be resolved. Remote stores are not queried.
    pub async fn locations(&self, key: &Key) -> Result<Vec<String>, Error> {
        let Reader::Local(local) = &self.0.reader else {
            return Ok(vec![format!("{}{}", self.location_prefix(), key.as_str())]);
        };
        let local = local.clone();
        let key = key.clone();
        runtime::block(self.0.settings.deadline(0), move || local.locations(&key)).await
    }

    /// The key of a location in this source; `None` if it is outside the source.
    pub fn key_at(&self, location: &str) -> Option<Key> {
        let key = match &self.0.reader {
            Reader::Local(local) => return local.key_at(location),
            Reader::Remote(_) => location.strip_prefix(&self.location_prefix())?,
        };
        Key::parse(key).ok()
    }

    /// The prefix of a remote source's locations.
    pub(super) fn location_prefix(&self) -> String {
        let location = self.0.location.trim_end_matches('/');
        let (scheme, rest) = location.split_once("://").unwrap_or(("", location));
        let scheme = match scheme {
            "s3a" => "s3",
            "azure" => "az",
            other => other,
        };
        format!("{scheme}://{rest}/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Settings;

    #[tokio::test]
    async fn a_file_has_one_location_and_a_key_in_each_source_above_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("maps")).unwrap();
        std::fs::write(folder.path().join("maps/a.tif"), "x").unwrap();
        std::os::unix::fs::symlink("maps/a.tif", folder.path().join("b.tif")).unwrap();
        let open =
            |path: &std::path::Path| Store::open(path.to_str().unwrap(), &Settings::default()).unwrap();
        let (all, maps) = (open(folder.path()), open(&folder.path().join("maps")));
        let key = |text: &str| Key::parse(text).unwrap();
        let places = all.locations(&key("maps/a.tif")).await.unwrap();
        assert_eq!(maps.locations(&key("a.tif")).await.unwrap(), places);
        let [place] = &places[..] else { panic!("{places:?}") };
        assert_eq!((all.key_at(place), maps.key_at(place)), (Some(key("maps/a.tif")), Some(key("a.tif"))));
        let linked = all.locations(&key("b.tif")).await.unwrap();
        assert_eq!(all.key_at(&linked[0]), Some(key("b.tif")));
        assert_eq!(linked[1], *place);
        assert_eq!(maps.key_at(&linked[0]), None);
    }

    #[tokio::test]
    async fn buckets_know_locations_by_their_prefix() {
        let web = Store::open("http://images.example/a", &Settings::default()).unwrap();
        let place = web.locations(&Key::parse("b/c.tif").unwrap()).await.unwrap().remove(0);
        assert_eq!(place, "http://images.example/a/b/c.tif");
        let deeper = Store::open("http://images.example/a/b/", &Settings::default()).unwrap();
        assert_eq!(deeper.key_at(&place), Key::parse("c.tif").ok());
        let other = Store::open("http://images.example/aa", &Settings::default()).unwrap();
        assert_eq!(other.key_at(&place), None);
    }
}
