//! `tegl health`: queries the readiness of a running server.

use std::time::Duration;

use clap::Args;

/// Check whether a running server is ready, for container health checks
///
/// Exits with 0 if it is, and with 1 otherwise.
#[derive(Args)]
pub(super) struct Arguments {
    /// The server's URL
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8182")]
    url: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(|error| error.to_string())?.block_on(readiness(&arguments.url));
    println!("{}", result?);
    Ok(())
}

async fn readiness(base: &str) -> Result<String, String> {
    let url = format!("{}/health/ready", base.trim_end_matches('/'));
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).no_proxy().build();
    let response = client.map_err(|error| error.to_string())?.get(&url).send().await;
    let response = response.map_err(|error| format!("{url} does not respond: {}", cause(&error)))?;
    let (status, text) = (response.status(), response.text().await.unwrap_or_default());
    if status.is_success() {
        Ok(text.trim().to_owned())
    } else {
        Err(format!("{url} returned {status}: {}", text.trim()))
    }
}

/// The innermost cause: the outer ones repeat the URL.
fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
