//! Decodes a codestream of several pieces with OpenJPEG.

use std::ffi::c_void;
use std::{mem, ptr, slice};

use openjpeg_sys as opj;

use super::bytes::{BLOCK, Window};
use super::markers::Area;
use super::packet_selection::Wanted;
use super::tile_codestream::Piece;
use super::{Error, damaged};
use crate::pixels::callback::{self, Context};

/// The return value that OpenJPEG interprets as the end of a stream.
const END: usize = usize::MAX;

/// The source that OpenJPEG reads from.
struct Stream<'a, 'b> {
    window: &'a mut Window<'b>,
    pieces: &'a [Piece],
    /// The current piece, and the position in it.
    piece: usize,
    within: u64,
}

/// Owns OpenJPEG's objects for decoding one codestream.
struct Decoder<'a, 'b> {
    codec: *mut opj::opj_codec_t,
    image: *mut opj::opj_image_t,
    stream: *mut opj::opj_stream_t,
    source: Context<Stream<'a, 'b>>,
}

/// A component's samples on its own grid, at the requested resolution.
pub(super) struct Decoded<'a> {
    pub component: usize,
    pub area: Area,
    pub samples: &'a [i32],
}

/// Decodes the requested part of a codestream of one tile, on at most `threads` threads, and passes each component to `take`.
pub(super) fn decode(
    window: &mut Window<'_>,
    pieces: &[Piece],
    wanted: Wanted,
    threads: usize,
    take: impl FnMut(Decoded<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    window.set_bounds(BLOCK, Piece::reach(pieces));
    let mut decoder = Decoder::new(window, pieces)?;
    decoder.start(wanted, threads)?;
    decoder.run()?;
    decoder.pass_components(wanted, take)
}

impl<'a, 'b> Decoder<'a, 'b> {
    fn new(window: &'a mut Window<'b>, pieces: &'a [Piece]) -> Result<Self, Error> {
        let length = pieces.iter().map(Piece::len).sum();
        let source = Context::new(Stream { window, pieces, piece: 0, within: 0 });
        // SAFETY: both create an object or return null, which is checked below.
        let (codec, stream) = unsafe {
            (opj::opj_create_decompress(opj::CODEC_FORMAT::OPJ_CODEC_J2K), opj::opj_stream_create(BLOCK, 1))
        };
        let decoder = Self { codec, image: ptr::null_mut(), stream, source };
        if codec.is_null() || stream.is_null() {
            return Err(decoder.failure("no memory"));
        }
        let user = decoder.source.address();
        // SAFETY: codec and stream are live, the functions interpret `user` correctly, and none is given that would
        // free it; it is freed after both.
        unsafe {
            opj::opj_set_error_handler(codec, Some(callback::record_message::<Stream<'_, '_>>), user);
            opj::opj_stream_set_user_data(stream, user, None);
            opj::opj_stream_set_user_data_length(stream, length);
            opj::opj_stream_set_read_function(stream, Some(read));
            opj::opj_stream_set_skip_function(stream, Some(skip));
            opj::opj_stream_set_seek_function(stream, Some(seek));
        }
        Ok(decoder)
    }

    fn start(&mut self, wanted: Wanted, threads: usize) -> Result<(), Error> {
        let mut parameters = mem::MaybeUninit::<opj::opj_dparameters_t>::zeroed();
        let [left, right, top, bottom] =
            [wanted.area.x[0], wanted.area.x[1], wanted.area.y[0], wanted.area.y[1]].map(|at| at as i32);
        // SAFETY: all are live and belong together; the parameters are zeroed, then set to OpenJPEG's defaults, and
        // only read; OpenJPEG sets `image` to null or to an image that is freed in `drop`.
        let ready = unsafe {
            opj::opj_set_default_decoder_parameters(parameters.as_mut_ptr());
            (*parameters.as_mut_ptr()).cp_reduce = wanted.reduce;
            let is_set = opj::opj_setup_decoder(self.codec, parameters.as_mut_ptr()) != 0;
            // The caller's thread waits for these. If they cannot be started, OpenJPEG continues without them.
            if is_set && threads > 1 {
                opj::opj_codec_set_threads(self.codec, i32::try_from(threads).unwrap_or(i32::MAX));
            }
            is_set
                && opj::opj_decoder_set_strict_mode(self.codec, 1) != 0
                && opj::opj_read_header(self.stream, self.codec, &mut self.image) != 0
                && opj::opj_set_decode_area(self.codec, self.image, left, top, right, bottom) != 0
        };
        if ready { Ok(()) } else { Err(self.failure("header")) }
    }

    fn run(&mut self) -> Result<(), Error> {
        // SAFETY: all three are live and belong together.
        let decoded = unsafe { opj::opj_decode(self.codec, self.stream, self.image) != 0 };
        if decoded && !self.source.has_failed() { Ok(()) } else { Err(self.failure("data")) }
    }

    fn pass_components(
        self,
        wanted: Wanted,
        mut take: impl FnMut(Decoded<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // SAFETY: the image is live, and has `numcomps` components.
        let components = unsafe {
            let image = &*self.image;
            slice::from_raw_parts(image.comps, image.numcomps as usize)
        };
        for (component, plane) in components.iter().enumerate() {
            let area = wanted.area.stepped([plane.dx.max(1), plane.dy.max(1)]).reduced(wanted.reduce);
            if area.is_empty() {
                continue;
            }
            if (plane.w, plane.h) != (area.width(), area.height()) || plane.data.is_null() {
                return Err(self.failure("a component has another size"));
            }
            // SAFETY: OpenJPEG has allocated `w * h` samples.
            let samples = unsafe { slice::from_raw_parts(plane.data, plane.w as usize * plane.h as usize) };
            take(Decoded { component, area, samples })?;
        }
        Ok(())
    }

    fn failure(&self, at: &str) -> Error {
        damaged(format_args!("{at}: {}", self.source.messages()))
    }
}

impl Drop for Decoder<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: each is live or null, which OpenJPEG's destructors accept, and is not used again.
        unsafe {
            opj::opj_stream_destroy(self.stream);
            opj::opj_destroy_codec(self.codec);
            opj::opj_image_destroy(self.image);
        }
    }
}

impl Stream<'_, '_> {
    /// Fills `into` until the pieces end.
    fn read(&mut self, mut into: &mut [u8]) -> Result<usize, Error> {
        let mut done = 0;
        while let (false, Some(piece)) = (into.is_empty(), self.pieces.get(self.piece)) {
            let length = (piece.len() - self.within).min(into.len() as u64) as usize;
            let (now, later) = mem::take(&mut into).split_at_mut(length);
            match piece {
                Piece::Bytes(bytes) => now.copy_from_slice(&bytes[self.within as usize..][..length]),
                Piece::File(range) => self.window.read(range.start + self.within, now)?,
            }
            into = later;
            done += length;
            self.forward(length as u64);
        }
        Ok(done)
    }

    /// Skips bytes; returns the number of skipped bytes.
    fn forward(&mut self, length: u64) -> u64 {
        let mut left = length;
        while let Some(piece) = self.pieces.get(self.piece) {
            let step = left.min(piece.len() - self.within);
            left -= step;
            self.within += step;
            if self.within < piece.len() {
                break;
            }
            (self.piece, self.within) = (self.piece + 1, 0);
        }
        length - left
    }
}

unsafe extern "C" fn read(into: *mut c_void, length: usize, source: *mut c_void) -> usize {
    let body = |source: &mut Stream<'_, '_>| {
        // SAFETY: OpenJPEG's buffer holds `length` bytes.
        let into = unsafe { slice::from_raw_parts_mut(into.cast::<u8>(), length) };
        source.read(into).map(|length| if length == 0 { END } else { length })
    };
    // SAFETY: `source` is the address that `new` passed, and nothing else uses it while OpenJPEG runs.
    unsafe { callback::call(source, END, body) }
}

unsafe extern "C" fn skip(length: i64, source: *mut c_void) -> i64 {
    let body = |source: &mut Stream<'_, '_>| match u64::try_from(length).map(|length| source.forward(length))
    {
        Ok(done) if done > 0 => Ok::<_, Error>(done as i64),
        _ => Ok(-1),
    };
    // SAFETY: as in `read`.
    unsafe { callback::call(source, -1, body) }
}

unsafe extern "C" fn seek(position: i64, source: *mut c_void) -> i32 {
    let body = |source: &mut Stream<'_, '_>| {
        let Ok(position) = u64::try_from(position) else { return Ok(0) };
        (source.piece, source.within) = (0, 0);
        Ok::<_, Error>(i32::from(source.forward(position) == position))
    };
    // SAFETY: as in `read`.
    unsafe { callback::call(source, 0, body) }
}
