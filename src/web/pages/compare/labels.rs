//! The labels of the page for comparing, in English and Danish.

use crate::web::pages::labels::Label;

macro_rules! labels {
    ($($name:ident: $english:literal, $danish:literal;)*) => {
        $(pub(super) const $name: Label = Label::new($english, $danish);)*
    };
}

labels! {
    // The tray.
    COMPARE: "Compare", "Sammenlign";
    CHOSEN: "Chosen for comparison", "Valgt til sammenligning";
    CLEAR: "Clear", "Ryd";
    REMOVE: "Remove", "Fjern";
    FULL: "Six works are the most that can be compared.", "Der kan højst sammenlignes seks værker.";
    // The page without script.
    NEEDS_SCRIPT: "Comparing needs JavaScript, which this browser does not run. The chosen works:", "Sammenligning kræver JavaScript, som denne browser ikke kører. De valgte værker:";
    NONE_CHOSEN: "No works are chosen yet.", "Der er ikke valgt værker endnu.";
    UNKNOWN_WORK: "not found", "ikke fundet";
    OTHER_MANIFEST: "Manifest of another server", "Manifest fra en anden server";
    SEARCH_COLLECTION: "Search the collection", "Søg i samlingen";
    // How the views are shown.
    MODE: "Show", "Vis";
    SIDE_BY_SIDE: "Side by side", "Side om side";
    OVERLAY: "Overlay", "Overlejring";
    CURTAIN: "Curtain", "Forhæng";
    BLINK: "Blink", "Blink";
    DIFFERENCE: "Difference", "Forskel";
    ZOOM_AND_PAN: "Zoom and pan", "Zoom og flyt";
    LOCKED: "Locked", "Låst";
    FREE: "Free", "Fri";
    FROM_HERE: "Locked from here", "Låst herfra";
    OPACITY: "Opacity", "Opacitet";
    CURTAIN_AT: "Curtain at", "Forhæng ved";
    BLINK_EVERY: "Change every (seconds)", "Skift hvert (sekunder)";
    PAUSE: "Pause", "Pause";
    WHOLE: "Whole pictures", "Hele billeder";
    SELECTED: "Selected view (over the first)", "Valgt visning (over den første)";
    // Works.
    WORKS: "Works", "Værker";
    ADD: "Add", "Tilføj";
    ADD_BY_SEARCH: "Add from the collection", "Tilføj fra samlingen";
    ADD_BY_URL: "Add by the address of a IIIF manifest", "Tilføj med et IIIF-manifests adresse";
    DROP_HINT: "The link of a manifest can also be dropped anywhere on this page.", "Et manifests link kan også slippes hvor som helst på siden.";
    FROM_TRAY: "Add the chosen works", "Tilføj de valgte værker";
    VIEW_OF: "View of", "Visning af";
    PICTURE_OF_VIEW: "Picture", "Billede";
    DUPLICATE: "Show twice", "Vis to gange";
    EARLIER: "Move forward", "Flyt frem";
    // Picture.
    PICTURE: "Picture", "Billede";
    ONLY_HERE: "These settings change what this browser shows, not the picture that is stored.", "Indstillingerne ændrer kun visningen i denne browser, ikke det gemte billede.";
    TURN_LEFT: "Turn left", "Drej til venstre";
    TURN_RIGHT: "Turn right", "Drej til højre";
    ANGLE: "Angle (degrees)", "Vinkel (grader)";
    MIRROR: "Mirror", "Spejl";
    GREY: "Grey", "Gråtoner";
    CONTRAST: "Contrast", "Kontrast";
    BRIGHTNESS: "Brightness", "Lysstyrke";
    CHANNEL: "Channel", "Kanal";
    ALL_CHANNELS: "All", "Alle";
    RED: "Red", "Rød";
    GREEN: "Green", "Grøn";
    BLUE: "Blue", "Blå";
    GRID: "Grid lines", "Gitter";
    RESET: "Reset", "Nulstil";
    // Registration.
    REGISTRATION: "Align by points", "Tilpas med punkter";
    REGISTRATION_HELP: "Set the same point in the first view and then in the selected one. Two pairs align size, place and rotation; three or more also shear (least squares); perspective stays. Points can be dragged or moved with the arrow keys.", "Sæt samme punkt i den første visning og så i den valgte. To par tilpasser størrelse, sted og rotation; tre eller flere også forskydning (mindste kvadrater); perspektiv bliver. Punkter kan trækkes eller flyttes med piletasterne.";
    SET_POINTS: "Set points", "Sæt punkter";
    POINT_AT_CENTRE: "Point at the centre", "Punkt i midten";
    REMOVE_LAST: "Remove the last point", "Fjern sidste punkt";
    CLEAR_POINTS: "Remove all points", "Fjern alle punkter";
    // Scale.
    SCALE: "Scale and ruler", "Mål og lineal";
    REAL_SCALE: "Real scale", "Virkelig størrelse";
    REAL_SCALE_HELP: "All works at the same scale, by their dimensions.", "Alle værker i samme målestok efter deres mål.";
    PICTURE_WIDTH: "Width of what the picture shows (cm)", "Bredde af det, billedet viser (cm)";
    UNIT: "Unit", "Enhed";
    CM: "Centimetres", "Centimeter";
    INCH: "Inches", "Tommer";
    ADD_RULER: "Add a ruler", "Tilføj en lineal";
    CLEAR_RULERS: "Remove the rulers", "Fjern linealerne";
    ERROR_HELP: "The error comes from the rounding of the recorded dimensions, from the difference between the scales of width and height (frame, crop) and from one screen pixel at each end.", "Fejlen kommer af afrundingen i de registrerede mål, af forskellen mellem breddens og højdens målestok (ramme, beskæring) og af en skærmpixel i hver ende.";
    // Detail.
    DETAIL: "Detail", "Udsnit";
    DRAW_DETAIL: "Draw a region", "Tegn et udsnit";
    DETAIL_FROM_VIEW: "What is in view", "Det synlige";
    REMOVE_DETAIL: "Remove the region", "Fjern udsnittet";
    X: "Left", "Venstre";
    Y: "Top", "Top";
    W: "Width", "Bredde";
    H: "Height", "Højde";
    NOTE: "Note", "Note";
    IMAGE_URI: "IIIF image", "IIIF-billede";
    CONTENT_STATE: "Content State link", "Content State-link";
    DOWNLOAD: "Download", "Hent";
    CITATION: "Citation", "Henvisning";
    COPY: "Copy", "Kopiér";
    AS_VIEW: "Compare the region", "Sammenlign udsnittet";
    // Keep and share.
    SHARE: "Keep and share", "Gem og del";
    SHARE_HELP: "The address of this page contains the whole arrangement.", "Sidens adresse indeholder hele opstillingen.";
    COPY_ADDRESS: "Copy the address", "Kopiér adressen";
    EXPORT_PNG: "Picture with credits (PNG)", "Billede med kreditering (PNG)";
    EXPORT_MANIFEST: "IIIF manifest", "IIIF-manifest";
    IN_MIRADOR: "The first work in Mirador", "Det første værk i Mirador";
    KEYS: "Keys in a view: arrows move, + and − zoom, 0 shows the whole picture, 1–5 choose how to show, L locks or frees.", "Taster i en visning: piletaster flytter, + og − zoomer, 0 viser hele billedet, 1–5 vælger visning, L låser eller frigør.";
    // What the script says.
    LOADING: "Loading", "Henter";
    CANNOT_LOAD: "This manifest cannot be loaded:", "Manifestet kan ikke hentes:";
    OTHER_SERVERS_OFF: "This server does not allow works of other servers here.", "Serveren tillader ikke værker fra andre servere her.";
    NOT_READABLE: "its server cannot be reached by HTTPS, or does not allow other sites to read it (CORS)", "serveren kan ikke nås med HTTPS, eller tillader ikke andre websteder at læse det (CORS)";
    NO_ANSWER: "its server does not answer", "serveren svarer ikke";
    NOT_JSON: "it is not JSON", "det er ikke JSON";
    NOT_MANIFEST: "it is not a IIIF manifest", "det er ikke et IIIF-manifest";
    IS_COLLECTION: "it is a collection: add one of its manifests", "det er en samling: tilføj et af dens manifester";
    NOT_CONTENT_STATE: "The link does not name a work that can be shown here.", "Linket angiver ikke et værk, der kan vises her.";
    NOT_EXPORTABLE: "The server of a picture does not allow it to be exported.", "Et billedes server tillader ikke, at det eksporteres.";
    NO_PICTURE: "This work has no picture that can be shown.", "Værket har intet billede, der kan vises.";
    PICTURE_FAILED: "This picture cannot be opened right now.", "Billedet kan ikke åbnes lige nu.";
    NO_RESULTS: "No works found", "Ingen værker fundet";
    ADDED: "added", "tilføjet";
    REMOVED: "removed", "fjernet";
    COPIED: "Copied", "Kopieret";
    EXPORTED: "Exported", "Eksporteret";
    START: "Add two to six works to compare them.", "Tilføj to til seks værker for at sammenligne dem.";
    POINT: "Point", "Punkt";
    POINT_IN_FIRST: "Set the point in the first view.", "Sæt punktet i den første visning.";
    POINT_IN_SELECTED: "Set the same point in the selected view.", "Sæt samme punkt i den valgte visning.";
    SELECT_OTHER: "Select another view than the first.", "Vælg en anden visning end den første.";
    ALIGNED_SIMILAR: "Aligned by size, place and rotation", "Tilpasset i størrelse, sted og rotation";
    ALIGNED_AFFINE: "Aligned with shear", "Tilpasset med forskydning";
    NOT_ALIGNED: "Not aligned: two pairs of different points are needed.", "Ikke tilpasset: der skal to par forskellige punkter til.";
    RESIDUAL: "mean deviation", "gennemsnitlig afvigelse";
    RULER: "Ruler", "Lineal";
    RULER_END: "End of ruler", "Linealens ende";
    NO_SCALE: "dimensions unknown", "mål ukendte";
    PIXELS: "pixels", "pixel";
    REGION: "Region", "Udsnit";
    RETRIEVED: "Retrieved", "Hentet";
    SHOWN_AS: "as shown in the browser", "som vist i browseren";
    COMPARISON_OF: "Comparison of", "Sammenligning af";
    SCALE_FROM: "Scale from", "Målestok fra";
}
