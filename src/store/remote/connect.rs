//! HTTP connections to remote stores: with timeouts, and to the configured host only.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{ClientConfigKey, ClientOptions, HeaderMap};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, LOCATION, RANGE};
use reqwest::redirect::Policy;

use super::digest::Digests;
use super::response;
use crate::store::Settings;

/// Creates HTTP clients with the configured timeouts.
#[derive(Clone, Debug)]
pub(in crate::store) struct Connector {
    silence: Duration,
    connect: Duration,
    idle: usize,
}

/// A well-formed response that cannot be used; the request is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::store) enum Refusal {
    #[error("the store redirects elsewhere, and redirects are not followed")]
    Redirect,
    #[error("the address is a folder")]
    Folder,
    #[error("the store responds to a range with the whole object")]
    Whole,
    #[error("a web page was sent instead of a range")]
    Page,
    #[error("the range is outside the object")]
    OutOfRange,
    #[error("the store does not list its objects")]
    NoList,
}

impl Connector {
    pub(in crate::store) fn new(settings: &Settings) -> Connector {
        Connector {
            silence: Duration::from_millis(settings.timeout_ms),
            connect: Duration::from_millis(settings.connect_timeout_ms),
            idle: settings.concurrent_reads,
        }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let is_set = |key| options.get_config_value(&key).is_some_and(|value| value == "true");
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("tegl/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .http1_only()
            .https_only(!is_set(ClientConfigKey::AllowHttp))
            .danger_accept_invalid_certs(is_set(ClientConfigKey::AllowInvalidCertificates))
            .connect_timeout(self.connect)
            .read_timeout(self.silence)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(self.idle)
            .tcp_nodelay(true);
        if let Some(proxy) = options.get_config_value(&ClientConfigKey::ProxyUrl) {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(generic)?);
        }
        Ok(HttpClient::new(Client(builder.build().map_err(generic)?)))
    }
}

fn generic(source: reqwest::Error) -> object_store::Error {
    object_store::Error::Generic { store: "HTTP", source: Box::new(source) }
}

/// A client that checks responses before `object_store` does.
#[derive(Debug)]
struct Client(reqwest::Client);

impl HttpService for Client {
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let ranged = request.headers().contains_key(RANGE);
            let listing = request.method().as_str() == "PROPFIND";
            let mut response = HttpService::call(&self.0, request).await?;
            let digests = Digests::stated(response.headers());
            response.extensions_mut().insert(digests);
            if response.status().is_redirection()
                && let Some(fault) = response::redirected(response.headers(), &path)
            {
                return Err(HttpError::new(HttpErrorKind::Decode, fault));
            }
            match refusal(response.status(), response.headers(), &path, ranged, listing) {
                None if response::may_concern_the_store(response.status()) => check_response(response).await,
                None => Ok(response),
                Some(refusal) => Err(HttpError::new(HttpErrorKind::Decode, refusal)),
            }
        })
    }
}

/// Returns the response, unless it reports that the whole store cannot be used.
async fn check_response(response: HttpResponse) -> Result<HttpResponse, HttpError> {
    let (parts, body) = response.into_parts();
    let body = body.bytes().await?;
    match response::fault(parts.status, &parts.headers, &body) {
        Some(fault) => Err(HttpError::new(HttpErrorKind::Decode, fault)),
        None => Ok(HttpResponse::from_parts(parts, body.into())),
    }
}

fn refusal(
    status: StatusCode,
    headers: &HeaderMap,
    path: &str,
    ranged: bool,
    listing: bool,
) -> Option<Refusal> {
    match status {
        StatusCode::NOT_MODIFIED => None,
        status if status.is_redirection() => {
            let target = headers.get(LOCATION).and_then(|target| target.to_str().ok()).unwrap_or_default();
            let folder =
                target.strip_suffix('/').is_some_and(|target| !path.is_empty() && target.ends_with(path));
            Some(if folder { Refusal::Folder } else { Refusal::Redirect })
        }
        // As gateways do, whose status is wrong: no master is a page.
        StatusCode::OK if ranged && is_page(headers) => Some(Refusal::Page),
        StatusCode::OK if ranged => Some(Refusal::Whole),
        StatusCode::RANGE_NOT_SATISFIABLE if ranged => Some(Refusal::OutOfRange),
        // Some servers forbid listing everything at once.
        StatusCode::BAD_REQUEST
        | StatusCode::FORBIDDEN
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::NOT_IMPLEMENTED
            if listing =>
        {
            Some(Refusal::NoList)
        }
        _ => None,
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("text/html")
}

/// The first error of this type in a chain of causes.
pub(in crate::store) fn find<'a, T: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a T> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}
