#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::*;
use serde_json::json;

/// Whether all conditions hold for these keys.
fn holds(block: &Value, keys: &[(&str, &str)]) -> bool {
    let conditions = parse(block, "", true).unwrap_or_else(|e| panic!("{block}: {e}"));
    conditions.iter().all(|condition| condition.holds(&keys))
}

#[test]
fn one_value_against_one_key() {
    let table = [
        ("StringEquals", "a", "a", true),
        ("StringEquals", "a", "A", false),
        ("StringEquals", "a*", "ab", false),
        ("StringNotEquals", "a", "b", true),
        ("StringNotEquals", "a", "a", false),
        ("StringEqualsIgnoreCase", "a", "A", true),
        ("StringNotEqualsIgnoreCase", "a", "A", false),
        ("StringLike", "a*c?", "abbcd", true),
        ("StringLike", "a*", "Ab", false),
        ("StringNotLike", "a*", "ab", false),
        ("NumericEquals", "10", "10.0", true),
        ("NumericNotEquals", "10", "11", true),
        ("NumericLessThan", "10", "9.5", true),
        ("NumericLessThan", "10", "10", false),
        ("NumericLessThanEquals", "10", "10", true),
        ("NumericGreaterThan", "10", "11", true),
        ("NumericGreaterThanEquals", "10", "10", true),
        ("NumericEquals", "10", "ten", false),
        ("DateLessThan", "2030-01-01T00:00:00Z", "2029-12-31T23:59:59Z", true),
        ("DateLessThan", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z", false),
        ("DateGreaterThan", "2030-01-01", "1893456001", true),
        ("DateEquals", "1893456000", "2030-01-01T00:00:00Z", true),
        ("DateNotEquals", "1893456000", "2030-01-01T00:00:00Z", false),
        ("DateLessThanEquals", "2030-01-01T01:00:00+01:00", "2030-01-01T00:00:00Z", true),
        ("DateGreaterThanEquals", "2030-01-01", "2029-01-01", false),
        ("Bool", "true", "True", true),
        ("Bool", "false", "true", false),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", true),
        ("BinaryEquals", "QmluYXJ5", "qmluYXJ5", false),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", true),
        ("IpAddress", "203.0.113.0/24", "198.51.100.1", false),
        ("IpAddress", "2001:db8::/32", "2001:db8::7", true),
        ("IpAddress", "203.0.113.0/24", "nonsense", false),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", true),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.1", false),
        ("ArnEquals", "arn:aws:sns:*:1:t*", "arn:aws:sns:us-east-1:1:topic", true),
        ("ArnLike", "arn:aws:sns:*:1:t*", "arn:aws:sns:us-east-1:1:topic:x", true),
        ("ArnLike", "arn:*:topic", "arn:aws:sns:us-east-1:1:topic", false),
        ("ArnNotEquals", "arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t", false),
        ("ArnNotLike", "arn:aws:sns:*:2:t", "arn:aws:sns:us-east-1:1:t", true),
    ];
    for (operator, expected, found, result) in table {
        if operator == "ArnLike" && expected == "arn:*:topic" {
            // Wildcards do not reach over the colons of an ARN, so this is none.
            assert!(parse(&json!({operator: {"k": expected}}), "", true).is_err());
            continue;
        }
        assert_eq!(
            holds(&json!({operator: {"k": expected}}), &[("k", found)]),
            result,
            "{operator} {expected} {found}"
        );
    }
}

#[test]
fn a_missing_key() {
    for (operator, value, expected) in [
        ("StringEquals", "a", false),
        ("StringNotEquals", "a", true),
        ("StringNotLike", "a", true),
        ("NumericNotEquals", "1", true),
        ("DateNotEquals", "2030-01-01", true),
        ("NotIpAddress", "203.0.113.0/24", true),
        ("ArnNotLike", "*", true),
        ("IpAddress", "203.0.113.0/24", false),
        ("Bool", "true", false),
        ("StringEqualsIfExists", "a", true),
        ("BoolIfExists", "false", true),
        ("IpAddressIfExists", "203.0.113.0/24", true),
        ("ForAllValues:StringEquals", "a", true),
        ("ForAnyValue:StringEquals", "a", false),
        ("ForAnyValue:StringNotEquals", "a", false),
        ("ForAnyValue:StringEqualsIfExists", "a", true),
        ("Null", "true", true),
        ("Null", "false", false),
    ] {
        assert_eq!(holds(&json!({operator: {"k": value}}), &[]), expected, "{operator}");
    }
    assert!(!holds(&json!({"Null": {"k": true}}), &[("k", "v")]));
    assert!(holds(&json!({"Null": {"k": "false"}}), &[("k", "v")]));
    assert!(!holds(&json!({"StringEqualsIfExists": {"k": "a"}}), &[("k", "b")]));
}

#[test]
fn several_values_keys_and_operators() {
    let of =
        |values: Value, operator: &str, keys: &[(&str, &str)]| holds(&json!({operator: {"k": values}}), keys);
    assert!(of(json!(["a", "b"]), "StringEquals", &[("k", "b")]));
    assert!(!of(json!(["a", "b"]), "StringNotEquals", &[("k", "b")]));
    assert!(of(json!(["a", "b"]), "StringNotEquals", &[("k", "c")]));
    let ab = [("k", "a"), ("k", "b")];
    assert!(of(json!(["a", "b", "c"]), "ForAllValues:StringEquals", &ab));
    assert!(!of(json!(["a"]), "ForAllValues:StringEquals", &ab));
    assert!(of(json!(["a"]), "ForAnyValue:StringEquals", &ab));
    assert!(!of(json!(["c"]), "ForAnyValue:StringLike", &ab));
    assert!(of(json!(["a"]), "ForAnyValue:StringNotEquals", &ab));
    assert!(!of(json!(["a"]), "ForAllValues:StringNotEquals", &ab));
    assert!(of(json!(["c"]), "ForAllValues:StringNotEquals", &ab));
    let both = json!({"StringEquals": {"k": "a", "l": "b"}, "Bool": {"aws:SecureTransport": true}});
    assert!(holds(&both, &[("k", "a"), ("l", "b"), ("aws:securetransport", "true")]));
    assert!(!holds(&both, &[("k", "a"), ("aws:securetransport", "true")]));
    assert!(!holds(&both, &[("k", "a"), ("l", "b"), ("aws:securetransport", "false")]));
}

#[test]
fn variables_in_values() {
    let keys = [("k", "home/ann"), ("aws:username", "ann"), ("arn", "arn:aws:iam::1:user/ann")];
    assert!(holds(&json!({"StringEquals": {"k": "home/${aws:username}"}}), &keys));
    assert!(!holds(&json!({"StringEquals": {"k": "home/${aws:userid}"}}), &keys));
    assert!(holds(&json!({"StringLike": {"k": "*/${aws:username}"}}), &keys));
    assert!(holds(&json!({"ArnEquals": {"arn": "arn:aws:iam::1:user/${aws:username}"}}), &keys));
    assert!(holds(&json!({"ArnEquals": {"arn": "${arn}"}}), &keys));
    let old = parse(&json!({"StringEquals": {"k": "home/${aws:username}"}}), "", false).unwrap();
    assert!(!old.iter().all(|condition| condition.holds(&keys)));
}

#[test]
fn errors_say_where() {
    let table = [
        (json!([]), "at /C: found an empty list, expected an object of condition operators"),
        (
            json!({"StringEqual": {"k": "v"}}),
            "at /C/StringEqual: found the operator \"StringEqual\", expected a condition operator",
        ),
        (json!({"NullIfExists": {"k": "v"}}), "at /C/NullIfExists: found the operator"),
        (json!({"ForSome:StringEquals": {"k": "v"}}), "at /C/ForSome:StringEquals: found the operator"),
        (json!({"Bool": "x"}), "at /C/Bool: found \"x\", expected an object of condition keys"),
        (json!({"Bool": {"a/b": "maybe"}}), "at /C/Bool/a~1b: found \"maybe\", expected true or false"),
        (
            json!({"IpAddress": {"k": ["203.0.113.0/24", "x"]}}),
            "at /C/IpAddress/k/1: found \"x\", expected an address or a CIDR block",
        ),
        (json!({"NumericEquals": {"k": "ten"}}), "at /C/NumericEquals/k: found \"ten\", expected a number"),
        (json!({"DateEquals": {"k": "soon"}}), "expected a date such as"),
        (json!({"ArnEquals": {"k": "arn:aws"}}), "expected an ARN of six parts"),
        (json!({"BinaryEquals": {"k": "*"}}), "expected base64 text"),
        (
            json!({"StringEquals": {"k": [{}]}}),
            "at /C/StringEquals/k/0: found an object, expected a string, a number or a Boolean",
        ),
        (json!({"StringEquals": {"k": []}}), "at /C/StringEquals/k: found an empty list"),
        (json!({"Null": {"k": "x"}}), "at /C/Null/k: found \"x\", expected true or false"),
    ];
    for (block, expected) in table {
        let error = parse(&block, "/C", true).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
