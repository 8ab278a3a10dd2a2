//! What holds, and what does not, once the secret is there.

use super::{SCOPE, SENT, at, credentials, get};
use crate::canonical::Canonical;
use crate::encode::hex;
use crate::path::PathForm;
use crate::{Claim, Credentials, KeyCache, Payload, Scope, Signer};
use ring::hmac;

const DATE: &str = "20150830T123600Z";
const BODY: Payload<'_> = Payload::Body(b"");

#[test]
fn tokens_and_ids_must_belong_to_the_credentials() {
    let keys = KeyCache::default();
    let of = |id: &str, token: Option<&str>| Credentials::new(id, "secret", token);
    let good = of("id", Some("token"));
    let signed = Signer::new(&good, SCOPE, &keys).sign(&get("/", "", &[]), &BODY, at(SENT));
    let headers: Vec<(&str, &[u8])> =
        signed.headers().map(|(name, value)| (name, value.as_bytes())).collect();
    let claim = Claim::read(&get("/", "", &headers), SCOPE, at(SENT)).unwrap();
    assert_eq!(claim.verify(&BODY, &good, &keys), Ok(()));
    for other in [of("id", None), of("id", Some("")), of("id", Some("tokem")), of("ID", Some("token"))] {
        let error = claim.verify(&BODY, &other, &keys).unwrap_err();
        assert_eq!(error.to_string(), "The security token included in the request is invalid.");
        assert_eq!(error.kind().json_name(), "UnrecognizedClientException");
        assert_eq!(error.kind().query_name(), "InvalidClientTokenId");
    }
}

#[test]
fn a_mismatch_says_what_should_have_been_signed() {
    let authorization = authorization("0");
    let headers: [(&str, &[u8]); 2] =
        [("authorization", authorization.as_bytes()), ("x-amz-date", DATE.as_bytes())];
    let claim = Claim::read(&get("/a//b", "b&a=1", &headers), SCOPE, at(SENT)).unwrap();
    let error = claim.verify(&BODY, &credentials(), &KeyCache::default()).unwrap_err();
    assert_eq!(error.kind().json_name(), "InvalidSignatureException");
    assert_eq!(error.kind().query_name(), "SignatureDoesNotMatch");
    assert_eq!(
        error.long_message(),
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details.\n\n\
         The Canonical String for this request should have been\n'GET\n/a/b\na=1&b=\nhost:example.amazonaws.com\n\
         x-amz-date:20150830T123600Z\n\nhost;x-amz-date\n\
         e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'\n\n\
         The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n\
         20150830/us-east-1/execute-api/aws4_request\n\
         4ee25442733378eacc9956213a8228c4fe70ea92204af98c6a12424a40b4f5e4'\n"
    );
}

#[test]
fn only_s3_takes_bodies_that_are_not_covered() {
    let keys = KeyCache::default();
    let credentials = credentials();
    for (service, good) in [("s3", true), ("execute-api", false)] {
        let scope = Scope { service, ..SCOPE };
        let signed =
            Signer::new(&credentials, scope, &keys).sign(&get("/", "", &[]), &Payload::Unsigned, at(SENT));
        let headers: Vec<(&str, &[u8])> =
            signed.headers().map(|(name, value)| (name, value.as_bytes())).collect();
        let claim = Claim::read(&get("/", "", &headers), scope, at(SENT)).unwrap();
        assert_eq!(claim.verify(&Payload::Body(b"any"), &credentials, &keys).is_ok(), good, "{service}");
    }
}

fn authorization(signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    )
}

#[test]
fn paths_may_be_signed_as_they_are_or_normalised() {
    let keys = KeyCache::default();
    let credentials = credentials();
    let entries: [(&str, &[u8]); 2] = [("host", b"example.amazonaws.com"), ("x-amz-date", DATE.as_bytes())];
    for (path, form, good) in [
        ("/a//./b%20c", PathForm::Encoded, true),
        ("/a//./b%20c", PathForm::NormalisedAndEncoded, true),
        ("/a//./b%20c", PathForm::AsSent, false),
        ("/a/../b", PathForm::Encoded, true),
        ("/a/../b", PathForm::NormalisedAndEncoded, false),
        ("/a/..b", PathForm::NormalisedAndEncoded, true),
    ] {
        let canonical = Canonical::of(&get(path, "", &[]), form, None, &entries, &BODY.text());
        let to_sign = canonical.string_to_sign(&at(SENT), &SCOPE);
        let mac = keys.with(&credentials, "20150830", &SCOPE, |key| hmac::sign(key, to_sign.as_bytes()));
        let authorization = authorization(str::from_utf8(&hex(mac.as_ref().try_into().unwrap())).unwrap());
        let headers: [(&str, &[u8]); 2] =
            [("Authorization", authorization.as_bytes()), ("X-Amz-Date", DATE.as_bytes())];
        let claim = Claim::read(&get(path, "", &headers), SCOPE, at(SENT)).unwrap();
        assert_eq!(claim.verify(&BODY, &credentials, &keys).is_ok(), good, "{path} {form:?}");
    }
}

#[test]
fn a_signed_header_that_is_not_there_counts_as_empty() {
    let keys = KeyCache::default();
    let credentials = credentials();
    let with_empty: [(&str, &[u8]); 1] = [("x-other", b"")];
    let signed = Signer::new(&credentials, SCOPE, &keys).sign(&get("/", "", &with_empty), &BODY, at(SENT));
    let headers: Vec<(&str, &[u8])> =
        signed.headers().map(|(name, value)| (name, value.as_bytes())).collect();
    let claim = Claim::read(&get("/", "", &headers), SCOPE, at(SENT)).unwrap();
    assert!(claim.covers("x-other") && claim.covers("host") && !claim.covers("x-others"));
    assert_eq!(claim.verify(&BODY, &credentials, &keys), Ok(()));
}
