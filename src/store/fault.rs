//! Faults of a whole store rather than one object, and what an operator can do about them.

use reqwest::StatusCode;

/// Why a store cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The store rejects the credentials as invalid.
    Credentials,
    /// The credentials, or their absence, do not permit the request.
    Denied,
    /// The bucket or container does not exist.
    NoBucket,
    /// The bucket is in another region.
    Region,
    /// The clocks of the two machines differ too much for valid signatures.
    Clock,
    /// The store redirects to another address.
    Redirected,
    /// The host name has no address.
    HostName,
    /// Nothing accepts connections at the address.
    Connection,
    /// The encrypted connection cannot be established.
    Tls,
    /// The store did not respond in time.
    TimedOut,
    /// The store responds with a server error.
    ServerError,
    /// The operating system denies this process access to a folder or file.
    Permission,
    /// The folder does not exist, or is not a folder.
    NoFolder,
}

/// A problem with its evidence: a status and the store's code, or the system's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", .problem.text(), .evidence.as_ref().map(|evidence| format!(" ({evidence})")).unwrap_or_default())]
pub struct Fault {
    pub(super) problem: Problem,
    pub(super) evidence: Option<String>,
}

impl Fault {
    pub(super) fn new(problem: Problem, evidence: impl Into<String>) -> Fault {
        let evidence: String = evidence.into().chars().take(200).collect();
        Fault { problem, evidence: Some(evidence).filter(|evidence| !evidence.is_empty()) }
    }

    /// Whether only a change of configuration can fix it, so that waiting is useless.
    pub(super) fn is_configuration(&self) -> bool {
        matches!(
            self.problem,
            Problem::Credentials
                | Problem::NoBucket
                | Problem::Region
                | Problem::Permission
                | Problem::NoFolder
        )
    }

    /// Whether every request fails while it lasts.
    pub(super) fn is_outage(&self) -> bool {
        match self.problem {
            Problem::ServerError => {
                let status = self.evidence.as_deref().unwrap_or_default();
                ["429", "502", "503", "504"].iter().any(|code| status.starts_with(code))
            }
            Problem::HostName | Problem::Connection | Problem::Tls | Problem::TimedOut => true,
            _ => false,
        }
    }

    /// Whether no connection could be made.
    pub(super) fn is_of_the_connection(&self) -> bool {
        matches!(self.problem, Problem::HostName | Problem::Connection | Problem::Tls)
    }

    /// The fault reported by a response with this status and code; `None` if it concerns one object.
    ///
    /// S3: «Error responses», list of error codes; Azure: «Blob service error codes»; Google: XML API, «HTTP status
    /// and error codes»; OAuth 2.0 (RFC 6749, §5.2).
    pub(super) fn of_response(status: StatusCode, code: &str) -> Option<Fault> {
        let problem = match code {
            "SignatureDoesNotMatch"
            | "InvalidAccessKeyId"
            | "ExpiredToken"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "InvalidSecurity"
            | "InvalidClientTokenId"
            | "InvalidIdentityToken"
            | "ExpiredTokenException"
            | "NotSignedUp"
            | "AccountProblem"
            | "AuthenticationFailed"
            | "InvalidAuthenticationInfo"
            | "AuthenticationRequired"
            | "invalid_grant"
            | "invalid_client"
            | "unauthorized_client" => Problem::Credentials,
            "NoSuchBucket"
            | "InvalidBucketName"
            | "ContainerNotFound"
            | "ContainerBeingDeleted"
            | "ContainerDisabled" => Problem::NoBucket,
            "RequestTimeTooSkewed" | "RequestExpired" => Problem::Clock,
            "PermanentRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException"
            | "IncorrectEndpoint" => Problem::Region,
            "PublicAccessNotPermitted" | "NoAuthenticationInformation" => Problem::Denied,
            _ if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN => Problem::Denied,
            _ => return None,
        };
        let reason = status.canonical_reason().unwrap_or_default();
        let code = if code.is_empty() { reason } else { code };
        Some(Fault::new(problem, format!("{} {code}", status.as_u16()).trim()))
    }

    /// What an operator can do, for a store of this kind (`s3`, `azure`, `gcs`, `http`, `local`).
    pub(super) fn remedy(&self, kind: &str, is_unsigned: bool) -> String {
        let named = names(kind);
        let evidence = self.evidence.as_deref().unwrap_or_default();
        match self.problem {
            Problem::Credentials if evidence.contains("Signature") => format!("check {}", named.secret),
            Problem::Credentials if evidence.contains("AccessKeyId") => format!("check {}", named.key),
            Problem::Credentials if evidence.contains("Token") => {
                format!("renew {}, or unset it where the key is not a temporary one", named.token)
            }
            Problem::Credentials => format!("check {} and {}", named.key, named.secret),
            Problem::Denied if kind == "http" => {
                "web sources are read without credentials: allow this server's address to read there".into()
            }
            Problem::Denied if is_unsigned => format!(
                "requests are not signed, as no credentials are set: set {}, or `store.instance_credentials = true` \
                 for the machine's own identity",
                named.both
            ),
            Problem::Denied => format!("grant these credentials {}", named.grants),
            Problem::NoBucket => {
                format!("check the spelling of the {}, and {}", named.bucket, named.endpoint)
            }
            Problem::Region => format!("set {} to the bucket's own region", named.region),
            Problem::Clock => "set this machine's clock, for example by NTP".into(),
            Problem::Redirected if kind == "http" => {
                "use the address that it redirects to as the source".into()
            }
            Problem::Redirected => format!("check {}", named.endpoint),
            Problem::HostName => format!("check the host name in {}, and this machine's DNS", named.endpoint),
            Problem::Connection => {
                format!("check the host and port in {}, and that it is running", named.endpoint)
            }
            Problem::Tls => format!(
                "check that {} names a host with a valid certificate, and that its scheme (https:// or http://) is right",
                named.endpoint
            ),
            Problem::TimedOut => {
                format!("check the network path to {}; `store.timeout_ms` sets the timeout", named.endpoint)
            }
            Problem::ServerError => "check the store's own log; requests are retried automatically".into(),
            Problem::Permission => format!("let {} read it, and enter the folders above it", user()),
            Problem::NoFolder => "check the path, and that its disk is mounted".into(),
        }
    }
}

impl Problem {
    fn text(self) -> &'static str {
        match self {
            Problem::Credentials => "the credentials were rejected",
            Problem::Denied => "access was denied",
            Problem::NoBucket => "there is no such bucket",
            Problem::Region => "the bucket is in another region",
            Problem::Clock => "this machine's clock differs too much from the store's",
            Problem::Redirected => "the store redirects to another address",
            Problem::HostName => "the host name cannot be resolved",
            Problem::Connection => "no connection can be made",
            Problem::Tls => "no encrypted connection can be made",
            Problem::TimedOut => "the store did not respond in time",
            Problem::ServerError => "the store fails",
            Problem::Permission => "permission denied",
            Problem::NoFolder => "there is no such folder",
        }
    }
}

/// The names of a store's configuration values, as operators know them.
struct Names {
    key: &'static str,
    secret: &'static str,
    token: &'static str,
    both: &'static str,
    region: &'static str,
    bucket: &'static str,
    endpoint: &'static str,
    grants: &'static str,
}

fn names(kind: &str) -> Names {
    match kind {
        "azure" => Names {
            key: "AZURE_STORAGE_ACCOUNT_NAME",
            secret: "AZURE_STORAGE_ACCOUNT_KEY",
            token: "AZURE_STORAGE_SAS_KEY",
            both: "AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_KEY",
            region: "AZURE_STORAGE_ENDPOINT",
            bucket: "container",
            endpoint: "AZURE_STORAGE_ACCOUNT_NAME or AZURE_STORAGE_ENDPOINT",
            grants: "the role «Storage Blob Data Reader» on the container, and look at the account's firewall",
        },
        "gcs" => Names {
            key: "GOOGLE_APPLICATION_CREDENTIALS",
            secret: "GOOGLE_SERVICE_ACCOUNT",
            token: "GOOGLE_BEARER_TOKEN",
            both: "GOOGLE_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS",
            region: "GOOGLE_BASE_URL",
            bucket: "bucket",
            endpoint: "GOOGLE_BASE_URL",
            grants: "storage.objects.get and storage.objects.list on the bucket",
        },
        "s3" => Names {
            key: "AWS_ACCESS_KEY_ID",
            secret: "AWS_SECRET_ACCESS_KEY",
            token: "AWS_SESSION_TOKEN",
            both: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            region: "AWS_REGION",
            bucket: "bucket",
            endpoint: "AWS_ENDPOINT_URL",
            grants: "s3:GetObject and s3:ListBucket (without the latter, what is missing is «denied», too: \
                     then `store.probe` can name an object that is there)",
        },
        _ => Names {
            key: "its user name",
            secret: "its password",
            token: "its token",
            both: "a user name and a password",
            region: "the address",
            bucket: "address",
            endpoint: "the address",
            grants: "to read there",
        },
    }
}

/// The user that this process runs as.
fn user() -> String {
    format!("the user that Tegl runs as (uid {})", rustix::process::geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: &str, is_unsigned: bool, status: u16, code: &str, expected: &str) {
        let status = StatusCode::from_u16(status).unwrap();
        let text = match Fault::of_response(status, code) {
            Some(fault) => format!("{fault}; {}", fault.remedy(kind, is_unsigned)),
            None => "about one object".to_owned(),
        };
        assert!(text.contains(expected), "{kind} {status} {code}: {text}");
    }

    #[test]
    fn faults_of_the_whole_store_have_cause_and_remedy() {
        let refused =
            "the credentials were rejected (403 SignatureDoesNotMatch); check AWS_SECRET_ACCESS_KEY";
        check("s3", false, 403, "SignatureDoesNotMatch", refused);
        check("s3", false, 403, "InvalidAccessKeyId", "(403 InvalidAccessKeyId); check AWS_ACCESS_KEY_ID");
        check("s3", false, 400, "ExpiredToken", "renew AWS_SESSION_TOKEN");
        check("s3", false, 403, "AccessDenied", "access was denied (403 AccessDenied); grant these");
        check("s3", true, 403, "AccessDenied", "no credentials are set: set AWS_ACCESS_KEY_ID and");
        check("s3", false, 403, "", "access was denied (403 Forbidden)");
        check(
            "s3",
            false,
            404,
            "NoSuchBucket",
            "there is no such bucket (404 NoSuchBucket); check the spelling",
        );
        check("s3", false, 403, "RequestTimeTooSkewed", "clock");
        check("s3", false, 400, "AuthorizationHeaderMalformed", "set AWS_REGION");
        check("azure", false, 403, "AuthenticationFailed", "AZURE_STORAGE_ACCOUNT_KEY");
        check("azure", false, 404, "ContainerNotFound", "spelling of the container");
        check("azure", true, 409, "PublicAccessNotPermitted", "AZURE_STORAGE_SAS_KEY");
        check("azure", false, 403, "AuthorizationPermissionMismatch", "Storage Blob Data Reader");
        check("gcs", true, 401, "", "GOOGLE_SERVICE_ACCOUNT");
        check("gcs", false, 400, "invalid_grant", "GOOGLE_APPLICATION_CREDENTIALS");
        check("http", true, 401, "", "web sources are read without credentials");
    }

    #[test]
    fn responses_about_one_object_are_not_faults() {
        check("s3", false, 404, "NoSuchKey", "about one object");
        check("s3", false, 404, "", "about one object");
        check("azure", false, 404, "BlobNotFound", "about one object");
        check("s3", false, 412, "PreconditionFailed", "about one object");
        check("s3", false, 503, "SlowDown", "about one object");
    }
}
