//! Paths of the Web Annotation Protocol.

use super::{Image, Route};
use crate::iiif::Invalid;

/// A resource below `/annotations/{work}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnnotationResource<'a> {
    /// The container of a canvas's annotations; counted from 1.
    Container(u32),
    Annotation(&'a str),
    /// The changes of an annotation.
    History(&'a str),
}

/// `{work}/canvas/{n}/`, `{work}/{annotation}` and `{work}/{annotation}/history`.
pub(super) fn annotations(rest: &str) -> Result<Route<'_>, Invalid> {
    let found = |work, resource| Ok(Route::Annotations { work: Image::new(work)?, resource });
    if let Some(rest) = rest.strip_suffix('/') {
        let (work, number) = rest.rsplit_once("/canvas/").unwrap_or_default();
        return match crate::iiif::integer(number).filter(|number| *number > 0) {
            Some(number) if !work.is_empty() => found(work, AnnotationResource::Container(number)),
            _ => Ok(Route::Unknown),
        };
    }
    let of_history = rest.strip_suffix("/history").and_then(|rest| rest.rsplit_once('/'));
    match (of_history, rest.rsplit_once('/')) {
        (Some((work, id)), _) if !work.is_empty() && !id.is_empty() => {
            found(work, AnnotationResource::History(id))
        }
        (_, Some((work, id))) if !work.is_empty() && !id.is_empty() => {
            found(work, AnnotationResource::Annotation(id))
        }
        _ => Ok(Route::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_end_in_a_slash() {
        for (path, work, expected) in [
            ("/annotations/KMS1/canvas/2/", "KMS1", AnnotationResource::Container(2)),
            ("/annotations/a%2Fb/canvas/1/", "a/b", AnnotationResource::Container(1)),
            ("/annotations/a/b/canvas/1/", "a/b", AnnotationResource::Container(1)),
            ("/annotations/KMS1/a17", "KMS1", AnnotationResource::Annotation("a17")),
            ("/annotations/a/b/a17", "a/b", AnnotationResource::Annotation("a17")),
            ("/annotations/KMS1/a17/history", "KMS1", AnnotationResource::History("a17")),
        ] {
            let Ok(Route::Annotations { work: found, resource }) = Route::parse(path) else {
                panic!("{path}")
            };
            assert_eq!((found.identifier.as_ref(), resource), (work, expected), "{path}");
        }
        for path in
            ["/annotations/", "/annotations/KMS1", "/annotations/KMS1/canvas/0/", "/annotations/canvas/1/"]
        {
            assert_eq!(Route::parse(path), Ok(Route::Unknown), "{path}");
        }
    }
}
