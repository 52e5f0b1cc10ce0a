//! Records from where they lie: files, web addresses, pages of a museum's API, collections of manifests.

use std::io::{Cursor, Read};

use serde_json::Value;

use super::super::Error;
use crate::iiif::Invalid;
use crate::record::read::{self, Bad, Entry, Form, Mapping};
use crate::store::{self, stream};

/// How records are to be read.
#[derive(Clone, Default)]
pub struct Reading {
    /// Found out from the document itself where it is not said.
    pub form: Option<Form>,
    pub mapping: Option<Mapping>,
    /// How many collections lie above what is read.
    depth: u8,
}

/// Collections within collections are followed so far.
const DEEPEST: u8 = 8;

type Entries = Box<dyn Iterator<Item = Result<Entry, Bad>> + Send>;

/// What is looked at as a whole, in bytes: a page of an API, a collection. Longer documents are streamed.
const MOST_WHOLE: u64 = 64 << 20;

impl Reading {
    pub fn new(form: Option<Form>, mapping: Option<Mapping>) -> Self {
        Self { form, mapping, depth: 0 }
    }

    /// The records at a location; those on further pages of the same answer follow by themselves. Waits: to be called
    /// and read on a thread that may.
    pub fn entries(self, location: &str, settings: &store::Settings) -> Result<Entries, Error> {
        let unreadable = |reason: String| Error::Invalid(Invalid::new("records", location, reason));
        let is_web = location.starts_with("http://") || location.starts_with("https://");
        let mut input = stream::read(location, settings).map_err(unreadable)?;
        if !is_web {
            return self.all(input).map_err(|error| unreadable(error.to_string()));
        }
        let mut start = Vec::new();
        input
            .by_ref()
            .take(MOST_WHOLE)
            .read_to_end(&mut start)
            .map_err(|error| unreadable(error.to_string()))?;
        let answer: Option<Value> =
            if (start.len() as u64) < MOST_WHOLE { serde_json::from_slice(&start).ok() } else { None };
        let Some(answer) = answer else {
            return self.all(Cursor::new(start).chain(input)).map_err(|error| unreadable(error.to_string()));
        };
        let mut members = read::members(&answer);
        if self.depth < DEEPEST {
            members.extend(read::collections(&answer));
        }
        if !members.is_empty() {
            let (settings, reading) = (settings.clone(), Self { depth: self.depth + 1, ..self });
            return Ok(Box::new(
                members.into_iter().flat_map(move |member| one(&reading, &member, &settings)),
            ));
        }
        let next = read::next_page(location, &answer);
        drop(answer);
        let first = self.clone().all(Cursor::new(start)).map_err(|error| unreadable(error.to_string()))?;
        let (settings, reading) = (settings.clone(), self);
        let rest = std::iter::once(next).flatten().flat_map(move |next| one(&reading, &next, &settings));
        Ok(Box::new(first.chain(rest)))
    }

    fn all(self, input: impl Read + Send + 'static) -> Result<Entries, read::Error> {
        Ok(Box::new(read::read(input, self.form, self.mapping)?))
    }
}

/// The records at a further address; one that cannot be had is a bad record.
fn one(reading: &Reading, address: &str, settings: &store::Settings) -> Entries {
    match reading.clone().entries(address, settings) {
        Ok(entries) => entries,
        Err(error) => {
            let bad = Bad { line: 0, object_number: None, reason: error.to_string() };
            Box::new(std::iter::once(Err(bad)))
        }
    }
}
