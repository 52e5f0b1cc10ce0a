//! Decodes JPEGs of every kind that libjpeg-turbo supports row by row, in the memory of a few rows, or of the coefficients
//! if it is progressive.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Arc;

use bytes::Bytes;

use crate::iiif::Dimensions;
use crate::pixels::callback::{self, Context};
use crate::pixels::{Alpha, Depth, Error, Model, Raw, ReadAt, Rows, Samples, Shape, read_rows};

const WHAT: &str = "JPEG";

/// `tegl_scan` of `scan.c`.
#[repr(C)]
struct Scan {
    _opaque: [u8; 0],
}

/// `tegl_scan_header` of `scan.c`.
#[repr(C)]
#[derive(Default)]
struct Header {
    width: u32,
    height: u32,
    components: u32,
    bits: u32,
    progressive: u32,
    coefficient_bytes: u64,
}

type Read = unsafe extern "C" fn(*mut c_void, u64, *mut u8, usize) -> usize;

unsafe extern "C" {
    fn tegl_scan_open(read: Read, context: *mut c_void, reduce: u32, header: *mut Header) -> *mut Scan;
    fn tegl_scan_start(scan: *mut Scan) -> c_int;
    fn tegl_scan_rows(scan: *mut Scan, into: *mut u8, stride: usize, rows: u32) -> u32;
    fn tegl_scan_fault(scan: *const Scan) -> *const c_char;
    fn tegl_scan_close(scan: *mut Scan);
}

/// The meaning of CMYK samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inks {
    /// 255 is no ink: as Photoshop writes standalone JPEGs, and as common readers interpret them with or without an Adobe
    /// marker.
    Inverted,
    /// 0 is no ink: as in TIFF (TIFF 6.0, §16).
    Plain,
}

/// Reads the rows of a JPEG.
pub struct JpegRows {
    scan: *mut Scan,
    /// The file that `scan` reads.
    file: Context<Arc<dyn ReadAt>>,
    shape: Shape,
    bits: u32,
    inks: Inks,
    done: u32,
}

// SAFETY: the scan is only used through `&mut self`, and neither it nor libjpeg has thread-local state.
unsafe impl Send for JpegRows {}

/// Opens a JPEG at `1 / reduce` of its size (1, 2, 4 or 8; lossless JPEGs are decoded at full size). The coefficients of a
/// progressive JPEG may take up to `memory` bytes.
///
/// Samples are expanded to 8 or 16 bits. The meaning of components is decided as in libjpeg, from the markers before the
/// first scan:
///
/// | components | with | are |
/// |---|---|---|
/// | 1 | anything | gray |
/// | 3 | a JFIF marker, regardless of others | YCbCr |
/// | 3 | an Adobe marker with transform 0 | RGB |
/// | 3 | an Adobe marker with transform 1 or an unknown one | YCbCr |
/// | 3 | no marker, and the identifiers `R`, `G`, `B` | RGB |
/// | 3 | no marker, and any other identifiers | YCbCr; RGB if lossless |
/// | 4 | no Adobe marker, or one with transform 0 | CMYK |
/// | 4 | an Adobe marker with transform 2 or an unknown one | YCCK |
///
/// # Errors
/// [`Error::Unsupported`] if a progressive JPEG needs more than `memory` bytes, [`Error::Damaged`] if its header cannot be
/// read.
pub fn rows(file: Arc<dyn ReadAt>, reduce: u32, memory: u64) -> Result<JpegRows, Error> {
    open(file, reduce, memory, Inks::Inverted)
}

/// Decodes a complete JPEG of at most `limit` pixels at `1 / reduce` of its size, as [`rows`] does.
///
/// # Errors
/// If the JPEG is damaged, not supported or too large.
pub fn raw(jpeg: &[u8], reduce: u32, limit: u64, inks: Inks) -> Result<Raw, Error> {
    // A progressive JPEG keeps two bytes for each of at most four samples per pixel.
    let rows = open(Arc::new(Bytes::copy_from_slice(jpeg)), reduce, limit.saturating_mul(8), inks)?;
    read_rows(Box::new(rows), limit)
}

fn open(file: Arc<dyn ReadAt>, reduce: u32, memory: u64, inks: Inks) -> Result<JpegRows, Error> {
    let file = Context::new(file);
    let mut header = Header::default();
    // SAFETY: `read` casts `context` to its actual type, and `file` outlives the scan.
    let scan = unsafe { tegl_scan_open(read, file.address(), reduce, &mut header) };
    if scan.is_null() {
        return Err(Error::damaged(WHAT, "there is not enough memory to read it"));
    }
    let model = match header.components {
        1 => Model::Gray,
        4 => Model::Cmyk,
        _ => Model::Rgb,
    };
    let dimensions = Dimensions::new(header.width, header.height);
    let depth = if header.bits <= 8 { Depth::U8 } else { Depth::U16 };
    let shape = Shape { dimensions, model, alpha: Alpha::None, depth };
    let mut rows = JpegRows { scan, file, shape, bits: header.bits, inks, done: 0 };
    rows.fault()?;
    if header.progressive != 0 && header.coefficient_bytes > memory {
        let reason = format!(
            "a progressive JPEG of this size takes {} MiB to decode; `jpegtran -copy all` converts it to a baseline JPEG",
            header.coefficient_bytes >> 20
        );
        return Err(Error::Unsupported(reason));
    }
    // SAFETY: the scan is open, and has read its header.
    match unsafe { tegl_scan_start(rows.scan) } {
        0 => Err(rows.fault().err().unwrap_or_else(|| Error::damaged(WHAT, "decoding cannot start"))),
        _ => Ok(rows),
    }
}

/// Fills `into` with the bytes at `offset`, as far as there are any.
unsafe extern "C" fn read(context: *mut c_void, offset: u64, into: *mut u8, length: usize) -> usize {
    let body = |file: &mut Arc<dyn ReadAt>| {
        let length = file.size().saturating_sub(offset).min(length as u64) as usize;
        // SAFETY: `into` has room for `length` bytes.
        let into = unsafe { std::slice::from_raw_parts_mut(into, length) };
        file.read_at(offset, into).map(|()| length)
    };
    // SAFETY: `context` is the address from `open`, and nothing else uses it while the scan runs.
    unsafe { callback::call(context, usize::MAX, body) }
}

impl JpegRows {
    fn fault(&mut self) -> Result<(), Error> {
        // SAFETY: the text belongs to the scan, ends with a zero, and is copied before the scan is used again.
        let message = unsafe { CStr::from_ptr(tegl_scan_fault(self.scan)) }.to_string_lossy();
        match &*self.file.messages() {
            // libjpeg only reports that reading failed.
            "" if message.is_empty() => Ok(()),
            "" => Err(Error::damaged(WHAT, message)),
            messages => Err(Error::damaged(WHAT, messages)),
        }
    }
}

impl Rows for JpegRows {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, max: u32) -> Result<Option<Raw>, Error> {
        let Shape { model, alpha, .. } = self.shape;
        let Some(dimensions) = self.shape.next_rows(self.done, max) else { return Ok(None) };
        let rows = dimensions.height;
        let count = dimensions.width as usize * model.count();
        let samples = match self.shape.depth {
            Depth::U8 => {
                let mut samples = vec![0; count * rows as usize];
                self.fill(&mut samples, rows)?;
                widen(&mut samples, self.bits, u8::MAX);
                Samples::U8(samples)
            }
            Depth::U16 => {
                let mut samples = vec![0; count * rows as usize];
                self.fill(&mut samples, rows)?;
                widen(&mut samples, self.bits, u16::MAX);
                Samples::U16(samples)
            }
        };
        self.done += rows;
        let raw = Raw { dimensions, model, alpha, samples };
        Ok(Some(if self.inks == Inks::Inverted && model == Model::Cmyk { inverted(raw) } else { raw }))
    }
}

impl JpegRows {
    /// Fills `samples` with the next `rows` rows.
    fn fill<T: Copy>(&mut self, samples: &mut [T], rows: u32) -> Result<(), Error> {
        let stride = size_of_val(samples) / rows as usize;
        // SAFETY: the scan has started, and `samples` has room for this many rows and bytes; samples have one or two
        // bytes, as the scan writes them, and every bit pattern is valid.
        let read = unsafe { tegl_scan_rows(self.scan, samples.as_mut_ptr().cast(), stride, rows) };
        if read < rows {
            self.fault()?;
            return Err(Error::damaged(WHAT, "it has fewer rows than its header states"));
        }
        Ok(())
    }
}

/// Expands samples of `bits` bits to the full range up to `max`.
fn widen<T: Copy + Into<u32> + TryFrom<u32>>(samples: &mut [T], bits: u32, max: T) {
    let (highest, whole) = ((1u32 << bits.min(16)) - 1, max.into());
    if highest == whole {
        return;
    }
    for sample in samples {
        let value = ((*sample).into().min(highest) * whole + highest / 2) / highest;
        *sample = T::try_from(value).unwrap_or(max);
    }
}

fn inverted(mut raw: Raw) -> Raw {
    match &mut raw.samples {
        Samples::U8(samples) => samples.iter_mut().for_each(|sample| *sample = !*sample),
        Samples::U16(samples) => samples.iter_mut().for_each(|sample| *sample = !*sample),
    }
    raw
}

impl Drop for JpegRows {
    fn drop(&mut self) {
        // SAFETY: the scan was opened by `rows` and is closed only once.
        unsafe { tegl_scan_close(self.scan) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::EmbeddedMetadata;
    use crate::pixels::{Channels, Raster, Subsampling, jpeg};
    use proptest::prelude::*;

    fn bytes(jpeg: Vec<u8>) -> Arc<dyn ReadAt> {
        Arc::new(bytes::Bytes::from(jpeg))
    }

    fn sample(width: u32, height: u32, channels: Channels) -> Vec<u8> {
        let mut raster = Raster::blank(Dimensions::new(width, height), channels);
        raster.samples.iter_mut().enumerate().for_each(|(n, sample)| *sample = (n * 7 / 5) as u8 / 2 + 60);
        jpeg::encode(&raster, 90, Subsampling::S420, &EmbeddedMetadata::default()).unwrap()
    }

    fn all(mut rows: JpegRows, max: u32) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        while let Some(raw) = rows.next(max)? {
            let Samples::U8(samples) = raw.samples else { panic!() };
            all.extend(samples);
        }
        Ok(all)
    }

    #[test]
    fn rows_equal_the_whole_picture() {
        for (channels, max) in [(Channels::Gray, 1), (Channels::Rgb, 7), (Channels::Rgb, 1000)] {
            let jpeg = sample(67, 45, channels);
            let rows = rows(bytes(jpeg.clone()), 1, 0).unwrap();
            assert_eq!(rows.shape().dimensions, Dimensions::new(67, 45));
            let found = all(rows, max).unwrap();
            let decoded = turbojpeg::decompress(
                &jpeg,
                if channels == Channels::Gray {
                    turbojpeg::PixelFormat::GRAY
                } else {
                    turbojpeg::PixelFormat::RGB
                },
            );
            assert_eq!(found, decoded.unwrap().pixels);
        }
    }

    #[test]
    fn reduced_sizes_are_decoded() {
        for reduce in [2, 4, 8] {
            let rows = rows(bytes(sample(67, 45, Channels::Rgb)), reduce, 0).unwrap();
            assert_eq!(rows.shape().dimensions, Dimensions::new(67, 45).reduced(reduce));
            assert_eq!(
                all(rows, 3).unwrap().len() as u64,
                Dimensions::new(67, 45).reduced(reduce).area() * 3
            );
        }
    }

    #[test]
    fn truncated_files_are_damaged() {
        let jpeg = sample(200, 200, Channels::Rgb);
        for length in [0, 2, 100, 400, jpeg.len() - 200] {
            let read = rows(bytes(jpeg[..length].to_vec()), 1, 0).and_then(|rows| all(rows, 16));
            assert!(read.is_err(), "{length}");
        }
    }

    #[test]
    fn a_panic_while_reading_fails_one_decoding() {
        struct Panicking(Vec<u8>);
        impl ReadAt for Panicking {
            fn size(&self) -> u64 {
                self.0.len() as u64
            }

            fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
                assert_eq!(offset, 0, "only the first piece is read");
                self.0.as_slice().read_at(offset, into)
            }
        }
        let jpeg = sample(2000, 2000, Channels::Rgb);
        let read = rows(Arc::new(Panicking(jpeg.clone())), 1, 0).and_then(|rows| all(rows, 16));
        assert!(read.unwrap_err().to_string().contains("a panic"));
        assert!(rows(bytes(jpeg), 1, 0).and_then(|rows| all(rows, 16)).is_ok());
    }

    proptest! {
        #[test]
        fn flipped_bytes_are_read_or_refused(at in 0..2000usize, value: u8, also in 0..2000usize) {
            let mut jpeg = sample(40, 40, Channels::Rgb);
            let length = jpeg.len();
            jpeg[at % length] = value;
            jpeg[also % length] ^= 0x40;
            let _ = rows(bytes(jpeg), 1, 1 << 20).and_then(|rows| match rows.shape().dimensions.area() {
                0..2_000_000 => all(rows, 64).map(drop),
                _ => Ok(()),
            });
        }
    }
}
