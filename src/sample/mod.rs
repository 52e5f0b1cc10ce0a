//! Writes the sample collection: a dozen works of Tegl's own, with their records.

mod art;
mod pictures;
mod records;
mod write;

use std::path::Path;

use serde::Serialize;

use pictures::Picture;
pub use write::Error;

use crate::iiif::Dimensions;

/// How the collection is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub extent: Extent,
    /// Writes files anew that are there already.
    pub force: bool,
}

/// How large the works are painted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Extent {
    /// Most of them small, one large enough to be worth a deep zoom: a minute's work for two processor cores.
    #[default]
    Quick,
    /// As large as they are described: 20 to 200 megapixels.
    Full,
    /// At most this many megapixels each.
    AtMost(f64),
}

impl Extent {
    /// The size that a picture is painted in.
    fn of(self, picture: &Picture) -> Dimensions {
        let most = match self {
            Extent::Quick if picture.file == pictures::LARGEST => Some(QUICK_LARGEST),
            Extent::Quick => Some(QUICK),
            Extent::Full => None,
            Extent::AtMost(megapixels) => Some(megapixels),
        };
        write::scaled(picture.dimensions, most)
    }
}

/// Megapixels of the largest work and of each other one where it has to be quick.
const QUICK_LARGEST: f64 = 24.0;
const QUICK: f64 = 1.6;

/// How far the writing has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The file that is being written.
    pub file: &'a str,
    /// Of all pixels, from 0 to 1.
    pub share: f64,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    pub works: usize,
    /// Files written now, and files that were there.
    pub written: usize,
    pub kept: usize,
    /// Of the files written now.
    pub megapixels: f64,
}

/// Writes works, records and licence into `folder`. Files that are there in the size wanted are left alone, and a
/// file shows up only when it is whole, so an interrupted run goes on where it was.
pub fn write(folder: &Path, options: Options, progress: &dyn Fn(Progress<'_>)) -> Result<Summary, Error> {
    let pictures = pictures::pictures();
    let mut summary = Summary { works: records::works().len(), ..Summary::default() };
    let is_kept = |picture: &Picture| {
        !options.force && write::size(&folder.join(picture.file)) == Some(options.extent.of(picture))
    };
    let (kept, wanted): (Vec<_>, Vec<_>) = pictures.iter().partition(|picture| is_kept(picture));
    summary.kept = kept.len();
    let pixels = |picture: &Picture| options.extent.of(picture).area() as f64;
    let total: f64 = wanted.iter().map(|picture| pixels(picture)).sum();
    let mut done = 0.0;
    for picture in wanted {
        let own = pixels(picture);
        let report =
            |fraction: f64| progress(Progress { file: picture.file, share: (done + own * fraction) / total });
        write::write(picture, &folder.join(picture.file), options.extent.of(picture), &report)?;
        done += own;
        summary.written += 1;
    }
    summary.megapixels = done / 1e6;
    let scale = |file: &str| {
        let picture = pictures.iter().find(|picture| picture.file == file)?;
        Some(f64::from(options.extent.of(picture).width) / f64::from(picture.dimensions.width))
    };
    let records = records::document(&|work| scale(work.images.first()?.file).filter(|scale| *scale < 1.0));
    write::text(&folder.join("records.json"), &records)?;
    write::text(&folder.join("LICENSE.txt"), records::LICENSE)?;
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collection_is_written_once_and_the_same_each_time() {
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
        let of = |megapixels| Options { extent: Extent::AtMost(megapixels), force: false };
        write(folder.path(), of(0.02), &|_| {}).unwrap();
        let (small, all) = (records_of(&folder), pictures::pictures().len());
        let larger = write(folder.path(), of(0.03), &|_| {}).unwrap();
        assert_eq!((larger.written, larger.kept), (all, 0));
        assert_ne!(records_of(&folder), small, "places on the works are of their size");
        assert_eq!(write(folder.path(), of(0.03), &|_| {}).unwrap().kept, all);
    }

    fn records_of(folder: &tempfile::TempDir) -> String {
        std::fs::read_to_string(folder.path().join("records.json")).unwrap()
    }

    #[test]
    fn the_quick_collection_is_small_and_has_one_work_to_zoom_into() {
        let sizes: Vec<_> = pictures::pictures()
            .iter()
            .map(|picture| (picture.file, Extent::Quick.of(picture).area()))
            .collect();
        let large: Vec<_> = sizes.iter().filter(|(_, pixels)| *pixels > 20_000_000).collect();
        assert_eq!(large.len(), 1, "{large:?}");
        assert!(sizes.iter().map(|(_, pixels)| pixels).sum::<u64>() < 50_000_000);
        // A viewer zooms into those, too.
        assert!(sizes.iter().all(|(_, pixels)| *pixels > 1_500_000));
    }

    #[test]
    fn every_record_names_files_that_are_written() {
        let files: Vec<_> = pictures::pictures().iter().map(|picture| picture.file).collect();
        for work in records::works() {
            assert!(work.images.iter().all(|image| files.contains(&image.file)), "{}", work.object_number);
        }
    }
}
