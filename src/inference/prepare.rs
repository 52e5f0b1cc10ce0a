//! Makes a model's input of a picture: fitted, scaled, normalized, laid out.

use super::Error;
use super::settings::{ChannelOrder, Fit, Input, Layout};
use crate::iiif::Dimensions;
use crate::pixels::scale::{self, Window};
use crate::pixels::{Channels, Raster};

/// A model's input, and where its picture lies.
#[derive(Debug)]
pub(super) struct Prepared {
    /// `1 x 3 x height x width` numbers, or `1 x height x width x 3`.
    pub samples: Vec<f32>,
    /// Where the input lies on the picture.
    pub placement: Placement,
}

/// The rectangle of the picture that the input shows, as parts of the picture; reaches beyond it where the input is padded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placement {
    /// From the left edge.
    pub x: f64,
    /// From the upper edge.
    pub y: f64,
    /// The width that the input covers.
    pub width: f64,
    /// The height that the input covers.
    pub height: f64,
}

/// The dimensions that a model expects.
pub(super) fn shape(input: &Input) -> [usize; 4] {
    let (width, height) = (input.width as usize, input.height as usize);
    match input.layout {
        Layout::Nchw => [1, 3, height, width],
        Layout::Nhwc => [1, height, width, 3],
    }
}

/// Makes the input for a picture. Transparent pixels are shown on white.
pub(super) fn prepare(raster: &Raster, input: &Input) -> Result<Prepared, Error> {
    let image = raster.dimensions;
    let expected = image.area().saturating_mul(raster.channels.count() as u64);
    if expected == 0 || raster.samples.len() as u64 != expected {
        let found = raster.samples.len();
        return Err(Error::Picture(format!("it has {found} samples, and {image} as its width and height")));
    }
    let size = Dimensions::new(input.width, input.height);
    let (window, area, at) = match input.fit {
        Fit::Stretch => (whole(image), size, (0, 0)),
        Fit::Crop => (center(image, size), size, (0, 0)),
        Fit::Pad => {
            let area = within(image, size);
            (whole(image), area, ((size.width - area.width) / 2, (size.height - area.height) / 2))
        }
    };
    let scaled = scale::raster(raster, window, area).map_err(|error| Error::Picture(error.to_string()))?;
    let placement = placed(window, image, area, size, at);
    Ok(Prepared { samples: normalized(&scaled, size, at, input), placement })
}

fn whole(image: Dimensions) -> Window {
    Window { x: 0.0, y: 0.0, width: f64::from(image.width), height: f64::from(image.height) }
}

/// The largest part in the middle that has the shape of `size`.
fn center(image: Dimensions, size: Dimensions) -> Window {
    let (across, down) = (f64::from(image.width), f64::from(image.height));
    let shape = f64::from(size.width) / f64::from(size.height);
    let (width, height) = if across > down * shape { (down * shape, down) } else { (across, across / shape) };
    Window { x: (across - width) / 2.0, y: (down - height) / 2.0, width, height }
}

/// The largest size within `size` that has the shape of the image.
fn within(image: Dimensions, size: Dimensions) -> Dimensions {
    let factor = (f64::from(size.width) / f64::from(image.width))
        .min(f64::from(size.height) / f64::from(image.height));
    let side = |length: u32, most: u32| ((f64::from(length) * factor).round() as u32).clamp(1, most);
    Dimensions::new(side(image.width, size.width), side(image.height, size.height))
}

fn placed(
    window: Window,
    image: Dimensions,
    area: Dimensions,
    size: Dimensions,
    at: (u32, u32),
) -> Placement {
    // Pixels of the image per pixel of the input.
    let across = window.width / f64::from(area.width);
    let down = window.height / f64::from(area.height);
    let (image_width, image_height) = (f64::from(image.width), f64::from(image.height));
    Placement {
        x: (window.x - f64::from(at.0) * across) / image_width,
        y: (window.y - f64::from(at.1) * down) / image_height,
        width: f64::from(size.width) * across / image_width,
        height: f64::from(size.height) * down / image_height,
    }
}

/// Lays the picture into an input whose other numbers are 0: the mean.
fn normalized(picture: &Raster, size: Dimensions, at: (u32, u32), input: &Input) -> Vec<f32> {
    let tables = tables(input);
    let (width, area) = (size.width as usize, size.area() as usize);
    let mut samples = vec![0.0; area * 3];
    let columns = picture.dimensions.width as usize;
    for (row, line) in picture.samples.chunks_exact(picture.stride()).enumerate() {
        for (column, pixel) in line.chunks_exact(picture.channels.count()).enumerate().take(columns) {
            let pixel = color(picture.channels, pixel);
            let place = (at.1 as usize + row) * width + at.0 as usize + column;
            for (channel, table) in tables.iter().enumerate() {
                let sample = match input.channels {
                    ChannelOrder::Rgb => pixel[channel],
                    ChannelOrder::Bgr => pixel[2 - channel],
                };
                let target = match input.layout {
                    Layout::Nchw => channel * area + place,
                    Layout::Nhwc => place * 3 + channel,
                };
                samples[target] = table[usize::from(sample)];
            }
        }
    }
    samples
}

/// What each sample becomes, per channel of the input.
fn tables(input: &Input) -> [[f32; 256]; 3] {
    let (mean, scale) = (input.mean.each(), input.scale.each());
    std::array::from_fn(|channel| {
        std::array::from_fn(|sample| ((sample as f64 - mean[channel]) / scale[channel]) as f32)
    })
}

fn color(channels: Channels, pixel: &[u8]) -> [u8; 3] {
    match (channels, pixel) {
        (Channels::Rgba, &[red, green, blue, alpha]) => {
            [red, green, blue].map(|sample| on_white(sample, alpha))
        }
        (_, &[red, green, blue, ..]) => [red, green, blue],
        (_, pixel) => [pixel[0]; 3],
    }
}

fn on_white(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u32::from(sample), u32::from(alpha));
    ((sample * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::settings::PerChannel;

    fn input(width: u32, height: u32) -> Input {
        Input { width, height, scale: PerChannel::All(1.0), ..Input::default() }
    }

    fn raster(width: u32, height: u32, channels: Channels, samples: &[u8]) -> Raster {
        Raster { dimensions: Dimensions::new(width, height), channels, samples: samples.to_vec() }
    }

    const TWO: [u8; 6] = [10, 20, 30, 40, 50, 60];

    #[test]
    fn samples_are_laid_out_as_the_model_wants_them() {
        let picture = raster(2, 1, Channels::Rgb, &TWO);
        let check = |layout, channels, expected: [f32; 6]| {
            let input = Input { layout, channels, ..input(2, 1) };
            assert_eq!(prepare(&picture, &input).unwrap().samples, expected, "{layout:?} {channels:?}");
        };
        check(Layout::Nchw, ChannelOrder::Rgb, [10., 40., 20., 50., 30., 60.]);
        check(Layout::Nchw, ChannelOrder::Bgr, [30., 60., 20., 50., 10., 40.]);
        check(Layout::Nhwc, ChannelOrder::Rgb, [10., 20., 30., 40., 50., 60.]);
        check(Layout::Nhwc, ChannelOrder::Bgr, [30., 20., 10., 60., 50., 40.]);
    }

    #[test]
    fn the_mean_is_subtracted_before_the_scale_divides() {
        let picture = raster(1, 1, Channels::Rgb, &[0, 128, 255]);
        let check = |mean, scale, expected: [f32; 3]| {
            let input = Input { mean, scale, ..input(1, 1) };
            assert_eq!(prepare(&picture, &input).unwrap().samples, expected);
        };
        check(PerChannel::All(0.0), PerChannel::All(255.0), [0.0, 128.0 / 255.0, 1.0]);
        check(PerChannel::All(127.5), PerChannel::All(127.5), [-1.0, 0.5 / 127.5, 1.0]);
        let (mean, scale) = ([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]);
        check(PerChannel::Each(mean), PerChannel::Each(scale), [-1.0, 63.0, 63.0]);
    }

    #[test]
    fn gray_is_repeated_and_transparency_is_white() {
        let gray = raster(1, 1, Channels::Gray, &[7]);
        assert_eq!(prepare(&gray, &input(1, 1)).unwrap().samples, [7.0; 3]);
        let clear = raster(1, 1, Channels::Rgba, &[0, 100, 200, 0]);
        assert_eq!(prepare(&clear, &input(1, 1)).unwrap().samples, [255.0; 3]);
        let opaque = raster(1, 1, Channels::Rgba, &[0, 100, 200, 255]);
        assert_eq!(prepare(&opaque, &input(1, 1)).unwrap().samples, [0.0, 100.0, 200.0]);
    }

    /// Four columns of one gray each, two rows.
    fn columns() -> Raster {
        raster(4, 2, Channels::Gray, &[0, 100, 200, 250, 0, 100, 200, 250])
    }

    #[test]
    fn a_crop_shows_the_middle() {
        let prepared = prepare(&columns(), &Input { fit: Fit::Crop, ..input(2, 2) }).unwrap();
        assert_eq!(prepared.samples[..4], [100.0, 200.0, 100.0, 200.0]);
        assert_eq!(prepared.placement, Placement { x: 0.25, y: 0.0, width: 0.5, height: 1.0 });
    }

    #[test]
    fn padding_is_zero_and_the_picture_is_in_the_middle() {
        let declared = Input { fit: Fit::Pad, mean: PerChannel::All(50.0), ..input(4, 4) };
        let prepared = prepare(&columns(), &declared).unwrap();
        assert_eq!(prepared.samples[..4], [0.0; 4]);
        assert_eq!(prepared.samples[4..8], [-50.0, 50.0, 150.0, 200.0]);
        assert_eq!(prepared.samples[12..16], [0.0; 4]);
        assert_eq!(prepared.placement, Placement { x: 0.0, y: -0.5, width: 1.0, height: 2.0 });
    }

    #[test]
    fn a_stretched_picture_is_scaled_by_area() {
        let picture = raster(4, 4, Channels::Gray, &[60; 16]);
        let prepared = prepare(&picture, &input(2, 1)).unwrap();
        assert_eq!(prepared.samples, [60.0; 6]);
        assert_eq!(prepared.placement, Placement { x: 0.0, y: 0.0, width: 1.0, height: 1.0 });
    }

    #[test]
    fn pictures_without_pixels_and_of_extreme_shapes_do_no_harm() {
        for fit in [Fit::Stretch, Fit::Crop, Fit::Pad] {
            let declared = Input { fit, ..input(8, 8) };
            let refused = prepare(&raster(0, 5, Channels::Rgb, &[]), &declared).unwrap_err().to_string();
            assert!(refused.contains("0 samples, and 0,5"), "{refused}");
            assert!(prepare(&raster(2, 2, Channels::Rgb, &[1, 2, 3]), &declared).is_err());
            for (width, height) in [(1, 5000), (5000, 1), (1, 1)] {
                let narrow = Raster::blank(Dimensions::new(width, height), Channels::Rgb);
                assert_eq!(
                    prepare(&narrow, &declared).unwrap().samples.len(),
                    192,
                    "{fit:?} {width}x{height}"
                );
            }
        }
    }
}
