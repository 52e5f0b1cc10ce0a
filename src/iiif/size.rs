//! The size of a request.

use super::number::{decimal, integer};
use super::{Dimensions, Invalid, Limits, Version};

/// The size parameter (Image API 3.0, §4.2; 2.1, §4.2): a form, and whether upscaling is allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// How the size is given.
    pub form: Form,
    /// Whether the result may be larger than the region (`^`).
    pub upscale: bool,
}

/// The forms of the size parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// `max`: the largest size within the limits, without `^` at most the region's.
    Max,
    /// `full`, only in version 2: the size of the region.
    Full,
    /// `w,`: this width, the height in proportion.
    Width(u32),
    /// `,h`: this height, the width in proportion.
    Height(u32),
    /// `pct:n`: in percent of the region.
    Percent(f64),
    /// `w,h`: exactly this size.
    Exact(u32, u32),
    /// `!w,h`: as large as fits within.
    Within(u32, u32),
}

const FORMS_3: &str =
    "must be `max`, `w,`, `,h`, `pct:n`, `w,h` or `!w,h`, each with a leading `^` to allow upscaling";
const FORMS_2: &str = "must be `full`, `max`, `w,`, `,h`, `pct:n`, `w,h` or `!w,h`";

impl Size {
    /// Parses a size (Image API 3.0 and 2.1, §4.2). In version 2 there is no `^`: all forms except `max` allow upscaling.
    ///
    /// # Errors
    /// If it has none of the version's forms. Empty sizes are refused by [`Size::of`].
    pub fn parse(text: &str, version: Version) -> Result<Self, Invalid> {
        let (caret, rest) = match text.strip_prefix('^') {
            Some(rest) if version == Version::V3 => (true, rest),
            Some(_) => return Err(Invalid::new("size", text, FORMS_2)),
            None => (false, text),
        };
        let form = match (rest, version) {
            ("max", _) => Some(Form::Max),
            ("full", Version::V2) => Some(Form::Full),
            _ => form(rest),
        };
        let forms = if version == Version::V3 { FORMS_3 } else { FORMS_2 };
        let form = form.ok_or_else(|| Invalid::new("size", text, forms))?;
        // In version 2 the plain forms allow upscaling (`sizeAboveFull`), except `max`.
        let upscale = caret || (version == Version::V2 && form != Form::Max);
        Ok(Self { form, upscale })
    }

    /// The size of the image before rotation.
    ///
    /// # Errors
    /// If it is empty, exceeds the limits, or is larger than the region without `^`.
    pub fn of(self, region: Dimensions, limits: Limits) -> Result<Dimensions, Invalid> {
        let (w, h) = (f64::from(region.width), f64::from(region.height));
        let size = match self.form {
            Form::Max if self.upscale => fill(region, limits.scale(region), limits),
            Form::Max if limits.allow(region) => region,
            Form::Max => fill(region, limits.scale(region), limits),
            Form::Full => region,
            Form::Width(width) => Dimensions::new(width, side(h * f64::from(width) / w)),
            Form::Height(height) => Dimensions::new(side(w * f64::from(height) / h), height),
            Form::Percent(percent) => Dimensions::new(part(w * percent / 100.0), part(h * percent / 100.0)),
            Form::Exact(width, height) => Dimensions::new(width, height),
            Form::Within(width, height) => {
                return self.within(region, Dimensions::new(width, height), limits);
            }
        };
        let refuse = |reason: String| Err(Invalid::new("size", &self.to_string(), reason));
        if size.width == 0 || size.height == 0 {
            return refuse(format!("is empty for a region of {region}"));
        }
        let enlarges = size.width > region.width || size.height > region.height;
        if !self.upscale && (enlarges || matches!(self.form, Form::Percent(percent) if percent > 100.0)) {
            return refuse(format!(
                "is larger than the region, which is {region}; a leading `^` allows upscaling"
            ));
        }
        self.checked(size, limits)
    }

    /// The largest size with the same aspect ratio that fits into the box, the limits and, without `^`, the region.
    fn within(self, region: Dimensions, bounds: Dimensions, limits: Limits) -> Result<Dimensions, Invalid> {
        if bounds.width == 0 || bounds.height == 0 {
            return Err(Invalid::new("size", &self.to_string(), "must have sides of at least 1"));
        }
        let limits = Limits {
            max_width: limits.max_width.min(bounds.width),
            max_height: limits.max_height.min(bounds.height),
            ..limits
        };
        let scale = limits.scale(region);
        if !self.upscale && scale >= 1.0 { Ok(region) } else { Ok(fill(region, scale, limits)) }
    }

    fn checked(self, size: Dimensions, limits: Limits) -> Result<Dimensions, Invalid> {
        if limits.allow(size) {
            return Ok(size);
        }
        let reason = format!(
            "results in {size}, which exceeds this image's limits (maxWidth {}, maxHeight {}, maxArea {}{}); `!w,h` and `max` stay within them",
            limits.max_width,
            limits.max_height,
            limits.max_area,
            if limits.largest == u32::MAX {
                String::new()
            } else {
                format!(
                    "; its rights allow the whole image at up to {} pixels, and its parts in no finer detail",
                    limits.largest
                )
            }
        );
        Err(Invalid::new("size", &self.to_string(), reason))
    }
}

fn form(text: &str) -> Option<Form> {
    if let Some(percent) = text.strip_prefix("pct:") {
        return decimal(percent).map(Form::Percent);
    }
    let (confined, pair) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (width, height) = pair.split_once(',')?;
    match (confined, width, height) {
        (false, width, "") => integer(width).map(Form::Width),
        (false, "", height) => integer(height).map(Form::Height),
        (false, ..) => Some(Form::Exact(integer(width)?, integer(height)?)),
        (true, ..) => Some(Form::Within(integer(width)?, integer(height)?)),
    }
}

/// The side that follows from the aspect ratio: rounded, at least one pixel (§4.2).
fn side(length: f64) -> u32 {
    length.round().clamp(1.0, f64::from(u32::MAX)) as u32
}

/// A side by percentage: at least one pixel, unless the percentage is 0.
fn part(length: f64) -> u32 {
    if length <= 0.0 { 0 } else { side(length) }
}

/// `region` times `scale`, rounded, and kept inside `limits` if rounding would exceed them.
fn fill(region: Dimensions, scale: f64, limits: Limits) -> Dimensions {
    let (w, h) = (f64::from(region.width) * scale, f64::from(region.height) * scale);
    let rounded =
        Dimensions::new(side(w).min(limits.max_width.max(1)), side(h).min(limits.max_height.max(1)));
    if limits.allow(rounded) { rounded } else { Dimensions::new(side(w.floor()), side(h.floor())) }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.upscale {
            f.write_str("^")?;
        }
        match self.form {
            Form::Max => f.write_str("max"),
            Form::Full => f.write_str("full"),
            Form::Width(width) => write!(f, "{width},"),
            Form::Height(height) => write!(f, ",{height}"),
            Form::Percent(percent) => write!(f, "pct:{percent}"),
            Form::Exact(width, height) => write!(f, "{width},{height}"),
            Form::Within(width, height) => write!(f, "!{width},{height}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REGION: Dimensions = Dimensions::new(300, 200);

    #[track_caller]
    fn check_within(version: Version, size: &str, limits: Limits, expected: &str) {
        let found = Size::parse(size, version).and_then(|size| size.of(REGION, limits));
        let found = found.map_or_else(|_| "400".to_owned(), |size| size.to_string());
        assert_eq!(found, expected, "{size}");
    }

    #[track_caller]
    fn check(size: &str, expected: &str) {
        check_within(Version::V3, size, Limits { max_area: 1_000_000, ..Limits::NONE }, expected);
    }

    #[test]
    fn the_specifications_examples_hold() {
        check("max", "300,200");
        check("150,", "150,100");
        check("^360,", "360,240");
        check(",150", "225,150");
        check("^,240", "360,240");
        check("pct:50", "150,100");
        check("^pct:120", "360,240");
        check("225,100", "225,100");
        check("^360,360", "360,360");
        check("!225,100", "150,100");
        check("^!360,360", "360,240");
    }

    #[test]
    fn a_box_larger_than_the_region_gives_the_region() {
        check("!2000,3000", "300,200");
        check("!300,200", "300,200");
        check("^!150,150", "150,100");
    }

    #[test]
    fn upscaling_needs_a_caret_and_respects_the_limits() {
        for size in
            ["301,", ",201", "pct:100.1", "301,200", "300,201", "^2000,2000", "^pct:1000", "^4294967295,"]
        {
            check(size, "400");
        }
        check("^max", "1225,816");
        check("^300,", "300,200");
    }

    #[test]
    fn max_is_reduced_to_the_limits() {
        let limits = Limits { max_width: 150, max_height: 150, max_area: 10_000, ..Limits::NONE };
        check_within(Version::V3, "max", limits, "122,81");
        check_within(Version::V3, "!200,200", limits, "122,81");
        check_within(Version::V3, "151,", limits, "400");
    }

    #[test]
    fn a_side_is_never_rounded_to_0() {
        check("1,", "1,1");
        check("pct:0.01", "1,1");
        for size in ["0,", ",0", "0,0", "pct:0", "!0,5"] {
            check(size, "400");
        }
    }

    #[test]
    fn values_outside_the_grammar_are_refused() {
        for size in [
            "", "full", "^", "^^max", "!^10,10", ",", "!,", "10", "1.5,", "-1,", "+1,", "1e3,", "pct:NaN",
            "pct:-1", "!10,", "10,10,10",
        ] {
            check(size, "400");
        }
    }

    #[test]
    fn version_2_has_full_and_allows_upscaling_without_caret() {
        for (size, expected) in [
            ("full", "300,200"),
            ("max", "300,200"),
            ("600,", "600,400"),
            ("pct:200", "600,400"),
            ("^600,", "400"),
            ("!600,600", "600,400"),
        ] {
            check_within(Version::V2, size, Limits { max_area: 1_000_000, ..Limits::NONE }, expected);
        }
    }

    proptest! {
        #[test]
        fn a_size_respects_the_limits(
            text in "\\^?(max|!?[0-9]{1,7},[0-9]{1,7}|[0-9]{1,7},|,[0-9]{1,7}|pct:[0-9]{1,4})",
            w in 1..30_000u32, h in 1..30_000u32, max_width in 1..5000u32, max_area in 1..10_000_000u64,
        ) {
            let limits = Limits { max_width, max_height: max_width, max_area, ..Limits::NONE };
            let size = Size::parse(&text, Version::V3).unwrap();
            if let Ok(found) = size.of(Dimensions::new(w, h), limits) {
                prop_assert!(found.width > 0 && found.height > 0);
                prop_assert!(found.width <= max_width && found.height <= max_width);
                prop_assert!(found.area() <= max_area.max(u64::from(found.width.max(found.height))));
                prop_assert!(size.upscale || (found.width <= w && found.height <= h));
            }
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,60}") {
            let _ = Size::parse(&text, Version::V3);
        }
    }
}
