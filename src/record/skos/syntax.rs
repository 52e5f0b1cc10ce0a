//! The syntaxes of RDF.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};
use std::rc::Rc;

use oxjsonld::JsonLdParser;
use oxrdf::Triple;
use oxrdfxml::RdfXmlParser;
use oxttl::{NTriplesParser, TurtleParser};
use quick_xml::events::Event;

use super::graph::Graph;
use super::{SkosError, SkosVocabulary};

/// The maximum number of errors that are reported.
const MAX_ERRORS: usize = 20;
/// The longest prolog of a document in XML, and the longest declaration of an entity, in bytes.
const MAX_PROLOG: u64 = 1 << 20;
const MAX_ENTITY: usize = 1000;
/// How entities are declared.
const ENTITY: &[u8] = b"<!ENTITY";
/// The mark of UTF-8 with which some programs begin files.
const BOM: &[u8] = "\u{feff}".as_bytes();
/// Statements between two reports of the progress.
const REPORTED: u64 = 10_000;

/// A syntax of RDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// RDF/XML.
    RdfXml,
    /// Turtle.
    Turtle,
    /// N-Triples.
    NTriples,
    /// JSON-LD; contexts on the web are not fetched.
    JsonLd,
}

impl Syntax {
    /// The syntax with this name: `rdfxml`, `turtle`, `ntriples` or `jsonld`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rdfxml" => Self::RdfXml,
            "turtle" => Self::Turtle,
            "ntriples" => Self::NTriples,
            "jsonld" => Self::JsonLd,
            _ => return None,
        })
    }

    /// The usual syntax of files with this name.
    pub fn of_file(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        Some(match name.rsplit('.').next()? {
            "rdf" | "xml" | "owl" | "skos" => Self::RdfXml,
            "ttl" | "turtle" => Self::Turtle,
            "nt" | "ntriples" => Self::NTriples,
            "jsonld" | "json" => Self::JsonLd,
            _ => return None,
        })
    }

    /// The syntax of a document that begins like this, if no other syntax begins so.
    fn of_start(start: &[u8]) -> Option<Self> {
        let start = start.trim_ascii_start();
        let after = start.get(1..).unwrap_or_default().trim_ascii_start();
        let is_word = |word: &str| {
            start.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes()))
        };
        match start {
            [b'{', ..] => Some(Self::JsonLd),
            [b'[', ..] if after.starts_with(b"{") => Some(Self::JsonLd),
            [b'<', b'?' | b'!', ..] => Some(Self::RdfXml),
            _ if start.starts_with(b"<rdf:") => Some(Self::RdfXml),
            _ if ["@prefix", "@base", "prefix ", "base "].iter().any(|word| is_word(word)) => {
                Some(Self::Turtle)
            }
            _ => None,
        }
    }
}

/// How a vocabulary is read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The syntax; detected from the document if not set.
    pub syntax: Option<Syntax>,
    /// The usual syntax of documents with its name, if it does not begin like another.
    pub usual: Option<Syntax>,
    /// The URL of the document, if relative references may occur.
    pub base: Option<String>,
    /// The languages of labels that are read; all if it is empty.
    pub languages: Vec<String>,
    /// The maximum memory in MiB.
    pub max_mib: u64,
}

/// Reads a vocabulary. `progress` is called with the number of statements now and then.
///
/// # Errors
/// Returns an error if the document is not valid, too large, or has no concepts.
pub fn read(
    input: impl Read,
    reading: &Reading,
    progress: impl FnMut(u64),
) -> Result<SkosVocabulary, SkosError> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let start =
        input.fill_buf().map_err(|error| SkosError::Syntax(vec![format!("cannot be read: {error}")]))?;
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Err(SkosError::Syntax(vec!["the text is in UTF-16: convert it to UTF-8".into()]));
    }
    let text = start.strip_prefix(BOM).unwrap_or(start);
    let syntax = reading.syntax.or_else(|| Syntax::of_start(text)).or(reading.usual);
    let syntax = syntax.unwrap_or(Syntax::Turtle);
    if start.starts_with(BOM) {
        input.consume(BOM.len());
    }
    let mut reader = Reader {
        graph: Graph::new(&reading.languages, reading.max_mib),
        errors: Vec::new(),
        count: 0,
        progress,
    };
    let base = reading.base.as_deref();
    let invalid =
        |error: &dyn std::fmt::Display| SkosError::Syntax(vec![format!("the URL of the document: {error}")]);
    match syntax {
        Syntax::NTriples => {
            for triple in NTriplesParser::new().for_reader(input) {
                if !reader.take(triple.map_err(|error| located(&error)))? {
                    break;
                }
            }
        }
        Syntax::Turtle => {
            let mut parser = TurtleParser::new();
            if let Some(base) = base {
                parser = parser.with_base_iri(base).map_err(|error| invalid(&error))?;
            }
            for triple in parser.for_reader(input) {
                if !reader.take(triple.map_err(|error| located(&error)))? {
                    break;
                }
            }
        }
        Syntax::JsonLd => {
            let mut parser = JsonLdParser::new();
            if let Some(base) = base {
                parser = parser.with_base_iri(base).map_err(|error| invalid(&error))?;
            }
            for quad in parser.for_reader(input) {
                let triple = quad.map(Triple::from).map_err(|error| error.to_string());
                if !reader.take(triple)? {
                    break;
                }
            }
        }
        Syntax::RdfXml => {
            let mut parser = RdfXmlParser::new();
            if let Some(base) = base {
                parser = parser.with_base_iri(base).map_err(|error| invalid(&error))?;
            }
            let line = Rc::new(Cell::new(1));
            let prolog = prolog(&mut input)?;
            let left = prolog.len();
            let input = std::io::Cursor::new(prolog).chain(input);
            let input = ByLine { input, line: line.clone(), ended: false, left };
            for triple in parser.for_reader(input) {
                let is_over = triple.is_err();
                let triple = triple.map_err(|error| format!("line {}: {error}", line.get()));
                if !reader.take(triple)? || is_over {
                    break;
                }
            }
        }
    }
    match reader.errors.is_empty() {
        true => reader.graph.finish(),
        false => Err(SkosError::Syntax(reader.errors)),
    }
}

fn located(error: &oxttl::TurtleParseError) -> String {
    match error {
        oxttl::TurtleParseError::Syntax(error) => {
            format!("line {}: {}", error.location().start.line + 1, error.message())
        }
        oxttl::TurtleParseError::Io(error) => format!("cannot be read: {error}"),
    }
}

/// Reads at least what comes before the first element, and checks the entities that it declares: vocabularies use them to
/// abbreviate namespaces, but entities within entities could expand to any length.
fn prolog(input: &mut impl BufRead) -> Result<Vec<u8>, SkosError> {
    let mut copy = Vec::new();
    let tee = Tee { input: input.by_ref().take(MAX_PROLOG), copy: &mut copy };
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(tee));
    let (mut buffer, mut is_safe) = (Vec::new(), true);
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::DocType(declared)) => {
                let declared: &[u8] = &declared;
                let mut starts = memchr::memmem::find_iter(declared, ENTITY).chain([declared.len()]);
                let mut from = starts.next().unwrap_or(0);
                is_safe &= memchr::memchr2(b'&', b'%', declared).is_none()
                    && starts.all(|to| to - std::mem::replace(&mut from, to) <= MAX_ENTITY);
            }
            Ok(Event::Start(_) | Event::Empty(_) | Event::Eof) => break,
            Ok(_) => {}
            Err(_) => {
                // The parser says what is wrong.
                is_safe &= memchr::memmem::find(&copy, ENTITY).is_none();
                break;
            }
        }
        buffer.clear();
    }
    match is_safe {
        true => Ok(copy),
        false => Err(SkosError::Syntax(vec![format!(
            "an entity is declared with other entities or with more than {MAX_ENTITY} bytes: replace it by its text"
        )])),
    }
}

/// Keeps a copy of what is read.
struct Tee<'a, R> {
    input: R,
    copy: &'a mut Vec<u8>,
}

impl<R: Read> Read for Tee<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.copy.extend_from_slice(&buffer[..length]);
        Ok(length)
    }
}

/// Takes in statements and errors.
struct Reader<'a, P> {
    graph: Graph<'a>,
    errors: Vec<String>,
    count: u64,
    progress: P,
}

impl<P: FnMut(u64)> Reader<'_, P> {
    /// Returns false after too many errors.
    fn take(&mut self, triple: Result<Triple, String>) -> Result<bool, SkosError> {
        match triple {
            Ok(triple) => {
                self.count += 1;
                if self.count.is_multiple_of(REPORTED) {
                    (self.progress)(self.count);
                }
                self.graph.add(&triple)?;
            }
            Err(error) => self.errors.push(error),
        }
        Ok(self.errors.len() < MAX_ERRORS)
    }
}

/// Hands out one line at a time and counts them, because the parser of RDF/XML does not say where an error is.
struct ByLine<R> {
    input: R,
    line: Rc<Cell<u64>>,
    /// Whether what was handed out ended a line.
    ended: bool,
    /// The bytes that are left of those whose entities were checked.
    left: usize,
}

impl<R: BufRead> Read for ByLine<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let held = self.input.fill_buf()?;
        let end = memchr::memchr(b'\n', held).map_or(held.len(), |at| at + 1).min(buffer.len());
        if self.ended {
            self.line.set(self.line.get() + 1);
        }
        if self.left == 0 && memchr::memmem::find(&held[..end], ENTITY).is_some() {
            return Err(std::io::Error::other("an entity is declared after the first element"));
        }
        self.left = self.left.saturating_sub(end);
        buffer[..end].copy_from_slice(&held[..end]);
        self.ended = buffer[..end].ends_with(b"\n");
        self.input.consume(end);
        Ok(end)
    }
}
