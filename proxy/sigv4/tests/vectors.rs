//! Signatures of botocore, from `vectors.json`, which `vectors.py` writes: the same signatures come out, and they
//! verify.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use edgewit_sigv4::{AuthError, Claim, Credentials, KeyCache, Payload, Request, Scope, Signer, Timestamp};
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    service: String,
    region: String,
    time: u64,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    method: String,
    host: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    payload_signed: bool,
    /// The headers that botocore sets.
    signed: Option<Vec<(String, String)>>,
    /// Seconds, when it is the query that is signed.
    expires: Option<u64>,
}

impl Vector {
    fn credentials(&self) -> Credentials {
        Credentials::new(&self.access_key_id, &self.secret_access_key, self.session_token.as_deref())
    }

    fn scope(&self) -> Scope<'_> {
        Scope { region: &self.region, service: &self.service }
    }

    fn request<'r>(&'r self, headers: &'r [(&'r str, &'r [u8])]) -> Request<'r> {
        Request { method: &self.method, host: &self.host, path: &self.path, query: &self.query, headers }
    }

    fn payload(&self) -> Payload<'_> {
        // What botocore does not cover, S3 is asked to take so; other services are not.
        if self.payload_signed || self.expires.is_some() {
            Payload::Body(self.body.as_bytes())
        } else {
            Payload::Unsigned
        }
    }

    fn name(&self, number: usize) -> String {
        format!("vector {number}: {} {} {} ? {}", self.service, self.method, self.path, self.query)
    }
}

fn table() -> Vec<Vector> {
    let table: Table = serde_json::from_str(include_str!("vectors.json")).unwrap();
    assert!(table.vectors.len() >= 150);
    table.vectors
}

fn bytes(headers: &[(String, String)]) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

/// What should have been signed, for the reader of a failure.
fn explained(error: &AuthError) -> String {
    error.long_message()
}

#[test]
fn signatures_are_those_of_botocore() {
    let keys = KeyCache::default();
    let mut compared = 0;
    for (number, vector) in table().iter().enumerate() {
        let Some(expected) = &vector.signed else { continue };
        let credentials = vector.credentials();
        let headers = bytes(&vector.headers);
        let signer = Signer::new(&credentials, vector.scope(), &keys);
        let time = Timestamp::from_unix_seconds(vector.time);
        let signed = signer.sign(&vector.request(&headers), &vector.payload(), time);
        let found: Vec<_> = signed.headers().collect();
        let expected: Vec<_> = expected.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected, "{}", vector.name(number));
        compared += 1;
    }
    assert!(compared >= 200, "{compared}");
}

#[test]
fn signatures_of_botocore_verify() {
    let keys = KeyCache::default();
    let [mut in_headers, mut presigned] = [0, 0];
    for (number, vector) in table().iter().enumerate() {
        let name = vector.name(number);
        let mut headers = bytes(&vector.headers);
        headers.extend(bytes(vector.signed.as_deref().unwrap_or_default()));
        let request = vector.request(&headers);
        let latest = vector.time + vector.expires.unwrap_or(300);
        let claim = Claim::read(&request, vector.scope(), Timestamp::from_unix_seconds(latest))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(claim.access_key_id(), vector.access_key_id);
        assert_eq!(claim.session_token(), vector.session_token.as_deref());
        assert_eq!(claim.sent().unix_seconds(), vector.time);
        assert_eq!(claim.is_presigned(), vector.expires.is_some());
        assert!(claim.covers("host"));
        let verified = claim.verify(&vector.payload(), &vector.credentials(), &keys);
        if vector.service != "s3" && vector.path.split('/').any(|segment| segment == "..") {
            // botocore signs the path that `..` leads to, which is another one.
            assert!(verified.is_err(), "{name}");
            continue;
        }
        assert!(verified.is_ok(), "{name}: {}", verified.map_err(|error| explained(&error)).unwrap_err());

        let other =
            Credentials::new(&vector.access_key_id, "another secret", vector.session_token.as_deref());
        let refused = claim.verify(&vector.payload(), &other, &keys).unwrap_err();
        assert!(matches!(refused, AuthError::SignatureMismatch(_)), "{name}: {refused}");
        let too_late = Claim::read(&request, vector.scope(), Timestamp::from_unix_seconds(latest + 1));
        assert!(matches!(too_late, Err(AuthError::Expired { .. })), "{name}");
        *if claim.is_presigned() { &mut presigned } else { &mut in_headers } += 1;
    }
    assert!(in_headers >= 190 && presigned >= 50, "{in_headers} and {presigned}");
}
