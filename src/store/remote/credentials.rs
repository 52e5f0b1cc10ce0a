//! The credentials for a bucket: configured keys, the machine's identity if allowed, or none.

use std::path::Path;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

use crate::store::Settings;

/// Configures the credentials for S3; also returns whether requests are unsigned. Without keys the library would
/// request them from the machine's metadata service and trust any response, so this must be allowed explicitly.
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

/// Configures the credentials for Azure, as for S3.
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

/// Configures the credentials for Google, as for S3.
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
    match keys.into_iter().any(given) || has_gcloud_login() || settings.instance_credentials {
        true => (builder, false),
        false => {
            log_unsigned(location, "GOOGLE_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS");
            (builder.with_config(SkipSignature, "true"), true)
        }
    }
}

/// Whether `gcloud auth application-default login` has stored credentials.
fn has_gcloud_login() -> bool {
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
