//! Text documents with content negotiation, compression and entity tags.

use std::io::Write;
use std::sync::OnceLock;

use actix_web::http::header::{self, ContentEncoding, ETag, EntityTag, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;

use crate::web::http::accept::negotiated_coding;
use crate::web::http::conditional::{entity_tag, is_not_modified, not_modified};

/// A text, and its compressed forms once they have been requested.
pub(crate) struct Document {
    text: Bytes,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
    tag: u128,
}

/// Shorter texts fit one packet uncompressed, in bytes.
const WORTH_COMPRESSING: usize = 1200;
/// Brotli's quality: 3 takes a third of the time of 5, for bodies that are 5 to 10 % longer.
const QUALITY: i32 = 3;
/// Longer texts take milliseconds to compress, in bytes.
const LONG: usize = 50_000;

impl Document {
    pub(crate) fn new(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        let tag = xxhash_rust::xxh3::xxh3_128(&text);
        Self { text, gzip: OnceLock::new(), brotli: OnceLock::new(), tag }
    }

    /// A text with forms that were compressed ahead of time.
    pub(crate) fn with_compressed(
        text: impl Into<Bytes>,
        gzip: Option<Bytes>,
        brotli: Option<Bytes>,
    ) -> Self {
        let made = Self::new(text);
        let _ = gzip.map(|gzip| made.gzip.set(gzip));
        let _ = brotli.map(|brotli| made.brotli.set(brotli));
        made
    }

    /// Approximate memory use in bytes, including all compressed forms.
    pub(crate) fn weight(&self) -> usize {
        self.text.len() + self.text.len() / 2 + 256
    }

    /// Compresses a long text for this client on a blocking thread.
    pub(crate) async fn compressed(self, request: &HttpRequest) -> Self {
        self.compress(request).await;
        self
    }

    /// The same by reference, for a text that is kept.
    pub(crate) async fn compress(&self, request: &HttpRequest) {
        let (place, pack): (_, fn(&[u8]) -> Bytes) = match negotiated_coding(request, true) {
            ContentEncoding::Brotli => (&self.brotli, brotli),
            ContentEncoding::Gzip => (&self.gzip, gzip),
            _ => return,
        };
        if self.text.len() >= LONG && place.get().is_none() {
            let text = self.text.clone();
            if let Ok(packed) = actix_web::web::block(move || pack(&text)).await {
                let _ = place.set(packed);
            }
        }
    }

    /// The entity tag of the document in this media type and coding.
    fn entity_tag(&self, media_type: &str, coding: ContentEncoding) -> EntityTag {
        entity_tag(&[&self.tag.to_le_bytes(), media_type.as_bytes(), coding.as_str().as_bytes()])
    }

    /// The entity tags of the document in these media types and all codings.
    pub(crate) fn entity_tags(&self, media_types: &[&str]) -> Vec<EntityTag> {
        let codings = [ContentEncoding::Identity, ContentEncoding::Gzip, ContentEncoding::Brotli];
        let tags = |media_type: &&str| codings.map(|coding| self.entity_tag(media_type, coding));
        media_types.iter().flat_map(tags).collect()
    }

    /// The response in the coding that the client prefers, or 304. The caller sets `Vary` and `Cache-Control`.
    pub(crate) fn respond(
        &self,
        request: &HttpRequest,
        media_type: &'static str,
        mut response: HttpResponseBuilder,
    ) -> HttpResponse {
        let worth = self.text.len() >= WORTH_COMPRESSING && media_type != "image/png";
        let coding = negotiated_coding(request, worth);
        let tag = self.entity_tag(media_type, coding);
        if is_not_modified(request, tag.tag()) {
            return not_modified(response.insert_header(ETag(tag))).response;
        }
        response.insert_header(ETag(tag)).insert_header((header::CONTENT_TYPE, media_type));
        let body = match coding {
            ContentEncoding::Brotli => self.brotli.get_or_init(|| brotli(&self.text)),
            ContentEncoding::Gzip => self.gzip.get_or_init(|| gzip(&self.text)),
            _ => return response.body(self.text.clone()),
        };
        response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static(coding.as_str())));
        response.body(body.clone())
    }
}

fn gzip(text: &[u8]) -> Bytes {
    let mut encoder =
        flate2::write::GzEncoder::new(Vec::with_capacity(text.len() / 3), flate2::Compression::new(5));
    let written = encoder.write_all(text).and_then(|()| encoder.finish());
    written.map(Bytes::from).unwrap_or_default()
}

fn brotli(text: &[u8]) -> Bytes {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: QUALITY,
        lgwin: 20,
        size_hint: text.len(),
        ..Default::default()
    };
    let mut packed = Vec::with_capacity(text.len() / 3);
    let mut input = text;
    match brotli::BrotliCompress(&mut input, &mut packed, &parameters) {
        Ok(_) => packed.into(),
        Err(_) => Bytes::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use std::io::Read;

    #[track_caller]
    fn coding(accept: Option<&str>, length: usize, media_type: &'static str) -> Option<String> {
        let mut request = TestRequest::default();
        if let Some(accept) = accept {
            request = request.insert_header((header::ACCEPT_ENCODING, accept));
        }
        let document = Document::new(vec![b'x'; length]);
        let response = document.respond(&request.to_http_request(), media_type, HttpResponse::Ok());
        response.headers().get(header::CONTENT_ENCODING).map(|coding| coding.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_client_chooses_the_coding() {
        for (accept, expected) in [
            (None, None),
            (Some(""), None),
            (Some("gzip"), Some("gzip")),
            (Some("gzip, br"), Some("br")),
            (Some("gzip, deflate, br, zstd"), Some("br")),
            (Some("br;q=0.5, gzip"), Some("gzip")),
            (Some("br;q=0, *"), Some("gzip")),
            (Some("*"), Some("br")),
            (Some("*;q=0.5, gzip;q=0.1"), Some("br")),
            (Some("identity, gzip;q=0.5"), None),
            (Some("identity;q=0.5, gzip"), Some("gzip")),
            (Some("identity;q=0, *"), Some("br")),
            (Some("identity;q=0, gzip"), Some("gzip")),
            (Some("identity;q=0"), None),
            (Some("*;q=0"), None),
            (Some("gzip, *;q=0"), Some("gzip")),
            (Some("gzip;q=0"), None),
            (Some("identity"), None),
            (Some("zstd"), None),
            (Some("GZIP"), Some("gzip")),
        ] {
            assert_eq!(coding(accept, 5000, "text/plain").as_deref(), expected, "{accept:?}");
        }
    }

    #[test]
    fn small_documents_are_compressed_only_on_demand() {
        for (accept, expected) in [("gzip", None), ("identity;q=0, gzip", Some("gzip"))] {
            assert_eq!(coding(Some(accept), 100, "text/plain").as_deref(), expected, "{accept}");
            assert_eq!(coding(Some(accept), 5000, "image/png").as_deref(), expected, "{accept}");
        }
    }

    #[test]
    fn compressed_documents_decompress_to_the_text() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&gzip(&text)[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        unpacked.clear();
        brotli::BrotliDecompress(&mut &brotli(&text)[..], &mut unpacked).unwrap();
        assert_eq!(unpacked, text);
    }
}
