//! Texts for programs and people: negotiated, compressed, with their entity tag.

use std::io::Write;
use std::sync::OnceLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;

use super::headers::{entity_tag, is_held};

/// A text, and its compressed forms once somebody has asked for them.
pub struct Document {
    text: Bytes,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
    tag: u128,
}

/// What is shorter fits a packet as it is, in bytes.
const WORTH_COMPRESSING: usize = 1200;
/// What is longer takes milliseconds to compress, in bytes.
const LONG: usize = 50_000;

impl Document {
    pub fn new(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        let tag = xxhash_rust::xxh3::xxh3_128(&text);
        Self { text, gzip: OnceLock::new(), brotli: OnceLock::new(), tag }
    }

    /// About how many bytes of memory this takes once all forms are there.
    pub fn weight(&self) -> usize {
        self.text.len() + self.text.len() / 2 + 256
    }

    /// Packs a long text as the client takes it, away from the threads that answer.
    pub async fn packed(self, request: &HttpRequest) -> Self {
        let (place, pack): (_, fn(&[u8]) -> Bytes) = match taken(request) {
            ContentEncoding::Brotli => (&self.brotli, brotli),
            ContentEncoding::Gzip => (&self.gzip, gzip),
            _ => return self,
        };
        if self.text.len() >= LONG {
            let text = self.text.clone();
            if let Ok(packed) = actix_web::web::block(move || pack(&text)).await {
                let _ = place.set(packed);
            }
        }
        self
    }

    /// The answer that the client takes; 304 where it holds it already. `Vary` and the age are the caller's.
    pub fn answer(
        &self,
        request: &HttpRequest,
        media_type: &'static str,
        mut response: HttpResponseBuilder,
    ) -> HttpResponse {
        let coding =
            if self.text.len() < WORTH_COMPRESSING { ContentEncoding::Identity } else { taken(request) };
        let tag = entity_tag(&[&self.tag.to_le_bytes(), media_type.as_bytes(), coding.as_str().as_bytes()]);
        if is_held(request, &tag) {
            return response.status(StatusCode::NOT_MODIFIED).insert_header((header::ETAG, tag)).finish();
        }
        response.insert_header((header::ETAG, tag)).insert_header((header::CONTENT_TYPE, media_type));
        let body = match coding {
            ContentEncoding::Brotli => self.brotli.get_or_init(|| brotli(&self.text)),
            ContentEncoding::Gzip => self.gzip.get_or_init(|| gzip(&self.text)),
            _ => return response.body(self.text.clone()),
        };
        response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static(coding.as_str())));
        response.body(body.clone())
    }
}

/// The coding that the client likes best among those that we have.
fn taken(request: &HttpRequest) -> ContentEncoding {
    if !request.headers().contains_key(header::ACCEPT_ENCODING) {
        return ContentEncoding::Identity;
    }
    let offered = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok();
    match accepted.and_then(|accepted| accepted.negotiate(offered.iter())) {
        Some(Encoding::Known(coding)) => coding,
        _ => ContentEncoding::Identity,
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
        quality: 5,
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
    fn coding(accept: Option<&str>, length: usize) -> Option<String> {
        let mut request = TestRequest::default();
        if let Some(accept) = accept {
            request = request.insert_header((header::ACCEPT_ENCODING, accept));
        }
        let answer = Document::new(vec![b'x'; length]).answer(
            &request.to_http_request(),
            "text/plain",
            HttpResponse::Ok(),
        );
        answer.headers().get(header::CONTENT_ENCODING).map(|coding| coding.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_client_chooses_the_coding() {
        for (accept, expected) in [
            (None, None),
            (Some("gzip"), Some("gzip")),
            (Some("gzip, deflate, br, zstd"), Some("br")),
            (Some("br;q=0.5, gzip"), Some("gzip")),
            (Some("gzip;q=0"), None),
            (Some("identity"), None),
            (Some("zstd"), None),
        ] {
            assert_eq!(coding(accept, 5000).as_deref(), expected, "{accept:?}");
        }
        assert_eq!(coding(Some("gzip"), 100), None);
    }

    #[test]
    fn what_is_packed_unpacks_to_the_text() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&gzip(&text)[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        unpacked.clear();
        brotli::BrotliDecompress(&mut &brotli(&text)[..], &mut unpacked).unwrap();
        assert_eq!(unpacked, text);
    }
}
