//! The checksums that stores state in their responses.
//!
//! | header | covers | defined in |
//! |---|---|---|
//! | `Content-Digest` | the body of the response | RFC 9530, §2 |
//! | `Repr-Digest` | the whole object | RFC 9530, §3 |
//! | `Content-MD5` | the whole object | RFC 1864; Azure |
//! | `x-goog-hash` | the whole object | Google Cloud Storage, XML API |
//! | `x-amz-checksum-…` | the whole object; with `-` and a number only its parts' checksums | Amazon S3 |
//!
//! Those of the whole object are compared if a response has all of it. S3 itself states them only to requests that ask for
//! it in a signed header, which the client library does not send; other stores state them unasked.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use md5::Md5;
use object_store::HeaderMap;
use sha2::{Digest as _, Sha256, Sha512};

/// What a response states about its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Digests {
    content: Option<Digest>,
    object: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Digest {
    algorithm: Algorithm,
    value: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Md5,
    Sha256,
    Sha512,
}

/// The names in RFC 9530's registry that are not deprecated.
const STRUCTURED: [(&str, Algorithm); 2] = [("sha-256", Algorithm::Sha256), ("sha-512", Algorithm::Sha512)];
const GOOGLE: [(&str, Algorithm); 2] = [("crc32c", Algorithm::Crc32c), ("md5", Algorithm::Md5)];
const AMAZON: [(&str, Algorithm); 4] = [
    ("x-amz-checksum-crc64nvme", Algorithm::Crc64Nvme),
    ("x-amz-checksum-crc32c", Algorithm::Crc32c),
    ("x-amz-checksum-crc32", Algorithm::Crc32),
    ("x-amz-checksum-sha256", Algorithm::Sha256),
];

impl Digests {
    /// Reads the headers of a response; what cannot be understood states nothing.
    pub(super) fn stated(headers: &HeaderMap) -> Self {
        let is_encoded = |name| header(headers, name).any(|value| !value.eq_ignore_ascii_case("identity"));
        // The checksum may be that of the other form.
        if is_encoded("content-encoding") || is_encoded("x-goog-stored-content-encoding") {
            return Self::default();
        }
        let object = || {
            structured(headers, "repr-digest")
                .or_else(|| listed(headers, "x-goog-hash", &GOOGLE, |value| Some(value)))
                .or_else(|| amazon(headers))
                .or_else(|| header(headers, "content-md5").find_map(|text| Digest::new(Algorithm::Md5, text)))
        };
        Self { content: structured(headers, "content-digest"), object: object() }
    }

    /// Whether these are the bytes that were stated: all of the response, and of the object if `is_whole`.
    pub(super) fn hold(&self, bytes: &[u8], is_whole: bool) -> bool {
        let holds = |digest: &Option<Digest>| digest.as_ref().is_none_or(|digest| digest.holds(bytes));
        holds(&self.content) && (!is_whole || holds(&self.object))
    }
}

impl Digest {
    /// Decodes a value; `None` if it is not one of this algorithm.
    fn new(algorithm: Algorithm, text: &str) -> Option<Self> {
        let value = STANDARD.decode(text.trim()).ok()?;
        (value.len() == algorithm.length()).then_some(Self { algorithm, value })
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        let crc = |algorithm| crc_fast::checksum(algorithm, bytes).to_be_bytes();
        match self.algorithm {
            Algorithm::Crc32 => self.value == crc(CrcAlgorithm::Crc32IsoHdlc)[4..],
            Algorithm::Crc32c => self.value == crc(CrcAlgorithm::Crc32Iscsi)[4..],
            Algorithm::Crc64Nvme => self.value == crc(CrcAlgorithm::Crc64Nvme),
            Algorithm::Md5 => self.value == Md5::digest(bytes)[..],
            Algorithm::Sha256 => self.value == Sha256::digest(bytes)[..],
            Algorithm::Sha512 => self.value == Sha512::digest(bytes)[..],
        }
    }
}

impl Algorithm {
    /// The length of a checksum in bytes.
    fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Md5 => 16,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

/// The first known member of headers that are lists of `name=value`.
fn listed(
    headers: &HeaderMap,
    name: &'static str,
    known: &[(&str, Algorithm)],
    inner: impl Fn(&str) -> Option<&str>,
) -> Option<Digest> {
    let members = header(headers, name).flat_map(|values| values.split(','));
    let mut members = members.filter_map(|member| member.trim().split_once('='));
    members.find_map(|(name, value)| {
        let algorithm = known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1;
        Digest::new(algorithm, inner(value)?)
    })
}

/// The first known member of a dictionary of byte sequences (RFC 9651, §3.2 and §3.3.5).
fn structured(headers: &HeaderMap, name: &'static str) -> Option<Digest> {
    listed(headers, name, &STRUCTURED, |value| Some(value.strip_prefix(':')?.split_once(':')?.0))
}

fn amazon(headers: &HeaderMap) -> Option<Digest> {
    if header(headers, "x-amz-checksum-type").any(|kind| kind != "FULL_OBJECT") {
        return None;
    }
    AMAZON.iter().find_map(|&(name, algorithm)| {
        // `-` is not in the alphabet of base64, so that checksums of parts are not understood.
        header(headers, name).find_map(|text| Digest::new(algorithm, text))
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn stated(fields: &[(&'static str, &str)]) -> Digests {
        let field =
            |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        Digests::stated(&fields.iter().map(field).collect::<HeaderMap>())
    }

    /// The check values of the algorithms' catalogues, and the digests of RFC 9530's and RFC 1321's examples.
    const NINE: &[u8] = b"123456789";

    #[track_caller]
    fn check(name: &'static str, value: &str, is_of_the_object: bool) {
        let digests = stated(&[(name, value)]);
        assert!(digests.hold(NINE, true), "{name}: {value}");
        assert!(!digests.hold(b"123456780", true), "{name}: {value}");
        assert_eq!(digests.hold(b"2345", false), is_of_the_object, "{name}: {value}");
    }

    #[test]
    fn checksums_are_compared_with_what_they_cover() {
        let base64 = |bytes: &[u8]| STANDARD.encode(bytes);
        let crc32 = base64(&0xcbf4_3926_u32.to_be_bytes());
        let crc32c = base64(&0xe306_9283_u32.to_be_bytes());
        let crc64 = base64(&0xae8b_1486_0a79_9888_u64.to_be_bytes());
        let md5 = base64(&0x25f9_e794_323b_4538_85f5_181f_1b62_4d0b_u128.to_be_bytes());
        let sha256 = base64(&Sha256::digest(NINE));
        check("x-amz-checksum-crc32", &crc32, true);
        check("x-amz-checksum-crc32c", &crc32c, true);
        check("x-amz-checksum-crc64nvme", &crc64, true);
        check("x-amz-checksum-sha256", &sha256, true);
        check("content-md5", &md5, true);
        check("x-goog-hash", &format!("crc32c={crc32c},md5={md5}"), true);
        check("x-goog-hash", &format!("md5={md5}"), true);
        check("repr-digest", &format!("sha-256=:{sha256}:"), true);
        check("content-digest", &format!("md5=:{md5}:, sha-256=:{sha256}:;a=1"), false);
        check("content-digest", &format!("sha-512=:{}:", base64(&Sha512::digest(NINE))), false);
    }

    #[test]
    fn the_example_of_the_specification_holds() {
        // RFC 9530, appendix B.1.
        let digest = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
        let digests = stated(&[("content-digest", digest), ("repr-digest", digest)]);
        assert!(digests.hold(b"{\"hello\": \"world\"}\n", true));
        assert!(!digests.hold(b"{\"hello\": \"world\"}", true));
    }

    #[test]
    fn what_is_not_a_checksum_of_these_bytes_states_nothing() {
        for fields in [
            &[("x-amz-checksum-crc32c", "4waSgw==-3")][..],
            &[("x-amz-checksum-crc32c", "AAAAAA=="), ("x-amz-checksum-type", "COMPOSITE")],
            &[("x-goog-hash", "crc32c=AAAAAA=="), ("x-goog-stored-content-encoding", "gzip")],
            &[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="), ("content-encoding", "gzip")],
            &[("content-md5", "AAAA")],
            &[("content-digest", "sha-256=\"AAAA\"")],
            &[("repr-digest", "unixsum=:AAAA:")],
            &[],
        ] {
            assert_eq!(stated(fields), Digests::default(), "{fields:?}");
        }
    }
}
