//! Reads how long sound and video are, and how large videos are, from the headers of their files.

use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use lofty::config::ParseOptions;
use lofty::file::AudioFile;
use lofty::probe::Probe;

use crate::container::jp2::box_at;

/// What the headers of sound or video say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Recording {
    /// In seconds.
    pub duration: Option<f64>,
    /// The width and height of the picture in pixels.
    pub size: Option<(u32, u32)>,
}

/// The most boxes of a file that are visited.
const MAX_BOXES: usize = 4096;

impl Recording {
    /// Reads the headers of a file with this media type. What is not found is unknown.
    ///
    /// # Errors
    /// Returns the reader's error.
    pub(crate) fn read(mut file: impl Read + Seek, media_type: &str) -> io::Result<Self> {
        match media_type {
            "audio/mp4" | "video/mp4" | "video/quicktime" => of_boxes(&mut file),
            // The parser of these formats knows sound only.
            "video/webm" | "audio/webm" | "video/ogg" => Ok(Self::default()),
            _ => Ok(Self { duration: of_sound(file), size: None }),
        }
    }
}

/// The length of sound.
fn of_sound(file: impl Read + Seek) -> Option<f64> {
    let read = || {
        let options = ParseOptions::new().read_tags(false).read_cover_art(false);
        let probe = Probe::new(io::BufReader::new(file)).options(options).guess_file_type().ok()?;
        let seconds = probe.read().ok()?.properties().duration().as_secs_f64();
        (seconds > 0.0).then_some(seconds)
    };
    // A damaged file must not end an import.
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

/// Length and size as the movie box of MP4 and QuickTime has them (ISO 14496-12, §8.2 and §8.3.2).
fn of_boxes(file: &mut (impl Read + Seek)) -> io::Result<Recording> {
    let mut found = Recording::default();
    let size = file.seek(SeekFrom::End(0))?;
    // The boxes that remain: the file's, then those of boxes that hold others.
    let mut pending: Vec<_> = std::iter::once(0..size).collect();
    let mut visited = 0;
    while let Some(mut range) = pending.pop() {
        while range.end.saturating_sub(range.start) >= 8 && visited < MAX_BOXES {
            visited += 1;
            let read = |at: u64| -> io::Result<[u8; 8]> {
                let mut header = [0; 8];
                match read_at(file, at, &mut header)? {
                    true => Ok(header),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                }
            };
            let Ok(one) = box_at(range.start, range.end, read)? else { return Ok(found) };
            range.start = one.body.end;
            match &one.name {
                b"moov" | b"trak" => pending.push(one.body),
                b"mvhd" => found.duration = duration(&content::<32>(file, one.body.start)?),
                b"tkhd" => {
                    let size = track_size(&content::<96>(file, one.body.start)?);
                    found.size = found.size.or(size);
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

/// The first bytes of a box's content; zeros after the end of the file.
fn content<const N: usize>(file: &mut (impl Read + Seek), at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    read_at(file, at, &mut bytes)?;
    Ok(bytes)
}

/// Reads as many bytes as there are. Returns whether there are enough.
fn read_at(file: &mut (impl Read + Seek), at: u64, into: &mut [u8]) -> io::Result<bool> {
    file.seek(SeekFrom::Start(at))?;
    let mut done = 0;
    while done < into.len() {
        match file.read(&mut into[done..])? {
            0 => return Ok(false),
            read => done += read,
        }
    }
    Ok(true)
}

/// The length of a movie, by the content of its header.
fn duration(header: &[u8; 32]) -> Option<f64> {
    let (scale, length) = match header[0] {
        1 => (number(header, 20), u64::from(number(header, 24)) << 32 | u64::from(number(header, 28))),
        _ => (number(header, 12), u64::from(number(header, 16))),
    };
    // All ones mean that it is unknown.
    let is_known = scale > 0 && length > 0 && length != u64::from(u32::MAX) && length != u64::MAX;
    is_known.then(|| length as f64 / f64::from(scale))
}

/// The size of a track that has pictures, as it is shown, by the content of its header.
fn track_size(header: &[u8; 96]) -> Option<(u32, u32)> {
    let matrix = if header[0] == 1 { 52 } else { 40 };
    // Fixed-point numbers with 16 bits each.
    let (width, height) = (number(header, matrix + 36) >> 16, number(header, matrix + 40) >> 16);
    let is_turned = number(header, matrix) == 0 && number(header, matrix + 4) != 0;
    let size = if is_turned { (height, width) } else { (width, height) };
    (width > 0 && height > 0).then_some(size)
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
    }

    fn movie_header(scale: u32, length: u32) -> Vec<u8> {
        boxed(b"mvhd", &[&[0; 12][..], &scale.to_be_bytes(), &length.to_be_bytes(), &[0; 80]].concat())
    }

    fn track(width: u32, height: u32, turned: bool) -> Vec<u8> {
        let mut header = vec![0; 84];
        let one: [u8; 4] = (1u32 << 16).to_be_bytes();
        let at = if turned { 44 } else { 40 };
        header[at..at + 4].copy_from_slice(&one);
        header[76..80].copy_from_slice(&(width << 16).to_be_bytes());
        header[80..84].copy_from_slice(&(height << 16).to_be_bytes());
        boxed(b"trak", &boxed(b"tkhd", &header))
    }

    /// One second of silence, 8 bits at 8000 Hz.
    fn wav() -> Vec<u8> {
        let format = [1u16, 1].map(u16::to_le_bytes).concat();
        let rates = [8000u32, 8000].map(u32::to_le_bytes).concat();
        let format = [&format[..], &rates, &[1, 0, 8, 0]].concat();
        let mut file =
            [&b"RIFF"[..], &(36u32 + 8000).to_le_bytes()[..], b"WAVEfmt ", &16u32.to_le_bytes()].concat();
        file.extend(format);
        file.extend([&b"data"[..], &8000u32.to_le_bytes()[..], &vec![128; 8000]].concat());
        file
    }

    #[test]
    fn lengths_and_sizes_are_read_from_headers() {
        let film = |turned| {
            let movie = [movie_header(600, 7500), track(0, 0, false), track(640, 360, turned)].concat();
            [boxed(b"ftyp", b"isom"), boxed(b"mdat", &[7; 5000]), boxed(b"moov", &movie)].concat()
        };
        let read = |file: Vec<u8>, media_type| Recording::read(Cursor::new(file), media_type).unwrap();
        let (duration, size) = (Some(12.5), Some((640, 360)));
        assert_eq!(read(film(false), "video/mp4"), Recording { duration, size });
        assert_eq!(read(film(true), "video/quicktime").size, Some((360, 640)));
        let open = boxed(b"moov", &movie_header(600, u32::MAX));
        assert_eq!(read(open, "video/mp4"), Recording::default());
        assert_eq!(read(wav(), "audio/wav"), Recording { duration: Some(1.0), size: None });
        assert_eq!(read(wav(), "video/webm"), Recording::default());
        assert_eq!(read(b"no sound".to_vec(), "audio/mpeg"), Recording::default());
    }

    proptest! {
        #[test]
        fn damaged_files_have_no_length(cut in 0usize..200, at in 0usize..200, byte: u8) {
            let movie = [movie_header(600, 7500), track(640, 360, false)].concat();
            let mut file = [boxed(b"ftyp", b"isom"), boxed(b"moov", &movie)].concat();
            let length = file.len();
            file[at % length] = byte;
            file.truncate(length.saturating_sub(cut));
            // Neither hangs nor panics.
            let _any = Recording::read(Cursor::new(file), "video/mp4");
            let mut sound = wav();
            sound[at] = byte;
            let _any = Recording::read(Cursor::new(sound), "audio/wav");
        }
    }
}
