//! Rights in plain words, with pictograms.

use maud::{Markup, html};

use super::super::context::Context;
use super::super::labels;
use super::super::link::Link;
use super::{Allowed, WorkPage};
use crate::presentation::rights_uri;

/// What a rights statement means for somebody who wants to use a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Usage {
    Free,
    Licence { by: bool, nc: bool, nd: bool, sa: bool },
    Protected,
    OtherTerms,
    Undetermined,
}

impl Usage {
    /// The usage that a statement's URI stands for; none for any other text.
    fn of(statement: &str) -> Option<Self> {
        let uri = rights_uri(statement)?;
        let (_, path) = uri.split_once("://")?;
        let parts: Vec<&str> = path.split('/').collect();
        Some(match parts[..] {
            ["creativecommons.org", "publicdomain", ..] => Self::Free,
            ["creativecommons.org", "licenses", conditions, ..] => {
                let has = |condition| conditions.split('-').any(|known| known == condition);
                Self::Licence { by: has("by"), nc: has("nc"), nd: has("nd"), sa: has("sa") }
            }
            ["rightsstatements.org", _, name, ..] if name.starts_with("InC") => Self::Protected,
            ["rightsstatements.org", _, name, ..] if name.starts_with("NoC") => Self::OtherTerms,
            ["rightsstatements.org", ..] => Self::Undetermined,
            _ => return None,
        })
    }

    fn words(&self, context: &Context) -> String {
        let Self::Licence { by, nc, nd, sa } = *self else {
            let label = match self {
                Self::Free => labels::FREE_USE,
                Self::Protected => labels::PROTECTED,
                Self::OtherTerms => labels::OTHER_TERMS,
                _ => labels::UNDETERMINED,
            };
            return context.text(label).to_owned();
        };
        let mut words = context.text(if nd { labels::MAY_SHARE } else { labels::MAY_CHANGE }).to_owned();
        for (applies, label) in [
            (nd, labels::UNCHANGED),
            (nc, labels::NOT_COMMERCIALLY),
            (by, labels::IF_CREDITED),
            (sa, labels::SHARED_ALIKE),
        ] {
            if applies {
                words.push_str(context.text(label));
            }
        }
        words + "."
    }

    fn pictograms(&self) -> Vec<Pictogram> {
        match *self {
            Self::Free => vec![Pictogram::NoCopyright],
            Self::Protected => vec![Pictogram::Copyright],
            Self::OtherTerms => vec![Pictogram::NoCopyright, Pictogram::Question],
            Self::Undetermined => vec![Pictogram::Question],
            Self::Licence { by, nc, nd, sa } => {
                let all = [
                    (true, Pictogram::CreativeCommons),
                    (by, Pictogram::Attribution),
                    (nc, Pictogram::NonCommercial),
                    (nd, Pictogram::NoDerivatives),
                    (sa, Pictogram::ShareAlike),
                ];
                all.into_iter().filter(|(applies, _)| *applies).map(|(_, pictogram)| pictogram).collect()
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pictogram {
    NoCopyright,
    Copyright,
    CreativeCommons,
    Attribution,
    NonCommercial,
    NoDerivatives,
    ShareAlike,
    Question,
}

impl Pictogram {
    /// What is drawn within the circle.
    fn path(self) -> &'static str {
        match self {
            Self::NoCopyright => "M15 9.4a4 4 0 1 0 0 5.2M5.6 5.6l12.8 12.8",
            Self::Copyright => "M15 9.4a4 4 0 1 0 0 5.2",
            Self::CreativeCommons => "M11 10.6a2.3 2.3 0 1 0 0 2.8M17 10.6a2.3 2.3 0 1 0 0 2.8",
            Self::Attribution => "M12 6.6v.1M9.5 9.8h5v4h-1.2v4h-2.6v-4H9.5z",
            Self::NonCommercial => {
                "M14.6 9.4c-.6-.9-4.9-1.2-4.9 1 0 2.3 4.9 1.1 4.9 3.4 0 2.2-4.4 1.9-5.2.8M12 7v10M5.6 5.6l12.8 12.8"
            }
            Self::NoDerivatives => "M8.5 10.3h7M8.5 13.7h7",
            Self::ShareAlike => "M8.2 12.4a4 4 0 1 0 1-3.2M6.6 10.4l1.6 2.1 2.1-1.7",
            Self::Question => "M9.7 9.8a2.4 2.4 0 1 1 3.4 2.3c-.8.4-1.1.8-1.1 1.7M12 16.4v.1",
        }
    }
}

fn pictogram(pictogram: Pictogram) -> Markup {
    html! {
        svg.pictogram viewBox="0 0 24 24" aria-hidden="true" {
            circle cx="12" cy="12" r="9.5" {}
            path d=(pictogram.path()) {}
        }
    }
}

/// The statements of the record, what they mean, and what this server shows because of them.
pub(super) fn rights(context: &Context, page: &WorkPage) -> Markup {
    if page.rights.is_empty() && page.allowed.is_none() {
        return html! {};
    }
    let usages = page.rights.iter().map(|rights| match Usage::of(&rights.href) {
        None if page.is_public_domain && rights.href.is_empty() => Some(Usage::Free),
        usage => usage,
    });
    html! {
        h3 { (context.text(labels::RIGHTS)) }
        @for (rights, usage) in page.rights.iter().zip(usages) {
            p.rights {
                @if let Some(usage) = &usage {
                    span.pictograms { @for one in usage.pictograms() { (pictogram(one)) } } " "
                }
                (statement(rights))
            }
            @if let Some(usage) = usage { p.words { (usage.words(context)) } }
        }
        @if let Some(allowed) = page.allowed { p.note { (shown(context, allowed)) } }
        @if let Some(credit) = &page.credit { p.note dir="auto" { (credit) } }
    }
}

/// Rights are external data, so only http and https URLs become links.
fn statement(rights: &Link) -> Markup {
    let web = ["https://", "http://"].iter().any(|scheme| rights.href.starts_with(scheme))
        && !rights.href.contains(char::is_whitespace);
    html! {
        @if web { a rel="license" href=(rights.href) { (rights.label) } } @else { span dir="auto" { (rights.label) } }
    }
}

/// In which size the picture is shown and given away.
fn shown(context: &Context, allowed: Allowed) -> String {
    match allowed {
        Allowed::Everything => context.text(labels::FREE).to_owned(),
        Allowed::FullView => context.text(labels::FULL_VIEW).to_owned(),
        Allowed::UpTo(side) => context.counted(side.into(), labels::SHOWN_UP_TO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_words_and_pictograms() {
        for (uri, words, pictograms) in [
            ("https://creativecommons.org/publicdomain/zero/1.0/", "Free of copyright: you may copy", 1),
            (
                "https://creativecommons.org/licenses/by-nc-sa/4.0/",
                "You may copy, change and share the picture, but not commercially, if you name the creator and the licence, and share what you make of it under the same licence.",
                4,
            ),
            (
                "https://creativecommons.org/licenses/by-nd/4.0/deed.da",
                "You may copy and share the picture, unchanged, if you name",
                3,
            ),
            ("http://rightsstatements.org/vocab/InC-EDU/1.0/", "Protected by copyright", 1),
            ("http://rightsstatements.org/vocab/NoC-CR/1.0/", "Not protected by copyright, but other", 2),
            ("http://rightsstatements.org/vocab/CNE/1.0/", "The copyright is not determined", 1),
        ] {
            let usage = Usage::of(uri).unwrap();
            let said = usage.words(&Context::default());
            assert!(said.starts_with(words), "{uri}: {said}");
            assert_eq!(usage.pictograms().len(), pictograms, "{uri}");
        }
        for other in ["", "© The estate", "https://museum.example/terms"] {
            assert_eq!(Usage::of(other), None, "{other}");
        }
    }
}
