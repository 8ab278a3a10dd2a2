//! `aws` of `edgewit.yaml`: who signs calls to services of AWS, and where these are.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::fmt;

/// Services of AWS and what speaks like them.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AwsFile {
    /// The node's own credentials; default as AWS tools find them: environment, profile, web identity, container,
    /// instance.
    #[schemars(with = "Option<CredentialsFile>")]
    pub credentials: Option<Spanned<CredentialsFile>>,
    /// Credentials that stand for the role with this ARN; other roles are assumed.
    #[schemars(with = "BTreeMap<String, CredentialsFile>")]
    pub roles: BTreeMap<String, Spanned<CredentialsFile>>,
    /// Whether roles without an entry are assumed; if not, the node's own credentials stand for them; default true.
    pub assume_roles: Option<bool>,
    /// Origins, such as `http://127.0.0.1:4566`, that are called instead of AWS, by the service's name in URIs of
    /// integrations; `*` is for all others.
    #[schemars(with = "BTreeMap<String, String>")]
    pub endpoints: BTreeMap<String, Spanned<String>>,
}

/// Credentials, or where they are: a profile, or a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CredentialsFile {
    /// Name of a profile in the files of AWS tools, `~/.aws/config` and `~/.aws/credentials`.
    pub profile: Option<String>,
    /// Access key id.
    pub access_key_id: Option<String>,
    /// Secret access key.
    #[schemars(with = "Option<String>")]
    pub secret_access_key: Option<Secret>,
    /// Session token of temporary credentials.
    #[schemars(with = "Option<String>")]
    pub session_token: Option<Secret>,
}

impl CredentialsFile {
    /// What is wrong with the combination of keys.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        let key = (self.access_key_id.is_some(), self.secret_access_key.is_some());
        match (&self.profile, key, &self.session_token) {
            (Some(_), (false, false), None) | (None, (true, true), _) => None,
            (Some(_), ..) => Some("found `profile` beside a key, expected one of them"),
            (None, (false, false), None) => {
                Some("expected `profile`, or `access_key_id` and `secret_access_key`")
            }
            (None, (false, _), _) => Some("`access_key_id` is missing"),
            (None, (true, false), _) => Some("`secret_access_key` is missing"),
        }
    }
}

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
