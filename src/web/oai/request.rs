//! Parses the arguments of a request (OAI-PMH 2.0, §4).

use super::datestamp::Range;
use super::fault::{Code, Fault};
use super::set::SetSpec;
use super::token::{ListPosition, SetPosition};
use crate::presentation::ExchangeFormat;

/// A request, with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OaiRequest {
    Identify,
    ListMetadataFormats { identifier: Option<String> },
    ListSets(SetPosition),
    ListIdentifiers(ListPosition),
    ListRecords(ListPosition),
    GetRecord { identifier: String, format: ExchangeFormat },
}

/// The verbs, with the arguments that each may have.
const VERBS: [(&str, &[&str]); 6] = [
    ("Identify", &[]),
    ("ListMetadataFormats", &["identifier"]),
    ("ListSets", &["resumptionToken"]),
    ("ListIdentifiers", LIST),
    ("ListRecords", LIST),
    ("GetRecord", &["identifier", "metadataPrefix"]),
];

/// The characters of a `metadataPrefix` and of each part of a `setSpec` (§3.2).
const TOKEN: &str = "letters of ASCII, digits and -_.!~*'()";

/// Whether a text may be a `metadataPrefix`, or a part of a `setSpec`.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b))
}

/// Whether the schema of responses allows this value of an argument that was not refused: identifiers are URIs.
pub(super) fn may_be_repeated(name: &str, value: &str) -> bool {
    name != "identifier" || {
        let mut rest = value.split('%');
        let first = rest.next().unwrap_or_default();
        let is_uri = |part: &str| {
            part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(&b))
        };
        let is_escape = |part: &str| part.len() >= 2 && part.bytes().take(2).all(|b| b.is_ascii_hexdigit());
        let is_legal = is_uri(first) && rest.all(|part| is_escape(part) && is_uri(part));
        is_legal && value.matches('#').count() < 2 && url::Url::parse(value).is_ok()
    }
}

const LIST: &[&str] = &["from", "until", "set", "metadataPrefix", "resumptionToken"];

impl OaiRequest {
    /// Parses the arguments: each may be given only once, and a resumption token only alone.
    pub(super) fn parse(arguments: &[(String, String)]) -> Result<Self, Fault> {
        let verbs: Vec<&str> =
            arguments.iter().filter(|(name, _)| name == "verb").map(|(_, v)| &**v).collect();
        let known = match verbs[..] {
            [verb] => VERBS.iter().find(|(known, _)| *known == verb),
            _ => None,
        };
        let Some((verb, names)) = known else {
            let all = VERBS.map(|(verb, _)| verb).join(", ");
            return Err(Fault::new(Code::BadVerb, format!("`verb` must be given once, and be one of {all}")));
        };
        let given: Vec<_> = arguments.iter().filter(|(name, _)| name != "verb").collect();
        for (at, (name, _)) in given.iter().enumerate() {
            if !names.contains(&&**name) {
                return Err(Fault::argument(format!("{verb} has no argument `{name}`")));
            }
            if given.iter().take(at).any(|(earlier, _)| earlier == name) {
                return Err(Fault::argument(format!("`{name}` may be given only once")));
            }
        }
        let value = |name: &str| given.iter().find(|(known, _)| known == name).map(|(_, value)| &**value);
        let needed = |name: &str| {
            value(name).ok_or_else(|| Fault::argument(format!("{verb} needs the argument `{name}`")))
        };
        if value("resumptionToken").is_some() && given.len() > 1 {
            return Err(Fault::argument("`resumptionToken` must be the only argument beside `verb`"));
        }
        let format = || {
            let prefix = needed("metadataPrefix")?;
            if !is_token(prefix) {
                return Err(Fault::argument(format!("`metadataPrefix` must be of {TOKEN}")));
            }
            let all = ExchangeFormat::ALL.map(ExchangeFormat::prefix).join(", ");
            ExchangeFormat::with_prefix(prefix).ok_or_else(|| {
                Fault::new(
                    Code::CannotDisseminateFormat,
                    format!("the formats are {all}, and not `{prefix}`"),
                )
            })
        };
        let list = |verb| match value("resumptionToken") {
            Some(token) => ListPosition::of_token(verb, token).ok_or_else(Fault::token),
            None => {
                // Illegal values come first: the response repeats the others, which must be legal (§3.2).
                let range = Range::parse(value("from"), value("until"))?;
                if value("set").is_some_and(|set| !set.split(':').all(is_token)) {
                    return Err(Fault::argument(format!(
                        "`set` must be of {TOKEN}, in parts separated by `:`"
                    )));
                }
                let format = format()?;
                let set =
                    value("set").map(|set| SetSpec::parse(set).ok_or_else(Fault::nothing)).transpose()?;
                Ok(ListPosition::start(format, range, set))
            }
        };
        Ok(match *verb {
            "Identify" => Self::Identify,
            "ListMetadataFormats" => {
                Self::ListMetadataFormats { identifier: value("identifier").map(str::to_owned) }
            }
            "ListSets" => Self::ListSets(match value("resumptionToken") {
                Some(token) => SetPosition::of_token(token).ok_or_else(Fault::token)?,
                None => SetPosition::default(),
            }),
            "ListIdentifiers" => Self::ListIdentifiers(list("i")?),
            "ListRecords" => Self::ListRecords(list("r")?),
            _ => {
                let identifier = needed("identifier")?.to_owned();
                Self::GetRecord { identifier, format: format()? }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn code(query: &str) -> Option<Code> {
        let arguments: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        OaiRequest::parse(&arguments).err().map(|fault| fault.code)
    }

    #[test]
    fn arguments_are_checked_as_the_protocol_says() {
        for (query, expected) in [
            ("", Some(Code::BadVerb)),
            ("verb=identify", Some(Code::BadVerb)),
            ("verb=Identify&verb=Identify", Some(Code::BadVerb)),
            ("verb=Identify", None),
            ("verb=Identify&a=b", Some(Code::BadArgument)),
            ("verb=ListRecords", Some(Code::BadArgument)),
            ("verb=ListRecords&metadataPrefix=oai_dc", None),
            ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", Some(Code::BadArgument)),
            ("verb=ListRecords&metadataPrefix=mods", Some(Code::CannotDisseminateFormat)),
            ("verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=x", Some(Code::BadArgument)),
            ("verb=ListRecords&resumptionToken=x", Some(Code::BadResumptionToken)),
            ("verb=ListSets&resumptionToken=x", Some(Code::BadResumptionToken)),
            ("verb=ListSets&set=x", Some(Code::BadArgument)),
            ("verb=GetRecord&identifier=oai:a:b", Some(Code::BadArgument)),
            ("verb=GetRecord&metadataPrefix=lido", Some(Code::BadArgument)),
            ("verb=GetRecord&metadataPrefix=lido&identifier=oai:a:b", None),
            ("verb=ListIdentifiers&metadataPrefix=edm&from=2026-01-01&until=2026-02-01", None),
            ("verb=ListIdentifiers&metadataPrefix=edm&from=2026-02-30", Some(Code::BadArgument)),
            (
                "verb=ListIdentifiers&metadataPrefix=edm&from=2026-01-01&until=2026-02-01T00:00:00Z",
                Some(Code::BadArgument),
            ),
            ("verb=ListIdentifiers&metadataPrefix=edm&set=no!", Some(Code::NoRecordsMatch)),
            ("verb=ListIdentifiers&metadataPrefix=edm&set=no%20set", Some(Code::BadArgument)),
            ("verb=ListIdentifiers&metadataPrefix=edm&set=a:", Some(Code::BadArgument)),
            ("verb=ListIdentifiers&metadataPrefix=e%20m", Some(Code::BadArgument)),
            ("verb=ListIdentifiers&metadataPrefix=mods&set=a%C3%A6", Some(Code::BadArgument)),
            ("verb=ListIdentifiers&metadataPrefix=mods&until=today", Some(Code::BadArgument)),
            ("verb=ListIdentifiers&from=2026-01-01T00:00:00Z&until=2026-01-01", Some(Code::BadArgument)),
            ("verb=GetRecord&metadataPrefix=&identifier=oai:a:b", Some(Code::BadArgument)),
        ] {
            assert_eq!(code(query), expected, "{query}");
        }
    }

    #[test]
    fn identifiers_are_repeated_if_they_are_uris() {
        for (identifier, expected) in [
            ("oai:a.org:K%201%2F%C3%A6", true),
            ("http://hdl.example/1?a=b#c", true),
            ("K 1", false),
            ("k\u{e6}", false),
            ("a%zz", false),
            ("a%2", false),
            ("a:b#c#d", false),
            ("::", false),
            ("KMS1", false),
            ("http://a:b/", false),
        ] {
            assert_eq!(may_be_repeated("identifier", identifier), expected, "{identifier}");
        }
        assert!(may_be_repeated("resumptionToken", "a b"));
    }
}
