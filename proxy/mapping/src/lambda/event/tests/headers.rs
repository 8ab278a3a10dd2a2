//! Headers of events.

use super::{AuthorizedBy, event};
use serde_json::json;

#[test]
fn headers_have_their_last_value_and_their_spelling() {
    let got = event(|request| {
        for (name, value) in
            [("Host", "h"), ("X-Many", "1"), ("accept", "a"), ("X-Many", "2"), ("x-many", "3")]
        {
            request.header(name, value);
        }
        request.headers.push(("X-Latin".to_owned(), b"caf\xe9".to_vec()));
    });
    assert_eq!(got["headers"]["Host"], "h");
    assert_eq!(got["headers"]["accept"], "a");
    assert_eq!(got["headers"]["X-Many"], "3");
    assert_eq!(got["multiValueHeaders"]["X-Many"], json!(["1", "2", "3"]));
    assert_eq!(got["headers"].get("x-many"), None);
    assert_eq!(got["headers"]["X-Latin"], "caf\u{fffd}");
}

#[test]
fn headers_that_functions_do_not_see() {
    let names = [
        "Connection",
        "Content-Length",
        "Content-MD5",
        "Expect",
        "Max-Forwards",
        "Proxy-Authenticate",
        "Server",
        "TE",
        "Transfer-Encoding",
        "Trailer",
        "Upgrade",
        "WWW-Authenticate",
    ];
    let seen = [
        "Accept",
        "Authorization",
        "Content-Encoding",
        "Content-Type",
        "Date",
        "Via",
        "X-A-Name-That-Is-Longer-Than-Any-That-Has-A-Rule",
    ];
    let got = event(|request| names.iter().chain(&seen).for_each(|name| request.header(name, "v")));
    for name in names {
        assert_eq!(got["headers"].get(name), None, "{name}");
    }
    for name in seen {
        assert_eq!(got["headers"][name], "v", "{name}");
    }
}

#[test]
fn what_the_gateway_says_in_headers_is_its_own() {
    let got = event(|request| {
        for (name, value) in [
            ("x-forwarded-for", "192.0.2.1"),
            ("X-Forwarded-For", "192.0.2.2, 192.0.2.3"),
            ("x-forwarded-proto", "gopher"),
            ("X-FORWARDED-PORT", "70"),
            ("x-amzn-trace-id", "Root=mine"),
        ] {
            request.header(name, value);
        }
    });
    let expected = json!({
        "X-Amzn-Trace-Id": ["Root=1-5f000000-0"],
        "X-Forwarded-For": ["192.0.2.1, 192.0.2.2, 192.0.2.3, 203.0.113.7"],
        "X-Forwarded-Port": ["443"],
        "X-Forwarded-Proto": ["https"],
    });
    assert_eq!(got["multiValueHeaders"], expected);
}

#[test]
fn signatures_are_not_passed_on() {
    let authorization = |value: &str, iam| {
        let got = event(|request| {
            request.header("authorization", value);
            request.authorized_by = AuthorizedBy::Nobody { iam };
        });
        got["headers"].get("authorization").is_some()
    };
    assert!(authorization("Bearer abc", false));
    assert!(!authorization("Bearer abc", true));
    assert!(!authorization("AWS4-HMAC-SHA256 Credential=…", false));
}

#[test]
fn cookies_are_one_line() {
    let got = event(|request| {
        for (name, value) in [("Cookie", "a=1; b=2"), ("accept", "*/*"), ("cookie", "c=3"), ("cookie", "d=4")]
        {
            request.header(name, value);
        }
    });
    assert_eq!(got["headers"]["Cookie"], "a=1; b=2; c=3; d=4");
    assert_eq!(got["multiValueHeaders"]["Cookie"], json!(["a=1; b=2; c=3; d=4"]));
    assert_eq!(got["headers"].get("cookie"), None);
}
