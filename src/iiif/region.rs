//! The region of a request.

use super::number::{decimal, integer};
use super::{Dimensions, Invalid, Rect};

/// The region parameter (Image API 3.0, §4.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Region {
    /// The whole image.
    Full,
    /// The largest centered square.
    Square,
    /// `x,y,w,h` in pixels of the full image.
    Pixels {
        /// Pixels from the left edge.
        x: u32,
        /// Pixels from the upper edge.
        y: u32,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// `pct:x,y,w,h`, in percent of the full image.
    Percent {
        /// From the left edge, in percent of the width.
        x: f64,
        /// From the upper edge, in percent of the height.
        y: f64,
        /// In percent of the full width.
        width: f64,
        /// In percent of the full height.
        height: f64,
    },
}

const FORMS: &str = "must be `full`, `square`, `x,y,w,h` (in integers) or `pct:x,y,w,h`";

impl Region {
    /// Parses a region (Image API 3, §4.1).
    ///
    /// # Errors
    /// If it has none of the forms. Empty regions are refused by [`Region::within`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "full" => return Ok(Self::Full),
            "square" => return Ok(Self::Square),
            _ => {}
        }
        let form = || Invalid::new("region", text, FORMS);
        if let Some(percent) = text.strip_prefix("pct:") {
            let [x, y, width, height] = four(percent, decimal).ok_or_else(form)?;
            Ok(Self::Percent { x, y, width, height })
        } else {
            let [x, y, width, height] = four(text, integer).ok_or_else(form)?;
            Ok(Self::Pixels { x, y, width, height })
        }
    }

    /// The rectangle of `image` that this region covers, cropped at the image's edges.
    ///
    /// # Errors
    /// If the region is empty or outside the image.
    pub fn within(self, image: Dimensions) -> Result<Rect, Invalid> {
        let (x, y, right, bottom) = match self {
            Self::Full => return Ok(Rect::all(image)),
            Self::Square => {
                let side = image.width.min(image.height);
                let (x, y) = ((image.width - side) / 2, (image.height - side) / 2);
                return Ok(Rect { x, y, width: side, height: side });
            }
            Self::Pixels { x, y, width, height } => {
                (x, y, x.saturating_add(width).min(image.width), y.saturating_add(height).min(image.height))
            }
            Self::Percent { x, y, width, height } => {
                let (x, right) = percent_of(image.width, x, width);
                let (y, bottom) = percent_of(image.height, y, height);
                (x, y, right, bottom)
            }
        };
        if x >= right || y >= bottom {
            let reason = format!("does not overlap the image, which is {image}");
            return Err(Invalid::new("region", &self.to_string(), reason));
        }
        Ok(Rect { x, y, width: right - x, height: bottom - y })
    }
}

/// Rounds edges, not sizes, so that adjacent percentages meet without gap or overlap. A part that is not zero has at
/// least one pixel.
fn percent_of(length: u32, from: f64, part: f64) -> (u32, u32) {
    let at = |percent: f64| ((f64::from(length) * percent / 100.0).round()).min(f64::from(length)) as u32;
    let (start, end) = (at(from), at(from + part));
    if part > 0.0 && start == end && from < 100.0 {
        let start = start.min(length - 1);
        return (start, start + 1);
    }
    (start, end)
}

fn four<T: Copy>(text: &str, number: impl Fn(&str) -> Option<T>) -> Option<[T; 4]> {
    let mut parts = text.split(',').map(number);
    let all = [parts.next()??, parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(all)
}

impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Full => f.write_str("full"),
            Self::Square => f.write_str("square"),
            Self::Pixels { x, y, width, height } => write!(f, "{x},{y},{width},{height}"),
            Self::Percent { x, y, width, height } => write!(f, "pct:{x},{y},{width},{height}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IMAGE: Dimensions = Dimensions::new(300, 200);

    #[track_caller]
    fn check(region: &str, expected: &str) {
        let found = Region::parse(region).and_then(|region| region.within(IMAGE));
        let found = found.map_or_else(|_| "400".to_owned(), |rect| rect.to_string());
        assert_eq!(found, expected, "{region}");
    }

    #[test]
    fn the_specifications_examples_hold() {
        check("full", "0,0,300,200");
        check("square", "50,0,200,200");
        check("125,15,120,140", "125,15,120,140");
        check("pct:41.6,7.5,40,70", "125,15,120,140");
    }

    #[test]
    fn a_region_is_cropped_at_the_edge() {
        check("125,15,200,200", "125,15,175,185");
        check("pct:41.6,7.5,66.6,100", "125,15,175,185");
        check("0,0,4294967295,4294967295", "0,0,300,200");
        check("299,199,99999999999999999999,1", "299,199,1,1");
    }

    #[test]
    fn a_region_outside_the_image_is_refused() {
        for region in ["0,0,0,10", "0,0,10,0", "300,0,1,1", "0,200,1,1", "pct:100,0,10,10", "pct:0,0,0,10"] {
            check(region, "400");
        }
    }

    #[test]
    fn values_outside_the_grammar_are_refused() {
        for region in [
            "",
            "Full",
            "-1,0,1,1",
            "1.5,0,1,1",
            "+1,0,1,1",
            "0,0,1",
            "0,0,1,1,1",
            "pct:0,0,-1,1",
            "pct:1e1,0,1,1",
            "pct:NaN,0,1,1",
            "pct:0,0,1",
            "0,0,1,1 ",
            "pct: 0,0,1,1",
            "0;0;1;1",
        ] {
            check(region, "400");
        }
    }

    #[test]
    fn a_tiny_percentage_has_at_least_one_pixel() {
        check("pct:10,10,0.01,0.01", "30,20,1,1");
        check("pct:99.99,99.99,0.01,0.01", "299,199,1,1");
    }

    proptest! {
        #[test]
        fn a_region_never_leaves_the_image(text in "(pct:)?[0-9]{1,5},[0-9]{1,5},[0-9]{1,5},[0-9]{1,5}", w in 1..5000u32, h in 1..5000u32) {
            if let Ok(rect) = Region::parse(&text).unwrap().within(Dimensions::new(w, h)) {
                prop_assert!(rect.width > 0 && rect.height > 0 && rect.right() <= w && rect.bottom() <= h);
            }
        }

        #[test]
        fn adjacent_percentages_do_not_overlap(w in 1..10_000u32, a in 0.0..50.0f64, b in 1.0..50.0f64) {
            let (_, end) = percent_of(w, a, b);
            let (start, _) = percent_of(w, a + b, 1.0);
            prop_assert!(start == end || end - 1 == start || start + 1 == w);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,60}") {
            let _ = Region::parse(&text);
        }
    }
}
