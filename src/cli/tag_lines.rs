//! Reads tags from elsewhere on a thread of its own, batch by batch.

use std::io::{BufRead, BufReader, Read};

use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::lines::each_line;
use crate::gallery::{MeasuresLine, RefusedLine, TagBatch, TagLine};
use crate::record::read::enrichment::{self, Enrichment};
use crate::web;

/// Lines of a transaction.
const BATCH: u64 = 2000;

/// The format of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagForm {
    /// Lines of JSON, as `POST /api/v1/tags` takes them.
    Lines,
    /// Answers of SMK's enrichment service.
    Enrichment,
}

/// Some lines, and those of them that cannot be read.
#[derive(Default)]
pub(super) struct ReadBatch {
    pub batch: TagBatch,
    pub bad: Vec<RefusedLine>,
    /// Lines that were read; or entries, of enrichments.
    pub lines: u64,
    /// Entries of kinds that are not read.
    pub left_out: u64,
}

impl TagForm {
    pub(super) fn parse(name: Option<&str>) -> Result<Self, String> {
        match name {
            None | Some("lines") => Ok(Self::Lines),
            Some("enrichment") => Ok(Self::Enrichment),
            Some(other) => Err(format!("--form `{other}`: the form of tags must be `lines` or `enrichment`")),
        }
    }

    /// Sends all batches; stops when nobody receives them. Blocks.
    pub(super) fn read(self, input: Box<dyn Read + Send>, batches: &Sender<ReadBatch>) {
        let mut current = ReadBatch::default();
        let mut add = |number: u64, step: Step| {
            current.lines += 1;
            match step {
                Step::Line(line) => current.batch.tags.push(*line),
                Step::Bad(work, parameter, reason) => {
                    current.bad.push(RefusedLine { line: number, work, parameter, reason });
                }
                Step::Entry(entry) => current.add_entry(number, entry),
            }
            current.lines < BATCH || batches.blocking_send(std::mem::take(&mut current)).is_ok()
        };
        match self {
            Self::Lines => read_lines(input, &mut add),
            Self::Enrichment => read_entries(input, &mut add),
        }
        if current.lines > 0 {
            // Nobody receives it if the import has failed.
            let _ = batches.blocking_send(current);
        }
    }
}

/// What was read.
enum Step {
    Line(Box<TagLine>),
    Entry(Enrichment),
    /// A work, a field and a reason.
    Bad(Option<String>, Option<String>, String),
}

impl ReadBatch {
    fn add_entry(&mut self, number: u64, entry: Enrichment) {
        let Enrichment { object_number, kind, is_known, tags, measures } = entry;
        self.left_out += u64::from(!is_known);
        let line = |tag| TagLine {
            line: number,
            object_number: object_number.clone(),
            tag,
            has_status: false,
            note: None,
            revision: None,
        };
        self.batch.tags.extend(tags.into_iter().map(line));
        if let Some((version, measures)) = measures {
            self.batch.measures.push(MeasuresLine { object_number, measured_by: (kind, version), measures });
        }
    }
}

fn read_lines(input: impl Read, add: &mut impl FnMut(u64, Step) -> bool) {
    each_line(input, |number, line| {
        let step = match line.map(|text| web::tag_line(number, text, true)) {
            Ok(Ok(line)) => Step::Line(Box::new(line)),
            Ok(Err(bad)) => Step::Bad(None, Some(bad.parameter.to_string()), bad.to_string()),
            Err(reason) => Step::Bad(None, None, reason),
        };
        add(number, step)
    });
}

/// Entries are numbered through the whole document.
fn read_entries(input: impl Read, add: &mut impl FnMut(u64, Step) -> bool) {
    let mut input = BufReader::new(input);
    if input.fill_buf().is_ok_and(|start| start.starts_with("\u{feff}".as_bytes())) {
        input.consume("\u{feff}".len());
    }
    let answers = serde_json::Deserializer::from_reader(input).into_iter::<Value>();
    let mut number = 0;
    for answer in answers {
        let entries = match answer {
            Ok(answer) => enrichment::entries(answer),
            Err(error) => {
                add(
                    number + 1,
                    Step::Bad(None, None, format!("is not valid JSON: {error}: the rest is unread")),
                );
                return;
            }
        };
        for entry in entries {
            number += 1;
            let step = match enrichment::enrichment(&entry) {
                Ok(entry) => Step::Entry(entry),
                Err(reason) => Step::Bad(None, None, reason),
            };
            if !add(number, step) {
                return;
            }
        }
    }
}
