//! Tests of correct and wrong offsets and lengths of strips and tiles.

use super::*;

/// A file in strips of 16 rows: three full strips, and one of two rows.
fn striped(number: u64, pack: Packer) -> File {
    let blocks = gray().chunks(60 * 16).map(pack).collect();
    File::strips((60, 50), 16, blocks).with(259, SHORT, &[number])
}

#[test]
fn wrong_lengths_of_strips_are_inferred() {
    let expected = wide(&gray());
    for (number, pack) in PACKERS {
        let file = striped(number, pack);
        let what = |what: &str| format!("{what} in compression {number}");
        check(&what("correct"), &file, &expected);
        check(&what("counts of 0"), &file.clone().with(279, LONG, &[0; 4]), &expected);
        check(&what("no counts"), &file.clone().with(279, LONG, &[]), &expected);
        check(
            &what("counts beyond the file"),
            &file.clone().with(279, LONG, &[u64::from(u32::MAX); 4]),
            &expected,
        );
        let lengths: Vec<u64> = file.blocks.iter().map(|block| block.len() as u64).collect();
        check(&what("counts of 16 bits"), &file.clone().with(279, SHORT, &lengths), &expected);
        check(&what("one count"), &file.clone().with(279, LONG, &lengths[..1]), &expected);
        let last = [&lengths[..3], &[0]].concat();
        check(&what("a last count of 0"), &file.with(279, LONG, &last), &expected);
    }
}

#[test]
fn a_single_strip_has_all_rows_regardless_of_tags() {
    let expected = wide(&gray());
    for (number, pack) in PACKERS {
        let file = File::strips((60, 50), 50, vec![pack(&gray())]).with(259, SHORT, &[number]);
        for rows in [0, 8, 51, u64::from(u32::MAX)] {
            check(&format!("{rows} rows"), &file.clone().with(278, LONG, &[rows]), &expected);
        }
        check("nothing", &file.clone().without(278), &expected);
        check("nothing at all", &file.without(278).with(279, LONG, &[0]), &expected);
    }
    // The height of several strips follows from their lengths or their number; otherwise the file is refused.
    for rows in [0, 50, u64::from(u32::MAX)] {
        check("uncompressed", &striped(1, <[u8]>::to_vec).with(278, LONG, &[rows]), &expected);
        refused("compressed", &striped(8, deflated).with(278, LONG, &[rows]).bytes());
    }
    let every = gray().chunks(60).map(deflated).collect();
    check("a row each", &File::strips((60, 50), 0, every).with(259, SHORT, &[8]), &expected);
}

#[test]
fn a_last_strip_may_be_padded() {
    let (mut padded, expected) = (gray(), wide(&gray()));
    padded.resize(60 * 64, 77);
    for (number, pack) in PACKERS {
        let blocks = padded.chunks(60 * 16).map(pack).collect();
        check("padded", &File::strips((60, 50), 16, blocks).with(259, SHORT, &[number]), &expected);
    }
}

#[test]
fn truncated_files_are_refused() {
    for (number, pack) in PACKERS {
        let file = striped(number, pack).with(259, SHORT, &[number]);
        let mut short = file.clone();
        short.blocks[3] = pack(&gray()[..60]);
        refused(&format!("a last strip of one row, compression {number}"), &short.bytes());
        let missing = File { blocks: file.blocks[..3].to_vec(), ..file.clone() };
        refused(&format!("a strip too few, compression {number}"), &missing.bytes());
        refused(&format!("no offset, compression {number}"), &file.with(273, LONG, &[0, 0, 0, 0]).bytes());
    }
    let outside = striped(1, <[u8]>::to_vec).with(273, LONG, &[8, 968, 1928, 9999]).bytes();
    assert!(opened(&outside).is_err_and(|reason| reason.contains("ends before")));
}

#[test]
fn tiles_may_use_the_tags_of_strips() {
    for (number, pack) in PACKERS {
        let (file, expected) = tiled(number, pack);
        check("correct", &file, &expected);
        let written = file.bytes();
        let offsets_and_lengths = opened(&written).unwrap().levels[0].tiles.clone();
        let (offsets, lengths): (Vec<u64>, Vec<u64>) = offsets_and_lengths.into_iter().unzip();
        let strips = file.clone().with(324, LONG, &[]).with(325, LONG, &[]);
        check("both", &strips.clone().with(273, LONG, &offsets).with(279, LONG, &lengths), &expected);
        check("offsets", &file.clone().with(324, LONG, &[]).with(273, LONG, &offsets), &expected);
        check("counts", &file.clone().with(325, LONG, &[]).with(279, LONG, &lengths), &expected);
        check("counts of 0", &file.with(325, LONG, &[0; 4]), &expected);
    }
}

#[test]
fn tiles_that_are_not_stored_are_zero() {
    // 16 bits: few bytes for many pixels.
    let deep =
        |zero: u16| -> Vec<u8> { [7u16, zero].repeat(512).into_iter().flat_map(u16::to_le_bytes).collect() };
    for (number, pack) in PACKERS {
        let file = File::tiles((320, 320), 32, vec![pack(&deep(0))]).with(258, SHORT, &[16]);
        let file = file.with(259, SHORT, &[number]);
        let offsets_and_lengths = [vec![8], vec![0; 99]].concat();
        let lengths = [vec![file.blocks[0].len() as u64], vec![0; 99]].concat();
        let file = file.with(324, LONG, &offsets_and_lengths).with(325, LONG, &lengths);
        let found = read(&file.bytes()).unwrap();
        assert_eq!((found[0], found[1], found[2], found[33], found[320 * 319]), (7, 0, 7, 0, 0));
        let white = read(&file.with(262, SHORT, &[0]).bytes()).unwrap();
        assert_eq!((white[0], white[33], white[320 * 319]), (65_528, 65_535, 65_535));
    }
}
