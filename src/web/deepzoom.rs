//! Deep Zoom over the same tiles.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::Door;
use super::image::{Answered, answer, document_of};
use super::route::Image;
use crate::gallery::{Error, Opened};
use crate::iiif::{Dimensions, Form, Format, ImageRequest, Quality, Region, Rotation, Size, Version};

/// `GET /deepzoom/{id}.dzi`.
pub async fn description(door: &Door, request: &HttpRequest, image: Image<'_>) -> Result<Answered, Error> {
    let opened = door.gallery.open(&image.identifier).await?;
    let (size, side) = (opened.all(), side(&opened));
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Image xmlns=\"http://schemas.microsoft.com/deepzoom/2008\" \
         Format=\"jpg\" Overlap=\"0\" TileSize=\"{side}\"><Size Width=\"{}\" Height=\"{}\"/></Image>\n",
        size.width, size.height
    );
    Ok(document_of(door, request, body, "application/xml", HttpResponse::Ok()).into())
}

/// `GET /deepzoom/{id}_files/{level}/{column}_{row}.{suffix}`: the region and size that the tile
/// shows, asked for as any other.
pub async fn tile(
    door: &Door,
    request: &HttpRequest,
    image: Image<'_>,
    (level, column, row): (u32, u32, u32),
    suffix: &str,
) -> Result<Answered, Error> {
    let opened = door.gallery.open(&image.identifier).await?;
    let format = Format::parse(suffix).ok_or(Error::NotFound)?;
    let wanted = tile_request(opened.all().dimensions(), side(&opened), level, column, row, format)
        .ok_or(Error::NotFound)?;
    let mut answered = answer(door, request, &image.identifier, &wanted, |_, _| String::new()).await?;
    answered.response.headers_mut().remove(header::LINK);
    Ok(answered)
}

/// Deep Zoom's tiles are square.
fn side(opened: &Opened) -> u32 {
    let side = opened.info(String::new()).tiles.side;
    if side.width == side.height { side.width } else { 256 }
}

/// Level 0 is one pixel; the highest has all of them.
fn tile_request(
    full: Dimensions,
    side: u32,
    level: u32,
    column: u32,
    row: u32,
    format: Format,
) -> Option<ImageRequest> {
    let highest = u32::BITS - (full.width.max(full.height) - 1).leading_zeros();
    let highest = if full.width.max(full.height) == 1 { 0 } else { highest };
    let factor = 1u64 << highest.checked_sub(level)?;
    let step = u64::from(side) * factor;
    let place = |n: u32, length: u32| {
        let start = u64::from(n) * step;
        let covered = step.min(u64::from(length).checked_sub(start).filter(|&rest| rest > 0)?);
        Some((start as u32, covered as u32, covered.div_ceil(factor) as u32))
    };
    let (x, width, across) = place(column, full.width)?;
    let (y, height, down) = place(row, full.height)?;
    Some(ImageRequest {
        version: Version::V3,
        region: Region::Pixels { x, y, width, height },
        size: Size { form: Form::Exact(across, down), upscale: false },
        rotation: Rotation::NONE,
        quality: Quality::Default,
        format,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_count_up_from_one_pixel() {
        let full = Dimensions::new(6000, 4000);
        let at = |level, column, row| {
            let wanted = tile_request(full, 256, level, column, row, Format::Jpg)?;
            let rect = wanted.region.within(full).ok()?;
            Some((rect.to_string(), wanted.size.to_string()))
        };
        let pair = |region: &str, size: &str| Some((region.to_owned(), size.to_owned()));
        assert_eq!(at(13, 0, 0), pair("0,0,256,256", "256,256"));
        assert_eq!(at(13, 23, 15), pair("5888,3840,112,160", "112,160"));
        assert_eq!(at(8, 0, 0), pair("0,0,6000,4000", "188,125"));
        assert_eq!(at(0, 0, 0), pair("0,0,6000,4000", "1,1"));
        assert_eq!((at(14, 0, 0), at(13, 24, 0)), (None, None));
    }
}
