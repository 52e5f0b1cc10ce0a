//! What is learnt from the embeddings of 45 paintings.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::num::NonZeroUsize;

use super::clusters::Clusters;
use super::probe::Probe;
use super::report::{Outcome, Report};
use super::training::{Example, Settings};
use crate::nearest::{Center, Vectors};
use crate::proof::{fixture, shared};

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// The names of the paintings and their embeddings.
fn paintings() -> Vec<(String, Vec<f32>)> {
    let file = fs::read(fixture("embeddings/paintings.npy")).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    let values: Vec<f32> =
        file[header..].as_chunks().0.iter().map(|bytes| half(u16::from_le_bytes(*bytes))).collect();
    let names: Vec<_> = table("embeddings/paintings.tsv").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(values.len(), names.len() * 1280);
    names.into_iter().zip(values.chunks(1280).map(<[f32]>::to_vec)).collect()
}

/// A positive number of 16 bits.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10), f32::from(bits & 0x3ff) / 1024.0);
    if exponent == 0 { fraction * 2_f32.powi(-14) } else { (1.0 + fraction) * 2_f32.powi(exponent - 15) }
}

fn table(name: &str) -> Vec<Vec<String>> {
    rows(&fs::read_to_string(fixture(name)).unwrap())
}

fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// The labels of `../shared/data/paintings`, by painting.
fn labels(what: &str) -> Option<HashMap<String, Vec<String>>> {
    let text = fs::read_to_string(shared(what, "paintings/labels.tsv")?).unwrap();
    Some(rows(&text).into_iter().map(|row| (row[0].clone(), row)).collect())
}

fn trained(tags: impl Fn(&str) -> String) -> (Probe, Report) {
    let example = |(name, embedding): (String, Vec<f32>)| Example {
        embedding,
        accepted: tags(&name).split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        rejected: Vec::new(),
    };
    let examples: Vec<_> = paintings().into_iter().map(example).collect();
    let settings = Settings { is_complete: true, threads: TWO, ..Settings::new("efficientnet_lite0") };
    Probe::train(&examples, &settings).unwrap()
}

#[track_caller]
fn check(report: &Report, least: f64) {
    println!("{report}");
    assert!(report.is_leave_one_out);
    assert!(report.mean_average_precision.unwrap() >= least, "{report}");
    for tag in report.tags.iter().filter(|tag| tag.outcome == Outcome::Published) {
        assert!(tag.precision.value.unwrap() >= 0.9, "{report}");
    }
    assert!(report.tags.iter().any(|tag| tag.outcome == Outcome::Published), "{report}");
}

#[test]
fn what_paintings_show_is_learnt_from_the_others() {
    let tags: HashMap<_, _> =
        table("embeddings/paintings.tsv").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let (_, report) = trained(|name| tags[name].clone());
    check(&report, 0.6);
}

#[test]
fn motifs_of_paintings_are_learnt_from_the_others() {
    let Some(labels) = labels("motifs of paintings are learnt") else { return };
    let (_, report) = trained(|name| labels[name][5].clone());
    check(&report, 0.55);
}

#[test]
fn the_nearest_paintings_tell_the_genre() {
    let Some(labels) = labels("the nearest paintings tell the genre") else { return };
    let paintings = paintings();
    let center = Center::of(paintings.iter().map(|(_, embedding)| embedding.as_slice())).unwrap();
    let mut vectors = Vectors::new(1280, TWO).unwrap();
    for (id, (_, embedding)) in (0..).zip(&paintings) {
        vectors.replace(id, &[center.relative(embedding).unwrap()]).unwrap();
    }
    let genre = |id: u64| labels[&paintings[id as usize].0][4].as_str();
    let (mut agree, mut shared) = (0, 0);
    for (id, (_, embedding)) in (0..).zip(&paintings) {
        let found = vectors.search(&center.relative(embedding).unwrap(), 5, |other| other != id).unwrap();
        // Of equally frequent genres that of the nearest painting.
        let mut counts = BTreeMap::new();
        found.iter().for_each(|neighbor| *counts.entry(genre(neighbor.id)).or_insert(0) += 1);
        let most = counts.values().max().unwrap();
        let told =
            found.iter().map(|neighbor| genre(neighbor.id)).find(|genre| counts[genre] == *most).unwrap();
        agree += usize::from(told == genre(id));
        shared += counts.get(genre(id)).unwrap_or(&0);
    }
    println!(
        "the genre that is most frequent among five is right for {agree} of 45; {shared} of 225 share it"
    );
    assert!(agree as f64 / 45.0 >= 0.55, "{agree} of 45");
}

#[test]
fn clusters_of_paintings_stay_when_more_come() {
    let works: Vec<_> = (0..).zip(paintings()).map(|(id, (_, embedding))| (id, embedding)).collect();
    let (clusters, members) = Clusters::find("m", &works[..35], TWO).unwrap();
    let (_, later) = clusters.again("m", &works, &members, TWO).unwrap();
    let same = members.iter().filter(|(work, id)| later[work] == **id).count();
    println!("{same} of 35 paintings are in the same of {} clusters", clusters.all().len());
    assert!(same >= 28, "{same} of 35");
}
