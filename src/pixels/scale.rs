//! Scales a part of an image, with edges at fractions of a pixel.

use std::cell::RefCell;
use std::sync::OnceLock;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{InnerPixel, U8, U8x3, U8x4};
use fast_image_resize::{Filter, FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use super::transpose::transpose;
use super::{Channels, Error, Planar, Plane, Raster, Subsampling};
use crate::iiif::Dimensions;

/// A rectangle with sub-pixel edges; inside its image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// From the left edge, in pixels of the source.
    pub x: f64,
    /// From the upper edge, in pixels of the source.
    pub y: f64,
    /// In pixels of the source.
    pub width: f64,
    /// In pixels of the source.
    pub height: f64,
}

thread_local! {
    static RESIZER: RefCell<Resizer> = RefCell::new(Resizer::new());
    /// The image between the two passes, and the same transposed.
    static SCRATCH: RefCell<[Vec<u8>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// The largest buffer that is kept for the next image, in bytes.
const MAX_KEPT: usize = 4 << 20;

/// The kernel: Lanczos with three lobes, widened for downscaling.
fn kernel() -> FilterType {
    static KERNEL: OnceLock<FilterType> = OnceLock::new();
    *KERNEL.get_or_init(|| {
        Filter::new("Lanczos3 by table", lanczos, LOBES).map_or(FilterType::Lanczos3, FilterType::Custom)
    })
}

/// The lobes of the kernel, in pixels of the image on each side.
const LOBES: f64 = 3.0;

/// Table entries per unit: the error is below 1/20,000, far below 8 bits.
const STEPS: f64 = 512.0;

/// Lanczos with three lobes from a table: computing sines would cost more than the pixels of a small image.
fn lanczos(x: f64) -> f64 {
    static TABLE: OnceLock<Vec<f64>> = OnceLock::new();
    let table =
        TABLE.get_or_init(|| (0..=3 * STEPS as usize + 1).map(|n| exact_lanczos(n as f64 / STEPS)).collect());
    let at = x.abs() * STEPS;
    let n = at as usize;
    match table.get(n..n + 2) {
        Some(&[near, far]) => near + (far - near) * (at - n as f64),
        _ => 0.0,
    }
}

fn exact_lanczos(x: f64) -> f64 {
    let sinc = |x: f64| {
        let angle = x * std::f64::consts::PI;
        if x == 0.0 { 1.0 } else { angle.sin() / angle }
    };
    if x < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}

impl Window {
    /// The same window on an image whose pixels are `across` times as wide and `down` times as high.
    fn coarser(self, across: u32, down: u32) -> Self {
        let (across, down) = (f64::from(across), f64::from(down));
        Self { x: self.x / across, y: self.y / down, width: self.width / across, height: self.height / down }
    }

    /// The same window on the transposed image.
    const fn transposed(self) -> Self {
        Self { x: self.y, y: self.x, width: self.height, height: self.width }
    }

    /// Clips to an image's edges, which rounding may have exceeded by a fraction.
    fn inside(self, image: Dimensions) -> Self {
        let (across, down) = (f64::from(image.width), f64::from(image.height));
        let (x, y) = (self.x.clamp(0.0, across - 1e-3), self.y.clamp(0.0, down - 1e-3));
        Self { x, y, width: self.width.min(across - x), height: self.height.min(down - y) }
    }
}

/// Scales the part `window` of a packed image to `size`.
///
/// # Errors
/// [`Error::Damaged`] if the window is empty or the samples do not fill the image. A window that reaches beyond the image
/// is clipped.
pub fn raster(image: &Raster, window: Window, size: Dimensions) -> Result<Raster, Error> {
    let mut scaled = Raster::blank(size, image.channels);
    let (from, to) = (&image.samples, &mut scaled.samples);
    match image.channels {
        Channels::Gray => resize::<U8>(from, image.dimensions, window, to, size)?,
        Channels::Rgb => resize::<U8x3>(from, image.dimensions, window, to, size)?,
        Channels::Rgba => resize::<U8x4>(from, image.dimensions, window, to, size)?,
    }
    Ok(scaled)
}

/// Scales the part `window` of an image in planes to `size`, with chroma planes according to `subsampling`: each
/// component is resampled once.
///
/// # Errors
/// [`Error::Damaged`] if the window is empty or the samples do not fill the image. A window that reaches beyond the image
/// is clipped.
pub fn planar(
    image: &Planar,
    window: Window,
    size: Dimensions,
    subsampling: Subsampling,
) -> Result<Planar, Error> {
    let (grow_x, grow_y) = (window.width / f64::from(size.width), window.height / f64::from(size.height));
    let mut planes = Vec::with_capacity(subsampling.planes());
    for n in 0..subsampling.planes() {
        let wanted = subsampling.plane(n, size);
        let Some(plane) = image.planes.get(n) else {
            planes.push(Plane::blank(wanted, 128)); // A gray image has no chroma to scale.
            continue;
        };
        let window = if n == 0 {
            window
        } else {
            // Chroma samples may cover half a pixel beyond the image.
            let whole = Window {
                width: f64::from(wanted.width * subsampling.across()) * grow_x,
                height: f64::from(wanted.height * subsampling.down()) * grow_y,
                ..window
            };
            whole.coarser(image.subsampling.across(), image.subsampling.down())
        };
        let mut scaled = Plane::blank(wanted, 0);
        resize::<U8>(&plane.samples, plane.dimensions, window, &mut scaled.samples, wanted)?;
        planes.push(scaled);
    }
    Ok(Planar { dimensions: size, subsampling, planes })
}

/// Scales vertically first, which leaves less for the other pass. Rows of single samples are added faster than samples within
/// a row, so planes are transposed for the second pass, and their result once more.
fn resize<P: PixelTrait + InnerPixel>(
    from: &[u8],
    image: Dimensions,
    window: Window,
    to: &mut [u8],
    size: Dimensions,
) -> Result<(), Error> {
    let window = window.inside(image);
    if size.height >= window.height as u32 || size.width >= window.width as u32 {
        return pass::<P>(from, image, window, to, size);
    }
    let left = window.x.floor();
    let across = (window.x + window.width).ceil().min(f64::from(image.width)) - left;
    // The kernel reaches beyond the window; columns within its margin are kept.
    let margin = (LOBES * window.width / f64::from(size.width)).ceil() + 1.0;
    let start = (left - margin).max(0.0);
    let end = (left + across + margin).min(f64::from(image.width));
    let between = Dimensions::new((end - start) as u32, size.height);
    let rows = Window { x: start, width: end - start, ..window };
    let columns = Window { x: window.x - start, y: 0.0, width: window.width, height: f64::from(size.height) };
    SCRATCH.with_borrow_mut(|[scratch, transposed]| {
        let length = between.area() as usize * std::mem::size_of::<P>();
        let buffer = |scratch: &mut Vec<u8>| scratch.resize(scratch.len().max(length), 0);
        buffer(scratch);
        pass::<P>(from, image, rows, &mut scratch[..length], between)?;
        let done = match std::mem::size_of::<P>() {
            1 => {
                buffer(transposed);
                transpose(scratch, between, transposed);
                let scaled = &mut scratch[..size.area() as usize];
                pass::<P>(
                    &transposed[..length],
                    between.transposed(),
                    columns.transposed(),
                    scaled,
                    size.transposed(),
                )
                .map(|()| transpose(scaled, size.transposed(), to))
            }
            _ => pass::<P>(&scratch[..length], between, columns, to, size),
        };
        if length > MAX_KEPT {
            [*scratch, *transposed] = [Vec::new(), Vec::new()];
        }
        done
    })
}

fn pass<P: PixelTrait + InnerPixel>(
    from: &[u8],
    image: Dimensions,
    window: Window,
    to: &mut [u8],
    size: Dimensions,
) -> Result<(), Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::damaged("image", error);
    let source = TypedImageRef::<P>::from_buffer(image.width, image.height, from).map_err(|e| wrong(&e))?;
    let mut target = TypedImage::<P>::from_buffer(size.width, size.height, to).map_err(|e| wrong(&e))?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(kernel())).crop(
        window.x,
        window.y,
        window.width,
        window.height,
    );
    RESIZER.with_borrow_mut(|resizer| {
        let done = resizer.resize_typed(&source, &mut target, &options).map_err(|error| wrong(&error));
        if resizer.size_of_internal_buffers() > MAX_KEPT {
            resizer.reset_internal_buffers(); // Do not keep the buffers of a large image.
        }
        done
    })
}

/// Averages each `factor` x `factor` block into one pixel; blocks at the edges may be smaller.
pub fn shrink(samples: &[u8], image: Dimensions, channels: usize, factor: u32) -> (Vec<u8>, Dimensions) {
    let size = image.reduced(factor);
    let (factor, stride) = (factor as usize, image.width as usize * channels);
    let mut out = Vec::with_capacity(size.area() as usize * channels);
    let mut sums = vec![0u32; size.width as usize * channels];
    for top in (0..image.height as usize).step_by(factor) {
        let bottom = (top + factor).min(image.height as usize);
        sums.fill(0);
        for row in samples[top * stride..bottom * stride].chunks_exact(stride) {
            for (sum, block) in sums.chunks_exact_mut(channels).zip(row.chunks(factor * channels)) {
                for pixel in block.chunks_exact(channels) {
                    sum.iter_mut().zip(pixel).for_each(|(sum, &sample)| *sum += u32::from(sample));
                }
            }
        }
        for (column, sum) in sums.chunks_exact(channels).enumerate() {
            let across = factor.min(image.width as usize - column * factor);
            let count = (across * (bottom - top)) as u32;
            out.extend(sum.iter().map(|&sum| ((sum + count / 2) / count) as u8));
        }
    }
    (out, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: u32, height: u32) -> Raster {
        let mut raster = Raster::blank(Dimensions::new(width, height), Channels::Gray);
        for (n, sample) in raster.samples.iter_mut().enumerate() {
            *sample = (n as u32 % width) as u8;
        }
        raster
    }

    #[test]
    fn a_window_keeps_its_fractions() {
        let window = Window { x: 10.5, y: 0.0, width: 100.0, height: 16.0 };
        let scaled = raster(&ramp(200, 16), window, Dimensions::new(50, 8)).unwrap();
        // Pixel n covers 10.5 + 2n to 12.5 + 2n, whose mean sample is 11 + 2n.
        for n in 5..45usize {
            assert_eq!(scaled.samples[n], 11 + 2 * n as u8, "column {n}");
        }
    }

    #[test]
    fn the_table_is_the_kernel() {
        for n in 0..4000 {
            let x = f64::from(n) / 1111.0;
            assert!((lanczos(x) - exact_lanczos(x)).abs() < 2e-5, "{x}");
        }
    }

    #[test]
    fn a_transposed_pass_gives_the_same_samples() {
        for scale in [1.05, 1.17, 1.5, 2.0, 2.7, 3.9, 7.3] {
            let image = Dimensions::new((100.0 * scale) as u32 + 20, (90.0 * scale) as u32 + 9);
            let samples: Vec<u8> = (0..image.area()).map(|n| (n * n / 7) as u8).collect();
            let window = Window { x: 5.3, y: 2.9, width: 100.0 * scale, height: 90.0 * scale };
            let size = Dimensions::new(100, 90);
            let (mut planes, mut rows) = (vec![0; 9000], vec![0; 9000]);
            resize::<U8>(&samples, image, window, &mut planes, size).unwrap();
            let all_columns = Window { x: 0.0, width: f64::from(image.width), ..window };
            let between = Dimensions::new(image.width, size.height);
            let mut scaled = vec![0; between.area() as usize];
            pass::<U8>(&samples, image, all_columns, &mut scaled, between).unwrap();
            let all_rows = Window { y: 0.0, height: 90.0, ..window };
            pass::<U8>(&scaled, between, all_rows, &mut rows, size).unwrap();
            assert_eq!(planes, rows, "{scale}");
        }
    }

    #[test]
    fn a_window_at_full_size_is_a_copy() {
        let image = ramp(200, 16);
        let window = Window { x: 3.0, y: 2.0, width: 20.0, height: 4.0 };
        let copied = raster(&image, window, Dimensions::new(20, 4)).unwrap();
        assert_eq!(copied.samples[..20], image.samples[403..423]);
    }

    #[test]
    fn blocks_are_averaged_and_edges_too() {
        let (out, size) = shrink(&[0, 2, 9, 4, 6, 9, 1, 1, 1], Dimensions::new(3, 3), 1, 2);
        assert_eq!((out, size), (vec![3, 9, 1, 1], Dimensions::new(2, 2)));
    }
}
