//! The labels of all pages, in English and Danish.

mod concepts;
mod creators;
mod developers;
mod work;

pub(super) use self::concepts::*;
pub(super) use self::creators::*;
pub(super) use self::developers::*;
pub(super) use self::work::*;
pub(super) use crate::presentation::labels::Label;

/// A label with a number: for one, and for any other. Other languages may have further forms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub one: Label,
    pub other: Label,
}

impl Counted {
    pub(super) const fn new(
        one: &'static str,
        other: &'static str,
        danish_one: &'static str,
        danish_other: &'static str,
    ) -> Self {
        Self { one: Label::new(one, danish_one), other: Label::new(other, danish_other) }
    }
}

/// A label that is the same for all numbers in English and Danish.
impl From<Label> for Counted {
    fn from(label: Label) -> Self {
        Self { one: label, other: label }
    }
}

pub(super) const WORKS: Counted =
    Counted::new("{count} work", "{count} works", "{count} værk", "{count} værker");
pub(super) const IMAGES: Counted =
    Counted::new("{count} image", "{count} images", "{count} billede", "{count} billeder");

// Every page.
pub(super) const SEARCH_THE_COLLECTION: Label = Label::new("Search the collection", "Søg i samlingen");
pub(super) const SEARCH: Label = Label::new("Search", "Søg");
pub(super) const NOTICES: Label = Label::new("Notices", "Meddelelser");
pub(super) const MENU: Label = Label::new("Menu", "Menu");
pub(super) const LANGUAGE: Label = Label::new("Language", "Sprog");
pub(super) const SERVED_BY: Label = Label::new("Served by Tegl", "Drevet af Tegl");
pub(super) const AND: Label = Label::new("and", "og");
pub(super) const PICTURE_OF: Label = Label::new("Picture of", "Billede af");
pub(super) const NO_PICTURE: Label = Label::new("No picture", "Intet billede");
pub(super) const PICTURE_COMING: Label = Label::new("Picture loading", "Billedet er på vej");
pub(super) const UNREACHABLE: Label = Label::new(
    "Some pictures cannot be reached right now. Please try again in a little while.",
    "Nogle billeder kan ikke hentes lige nu. Prøv igen om lidt.",
);

// The review of proposed tags.
pub(super) const REVIEW: Label = Label::new("Review tags", "Gennemgå tags");
pub(super) const REVIEW_OFF: Label = Label::new(
    "Tags cannot be reviewed here: the server needs a catalogue and a token in api.tokens.",
    "Tags kan ikke gennemgås her: serveren mangler et katalog og en nøgle i api.tokens.",
);
pub(super) const TOKEN: Label = Label::new("Token", "Nøgle");
pub(super) const SIGN_IN: Label = Label::new("Sign in", "Log ind");
pub(super) const SIGN_OUT: Label = Label::new("Sign out", "Log ud");
pub(super) const BY_TAG: Label = Label::new("Tag by tag", "Tag for tag");
pub(super) const BY_WORK: Label = Label::new("Work by work", "Værk for værk");
pub(super) const ANNOTATIONS: Label = Label::new("Annotations that wait", "Annotationer, der venter");
pub(super) const SCHEME: Label = Label::new("Vocabulary", "Ordliste");
pub(super) const ACCEPT: Label = Label::new("Accept", "Godkend");
pub(super) const REJECT: Label = Label::new("Reject", "Afvis");
pub(super) const ACCEPT_TO_HERE: Label = Label::new("Accept all to here", "Godkend alle hertil");
pub(super) const UNDO: Label = Label::new("Undo", "Fortryd");
pub(super) const DECIDED: Label = Label::new("Decided", "Afgjort");
pub(super) const ACCEPTED: Label = Label::new("accepted", "godkendt");
pub(super) const REJECTED: Label = Label::new("rejected", "afvist");
pub(super) const REOPENED: Label = Label::new("reopened", "genåbnet");
pub(super) const DECIDED_BY: Label = Label::new("by", "af");
pub(super) const CLUSTER_NAME: Label = Label::new("Name of this group", "Gruppens navn");
pub(super) const SAVE: Label = Label::new("Save", "Gem");
pub(super) const HIDE_CLUSTER: Label = Label::new("Hide this group", "Skjul gruppen");
pub(super) const SHOW_CLUSTER: Label = Label::new("Show a hidden group:", "Vis en skjult gruppe:");
pub(super) const MERGE_CLUSTER: Label = Label::new("Merge into", "Læg sammen med");
pub(super) const CLUSTER_CHANGED: Label = Label::new("The group was changed.", "Gruppen er ændret.");
pub(super) const NOTHING_WAITS: Label =
    Label::new("No tags wait for a decision.", "Ingen tags venter på en afgørelse.");
pub(super) const NOTHING_WAITS_MORE: Label = Label::new(
    "New ones come when a machine or another system proposes them.",
    "Der kommer nye, når en maskine eller et andet system foreslår dem.",
);
pub(super) const LOOK_AGAIN: Label = Label::new("Look again", "Se efter igen");
pub(super) const WAITING: Counted = Counted::new(
    "{count} tag waits for a decision",
    "{count} tags wait for a decision",
    "{count} tag venter på en afgørelse",
    "{count} tags venter på en afgørelse",
);
pub(super) const DECIDED_NOW: Label =
    Label::new("{count} decided in this visit", "{count} afgjort i dette besøg");
pub(super) const TOKEN_HELP: Label = Label::new(
    "Curators get a token from those who run this server. It is kept until this window is closed, or you sign out.",
    "Kuratorer får en nøgle af dem, der driver serveren. Den gemmes, til vinduet lukkes, eller du logger ud.",
);
pub(super) const REVIEW_NEEDS_SCRIPT: Label = Label::new(
    "The review needs JavaScript, which this browser does not run.",
    "Gennemgangen kræver JavaScript, som denne browser ikke kører.",
);
pub(super) const NEXT: Label = Label::new("Next", "Næste");
pub(super) const WRONG_TOKEN: Label = Label::new("This token is not valid.", "Nøglen er ikke gyldig.");
pub(super) const CHANGED_MEANWHILE: Label = Label::new(
    "Somebody has changed one of these works or tags meanwhile: nothing was decided, and the list was loaded again.",
    "Nogen har ændret et af værkerne eller taggene imens: intet er afgjort, og listen er hentet igen.",
);
pub(super) const REVIEW_FAILED: Label = Label::new(
    "The server does not respond as expected. Please try again in a little while.",
    "Serveren svarer ikke som ventet. Prøv igen om lidt.",
);
pub(super) const REVIEW_KEYS: Label = Label::new(
    "Keys: arrows choose a picture, A accepts, R rejects, L accepts all to here, U undoes, N goes on.",
    "Taster: piletaster vælger et billede, A godkender, R afviser, L godkender alle hertil, U fortryder, N går videre.",
);

// The search.
pub(super) const QUOTE: Label = Label::new("“", "»");
pub(super) const UNQUOTE: Label = Label::new("”", "«");
pub(super) const NO_WORKS: Label = Label::new("No works", "Ingen værker");
/// Between the number of works found and the query.
pub(super) const FOR: Label = Label::new("for", "matcher");
pub(super) const SHOWING_FOR: Label = Label::new("Showing results for", "Viser resultater for");
pub(super) const INSTEAD_OF: Label = Label::new("instead of", "i stedet for");
pub(super) const NOT_UNDERSTOOD: Label = Label::new(
    "Parts of this search were not understood and are left out:",
    "Noget i søgningen kunne ikke forstås og er udeladt:",
);
pub(super) const INDEXING: Label = Label::new(
    "The search index is being built. Works indexed so far:",
    "Søgningen gøres klar. Værker indekseret indtil nu:",
);
pub(super) const ACTIVE_FILTERS: Label = Label::new("Active filters", "Valgte filtre");
pub(super) const REMOVE: Label = Label::new("Remove", "Fjern");
pub(super) const CLEAR_FILTERS: Label = Label::new("Clear all filters", "Ryd alle filtre");
pub(super) const SORT_BY: Label = Label::new("Sort by", "Sortér efter");
pub(super) const REFINE: Label = Label::new("Refine", "Afgræns");
pub(super) const BC: Label = Label::new("BC", "f.Kr.");
pub(super) const PERIOD: Label = Label::new("Period", "Periode");
pub(super) use crate::presentation::labels::PUBLIC_DOMAIN;
pub(super) const NOT_PUBLIC_DOMAIN: Label = Label::new("Not in the public domain", "Ikke fri af ophavsret");
pub(super) const WITH_PICTURE: Label = Label::new("With picture", "Med billede");
pub(super) const WITHOUT_PICTURE: Label = Label::new("Without picture", "Uden billede");
pub(super) const NOT: Label = Label::new("not", "ikke");
pub(super) const MIN_WIDTH: Label = Label::new("Min. width", "Mindste bredde");
pub(super) const MIN_HEIGHT: Label = Label::new("Min. height", "Mindste højde");
pub(super) const NONE_FOR_FILTERS: Label = Label::new(
    "No work matches all of these filters. Remove one, or clear them all.",
    "Ingen værker passer på det hele. Fjern et filter, eller ryd dem alle.",
);
pub(super) const NONE_FOR_WORDS: Label = Label::new(
    "No work matches these words. Try fewer or other words, or",
    "Ingen værker passer på de ord. Prøv med færre eller andre ord, eller",
);
pub(super) const NO_MORE: Label = Label::new(
    "There are no more works on this page. Go back, or",
    "Der er ikke flere værker på denne side. Gå tilbage, eller",
);
pub(super) const SEE_ALL: Label = Label::new("see the whole collection", "se hele samlingen");
pub(super) const SEE_ALL_START: Label = Label::new("See the whole collection", "Se hele samlingen");
pub(super) const NOTHING_YET: Label =
    Label::new("There is nothing to see here yet.", "Her er ikke noget at se endnu.");
pub(super) const UNLISTED: Label = Label::new(
    "The images cannot be listed here. Each of them can still be opened by its own address.",
    "Billederne kan ikke vises som liste. De kan stadig åbnes hver for sig på deres egen adresse.",
);
pub(super) const NO_IMAGES_YET: Label = Label::new(
    "There is nothing to see here yet: no images were found.",
    "Her er ikke noget at se endnu: Der blev ikke fundet nogen billeder.",
);
pub(super) const PAGES: Label = Label::new("Pages", "Sider");
pub(super) const FIRST_PAGE: Label = Label::new("First page", "Første side");
pub(super) const MORE_WORKS: Label = Label::new("More works", "Flere værker");
pub(super) const MORE_IMAGES: Label = Label::new("More images", "Flere billeder");
pub(super) const OTHER_FORMATS: Label = Label::new("Other formats", "Andre formater");
pub(super) const IN_THE_API: Label = Label::new("This search in the API", "Denne søgning i API’et");
pub(super) const AS_COLLECTION: Label =
    Label::new("This search as a IIIF Collection", "Denne søgning som IIIF-samling");
pub(super) const ALL_FILES: Label = Label::new("All images, as files", "Alle billeder som filer");

pub(super) const SUGGESTIONS: Label = Label::new("Suggestions", "Forslag");
pub(super) const RELAXED: Label = Label::new(
    "No work has all of these words. These have some of them.",
    "Ingen værker har alle ordene. Disse har nogle af dem.",
);
pub(super) const DID_YOU_MEAN: Label = Label::new("Did you mean", "Mente du");
pub(super) const WITHOUT_ONE: Label = Label::new("Without one of them:", "Uden et af dem:");
pub(super) const LEAVE_OUT: Label = Label::new("Without", "Uden");
pub(super) const SHOW: Label = Label::new("Show", "Vis");
pub(super) const CLOSE: Label = Label::new("Close", "Luk");
pub(super) const FROM_YEAR: Label = Label::new("From year", "Fra år");
pub(super) const TO_YEAR: Label = Label::new("To year", "Til år");
pub(super) const PICTURES_AND_RIGHTS: Label = Label::new("Pictures and rights", "Billeder og rettigheder");
pub(super) const BY_MACHINE: Label = Label::new(
    "Proposed by a machine, and not yet confirmed by the museum.",
    "Foreslået af en maskine og endnu ikke bekræftet af museet.",
);
pub(super) const PROPOSED_FOR_ALL: Label = Label::new("proposed by a machine", "foreslået af en maskine");
/// Followed by a number of works out of all.
pub(super) const PROPOSED_FOR_SOME: Label =
    Label::new("in part proposed by a machine:", "delvis foreslået af en maskine:");
pub(super) const COLOR: Label = Label::new("Colour", "Farve");
pub(super) const ANOTHER_COLOR: Label = Label::new("Another colour", "En farve til");
pub(super) const ADD_COLOR: Label = Label::new("Add colour", "Tilføj farve");
pub(super) const PERCENT_OF_PICTURE: Label = Label::new("percent of the picture", "procent af billedet");
pub(super) const BY_PICTURE: Label = Label::new("Search by picture", "Søg med et billede");
pub(super) const CHOOSE_PICTURE: Label =
    Label::new("Choose a picture, or drop one here", "Vælg et billede, eller slip et her");
pub(super) const PICTURE_IS_NOT_KEPT: Label = Label::new(
    "The picture is made smaller in your browser, compared with the works, and not kept.",
    "Billedet gøres mindre i din browser, sammenlignes med værkerne og gemmes ikke.",
);
pub(super) const LIKE_NUMBER: Label =
    Label::new("Works like the one with this number", "Værker, der ligner det med dette nummer");
pub(super) const LIKE_A_WORK: Label = Label::new("Works like", "Værker, der ligner");
pub(super) const LIKE_A_DETAIL: Label =
    Label::new("Works like a detail of", "Værker, der ligner et udsnit af");
pub(super) const END_LIKE: Label = Label::new("Back to all works", "Tilbage til alle værker");
pub(super) const DRAW_DETAIL: Label = Label::new(
    "Draw a rectangle on the picture, or give its place.",
    "Tegn et rektangel på billedet, eller angiv dets sted.",
);
pub(super) const FIND_LIKE_DETAIL: Label =
    Label::new("Find works like this detail", "Find værker, der ligner udsnittet");
pub(super) const LEFT: Label = Label::new("Left", "Venstre");
pub(super) const TOP: Label = Label::new("Top", "Top");
pub(super) const WIDTH: Label = Label::new("Width", "Bredde");
pub(super) const HEIGHT: Label = Label::new("Height", "Højde");
pub(super) const SEE_ALL_OF: Label = Label::new("See all", "Se alle");
pub(super) const EARLIER: Label = Label::new("Earlier pages", "Tidligere sider");
pub(super) const EARLIER_WORKS: Label = Label::new("Earlier works", "Tidligere værker");

// What the scripts of the search say.
pub(super) const LOADING: Label = Label::new("Loading …", "Henter …");
/// With the number of works in view, and of all.
pub(super) const IN_VIEW: Counted = Counted::new(
    "{shown} of {total} work",
    "{shown} of {total} works",
    "{shown} af {total} værk",
    "{shown} af {total} værker",
);
pub(super) const LOAD_FAILED: Label = Label::new(
    "More works could not be loaded. Check the connection, and try again.",
    "Flere værker kunne ikke hentes. Se efter, om der er forbindelse, og prøv igen.",
);
pub(super) const SHOW_COUNT: Label = Label::new("Show {count}", "Vis {count}");
pub(super) const LIKE_YOURS: Label = Label::new("Works like your picture", "Værker, der ligner dit billede");
pub(super) const YOUR_PICTURE: Label = Label::new("Your picture", "Dit billede");
pub(super) const DRAW_ON_YOURS: Label = Label::new(
    "Draw a rectangle to compare only a part.",
    "Tegn et rektangel for kun at sammenligne en del.",
);
pub(super) const PICTURE_FAILED: Label =
    Label::new("This picture could not be compared.", "Billedet kunne ikke sammenlignes.");
pub(super) const NOT_A_PICTURE: Label =
    Label::new("This file is not a picture that can be read.", "Filen er ikke et billede, der kan læses.");

/// The label of a sort order by its name in URLs.
pub(super) fn sort(name: &str) -> Option<Label> {
    Some(match name {
        "relevance" => Label::new("Relevance", "Relevans"),
        "title" => Label::new("Title", "Titel"),
        "creator" => Label::new("Creator", "Kunstner"),
        "date" => Label::new("Date", "Datering"),
        "newest" => Label::new("Newest", "Nyeste"),
        "hue" => Label::new("Colour", "Farve"),
        "brightness" => Label::new("Brightness", "Lysstyrke"),
        "contrast" => Label::new("Contrast", "Kontrast"),
        "saturation" => Label::new("Saturation", "Farvemætning"),
        "temperature" => Label::new("Colour temperature", "Farvetemperatur"),
        "entropy" => Label::new("Entropy", "Entropi"),
        _ => return None,
    })
}

// One work.
pub(super) const ABOUT: Label = Label::new("About the work", "Om værket");
pub(super) const THIS_WORK: Label = Label::new("This work", "Dette værk");
pub(super) const MANIFEST: Label = Label::new("IIIF manifest", "IIIF-manifest");
pub(super) const RECORD: Label = Label::new("Data (JSON)", "Data (JSON)");
pub(super) const RIGHTS: Label = Label::new("Rights", "Rettigheder");
pub(super) const TAGS: Label = Label::new("Tags", "Emneord");
pub(super) const PROPOSED_BY: Label = Label::new("Proposed by", "Foreslået af");
pub(super) const ACCEPTED_FROM: Label = Label::new("Accepted; proposed by", "Godkendt; foreslået af");
pub(super) const VERSION: Label = Label::new("version", "version");
pub(super) const SURE: Label = Label::new("sure", "sikker");
pub(super) const OF_THE_PICTURE: Label = Label::new("of the picture", "af billedet");
pub(super) const IN_PART: Label = Label::new("in part of it", "i en del af det");
pub(super) const SIMILAR_WORKS: Label = Label::new("Similar works", "Lignende værker");
pub(super) const PICTURE: Label = Label::new("Picture", "Billede");
pub(super) const FREE: Label = Label::new(
    "The picture may be viewed and downloaded in full resolution.",
    "Billedet må ses og hentes i fuld opløsning.",
);
pub(super) const FULL_VIEW: Label = Label::new(
    "The picture is shown in full resolution. The original file is not available for download.",
    "Billedet vises i fuld opløsning. Originalfilen kan ikke hentes.",
);
pub(super) const SHOWN_UP_TO: Label = Label::new(
    "The picture is shown at up to {count} pixels on its longer side.",
    "Billedet vises med op til {count} pixels på den længste led.",
);

// The viewers.
pub(super) const VIEW: Label = Label::new("View", "Visning");
pub(super) const BACK_TO_WORK: Label = Label::new("Back to the work", "Tilbage til værket");
pub(super) const BACK_TO_ALL: Label = Label::new("All images", "Alle billeder");
pub(super) const ZOOM_IN: Label = Label::new("Zoom in", "Zoom ind");
pub(super) const ZOOM_OUT: Label = Label::new("Zoom out", "Zoom ud");
pub(super) const WHOLE: Label = Label::new("Whole picture", "Hele billedet");
pub(super) const TURN: Label = Label::new("Turn by 90°", "Drej 90°");
pub(super) const FULL_SCREEN: Label = Label::new("Full screen", "Fuld skærm");
pub(super) const DETAIL: Label = Label::new("Detail", "Udsnit");
pub(super) const DETAIL_TITLE: Label =
    Label::new("A link to the part of the picture that you see", "Det udsnit du ser, med sin egen adresse");
pub(super) const CANNOT_OPEN: Label =
    Label::new("This picture cannot be opened right now.", "Billedet kan ikke åbnes lige nu.");
pub(super) const NOT_BUILT: Label = Label::new(
    "This server was built without its viewers. To add them, run this and build it again:",
    "Serveren er bygget uden billedfremvisere. De kommer med, når du kører dette og bygger igen:",
);
pub(super) const CANNOT_BE_SHOWN: Label =
    Label::new("This image cannot be shown.", "Billedet kan ikke vises.");

// Error pages.
pub(super) const NOT_FOUND: Label = Label::new("There is nothing here", "Her er ikke noget");
pub(super) const NOT_FOUND_MORE: Label = Label::new(
    "No page was found at this address. It may have moved, or the address may be mistyped.",
    "Der er ingen side på denne adresse. Måske er den flyttet, eller måske er adressen tastet forkert.",
);
pub(super) const GONE: Label = Label::new("This work is no longer shown", "Værket vises ikke længere");
pub(super) const GONE_MORE: Label = Label::new(
    "The museum has withdrawn it from the collection’s pages.",
    "Museet har taget det af samlingens sider.",
);
pub(super) const OBJECT_NUMBER: Label = Label::new("Object number", "Inventarnummer");
pub(super) const WITHDRAWN: Label = Label::new("Withdrawn", "Trukket tilbage");
pub(super) const REASON: Label = Label::new("Reason", "Begrundelse");
pub(super) const BAD_ADDRESS: Label =
    Label::new("This address cannot be understood", "Adressen kan ikke forstås");
pub(super) const BAD_ADDRESS_MORE: Label =
    Label::new("Part of the address is invalid.", "Noget i adressen er ikke, som det skal være.");
pub(super) const NOT_ALLOWED: Label = Label::new("You cannot see this", "Det her kan ikke vises");
pub(super) const NOT_ALLOWED_MORE: Label = Label::new(
    "The rights do not allow it to be shown here.",
    "Rettighederne tillader ikke, at det vises her.",
);
pub(super) const TRY_AGAIN: Label = Label::new("Please try again in a moment", "Prøv igen om lidt");
pub(super) const TRY_AGAIN_MORE: Label = Label::new(
    "The server is busy or starting up. Nothing has been lost.",
    "Serveren har travlt eller er ved at gøre klar. Intet er gået tabt.",
);
pub(super) const STORE_UNAVAILABLE: Label =
    Label::new("The pictures cannot be reached", "Billederne kan ikke hentes");
pub(super) const STORE_UNAVAILABLE_MORE: Label = Label::new(
    "The picture storage is not responding right now. Please try again in a little while.",
    "Der er ikke forbindelse til det sted, hvor billederne ligger. Prøv igen om lidt.",
);
pub(super) const CATALOGUE_UNAVAILABLE: Label =
    Label::new("The collection cannot be reached", "Samlingen kan ikke vises lige nu");
pub(super) const CATALOGUE_UNAVAILABLE_MORE: Label = Label::new(
    "The catalogue is not responding right now. Please try again in a little while.",
    "Der er ikke forbindelse til kataloget. Prøv igen om lidt.",
);
pub(super) const FAILED: Label = Label::new("Something went wrong", "Noget gik galt");
pub(super) const FAILED_MORE: Label = Label::new(
    "This page could not be shown because of an error on our side.",
    "Det kunne ikke vises. Fejlen er vores.",
);

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
