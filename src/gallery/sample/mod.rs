//! Writes the sample collection: a dozen works of Tegl's own, with their records.

mod art;
mod files;
mod records;
mod works;

use std::path::{Path, PathBuf};

pub use files::Error;

/// How the collection is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Scales every work down to at most this many megapixels.
    pub max_megapixels: Option<f64>,
    /// Writes files anew that are there already.
    pub force: bool,
}

/// How far the writing has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The file that is being written.
    pub file: &'a str,
    pub done: usize,
    pub total: usize,
    /// Of this file, from 0 to 1.
    pub fraction: f64,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub works: usize,
    /// Files written now, and files that were there.
    pub written: usize,
    pub kept: usize,
}

/// Writes works, records and licence into `folder`. Files that are there are left alone, and a
/// file shows up only when it is whole, so an interrupted run goes on where it was.
pub fn write(folder: &Path, options: Options, progress: &dyn Fn(Progress<'_>)) -> Result<Summary, Error> {
    let pictures = works::pictures();
    let mut summary = Summary { works: records::works().len(), ..Summary::default() };
    let total = pictures.len();
    for (done, picture) in pictures.iter().enumerate() {
        let target: PathBuf = folder.join(picture.file);
        if target.exists() && !options.force {
            summary.kept += 1;
            continue;
        }
        let report = |fraction| progress(Progress { file: picture.file, done, total, fraction });
        files::write(picture, &target, options.max_megapixels, &report)?;
        summary.written += 1;
    }
    let scale = |file: &str| {
        let picture = pictures.iter().find(|picture| picture.file == file)?;
        let full = picture.dimensions;
        Some(f64::from(files::scaled(full, options.max_megapixels).width) / f64::from(full.width))
    };
    let records = records::document(&|work| scale(work.images.first()?.file).filter(|scale| *scale < 1.0));
    files::text(&folder.join("records.json"), &records)?;
    files::text(&folder.join("LICENSE.txt"), records::LICENSE)?;
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collection_is_written_once_and_the_same_each_time() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let small = Options { max_megapixels: Some(0.05), force: false };
        let first = write(one.path(), small, &|_| {}).unwrap();
        assert_eq!((first.kept, first.written), (0, works::pictures().len()));
        assert_eq!(write(one.path(), small, &|_| {}).unwrap().written, 0);
        write(two.path(), small, &|_| {}).unwrap();
        for picture in works::pictures() {
            let read = |folder: &tempfile::TempDir| std::fs::read(folder.path().join(picture.file)).unwrap();
            assert!(read(&one) == read(&two), "{} differs", picture.file);
        }
    }

    #[test]
    fn every_record_names_files_that_are_written() {
        let files: Vec<_> = works::pictures().iter().map(|picture| picture.file).collect();
        for work in records::works() {
            assert!(work.images.iter().all(|image| files.contains(&image.file)), "{}", work.object_number);
        }
    }
}
