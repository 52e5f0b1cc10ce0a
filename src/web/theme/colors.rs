//! The style sheet of the museum: its colours and fonts as settings, then its own `style.css`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::files::OwnFile;
use super::settings::Settings;

/// The names of colours, with those of light and dark pages.
const COLORS: [(&str, &str, &str); 6] = [
    ("page", "#f6f4f0", "#171615"),
    ("mat", "#e9e5de", "#211f1d"),
    ("ink", "#211e1a", "#ece7df"),
    ("faint", "#6a635a", "#a49c91"),
    ("line", "#d9d3c9", "#35312d"),
    ("accent", "#963f25", "#e59a7c"),
];
/// Texts and what they are on.
const PAIRS: [(&str, &str); 5] =
    [("ink", "page"), ("ink", "mat"), ("faint", "page"), ("faint", "mat"), ("accent", "page")];
/// The least contrast of texts (WCAG 2.2, 1.4.3).
const CONTRAST: f64 = 4.5;

/// The style sheet; `None` if nothing differs.
pub(super) fn style(settings: &Settings, files: &[OwnFile]) -> Result<Option<String>, String> {
    let mut style = String::new();
    fonts(&mut style, settings, files)?;
    let light = variables("site.colors", &settings.colors, |(_, light, _)| light)?;
    let dark = variables("site.dark_colors", &settings.dark_colors, |(.., dark)| dark)?;
    if !light.is_empty() {
        let _ = write!(style, ":root{{{light}}}");
        // Dark pages keep their own colours.
        let own = COLORS.iter().map(|(name, _, dark)| format!("--{name}:{dark};")).collect::<String>();
        let _ = write!(style, "@media (prefers-color-scheme:dark){{:root{{{own}}}}}");
    }
    if !dark.is_empty() {
        let _ = write!(style, "@media (prefers-color-scheme:dark){{:root{{{dark}}}}}");
    }
    for file in files.iter().filter(|file| file.extension() == "css") {
        style.push_str(file.text()?);
    }
    Ok(Some(style).filter(|style| !style.is_empty()))
}

fn fonts(style: &mut String, settings: &Settings, files: &[OwnFile]) -> Result<(), String> {
    for (key, name, family, selector) in [
        ("font", &settings.font, "own-text", "html,button,input,select"),
        ("heading_font", &settings.heading_font, "own-heading", "h1,h2,.hits h3,.site-header .home"),
    ] {
        if name.is_empty() {
            continue;
        }
        if !name.ends_with(".woff2") || !files.iter().any(|file| file.name == *name) {
            return Err(format!("`site.{key}` is `{name}`: it must be a `.woff2` file in `site.folder`"));
        }
        let _ = write!(
            style,
            "@font-face{{font-family:{family};src:url({name}) format(\"woff2\");font-display:swap}}\
             {selector}{{font-family:{family},ui-sans-serif,system-ui,sans-serif}}"
        );
    }
    Ok(())
}

fn variables(
    key: &str,
    chosen: &BTreeMap<String, String>,
    usual: impl Fn((&'static str, &'static str, &'static str)) -> &'static str,
) -> Result<String, String> {
    for (name, color) in chosen {
        if !COLORS.iter().any(|(known, ..)| known == name) {
            let known: Vec<&str> = COLORS.iter().map(|(known, ..)| *known).collect();
            return Err(format!("`{key}` has `{name}`: the colours are {}", known.join(", ")));
        }
        if luminance(color).is_none() {
            return Err(format!(
                "`{key}.{name}` is `{color}`: it must be six hexadecimal digits, as in `#963f25`"
            ));
        }
    }
    let color = |name: &str| {
        let own = chosen.get(name).map(String::as_str);
        own.or_else(|| COLORS.into_iter().find(|(known, ..)| *known == name).map(&usual)).unwrap_or_default()
    };
    for (text, ground) in PAIRS {
        let (Some(a), Some(b)) = (luminance(color(text)), luminance(color(ground))) else { continue };
        let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
        if !chosen.is_empty() && contrast < CONTRAST {
            return Err(format!(
                "`{key}`: `{text}` {} on `{ground}` {} has a contrast of {contrast:.1}: texts need {CONTRAST} (WCAG 2.2)",
                color(text),
                color(ground)
            ));
        }
    }
    Ok(chosen.iter().map(|(name, color)| format!("--{name}:{color};")).collect())
}

/// The relative luminance of `#rrggbb` (WCAG 2.2).
fn luminance(color: &str) -> Option<f64> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let rgb =
        u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let linear = |shift: u32| {
        let value = f64::from(rgb >> shift & 0xff) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    Some(0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0))
}
