//! Identifiers and keys: taken as they are or refused, and never a way out of their source.
#![no_main]

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use tegl::Identifier;
use tegl::store::Key;

fuzz_target!(|text: &str| {
    if let Ok(key) = Key::parse(text) {
        assert_eq!(key.as_str(), text);
        stays_below(&key);
    }
    if let Ok(identifier) = Identifier::parse(text, [None, Some("maps"), Some("a b")]) {
        stays_below(&identifier.key);
        assert!(identifier.page > 0 && text.contains(identifier.key.as_str()));
        let page = if identifier.page > 1 { format!(";page={}", identifier.page) } else { String::new() };
        let name = match identifier.source {
            Some(1) => "maps:",
            Some(2) => "a b:",
            _ => "",
        };
        let written = format!("{name}{}{page}", identifier.key);
        let again = Identifier::parse(&written, [None, Some("maps"), Some("a b")]);
        let same = again.is_ok_and(|again| again == identifier);
        assert!(same || text.contains(";page=1"), "{written}");
    }
});

fn stays_below(key: &Key) {
    let plain = |part| matches!(part, Component::Normal(_));
    assert!(Path::new(key.as_str()).components().all(plain), "{key}");
}
