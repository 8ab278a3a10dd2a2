//! What a signature covers, and what it adds.

use super::{SCOPE, SENT, at, credentials, get};
use crate::{Claim, Credentials, KeyCache, Payload, REPLACED, Request, Scope, Selection, Signer};

fn names(authorization: &str) -> &str {
    let (_, rest) = authorization.split_once("SignedHeaders=").unwrap();
    rest.split_once(',').unwrap().0
}

/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>, "GET Object".
#[test]
fn the_example_of_s3_comes_out() {
    let keys = KeyCache::default();
    let credentials =
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None);
    let request = Request {
        method: "GET",
        host: "examplebucket.s3.amazonaws.com",
        path: "/test.txt",
        query: "",
        headers: &[("Range", b"bytes=0-9")],
    };
    let signer = Signer::new(&credentials, Scope { region: "us-east-1", service: "s3" }, &keys);
    let signed = signer.sign(&request, &Payload::Body(b""), at(1_369_353_600));
    assert_eq!(
        signed.authorization(),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
         Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
}

/// Source: AWS's Signature Version 4 test suite, `get-vanilla`.
#[test]
fn the_plainest_request_comes_out() {
    let keys = KeyCache::default();
    let credentials = credentials();
    let signer = Signer::new(&credentials, Scope { region: "us-east-1", service: "service" }, &keys);
    let signed = signer.sign(&get("/", "", &[]), &Payload::Body(b""), at(SENT));
    assert_eq!(
        signed.authorization(),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;x-amz-date, \
         Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    );
}

#[test]
fn what_a_request_has_of_the_added_headers_does_not_count() {
    let keys = KeyCache::default();
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token"));
    let signer = Signer { content_sha256: true, ..Signer::new(&credentials, SCOPE, &keys) };
    let stale: Vec<(&str, &[u8])> =
        REPLACED.iter().copied().chain(["Host"]).map(|name| (name, b"stale".as_slice())).collect();
    let fresh = signer.sign(&get("/", "", &[]), &Payload::Body(b""), at(SENT));
    let over_stale = signer.sign(&get("/", "", &stale), &Payload::Body(b""), at(SENT));
    assert_eq!(fresh.authorization(), over_stale.authorization());
    let mut added: Vec<_> = fresh.headers().map(|(name, _)| name).collect();
    added.sort_unstable();
    let mut replaced = REPLACED;
    replaced.sort_unstable();
    assert_eq!(added, replaced);
}

#[test]
fn the_hash_of_the_body_is_added_where_it_is_needed() {
    let keys = KeyCache::default();
    let credentials = credentials();
    let signer = Signer::new(&credentials, SCOPE, &keys);
    let hash = |signer: &Signer<'_>, request: &Request<'_>, payload: &Payload<'_>| {
        let signed = signer.sign(request, payload, at(SENT));
        signed.headers().find(|(name, _)| *name == "x-amz-content-sha256").map(|(_, value)| value.to_owned())
    };
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let body = Payload::Body(b"");
    let plain = get("/", "", &[]);
    assert_eq!(hash(&signer, &plain, &body), None);
    assert_eq!(hash(&Signer { content_sha256: true, ..signer }, &plain, &body).as_deref(), Some(empty));
    let stale = get("/", "", &[("X-Amz-Content-Sha256", b"stale")]);
    assert_eq!(hash(&signer, &stale, &body).as_deref(), Some(empty));
    assert_eq!(hash(&signer, &plain, &Payload::Unsigned).as_deref(), Some("UNSIGNED-PAYLOAD"));
    for service in ["s3", "s3-object-lambda"] {
        let signer = Signer { scope: Scope { service, ..SCOPE }, ..signer };
        assert_eq!(hash(&signer, &plain, &body).as_deref(), Some(empty));
    }
}

#[test]
fn a_hash_taken_before_is_as_good_as_the_body() {
    let keys = KeyCache::default();
    let credentials = credentials();
    let signer = Signer::new(&credentials, SCOPE, &keys);
    let hash = crate::payload::sha256(b"body");
    let [one, other] = [Payload::Body(b"body"), Payload::Sha256(&hash)]
        .map(|payload| signer.sign(&get("/", "", &[]), &payload, at(SENT)).authorization().to_owned());
    assert_eq!(one, other);
}

#[test]
fn only_selected_headers_are_signed() {
    let keys = KeyCache::default();
    let credentials = credentials();
    let headers: [(&str, &[u8]); 4] =
        [("Via", b"1.1 x"), ("User-Agent", b"u"), ("Content-Type", b"text/plain"), ("X-Amz-Target", b"T")];
    for (selection, expected) in [
        (Selection::All, "content-type;host;via;x-amz-date;x-amz-target"),
        (Selection::Required, "content-type;host;x-amz-date;x-amz-target"),
        (Selection::Named(&["user-agent", "authorization"]), "host;user-agent;x-amz-date"),
    ] {
        let signer = Signer { selection, ..Signer::new(&credentials, SCOPE, &keys) };
        let signed = signer.sign(&get("/", "", &headers), &Payload::Body(b""), at(SENT));
        assert_eq!(names(signed.authorization()), expected);
    }
}

#[test]
fn debug_output_has_no_secret() {
    let keys = KeyCache::default();
    let credentials = Credentials::new("AKIDEXAMPLE", "geheim-1", Some("geheim-2"));
    let signer = Signer::new(&credentials, SCOPE, &keys);
    let signed = signer.sign(&get("/", "", &[]), &Payload::Body(b""), at(SENT));
    let signature = signed.authorization().rsplit('=').next().unwrap().to_owned();
    let headers: Vec<(&str, &[u8])> =
        signed.headers().map(|(name, value)| (name, value.as_bytes())).collect();
    let claim = Claim::read(&get("/", "", &headers), SCOPE, at(SENT)).unwrap();
    let error = claim.verify(&Payload::Body(b"x"), &credentials, &keys).unwrap_err();
    let shown = format!("{credentials:?} {signer:?} {signed:?} {keys:?} {claim:?} {error:?}");
    assert!(!shown.contains("geheim") && !shown.contains(&signature), "{shown}");
    assert!(shown.contains("AKIDEXAMPLE"), "{shown}");
}
