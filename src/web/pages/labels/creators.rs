//! The labels of the pages about creators.

use super::{Counted, Label};

pub(in crate::web::pages) const CREATORS: Label = Label::new("Creators", "Kunstnere");
pub(in crate::web::pages) const CREATOR_COUNT: Counted =
    Counted::new("{count} creator", "{count} creators", "{count} kunstner", "{count} kunstnere");
pub(in crate::web::pages) const FIND_CREATOR: Label = Label::new("Find a creator", "Find en kunstner");
pub(in crate::web::pages) const NO_CREATORS: Label =
    Label::new("No creators with this name.", "Ingen kunstnere med dette navn.");
pub(in crate::web::pages) const MORE_CREATORS: Label = Label::new("More creators", "Flere kunstnere");
pub(in crate::web::pages) const BORN: Label = Label::new("born", "født");
pub(in crate::web::pages) const DIED: Label = Label::new("died", "død");
pub(in crate::web::pages) const OTHER_NAMES: Label =
    Label::new("Other forms of the name", "Andre navneformer");
pub(in crate::web::pages) const NATIONALITY: Label = Label::new("Nationality", "Nationalitet");
pub(in crate::web::pages) const GENDER: Label = Label::new("Gender", "Køn");
pub(in crate::web::pages) const ROLES: Label = Label::new("Works by role", "Værker efter rolle");
pub(in crate::web::pages) const AUTHORITY_FILES: Label =
    Label::new("In authority files", "I autoritetsregistre");
pub(in crate::web::pages) const ALL_BY_CREATOR: Label =
    Label::new("See and refine all works", "Se og afgræns alle værker");
pub(in crate::web::pages) const CREATOR_GONE: Label =
    Label::new("There are no works by this creator now", "Der er ingen værker af denne kunstner nu");
pub(in crate::web::pages) const CREATOR_GONE_MORE: Label = Label::new(
    "The museum has withdrawn them from the collection’s pages.",
    "Museet har taget dem af samlingens sider.",
);
