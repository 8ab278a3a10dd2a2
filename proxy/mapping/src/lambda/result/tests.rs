#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::*;
use base64::engine::general_purpose;
use proptest::prelude::*;
use serde_json::json;

fn reason(payload: &str) -> String {
    match parse(payload.as_bytes(), true) {
        Err(ResultError::Malformed(reason)) => reason,
        other => panic!("{payload}: {other:?}"),
    }
}

fn lines(payload: &str) -> Vec<String> {
    let result = parse(payload.as_bytes(), false).unwrap();
    result.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect()
}

#[test]
fn nothing_is_required() {
    for payload in [
        "{}",
        r#"{"statusCode":200}"#,
        r#"{"headers":null,"multiValueHeaders":null,"body":null,"isBase64Encoded":null,"statusCode":null}"#,
        " {\"headers\": {}}\n",
    ] {
        let expected = ProxyResult { status: 200, headers: Vec::new(), body: Cow::Borrowed(b"") };
        assert_eq!(parse(payload.as_bytes(), true), Ok(expected), "{payload}");
    }
}

#[test]
fn status_codes() {
    for (given, expected) in [
        ("201", Some(201)),
        (r#""201""#, Some(201)),
        ("201.0", Some(201)),
        ("200", Some(200)),
        ("599", Some(599)),
        ("199", None),
        ("600", None),
        ("101", None),
        ("-200", None),
        ("200.5", None),
        ("1e999", None),
        ("18446744073709551616", None),
        (r#""test""#, None),
        (r#""""#, None),
        (r#""+201""#, None),
        ("true", None),
        ("[200]", None),
    ] {
        let payload = format!("{{\"statusCode\":{given}}}");
        let got = parse(payload.as_bytes(), false);
        assert_eq!(got.as_ref().map(|result| result.status).ok(), expected, "{given}");
        assert!(got.is_ok() || got.is_err_and(|error| error.status() == 502), "{given}");
    }
    assert_eq!(
        reason(r#"{"statusCode":"test"}"#),
        "statusCode: found a string, expected a whole number from 200 to 599"
    );
}

#[test]
fn other_results_are_malformed() {
    for (payload, expected) in [
        (r#""Pass""#, "the result: found a string, expected an object"),
        ("[]", "the result: found a list, expected an object"),
        ("1", "the result: found a number, expected an object"),
        ("null", "the result: found null, expected an object"),
        (r#"{"body":{}}"#, "body: found an object, expected a string"),
        (r#"{"body":1}"#, "body: found a number, expected a string"),
        (r#"{"isBase64Encoded":"true"}"#, "isBase64Encoded: found a string, expected a boolean"),
        (r#"{"headers":[]}"#, "headers: found a list, expected an object"),
        (r#"{"headers":{"a":["b"]}}"#, "header a: found a list, expected a string"),
        (r#"{"headers":{"a":{}}}"#, "header a: found an object, expected a string"),
        (r#"{"headers":{"a":null}}"#, "header a: found null, expected a string"),
        (r#"{"multiValueHeaders":"a"}"#, "multiValueHeaders: found a string, expected an object"),
        (r#"{"multiValueHeaders":{"a":"b"}}"#, "header a: found a string, expected a list"),
        (r#"{"multiValueHeaders":{"a":[[]]}}"#, "header a: found a list, expected a string"),
    ] {
        assert_eq!(reason(payload), expected, "{payload}");
    }
    for payload in ["", "{", r#"{"statusCode":200} x"#, "\u{feff}{}", r#"{"body":"a","body":"b"}"#] {
        assert!(!reason(payload).is_empty(), "{payload}");
    }
    let unknown = reason(r#"{"statusCode":200,"cookies":["secret"]}"#);
    assert!(unknown.starts_with("unknown field `cookies`, expected one of `statusCode`"), "{unknown}");
    assert!(!unknown.contains("secret"), "{unknown}");
}

#[test]
fn headers_of_both_kinds_are_merged() {
    let table = [
        // A recorded case: the spelling of the lists wins, and the single value is the last.
        (
            r#"{"headers":{"test-multi":"value-solo"},"multiValueHeaders":{"tesT-Multi":["value-multi"]}}"#,
            vec!["tesT-Multi: value-multi", "tesT-Multi: value-solo"],
        ),
        // The same pair twice is once.
        (r#"{"headers":{"A":"1"},"multiValueHeaders":{"a":["1","2"]}}"#, vec!["a: 1", "a: 2"]),
        (r#"{"headers":{"B":"1","A":"2"},"multiValueHeaders":{"c":["3"]}}"#, vec!["B: 1", "A: 2", "c: 3"]),
        (r#"{"multiValueHeaders":{"Set-Cookie":["a=1","b=2"]}}"#, vec!["Set-Cookie: a=1", "Set-Cookie: b=2"]),
        (
            r#"{"headers":{"Set-Cookie":"a=1","set-cookie":"b=2"}}"#,
            vec!["Set-Cookie: a=1", "set-cookie: b=2"],
        ),
        (r#"{"headers":{"a":"1"},"multiValueHeaders":{"A":[]}}"#, vec!["A: 1"]),
        (r#"{"multiValueHeaders":{"A":[]}}"#, vec![]),
        (
            r#"{"headers":{"a":true,"b":false,"c":3600,"d":-1.5,"e":""}}"#,
            vec!["a: true", "b: false", "c: 3600", "d: -1.5", "e: "],
        ),
        (r#"{"multiValueHeaders":{"a":[true,1,"x"]}}"#, vec!["a: true", "a: 1", "a: x"]),
    ];
    for (payload, expected) in table {
        assert_eq!(lines(payload), expected, "{payload}");
    }
}

#[test]
fn headers_cannot_end_their_line() {
    for name in ["", "a b", "a:", "a\\r\\nb", "é", "a\\u0000"] {
        assert_eq!(
            reason(&format!("{{\"headers\":{{\"{name}\":\"v\"}}}}")),
            "headers: found a name that is none, expected letters, digits and `-`",
            "{name}"
        );
    }
    for value in ["a\\r\\nSet-Cookie: b", "\\n", "a\\u0000", "\\u007f"] {
        assert_eq!(
            reason(&format!("{{\"multiValueHeaders\":{{\"a\":[\"{value}\"]}}}}")),
            "header a: found a control character, expected none",
            "{value}"
        );
    }
    assert_eq!(lines(r#"{"headers":{"a!~'":"\té "}}"#), ["a!~': \té "]);
}

#[test]
fn headers_are_bounded_in_number_and_size() {
    let many = |count| {
        let headers: serde_json::Map<_, _> = (0..count).map(|n| (format!("a{n}"), json!(""))).collect();
        json!({ "headers": headers })
    };
    assert_eq!(lines(&many(MAX_HEADER_LINES).to_string()).len(), MAX_HEADER_LINES);
    assert!(reason(&many(MAX_HEADER_LINES + 1).to_string()).starts_with("found more than 250 headers"));
    let list = |count| json!({"headers": {"b": ""}, "multiValueHeaders": {"a": vec![""; count]}}).to_string();
    assert_eq!(lines(&list(MAX_HEADER_LINES - 1)).len(), MAX_HEADER_LINES);
    assert_eq!(reason(&list(MAX_HEADER_LINES)), "headers: found 251, expected at most 250");
    assert!(reason(&list(MAX_HEADER_LINES + 1)).starts_with("found more than 250 headers"));

    let long = |bytes| json!({"headers": {"a": "x".repeat(bytes - 5)}}).to_string();
    assert_eq!(lines(&long(MAX_HEADER_BYTES)).len(), 1);
    assert_eq!(reason(&long(MAX_HEADER_BYTES + 1)), "headers: found 10241 bytes, expected at most 10240");
}

#[test]
fn a_result_is_bounded_in_size() {
    let payload = |bytes: usize| format!("{{\"body\":\"{}\"}}", "x".repeat(bytes - 11));
    let longest = payload(MAX_PAYLOAD_BYTES);
    assert!(matches!(parse(longest.as_bytes(), false).unwrap().body, Cow::Borrowed(_)));
    assert_eq!(reason(&payload(MAX_PAYLOAD_BYTES + 1)), "found 6291457 bytes, expected at most 6291456");
}

#[test]
fn bodies_are_decoded_for_clients_that_accept_binary_answers() {
    let body =
        |payload: &str, accepts| parse(payload.as_bytes(), accepts).map(|result| result.body.into_owned());
    let encoded = r#"{"body":"iVBOR/8=","isBase64Encoded":true}"#;
    assert_eq!(body(encoded, true).unwrap(), b"\x89PNG\xff"[..]);
    assert_eq!(body(encoded, false).unwrap(), b"iVBOR/8="[..]);
    assert_eq!(body(r#"{"body":"iVBOR/8=","isBase64Encoded":false}"#, true).unwrap(), b"iVBOR/8="[..]);
    assert_eq!(body(r#"{"body":"iVBOR/8","isBase64Encoded":true}"#, true).unwrap(), b"\x89PNG\xff"[..]);
    assert_eq!(body(r#"{"isBase64Encoded":true}"#, true).unwrap(), b""[..]);
    assert_eq!(body(r#"{"body":"\"é\n"}"#, true).unwrap(), "\"é\n".as_bytes());
    for broken in [r#"{"body":"%","isBase64Encoded":true}"#, r#"{"body":"iVBO R/8=","isBase64Encoded":true}"#]
    {
        let error = body(broken, true).unwrap_err();
        assert_eq!((error.status(), &error), (500, &ResultError::Body), "{broken}");
        assert!(body(broken, false).is_ok(), "{broken}");
    }
}

#[test]
fn failed_functions() {
    let payload =
        br#"{"errorMessage":"no\nluck","errorType":"Error","stackTrace":["secret"],"requestId":"r"}"#;
    let expected = ResultError::Function("no luck".to_owned());
    assert_eq!(parse(payload, false), Err(expected.clone()));
    assert_eq!(function_error(payload), expected);
    assert_eq!(expected.status(), 502);
    assert_eq!(
        expected.log_line("r-1"),
        "Lambda execution failed with status 200 due to customer function error: no luck. Lambda request id: r-1"
    );
    for payload in ["", "{}", r#"{"errorMessage":1}"#, r#""x""#] {
        let expected = ResultError::Function("the function gave no errorMessage".to_owned());
        assert_eq!(function_error(payload.as_bytes()), expected, "{payload}");
    }
    let malformed = parse(b"[]", false).unwrap_err().log_line("r-1");
    assert!(
        malformed.starts_with("Execution failed due to configuration error: Malformed Lambda proxy response")
    );
}

proptest! {
    #[test]
    fn what_a_function_says_is_what_is_read(
        status in 200_u16..=599,
        headers in prop::collection::vec(("[a-z]{3}", "[ -~é\t]{0,20}"), 0..8),
        body in any::<Vec<u8>>(),
    ) {
        let mut lists = serde_json::Map::new();
        let mut expected = Vec::<(String, Vec<String>)>::new();
        for (name, value) in &headers {
            let list = lists.entry(name.clone()).or_insert_with(|| json!([]));
            list.as_array_mut().unwrap().push(json!(value));
            match expected.iter_mut().find(|(known, _)| known == name) {
                Some((_, values)) => values.push(value.clone()),
                None => expected.push((name.clone(), vec![value.clone()])),
            }
        }
        let payload = json!({
            "statusCode": status,
            "multiValueHeaders": lists,
            "body": general_purpose::STANDARD.encode(&body),
            "isBase64Encoded": true,
        })
        .to_string();
        let result = parse(payload.as_bytes(), true).unwrap();
        prop_assert_eq!(result.status, status);
        prop_assert_eq!(&*result.body, &body[..]);
        let got: Vec<_> = result.headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let expected: Vec<_> = expected
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)))
            .collect();
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn any_text_is_a_body(body in any::<String>()) {
        let payload = json!({ "body": body }).to_string();
        prop_assert_eq!(&*parse(payload.as_bytes(), true).unwrap().body, body.as_bytes());
    }
}
