//! Parses a location and creates its client.

use std::path::Path;
use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::{ClientConfigKey, ClientOptions, ObjectStore};
use percent_encoding::percent_decode_str;
use url::Url;

use super::backend::{Backend, Reader, Writer};
use super::counts::Counters;
use super::local::Local;
use super::local::LocalWriter;
use super::md5_tags::Md5Tags;
use super::remote::{Clients, Connector, Listing, Remote, RemoteWriter, resuming, retries, without_retries};
use super::{Key, OpenError, Settings, local, remote};

/// The purpose for which a location is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

pub(super) fn open(location: &str, settings: &Settings, access: Access) -> Result<Backend, OpenError> {
    match location.split_once("://") {
        None => local(location, settings, access),
        Some(("file", path)) => local(path, settings, access),
        Some(("s3" | "s3a", rest)) => bucket(location, rest, "s3", settings, access),
        Some(("az" | "azure", rest)) => bucket(location, rest, "azure", settings, access),
        Some(("gs", rest)) => bucket(location, rest, "gcs", settings, access),
        Some(("http" | "https", _)) if access == Access::Read => web(location, settings),
        Some((scheme @ ("http" | "https"), _)) => Err(address(&format!("{scheme}://…"), WRITTEN)),
        Some((scheme, _)) => Err(address(&format!("{scheme}://…"), READ)),
    }
}

/// Checks that a location can be read from or written to, without opening anything.
///
/// # Errors
/// Returns an error if it is not of a known form, or is to be written to and cannot be.
pub fn check_location(location: &str, is_written: bool) -> Result<(), OpenError> {
    let scheme = match location.split_once("://") {
        None if location.is_empty() => {
            return Err(address("", "it is empty: name a folder, a file or an address"));
        }
        None => return Ok(()),
        Some((scheme, _)) => scheme,
    };
    match scheme {
        "file" | "s3" | "s3a" | "az" | "azure" | "gs" => Ok(()),
        "http" | "https" if !is_written => Ok(()),
        "http" | "https" => Err(address(&format!("{scheme}://…"), WRITTEN)),
        _ => Err(address(&format!("{scheme}://…"), READ)),
    }
}

const READ: &str = "a source is a folder, a file, or an address with s3, az, gs, http or https";
const WRITTEN: &str = "a writable location is a folder, or an address with s3, az or gs";

fn local(path: &str, settings: &Settings, access: Access) -> Result<Backend, OpenError> {
    let failed = |reason| OpenError::Local { location: path.to_owned(), reason };
    let writer = match access {
        Access::Read => None,
        Access::Write => Some(LocalWriter::open(Path::new(path)).map_err(failed)?),
    };
    let local = Local::open(Path::new(path), settings).map_err(failed)?;
    let writer = writer.map(|writer| Writer::Local(Arc::new(writer)));
    Ok(Backend {
        writer,
        ..inner(path, settings, Arc::new(Counters::new("local")), Reader::Local(Arc::new(local)))
    })
}

fn bucket(
    location: &str,
    rest: &str,
    kind: &'static str,
    settings: &Settings,
    access: Access,
) -> Result<Backend, OpenError> {
    if rest.contains('@') {
        let scheme = location.split("://").next().unwrap_or_default();
        return Err(address(&format!("{scheme}://…"), "credentials belong in environment variables"));
    }
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if name.is_empty() {
        return Err(address(location, "it names no bucket"));
    }
    let prefix = prefix_of(prefix, location)?;
    let (retrying, is_unsigned) = client(kind, name, location, &resuming(settings))?;
    let (without_retries, _) = client(kind, name, location, &without_retries(settings))?;
    let clients = Clients { retrying, without_retries };
    let counters = Arc::new(Counters::new(kind));
    let remote = Arc::new(Remote::new(clients, Listing::Paged, prefix, settings, counters.clone()));
    let writer = match access {
        Access::Read => None,
        Access::Write => {
            // Leftovers of killed processes that cannot be removed are harmless.
            let _unswept = local::sweep(&std::env::temp_dir());
            let (store, _) = client(kind, name, location, &settings.for_writing())?;
            Some(Writer::Remote(Arc::new(RemoteWriter::new(store, remote.clone()))))
        }
    };
    Ok(Backend { writer, is_unsigned, ..inner(location, settings, counters, Reader::Remote(remote)) })
}

/// The client, and whether its requests are unsigned.
fn client(
    kind: &str,
    name: &str,
    location: &str,
    settings: &Settings,
) -> Result<(Arc<dyn ObjectStore>, bool), OpenError> {
    let (store, is_unsigned): (object_store::Result<Arc<dyn ObjectStore>>, bool) = match kind {
        "s3" => {
            let (builder, is_unsigned) = s3(name, location, settings)?;
            (builder.build().map(|store| Arc::new(store) as _), is_unsigned)
        }
        "azure" => {
            let (builder, is_unsigned) = azure(name, location, settings)?;
            (builder.build().map(|store| Arc::new(store) as _), is_unsigned)
        }
        _ => {
            let (builder, is_unsigned) = gcs(name, location, settings);
            (builder.build().map(|store| Arc::new(store) as _), is_unsigned)
        }
    };
    Ok((store.map_err(|source| remote_error(location, source))?, is_unsigned))
}

fn s3(name: &str, location: &str, settings: &Settings) -> Result<(AmazonS3Builder, bool), OpenError> {
    let builder = AmazonS3Builder::from_env().with_bucket_name(name);
    let endpoint = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint];
    let endpoint = endpoint.iter().find_map(|key| builder.get_config_value(key));
    let plain = builder.get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
    check_plain(endpoint, plain, "AWS_ALLOW_HTTP", location)?;
    let (builder, is_unsigned) = remote::s3(builder, settings, location);
    let builder = builder.with_retry(retries(settings)).with_http_connector(Connector::new(settings));
    Ok((builder, is_unsigned))
}

fn azure(
    name: &str,
    location: &str,
    settings: &Settings,
) -> Result<(MicrosoftAzureBuilder, bool), OpenError> {
    let builder = MicrosoftAzureBuilder::from_env().with_container_name(name);
    let endpoint = builder.get_config_value(&AzureConfigKey::Endpoint);
    let plain = builder.get_config_value(&AzureConfigKey::Client(ClientConfigKey::AllowHttp));
    check_plain(endpoint, plain, "AZURE_ALLOW_HTTP", location)?;
    let (builder, is_unsigned) = remote::azure(builder, settings, location);
    let builder = builder.with_retry(retries(settings)).with_http_connector(Connector::new(settings));
    Ok((builder, is_unsigned))
}

fn gcs(name: &str, location: &str, settings: &Settings) -> (GoogleCloudStorageBuilder, bool) {
    let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(name);
    let (builder, is_unsigned) = remote::gcs(builder, settings, location);
    (builder.with_retry(retries(settings)).with_http_connector(Connector::new(settings)), is_unsigned)
}

fn web(location: &str, settings: &Settings) -> Result<Backend, OpenError> {
    let mut url = Url::parse(location).map_err(|bad| address("http://…", &bad.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(address("http://…", "it contains credentials, which web sources do not accept"));
    }
    let location = format!("{}{}", url.origin().ascii_serialization(), url.path());
    let path =
        percent_decode_str(url.path()).decode_utf8().map_err(|bad| address(&location, &bad.to_string()))?;
    let prefix = prefix_of(&path, &location)?;
    url.set_path("");
    url.set_fragment(None);
    let client = |settings: &Settings| -> Result<Arc<dyn ObjectStore>, OpenError> {
        let store = HttpBuilder::new()
            .with_url(url.clone())
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .with_retry(retries(settings))
            .with_http_connector(Connector::new(settings))
            .build();
        Ok(Arc::new(store.map_err(|source| remote_error(&location, source))?))
    };
    let clients = Clients {
        retrying: client(&resuming(settings))?,
        without_retries: client(&without_retries(settings))?,
    };
    let counters = Arc::new(Counters::new("http"));
    let remote = Remote::new(clients, Listing::Whole, prefix, settings, counters.clone());
    Ok(inner(&location, settings, counters, Reader::Remote(Arc::new(remote))))
}

/// The prefix of keys: empty, or ending in `/`.
fn prefix_of(path: &str, location: &str) -> Result<String, OpenError> {
    match path.trim_matches('/') {
        "" => Ok(String::new()),
        path => {
            Key::parse(path).map(|path| format!("{path}/")).map_err(|bad| address(location, &bad.to_string()))
        }
    }
}

fn check_plain(
    endpoint: Option<String>,
    plain: Option<String>,
    variable: &str,
    location: &str,
) -> Result<(), OpenError> {
    let is_plain = endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"));
    match is_plain && plain.is_none_or(|plain| plain != "true") {
        true => {
            Err(address(location, &format!("its endpoint is not encrypted; `{variable}=true` allows that")))
        }
        false => Ok(()),
    }
}

fn inner(location: &str, settings: &Settings, counters: Arc<Counters>, reader: Reader) -> Backend {
    Backend {
        location: location.to_owned(),
        kind: counters.kind(),
        is_unsigned: false,
        settings: settings.clone(),
        counters,
        md5: Md5Tags::default(),
        reader,
        writer: None,
    }
}

fn address(location: &str, reason: &str) -> OpenError {
    OpenError::Address { location: location.to_owned(), reason: reason.to_owned() }
}

fn remote_error(location: &str, source: object_store::Error) -> OpenError {
    OpenError::Remote { location: location.to_owned(), reason: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(location: &str, expected: &str) {
        let message = match open(location, &Settings::default(), Access::Read) {
            Ok(inner) => inner.location,
            Err(error) => error.to_string(),
        };
        assert!(message.contains(expected), "{location}: {message}");
        assert!(!message.contains("secret"), "{message}");
    }

    #[test]
    fn addresses_are_sources_or_plain_refusals() {
        check("http://images.example/a/b/", "http://images.example/a/b/");
        check("https://images.example?token=secret", "https://images.example/");
        check("https://me:secret@images.example/", "credentials");
        check("http://images.example/a//b", "empty segment");
        check("http://images.example/%2e%2e/b", "http://images.example/b");
        check("s3://bucket/some/prefix", "s3://bucket/some/prefix");
        check("s3://key:secret@bucket/prefix", "environment variables");
        check("s3:///prefix", "names no bucket");
        check("gs://bucket/../x", "segment `.` or `..`");
        check("ftp://host/secret", "s3, az, gs, http or https");
        check("/no/such/folder", "/no/such/folder");
    }
}
