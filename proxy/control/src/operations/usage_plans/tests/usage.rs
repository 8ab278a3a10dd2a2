//! Usage is shown and granted. The clock stands at 2023-11-14, a Tuesday.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{join, message, new_key, new_plan, server};
use crate::testing::Server;
use serde_json::{Value, json};

fn with_keys(quota: Value, keys: usize) -> (Server, String, Vec<String>) {
    let mut server = server();
    let mut plan = json!({"name": "n"});
    if !quota.is_null() {
        plan["quota"] = quota;
    }
    let plan = new_plan(&mut server, plan);
    let mut keys: Vec<String> = (0..keys)
        .map(|_| {
            let key = new_key(&mut server, json!({}));
            join(&mut server, &plan, &key);
            key
        })
        .collect();
    keys.sort();
    (server, plan, keys)
}

#[test]
fn each_day_of_each_key_is_shown() {
    let (mut server, plan, keys) = with_keys(json!({"limit": 10, "period": "DAY"}), 2);
    let target = format!("/usageplans/{plan}/usage?startDate=2023-12-31&endDate=2024-01-01");
    let mut expected = json!({
        "usagePlanId": plan,
        "startDate": "2023-12-31",
        "endDate": "2024-01-01",
        "values": {&*keys[0]: [[0, 10], [0, 10]], &*keys[1]: [[0, 10], [0, 10]]},
    });
    assert_eq!(server.call("GET", &target, Value::Null), (200, expected.clone()));
    expected["values"] = json!({&*keys[1]: [[0, 10], [0, 10]]});
    assert_eq!(server.ok("GET", &format!("{target}&keyId={}", keys[1]), Value::Null), expected);
    let first = server.ok("GET", &format!("{target}&limit=1"), Value::Null);
    assert_eq!(first["values"], json!({&*keys[0]: [[0, 10], [0, 10]]}));
    let position = first["position"].as_str().unwrap();
    let second = server.ok("GET", &format!("{target}&limit=1&position={position}"), Value::Null);
    assert_eq!(second, expected);
}

#[test]
fn a_plan_without_quota_has_no_usage() {
    let (mut server, plan, keys) = with_keys(Value::Null, 1);
    let target = format!("/usageplans/{plan}/usage?startDate=2023-11-14&endDate=2023-11-14");
    assert_eq!(server.ok("GET", &target, Value::Null)["values"], json!({}));
    let target = format!("/usageplans/{plan}/keys/{}/usage", keys[0]);
    let refused = (400, message(&format!("Usage Plan {plan} has no quota")));
    assert_eq!(server.patch(&target, &[("replace", "/remaining", "1")]), refused);
}

#[test]
fn dates_are_days_and_at_most_ninety() {
    let (mut server, plan, _) = with_keys(json!({"limit": 10, "period": "DAY"}), 1);
    let mut between = |start: &str, end: &str| {
        let target = format!("/usageplans/{plan}/usage?startDate={start}&endDate={end}");
        let (status, answer) = server.call("GET", &target, Value::Null);
        (status, answer["message"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(between("2023-01-01", "2023-03-31").0, 200);
    for (start, end, text) in [
        ("2023-01-01", "2023-04-01", "The usage date range cannot exceed 90 days"),
        ("0000-01-01", "9999-12-31", "The usage date range cannot exceed 90 days"),
        ("2023-01-02", "2023-01-01", "The end date must not be before the start date"),
        (
            "2023-02-30",
            "2023-03-01",
            "Invalid date '2023-02-30' specified for 'startDate': expected e.g. 2016-12-31",
        ),
        ("2023-03-01", "today", "Invalid date 'today' specified for 'endDate': expected e.g. 2016-12-31"),
    ] {
        assert_eq!(between(start, end), (400, text.to_owned()));
    }
    assert_eq!(server.call("GET", &format!("/usageplans/{plan}/usage"), Value::Null).0, 400);
}

#[test]
fn what_is_granted_holds_until_the_period_ends() {
    for (quota, before, during, after) in [
        (json!({"limit": 10, "period": "DAY"}), "2023-11-13", "2023-11-14", "2023-11-15"),
        (json!({"limit": 10, "period": "WEEK"}), "2023-11-13", "2023-11-18", "2023-11-19"),
        (json!({"limit": 10, "period": "MONTH"}), "2023-11-13", "2023-11-30", "2023-12-01"),
    ] {
        let (mut server, plan, keys) = with_keys(quota, 2);
        let key = &keys[0];
        let target = format!("/usageplans/{plan}/keys/{key}/usage");
        let expected = json!({
            "usagePlanId": plan,
            "startDate": "2023-11-14",
            "endDate": "2023-11-14",
            "values": {&**key: [[0, 50]]},
        });
        assert_eq!(server.patch(&target, &[("replace", "/remaining", "50")]), (200, expected));
        for (day, remaining) in [(before, 10), ("2023-11-14", 50), (during, 50), (after, 10)] {
            let target = format!("/usageplans/{plan}/usage?startDate={day}&endDate={day}");
            let values = &server.ok("GET", &target, Value::Null)["values"];
            assert_eq!(values, &json!({&**key: [[0, remaining]], &*keys[1]: [[0, 10]]}), "{day}");
        }
    }
}

#[test]
fn what_remains_can_be_made_less() {
    let (mut server, plan, keys) = with_keys(json!({"limit": 10, "period": "DAY"}), 1);
    let target = format!("/usageplans/{plan}/keys/{}/usage", keys[0]);
    let (_, answer) = server.patch(&target, &[("replace", "/remaining", "0")]);
    assert_eq!(answer["values"], json!({&*keys[0]: [[0, 0]]}));
}

#[test]
fn a_wrong_grant_changes_nothing() {
    let (mut server, plan, keys) = with_keys(json!({"limit": 10, "period": "DAY"}), 1);
    let target = format!("/usageplans/{plan}/keys/{}/usage", keys[0]);
    for (operation, text) in [
        (("replace", "/remaining", "-1"), "Invalid remaining quota '-1' specified"),
        (("replace", "/remaining", "some"), "Invalid remaining quota 'some' specified"),
        (
            ("replace", "/used", "1"),
            "Invalid patch path  '/used' specified for op 'replace'. Must be one of: [/remaining]",
        ),
        (
            ("add", "/remaining", "1"),
            "Invalid patch path  '/remaining' specified for op 'add'. Please choose supported operations",
        ),
    ] {
        let answer = server.patch(&target, &[("replace", "/remaining", "5"), operation]);
        assert_eq!(answer, (400, message(text)));
    }
    let unknown = (404, message("Invalid API Key identifier specified"));
    assert_eq!(server.patch(&format!("/usageplans/{plan}/keys/none/usage"), &[]), unknown);
    let target = format!("/usageplans/{plan}/usage?startDate=2023-11-14&endDate=2023-11-14");
    assert_eq!(server.ok("GET", &target, Value::Null)["values"], json!({&*keys[0]: [[0, 10]]}));
    assert_eq!(server.call("GET", &format!("{target}&keyId=none"), Value::Null), unknown);
}
