//! Signature Version 4: what a client claims in a header or a query string.

use crate::split_first_line;
use edgewit_sigv4::{
    AuthError, Claim, Credentials, KeyCache, Payload, REPLACED, Request, Scope, Signer, Timestamp,
};

/// 2015-08-30T12:36:00Z, the date of the seeds.
const NOW: u64 = 1_440_938_160;

/// Reads and verifies a signature that nobody made, then signs the same request and verifies that. The lines are
/// `Authorization`, `X-Amz-Date`, path and query; the rest is a header's value and the body.
pub fn sigv4(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (authorization, rest) = split_first_line(text);
    let (date, rest) = split_first_line(rest);
    let (path, rest) = split_first_line(rest);
    let (query, rest) = split_first_line(rest);
    let now = Timestamp::from_unix_seconds(NOW);
    let keys = KeyCache::new(2);
    let body = Payload::Body(rest.as_bytes());
    let others: [(&str, &[u8]); 2] = [("X-Amz-Other", rest.as_bytes()), ("x-amz-date", date.as_bytes())];
    for service in ["execute-api", "s3"] {
        let scope = Scope { region: "us-east-1", service };
        let mut headers = others.to_vec();
        if !authorization.is_empty() {
            headers.push(("Authorization", authorization.as_bytes()));
        }
        let request =
            Request { method: "GET", host: "example.amazonaws.com", path, query, headers: &headers };
        match Claim::read(&request, scope, now) {
            Err(error) => assert!(!error.long_message().is_empty(), "a refusal without a word"),
            Ok(claim) => {
                assert!(claim.covers("host"), "a signature that is good for every host");
                let credentials = Credentials::new(claim.access_key_id(), "secret", claim.session_token());
                let verified = claim.verify(&body, &credentials, &keys);
                assert!(verified.is_err(), "a signature that nobody made");
                assert_eq!(verified, claim.verify(&body, &credentials, &keys), "another answer");
            }
        }

        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None);
        let signed = Signer::new(&credentials, scope, &keys).sign(&request, &body, now);
        let added = signed.headers().map(|(name, value)| (name, value.as_bytes()));
        let kept = others.iter().filter(|(name, _)| !REPLACED.contains(name)).copied();
        let headers: Vec<(&str, &[u8])> = kept.chain(added).collect();
        let goes_up = path.split('/').any(|segment| segment == "..");
        let verified = Claim::read(&Request { headers: &headers, ..request }, scope, now)
            .and_then(|claim| claim.verify(&body, &credentials, &keys));
        match verified {
            // A query that holds a signature of its own.
            Err(AuthError::BothForms) => {}
            // Signed as the path that `..` leads to.
            Err(AuthError::SignatureMismatch(_)) if goes_up && service != "s3" => {}
            verified => assert_eq!(verified, Ok(()), "signed, but not verified"),
        }
    }
}
