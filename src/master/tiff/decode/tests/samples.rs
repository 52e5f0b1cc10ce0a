//! Tests of sample formats: bit depths, bit order, signs, fax, YCbCr.

use super::*;

#[test]
fn reversed_bits_are_read_in_every_compression() {
    for bits in [1u64, 4, 8, 16] {
        let plain = File::strips((48, 20), 20, vec![gray()[..48 * 20 * bits as usize / 8].to_vec()]);
        let expected = read(&plain.clone().with(258, SHORT, &[bits]).bytes()).unwrap();
        for (number, pack) in PACKERS {
            let packed: Vec<u8> = pack(&plain.blocks[0]).into_iter().map(u8::reverse_bits).collect();
            let file = File { blocks: vec![packed], ..plain.clone() };
            let file = file.with(258, SHORT, &[bits]).with(259, SHORT, &[number]).with(266, SHORT, &[2]);
            check(&format!("{bits} bits, compression {number}"), &file, &expected);
        }
    }
    let (file, expected) = tiled(8, |bytes| deflated(bytes).into_iter().map(u8::reverse_bits).collect());
    check("tiles", &file.with(266, SHORT, &[2]), &expected);
}

/// 4 white, 4 black, 8 white pixels.
const RUNS: &str = "1011 011 10011";

#[test]
fn fax_is_read_in_all_its_kinds() {
    let mark = "000000000001";
    let kinds = [
        (2, format!("{RUNS}0000{RUNS}0000"), 0),
        (32771, format!("{RUNS}0000{RUNS}0000"), 0),
        (3, format!("{mark}{RUNS}{mark}{RUNS}"), 0),
        (3, format!("{mark}1{RUNS}{mark}0111"), 1),
        (4, "001 1011 011 1 111 000000000001000000000001".to_owned(), 0),
    ];
    let white = |zero: u16| [vec![zero; 4], vec![255 - zero; 4], vec![zero; 8]].concat().repeat(2);
    for (number, coded, options) in kinds {
        for (photometric, zero) in [(0, 255), (1, 0)] {
            let file = File::strips((16, 2), 2, vec![bits(&coded)]).with(258, SHORT, &[1]);
            let file = file.with(259, SHORT, &[number]).with(262, SHORT, &[photometric]);
            let file = file.with(292, LONG, &[options]);
            check(&format!("compression {number}"), &file, &white(zero));
            let reversed = vec![bits(&coded).into_iter().map(u8::reverse_bits).collect()];
            let file = File { blocks: reversed, ..file }.with(266, SHORT, &[2]);
            check(&format!("compression {number}, reversed"), &file, &white(zero));
        }
    }
    let deep = File::strips((16, 2), 2, vec![vec![0; 9]]).with(259, SHORT, &[4]);
    assert!(opened(&deep.bytes()).is_err_and(|reason| reason.contains("Unsupported")));
}

#[test]
fn signed_samples_rise_from_black_to_white() {
    let steps = [i64::MIN, i64::MIN / 2, 0, i64::MAX / 2, i64::MAX];
    for bits in [8u64, 16, 32] {
        let sample = |step: i64| (step >> (64 - bits)).to_le_bytes()[..bits as usize / 8].to_vec();
        let block = steps.iter().flat_map(|&step| sample(step)).collect();
        let file = File::strips((5, 1), 1, vec![block]).with(258, SHORT, &[bits]).with(339, SHORT, &[2]);
        let found = read(&file.bytes()).unwrap();
        let full = if bits == 8 { 255 } else { 65_535 };
        assert_eq!((found[0], found[2], found[4]), (0, full / 2 + 1, full), "{bits} bits");
        assert!(found.is_sorted(), "{found:?}");
    }
    // CMYK samples are unsigned, regardless of the tag.
    let ink = File::strips((1, 1), 1, vec![vec![0, 1, 128, 255]]).with(258, SHORT, &[8; 4]);
    let ink = ink.with(262, SHORT, &[5]).with(277, SHORT, &[4]).with(339, SHORT, &[2]);
    check("CMYK", &ink, &[0, 1, 128, 255]);
}

#[test]
fn differences_of_floats_are_undone() {
    let values = [0.25f32, 0.5, 1.0];
    let bits: Vec<u32> = values.iter().map(|value| value.to_bits()).collect();
    let block: Vec<u8> = [bits[0], bits[1].wrapping_sub(bits[0]), bits[2].wrapping_sub(bits[1])]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    let file = File::strips((3, 1), 1, vec![deflated(&block)]).with(258, SHORT, &[32]);
    let file = file.with(339, SHORT, &[3]).with(317, SHORT, &[2]).with(259, SHORT, &[8]);
    check("predictor 2", &file, &[16_384, 32_768, 65_535]);
}

#[test]
fn ycbcr_outside_jpeg_is_read() {
    let gray = |ys: &[u16]| ys.iter().flat_map(|&y| [y; 3]).collect::<Vec<_>>();
    let file = |block: &[u8], size, sampling: [u64; 2]| {
        let file = File::strips(size, size.1, vec![block.to_vec()]).rgb().with(262, SHORT, &[6]);
        file.with(530, SHORT, &sampling)
    };
    check("1 x 1", &file(&[9, 128, 128, 8, 128, 128], (2, 1), [1, 1]), &gray(&[9, 8]));
    check("2 x 1", &file(&[9, 8, 128, 128, 7, 0, 128, 128], (3, 1), [2, 1]), &gray(&[9, 8, 7]));
    check("2 x 2", &file(&[9, 8, 7, 6, 128, 128], (2, 2), [2, 2]), &gray(&[9, 8, 7, 6]));
    check(
        "2 x 2 by default",
        &file(&[9, 8, 7, 6, 128, 128], (2, 2), [2, 2]).without(530),
        &gray(&[9, 8, 7, 6]),
    );
    check("4 x 1", &file(&[9, 8, 7, 6, 128, 128], (4, 1), [4, 1]), &gray(&[9, 8, 7, 6]));
    let video = file(&[16, 128, 128, 235, 128, 128], (2, 1), [1, 1]);
    let reference = [16_000, 235_000, 128_000, 240_000, 128_000, 240_000];
    check("a narrow range", &video.with(532, RATIONAL, &reference), &gray(&[0, 255]));
    let packed = file(&deflated(&[9, 8, 7, 6, 128, 128]), (2, 2), [2, 2]).with(259, SHORT, &[8]);
    check("deflated", &packed, &gray(&[9, 8, 7, 6]));
    refused("sampled by 3", &file(&[0; 20], (2, 2), [3, 1]).bytes());
}
