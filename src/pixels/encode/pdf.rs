//! Writes PDF: a single page with a JPEG, in the profile's colors, and the credit as the document's metadata.

use pdf_writer::writers::DocumentInfo;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, TextStr};

use super::EmbeddedMetadata;
use crate::iiif::Dimensions;
use crate::metadata::{Credit, clipped};

/// The longest side of a page in points (ISO 32000-1, annex C).
const MAX_SIDE: f32 = 14_400.0;

/// Wraps an encoded JPEG in a page of 72 pixels per inch, or more if the page would be too large.
pub fn pdf(jpeg: &[u8], dimensions: Dimensions, gray: bool, metadata: &EmbeddedMetadata) -> Vec<u8> {
    let [catalog, pages, page, image, content, profile, packet, info] =
        [1, 2, 3, 4, 5, 6, 7, 8].map(Ref::new);
    let name = Name(b"Image");
    let [width, height] = page_size(dimensions);

    let mut pdf = Pdf::new();
    let xmp = metadata.xmp();
    let mut document = pdf.catalog(catalog);
    document.pages(pages);
    if xmp.is_some() {
        document.metadata(packet);
    }
    document.finish();
    pdf.pages(pages).kids([page]).count(1);

    let mut page_writer = pdf.page(page);
    page_writer.media_box(Rect::new(0.0, 0.0, width, height)).parent(pages).contents(content);
    page_writer.resources().x_objects().pair(name, image);
    page_writer.finish();

    let mut picture = pdf.image_xobject(image, jpeg);
    picture.filter(Filter::DctDecode);
    picture.width(dimensions.width as i32).height(dimensions.height as i32).bits_per_component(8);
    if metadata.icc.is_some() {
        picture.color_space().icc_based(profile);
    } else if gray {
        picture.color_space().device_gray();
    } else {
        picture.color_space().device_rgb();
    }
    picture.finish();

    let mut drawing = Content::new();
    drawing.save_state().transform([width, 0.0, 0.0, height, 0.0, 0.0]).x_object(name).restore_state();
    pdf.stream(content, &drawing.finish());
    if let Some(icc) = &metadata.icc {
        pdf.icc_profile(profile, icc).n(if gray { 1 } else { 3 });
    }
    if let (Some(xmp), Some(credit)) = (&xmp, &metadata.credit) {
        pdf.metadata(packet, xmp);
        describe(pdf.document_info(info), credit);
    }
    pdf.finish()
}

/// Writes the credit for readers that do not support XMP.
fn describe(mut info: DocumentInfo<'_>, credit: &Credit) {
    if let Some(title) = &credit.title {
        info.title(TextStr(&clipped(title)));
    }
    if !credit.creator.is_empty() {
        info.author(TextStr(&clipped(&credit.creator.join("; "))));
    }
}

/// The page size: one point per pixel, up to the largest page size.
fn page_size(dimensions: Dimensions) -> [f32; 2] {
    let sides = [dimensions.width, dimensions.height].map(|side| side as f32);
    let scale = (MAX_SIDE / sides[0].max(sides[1])).min(1.0);
    sides.map(|side| side * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::sample_credit as credit;

    #[test]
    fn a_page_has_a_point_per_pixel_up_to_the_limit() {
        assert_eq!(page_size(Dimensions::new(300, 200)), [300.0, 200.0]);
        assert_eq!(page_size(Dimensions::new(28_800, 200)), [14_400.0, 100.0]);
    }

    #[test]
    fn the_document_contains_profile_and_credit() {
        let metadata = EmbeddedMetadata { credit: Some(credit()), ..EmbeddedMetadata::icc(b"a profile") };
        let file = pdf(b"a JPEG", Dimensions::new(30, 20), false, &metadata);
        let contains = |wanted: &[u8]| file.windows(wanted.len()).any(|part| part == wanted);
        assert!(
            contains(&metadata.xmp().unwrap())
                && contains(b"/Type /Metadata")
                && contains(b"/Metadata 7 0 R")
        );
        assert!(contains(b"a profile") && contains(b"/ICCBased 6 0 R") && contains(b"/N 3"));
        assert!(contains(b"/Info 8 0 R") && contains(b"/Title") && contains(b"/Author"));
    }

    #[test]
    fn the_page_contains_the_jpeg_unchanged() {
        let file =
            pdf(b"\xff\xd8 as it is \xff\xd9", Dimensions::new(30, 20), true, &EmbeddedMetadata::default());
        let contains = |wanted: &[u8]| file.windows(wanted.len()).any(|part| part == wanted);
        assert!(file.starts_with(b"%PDF-"));
        assert!(contains(b"\xff\xd8 as it is \xff\xd9"));
        assert!(contains(b"/DeviceGray") && contains(b"/DCTDecode") && contains(b"[0 0 30 20]"));
    }
}
