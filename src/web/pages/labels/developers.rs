//! The labels of the page for developers.

use super::Label;

pub(in crate::web::pages) const FOR_DEVELOPERS: Label = Label::new("For developers", "For udviklere");
pub(in crate::web::pages) const DEVELOPERS_INTRODUCTION: Label = Label::new(
    "Everything on this site comes from the open interfaces below. They need no key, answer requests from any origin, and send ETags: send them back as If-None-Match.",
    "Alt på dette site kommer fra de åbne grænseflader herunder. De kræver ingen nøgle, svarer på forespørgsler fra alle websteder og sender ETags: send dem tilbage som If-None-Match.",
);
pub(in crate::web::pages) const DESCRIPTION_FILE: Label =
    Label::new("The description as OpenAPI 3.1", "Beskrivelsen som OpenAPI 3.1");
pub(in crate::web::pages) const CONTENTS: Label = Label::new("Contents", "Indhold");
pub(in crate::web::pages) const READING: Label = Label::new("Read the collection", "Læs samlingen");
pub(in crate::web::pages) const BULK: Label = Label::new("The whole collection", "Hele samlingen");
pub(in crate::web::pages) const WRITING: Label =
    Label::new("For curators, with a token", "For kuratorer, med nøgle");
pub(in crate::web::pages) const FEEDS: Label =
    Label::new("IIIF, feeds and other addresses", "IIIF, feeds og andre adresser");
pub(in crate::web::pages) const DATA_LICENCE: Label = Label::new("Licence of the data", "Dataenes licens");
pub(in crate::web::pages) const DATA_LICENCE_TEXT: Label =
    Label::new("The records are published under:", "Posterne er udgivet under:");
pub(in crate::web::pages) const RIGHTS_PER_WORK: Label = Label::new(
    "The rights of each picture are in its work’s record and manifest, as rights, and limit the sizes in its info.json.",
    "Rettighederne til hvert billede står i værkets post og manifest, som rights, og begrænser størrelserne i dets info.json.",
);
pub(in crate::web::pages) const PARAMETERS: Label = Label::new("Parameters", "Parametre");
pub(in crate::web::pages) const REQUIRED: Label = Label::new("required", "påkrævet");
pub(in crate::web::pages) const EXAMPLE: Label = Label::new("Example", "Eksempel");
pub(in crate::web::pages) const RUN: Label = Label::new("Run", "Kør");
pub(in crate::web::pages) const RUNNING: Label = Label::new("Waiting for the response …", "Venter på svar …");
pub(in crate::web::pages) const RUN_FAILED: Label =
    Label::new("The server does not respond.", "Serveren svarer ikke.");
pub(in crate::web::pages) const CUT: Label =
    Label::new("The response is longer; this is its beginning.", "Svaret er længere; dette er begyndelsen.");
pub(in crate::web::pages) const ADDRESS: Label = Label::new("Address", "Adresse");
pub(in crate::web::pages) const RESOURCE: Label = Label::new("Resource", "Ressource");
