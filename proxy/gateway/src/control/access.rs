//! Who may do what: signatures held to the access keys of the configuration, actions to their policies.
//!
//! Without keys everybody who reaches the address may do everything, which is why it is a loopback address then.

use crate::config::NodeFile;
use crate::view::without_port;
use edgewit_control::{Error, ErrorKind};
use edgewit_policy::{Policy, PolicyRequest, Verdict};
use edgewit_sigv4::{
    AuthError, Claim, Credentials, DEFAULT_KEYS, ErrorKind as AuthErrorKind, KeyCache, Payload, Scope,
    Timestamp,
};
use percent_encoding::percent_decode_str;
use pingora_http::RequestHeader;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// The signing name of the service.
const SERVICE: &str = "apigateway";

/// Paths that end with an ARN.
const OF_ARNS: [&str; 2] = ["/tags/", "/domainnameaccessassociations/"];

/// Who sent a request.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// Name of the access key in the configuration; `None` where there are no keys.
    name: Option<String>,
    /// Its id, or the one that the request names where nobody checks.
    access_key_id: Option<String>,
    address: IpAddr,
}

impl Who {
    pub(super) fn to_json(&self) -> Value {
        json!({"name": self.name, "accessKeyId": self.access_key_id, "address": self.address.to_string()})
    }
}

/// The access keys of a node.
#[derive(Default)]
pub(crate) struct Access {
    keys: HashMap<String, AccessKey>,
    derived: KeyCache,
    region: String,
    account: String,
}

struct AccessKey {
    name: String,
    credentials: Credentials,
    /// `None` allows everything.
    policy: Option<Policy>,
}

impl Access {
    /// # Errors
    /// What is wrong with a key: what was found, what was expected.
    pub(crate) fn of(node: &NodeFile) -> Result<Self, String> {
        let mut keys = HashMap::new();
        for (index, file) in node.access_keys.iter().map(|key| &key.value).enumerate() {
            let id = &file.access_key_id;
            let at = format!("`access_keys[{index}]`");
            if !(16..=128).contains(&id.len())
                || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            {
                return Err(format!("{at}: found the id `{id}`, expected 16 to 128 letters and digits"));
            }
            if file.secret_access_key.0.len() < 16 {
                return Err(format!(
                    "{at}: found a secret of less than 16 characters, which could be guessed"
                ));
            }
            let policy = match &file.policy {
                Some(policy) => {
                    Some(Policy::parse(policy).map_err(|error| format!("{at}: `policy`: {error}"))?)
                }
                None => None,
            };
            let key = AccessKey {
                name: file.name.clone().unwrap_or_else(|| id.clone()),
                credentials: Credentials::new(id, &file.secret_access_key.0, None),
                policy,
            };
            if keys.insert(id.clone(), key).is_some() {
                return Err(format!("{at}: the id `{id}` is there twice"));
            }
        }
        let derived = KeyCache::new(DEFAULT_KEYS);
        Ok(Self { keys, derived, region: node.region().to_owned(), account: node.account().to_owned() })
    }

    /// Whether a request may come from somebody, as far as its header says: nothing is proven by that.
    ///
    /// # Errors
    /// 403 as AWS words it.
    pub(crate) fn expects(&self, header: &RequestHeader) -> Result<(), Error> {
        // Browsers say where a request comes from, and no page has business here.
        if header.headers.contains_key("origin") || header.headers.contains_key("sec-fetch-site") {
            return Err(Error::new(ErrorKind::AccessDenied, "Requests of browsers are not taken."));
        }
        let host = header.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        if self.keys.is_empty() && !is_local(host) {
            let message = format!("Found the host {host}, expected a loopback address or localhost.");
            return Err(Error::new(ErrorKind::AccessDenied, message));
        }
        if self.keys.is_empty() {
            return Ok(());
        }
        let headers = lines(header);
        let claim = Claim::read(&signed(header, &headers), self.scope(), now()).map_err(unauthentic)?;
        match self.keys.contains_key(claim.access_key_id()) {
            true => Ok(()),
            false => Err(unauthentic(AuthError::UnrecognizedClient)),
        }
    }

    fn scope(&self) -> Scope<'_> {
        Scope { region: &self.region, service: SERVICE }
    }

    /// Who sent a request, where they may.
    ///
    /// # Errors
    /// 403 as AWS words it.
    pub(crate) fn check(&self, header: &RequestHeader, body: &[u8], address: IpAddr) -> Result<Who, Error> {
        if self.keys.is_empty() {
            return Ok(Who { name: None, access_key_id: named(header), address });
        }
        let headers = lines(header);
        let claim = Claim::read(&signed(header, &headers), self.scope(), now()).map_err(unauthentic)?;
        let key =
            self.keys.get(claim.access_key_id()).ok_or(AuthError::UnrecognizedClient).map_err(unauthentic)?;
        claim.verify(&Payload::Body(body), &key.credentials, &self.derived).map_err(unauthentic)?;
        let principal = format!("arn:aws:iam::{}:user/{}", self.account, key.name);
        let action = format!("apigateway:{}", header.method.as_str());
        let path = plain(header.uri.path())
            .ok_or_else(|| Error::bad_request("Found a name with a slash in the path, which nothing has."))?;
        let resource = format!("arn:aws:apigateway:{}::{path}", self.region);
        let (address_text, time) =
            (address.to_string(), crate::time::iso8601(now().unix_seconds().saturating_mul(1000)));
        let conditions = [
            ("aws:sourceip", address_text.as_str()),
            ("aws:currenttime", time.as_str()),
            ("aws:securetransport", "false"),
            ("aws:username", key.name.as_str()),
            ("aws:principalarn", principal.as_str()),
        ];
        let asked = PolicyRequest {
            principal: Some(&principal),
            action: &action,
            resource: &resource,
            conditions: &conditions,
        };
        let allowed = key.policy.as_ref().is_none_or(|policy| policy.evaluate(&asked) == Verdict::Allow);
        if !allowed {
            let message =
                format!("User: {principal} is not authorized to perform: {action} on resource: {resource}");
            return Err(Error::new(ErrorKind::AccessDenied, message));
        }
        let access_key_id = Some(claim.access_key_id().to_owned());
        Ok(Who { name: Some(key.name.clone()), access_key_id, address })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unauthentic(error: AuthError) -> Error {
    let kind = match error.kind() {
        AuthErrorKind::MissingAuthenticationToken => ErrorKind::MissingAuthenticationToken,
        AuthErrorKind::IncompleteSignature => ErrorKind::IncompleteSignature,
        AuthErrorKind::InvalidSignature => ErrorKind::InvalidSignature,
        AuthErrorKind::UnrecognizedClient => ErrorKind::UnrecognizedClient,
        AuthErrorKind::ExpiredToken => ErrorKind::ExpiredToken,
    };
    Error::new(kind, error.to_string())
}

/// Header lines as signatures cover them.
fn lines(header: &RequestHeader) -> Vec<(&str, &[u8])> {
    header.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

fn signed<'r>(header: &'r RequestHeader, headers: &'r [(&'r str, &'r [u8])]) -> edgewit_sigv4::Request<'r> {
    edgewit_sigv4::Request {
        method: header.method.as_str(),
        host: header.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default(),
        path: header.uri.path(),
        query: header.uri.query().unwrap_or_default(),
        headers,
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_seconds(since.as_secs())
}

/// The path as policies name it: decoded, and without a slash at its end, as operations are found by it. `None` where a
/// name in it would have a slash, which only ARNs may.
fn plain(path: &str) -> Option<String> {
    let escaped_slash = path.as_bytes().windows(3).any(|part| part.eq_ignore_ascii_case(b"%2f"));
    if escaped_slash && !OF_ARNS.iter().any(|below| path.starts_with(below)) {
        return None;
    }
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    Some(percent_decode_str(path).decode_utf8().ok()?.into_owned())
}

/// The access key id that a request names, unchecked.
fn named(header: &RequestHeader) -> Option<String> {
    let value = header.headers.get("authorization")?.to_str().ok()?;
    let whole = value.contains("SignedHeaders=") && value.contains("Signature=");
    let id = value.split_once("Credential=").filter(|_| whole)?.1.split('/').next()?;
    let legal = id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic());
    (legal && !id.is_empty()).then(|| id.to_owned())
}

/// Whether a request that nobody has signed may be meant for this address: a page could have its name resolved here.
fn is_local(host: &str) -> bool {
    let host = without_port(host);
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
        || host == "localhost"
        || host.ends_with(".localhost")
        || host.ends_with(".amazonaws.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_one_name() {
        for (path, name) in [
            ("/restapis/abc", Some("/restapis/abc")),
            ("/restapis/%61bc/", Some("/restapis/abc")),
            ("/restapis/a%2Fb", None),
            ("/", Some("/")),
            (
                "/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Frestapis%2Fa",
                Some("/tags/arn:aws:apigateway:eu-west-1::/restapis/a"),
            ),
            ("/restapis/%ff", None),
        ] {
            assert_eq!(plain(path).as_deref(), name, "{path}");
        }
    }

    #[test]
    fn names_that_a_page_could_have_resolved_here_are_not_local() {
        for (host, local) in [
            ("127.0.0.1:9080", true),
            ("[::1]:9080", true),
            ("localhost:9080", true),
            ("apigateway.localhost", true),
            ("apigateway.us-east-1.amazonaws.com", true),
            ("evil.example:9080", false),
            ("localhost.evil.example", false),
        ] {
            assert_eq!(is_local(host), local, "{host}");
        }
    }
}
