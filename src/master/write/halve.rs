//! Halves two rows of samples into one.

/// The rounded mean of each two by two pixels of `N` samples, or of those that exist: an odd column is the first if columns
/// are reversed, else the last.
pub(super) fn halve<const N: usize>([first, second]: [&[u8]; 2], is_reversed: bool, out: &mut [u8]) {
    let odd = first.len() / N % 2 == 1;
    let single = |at: usize, out: &mut [u8]| {
        for n in 0..N {
            out[n] = (u16::from(first[at + n]) + u16::from(second[at + n])).div_ceil(2) as u8;
        }
    };
    let (mut from, mut to) = (0, 0);
    if odd && is_reversed {
        single(0, &mut out[..N]);
        (from, to) = (N, N);
    } else if odd {
        let last = out.len() - N;
        single(first.len() - N, &mut out[last..]);
    }
    means::<N>([&first[from..], &second[from..]], &mut out[to..]);
}

/// The means of whole pairs of columns.
fn means<const N: usize>(rows: [&[u8]; 2], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, which is all that the function needs.
        return unsafe { means_avx2::<N>(rows, out) };
    }
    means_anywhere::<N>(rows, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn means_avx2<const N: usize>(rows: [&[u8]; 2], out: &mut [u8]) {
    means_anywhere::<N>(rows, out);
}

/// Eight means at a time: the compiler turns their fixed number of samples into vectors. Loops instead of closures, because
/// closures would be compiled without AVX2.
#[inline(always)]
fn means_anywhere<const N: usize>([first, second]: [&[u8]; 2], out: &mut [u8]) {
    let blocks = first.chunks_exact(16 * N).zip(second.chunks_exact(16 * N));
    for (means, (a, b)) in out.chunks_exact_mut(8 * N).zip(blocks) {
        for at in 0..8 {
            mean::<N>(a, b, 2 * N * at, means);
        }
    }
    let (whole, pairs) = (first.len() / (16 * N) * (16 * N), first.len() / (2 * N) * (2 * N));
    for at in (whole..pairs).step_by(2 * N) {
        mean::<N>(first, second, at, out);
    }
}

/// The mean of the four pixels from `at` on. A single row is added twice, which does not change the mean.
#[inline(always)]
fn mean<const N: usize>(a: &[u8], b: &[u8], at: usize, means: &mut [u8]) {
    for n in at..at + N {
        let sum = u16::from(a[n]) + u16::from(a[n + N]) + u16::from(b[n]) + u16::from(b[n + N]);
        means[n - at / 2] = ((sum + 2) >> 2) as u8;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halving_averages_existing_pixels() {
        let check = |rows: [&[u8]; 2], is_reversed, expected: &[u8]| {
            let mut out = vec![0; expected.len()];
            halve::<1>(rows, is_reversed, &mut out);
            assert_eq!(out, expected);
        };
        check([&[1, 2, 9], &[3, 4, 4]], false, &[3, 7]);
        check([&[9, 1, 2], &[4, 3, 4]], true, &[7, 3]);
        check([&[1, 2, 9], &[1, 2, 9]], false, &[2, 9]);
        let mut out = [0; 3];
        halve::<3>([&[0, 10, 20, 2, 20, 40]; 2], false, &mut out);
        assert_eq!(out, [1, 15, 30]);
    }

    /// Each mean by itself, from the definition.
    fn expected<const N: usize>([first, second]: [&[u8]; 2], is_reversed: bool) -> Vec<u8> {
        let width = first.len() / N;
        let shift = usize::from(is_reversed && width % 2 == 1);
        let columns = (0..width.div_ceil(2)).map(|out| {
            let at = |side: usize| (2 * out + side).checked_sub(shift).filter(|at| *at < width);
            [at(0), at(1)].into_iter().flatten().collect::<Vec<_>>()
        });
        let sample = |column: &[usize], n: usize| {
            let sum: usize = column
                .iter()
                .map(|at| usize::from(first[at * N + n]) + usize::from(second[at * N + n]))
                .sum();
            ((sum as f64) / (2 * column.len()) as f64 + 0.5).floor() as u8
        };
        columns.flat_map(|column| (0..N).map(|n| sample(&column, n)).collect::<Vec<_>>()).collect()
    }

    proptest! {
        #[test]
        fn each_sample_is_the_mean_of_its_pixels(
            samples in proptest::collection::vec(any::<u8>(), 2 * 12..2 * 12 * 40), is_reversed: bool,
        ) {
            fn check<const N: usize>(samples: &[u8], is_reversed: bool) {
                let width = samples.len() / 2 / N;
                let rows = [&samples[..width * N], &samples[samples.len() - width * N..]];
                let mut out = vec![0; width.div_ceil(2) * N];
                halve::<N>(rows, is_reversed, &mut out);
                assert_eq!(out, expected::<N>(rows, is_reversed));
                let (mut out, even) = (vec![0; width / 2 * N], width / 2 * 2 * N);
                means_anywhere::<N>(rows.map(|row| &row[..even]), &mut out);
                assert_eq!(out, expected::<N>(rows.map(|row| &row[..even]), false));
            }
            check::<1>(&samples, is_reversed);
            check::<3>(&samples, is_reversed);
            check::<4>(&samples, is_reversed);
        }
    }
}
