//! Usage plans are made, shown and deleted.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{id, join, message, new_key, new_plan, server};
use crate::entities::{Stage, UsagePlan};
use serde_json::{Value, json};

#[test]
fn a_plan_with_a_name_alone_has_no_limits() {
    let mut server = server();
    let (status, answer) = server.call("POST", "/usageplans", json!({"name": "n"}));
    let id = id(&answer);
    let mut expected = json!({"id": id, "name": "n", "apiStages": []});
    assert_eq!((status, id.len(), &answer), (201, 6, &expected));
    assert_eq!(server.ok("GET", "/usageplans", Value::Null), json!({"item": [expected]}));
    expected["tags"] = json!({});
    assert_eq!(server.call("GET", &format!("/usageplans/{id}"), Value::Null), (200, expected));
}

#[test]
fn a_plan_has_all_that_it_was_given() {
    let mut server = server();
    let mut given = json!({
        "name": "n",
        "description": "d",
        "apiStages": [{
            "apiId": "api",
            "stage": "prod",
            "throttle": {"//GET": {"burstLimit": 1, "rateLimit": 2.0}},
        }, {"apiId": "api", "stage": "dev"}],
        "throttle": {"burstLimit": 3, "rateLimit": 2},
        "quota": {"limit": 10, "period": "WEEK"},
        "tags": {"a": "b"},
    });
    let answer = server.ok("POST", "/usageplans", given.clone());
    given["id"] = answer["id"].clone();
    given["throttle"]["rateLimit"] = json!(2.0);
    given["quota"]["offset"] = json!(0);
    assert_eq!(answer, given);
    assert_eq!(server.ok("GET", &format!("/usageplans/{}", id(&given)), Value::Null), given);
    assert_eq!(server.ok("GET", "/usageplans", Value::Null), json!({"item": [given]}));
}

#[test]
fn stages_must_be_there_and_once() {
    for (stages, status, text) in [
        (json!([{"apiId": "api"}]), 400, "Invalid API Stage specified"),
        (json!([{"stage": "prod"}]), 400, "Invalid API Stage specified"),
        (
            json!([{"apiId": "none", "stage": "prod"}]),
            404,
            "Invalid API Stage {api: none, stage: prod} specified for usageplan ID",
        ),
        (
            json!([{"apiId": "api", "stage": "none"}]),
            404,
            "Invalid API Stage {api: api, stage: none} specified for usageplan ID",
        ),
        (
            json!([{"apiId": "api", "stage": "dev"}, {"apiId": "api", "stage": "dev"}]),
            409,
            "The stage api:dev is in usage plan ID already",
        ),
    ] {
        // The id is the first that is made.
        let first = new_plan(&mut server(), json!({"name": "n"}));
        let answer = server().call("POST", "/usageplans", json!({"name": "n", "apiStages": stages}));
        assert_eq!(answer, (status, message(&text.replace("ID", &first))).clone());
    }
}

#[test]
fn limits_are_numbers_that_make_sense() {
    let long = |methods: usize| -> Value {
        let methods = (0..methods).map(|index| (format!("/r{index}/GET"), json!({"burstLimit": 1})));
        json!({"apiStages": [{
            "apiId": "api",
            "stage": "prod",
            "throttle": methods.collect::<serde_json::Map<String, Value>>(),
        }]})
    };
    let method =
        |name: &str| json!({"apiStages": [{"apiId": "api", "stage": "dev", "throttle": {name: {}}}]});
    let quota =
        |period: &str, offset: i64| json!({"quota": {"limit": 1, "period": period, "offset": offset}});
    let throttles = "Usage Plan throttle limits must be zero or more";
    for (members, refusal) in [
        (json!({"name": " "}), Some("Usage Plan name cannot be blank")),
        (json!({"throttle": {"burstLimit": -1}}), Some(throttles)),
        (json!({"throttle": {"rateLimit": -0.5}}), Some(throttles)),
        (json!({"throttle": {"rateLimit": 0, "burstLimit": 5}}), None),
        (
            json!({"quota": {"limit": -1, "period": "DAY"}}),
            Some("Usage Plan quota limit must be zero or more"),
        ),
        (json!({"quota": {"limit": 1}}), Some("Usage Plan quota period must be one of: [DAY, WEEK, MONTH]")),
        (quota("DAY", 0), None),
        (quota("DAY", 1), Some("Usage Plan quota offset must be zero in the DAY period")),
        (quota("WEEK", 6), None),
        (
            quota("WEEK", 7),
            Some("Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period"),
        ),
        (quota("MONTH", 27), None),
        (
            quota("MONTH", 28),
            Some("Usage Plan quota offset must be between 0 and 27 inclusive in the MONTH period"),
        ),
        (
            quota("MONTH", -1),
            Some("Usage Plan quota offset must be between 0 and 27 inclusive in the MONTH period"),
        ),
        (long(20), None),
        (long(21), Some("A stage can have at most 20 methods with throttles of their own in a Usage Plan")),
        (method("/pets/ANY"), None),
        (
            method("pets/GET"),
            Some("Invalid method 'pets/GET' specified: expected a path and a verb, e.g. /pets/GET"),
        ),
        (
            method("/pets/get"),
            Some("Invalid method '/pets/get' specified: expected a path and a verb, e.g. /pets/GET"),
        ),
    ] {
        let mut plan = json!({"name": "n"});
        plan.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let (status, answer) = server().call("POST", "/usageplans", plan);
        match refusal {
            Some(text) => assert_eq!((status, answer), (400, message(text))),
            None => assert_eq!(status, 201, "{answer}"),
        }
    }
    let (status, _) = server().call("POST", "/usageplans", json!({"name": "n", "quota": {"period": "YEAR"}}));
    assert_eq!(status, 400);
}

#[test]
fn an_account_has_at_most_three_hundred_plans() {
    let mut server = server();
    for index in 0..299 {
        server.put(&format!("p{index}"), UsagePlan::default());
    }
    assert_eq!(server.call("POST", "/usageplans", json!({"name": "n"})).0, 201);
    let refused = (429, message("An account can have at most 300 Usage Plans."));
    assert_eq!(server.call("POST", "/usageplans", json!({"name": "n"})), refused);
}

#[test]
fn plans_are_listed_by_key() {
    let mut server = server();
    let with = new_plan(&mut server, json!({"name": "with"}));
    new_plan(&mut server, json!({"name": "without"}));
    let key = new_key(&mut server, json!({}));
    join(&mut server, &with, &key);
    let expected = json!({"item": [{"id": with, "name": "with", "apiStages": []}]});
    assert_eq!(server.ok("GET", &format!("/usageplans?keyId={key}"), Value::Null), expected);
    assert_eq!(server.ok("GET", "/usageplans?keyId=none", Value::Null), json!({"item": []}));
    let all = server.ok("GET", "/usageplans", Value::Null);
    assert_eq!(all["item"].as_array().unwrap().len(), 2);
    let first = server.ok("GET", "/usageplans?limit=1", Value::Null);
    let next = format!("/usageplans?limit=1&position={}", first["position"].as_str().unwrap());
    assert_eq!(server.ok("GET", &next, Value::Null), json!({"item": [all["item"][1]]}));
}

#[test]
fn a_plan_of_a_stage_cannot_be_deleted() {
    let mut server = server();
    let plan = json!({"name": "n", "apiStages": [{"apiId": "api", "stage": "prod"}]});
    let id = new_plan(&mut server, plan);
    let target = format!("/usageplans/{id}");
    let text = format!(
        "Cannot delete Usage Plan {id} because there are API Stages associated with it, including api:prod"
    );
    assert_eq!(server.call("DELETE", &target, Value::Null), (400, message(&text)));
    server.patch(&target, &[("remove", "/apiStages", "api:prod"), ("add", "/productCode", "c")]);
    let text = format!("Cannot delete Usage Plan {id} because it has a product code");
    assert_eq!(server.call("DELETE", &target, Value::Null), (400, message(&text)));
    server.patch(&target, &[("remove", "/productCode", "")]);
    assert_eq!(server.call("DELETE", &target, Value::Null), (202, Value::Null));
    assert!(server.state.usage_plans.is_empty());
}

#[test]
fn a_stage_that_is_gone_keeps_no_plan() {
    let mut server = server();
    let plan = json!({"name": "n", "apiStages": [{"apiId": "api", "stage": "prod"}]});
    let id = new_plan(&mut server, plan);
    server.state.stages.remove("api/prod");
    assert!(server.state.get::<Stage>("api/prod").is_none());
    assert_eq!(server.call("DELETE", &format!("/usageplans/{id}"), Value::Null).0, 202);
}

#[test]
fn a_plan_that_is_not_there_is_told() {
    let unknown = (404, message("Invalid Usage Plan ID specified"));
    assert_eq!(server().call("GET", "/usageplans/none", Value::Null), unknown);
    assert_eq!(server().call("DELETE", "/usageplans/none", Value::Null), unknown);
    assert_eq!(server().patch("/usageplans/none", &[]), unknown);
    assert_eq!(server().call("GET", "/usageplans/none/keys", Value::Null), unknown);
    let usage = "/usageplans/none/usage?startDate=2023-11-01&endDate=2023-11-01";
    assert_eq!(server().call("GET", usage, Value::Null), unknown);
    assert_eq!(server().patch("/usageplans/none/keys/k/usage", &[]), unknown);
}
