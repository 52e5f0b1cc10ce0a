//! Collects the statements of a vocabulary by their subjects, in any order.

use std::collections::{BTreeMap, BTreeSet};

use oxrdf::{NamedOrBlankNode, Term, Triple};

use super::{Concept, SkosError, SkosVocabulary};
use crate::record::{NONE, Text};

/// The namespace, and those that are written for it by mistake or come from a draft.
const SKOS: [&str; 3] = [
    "http://www.w3.org/2004/02/skos/core#",
    "https://www.w3.org/2004/02/skos/core#",
    "http://www.w3.org/2008/05/skos#",
];
const SKOS_XL: &str = "http://www.w3.org/2008/05/skos-xl#";
const GETTY: &str = "http://vocab.getty.edu/ontology#";
const TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const RDFS_LABEL: &str = "http://www.w3.org/2000/01/rdf-schema#label";
const DEPRECATED: &str = "http://www.w3.org/2002/07/owl#deprecated";

/// The longest label in bytes: longer texts are descriptions, and nobody types them.
const MAX_LABEL: usize = 1000;
/// An estimate of the memory of a statement besides its texts, in bytes.
const OVERHEAD: u64 = 80;

/// The name of a URI in the vocabulary of SKOS.
fn in_skos(uri: &str) -> Option<&str> {
    SKOS.iter().find_map(|namespace| uri.strip_prefix(namespace))
}

/// What is known of a resource.
#[derive(Default)]
struct Node {
    is_concept: bool,
    /// A scheme or a collection, which are no concepts.
    is_other: bool,
    is_deprecated: bool,
    concept: Concept,
    rdfs_label: Text,
    /// Labels that are resources (SKOS-XL), by kind.
    label_nodes: Vec<(LabelKind, String)>,
    /// The text of a label that is a resource.
    literal_form: Text,
}

#[derive(Clone, Copy)]
enum LabelKind {
    Preferred,
    Alternative,
    Hidden,
}

impl LabelKind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "prefLabel" => Self::Preferred,
            "altLabel" => Self::Alternative,
            "hiddenLabel" => Self::Hidden,
            _ => return None,
        })
    }

    fn in_concept(self, concept: &mut Concept) -> &mut Text {
        match self {
            Self::Preferred => &mut concept.pref_label,
            Self::Alternative => &mut concept.alt_label,
            Self::Hidden => &mut concept.hidden_label,
        }
    }
}

/// The statements so far.
pub(super) struct Graph<'a> {
    nodes: BTreeMap<String, Node>,
    triples: u64,
    bytes: u64,
    /// The languages of labels that are read; all if it is empty.
    languages: &'a [String],
    max_mib: u64,
}

impl<'a> Graph<'a> {
    pub(super) fn new(languages: &'a [String], max_mib: u64) -> Self {
        Self { nodes: BTreeMap::new(), triples: 0, bytes: 0, languages, max_mib }
    }

    /// Takes in a statement; those that are of no use take no memory.
    pub(super) fn add(&mut self, triple: &Triple) -> Result<(), SkosError> {
        self.triples += 1;
        let subject = match &triple.subject {
            NamedOrBlankNode::NamedNode(node) => node.as_str().to_owned(),
            NamedOrBlankNode::BlankNode(node) => format!("_:{}", node.as_str()),
        };
        let length = match self.kept(&subject, triple.predicate.as_str(), &triple.object) {
            Some(object) => object as u64,
            None => return Ok(()),
        };
        self.bytes += subject.len() as u64 + length + OVERHEAD;
        match self.bytes > self.max_mib << 20 {
            true => Err(SkosError::TooLarge(self.max_mib)),
            false => Ok(()),
        }
    }

    /// Keeps a statement if it is of use, and returns the length of its object.
    fn kept(&mut self, subject: &str, predicate: &str, object: &Term) -> Option<usize> {
        let (resource, literal) = match object {
            Term::NamedNode(node) => (Some(node.as_str().to_owned()), None),
            Term::BlankNode(node) => (Some(format!("_:{}", node.as_str())), None),
            Term::Literal(literal) => {
                // Tags are compared without case (RFC 5646, §2.1.1).
                let language = literal.language().map_or_else(|| NONE.to_owned(), str::to_ascii_lowercase);
                (None, Some((language, literal.value().trim().to_owned())))
            }
            #[allow(unreachable_patterns, reason = "other features of the library have further terms")]
            _ => return None,
        };
        if predicate == TYPE {
            let kind = in_skos(resource.as_deref()?)?;
            let node = self.node(subject);
            node.is_concept |= kind == "Concept";
            node.is_other |= matches!(kind, "ConceptScheme" | "Collection" | "OrderedCollection");
            return Some(0);
        }
        if predicate == DEPRECATED {
            self.node(subject).is_deprecated |=
                literal.is_some_and(|(_, value)| matches!(&*value, "true" | "1"));
            return Some(0);
        }
        if predicate == RDFS_LABEL {
            let (language, text) = self.label(literal?)?;
            self.node(subject).rdfs_label.add(&language, &text);
            return Some(text.len());
        }
        if let Some(name) = predicate.strip_prefix(SKOS_XL) {
            if name == "literalForm" {
                let (language, text) = self.label(literal?)?;
                self.node(subject).literal_form.add(&language, &text);
                return Some(text.len());
            }
            let (kind, label) = (LabelKind::of(name)?, resource?);
            let length = label.len();
            self.node(subject).label_nodes.push((kind, label));
            return Some(length);
        }
        if let Some(name) = predicate.strip_prefix(GETTY) {
            let kinds = [
                "broaderGeneric",
                "broaderPartitive",
                "broaderInstantial",
                "broaderPreferred",
                "broaderNonPreferred",
            ];
            return self.relation(
                subject,
                if kinds.contains(&name) { "broader" } else { return None },
                resource?,
            );
        }
        let name = in_skos(predicate)?;
        if let Some(kind) = LabelKind::of(name) {
            let (language, text) = self.label(literal?)?;
            kind.in_concept(&mut self.node(subject).concept).add(&language, &text);
            return Some(text.len());
        }
        if name == "notation" {
            let (_, text) = literal?;
            let length = text.len();
            self.node(subject).concept.notation.get_or_insert(text);
            return Some(length);
        }
        self.relation(subject, name, resource?)
    }

    /// A label in a language that is read.
    fn label(&self, (language, text): (String, String)) -> Option<(String, String)> {
        let main = language.split('-').next().unwrap_or_default();
        let is_read = self.languages.is_empty()
            || language == NONE
            || self.languages.iter().any(|wanted| *wanted == language || wanted == main);
        (is_read && !text.is_empty() && text.len() <= MAX_LABEL).then_some((language, text))
    }

    fn relation(&mut self, subject: &str, name: &str, object: String) -> Option<usize> {
        let length = object.len();
        match name {
            "broader" | "broadMatch" => self.concept(subject).broader.push(object),
            "narrower" | "narrowMatch" => self.concept(&object).broader.push(subject.to_owned()),
            "exactMatch" | "closeMatch" => self.concept(subject).exact_match.push(object),
            "inScheme" | "topConceptOf" => self.concept(subject).schemes.push(object),
            "hasTopConcept" => self.concept(&object).schemes.push(subject.to_owned()),
            _ => return None,
        }
        Some(length)
    }

    fn node(&mut self, subject: &str) -> &mut Node {
        self.nodes.entry(subject.to_owned()).or_default()
    }

    fn concept(&mut self, subject: &str) -> &mut Concept {
        &mut self.node(subject).concept
    }

    /// The concepts: resources with this type, and those with labels or relations that only concepts have.
    pub(super) fn finish(mut self) -> Result<SkosVocabulary, SkosError> {
        let mut read = SkosVocabulary { triples: self.triples, ..SkosVocabulary::default() };
        let label_nodes: BTreeMap<String, Text> = self
            .nodes
            .iter_mut()
            .filter(|(_, node)| !node.literal_form.is_empty())
            .map(|(name, node)| (name.clone(), std::mem::take(&mut node.literal_form)))
            .collect();
        for (uri, mut node) in self.nodes {
            for (kind, label) in &node.label_nodes {
                for (language, text) in label_nodes.get(label).iter().flat_map(|text| text.iter()) {
                    kind.in_concept(&mut node.concept).add(language, text);
                }
            }
            let concept = &node.concept;
            let is_like_one =
                !concept.pref_label.is_empty() || !concept.schemes.is_empty() || !concept.broader.is_empty();
            if node.is_other || !(node.is_concept || is_like_one) {
                continue;
            }
            if uri.starts_with("_:") || node.is_deprecated {
                read.left_out += 1;
                continue;
            }
            let labelled = node.is_concept || !concept.pref_label.is_empty() || !node.rdfs_label.is_empty();
            if labelled {
                read.concepts.push(complete(uri, node));
            }
        }
        match read.concepts.is_empty() {
            true => Err(SkosError::Empty),
            false => Ok(read),
        }
    }
}

/// A concept with a label, and with every relation once.
fn complete(uri: String, node: Node) -> Concept {
    let Node { mut concept, rdfs_label, .. } = node;
    if concept.pref_label.is_empty() {
        concept.pref_label = rdfs_label;
    }
    if concept.pref_label.is_empty() {
        let synonym = concept.alt_label.iter().next().map(|(language, text)| Text::of(language, text));
        let code = concept.notation.as_deref().or_else(|| uri.rsplit(['/', '#']).next());
        concept.pref_label = synonym.unwrap_or_else(|| Text::plain(code.unwrap_or(&uri)));
    }
    let unique = |uris: Vec<String>| -> Vec<String> {
        let known: BTreeSet<String> =
            uris.into_iter().filter(|other| *other != uri && !other.starts_with("_:")).collect();
        known.into_iter().collect()
    };
    concept.broader = unique(concept.broader);
    concept.exact_match = unique(concept.exact_match);
    concept.schemes = unique(concept.schemes);
    Concept { uri, ..concept }
}
