//! Datings as museums write them.

use serde_json::json;

use super::*;

#[test]
fn dates_have_years() {
    for (value, expected) in [
        (json!("1743-09-11T00:00:00.000Z"), Some(1743)),
        (json!("0850-01-01"), Some(850)),
        (json!("-0300-01-01T00:00:00Z"), Some(-300)),
        (json!("-300"), Some(-300)),
        (json!("-0299"), Some(-299)),
        (json!(-300), Some(-300)),
        (json!("ca. 1850"), Some(1850)),
        (json!("300–200 BC"), Some(-300)),
        (json!("300-200 BC"), Some(-300)),
        (json!("384 f.Kr."), Some(-384)),
        (json!("31-12-1900"), Some(1900)),
        (json!(["1832"]), Some(1832)),
        (json!(1832.0), Some(1832)),
        (json!(0), None),
        (json!("0000-01-01"), None),
        (json!(1e300), None),
        (json!("99999999999999"), None),
        (json!("ukendt"), None),
        (json!({"a": 1}), None),
    ] {
        assert_eq!(year(&value), expected, "{value}");
    }
    for (value, expected) in [
        (json!("1850s"), 1859),
        (json!("300–200 BC"), -200),
        (json!(1850), 1850),
        (json!("1850-07-01"), 1850),
    ] {
        assert_eq!(last_year(&value), Some(expected), "{value}");
    }
}

#[track_caller]
fn check(table: &[(&str, i32, i32)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(words, first, last)| span(words) != (Some(*first), Some(*last)))
        .map(|(words, first, last)| format!("{words}: {:?}, not {first} to {last}", span(words)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn datings_span_years() {
    check(&[
        ("1850", 1850, 1850),
        ("1850-55", 1850, 1855),
        ("Ca. 1825 - 1893", 1825, 1893),
        ("1825 -1893", 1825, 1893),
        ("1850s", 1850, 1859),
        ("1850'erne", 1850, 1859),
        ("1850er Jahre", 1850, 1859),
        ("1850-talet", 1850, 1859),
        ("1840'erne-50'erne", 1840, 1859),
        ("1900s", 1900, 1999),
        ("1.5.1832", 1832, 1832),
        ("1. maj 1832", 1832, 1832),
        ("før 1850–før 1848", 1848, 1850),
        ("1805-07-01", 1805, 1805),
        ("1800-tallet", 1800, 1899),
        ("1700- og 1800-tallet", 1700, 1899),
        ("kat. 123, 1850", 1850, 1850),
        ("1850 to 1855", 1850, 1855),
        ("(1611-1693)", 1611, 1693),
        ("850", 850, 850),
        ("evt. 1850", 1850, 1850),
        ("Vancouver, B.C., 1920", 1920, 1920),
    ]);
}

#[test]
fn years_before_our_era_are_negative() {
    check(&[
        ("ca. 1295–1070 B.C.", -1295, -1070),
        ("300 BC", -300, -300),
        ("300BC", -300, -300),
        ("300 b.c.", -300, -300),
        ("300 BCE", -300, -300),
        ("300 B.C.E.", -300, -300),
        ("50 BC", -50, -50),
        ("ca. 100 f.Kr.", -100, -100),
        ("100 f. Kr.", -100, -100),
        ("100 f.v.t.", -100, -100),
        ("100 v. Chr.", -100, -100),
        ("100 v.u.Z.", -100, -100),
        ("100 av. J.-C.", -100, -100),
        ("100 a.C.", -100, -100),
        ("100 før Kristus", -100, -100),
        ("10,000 BC", -10_000, -10_000),
        ("10.000 f.Kr.", -10_000, -10_000),
        ("ca. 3200-3000 f.Kr.", -3200, -3000),
        ("332–30 B.C.", -332, -30),
        ("300 BC or 250 BC", -300, -250),
        ("300? BC", -300, -300),
        ("450s BC", -459, -450),
        ("-300", -300, -300),
        ("ca. -300", -300, -300),
        ("-300 - -250", -300, -250),
        ("-300/-250", -300, -250),
        ("−0299", -299, -299),
    ]);
}

#[test]
fn ranges_may_cross_eras() {
    check(&[
        ("200 B.C.–A.D. 100", -200, 100),
        ("100 BC – 50 AD", -100, 50),
        ("100 f.Kr. - 50 e.Kr.", -100, 50),
        ("50 BC–100", -50, 100),
        ("AD 79", 79, 79),
        ("A.D. 50–100", 50, 100),
        ("50–100 CE", 50, 100),
        ("7 e.Kr.", 7, 7),
        ("1st century B.C.–1st century A.D.", -100, 99),
        ("late 1st century BC–early 1st century AD", -100, 99),
        ("-50/100", -50, 100),
    ]);
}

#[test]
fn centuries_and_millennia_are_ranges() {
    check(&[
        ("no date, 19th century", 1800, 1899),
        ("late 18th-early 19th century", 1700, 1899),
        ("17-18th century", 1600, 1799),
        ("19th c.", 1800, 1899),
        ("nineteenth century", 1800, 1899),
        ("first half of the 4th century BC", -400, -301),
        ("1st century BC", -100, -1),
        ("2. årh. f.Kr.", -200, -101),
        ("2. århundrede f.v.t.", -200, -101),
        ("4.-3. årh. f.Kr.", -400, -201),
        ("18. og 19. århundrede", 1700, 1899),
        ("4th–3rd century B.C.", -400, -201),
        ("4th to 3rd century B.C.", -400, -201),
        ("early 3rd millennium BC", -3000, -2001),
        ("2. Jh. v. Chr.", -200, -101),
        ("19. Jahrhundert", 1800, 1899),
        ("Ende des 18. Jahrhunderts", 1700, 1799),
        ("XIXe siècle", 1800, 1899),
        ("Ier siècle av. J.-C.", -100, -1),
        ("300-tallet f.Kr.", -399, -300),
    ]);
}

#[test]
fn unknown_digits_span_all_possible_years() {
    check(&[
        ("185-", 1850, 1859),
        ("[185-]", 1850, 1859),
        ("185-?", 1850, 1859),
        ("185?", 1850, 1859),
        ("185X", 1850, 1859),
        ("18--", 1800, 1899),
        ("18XX", 1800, 1899),
        ("18??", 1800, 1899),
        ("1850/1860", 1850, 1860),
        ("1850~", 1850, 1850),
        ("1850?", 1850, 1850),
        ("1850-", 1850, 1850),
        ("850-", 850, 850),
        ("300?", 300, 300),
    ]);
}

#[test]
fn ambiguous_datings_have_no_years() {
    for words in [
        "no date",
        "10,000 years ago",
        "ca. 10.000 år siden",
        "c. 2000 BP",
        "2000 B.P.",
        "300 BC–200",
        "300 BC (cast 1880)",
        "B.C. 300",
        "Rom -300",
        "3rd century BC–2nd century",
        "1st century BC, frame 19th century",
        "Iron Age",
        "12,345",
        "20 years",
        "",
        "-",
        "–––",
    ] {
        assert_eq!(span(words), (None, None), "{words}");
    }
}

#[test]
fn no_text_makes_the_parser_panic() {
    for words in [
        "185-\u{300}",
        "’’’1850’",
        "1’",
        "18-é",
        "12.345.678.901.234",
        "9999999 BC",
        "1é st",
        "\u{2212}",
        "3-?ø",
    ] {
        span(words);
    }
}
