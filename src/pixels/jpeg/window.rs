//! Decodes a part of a JPEG tile into a canvas of planes.

use std::cell::RefCell;

use super::tables;
use crate::iiif::Dimensions;
use crate::pixels::{Planar, Plane, Position};

/// The most pixels of a tile, at full size: a progressive JPEG is kept at full size even if it is reduced.
pub(super) const MAX_TILE: u64 = 8192 * 8192;

/// `tegl_window` of `window.c`.
#[repr(C)]
struct Decoder {
    _opaque: [u8; 0],
}

/// `tegl_window_plane` of `window.c`.
#[repr(C)]
struct TargetPlane {
    rows: *mut u8,
    stride: usize,
    from_x: u32,
    from_y: u32,
    width: u32,
    height: u32,
}

impl TargetPlane {
    const NONE: Self =
        Self { rows: std::ptr::null_mut(), stride: 0, from_x: 0, from_y: 0, width: 0, height: 0 };

    /// The part of a plane from `to` on, which gets the samples of a component from `from` on.
    fn new(plane: &mut Plane, (from, to): (Position, Position)) -> Self {
        let Dimensions { width, height } = plane.dimensions;
        let stride = width as usize;
        let (width, height) = (width.saturating_sub(to.0), height.saturating_sub(to.1));
        let needed = (height as usize).saturating_sub(1) * stride + width as usize;
        match plane.samples.get_mut(to.1 as usize * stride + to.0 as usize..) {
            Some(rows) if width > 0 && rows.len() >= needed => {
                Self { rows: rows.as_mut_ptr(), stride, from_x: from.0, from_y: from.1, width, height }
            }
            _ => Self::NONE,
        }
    }
}

/// `tegl_window_request` of `window.c`.
#[repr(C)]
struct Request {
    planes: u32,
    across: u32,
    down: u32,
    smallest_width: u32,
    smallest_height: u32,
    largest: u64,
    plane: [TargetPlane; 3],
}

unsafe extern "C" {
    fn tegl_window_new() -> *mut Decoder;
    fn tegl_window_free(window: *mut Decoder);
    fn tegl_window_decode(
        window: *mut Decoder,
        jpeg: *const u8,
        length: usize,
        wanted: *const Request,
    ) -> std::ffi::c_int;
}

/// A decoder that is used for one JPEG after the other.
struct Window(*mut Decoder);

impl Window {
    fn new() -> Option<Self> {
        // SAFETY: it has no preconditions.
        let decoder = unsafe { tegl_window_new() };
        (!decoder.is_null()).then_some(Self(decoder))
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: the decoder was made by `new`, and is freed only once.
        unsafe { tegl_window_free(self.0) }
    }
}

thread_local! {
    static WINDOW: RefCell<Option<Window>> = const { RefCell::new(None) };
}

/// Decodes what the canvas shows of a baseline JPEG: from its pixel `from` on, which is at `to` on the canvas. Returns
/// `false` if the JPEG is unusual, damaged, smaller than `visible` or has another subsampling than the canvas; it is left to
/// [`decode_into`](super::decode_into), and the pixels of the tile on the canvas are unspecified. Rows below the canvas are
/// not read.
pub(super) fn decode(
    jpeg: &[u8],
    canvas: &mut Planar,
    (from, to): (Position, Position),
    visible: Dimensions,
) -> bool {
    let subsampling = canvas.subsampling;
    let (across, down) = (subsampling.across(), subsampling.down());
    let is_aligned = |(x, y): Position| x.is_multiple_of(across) && y.is_multiple_of(down);
    if !tables::are_complete(jpeg) || !is_aligned(from) || !is_aligned(to) {
        return false;
    }
    if to.0 >= canvas.dimensions.width || to.1 >= canvas.dimensions.height {
        return true;
    }
    let mut plane = [const { TargetPlane::NONE }; 3];
    for (n, (target, samples)) in plane.iter_mut().zip(&mut canvas.planes).enumerate() {
        *target = TargetPlane::new(samples, subsampling.places(n, (from, to)));
    }
    let wanted = Request {
        planes: canvas.planes.len() as u32,
        across,
        down,
        smallest_width: visible.width,
        smallest_height: visible.height,
        largest: MAX_TILE,
        plane,
    };
    WINDOW.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Window::new();
        }
        let Some(window) = slot else { return false };
        // SAFETY: the decoder is live and used by this thread only; each plane of the request has room for `height` rows of
        // `width` samples, `stride` bytes apart, which nothing else refers to.
        unsafe { tegl_window_decode(window.0, jpeg.as_ptr(), jpeg.len(), &wanted) != 0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::EmbeddedMetadata;
    use crate::pixels::{Channels, Picture, Raster, Subsampling, jpeg};
    use proptest::prelude::*;

    const LAYOUTS: [Subsampling; 5] =
        [Subsampling::Gray, Subsampling::S444, Subsampling::S422, Subsampling::S440, Subsampling::S420];

    fn encoded(size: Dimensions, subsampling: Subsampling) -> Vec<u8> {
        let channels = if subsampling == Subsampling::Gray { Channels::Gray } else { Channels::Rgb };
        let mut raster = Raster::blank(size, channels);
        raster.samples.iter_mut().enumerate().for_each(|(n, sample)| *sample = (n * n / 11 + n / 3) as u8);
        jpeg::encode(&raster, 85, subsampling, &EmbeddedMetadata::default()).unwrap()
    }

    fn whole(jpeg: &[u8]) -> Planar {
        match jpeg::decode(jpeg, 1, 1 << 20).unwrap() {
            Picture::Planar(planar) => planar,
            Picture::Packed(_) => panic!("packed samples"),
        }
    }

    /// A canvas whose samples are all 7.
    fn canvas(size: Dimensions, subsampling: Subsampling) -> Planar {
        let mut canvas = Planar::blank(size, subsampling);
        canvas.planes.iter_mut().for_each(|plane| plane.samples.fill(7));
        canvas
    }

    proptest! {
        #[test]
        fn a_window_equals_that_part_of_the_whole(
            layout in 0..LAYOUTS.len(),
            (width, height) in (1..90u32, 1..90u32),
            (from_x, from_y) in (0..40u32, 0..40u32),
            (to_x, to_y) in (0..20u32, 0..20u32),
            (across, down) in (1..100u32, 1..100u32),
        ) {
            let (size, subsampling) = (Dimensions::new(width, height), LAYOUTS[layout]);
            let places = ((from_x * 2, from_y * 2), (to_x * 2, to_y * 2));
            let jpeg = encoded(size, subsampling);
            let mut expected = canvas(Dimensions::new(across, down), subsampling);
            let mut found = expected.clone();
            expected.copy_from(&whole(&jpeg), places);
            prop_assert!(decode(&jpeg, &mut found, places, size));
            prop_assert_eq!(expected, found);
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_others() {
        let size = Dimensions::new(64, 64);
        let jpeg = encoded(size, Subsampling::S420);
        let decodes = |jpeg: &[u8], subsampling, visible| {
            decode(jpeg, &mut canvas(size, subsampling), ((0, 0), (0, 0)), visible)
        };
        assert!(decodes(&jpeg, Subsampling::S420, size));
        assert!(!decodes(&jpeg, Subsampling::S444, size));
        assert!(!decodes(&jpeg, Subsampling::Gray, size));
        assert!(!decodes(&jpeg, Subsampling::S420, Dimensions::new(65, 64)));
        assert!(!decodes(&jpeg[..jpeg.len() / 2], Subsampling::S420, size));
        assert!(!decodes(&[], Subsampling::S420, size));
        let mut transform = turbojpeg::Transform::default();
        transform.progressive = true;
        let progressive = turbojpeg::transform(&transform, &jpeg).unwrap();
        assert!(!decodes(&progressive, Subsampling::S420, size));
        // A decoder that failed is used again.
        assert!(decodes(&jpeg, Subsampling::S420, size));
    }

    #[test]
    fn rows_below_the_canvas_are_not_read() {
        let size = Dimensions::new(64, 640);
        let jpeg = encoded(size, Subsampling::S420);
        let shown = Dimensions::new(64, 32);
        let mut cut = canvas(shown, Subsampling::S420);
        assert!(decode(&jpeg[..jpeg.len() / 2], &mut cut, ((0, 0), (0, 0)), size));
        let mut expected = canvas(shown, Subsampling::S420);
        expected.copy_from(&whole(&jpeg), ((0, 0), (0, 0)));
        assert_eq!(cut, expected);
    }
}
