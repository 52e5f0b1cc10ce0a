//! PDF: one page that is one JPEG.

use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};

use crate::iiif::Dimensions;

/// The longest side a page may have, in points (ISO 32000-1, annex C).
const LONGEST: f32 = 14_400.0;

/// Wraps an encoded JPEG in a page of 72 pixels per inch, or more where the page would grow too large.
pub fn pdf(jpeg: &[u8], dimensions: Dimensions, gray: bool) -> Vec<u8> {
    let [catalog, pages, page, image, content] = [1, 2, 3, 4, 5].map(Ref::new);
    let name = Name(b"Image");
    let [width, height] = page_size(dimensions);

    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);

    let mut sheet = pdf.page(page);
    sheet.media_box(Rect::new(0.0, 0.0, width, height)).parent(pages).contents(content);
    sheet.resources().x_objects().pair(name, image);
    sheet.finish();

    let mut picture = pdf.image_xobject(image, jpeg);
    picture.filter(Filter::DctDecode);
    picture.width(dimensions.width as i32).height(dimensions.height as i32).bits_per_component(8);
    if gray {
        picture.color_space().device_gray();
    } else {
        picture.color_space().device_rgb();
    }
    picture.finish();

    let mut drawing = Content::new();
    drawing.save_state().transform([width, 0.0, 0.0, height, 0.0, 0.0]).x_object(name).restore_state();
    pdf.stream(content, &drawing.finish());
    pdf.finish()
}

/// A point for each pixel until the page is as large as a page may be.
fn page_size(dimensions: Dimensions) -> [f32; 2] {
    let sides = [dimensions.width, dimensions.height].map(|side| side as f32);
    let scale = (LONGEST / sides[0].max(sides[1])).min(1.0);
    sides.map(|side| side * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_point_for_each_pixel_within_reason() {
        assert_eq!(page_size(Dimensions::new(300, 200)), [300.0, 200.0]);
        assert_eq!(page_size(Dimensions::new(28_800, 200)), [14_400.0, 100.0]);
    }

    #[test]
    fn the_jpeg_lies_in_the_page_untouched() {
        let file = pdf(b"\xff\xd8 as it is \xff\xd9", Dimensions::new(30, 20), true);
        let holds = |wanted: &[u8]| file.windows(wanted.len()).any(|part| part == wanted);
        assert!(file.starts_with(b"%PDF-"));
        assert!(holds(b"\xff\xd8 as it is \xff\xd9"));
        assert!(holds(b"/DeviceGray") && holds(b"/DCTDecode") && holds(b"[0 0 30 20]"));
    }
}
