//! The sample collection: generated pictures and their records, in the formats that Tegl serves.

mod art;
mod pictures;
mod records;
mod write;

use std::path::Path;

use serde::Serialize;

use pictures::Picture;
pub(crate) use write::Error;

use crate::iiif::Dimensions;

/// How the collection is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub extent: Extent,
    /// Whether existing files are overwritten.
    pub force: bool,
}

/// The size of the pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Extent {
    /// Most are small and one is large enough for deep zoom; takes about a minute on two processor cores.
    #[default]
    Quick,
    /// Full size: 20 to 200 megapixels.
    Full,
    /// At most this many megapixels each.
    AtMost(f64),
}

impl Extent {
    /// The size of a picture in this extent.
    fn size_of(self, picture: &Picture) -> Dimensions {
        let most = match self {
            Extent::Quick if picture.file == pictures::LARGEST => Some(QUICK_LARGEST),
            Extent::Quick => Some(QUICK),
            Extent::Full => None,
            Extent::AtMost(megapixels) => Some(megapixels),
        };
        write::scaled(picture.dimensions, most)
    }
}

/// The megapixels of the largest picture and of all others in [`Extent::Quick`].
const QUICK_LARGEST: f64 = 24.0;
const QUICK: f64 = 1.6;

/// The progress of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress<'a> {
    /// The file being written.
    pub file: &'a str,
    /// The share of all pixels written, from 0 to 1.
    pub share: f64,
}

/// The result of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub works: usize,
    /// The numbers of files that this run wrote and that were unchanged.
    pub written: usize,
    pub kept: usize,
    /// The number of pixels written by this run.
    pub megapixels: f64,
}

/// Writes pictures, records and the licence into `folder`. Existing files of the right size are kept, and each file is
/// written atomically, so that an interrupted run can be repeated.
///
/// # Errors
/// Returns an error if a file cannot be written or a picture cannot be encoded.
pub(crate) fn write(
    folder: &Path,
    options: Options,
    progress: &dyn Fn(Progress<'_>),
) -> Result<Summary, Error> {
    let pictures = pictures::pictures();
    let mut summary = Summary { works: records::works().len(), ..Summary::default() };
    let is_kept = |picture: &Picture| {
        !options.force && write::size(&folder.join(picture.file)) == Some(options.extent.size_of(picture))
    };
    let (kept, wanted): (Vec<_>, Vec<_>) = pictures.iter().partition(|picture| is_kept(picture));
    summary.kept = kept.len();
    let pixels = |picture: &Picture| options.extent.size_of(picture).area() as f64;
    let total: f64 = wanted.iter().map(|picture| pixels(picture)).sum();
    let mut done = 0.0;
    for picture in wanted {
        let own = pixels(picture);
        let report =
            |fraction: f64| progress(Progress { file: picture.file, share: (done + own * fraction) / total });
        write::write(picture, &folder.join(picture.file), options.extent.size_of(picture), &report)?;
        done += own;
        summary.written += 1;
    }
    summary.megapixels = done / 1e6;
    let scale = |file: &str| {
        let picture = pictures.iter().find(|picture| picture.file == file)?;
        Some(f64::from(options.extent.size_of(picture).width) / f64::from(picture.dimensions.width))
    };
    let records = records::document(&|work| scale(&work.images.first()?.file).filter(|scale| *scale < 1.0));
    write::text(&folder.join("records.json"), &records)?;
    write::text(&folder.join("LICENSE.txt"), records::LICENSE)?;
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collection_is_written_once_and_is_reproducible() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let small = Options { extent: Extent::AtMost(0.05), force: false };
        let first = write(one.path(), small, &|_| {}).unwrap();
        assert_eq!((first.kept, first.written), (0, pictures::pictures().len()));
        assert_eq!(write(one.path(), small, &|_| {}).unwrap().written, 0);
        write(two.path(), small, &|_| {}).unwrap();
        for picture in pictures::pictures() {
            let read = |folder: &tempfile::TempDir| std::fs::read(folder.path().join(picture.file)).unwrap();
            assert!(read(&one) == read(&two), "{} differs", picture.file);
        }
    }

    #[test]
    fn files_of_another_size_are_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let at_most = |megapixels| Options { extent: Extent::AtMost(megapixels), force: false };
        write(folder.path(), at_most(0.02), &|_| {}).unwrap();
        let (small, all) = (records_of(&folder), pictures::pictures().len());
        let larger = write(folder.path(), at_most(0.03), &|_| {}).unwrap();
        assert_eq!((larger.written, larger.kept), (all, 0));
        assert_ne!(records_of(&folder), small, "regions depend on the size");
        assert_eq!(write(folder.path(), at_most(0.03), &|_| {}).unwrap().kept, all);
    }

    fn records_of(folder: &tempfile::TempDir) -> String {
        std::fs::read_to_string(folder.path().join("records.json")).unwrap()
    }

    #[test]
    fn the_quick_collection_is_small_with_one_large_picture() {
        let sizes: Vec<_> = pictures::pictures()
            .iter()
            .map(|picture| (picture.file, Extent::Quick.size_of(picture).area()))
            .collect();
        let large: Vec<_> = sizes.iter().filter(|(_, pixels)| *pixels > 20_000_000).collect();
        assert_eq!(large.len(), 1, "{large:?}");
        assert!(sizes.iter().map(|(_, pixels)| pixels).sum::<u64>() < 50_000_000);
        // They are large enough for a viewer to zoom in, too.
        assert!(sizes.iter().all(|(_, pixels)| *pixels > 1_500_000));
    }

    #[test]
    fn every_record_names_files_that_are_written() {
        let files: Vec<_> = pictures::pictures().iter().map(|picture| picture.file).collect();
        for work in records::works() {
            assert!(
                work.images.iter().all(|image| files.contains(&image.file.as_str())),
                "{}",
                work.object_number
            );
        }
    }
}
