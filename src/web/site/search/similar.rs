//! Works like a work, or like a detail of it: `/?similar=KMS1&xywh=percent:10,20,30,40`.

use actix_web::HttpRequest;

use super::parameters::{Pairs, of_api, value};
use super::results::hit;
use super::{PAGE, SearchPage};
use crate::gallery::{Error, SOON};
use crate::iiif::Region;
use crate::web::api::{query_of, similar_works};
use crate::web::pages::{Hit, Like};
use crate::web::site::picture_size::ratio;
use crate::web::site::visit::encoded;

/// The longest side of the picture that works are like, in pixels.
const PICTURE: u32 = 600;

/// The work that others are to be like, and those that are, the most similar first.
pub(super) async fn like(
    page: &SearchPage<'_>,
    request: &HttpRequest,
) -> Option<Result<(Like, Vec<Hit>), Error>> {
    let work = value(page.pairs, "similar")?;
    Some(found(page, request, work).await)
}

async fn found(page: &SearchPage<'_>, request: &HttpRequest, work: &str) -> Result<(Like, Vec<Hit>), Error> {
    let works = similar_works(page.app, request, work, &query(page.pairs)).await?;
    let hits = works.iter().filter_map(|(_, work)| hit(page.app, page.visit, work)).collect();
    Ok((described(page, work).await?, hits))
}

/// The filters of the page, and the detail, as a query of `/api/v1/works/{work}/similar`.
fn query(pairs: &Pairs) -> String {
    let filters = of_api(pairs).filter(|(name, _)| !matches!(*name, "sort" | "cursor"));
    let detail = ["canvas", "xywh"].into_iter().filter_map(|name| Some((name, value(pairs, name)?)));
    query_of(filters.chain(detail).chain([("limit", PAGE.to_string().as_str())]))
}

async fn described(page: &SearchPage<'_>, work: &str) -> Result<Like, Error> {
    let sketch = page.app.gallery.works.sketch(work, SOON).await?;
    let preferred = page.visit.publisher.preferred_languages();
    let number = &sketch.work.object_number;
    // Another canvas than the first has no picture here.
    let first =
        sketch.images.first().filter(|_| value(page.pairs, "canvas").is_none_or(|canvas| canvas == "1"));
    let size = first.and_then(|image| image.size());
    let region =
        value(page.pairs, "xywh").and_then(|text| percent(text, size.map(|size| (size.width, size.height))));
    let has_details = page.app.gallery.likeness().is_ok_and(|likeness| likeness.has_details());
    Ok(Like {
        label: sketch.work.label().best(&preferred).unwrap_or(number).to_owned(),
        page: page.visit.context.page(&format!("/works/{}", encoded(number))),
        picture: first.map(|image| {
            let (side, file) = (PICTURE.min(image.grant.largest), encoded(&image.image.file));
            format!("{}/iiif/3/{file}/full/!{side},{side}/0/default.jpg", page.visit.context.base)
        }),
        ratio: ratio(size),
        region,
        is_detail: value(page.pairs, "xywh").is_some(),
        can_draw: first.is_some() && has_details,
        whole: page.with(&[], &["xywh", "canvas", "cursor", "start"]),
        without: page.with(&[], &["similar", "xywh", "canvas", "cursor", "start"]),
        kept: page.kept(&["xywh"]),
    })
}

/// A detail in percent of the picture: x, y, width and height.
fn percent(text: &str, size: Option<(u32, u32)>) -> Option<[f64; 4]> {
    let numbers = text.strip_prefix("percent:").or_else(|| text.strip_prefix("pct:"));
    let text = text.strip_prefix("pixel:").unwrap_or(text);
    let region = Region::parse(&numbers.map_or(text.to_owned(), |numbers| format!("pct:{numbers}"))).ok()?;
    match (region, size) {
        (Region::Percent { x, y, width, height }, _) => Some([x, y, width, height]),
        (Region::Pixels { x, y, width, height }, Some((across, down))) if across > 0 && down > 0 => {
            let of = |part: u32, whole: u32| 100.0 * f64::from(part) / f64::from(whole);
            Some([of(x, across), of(y, down), of(width, across), of(height, down)])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_shown_in_percent() {
        assert_eq!(percent("percent:1,2,3,4.5", None), Some([1.0, 2.0, 3.0, 4.5]));
        assert_eq!(percent("10,20,30,40", Some((100, 200))), Some([10.0, 10.0, 30.0, 20.0]));
        assert_eq!(percent("10,20,30,40", None), None);
        assert_eq!(percent("x", Some((1, 1))), None);
    }

    #[test]
    fn filters_select_among_which_works() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = vec![
            pair("similar", "KMS1"),
            pair("sort", "date"),
            pair("all", "type:print"),
            pair("xywh", "1,2,3,4"),
        ];
        assert_eq!(query(&pairs), "all=type%3Aprint&xywh=1%2C2%2C3%2C4&limit=48");
        assert_eq!(query(&Vec::new()), "limit=48");
    }
}
