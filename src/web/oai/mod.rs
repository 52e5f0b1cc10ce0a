//! OAI-PMH 2.0: harvesters read all works, or those that changed since (<https://www.openarchives.org/OAI/openarchivesprotocol.html>).
//!
//! - Records are works, withdrawn ones included: these are *deleted* records, for good.
//! - Datestamps are the times of revisions in UTC, in seconds.
//! - Identifiers are `oai:HOST:OBJECT_NUMBER`, with the object number percent-encoded.
//! - Sets are facet values, as in `creator:anna-ancher`, below a set for each scheme (`set`).
//! - Resumption tokens hold the whole state of a list and survive changes and restarts (`token`).
//! - Formats are in `presentation::exchange`, each with its table.
//!
//! The format `tegl` has records whole, with what leads to images that rights limit, for the holders of the tokens that
//! `oai.whole_records` names.
//!
//! A page of a list is one query by an index per hundred works, written to memory of at most some MiB. Images are listed as
//! far as the rights of the record allow; without such a token nothing is in a record that the API does not publish.

mod datestamp;
mod describe;
mod fault;
mod records;
mod request;
mod set;
mod token;

use actix_web::http::header;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use crate::gallery::Error;
use crate::presentation::{
    Address, ExchangeFormat, TEGL_SCHEMA, Xml, identified_work, identifier_namespace, record_identifier,
};
use crate::web::App;
use crate::web::api::tags::token_owner;
use crate::web::http::document::Document;
use crate::web::http::error as http;
use crate::web::http::receive::whole_body;
use crate::web::http::response::Response;
use crate::web::http::token::bearer;

use fault::{Code, Failure, Fault};
use request::OaiRequest;

const NAMESPACE: &str = "http://www.openarchives.org/OAI/2.0/";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Maximum size of a form in bytes.
const MAX_FORM: usize = 16 << 10;

/// `GET /oai`.
pub(crate) async fn get(app: &App, request: &HttpRequest) -> Result<Response, http::Error> {
    let is_trusted = is_trusted(app, request)?;
    Ok(respond(app, request, request.query_string().as_bytes(), is_trusted).await?)
}

/// `POST /oai`, with the arguments as a form (§3.1.1).
pub(crate) async fn post(
    app: &App,
    request: &HttpRequest,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    let is_trusted = is_trusted(app, request)?;
    let form = whole_body(request, body, MAX_FORM, app.body_limit).await?;
    Ok(respond(app, request, &form, is_trusted).await?)
}

/// Whether the request has a token for whole records. One with another token is refused: its sender would otherwise take
/// reduced records for whole ones.
fn is_trusted(app: &App, request: &HttpRequest) -> Result<bool, http::Error> {
    if bearer(request).is_none() {
        return Ok(false);
    }
    let owner = token_owner(request, app)?;
    match app.live().oai.whole_records.contains(&owner) {
        true => Ok(true),
        false => Err(Error::Closed(format!(
            "`oai.whole_records` does not name `{owner}`: harvest without a token, which gives what everybody may have"
        ))
        .into()),
    }
}

/// `GET /oai/tegl.xsd`: the schema of the format `tegl`.
pub(crate) fn schema(request: &HttpRequest) -> Response {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "public, max-age=86400"));
    response.insert_header((header::VARY, "Accept-Encoding"));
    Document::new(TEGL_SCHEMA).respond(request, MEDIA_TYPE, response).into()
}

const MEDIA_TYPE: &str = "text/xml; charset=utf-8";

async fn respond(
    app: &App,
    request: &HttpRequest,
    arguments: &[u8],
    is_trusted: bool,
) -> Result<Response, Error> {
    if !app.gallery.works.has_catalogue() {
        return Err(Error::NotFound);
    }
    let repository = Repository { is_trusted, ..Repository::new(app, &app.base.of(request)?) };
    let arguments: Vec<(String, String)> = url::form_urlencoded::parse(arguments).into_owned().collect();
    let result = match OaiRequest::parse(&arguments) {
        Ok(parsed) => answer(app, &repository, parsed).await,
        Err(fault) => Err(fault.into()),
    };
    let result = match result {
        Ok(xml) => Ok(xml),
        Err(Failure::Fault(fault)) => Err(fault),
        Err(Failure::Server(error)) => return Err(error),
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept-Encoding, Authorization"));
    let cache_control = if is_trusted { "private, no-store" } else { "no-cache" };
    response.insert_header((header::CACHE_CONTROL, cache_control));
    let document = Document::new(envelope(&repository, &arguments, result));
    Ok(document.compressed(request).await.respond(request, MEDIA_TYPE, response).into())
}

async fn answer(app: &App, repository: &Repository, request: OaiRequest) -> Result<Xml, Failure> {
    match request {
        OaiRequest::Identify => describe::identify(app, repository).await,
        OaiRequest::ListMetadataFormats { identifier } => {
            describe::formats(app, repository, identifier.as_deref()).await
        }
        OaiRequest::ListSets(from) => describe::sets(app, from).await,
        OaiRequest::ListIdentifiers(from) => records::list(app, repository, from, true).await,
        OaiRequest::ListRecords(from) => records::list(app, repository, from, false).await,
        OaiRequest::GetRecord { identifier, format } => {
            records::get(app, repository, &identifier, format).await
        }
    }
}

/// The document of a response (§3.2).
fn envelope(repository: &Repository, arguments: &[(String, String)], result: Result<Xml, Fault>) -> Vec<u8> {
    let location = format!("{NAMESPACE} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd");
    let root = [("xmlns", NAMESPACE), ("xmlns:xsi", SCHEMA_INSTANCE), ("xsi:schemaLocation", &*location)];
    let mut xml = Xml::document();
    xml.element("OAI-PMH", &root, |xml| {
        xml.text("responseDate", &[], &datestamp::datestamp(jiff::Timestamp::now().as_millisecond()));
        // Arguments that are wrong are not repeated.
        let is_wrong =
            result.as_ref().is_err_and(|fault| matches!(fault.code, Code::BadVerb | Code::BadArgument));
        let repeated: Vec<(&str, &str)> = match is_wrong {
            true => Vec::new(),
            false => {
                let legal = arguments.iter().filter(|(name, value)| request::may_be_repeated(name, value));
                legal.map(|(name, value)| (&**name, &**value)).collect()
            }
        };
        xml.text("request", &repeated, &repository.address.oai());
        match result {
            Ok(written) => xml.append(written),
            Err(fault) => xml.text("error", &[("code", fault.code.name())], &fault.message),
        }
    });
    xml.into_bytes()
}

/// The repository at its address.
#[derive(Clone)]
struct Repository {
    address: Address,
    /// The namespace of its identifiers.
    host: String,
    /// Whether the harvester may have records whole.
    is_trusted: bool,
}

impl Repository {
    fn new(app: &App, base: &str) -> Self {
        let host = identifier_namespace(&app.live().oai.namespace, base);
        Self { address: Address::new(base), host, is_trusted: false }
    }

    /// Whether records of a format are whole for this harvester.
    fn gives_whole(&self, format: ExchangeFormat) -> bool {
        self.is_trusted && format == ExchangeFormat::Tegl
    }

    /// The identifier of a work.
    fn identifier(&self, object_number: &str) -> String {
        record_identifier(&self.host, object_number)
    }

    /// The object number of an identifier of this repository.
    fn object_number(&self, identifier: &str) -> Option<String> {
        identified_work(&self.host, identifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_arguments_are_not_repeated() {
        let repository =
            Repository { address: Address::new("https://a.org"), host: "a.org".into(), is_trusted: false };
        let arguments = [("verb".to_owned(), "<x>".to_owned())];
        let write = |code| {
            let fault = Fault::new(code, "a < b");
            String::from_utf8(envelope(&repository, &arguments, Err(fault))).unwrap()
        };
        assert!(write(Code::BadVerb).contains("<request>https://a.org/oai</request>"));
        let other = write(Code::NoRecordsMatch);
        assert!(other.contains("<request verb=\"&lt;x&gt;\">"), "{other}");
        assert!(other.contains("<error code=\"noRecordsMatch\">a &lt; b</error>"), "{other}");
    }
}
