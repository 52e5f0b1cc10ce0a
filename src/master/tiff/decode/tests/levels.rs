//! Tests of pages, levels and other images.

use super::*;

/// A file of gray pages and levels, each with its width, height and NewSubfileType.
fn chain(pages: &[(u64, u64, u64)], more: &[(u16, u16, Vec<u64>)]) -> Vec<u8> {
    let mut file = b"II\x2a\0\0\0\0\0".to_vec();
    file.extend(vec![50; 16 * 16]);
    let mut pointer = 0;
    for (n, &(width, height, subfile)) in pages.iter().enumerate() {
        let count = (width.div_ceil(16) * height.div_ceil(16)) as usize;
        let mut tags = vec![
            (254, LONG, vec![subfile]),
            (256, LONG, vec![width]),
            (257, LONG, vec![height]),
            (258, SHORT, vec![8]),
            (262, SHORT, vec![1]),
            (322, SHORT, vec![16]),
            (323, SHORT, vec![16]),
            (324, LONG, vec![8; count]),
            (325, LONG, vec![256; count]),
        ];
        if n == 0 {
            tags.extend(more.iter().cloned());
        }
        pointer = directory(&mut file, &tags, pointer);
    }
    file
}

#[track_caller]
fn levels(what: &str, file: &[u8], expected: &[(u32, u32)]) {
    let found = opened(file).unwrap_or_else(|reason| panic!("{what}: {reason}"));
    let found: Vec<_> =
        found.levels.iter().map(|level| (level.dimensions.width, level.dimensions.height)).collect();
    assert_eq!(found, expected, "{what}");
}

#[test]
fn only_smaller_copies_are_levels() {
    let pages = [(64, 48, 0), (32, 24, 1), (16, 12, 1)];
    levels("reduced pages", &chain(&pages, &[]), &[(64, 48), (32, 24), (16, 12)]);
    let masked = [(64, 48, 0), (64, 48, 4), (32, 24, 1), (32, 24, 5)];
    levels("masks between", &chain(&masked, &[]), &[(64, 48), (32, 24)]);
    levels("another shape", &chain(&[(64, 48, 0), (32, 40, 1), (32, 24, 1)], &[]), &[(64, 48), (32, 24)]);
    levels(
        "without the flag",
        &chain(&[(64, 48, 0), (32, 24, 0), (16, 12, 0)], &[]),
        &[(64, 48), (32, 24), (16, 12)],
    );
    levels("another page", &chain(&[(64, 48, 0), (48, 64, 0), (32, 24, 1)], &[]), &[(64, 48)]);
    levels("only reduced images", &chain(&[(64, 48, 1), (32, 24, 1)], &[]), &[(64, 48)]);
    let text = |text: &str| (270, 2, text.bytes().map(u64::from).collect());
    let scanned = chain(&[(64, 48, 0), (16, 12, 0), (8, 6, 9)], &[text("Aperio Image Library")]);
    levels("a slide", &scanned, &[(64, 48), (16, 12), (8, 6)]);
}

#[test]
fn damaged_levels_do_not_affect_the_image() {
    let sub = |values: &[u64]| vec![(330, LONG, values.to_vec())];
    for offsets in [vec![0], vec![0, 0], vec![3], vec![9_999_999], vec![u64::from(u32::MAX); 3], vec![8; 100]]
    {
        levels("broken SubIFDs", &chain(&[(64, 48, 0)], &sub(&offsets)), &[(64, 48)]);
    }
    levels("SubIFDs of a wrong type", &chain(&[(64, 48, 0)], &[(330, 2, vec![65; 4])]), &[(64, 48)]);
    levels("a wrong orientation", &chain(&[(64, 48, 0)], &[(274, 2, vec![65])]), &[(64, 48)]);
    let with_pointer = |pointer: u32| {
        let mut file = chain(&[(64, 48, 0), (32, 24, 1)], &[]);
        let end = file.len();
        file[end - 4..].copy_from_slice(&pointer.to_le_bytes());
        file
    };
    for pointer in [1, 3, 8, u32::MAX, 0] {
        levels("a broken chain", &with_pointer(pointer), &[(64, 48), (32, 24)]);
    }
    let file = chain(&[(64, 48, 0)], &[]);
    levels("a file without the last pointer", &file[..file.len() - 4], &[(64, 48)]);
    // A level whose tiles are outside the file is ignored.
    let mut file = chain(&[(64, 48, 0), (32, 24, 1)], &[]);
    let places = 8u32.to_le_bytes().repeat(4);
    let at = file.windows(16).rposition(|bytes| bytes == places).unwrap();
    file[at..at + 4].copy_from_slice(&9_999_999u32.to_le_bytes());
    levels("a level outside the file", &file, &[(64, 48)]);
}
