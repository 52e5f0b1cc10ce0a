//! Divides works into parts for cross-validation.

use super::labels::Labels;

/// Up to so many works, each is a part of its own (leave-one-out).
const LEAVE_ONE_OUT: usize = 60;
const FOLDS: usize = 5;

/// The fold of each of `rows`: one each for few rows, else five, over which each tag's works are spread evenly.
pub(super) fn outer(rows: &[usize], labels: &Labels) -> Vec<usize> {
    if rows.len() <= LEAVE_ONE_OUT { (0..rows.len()).collect() } else { inner(rows, labels) }
}

/// Five folds: rare tags are dealt out first, each of its works to the fold that has fewest of them.
pub(super) fn inner(rows: &[usize], labels: &Labels) -> Vec<usize> {
    let mut folds = vec![None; rows.len()];
    let mut sizes = [0; FOLDS];
    let mut tags: Vec<_> = (0..labels.tags())
        .map(|tag| (0..rows.len()).filter(|at| labels.get(tag, rows[*at]) == Some(true)).collect::<Vec<_>>())
        .collect();
    tags.sort_by_key(Vec::len);
    tags.push((0..rows.len()).collect());
    for members in tags {
        let mut counts = [0; FOLDS];
        members.iter().filter_map(|at| folds[*at]).for_each(|fold: usize| counts[fold] += 1);
        for at in members {
            if folds[at].is_none() {
                let fold =
                    (0..FOLDS).min_by_key(|fold| (counts[*fold], sizes[*fold])).expect("there are folds");
                folds[at] = Some(fold);
                counts[fold] += 1;
                sizes[fold] += 1;
            }
        }
    }
    folds.into_iter().map(|fold| fold.expect("the last group has every row")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fold_has_its_share_of_every_tag() {
        let labels = Labels::new(vec![
            (0..100).map(|row| Some(row % 3 == 0)).collect(),
            (0..100).map(|row| Some(row % 20 == 0)).collect(),
        ]);
        let rows: Vec<usize> = (0..100).collect();
        let folds = outer(&rows, &labels);
        for fold in 0..5 {
            let count = |tag| {
                rows.iter().filter(|row| folds[**row] == fold && labels.get(tag, **row) == Some(true)).count()
            };
            assert_eq!(count(1), 1);
            assert!((6..=8).contains(&count(0)), "{}", count(0));
            assert!((19..=21).contains(&folds.iter().filter(|other| **other == fold).count()));
        }
    }

    #[test]
    fn few_works_are_left_out_one_by_one() {
        let labels = Labels::new(vec![vec![Some(true); 60]]);
        assert_eq!(outer(&(0..60).collect::<Vec<_>>(), &labels), (0..60).collect::<Vec<_>>());
    }
}
