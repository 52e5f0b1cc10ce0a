//! Every word that pages say, in English and in Danish.

pub(super) use crate::presentation::labels::Label as Word;

/// A noun with its plural.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noun {
    pub one: Word,
    pub many: Word,
}

const fn noun(one: Word, many: Word) -> Noun {
    Noun { one, many }
}

pub(super) const WORKS: Noun = noun(Word::new("work", "værk"), Word::new("works", "værker"));
pub(super) const IMAGES: Noun = noun(Word::new("image", "billede"), Word::new("images", "billeder"));

// Every page.
pub(super) const SEARCH_THE_COLLECTION: Word = Word::new("Search the collection", "Søg i samlingen");
pub(super) const SEARCH: Word = Word::new("Search", "Søg");
pub(super) const NOTICES: Word = Word::new("Notices", "Meddelelser");
pub(super) const LANGUAGE: Word = Word::new("Language", "Sprog");
pub(super) const SERVED_BY: Word = Word::new("Served by Tegl", "Drevet af Tegl");
pub(super) const AND: Word = Word::new("and", "og");
pub(super) const PICTURE_OF: Word = Word::new("Picture of", "Billede af");
pub(super) const NO_PICTURE: Word = Word::new("No picture", "Intet billede");
pub(super) const PICTURE_COMING: Word = Word::new("Picture on its way", "Billedet er på vej");
pub(super) const UNREACHABLE: Word = Word::new(
    "Some pictures cannot be reached right now. Please try again in a little while.",
    "Nogle billeder kan ikke hentes lige nu. Prøv igen om lidt.",
);

// The search.
pub(super) const QUOTE: Word = Word::new("“", "»");
pub(super) const UNQUOTE: Word = Word::new("”", "«");
pub(super) const NO_WORKS: Word = Word::new("No works", "Ingen værker");
/// Between the number of works found and the words searched for.
pub(super) const FOR: Word = Word::new("for", "matcher");
pub(super) const SHOWING_FOR: Word = Word::new("Showing results for", "Viser resultater for");
pub(super) const INSTEAD_OF: Word = Word::new("instead of", "i stedet for");
pub(super) const NOT_UNDERSTOOD: Word = Word::new(
    "Parts of this search were not understood and are left out:",
    "Noget i søgningen kunne ikke forstås og er udeladt:",
);
pub(super) const INDEXING: Word = Word::new(
    "The search is being prepared. Works indexed so far:",
    "Søgningen gøres klar. Værker indekseret indtil nu:",
);
pub(super) const ACTIVE_FILTERS: Word = Word::new("Active filters", "Valgte filtre");
pub(super) const REMOVE: Word = Word::new("Remove", "Fjern");
pub(super) const CLEAR_FILTERS: Word = Word::new("Clear all filters", "Ryd alle filtre");
pub(super) const SORT_BY: Word = Word::new("Sort by", "Sortér efter");
pub(super) const REFINE: Word = Word::new("Refine", "Afgræns");
pub(super) const BC: Word = Word::new("BC", "f.Kr.");
pub(super) const PERIOD: Word = Word::new("Period", "Periode");
pub(super) use crate::presentation::labels::PUBLIC_DOMAIN;
pub(super) const NOT_PUBLIC_DOMAIN: Word = Word::new("Not in the public domain", "Ikke fri af ophavsret");
pub(super) const WITH_PICTURE: Word = Word::new("With picture", "Med billede");
pub(super) const WITHOUT_PICTURE: Word = Word::new("Without picture", "Uden billede");
pub(super) const NOT: Word = Word::new("not", "ikke");
pub(super) const MIN_WIDTH: Word = Word::new("Min. width", "Mindste bredde");
pub(super) const MIN_HEIGHT: Word = Word::new("Min. height", "Mindste højde");
pub(super) const NONE_FOR_FILTERS: Word = Word::new(
    "No work matches all of this. Remove a filter, or clear them all.",
    "Ingen værker passer på det hele. Fjern et filter, eller ryd dem alle.",
);
pub(super) const NONE_FOR_WORDS: Word = Word::new(
    "No work matches these words. Try fewer or other words, or",
    "Ingen værker passer på de ord. Prøv med færre eller andre ord, eller",
);
pub(super) const NO_MORE: Word = Word::new(
    "There are no more works on this page. Go back, or",
    "Der er ikke flere værker på denne side. Gå tilbage, eller",
);
pub(super) const SEE_ALL: Word = Word::new("see the whole collection", "se hele samlingen");
pub(super) const SEE_ALL_START: Word = Word::new("See the whole collection", "Se hele samlingen");
pub(super) const NOTHING_YET: Word =
    Word::new("There is nothing to see here yet.", "Her er ikke noget at se endnu.");
pub(super) const UNLISTED: Word = Word::new(
    "The images cannot be listed here. Each of them can still be opened by its own address.",
    "Billederne kan ikke vises som liste. De kan stadig åbnes hver for sig på deres egen adresse.",
);
pub(super) const NO_IMAGES_YET: Word = Word::new(
    "There is nothing to see here yet: no images were found.",
    "Her er ikke noget at se endnu: Der blev ikke fundet nogen billeder.",
);
pub(super) const PAGES: Word = Word::new("Pages", "Sider");
pub(super) const FIRST_PAGE: Word = Word::new("First page", "Første side");
pub(super) const MORE_WORKS: Word = Word::new("More works", "Flere værker");
pub(super) const MORE_IMAGES: Word = Word::new("More images", "Flere billeder");
pub(super) const OTHER_FORMATS: Word = Word::new("Other formats", "Andre formater");
pub(super) const IN_THE_API: Word = Word::new("This search in the API", "Denne søgning i API’et");
pub(super) const AS_COLLECTION: Word =
    Word::new("This search as a IIIF Collection", "Denne søgning som IIIF-samling");
pub(super) const ALL_FILES: Word = Word::new("All images, as files", "Alle billeder som filer");

/// The label of a sort order; its name in addresses where there is none.
pub(super) fn sort(name: &str) -> Option<Word> {
    Some(match name {
        "relevance" => Word::new("Relevance", "Relevans"),
        "title" => Word::new("Title", "Titel"),
        "creator" => Word::new("Creator", "Kunstner"),
        "date" => Word::new("Date", "Datering"),
        "newest" => Word::new("Newest", "Nyeste"),
        "hue" => Word::new("Colour", "Farve"),
        _ => return None,
    })
}

// One work.
pub(super) const ABOUT: Word = Word::new("About the work", "Om værket");
pub(super) const THIS_WORK: Word = Word::new("This work", "Dette værk");
pub(super) const LOOK_CLOSER: Word = Word::new("Look closer", "Se nærmere");
pub(super) const ZOOM: Word = Word::new("Zoom", "Zoom");
pub(super) const DOWNLOAD: Word = Word::new("Download the original", "Hent originalen");
pub(super) const DOWNLOAD_ALL: Word = Word::new("Download everything", "Hent det hele");
pub(super) const MANIFEST: Word = Word::new("IIIF manifest", "IIIF-manifest");
pub(super) const RECORD: Word = Word::new("Data (JSON)", "Data (JSON)");
pub(super) const RIGHTS: Word = Word::new("Rights", "Rettigheder");
pub(super) const TAGS: Word = Word::new("Tags", "Emneord");
pub(super) const MORE_PICTURES: Word = Word::new("More pictures", "Flere billeder");
pub(super) const PICTURE: Word = Word::new("Picture", "Billede");
pub(super) const FREE: Word = Word::new(
    "The picture may be viewed and downloaded in full resolution.",
    "Billedet må ses og hentes i fuld opløsning.",
);
pub(super) const FULL_VIEW: Word = Word::new(
    "The picture is shown in full resolution. The original file is not available for download.",
    "Billedet vises i fuld opløsning. Originalfilen kan ikke hentes.",
);
/// Around the number of pixels that a picture is shown at.
pub(super) const SHOWN_UP_TO: Word = Word::new("The picture is shown at up to", "Billedet vises med op til");
pub(super) const PIXELS: Word = Word::new("pixels on its longer side.", "pixels på den længste led.");

// The viewers.
pub(super) const VIEW: Word = Word::new("View", "Visning");
pub(super) const BACK_TO_WORK: Word = Word::new("Back to the work", "Tilbage til værket");
pub(super) const BACK_TO_ALL: Word = Word::new("All images", "Alle billeder");
pub(super) const ZOOM_IN: Word = Word::new("Zoom in", "Zoom ind");
pub(super) const ZOOM_OUT: Word = Word::new("Zoom out", "Zoom ud");
pub(super) const WHOLE: Word = Word::new("Whole picture", "Hele billedet");
pub(super) const TURN: Word = Word::new("Turn by 90°", "Drej 90°");
pub(super) const FULL_SCREEN: Word = Word::new("Full screen", "Fuld skærm");
pub(super) const DETAIL: Word = Word::new("Detail", "Udsnit");
pub(super) const DETAIL_TITLE: Word = Word::new(
    "The part of the picture that you see, with its own address",
    "Det udsnit du ser, med sin egen adresse",
);
pub(super) const CANNOT_OPEN: Word =
    Word::new("This picture cannot be opened right now.", "Billedet kan ikke åbnes lige nu.");
pub(super) const NOT_BUILT: Word = Word::new(
    "This server was built without its viewers. To add them, run this and build it again:",
    "Serveren er bygget uden billedfremvisere. De kommer med, når du kører dette og bygger igen:",
);
pub(super) const CANNOT_BE_SHOWN: Word = Word::new("This image cannot be shown.", "Billedet kan ikke vises.");

// What went wrong.
pub(super) const NOT_FOUND: Word = Word::new("There is nothing here", "Her er ikke noget");
pub(super) const NOT_FOUND_MORE: Word = Word::new(
    "No page was found at this address. It may have moved, or the address may be mistyped.",
    "Der er ingen side på denne adresse. Måske er den flyttet, eller måske er adressen tastet forkert.",
);
pub(super) const GONE: Word = Word::new("This work is no longer shown", "Værket vises ikke længere");
pub(super) const GONE_MORE: Word = Word::new(
    "The museum has withdrawn it from the collection’s pages.",
    "Museet har taget det af samlingens sider.",
);
pub(super) const BAD_ADDRESS: Word =
    Word::new("This address cannot be understood", "Adressen kan ikke forstås");
pub(super) const BAD_ADDRESS_MORE: Word = Word::new(
    "Something in the address is not as it should be.",
    "Noget i adressen er ikke, som det skal være.",
);
pub(super) const NOT_ALLOWED: Word = Word::new("You cannot see this", "Det her kan ikke vises");
pub(super) const NOT_ALLOWED_MORE: Word = Word::new(
    "The rights do not allow it to be shown here.",
    "Rettighederne tillader ikke, at det vises her.",
);
pub(super) const LATER: Word = Word::new("Please try again in a moment", "Prøv igen om lidt");
pub(super) const LATER_MORE: Word = Word::new(
    "The server is busy, or being prepared. Nothing is lost.",
    "Serveren har travlt eller er ved at gøre klar. Intet er gået tabt.",
);
pub(super) const PICTURES_AWAY: Word =
    Word::new("The pictures cannot be reached", "Billederne kan ikke hentes");
pub(super) const PICTURES_AWAY_MORE: Word = Word::new(
    "The place where the pictures are kept does not answer right now. Please try again in a little while.",
    "Der er ikke forbindelse til det sted, hvor billederne ligger. Prøv igen om lidt.",
);
pub(super) const CATALOGUE_AWAY: Word =
    Word::new("The collection cannot be reached", "Samlingen kan ikke vises lige nu");
pub(super) const CATALOGUE_AWAY_MORE: Word = Word::new(
    "The catalogue does not answer right now. Please try again in a little while.",
    "Der er ikke forbindelse til kataloget. Prøv igen om lidt.",
);
pub(super) const FAILED: Word = Word::new("Something went wrong", "Noget gik galt");
pub(super) const FAILED_MORE: Word =
    Word::new("This could not be shown. The fault is ours.", "Det kunne ikke vises. Fejlen er vores.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_has_a_label() {
        for (name, _) in crate::search::SORTS.iter().filter(|(name, _)| *name != "number") {
            assert!(sort(name).is_some(), "{name}");
        }
    }
}
