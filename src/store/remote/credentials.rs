//! The credentials for a bucket: configured keys, the machine's identity if allowed, or none.

use std::path::Path;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

use crate::store::Settings;

/// Returns also whether requests are unsigned. Without keys the library would ask the machine's metadata service, and
/// trust whatever responds there: only if allowed.
pub(in crate::store) fn s3(
    builder: AmazonS3Builder,
    settings: &Settings,
    location: &str,
) -> (AmazonS3Builder, bool) {
    use AmazonS3ConfigKey::{AccessKeyId, RoleArn, SecretAccessKey, WebIdentityTokenFile};
    let given = |key| builder.get_config_value(&key).is_some();
    let signed =
        given(AccessKeyId) || given(SecretAccessKey) || (given(WebIdentityTokenFile) && given(RoleArn));
    match signed || settings.instance_credentials {
        true => (builder, false),
        false => {
            log_unsigned(location, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
            (builder.with_skip_signature(true), true)
        }
    }
}

/// The same for Azure.
pub(in crate::store) fn azure(
    builder: MicrosoftAzureBuilder,
    settings: &Settings,
    location: &str,
) -> (MicrosoftAzureBuilder, bool) {
    use AzureConfigKey::{
        AccessKey, ClientSecret, FabricTokenServiceUrl, FederatedTokenFile, SasKey, SkipSignature, Token,
        UseAzureCli, UseEmulator,
    };
    let given =
        |key| builder.get_config_value(&key).is_some_and(|value| !value.is_empty() && value != "false");
    let keys = [
        AccessKey,
        ClientSecret,
        FabricTokenServiceUrl,
        FederatedTokenFile,
        SasKey,
        Token,
        UseAzureCli,
        UseEmulator,
    ];
    match keys.into_iter().any(given) || settings.instance_credentials {
        true => (builder, false),
        false => {
            log_unsigned(location, "AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_KEY");
            (builder.with_config(SkipSignature, "true"), true)
        }
    }
}

/// The same for Google.
pub(in crate::store) fn gcs(
    builder: GoogleCloudStorageBuilder,
    settings: &Settings,
    location: &str,
) -> (GoogleCloudStorageBuilder, bool) {
    use GoogleConfigKey::{
        ApplicationCredentials, BearerToken, ServiceAccount, ServiceAccountKey, SkipSignature,
    };
    let given = |key| builder.get_config_value(&key).is_some();
    let keys = [ApplicationCredentials, BearerToken, ServiceAccount, ServiceAccountKey];
    match keys.into_iter().any(given) || has_signed_in() || settings.instance_credentials {
        true => (builder, false),
        false => {
            log_unsigned(location, "GOOGLE_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS");
            (builder.with_config(SkipSignature, "true"), true)
        }
    }
}

/// Whether `gcloud auth application-default login` has stored credentials.
fn has_signed_in() -> bool {
    let file = ".config/gcloud/application_default_credentials.json";
    std::env::var_os("HOME").is_some_and(|home| Path::new(&home).join(file).exists())
}

fn log_unsigned(location: &str, variables: &str) {
    tracing::info!(
        source = location,
        "no credentials: requests go unsigned, which public buckets allow; else set {variables}, \
         or `instance_credentials = true` for the machine's own identity"
    );
}
