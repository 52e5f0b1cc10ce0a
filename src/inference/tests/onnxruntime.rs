//! ONNX Runtime beside rten: it passes the same tests, gives the same numbers, and is refused where it cannot be used.

use super::*;

#[cfg(not(feature = "onnxruntime"))]
#[test]
fn a_build_without_onnx_runtime_says_how_to_get_it() {
    ONNXRUNTIME.set("/usr/lib/libonnxruntime.so".into());
    let refused = refusal(&declaration("mean_color.onnx"));
    assert!(refused.contains("`inference.onnxruntime` is `/usr/lib/libonnxruntime.so`"), "{refused}");
    assert!(refused.contains("build it with `--features onnxruntime`"), "{refused}");
}

#[cfg(feature = "onnxruntime")]
mod with_it {
    use crate::inference::tests::{hostile, paintings, text, tiny};

    use super::*;

    /// Lets ONNX Runtime run the models that this thread loads, if its library is at hand.
    #[track_caller]
    fn chosen() -> bool {
        let Ok(library) = std::env::var("ORT_DYLIB_PATH") else {
            proof::not_proven("models by ONNX Runtime", "ORT_DYLIB_PATH does not name its library");
            return false;
        };
        ONNXRUNTIME.set(library);
        true
    }

    /// Tests that rten passes, by ONNX Runtime.
    macro_rules! again {
        ($($module:ident::$test:ident;)*) => {
            $(#[test] fn $test() { if chosen() { $module::$test(); } })*
        };
    }

    again! {
        tiny::an_embedding_is_what_the_network_gives;
        tiny::a_network_may_want_blue_first_and_the_samples_of_a_pixel_together;
        tiny::boxes_are_decoded_from_their_anchors_and_named;
        tiny::threads_may_share_a_model;
        hostile::models_that_do_not_fit_their_declaration_are_refused_by_name;
        hostile::a_file_above_the_limit_is_not_loaded;
        hostile::a_picture_without_pixels_is_an_error;
        hostile::truncated_models_are_errors;
        hostile::models_with_flipped_bits_do_not_panic;
        text::a_text_is_encoded_among_pictures;
        text::files_that_do_not_fit_are_named;
        paintings::real_networks_give_the_numbers_of_another_runtime;
        paintings::a_portrait_has_one_person_where_the_person_is;
        paintings::a_damaged_real_model_is_an_error;
    }

    /// The largest difference.
    fn farthest(one: &[f32], other: &[f32]) -> f32 {
        assert_eq!(one.len(), other.len());
        one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn both_engines_say_the_same_about_paintings() {
        let (Some(embedding), Some(boxes)) = (paintings::efficientnet(), paintings::detector()) else {
            return;
        };
        let load_all = || [&embedding, &boxes].map(|declared| load(declared).expect("the model loads"));
        let by_rten = load_all();
        if !chosen() {
            return;
        }
        let by_onnx_runtime = load_all();
        let (mut of_numbers, mut of_scores, mut of_regions) = (0.0_f32, 0.0_f32, 0.0_f32);
        let Some(names) = proof::shared("inference on paintings", "paintings/labels.tsv") else { return };
        for line in std::fs::read_to_string(names).unwrap().lines().skip(1).step_by(3) {
            let name = line.split('\t').next().unwrap();
            let run =
                |models: &[Model; 2]| models.each_ref().map(|model| paintings::run(model, name).unwrap());
            let [one, other] = [run(&by_rten), run(&by_onnx_runtime)];
            let numbers = [&one[0], &other[0]].map(|found| found.embedding.as_deref().unwrap());
            of_numbers = of_numbers.max(farthest(numbers[0], numbers[1]));
            assert_eq!(one[1].boxes.len(), other[1].boxes.len(), "{name}");
            for (one, other) in one[1].boxes.iter().zip(&other[1].boxes) {
                assert_eq!(one.label.tag, other.label.tag, "{name}");
                of_scores = of_scores.max((one.score - other.score).abs());
                let edges = [one, other]
                    .map(|found| [found.region.x, found.region.y, found.region.width, found.region.height]);
                let apart = edges[0].iter().zip(edges[1]).map(|(a, b)| (a - b).abs() as f32);
                of_regions = apart.fold(of_regions, f32::max);
            }
        }
        eprintln!("embeddings differ by at most {of_numbers}, scores by {of_scores}, edges by {of_regions}");
        assert!(of_numbers < 1e-4 && of_scores < 1e-4 && of_regions < 1e-4);
    }
}
