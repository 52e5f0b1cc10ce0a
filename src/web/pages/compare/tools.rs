//! The controls of the page for comparing, and the labels that its script shows.

use maud::{Markup, html};

use super::labels as l;
use crate::web::pages::context::Context;
use crate::web::pages::labels::Label;

/// Labels that the script shows, by their names there.
pub(super) const TEXTS: [(&str, Label); 49] = [
    ("loading", l::LOADING),
    ("cannotLoad", l::CANNOT_LOAD),
    ("otherServersOff", l::OTHER_SERVERS_OFF),
    ("notReadable", l::NOT_READABLE),
    ("noAnswer", l::NO_ANSWER),
    ("notJson", l::NOT_JSON),
    ("notManifest", l::NOT_MANIFEST),
    ("isCollection", l::IS_COLLECTION),
    ("notContentState", l::NOT_CONTENT_STATE),
    ("notExportable", l::NOT_EXPORTABLE),
    ("noPicture", l::NO_PICTURE),
    ("pictureFailed", l::PICTURE_FAILED),
    ("noResults", l::NO_RESULTS),
    ("add", l::ADD),
    ("added", l::ADDED),
    ("remove", l::REMOVE),
    ("removed", l::REMOVED),
    ("copied", l::COPIED),
    ("exported", l::EXPORTED),
    ("start", l::START),
    ("full", l::FULL),
    ("viewOf", l::VIEW_OF),
    ("picture", l::PICTURE_OF_VIEW),
    ("duplicate", l::DUPLICATE),
    ("earlier", l::EARLIER),
    ("point", l::POINT),
    ("pointInFirst", l::POINT_IN_FIRST),
    ("pointInSelected", l::POINT_IN_SELECTED),
    ("selectOther", l::SELECT_OTHER),
    ("alignedSimilar", l::ALIGNED_SIMILAR),
    ("alignedAffine", l::ALIGNED_AFFINE),
    ("notAligned", l::NOT_ALIGNED),
    ("residual", l::RESIDUAL),
    ("ruler", l::RULER),
    ("rulerEnd", l::RULER_END),
    ("noScale", l::NO_SCALE),
    ("region", l::REGION),
    ("retrieved", l::RETRIEVED),
    ("shownAs", l::SHOWN_AS),
    ("comparisonOf", l::COMPARISON_OF),
    ("scaleFrom", l::SCALE_FROM),
    ("grid", l::SIDE_BY_SIDE),
    ("overlay", l::OVERLAY),
    ("curtain", l::CURTAIN),
    ("blink", l::BLINK),
    ("difference", l::DIFFERENCE),
    ("locked", l::LOCKED),
    ("free", l::FREE),
    ("here", l::FROM_HERE),
];

const MODES: [(&str, Label); 5] = [
    ("grid", l::SIDE_BY_SIDE),
    ("overlay", l::OVERLAY),
    ("curtain", l::CURTAIN),
    ("blink", l::BLINK),
    ("difference", l::DIFFERENCE),
];
const LOCKS: [(&str, Label); 3] = [("locked", l::LOCKED), ("free", l::FREE), ("here", l::FROM_HERE)];
const CHANNELS: [(&str, Label); 4] = [("", l::ALL_CHANNELS), ("r", l::RED), ("g", l::GREEN), ("b", l::BLUE)];
const UNITS: [(&str, Label); 2] = [("cm", l::CM), ("in", l::INCH)];

/// Everything that the script shows and uses; hidden until it runs.
pub(super) fn app(context: &Context) -> Markup {
    html! {
        div #app hidden {
            (toolbar(context))
            div #stage .stage data-mode="grid" {}
            div #panel .panel {
                p #message role="status" aria-live="polite" {}
                p.field { (select(context, "view", l::SELECTED, &[])) }
                (section(context, l::WORKS, true, works(context)))
                (section(context, l::REGISTRATION, false, registration(context)))
                (section(context, l::PICTURE, false, picture(context)))
                (section(context, l::SCALE, false, scale(context)))
                (section(context, l::DETAIL, false, detail(context)))
                (section(context, l::SHARE, false, share(context)))
                p.hint { (context.text(l::KEYS)) }
            }
        }
    }
}

fn toolbar(context: &Context) -> Markup {
    html! {
        div.toolbar {
            fieldset.modes {
                legend { (context.text(l::MODE)) }
                @for (value, label) in MODES {
                    label { input type="radio" name="mode" value=(value); span { (context.text(label)) } }
                }
            }
            (select(context, "lock", l::ZOOM_AND_PAN, &LOCKS))
            (range(context, "opacity", l::OPACITY, ("0", "1", "0.01")))
            (range(context, "curtain", l::CURTAIN_AT, ("0", "1", "0.005")))
            label data-for="blink" { (context.text(l::BLINK_EVERY)) " "
                input #blink type="number" min="0.5" max="10" step="0.1" inputmode="decimal"; }
            button #pause type="button" data-for="blink" aria-pressed="false" { (context.text(l::PAUSE)) }
            (action(context, "whole", l::WHOLE))
        }
    }
}

fn works(context: &Context) -> Markup {
    html! {
        ol #views .views {}
        (action(context, "from-tray", l::FROM_TRAY))
        form #search role="search" {
            label for="words" { (context.text(l::ADD_BY_SEARCH)) }
            span.row { input #words type="search" name="q" autocomplete="off"; button type="submit" { (context.text(super::super::labels::SEARCH)) } }
        }
        ul #found .found {}
        form #by-url {
            label for="manifest" { (context.text(l::ADD_BY_URL)) }
            span.row { input #manifest type="url" name="manifest" placeholder="https://" autocomplete="off"; button type="submit" { (context.text(l::ADD)) } }
        }
        p.hint { (context.text(l::DROP_HINT)) }
    }
}

fn picture(context: &Context) -> Markup {
    html! {
        p.hint { (context.text(l::ONLY_HERE)) }
        p.row { (action(context, "turn-left", l::TURN_LEFT)) (action(context, "turn-right", l::TURN_RIGHT)) }
        (number(context, "angle", l::ANGLE, "-180", "180", "0.1"))
        (checkbox(context, "mirror", l::MIRROR))
        (checkbox(context, "grey", l::GREY))
        (range(context, "contrast", l::CONTRAST, ("0", "3", "0.05")))
        (range(context, "brightness", l::BRIGHTNESS, ("0", "3", "0.05")))
        (select(context, "channel", l::CHANNEL, &CHANNELS))
        (checkbox(context, "lines", l::GRID))
        (action(context, "reset", l::RESET))
    }
}

fn registration(context: &Context) -> Markup {
    html! {
        p.hint { (context.text(l::REGISTRATION_HELP)) }
        p.row {
            button type="button" data-action="points" aria-pressed="false" { (context.text(l::SET_POINTS)) }
            (action(context, "point-at-centre", l::POINT_AT_CENTRE))
            (action(context, "remove-point", l::REMOVE_LAST))
            (action(context, "clear-points", l::CLEAR_POINTS))
        }
        p #aligned role="status" {}
    }
}

fn scale(context: &Context) -> Markup {
    html! {
        (checkbox(context, "real", l::REAL_SCALE))
        p.hint { (context.text(l::REAL_SCALE_HELP)) }
        (number(context, "width", l::PICTURE_WIDTH, "0", "100000", "any"))
        p #scale-from .hint {}
        (select(context, "unit", l::UNIT, &UNITS))
        p.row { (action(context, "add-ruler", l::ADD_RULER)) (action(context, "clear-rulers", l::CLEAR_RULERS)) }
        ul #rulers {}
        p.hint { (context.text(l::ERROR_HELP)) }
    }
}

fn detail(context: &Context) -> Markup {
    html! {
        p.row {
            button type="button" data-action="draw" aria-pressed="false" { (context.text(l::DRAW_DETAIL)) }
            (action(context, "detail-from-view", l::DETAIL_FROM_VIEW))
            (action(context, "remove-detail", l::REMOVE_DETAIL))
        }
        div #detail hidden {
            p.row {
                @for (name, label) in [("x", l::X), ("y", l::Y), ("w", l::W), ("h", l::H)] {
                    (number(context, &format!("detail-{name}"), label, "0", "1000000", "1"))
                }
            }
            label.field for="note" { (context.text(l::NOTE)) }
            textarea #note rows="2" maxlength="500" {}
            ul.links {
                li { a #image-uri { (context.text(l::IMAGE_URI)) } }
                li { a #content-state { (context.text(l::CONTENT_STATE)) } }
                li { a #download { (context.text(l::DOWNLOAD)) } }
            }
            label.field for="citation" { (context.text(l::CITATION)) }
            textarea #citation rows="4" readonly {}
            p.row { (action(context, "copy-citation", l::COPY)) (action(context, "detail-as-view", l::AS_VIEW)) }
        }
    }
}

fn share(context: &Context) -> Markup {
    html! {
        p.hint { (context.text(l::SHARE_HELP)) }
        p.row {
            (action(context, "copy-address", l::COPY_ADDRESS))
            (action(context, "export-png", l::EXPORT_PNG))
            (action(context, "export-manifest", l::EXPORT_MANIFEST))
        }
        p { a #mirador hidden { (context.text(l::IN_MIRADOR)) } }
    }
}

fn section(context: &Context, heading: Label, open: bool, content: Markup) -> Markup {
    html! { details open[open] { summary { (context.text(heading)) } div { (content) } } }
}

fn action(context: &Context, name: &str, label: Label) -> Markup {
    html! { button type="button" data-action=(name) { (context.text(label)) } }
}

fn checkbox(context: &Context, id: &str, label: Label) -> Markup {
    html! { label.field { input id=(id) type="checkbox"; " " (context.text(label)) } }
}

fn range(context: &Context, id: &str, label: Label, (min, max, step): (&str, &str, &str)) -> Markup {
    html! { label.field data-for=(id) { (context.text(label)) " " input id=(id) type="range" min=(min) max=(max) step=(step); } }
}

fn number(context: &Context, id: &str, label: Label, min: &str, max: &str, step: &str) -> Markup {
    html! {
        label.field { (context.text(label)) " "
            input id=(id) type="number" min=(min) max=(max) step=(step) inputmode="decimal"; }
    }
}

fn select(context: &Context, id: &str, label: Label, options: &[(&str, Label)]) -> Markup {
    html! {
        label.field data-for=(id) { (context.text(label)) " "
            select id=(id) { @for (value, label) in options { option value=(value) { (context.text(*label)) } } }
        }
    }
}
