//! The model that `make models` converts, as `config/demo.toml` declares it.

use std::path::Path;

use super::*;

/// The declaration of the demo, if the model was made here.
fn demo() -> Option<Declaration> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = std::fs::read_to_string(root.join("config/demo.toml")).expect("the settings can be read");
    let settings: toml::Value = toml::from_str(&settings).expect("the settings are TOML");
    let mut declared: Declaration =
        settings["models"]["efficientnet_lite0"].clone().try_into().expect("the model is declared");
    let file = root.join(&declared.file);
    if !file.exists() {
        let why = format!("there is no {}; `make models` makes it, or says why it cannot", declared.file);
        proof::not_proven("the model of the demo", &why);
        return None;
    }
    declared.file = file.to_str().expect("a path in UTF-8").into();
    Some(declared)
}

/// A picture of many colors and edges, wider than high.
fn colorful(seed: u32) -> Raster {
    let mut picture = Raster::blank(Dimensions::new(320, 240), Channels::Rgb);
    for (at, sample) in picture.samples.iter_mut().enumerate() {
        let at = at as u32;
        *sample = ((at / 7 + at / 960 * seed) ^ (at % 960 / (3 + seed))) as u8;
    }
    picture
}

#[test]
fn the_model_of_the_demo_gives_the_numbers_of_the_network_that_it_is_made_of() {
    let Some(declared) = demo() else { return };
    let model = load(&declared).expect("the model loads");
    let found = model.run(&plain([200, 100, 50])).expect("the model runs").embedding.expect("an embedding");
    // By ONNX Runtime 1.32 on another conversion.
    let expected = [0.0, 0.045_829_68, 0.315_984_34, 0.0];
    let differ = found.iter().zip(expected).find(|(a, b)| (*a - b).abs() > 1e-4);
    assert!(found.len() == 1280 && differ.is_none(), "{:?} and {expected:?}", &found[..4]);
    let what = "the model of the demo beside another conversion";
    let Some(other) = proof::shared(what, "models/efficientnet_lite0.onnx") else { return };
    let file = other.to_str().expect("a path in UTF-8").into();
    let other = load(&Declaration { file, sha256: String::new(), ..declared }).expect("the model loads");
    for seed in 1..5 {
        let picture = colorful(seed);
        let numbers = [&model, &other]
            .map(|model| model.run(&picture).expect("the model runs").embedding.expect("an embedding"));
        let farthest = numbers[0].iter().zip(&numbers[1]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(farthest < 1e-4, "{seed}: {farthest}");
    }
}
