//! How pages look, compared with golden pictures.

use serde_json::json;

use crate::story;
use crate::support::browser::look;
use crate::support::museum::CURATOR;

#[test]
fn pages_look_as_they_did() {
    let museum = story::museum();
    let proposed = |work: &str, label: &str, confidence: f64| json!({"work": work, "scheme": "motif", "label": {"en": label}, "source": "model:seer@1", "confidence": confidence});
    let lines = [
        proposed("S 1", "balloon", 0.9),
        proposed("S 2", "balloon", 0.8),
        proposed("S 3", "sky", 0.7),
        proposed("S 4", "heath", 0.6),
    ];
    let lines = lines.map(|line| line.to_string());
    std::fs::write(museum.path("tags.jsonl"), lines.join("\n")).unwrap();
    let ran = museum.run(&["ingest", "--tags", &museum.path("tags.jsonl")]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = museum.serve();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/pages");
    let out = concat!(env!("CARGO_TARGET_TMPDIR"), "/pages");
    look("how pages look", "visual.mjs", "pdfjs-dist", &server, &[CURATOR, golden, "--out", out]);
}
