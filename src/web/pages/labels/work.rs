//! The labels of a work's page.

use super::Label;

// The picture.
pub(in crate::web::pages) const PICTURES: Label = Label::new("Pictures", "Billeder");
pub(in crate::web::pages) const SOUND_AND_VIDEO: Label = Label::new("Sound and video", "Lyd og video");
pub(in crate::web::pages) const SOUND: Label = Label::new("Sound", "Lyd");
pub(in crate::web::pages) const VIDEO: Label = Label::new("Video", "Video");
pub(in crate::web::pages) const CAPTURES: Label =
    Label::new("Captures of this view", "Optagelser af denne visning");
pub(in crate::web::pages) const VISIBLE_LIGHT: Label = Label::new("Visible light", "Synligt lys");
pub(in crate::web::pages) const FADE: Label = Label::new("Fade", "Overtoning");
pub(in crate::web::pages) const SHOW_BOXES: Label =
    Label::new("Show what is tagged in the picture", "Vis det, der er mærket i billedet");
pub(in crate::web::pages) const SHOW_IN_PICTURE: Label = Label::new("Show in the picture", "Vis i billedet");
pub(in crate::web::pages) const PREVIOUS_PICTURE: Label = Label::new("Previous picture", "Forrige billede");
pub(in crate::web::pages) const NEXT_PICTURE: Label = Label::new("Next picture", "Næste billede");
pub(in crate::web::pages) const VIEWER_KEYS: Label = Label::new(
    "Keys in the picture: arrows move, + and − zoom, 0 shows it all, R turns, F fills the screen, N and P go to the next and previous picture, T shows the tags.",
    "Taster i billedet: piletaster flytter, + og − zoomer, 0 viser det hele, R drejer, F fylder skærmen, N og P går til næste og forrige billede, T viser emneordene.",
);
pub(in crate::web::pages) const OPEN_WITH: Label = Label::new("Open in Mirador", "Åbn i Mirador");
pub(in crate::web::pages) const WHOLE_WINDOW: Label =
    Label::new("Open in a window of its own", "Åbn i eget vindue");

// Downloads and use.
pub(in crate::web::pages) const DOWNLOAD_AND_USE: Label = Label::new("Download and use", "Hent og brug");
pub(in crate::web::pages) const DATA_AND_CITATION: Label = Label::new("Data and citation", "Data og citat");
pub(in crate::web::pages) const DOWNLOAD_PICTURE: Label = Label::new("Download the picture", "Hent billedet");
pub(in crate::web::pages) const OTHER_FILES: Label =
    Label::new("Other sizes and formats", "Andre størrelser og formater");
pub(in crate::web::pages) const ORIGINAL_FILE: Label = Label::new("Original file", "Originalfil");
pub(in crate::web::pages) const FULL_SIZE: Label = Label::new("Full size", "Fuld størrelse");
pub(in crate::web::pages) const MEDIUM_SIZE: Label = Label::new("Medium size", "Mellemstørrelse");
pub(in crate::web::pages) const LARGEST_ALLOWED: Label =
    Label::new("Largest size that the rights allow", "Største størrelse, som rettighederne tillader");
pub(in crate::web::pages) const EVERYTHING: Label =
    Label::new("All originals and the record", "Alle originaler og posten");
pub(in crate::web::pages) const PIXEL_UNIT: Label = Label::new("pixels", "pixels");
pub(in crate::web::pages) const FREE_USE: Label = Label::new(
    "Free of copyright: you may copy, change and share the picture, also commercially, without asking.",
    "Fri af ophavsret: du må kopiere, ændre og dele billedet, også kommercielt, uden at spørge.",
);
pub(in crate::web::pages) const MAY_SHARE: Label =
    Label::new("You may copy and share the picture", "Du må kopiere og dele billedet");
pub(in crate::web::pages) const MAY_CHANGE: Label =
    Label::new("You may copy, change and share the picture", "Du må kopiere, ændre og dele billedet");
pub(in crate::web::pages) const NOT_COMMERCIALLY: Label =
    Label::new(", but not commercially", ", men ikke kommercielt");
pub(in crate::web::pages) const UNCHANGED: Label = Label::new(", unchanged", ", i uændret form");
pub(in crate::web::pages) const IF_CREDITED: Label =
    Label::new(", if you name the creator and the licence", ", hvis du nævner ophavsmanden og licensen");
pub(in crate::web::pages) const SHARED_ALIKE: Label = Label::new(
    ", and share what you make of it under the same licence",
    ", og deler det, du laver af det, under samme licens",
);
pub(in crate::web::pages) const PROTECTED: Label = Label::new(
    "Protected by copyright: ask for permission before you use the picture for more than the law allows.",
    "Beskyttet af ophavsret: spørg om lov, før du bruger billedet til mere, end loven tillader.",
);
pub(in crate::web::pages) const OTHER_TERMS: Label = Label::new(
    "Not protected by copyright, but other terms apply: read the statement.",
    "Ikke beskyttet af ophavsret, men andre vilkår gælder: læs erklæringen.",
);
pub(in crate::web::pages) const UNDETERMINED: Label = Label::new(
    "The copyright is not determined: you have to find out yourself whether you may use the picture.",
    "Ophavsretten er ikke afklaret: du må selv finde ud af, om du må bruge billedet.",
);

// Citation and sharing.
pub(in crate::web::pages) const CITE: Label = Label::new("Cite", "Citér");
pub(in crate::web::pages) const COPY: Label = Label::new("Copy", "Kopiér");
pub(in crate::web::pages) const COPY_BIBTEX: Label = Label::new("Copy BibTeX", "Kopiér BibTeX");
pub(in crate::web::pages) const COPIED: Label = Label::new("Copied", "Kopieret");
pub(in crate::web::pages) const CITATION_TEXT: Label = Label::new("As text", "Som tekst");
pub(in crate::web::pages) const CITES_DETAIL: Label = Label::new(
    "The citation names the part of the picture that you see.",
    "Citatet angiver det udsnit af billedet, du ser.",
);
pub(in crate::web::pages) const SHARE: Label = Label::new("Share", "Del");
pub(in crate::web::pages) const COPY_LINK: Label = Label::new("Copy link", "Kopiér link");
pub(in crate::web::pages) const LINK_COPIED: Label = Label::new(
    "The link is copied: it opens what you see now.",
    "Linket er kopieret: det åbner det, du ser nu.",
);
pub(in crate::web::pages) const DRAG_MANIFEST: Label = Label::new(
    "IIIF: drag this icon into a viewer, or open the work in Mirador",
    "IIIF: træk ikonet ind i en fremviser, eller åbn værket i Mirador",
);

// Sections.
pub(in crate::web::pages) const LIKE_WHAT_YOU_SEE: Label = Label::new(
    "Works like the part of the picture that you see",
    "Værker, der ligner det udsnit af billedet, du ser",
);
pub(in crate::web::pages) const INSCRIPTIONS: Label = Label::new("Inscriptions", "Påskrifter");
pub(in crate::web::pages) const PARTS: Label = Label::new("Parts", "Dele");
pub(in crate::web::pages) const RELATED: Label = Label::new("Related works", "Relaterede værker");
pub(in crate::web::pages) const ELSEWHERE: Label = Label::new("Elsewhere", "Andre steder");
pub(in crate::web::pages) const MUSEUMS_PAGE: Label =
    Label::new("The museum’s own page", "Museets egen side");
