//! Names of classes, and the table that makes tags of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Deserialize;

use super::{Error, read_file};

/// What a class is reported as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Label {
    /// The tag in English, or the name of the class where there is no table.
    pub tag: String,
    /// The tag in Danish, if the table says so.
    pub da: Option<String>,
    /// The URI of the concept, if the table says so.
    pub concept: Option<String>,
}

/// What each class of a model is reported as; several classes may share a tag.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// By class.
    classes: Vec<Option<(Arc<Label>, f32)>>,
}

/// A row of a mapping table.
#[derive(Debug, Deserialize)]
struct Row {
    label: String,
    tag: String,
    #[serde(default)]
    threshold: Option<f64>,
    #[serde(default)]
    da: Option<String>,
    #[serde(default)]
    concept: Option<String>,
}

/// Where the names and the table of an output are declared.
pub(super) struct Naming<'a> {
    /// The label file; empty for none.
    pub labels: &'a str,
    /// The mapping table; empty for none.
    pub mapping: &'a str,
    /// Classes and tags that are never reported.
    pub stop: &'a [String],
    /// Where the table says nothing else.
    pub threshold: f64,
    /// Whether classes are reported by their own names where there is no table.
    pub own_names: bool,
}

impl Labels {
    /// For `classes` classes of the model in `model`.
    pub(super) fn load(model: &str, naming: &Naming<'_>, classes: usize) -> Result<Self, Error> {
        let names = names(model, naming.labels, classes)?;
        let stopped: BTreeSet<_> = naming.stop.iter().map(String::as_str).collect();
        let threshold = naming.threshold as f32;
        let mut reported = vec![None; classes];
        if !naming.mapping.is_empty() {
            for Mapped { class: name, label, threshold: own } in table(naming.mapping)? {
                let number = || name.parse::<usize>().ok().filter(|class| *class < classes);
                let Some(class) = names.iter().position(|known| *known == name).or_else(number) else {
                    let expected =
                        format!("a class of the model such as `{}`", names.first().map_or("", |n| n));
                    return Err(Error::unexpected(naming.mapping, expected, format!("`{name}`")));
                };
                reported[class] = Some((label, own.unwrap_or(threshold)));
            }
        } else if naming.own_names && !naming.labels.is_empty() {
            let label = |name: &String| Arc::new(Label { tag: name.clone(), ..Label::default() });
            reported = names.iter().map(|name| Some((label(name), threshold))).collect();
        }
        for (class, name) in reported.iter_mut().zip(&names) {
            let is_stopped =
                |label: &Label| stopped.contains(name.as_str()) || stopped.contains(label.tag.as_str());
            if class.as_ref().is_some_and(|(label, _)| is_stopped(label)) {
                *class = None;
            }
        }
        Ok(Self { classes: reported })
    }

    /// How many classes there are.
    pub(super) fn classes(&self) -> usize {
        self.classes.len()
    }

    /// What a class is reported as, and from which score on.
    pub(super) fn of(&self, class: usize) -> Option<(&Arc<Label>, f32)> {
        self.classes.get(class)?.as_ref().map(|(label, threshold)| (label, *threshold))
    }

    /// The scores of tags, the best first: those of classes that share a tag are put together by `joined`. The lowest
    /// threshold of these classes holds.
    pub(super) fn tags(&self, scores: &[f32], joined: fn(f32, f32) -> f32) -> Vec<(Arc<Label>, f32)> {
        let mut tags: BTreeMap<&Arc<Label>, (f32, f32)> = BTreeMap::new();
        for (class, &score) in scores.iter().enumerate() {
            let Some((label, threshold)) = self.of(class) else { continue };
            let tag = tags.entry(label).or_insert((0.0, f32::INFINITY));
            *tag = (joined(tag.0, score), tag.1.min(threshold));
        }
        let sure = tags.into_iter().filter(|(_, (score, threshold))| score >= threshold);
        let mut found: Vec<_> = sure.map(|(label, (score, _))| (label.clone(), score.min(1.0))).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found
    }
}

/// The names of the classes, one a line; without a file their numbers.
fn names(model: &str, file: &str, classes: usize) -> Result<Vec<String>, Error> {
    if file.is_empty() {
        return Ok((0..classes).map(|class| class.to_string()).collect());
    }
    let text = read_file::text(file)?;
    let lines: Vec<_> =
        text.trim_start_matches('\u{feff}').lines().map(|line| line.trim().to_owned()).collect();
    if lines.len() == classes {
        return Ok(lines);
    }
    let expected = format!("{classes} lines, one for each class of `{model}`");
    Err(Error::unexpected(file, expected, lines.len().to_string()))
}

/// What a table says about a class.
struct Mapped {
    class: String,
    label: Arc<Label>,
    threshold: Option<f32>,
}

/// The rows of a table. Rows of one tag share its label.
fn table(file: &str) -> Result<Vec<Mapped>, Error> {
    let bytes = read_file::small(file)?;
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(&bytes[..]);
    let mut labels: HashMap<Label, Arc<Label>> = HashMap::new();
    let mut rows = Vec::new();
    for row in reader.deserialize::<Row>() {
        let row = row.map_err(|error| {
            Error::unexpected(file, "a table (CSV) with the columns `label` and `tag`", error.to_string())
        })?;
        if row.tag.is_empty() || row.threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
            let found = format!("`{}` and {:?} for `{}`", row.tag, row.threshold, row.label);
            return Err(Error::unexpected(file, "a tag, and a threshold of 0 to 1", found));
        }
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let label = Label { tag: row.tag, da: said(row.da), concept: said(row.concept) };
        let label = labels.entry(label.clone()).or_insert_with(|| Arc::new(label)).clone();
        let threshold = row.threshold.map(|threshold| threshold as f32);
        rows.push(Mapped { class: row.label, label, threshold });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn naming<'a>(labels: &'a str, mapping: &'a str, stop: &'a [String]) -> Naming<'a> {
        Naming { labels, mapping, stop, threshold: 0.5, own_names: false }
    }

    fn shown(found: &[(Arc<Label>, f32)]) -> Vec<(&str, f32)> {
        found.iter().map(|(label, score)| (label.tag.as_str(), *score)).collect()
    }

    #[test]
    fn classes_that_share_a_tag_are_joined_and_others_are_silent() {
        let folder = tempfile::tempdir().unwrap();
        let labels = file(&folder, "labels.txt", "beagle\npoodle, toy poodle\nbook jacket\ncow");
        let table =
            "label,tag,threshold,da\nbeagle,dog,0.4,hund\n\"poodle, toy poodle\",dog,0.4,hund\ncow,cow,,ko\n";
        let mapping = file(&folder, "table.csv", table);
        let labels = Labels::load("m.onnx", &naming(&labels, &mapping, &[]), 4).unwrap();
        let found = labels.tags(&[0.25, 0.25, 0.375, 0.125], |a, b| a + b);
        assert_eq!(shown(&found), [("dog", 0.5)]);
        assert_eq!(found[0].0.da.as_deref(), Some("hund"));
        assert!(labels.tags(&[0.25, 0.25, 0.375, 0.125], f32::max).is_empty());
        assert_eq!(shown(&labels.tags(&[0.4, 0.0, 0.0, 0.5], f32::max)), [("cow", 0.5), ("dog", 0.4)]);
    }

    #[test]
    fn nothing_is_reported_without_a_table_and_nothing_that_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let labels = file(&folder, "labels.txt", "cat\ncow\n");
        let none = Labels::load("m.onnx", &naming(&labels, "", &[]), 2).unwrap();
        assert!(none.tags(&[1.0, 1.0], f32::max).is_empty());
        let own = Naming { own_names: true, ..naming(&labels, "", &[]) };
        assert_eq!(
            shown(&Labels::load("m.onnx", &own, 2).unwrap().tags(&[0.5, 1.0], f32::max)),
            [("cow", 1.0), ("cat", 0.5)]
        );
        let mapping = file(&folder, "table.csv", "label,tag\ncat,pet\ncow,cattle\n");
        for stop in ["cat", "pet"] {
            let stop = [stop.to_owned()];
            let labels = Labels::load("m.onnx", &naming(&labels, &mapping, &stop), 2).unwrap();
            assert_eq!(shown(&labels.tags(&[1.0, 0.9], f32::max)), [("cattle", 0.9)]);
        }
    }

    #[test]
    fn classes_without_names_are_called_by_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let mapping =
            file(&folder, "table.csv", "# detector\nlabel,tag,concept\n1,person,http://x.example/1\n");
        let labels = Labels::load("m.onnx", &naming("", &mapping, &[]), 3).unwrap();
        assert_eq!(labels.of(1).unwrap().0.concept.as_deref(), Some("http://x.example/1"));
        assert!(labels.of(0).is_none() && labels.of(3).is_none());
    }

    #[test]
    fn wrong_files_are_named_with_what_was_expected() {
        let folder = tempfile::tempdir().unwrap();
        let labels = file(&folder, "labels.txt", "cat\ncow\n");
        let check = |mapping: &str, classes: usize, expected: &str| {
            let mapping =
                if mapping.is_empty() { String::new() } else { file(&folder, "table.csv", mapping) };
            let refused =
                Labels::load("m.onnx", &naming(&labels, &mapping, &[]), classes).unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
        };
        check("", 3, "labels.txt`: expected 3 lines, one for each class of `m.onnx`, found 2");
        check(
            "label,tag\ndog,dog\n",
            2,
            "table.csv`: expected a class of the model such as `cat`, found `dog`",
        );
        check("label,tag,threshold\ncat,cat,1.5\n", 2, "expected a tag, and a threshold of 0 to 1");
        check("label,tag,threshold\ncat,cat,NaN\n", 2, "expected a tag, and a threshold of 0 to 1");
        check("label,tag,threshold\ncat,cat,much\n", 2, "expected a table (CSV)");
        check("name,what\ncat,cat\n", 2, "expected a table (CSV) with the columns `label` and `tag`");
        check("label,tag\ncat,\n", 2, "expected a tag");
    }
}
