//! Describes works for manifests: the record, the tags, and the images, sound and video within their rights.

use super::WorkService;
use crate::catalogue::{AnnotationReader, StoredWork};
use crate::gallery::Error;
use crate::gallery::images::{AuthorizedImage, Original};
use crate::presentation::{AnnotatedPlace, CanvasAnnotation};
use crate::record::{Image, Media, Tag, Text, Title, Work};

/// The contents of a manifest.
pub(crate) struct Described {
    /// The record, without links to images of its source if its rights limit its images.
    pub work: Work,
    /// Accepted or proposed tags; rejected ones are omitted.
    pub tags: Vec<Tag>,
    pub images: Vec<OpenedImage>,
    /// The sound and video that the rights allow to serve.
    pub media: Vec<OpenedMedia>,
    /// How many published annotations it has, by their places.
    pub annotated: Vec<AnnotatedPlace>,
    /// Those of them that a document has; none, unless they were read for it.
    pub annotations: Vec<CanvasAnnotation>,
    /// The catalogue's revision of the work; 0 for an image without a record.
    pub revision: u64,
    /// The time of the last change, in milliseconds since 1970; 0 for an image without a record.
    pub changed_ms: i64,
    /// The last known revision before the work was read.
    pub seen: u64,
    /// Whether all files on this server could be opened.
    pub complete: bool,
}

/// An opened image of a work.
pub(crate) struct OpenedImage {
    pub image: Image,
    pub granted: AuthorizedImage,
}

/// Sound or video of a work, with its file.
pub(crate) struct OpenedMedia {
    pub media: Media,
    pub original: Original,
}

impl WorkService {
    /// The work with this object number, or the image with this identifier as a separate work.
    pub(crate) async fn describe(&self, name: &str) -> Result<Described, Error> {
        let (mut described, annotated) = self.described(name).await?;
        if annotated {
            let number = described.work.object_number.clone();
            described.annotated = self.annotation_counts(&number, AnnotationReader::Anyone).await?;
        }
        Ok(described)
    }

    /// As above, without the annotations.
    pub(crate) async fn describe_unannotated(&self, name: &str) -> Result<Described, Error> {
        Ok(self.described(name).await?.0)
    }

    /// The work without its annotations, and whether it may have any.
    async fn described(&self, name: &str) -> Result<(Described, bool), Error> {
        let Some(works) = self.catalogue() else { return Ok((self.describe_file(name).await?, false)) };
        let seen = works.seen();
        let number = name.to_owned();
        match works.query(|catalogue| async move { catalogue.get(&number).await }).await? {
            Some(stored) if !stored.removed => {
                let annotated = stored.annotated;
                Ok((self.describe_stored(stored, seen).await?, annotated))
            }
            Some(StoredWork { tombstone: Some(tombstone), .. }) => Err(Error::gone(tombstone)),
            _ => Ok((self.describe_file(name).await?, false)),
        }
    }

    /// The object number of the work with this image, if a record has it.
    pub(crate) async fn shown_by(&self, identifier: &str) -> Result<Option<String>, Error> {
        let Some(works) = self.catalogue() else { return Ok(None) };
        let opened = self.images.handle(identifier).await.map_err(no_work)?;
        works.shown_by(&opened.names).await
    }

    async fn describe_stored(&self, stored: StoredWork, seen: u64) -> Result<Described, Error> {
        let matched = stored.work.images.iter().filter(|image| image.matched);
        let opened = futures::future::join_all(matched.map(|image| async move {
            let granted = self.images.open(&image.file).await;
            (image, granted)
        }))
        .await;
        let mut images = Vec::with_capacity(opened.len());
        let mut complete = true;
        for (image, granted) in opened {
            match granted {
                Ok(granted) => images.push(OpenedImage { image: image.clone(), granted }),
                Err(Error::Forbidden) => {}
                // A manifest without its images would be cached as if it were complete.
                Err(error @ (Error::Store(_) | Error::Catalogue(_) | Error::Busy { .. })) => {
                    return Err(error);
                }
                Err(_) => complete = false,
            }
        }
        let mut media = Vec::new();
        for (one, opened) in self.open_media(&stored.work).await {
            match opened {
                Ok(original) => media.push(OpenedMedia { media: one, original }),
                Err(Error::Forbidden) => {}
                Err(error @ (Error::Store(_) | Error::Catalogue(_) | Error::Busy { .. })) => {
                    return Err(error);
                }
                Err(_) => complete = false,
            }
        }
        let tags = stored.tags.into_iter().filter(Tag::is_active).collect();
        let StoredWork { mut work, revision, changed_ms, .. } = stored;
        if self.is_limited(&work) {
            work = work.without_source_links();
        }
        let (annotated, annotations) = (Vec::new(), Vec::new());
        Ok(Described {
            work,
            tags,
            images,
            media,
            annotated,
            annotations,
            revision,
            changed_ms,
            seen,
            complete,
        })
    }

    /// Opens a work's files of sound and video.
    async fn open_media(&self, work: &Work) -> Vec<(Media, Result<Original, Error>)> {
        let matched = work.media_files.iter().filter(|media| media.matched);
        let opened =
            matched.map(|media| async move { (media.clone(), self.images.media(&media.file).await) });
        futures::future::join_all(opened).await
    }

    pub(super) async fn describe_file(&self, identifier: &str) -> Result<Described, Error> {
        let seen = self.catalogue().map_or(0, |works| works.seen());
        let granted = match self.catalogue() {
            Some(_) => self.images.open(identifier).await.map_err(no_work)?,
            None => self.images.open(identifier).await?,
        };
        let image = Image { file: identifier.to_owned(), matched: true, ..Image::default() };
        let title = Title { text: Text::plain(stem(identifier)), kind: None };
        let work = Work { object_number: identifier.to_owned(), titles: vec![title], ..Work::default() };
        let images = vec![OpenedImage { image, granted }];
        Ok(Described {
            work,
            tags: Vec::new(),
            images,
            media: Vec::new(),
            annotated: Vec::new(),
            annotations: Vec::new(),
            revision: 0,
            changed_ms: 0,
            seen,
            complete: true,
        })
    }
}

/// Any text may be an object number: one that cannot be an identifier of an image is of no work, but valid.
fn no_work(error: Error) -> Error {
    match error {
        Error::Invalid(_) => Error::NotFound,
        error => error,
    }
}

/// A file's name without its extension.
fn stem(identifier: &str) -> &str {
    let name = identifier.rsplit('/').next().unwrap_or(identifier);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
