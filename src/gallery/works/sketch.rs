//! Describes works without waiting for slow masters, for pages and API responses.

use std::time::Duration;

use super::Described;
use super::WorkService;
use crate::catalogue::StoredWork;
use crate::gallery::Error;
use crate::gallery::images::AuthorizedImage;
use crate::gallery::rights::Grant;
use crate::iiif::Dimensions;
use crate::record::{Image, Media, Picture, SourceImages, Tag, Work};

/// A record with the images that its rights allow; masters that do not open in time have no size.
pub(crate) struct Sketch {
    /// The record, without images of its source if its rights limit its images.
    pub work: Work,
    /// The images of the source that the rights withhold; `None` if they withhold none.
    pub withheld: Option<SourceImages>,
    /// Accepted or proposed tags; rejected ones are omitted.
    pub tags: Vec<Tag>,
    /// What was measured on its pictures.
    pub picture: Option<Picture>,
    pub images: Vec<Preview>,
    /// The sound and video that the rights allow to serve.
    pub media: Vec<Media>,
    /// The catalogue's revision of the work; 0 for an image without a record.
    pub revision: u64,
    /// The time of the last change, in milliseconds since 1970; 0 for an image without a record.
    pub changed_ms: i64,
    /// Whether a store failed while the masters were opened.
    pub unreachable: bool,
}

/// An image of a work, whether or not its master has been opened yet.
pub(crate) struct Preview {
    pub image: Image,
    /// What the rights allow: those of all works with the image once it is open, those of this work until then.
    pub grant: Grant,
    /// The opened master, if its store responded in time.
    pub granted: Option<AuthorizedImage>,
}

/// The time that a page waits for all its masters. Local masters open within it; others continue to open in the
/// background, so that the next page finds them in memory.
pub(crate) const SOON: Duration = Duration::from_millis(150);

impl Preview {
    /// The image's size in pixels, if it is known.
    pub(crate) fn size(&self) -> Option<Dimensions> {
        self.granted.as_ref().map(|granted| granted.all().dimensions())
    }
}

impl WorkService {
    /// The work with this object number, or the image with this identifier as a separate work. A record is returned
    /// even if no store responds in time; an image without a record has to be opened.
    pub(crate) async fn sketch(&self, name: &str, patience: Duration) -> Result<Sketch, Error> {
        let number = name.to_owned();
        let stored = match self.catalogue() {
            Some(works) => works.query(|catalogue| async move { catalogue.get(&number).await }).await?,
            None => None,
        };
        match stored {
            Some(stored) if !stored.removed => Ok(self.sketch_stored(stored, patience).await),
            Some(StoredWork { tombstone: Some(tombstone), .. }) => Err(Error::gone(tombstone)),
            _ => Ok(self.describe_file(name).await?.into()),
        }
    }

    async fn sketch_stored(&self, stored: StoredWork, patience: Duration) -> Sketch {
        let StoredWork { work, tags, picture, revision, changed_ms, .. } = stored;
        let matched: Vec<&Image> = work.images.iter().filter(|image| image.matched).collect();
        let files: Vec<&str> = matched.iter().map(|image| image.file.as_str()).collect();
        let record_grant = self.images.rights().of_record(work.rights.as_deref(), work.public_domain);
        let mut unreachable = false;
        let mut images = Vec::with_capacity(matched.len());
        for (image, opened) in matched.into_iter().zip(self.images.open_within(patience, &files).await) {
            let granted = match opened {
                Some(Ok(granted)) => Some(granted),
                Some(Err(Error::Store(_))) => {
                    unreachable = true;
                    None
                }
                None => {
                    unreachable |= self.images.has_failing_store();
                    None
                }
                Some(Err(Error::Catalogue(_) | Error::Busy { .. })) => None,
                // If the rights allow the image but its master was not opened, the store denied access.
                Some(Err(Error::Forbidden)) => {
                    unreachable |= record_grant.largest > 0 && self.images.known_size(&image.file).is_none();
                    continue;
                }
                // The image is not public, missing or unreadable.
                Some(Err(_)) => continue,
            };
            let grant = granted.as_ref().map_or(record_grant, |granted| granted.grant);
            if grant.largest > 0 {
                images.push(Preview { image: image.clone(), grant, granted });
            }
        }
        let media = self.media_within(patience, &work, record_grant).await;
        let tags = tags.into_iter().filter(Tag::is_active).collect();
        let withheld = self.withheld(&work);
        let work = if withheld.is_some() { work.without_source_images() } else { work };
        Sketch { work, withheld, tags, picture, images, media, revision, changed_ms, unreachable }
    }

    /// The sound and video that may be served: by the rights of all works that have a file if its store responds in time, by
    /// those of this work otherwise.
    async fn media_within(&self, patience: Duration, work: &Work, record_grant: Grant) -> Vec<Media> {
        let matched = work.media_files.iter().filter(|media| media.matched);
        let opened = matched.map(|media| async move {
            let is_served = match tokio::time::timeout(patience, self.images.media(&media.file)).await {
                Ok(Ok(_)) => true,
                Err(_) | Ok(Err(Error::Store(_) | Error::Catalogue(_) | Error::Busy { .. })) => {
                    record_grant.original
                }
                // It is not public, or missing.
                Ok(Err(_)) => false,
            };
            is_served.then(|| media.clone())
        });
        futures::future::join_all(opened).await.into_iter().flatten().collect()
    }
}

impl From<Described> for Sketch {
    fn from(described: Described) -> Self {
        let images = described.images.into_iter().map(|opened| Preview {
            image: opened.image,
            grant: opened.granted.grant,
            granted: Some(opened.granted),
        });
        Self {
            images: images.collect(),
            media: described.media.into_iter().map(|opened| opened.media).collect(),
            work: described.work,
            withheld: None,
            tags: described.tags,
            picture: None,
            revision: described.revision,
            changed_ms: described.changed_ms,
            unreachable: false,
        }
    }
}
