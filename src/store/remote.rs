//! Masters in object storage or behind a plain web server.

use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path;
use object_store::{
    BackoffConfig, GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig,
};
use tokio::runtime::Runtime;
use url::Url;

use super::{Error, Key, OpenError, Page, Settings, Tag, Version};

/// A bucket or web folder, and the prefix that identifiers are below.
pub struct Remote {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    deadline: Duration,
    shown: String,
}

/// Connections belong to one runtime of their own: the server's workers each have another.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).thread_name("store").enable_all();
        builder.build().expect("the machine has room for two threads")
    })
}

/// Clients that never follow a redirect: a store that could send Tegl elsewhere could make it
/// ask for what is not meant to be public.
#[derive(Debug)]
struct Direct {
    timeout: Duration,
}

impl HttpConnector for Direct {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(1))
            .timeout(self.timeout)
            .no_proxy()
            .build()
            .map_err(|error| object_store::Error::Generic { store: "HTTP", source: Box::new(error) })?;
        Ok(HttpClient::new(client))
    }
}

impl Remote {
    pub fn open(url: &Url, settings: &Settings) -> Result<Self, OpenError> {
        let failed = |error: object_store::Error| OpenError::new(url.as_str(), error.to_string());
        let prefix = percent_encoding::percent_decode_str(url.path().trim_matches('/')).decode_utf8_lossy();
        let whole = Path::parse(&*prefix).map_err(|error| OpenError::new(url.as_str(), error.to_string()))?;
        let host = url.host_str().unwrap_or_default();
        let connector = || Direct { timeout: Duration::from_millis(settings.timeout_ms) };
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(25),
                max_backoff: Duration::from_millis(250),
                base: 2.0,
            },
            max_retries: 2,
            retry_timeout: Duration::from_secs(2),
        };
        let ask = settings.instance_credentials;
        let objects: Arc<dyn ObjectStore> = match url.scheme() {
            "s3" | "s3a" => {
                let builder = AmazonS3Builder::from_env().with_bucket_name(host);
                let builder = builder.with_skip_signature(!ask && !any_set(&AWS_CREDENTIALS));
                Arc::new(builder.with_retry(retry).with_http_connector(connector()).build().map_err(failed)?)
            }
            "az" | "azure" | "abfs" | "abfss" => {
                let builder = MicrosoftAzureBuilder::from_env().with_container_name(host);
                let known = ask || any_set(&AZURE_CREDENTIALS);
                let builder = builder.with_config(AzureConfigKey::SkipSignature, (!known).to_string());
                Arc::new(builder.with_retry(retry).with_http_connector(connector()).build().map_err(failed)?)
            }
            "gs" => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(host);
                let builder = builder.with_skip_signature(!ask && !any_set(&GOOGLE_CREDENTIALS));
                Arc::new(builder.with_retry(retry).with_http_connector(connector()).build().map_err(failed)?)
            }
            "http" | "https" => {
                let mut root = url.clone();
                root.set_path("");
                root.set_query(None);
                let options = ClientOptions::new().with_allow_http(true);
                let builder = HttpBuilder::new().with_url(root.as_str()).with_client_options(options);
                Arc::new(builder.with_retry(retry).with_http_connector(connector()).build().map_err(failed)?)
            }
            other => {
                let reason =
                    format!("`{other}://` is none of `s3://`, `az://`, `gs://`, `http://` and `https://`");
                return Err(OpenError::new(url.as_str(), reason));
            }
        };
        let mut shown = url.clone();
        // Neither belongs into logs; a URL that cannot have them has none.
        let _ = shown.set_password(None);
        let _ = shown.set_username("");
        shown.set_query(None);
        Ok(Self {
            objects,
            prefix: whole,
            deadline: Duration::from_millis(settings.deadline_ms),
            shown: shown.into(),
        })
    }

    pub fn describe(&self) -> &str {
        &self.shown
    }

    pub async fn head(&self, key: &Key) -> Result<Version, Error> {
        let (objects, path) = (self.objects.clone(), self.path(key)?);
        self.within_deadline(async move { Ok(version_of(&objects.head(&path).await?)) }).await
    }

    pub async fn start(&self, key: &Key, length: u64) -> Result<(Version, Bytes), Error> {
        let (objects, path) = (self.objects.clone(), self.path(key)?);
        let first = self
            .within_deadline(async move {
                let options =
                    GetOptions { range: Some(GetRange::Bounded(0..length)), ..GetOptions::default() };
                let answer = objects.get_opts(&path, options).await?;
                let version = version_of(&answer.meta);
                let asked = length.min(version.size);
                Ok((version, collected(answer, asked, &[]).await?))
            })
            .await;
        match first {
            // Nothing can be had of an empty object, not even its first bytes.
            Err(Error::Unavailable(_) | Error::Unsupported(_)) => {
                let version = self.head(key).await?;
                if version.size == 0 { Ok((version, Bytes::new())) } else { first }
            }
            other => other,
        }
    }

    pub async fn read(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: Bytes,
    ) -> Result<Bytes, Error> {
        let (objects, path) = (self.objects.clone(), self.path(key)?);
        let asked = range.end.saturating_sub(range.start);
        if range.end > version.size || asked == 0 {
            return Err(Error::Short { asked, got: version.size.saturating_sub(range.start) });
        }
        // Only a strong ETag can be held against the object (RFC 9110, §13.1.1).
        let if_match = match &version.etag {
            Tag::Remote { etag: Some(etag), .. } if !etag.starts_with("W/") => Some(etag.to_string()),
            _ => None,
        };
        let version = version.clone();
        self.within_deadline(async move {
            let options =
                GetOptions { range: Some(GetRange::Bounded(range)), if_match, ..GetOptions::default() };
            let answer = objects.get_opts(&path, options).await?;
            if version_of(&answer.meta) != version {
                return Err(Error::Changed);
            }
            collected(answer, asked, &prefix).await
        })
        .await
    }

    pub async fn list(&self, after: Option<&str>, limit: usize) -> Result<Page, Error> {
        let (objects, prefix) = (self.objects.clone(), self.prefix.clone());
        let below = if prefix.as_ref().is_empty() { String::new() } else { format!("{prefix}/") };
        let after = after.map(str::to_owned);
        let most = Duration::from_secs(30);
        let listing = async move {
            let prefix = Some(&prefix).filter(|prefix| !prefix.as_ref().is_empty());
            let mut found: Vec<(String, u64)> = objects
                .list(prefix)
                .try_filter_map(|meta| {
                    let key = meta.location.as_ref().strip_prefix(&below).map(str::to_owned);
                    let shown = key.filter(|key| !key.split('/').any(|name| name.starts_with('.')));
                    std::future::ready(Ok(shown.map(|key| (key, meta.size))))
                })
                .take(MOST_LISTED)
                .try_collect()
                .await?;
            found.retain(|(key, _)| after.as_ref().is_none_or(|after| key > after));
            found.sort();
            let more = found.len() > limit;
            found.truncate(limit);
            Ok(Page { keys: found, more })
        };
        within(most, listing).await
    }

    fn path(&self, key: &Key) -> Result<Path, Error> {
        let whole = if self.prefix.as_ref().is_empty() {
            Path::parse(key.as_str())
        } else {
            Path::parse(format!("{}/{}", self.prefix, key.as_str()))
        };
        whole.map_err(|_| Error::NotFound)
    }

    async fn within_deadline<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        within(self.deadline, work).await
    }
}

/// A bucket's listing is not gone through further than this.
const MOST_LISTED: usize = 1_000_000;

const AWS_CREDENTIALS: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];
const AZURE_CREDENTIALS: [&str; 8] = [
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_MASTER_KEY",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_CLIENT_ID",
    "AZURE_STORAGE_USE_EMULATOR",
];
const GOOGLE_CREDENTIALS: [&str; 5] = [
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "SERVICE_ACCOUNT",
];

fn any_set(names: &[&str]) -> bool {
    names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Runs `work` where the connections live, and gives up on it at the deadline.
async fn within<T: Send + 'static>(
    deadline: Duration,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let task = runtime().spawn(async move { tokio::time::timeout(deadline, work).await });
    let task = Aborting(task);
    match task.await {
        Ok(Ok(done)) => done,
        Ok(Err(_elapsed)) => Err(Error::TimedOut),
        Err(panicked) => Err(Error::unavailable(panicked)),
    }
}

/// A task that ends when nobody waits for it.
struct Aborting<T>(tokio::task::JoinHandle<T>);

impl<T> Future for Aborting<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Aborting<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The answer's body behind the prefix; an error unless it has just as many bytes as were asked.
async fn collected(answer: GetResult, asked: u64, prefix: &[u8]) -> Result<Bytes, Error> {
    let mut body = BytesMut::with_capacity(prefix.len() + asked as usize);
    body.extend_from_slice(prefix);
    let mut stream = answer.into_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        if (body.len() - prefix.len() + chunk.len()) as u64 > asked {
            return Err(Error::Short { asked, got: asked + 1 });
        }
        body.extend_from_slice(&chunk);
    }
    let got = (body.len() - prefix.len()) as u64;
    if got == asked { Ok(body.freeze()) } else { Err(Error::Short { asked, got }) }
}

fn version_of(meta: &ObjectMeta) -> Version {
    let modified = meta.last_modified.timestamp_millis();
    let etag = meta.e_tag.as_deref().map(Into::into);
    // With an ETag the date adds nothing, and some stores give it in another precision each time.
    let modified = if etag.is_some() { 0 } else { modified };
    Version { etag: Tag::Remote { etag, modified }, size: meta.size }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as Cause;
        match error {
            Cause::NotFound { .. } => Self::NotFound,
            Cause::Precondition { .. } => Self::Changed,
            Cause::PermissionDenied { .. } | Cause::Unauthenticated { .. } => Self::Forbidden,
            Cause::NotSupported { .. } => {
                Self::Unsupported("the store does not answer requests for a part of an object".into())
            }
            Cause::NotImplemented { .. } => Self::Unsupported("the store cannot do this".into()),
            Cause::InvalidPath { .. } => Self::NotFound,
            other => Self::unavailable(other),
        }
    }
}
