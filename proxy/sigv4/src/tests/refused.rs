//! What is refused before a secret is needed, and in which words.

use super::{SCOPE, SENT, at, get};
use crate::{AuthError, Claim, ErrorKind, Timestamp};

const GOOD: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request, \
                    SignedHeaders=host;x-amz-date, Signature=0";
const DATE: &str = "20150830T123600Z";

fn read(headers: &[(&str, &str)], query: &str, now: u64) -> Result<Timestamp, AuthError> {
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    Claim::read(&get("/", query, &headers), SCOPE, at(now)).map(|claim| claim.sent())
}

#[track_caller]
fn refused(headers: &[(&str, &str)], query: &str, kind: ErrorKind, message: &str) {
    let error = read(headers, query, SENT).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.kind()), (message, kind));
    assert_eq!(error.long_message(), message);
}

#[track_caller]
fn header_refused(authorization: &str, kind: ErrorKind, message: &str) {
    refused(&[("Authorization", authorization), ("X-Amz-Date", DATE)], "", kind, message);
}

#[test]
fn headers_are_refused_in_the_words_of_aws() {
    use ErrorKind::{IncompleteSignature, InvalidSignature, MissingAuthenticationToken};
    refused(&[], "a=b", MissingAuthenticationToken, "Missing Authentication Token");
    header_refused(
        "Bearer abc",
        IncompleteSignature,
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): 'w1Xc6WwWEogNEZQP/dkBTThsJT4MNlKmzQanIm970rY='.",
    );
    header_refused(
        "x-api-key=abc",
        IncompleteSignature,
        "Authorization header must begin with the algorithm name, which cannot include an equal-sign.",
    );
    refused(
        &[("authorization", "abc")],
        "",
        IncompleteSignature,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) \
         Authorization=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
    );
    let bad_date =
        "Date must be in ISO-8601 'basic format'. Got 'now'. See http://en.wikipedia.org/wiki/ISO_8601";
    refused(&[("Authorization", GOOD), ("X-Amz-Date", "now")], "", IncompleteSignature, bad_date);
    header_refused(
        &GOOD.replace("host", "hosts"),
        InvalidSignature,
        "'Host' must be a 'SignedHeader' in the AWS Authorization.",
    );
    header_refused(
        &GOOD.replace("SHA256", "SHA512"),
        IncompleteSignature,
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512' (only AWS4-HMAC-SHA256 for now). ",
    );
    for credential in
        ["id", "id/20150830/us-east-1/execute-api", "i/d/20150830/us-east-1/execute-api/aws4_request"]
    {
        header_refused(
            &GOOD.replace("AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request", credential),
            IncompleteSignature,
            &format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
                 '{credential}'"
            ),
        );
    }
    header_refused(
        &GOOD.replace("20150830/us-east-1/execute-api/aws4_request", "20150831/here/sqs/aws3"),
        InvalidSignature,
        "Credential should be scoped to a valid region, not 'here'. Credential should be scoped to correct service: \
         'execute-api'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3'. Date in \
         Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150831' != '20150830', \
         from '20150830T123600Z'. ",
    );
}

#[test]
fn lists_that_are_no_header_names_are_missing() {
    for list in ["", "host:x", "host\u{e9}"] {
        let authorization = GOOD.replace("host;x-amz-date", list);
        let error =
            read(&[("authorization", &authorization), ("date", DATE)], "", SENT).unwrap_err().to_string();
        assert!(
            error.starts_with("Authorization header requires 'SignedHeaders' parameter. (Hashed"),
            "{error}"
        );
    }
    let query = "X-Amz-Algorithm=a&X-Amz-Credential=a&X-Amz-Signature=a&X-Amz-Date=a&X-Amz-Expires=1";
    let error = read(&[], &format!("{query}&X-Amz-SignedHeaders=host%0Ahost"), SENT).unwrap_err().to_string();
    assert!(error.contains("must include 'X-Amz-SignedHeaders'. Re-examine"), "{error}");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let headers: [(&str, &[u8]); 1] = [("authorization", b"AWS4-HMAC-SHA256 Credential=\xff")];
    let error = Claim::read(&get("/", "", &headers), SCOPE, at(SENT)).unwrap_err();
    assert!(matches!(error, AuthError::NotKeyValue { .. }), "{error}");
}

#[test]
fn headers_are_current_for_five_minutes_either_way() {
    let headers = [("Authorization", GOOD), ("X-Amz-Date", DATE)];
    for now in [SENT - 300, SENT, SENT + 300] {
        assert_eq!(read(&headers, "", now), Ok(at(SENT)));
    }
    let late = read(&headers, "", SENT + 301).unwrap_err();
    assert_eq!(
        late.to_string(),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    );
    let early = read(&headers, "", SENT - 301).unwrap_err();
    assert_eq!(
        early.to_string(),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"
    );
    assert_eq!([late.kind(), early.kind()], [ErrorKind::InvalidSignature; 2]);
    // The date of HTTP will do where there is no other.
    let with_date = [("authorization", GOOD), ("date", "Sun, 30 Aug 2015 12:36:00 GMT")];
    assert_eq!(read(&with_date, "", SENT), Ok(at(SENT)));
}

const PRESIGNED: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2F\
                         execute-api%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=90&\
                         X-Amz-SignedHeaders=host&X-Amz-Signature=0";

#[test]
fn presigned_urls_are_good_for_as_long_as_they_say() {
    assert_eq!(read(&[], PRESIGNED, SENT + 90), Ok(at(SENT)));
    assert_eq!(
        read(&[], PRESIGNED, SENT + 91).unwrap_err().to_string(),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T123731Z - 90 sec.)"
    );
    assert_eq!(read(&[], PRESIGNED, SENT - 300), Ok(at(SENT)));
    assert!(matches!(read(&[], PRESIGNED, SENT - 301), Err(AuthError::NotYetCurrent { .. })));
    for (seconds, good) in
        [("1", true), ("604800", true), ("604801", false), ("0", false), ("-1", false), ("x", false)]
    {
        let query = PRESIGNED.replace("Expires=90", &format!("Expires={seconds}"));
        let found = read(&[], &query, SENT);
        assert_eq!(found.is_ok(), good, "{seconds}: {found:?}");
    }
}

#[test]
fn presigned_urls_are_refused_in_the_words_of_aws() {
    refused(
        &[],
        "X-Amz-Signature=0&X-Amz-Date=",
        ErrorKind::IncompleteSignature,
        "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include \
         'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string \
         parameters must include 'X-Amz-Date'. AWS query-string parameters must include 'X-Amz-Expires'. Re-examine \
         the query-string parameters.",
    );
    refused(
        &[("Authorization", GOOD)],
        PRESIGNED,
        ErrorKind::InvalidSignature,
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
}
