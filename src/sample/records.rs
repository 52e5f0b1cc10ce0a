//! What the collection says of its works.

use serde::Serialize;

use crate::record::Region;

/// A text in the two languages of the collection.
#[derive(Clone, Debug, Serialize)]
pub struct Text {
    pub da: &'static str,
    pub en: &'static str,
}

/// A work's record, in the words of `records.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Work {
    pub object_number: &'static str,
    pub titles: Text,
    pub creators: Vec<Creator>,
    pub production: Production,
    pub object_type: Text,
    pub techniques: Vec<Text>,
    pub description: Text,
    pub dimensions: Vec<Measure>,
    pub department: Text,
    pub credit_line: Text,
    pub rights: &'static str,
    pub public_domain: bool,
    pub tags: Vec<Tag>,
    pub images: Vec<Image>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Creator {
    pub name: &'static str,
    pub role: &'static str,
    pub birth: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub death: Option<u16>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Production {
    pub text: Text,
    pub earliest: u16,
    pub latest: u16,
}

#[derive(Clone, Debug, Serialize)]
pub struct Measure {
    pub part: &'static str,
    pub kind: &'static str,
    pub value: f64,
    pub unit: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    pub scheme: &'static str,
    pub label: Text,
    pub source: &'static str,
    pub confidence: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Image {
    pub file: &'static str,
    pub role: &'static str,
    pub label: Text,
}

pub const LICENSE: &str = "The works and records in this folder were made by Tegl's sample generator.\n\
    They are in the public domain (CC0 1.0): https://creativecommons.org/publicdomain/zero/1.0/\n";

const CC0: &str = "http://creativecommons.org/publicdomain/zero/1.0/";

/// The records as one JSON document; `scale` says how much smaller than it is described a work was painted.
pub fn document(scale: &dyn Fn(&Work) -> Option<f64>) -> String {
    let mut works = works();
    for work in &mut works {
        let Some(scale) = scale(work) else { continue };
        let scaled = |length: u32| ((f64::from(length) * scale) as u32).max(1);
        for region in work.tags.iter_mut().filter_map(|tag| tag.region.as_mut()) {
            let Region { x, y, width, height } = *region;
            *region = Region { x: scaled(x), y: scaled(y), width: scaled(width), height: scaled(height) };
        }
    }
    let mut text = serde_json::to_string_pretty(&works).unwrap_or_default();
    text.push('\n');
    text
}

const fn t(da: &'static str, en: &'static str) -> Text {
    Text { da, en }
}

fn tag(scheme: &'static str, da: &'static str, en: &'static str) -> Tag {
    Tag { scheme, label: t(da, en), source: "curator", confidence: 1.0, region: None }
}

fn image(file: &'static str, role: &'static str) -> Image {
    let label = match role {
        "verso" => t("bagside", "verso"),
        "infrared" => t("infrarød optagelse", "infrared capture"),
        _ => t("forside", "recto"),
    };
    Image { file, role, label }
}

/// The makers are as invented as the works.
const MAKERS: [(&str, u16, Option<u16>); 4] = [
    ("Iterata Langsom", 1918, Some(2004)),
    ("Perlin Bølge", 1945, None),
    ("Truke Fliselund", 1887, Some(1959)),
    ("Rand Skravør", 1861, Some(1933)),
];

struct Short {
    number: &'static str,
    titles: Text,
    maker: usize,
    year: u16,
    kind: Text,
    technique: Text,
    about: Text,
    tags: Vec<Tag>,
    images: Vec<Image>,
}

impl From<Short> for Work {
    fn from(short: Short) -> Self {
        let (name, birth, death) = MAKERS[short.maker];
        let year: &'static str = Box::leak(short.year.to_string().into_boxed_str());
        let measure = |kind, value| Measure { part: "sheet", kind, value, unit: "mm" };
        Work {
            object_number: short.number,
            titles: short.titles,
            creators: vec![Creator { name, role: "artist", birth, death }],
            production: Production { text: t(year, year), earliest: short.year, latest: short.year },
            object_type: short.kind,
            techniques: vec![short.technique],
            description: short.about,
            dimensions: vec![measure("width", 600.0), measure("height", 400.0)],
            department: t("Samlingen af beregnet kunst", "Collection of computed art"),
            credit_line: t("Tegl, prøvesamlingen", "Tegl, the sample collection"),
            rights: CC0,
            public_domain: true,
            tags: short.tags,
            images: short.images,
        }
    }
}

/// All records, in the order of their numbers.
pub fn works() -> Vec<Work> {
    let print = || t("grafik", "print");
    let mut works: Vec<Work> = [
        Short {
            number: "TGL 1979-1/1",
            titles: t("Søhestedalen", "The valley of seahorses"),
            maker: 0,
            year: 1979,
            kind: print(),
            technique: t("iteration", "iteration"),
            about: t(
                "Et udsnit af Mandelbrots mængde, hvor den krøller sig finest.",
                "A detail of the Mandelbrot set where it curls finest.",
            ),
            tags: vec![
                tag("colour", "dybblå", "deep blue"),
                tag("motif", "spiral", "spiral"),
                tag("style", "fraktal", "fractal"),
            ],
            images: vec![image("Fraktaler/Søhestedalen.tif", "recto")],
        },
        Short {
            number: "TGL 1981-4/2",
            titles: t("Langsomme spiraler", "Slow spirals"),
            maker: 0,
            year: 1981,
            kind: print(),
            technique: t("iteration", "iteration"),
            about: t("En Julia-mængde i aftenfarver.", "A Julia set in evening colours."),
            tags: vec![
                tag("colour", "violet", "violet"),
                tag("motif", "spiral", "spiral"),
                tag("style", "fraktal", "fractal"),
            ],
            images: vec![image("Fraktaler/Langsomme spiraler.tif", "recto")],
        },
        Short {
            number: "TGL 1987-3/16",
            titles: t("Marmoreret forsats", "Marbled endpaper"),
            maker: 1,
            year: 1987,
            kind: t("bogpapir", "book paper"),
            technique: t("marmorering", "marbling"),
            about: t(
                "Farver på bad, kæmmet og løftet af; bagsiden er stemplet.",
                "Colours on a bath, combed and lifted off; the back is stamped.",
            ),
            tags: vec![
                tag("colour", "rød", "red"),
                tag("motif", "bølge", "wave"),
                tag("style", "ornament", "ornament"),
            ],
            images: vec![
                image("Papir/Marmoreret forsats.tif", "recto"),
                image("Papir/Marmoreret forsats, bagside.tif", "verso"),
            ],
        },
        Short {
            number: "TGL 1990-7/3",
            titles: t("Agat", "Agate"),
            maker: 1,
            year: 1990,
            kind: t("studie", "study"),
            technique: t("støj på støj", "noise upon noise"),
            about: t("En skåret agat med bånd omkring et hulrum.", "A cut agate, its bands around a hollow."),
            tags: vec![
                tag("colour", "rosa", "pink"),
                tag("motif", "sten", "stone"),
                tag("style", "naturstudie", "study from nature"),
            ],
            images: vec![image("Sten/Agat.tif", "recto")],
        },
        Short {
            number: "TGL 1990-7/4",
            titles: t("Snit gennem agat", "Section through an agate"),
            maker: 1,
            year: 1990,
            kind: t("studie", "study"),
            technique: t("støj på støj", "noise upon noise"),
            about: t(
                "Samme sten som TGL 1990-7/3, som rå scanning.",
                "The same stone as TGL 1990-7/3, as a raw scan.",
            ),
            tags: vec![tag("motif", "sten", "stone")],
            images: vec![image("Papir/Snit gennem agat.tif", "recto")],
        },
        Short {
            number: "TGL 1921-2/8",
            titles: t("Gårdens stjerner", "Stars of the court"),
            maker: 2,
            year: 1921,
            kind: t("fliser", "tiles"),
            technique: t("glaseret ler", "glazed clay"),
            about: t(
                "Ottetakkede stjerner, hver brik brændt for sig.",
                "Stars of eight points, each piece fired on its own.",
            ),
            tags: vec![
                tag("colour", "blå", "blue"),
                tag("motif", "stjerne", "star"),
                tag("style", "geometrisk", "geometric"),
            ],
            images: vec![image("Fliser/Gårdens stjerner.jpg", "recto")],
        },
        Short {
            number: "TGL 1993-11/Ø",
            titles: t("Argumentets ring", "The ring of the argument"),
            maker: 0,
            year: 1993,
            kind: print(),
            technique: t("kompleks farvelægning", "domain colouring"),
            about: t(
                "En rational funktion: farvetonen er vinklen, ringene er potenser af to. I Display P3.",
                "A rational function: hue is the angle, rings are powers of two. In Display P3.",
            ),
            tags: vec![
                tag("colour", "mættet", "saturated"),
                tag("motif", "cirkel", "circle"),
                tag("style", "abstrakt", "abstract"),
            ],
            images: vec![image("Værker/Argumentets ring.tif", "recto")],
        },
        Short {
            number: "TGL 1899-5/21",
            titles: t("Bakker, stik", "Hills, engraving"),
            maker: 3,
            year: 1899,
            kind: print(),
            technique: t("kobberstik", "engraving"),
            about: t("Tonen er linjernes bredde.", "Tone is the width of the lines."),
            tags: vec![
                tag("colour", "sort", "black"),
                tag("motif", "bakke", "hill"),
                tag("style", "stregætsning", "line engraving"),
            ],
            images: vec![image("Landskaber/Bakker, stik.tif", "recto")],
        },
        Short {
            number: "TGL 1902-1/5",
            titles: t("Bakker", "Hills"),
            maker: 3,
            year: 1902,
            kind: t("maleri", "painting"),
            technique: t("olie på lærred", "oil on canvas"),
            about: t(
                "Under malingen tegnede kunstneren et hus, som blev opgivet; infrarødt lys viser det.",
                "Below the paint the artist drew a house that was given up; infrared light shows it.",
            ),
            tags: vec![
                tag("colour", "grøn", "green"),
                Tag {
                    region: Some(Region { x: 3300, y: 2280, width: 620, height: 520 }),
                    source: "model:sample@1",
                    confidence: 0.82,
                    ..tag("motif", "hus", "house")
                },
                tag("motif", "bakke", "hill"),
                tag("style", "friluftsmaleri", "plein air"),
            ],
            images: vec![
                image("Landskaber/Bakker.tif", "recto"),
                image("Landskaber/Bakker, infrarød.tif", "infrared"),
            ],
        },
        Short {
            number: "TGL 1948-9/2",
            titles: t("Stjernekort", "Star chart"),
            maker: 2,
            year: 1948,
            kind: t("kort", "map"),
            technique: t("trykt kort", "printed map"),
            about: t("Mælkevejen med et net af koordinater.", "The Milky Way with a net of coordinates."),
            tags: vec![
                tag("colour", "mørkeblå", "dark blue"),
                tag("motif", "stjerne", "star"),
                tag("style", "kort", "map"),
            ],
            images: vec![image("Kort/Stjernekort.png", "recto")],
        },
        Short {
            number: "TGL 2001-6/1",
            titles: t("Strømme", "Currents"),
            maker: 1,
            year: 2001,
            kind: print(),
            technique: t("bøjede tråde", "bent threads"),
            about: t("Tusinder af tråde i et strømfelt.", "Thousands of threads in a field of currents."),
            tags: vec![
                tag("colour", "okker", "ochre"),
                tag("motif", "bølge", "wave"),
                tag("style", "abstrakt", "abstract"),
            ],
            images: vec![image("Værker/Strømme.webp", "recto")],
        },
        Short {
            number: "TGL 1934-8/1",
            titles: t("Øresund, aften", "The Sound, evening"),
            maker: 2,
            year: 1934,
            kind: t("fliser", "tiles"),
            technique: t("fliselægning", "tiling"),
            about: t(
                "Kvarte buer, vendt på må og få: veje, som ingen har lagt. Den største af prøverne.",
                "Quarter arcs, turned at random: paths that nobody laid. The largest of the samples.",
            ),
            tags: vec![
                tag("colour", "havblå", "sea blue"),
                tag("motif", "bugtet vej", "winding path"),
                tag("style", "geometrisk", "geometric"),
            ],
            images: vec![image("Værker/Øresund, aften.tif", "recto")],
        },
    ]
    .map(Work::from)
    .into();
    works.sort_by_key(|work| work.object_number);
    works
}
