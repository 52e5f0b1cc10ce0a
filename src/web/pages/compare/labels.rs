//! The labels of the page for comparing, in English and Danish.

use crate::web::pages::labels::{Counted, Label};

// The tray.
pub(super) const COMPARE: Label = Label::new("Compare", "Sammenlign");
pub(super) const CHOSEN: Label = Label::new("Chosen for comparison", "Valgt til sammenligning");
pub(super) const CLEAR: Label = Label::new("Clear", "Ryd");
pub(super) const REMOVE: Label = Label::new("Remove", "Fjern");
pub(super) const FULL: Label =
    Label::new("Six works are the most that can be compared.", "Der kan højst sammenlignes seks værker.");

// The page without script.
pub(super) const NEEDS_SCRIPT: Label = Label::new(
    "Comparing needs JavaScript, which this browser does not run. The chosen works:",
    "Sammenligning kræver JavaScript, som denne browser ikke kører. De valgte værker:",
);
pub(super) const NONE_CHOSEN: Label =
    Label::new("No works are chosen yet.", "Der er ikke valgt værker endnu.");
pub(super) const UNKNOWN_WORK: Label = Label::new("not found", "ikke fundet");
pub(super) const OTHER_MANIFEST: Label =
    Label::new("Manifest of another server", "Manifest fra en anden server");
pub(super) const SEARCH_COLLECTION: Label = Label::new("Search the collection", "Søg i samlingen");

// How the views are shown.
pub(super) const MODE: Label = Label::new("Show", "Vis");
pub(super) const SIDE_BY_SIDE: Label = Label::new("Side by side", "Side om side");
pub(super) const OVERLAY: Label = Label::new("Overlay", "Overlejring");
pub(super) const CURTAIN: Label = Label::new("Curtain", "Forhæng");
pub(super) const BLINK: Label = Label::new("Blink", "Blink");
pub(super) const DIFFERENCE: Label = Label::new("Difference", "Forskel");
pub(super) const ZOOM_AND_PAN: Label = Label::new("Zoom and pan", "Zoom og flyt");
pub(super) const LOCKED: Label = Label::new("Locked", "Låst");
pub(super) const FREE: Label = Label::new("Free", "Fri");
pub(super) const FROM_HERE: Label = Label::new("Locked from here", "Låst herfra");
pub(super) const OPACITY: Label = Label::new("Opacity", "Opacitet");
pub(super) const CURTAIN_AT: Label = Label::new("Curtain at", "Forhæng ved");
pub(super) const BLINK_EVERY: Label = Label::new("Change every (seconds)", "Skift hvert (sekunder)");
pub(super) const PAUSE: Label = Label::new("Pause", "Pause");
pub(super) const WHOLE: Label = Label::new("Whole pictures", "Hele billeder");
pub(super) const SELECTED: Label =
    Label::new("Selected view (over the first)", "Valgt visning (over den første)");

// Works.
pub(super) const WORKS: Label = Label::new("Works", "Værker");
pub(super) const ADD: Label = Label::new("Add", "Tilføj");
pub(super) const ADD_BY_SEARCH: Label = Label::new("Add from the collection", "Tilføj fra samlingen");
pub(super) const ADD_BY_URL: Label =
    Label::new("Add by the address of a IIIF manifest", "Tilføj med et IIIF-manifests adresse");
pub(super) const DROP_HINT: Label = Label::new(
    "The link of a manifest can also be dropped anywhere on this page.",
    "Et manifests link kan også slippes hvor som helst på siden.",
);
pub(super) const FROM_TRAY: Label = Label::new("Add the chosen works", "Tilføj de valgte værker");
pub(super) const VIEW_OF: Label = Label::new("View of", "Visning af");
pub(super) const PICTURE_OF_VIEW: Label = Label::new("Picture", "Billede");
pub(super) const DUPLICATE: Label = Label::new("Show twice", "Vis to gange");
pub(super) const EARLIER: Label = Label::new("Move forward", "Flyt frem");

// Picture.
pub(super) const PICTURE: Label = Label::new("Picture", "Billede");
pub(super) const ONLY_HERE: Label = Label::new(
    "These settings change what this browser shows, not the picture that is stored.",
    "Indstillingerne ændrer kun visningen i denne browser, ikke det gemte billede.",
);
pub(super) const TURN_LEFT: Label = Label::new("Turn left", "Drej til venstre");
pub(super) const TURN_RIGHT: Label = Label::new("Turn right", "Drej til højre");
pub(super) const ANGLE: Label = Label::new("Angle (degrees)", "Vinkel (grader)");
pub(super) const MIRROR: Label = Label::new("Mirror", "Spejl");
pub(super) const GREY: Label = Label::new("Grey", "Gråtoner");
pub(super) const CONTRAST: Label = Label::new("Contrast", "Kontrast");
pub(super) const BRIGHTNESS: Label = Label::new("Brightness", "Lysstyrke");
pub(super) const CHANNEL: Label = Label::new("Channel", "Kanal");
pub(super) const ALL_CHANNELS: Label = Label::new("All", "Alle");
pub(super) const RED: Label = Label::new("Red", "Rød");
pub(super) const GREEN: Label = Label::new("Green", "Grøn");
pub(super) const BLUE: Label = Label::new("Blue", "Blå");
pub(super) const GRID: Label = Label::new("Grid lines", "Gitter");
pub(super) const RESET: Label = Label::new("Reset", "Nulstil");

// Registration.
pub(super) const REGISTRATION: Label = Label::new("Align by points", "Tilpas med punkter");
pub(super) const REGISTRATION_HELP: Label = Label::new(
    "Set the same point in the first view and then in the selected one. Two pairs align size, place and rotation; three or more also shear (least squares); perspective stays. Points can be dragged or moved with the arrow keys.",
    "Sæt samme punkt i den første visning og så i den valgte. To par tilpasser størrelse, sted og rotation; tre eller flere også forskydning (mindste kvadrater); perspektiv bliver. Punkter kan trækkes eller flyttes med piletasterne.",
);
pub(super) const SET_POINTS: Label = Label::new("Set points", "Sæt punkter");
pub(super) const POINT_AT_CENTRE: Label = Label::new("Point at the centre", "Punkt i midten");
pub(super) const REMOVE_LAST: Label = Label::new("Remove the last point", "Fjern sidste punkt");
pub(super) const CLEAR_POINTS: Label = Label::new("Remove all points", "Fjern alle punkter");

// Scale.
pub(super) const SCALE: Label = Label::new("Scale and ruler", "Mål og lineal");
pub(super) const REAL_SCALE: Label = Label::new("Real scale", "Virkelig størrelse");
pub(super) const REAL_SCALE_HELP: Label = Label::new(
    "All works at the same scale, by their dimensions.",
    "Alle værker i samme målestok efter deres mål.",
);
pub(super) const PICTURE_WIDTH: Label =
    Label::new("Width of what the picture shows (cm)", "Bredde af det, billedet viser (cm)");
pub(super) const UNIT: Label = Label::new("Unit", "Enhed");
pub(super) const CM: Label = Label::new("Centimetres", "Centimeter");
pub(super) const INCH: Label = Label::new("Inches", "Tommer");
pub(super) const ADD_RULER: Label = Label::new("Add a ruler", "Tilføj en lineal");
pub(super) const CLEAR_RULERS: Label = Label::new("Remove the rulers", "Fjern linealerne");
pub(super) const ERROR_HELP: Label = Label::new(
    "The error comes from the rounding of the recorded dimensions, from the difference between the scales of width and height (frame, crop) and from one screen pixel at each end.",
    "Fejlen kommer af afrundingen i de registrerede mål, af forskellen mellem breddens og højdens målestok (ramme, beskæring) og af en skærmpixel i hver ende.",
);

// Detail.
pub(super) const DETAIL: Label = Label::new("Detail", "Udsnit");
pub(super) const DRAW_DETAIL: Label = Label::new("Draw a region", "Tegn et udsnit");
pub(super) const DETAIL_FROM_VIEW: Label = Label::new("What is in view", "Det synlige");
pub(super) const REMOVE_DETAIL: Label = Label::new("Remove the region", "Fjern udsnittet");
pub(super) const X: Label = Label::new("Left", "Venstre");
pub(super) const Y: Label = Label::new("Top", "Top");
pub(super) const W: Label = Label::new("Width", "Bredde");
pub(super) const H: Label = Label::new("Height", "Højde");
pub(super) const NOTE: Label = Label::new("Note", "Note");
pub(super) const IMAGE_URI: Label = Label::new("IIIF image", "IIIF-billede");
pub(super) const CONTENT_STATE: Label = Label::new("Content State link", "Content State-link");
pub(super) const DOWNLOAD: Label = Label::new("Download", "Hent");
pub(super) const CITATION: Label = Label::new("Citation", "Henvisning");
pub(super) const COPY: Label = Label::new("Copy", "Kopiér");
pub(super) const AS_VIEW: Label = Label::new("Compare the region", "Sammenlign udsnittet");

// Keep and share.
pub(super) const SHARE: Label = Label::new("Keep and share", "Gem og del");
pub(super) const SHARE_HELP: Label = Label::new(
    "The address of this page contains the whole arrangement.",
    "Sidens adresse indeholder hele opstillingen.",
);
pub(super) const COPY_ADDRESS: Label = Label::new("Copy the address", "Kopiér adressen");
pub(super) const EXPORT_PNG: Label =
    Label::new("Picture with credits (PNG)", "Billede med kreditering (PNG)");
pub(super) const EXPORT_MANIFEST: Label = Label::new("IIIF manifest", "IIIF-manifest");
pub(super) const IN_MIRADOR: Label = Label::new("The first work in Mirador", "Det første værk i Mirador");
pub(super) const KEYS: Label = Label::new(
    "Keys in a view: arrows move, + and − zoom, 0 shows the whole picture, 1–5 choose how to show, L locks or frees.",
    "Taster i en visning: piletaster flytter, + og − zoomer, 0 viser hele billedet, 1–5 vælger visning, L låser eller frigør.",
);

// What the script says.
pub(super) const LOADING: Label = Label::new("Loading", "Henter");
pub(super) const CANNOT_LOAD: Label =
    Label::new("This manifest cannot be loaded:", "Manifestet kan ikke hentes:");
pub(super) const OTHER_SERVERS_OFF: Label = Label::new(
    "This server does not allow works of other servers here.",
    "Serveren tillader ikke værker fra andre servere her.",
);
pub(super) const NOT_READABLE: Label = Label::new(
    "its server cannot be reached by HTTPS, or does not allow other sites to read it (CORS)",
    "serveren kan ikke nås med HTTPS, eller tillader ikke andre websteder at læse det (CORS)",
);
pub(super) const NO_ANSWER: Label = Label::new("its server does not answer", "serveren svarer ikke");
pub(super) const NOT_JSON: Label = Label::new("it is not JSON", "det er ikke JSON");
pub(super) const NOT_MANIFEST: Label =
    Label::new("it is not a IIIF manifest", "det er ikke et IIIF-manifest");
pub(super) const IS_COLLECTION: Label = Label::new(
    "it is a collection: add one of its manifests",
    "det er en samling: tilføj et af dens manifester",
);
pub(super) const NOT_CONTENT_STATE: Label = Label::new(
    "The link does not name a work that can be shown here.",
    "Linket angiver ikke et værk, der kan vises her.",
);
pub(super) const NOT_EXPORTABLE: Label = Label::new(
    "The server of a picture does not allow it to be exported.",
    "Et billedes server tillader ikke, at det eksporteres.",
);
pub(super) const NO_PICTURE: Label =
    Label::new("This work has no picture that can be shown.", "Værket har intet billede, der kan vises.");
pub(super) const PICTURE_FAILED: Label =
    Label::new("This picture cannot be opened right now.", "Billedet kan ikke åbnes lige nu.");
pub(super) const NO_RESULTS: Label = Label::new("No works found", "Ingen værker fundet");
pub(super) const ADDED: Label = Label::new("added", "tilføjet");
pub(super) const REMOVED: Label = Label::new("removed", "fjernet");
pub(super) const COPIED: Label = Label::new("Copied", "Kopieret");
pub(super) const EXPORTED: Label = Label::new("Exported", "Eksporteret");
pub(super) const START: Label =
    Label::new("Add two to six works to compare them.", "Tilføj to til seks værker for at sammenligne dem.");
pub(super) const POINT: Label = Label::new("Point", "Punkt");
pub(super) const POINT_IN_FIRST: Label =
    Label::new("Set the point in the first view.", "Sæt punktet i den første visning.");
pub(super) const POINT_IN_SELECTED: Label =
    Label::new("Set the same point in the selected view.", "Sæt samme punkt i den valgte visning.");
pub(super) const SELECT_OTHER: Label =
    Label::new("Select another view than the first.", "Vælg en anden visning end den første.");
pub(super) const ALIGNED_SIMILAR: Label =
    Label::new("Aligned by size, place and rotation", "Tilpasset i størrelse, sted og rotation");
pub(super) const ALIGNED_AFFINE: Label = Label::new("Aligned with shear", "Tilpasset med forskydning");
pub(super) const NOT_ALIGNED: Label = Label::new(
    "Not aligned: two pairs of different points are needed.",
    "Ikke tilpasset: der skal to par forskellige punkter til.",
);
pub(super) const RESIDUAL: Label = Label::new("mean deviation", "gennemsnitlig afvigelse");
pub(super) const RULER: Label = Label::new("Ruler", "Lineal");
pub(super) const RULER_END: Label = Label::new("End of ruler", "Linealens ende");
pub(super) const NO_SCALE: Label = Label::new("dimensions unknown", "mål ukendte");
pub(super) const PIXELS: Counted =
    Counted::new("{count} pixel", "{count} pixels", "{count} pixel", "{count} pixel");
pub(super) const REGION: Label = Label::new("Region", "Udsnit");
pub(super) const RETRIEVED: Label = Label::new("Retrieved", "Hentet");
pub(super) const SHOWN_AS: Label = Label::new("as shown in the browser", "som vist i browseren");
pub(super) const COMPARISON_OF: Label = Label::new("Comparison of", "Sammenligning af");
pub(super) const SCALE_FROM: Label = Label::new("Scale from", "Målestok fra");
