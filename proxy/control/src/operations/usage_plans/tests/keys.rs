//! Keys join and leave usage plans.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{join, message, new_key, new_plan, server};
use crate::entities::{UsagePlan, UsagePlanKey};
use serde_json::{Value, json};

#[test]
fn a_key_joins_and_leaves() {
    let mut server = server();
    let plan = new_plan(&mut server, json!({"name": "n"}));
    let value = "01234567890123456789";
    let key = new_key(&mut server, json!({"name": "k", "value": value}));
    let expected = json!({"id": key, "type": "API_KEY", "value": value, "name": "k"});
    assert_eq!(join(&mut server, &plan, &key), (201, expected.clone()));
    let target = format!("/usageplans/{plan}/keys");
    assert_eq!(server.call("GET", &format!("{target}/{key}"), Value::Null), (200, expected.clone()));
    assert_eq!(server.call("GET", &target, Value::Null), (200, json!({"item": [expected]})));
    assert_eq!(server.call("DELETE", &format!("{target}/{key}"), Value::Null), (202, Value::Null));
    assert_eq!(server.ok("GET", &target, Value::Null), json!({"item": []}));
}

#[test]
fn keys_are_listed_by_the_beginning_of_their_names() {
    let mut server = server();
    let plan = new_plan(&mut server, json!({"name": "n"}));
    for name in ["ab", "b", "a"] {
        let key = new_key(&mut server, json!({"name": name}));
        join(&mut server, &plan, &key);
    }
    let mut names = |query: &str| {
        let page = server.ok("GET", &format!("/usageplans/{plan}/keys{query}"), Value::Null);
        let items = page["item"].as_array().unwrap().iter();
        let mut names: Vec<String> = items.map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        (names, page["position"].as_str().map(str::to_owned))
    };
    assert_eq!(names("").0, ["a", "ab", "b"]);
    assert_eq!(names("?name=a").0, ["a", "ab"]);
    let (first, position) = names("?limit=2");
    let (second, end) = names(&format!("?limit=2&position={}", position.unwrap()));
    assert_eq!((first.len(), second.len(), end), (2, 1, None));
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut server = server();
    let stages = json!([{"apiId": "api", "stage": "prod"}]);
    let plan = new_plan(&mut server, json!({"name": "n", "apiStages": stages}));
    let other = new_plan(&mut server, json!({"name": "n", "apiStages": stages}));
    let key = new_key(&mut server, json!({}));
    assert_eq!(join(&mut server, &plan, &key).0, 201);
    let text = format!("The API Key is in usage plan {plan} already");
    assert_eq!(join(&mut server, &plan, &key), (409, message(&text)));
    let text = format!("The API Key is in usage plan {plan} for the stage api:prod already");
    assert_eq!(join(&mut server, &other, &key), (409, message(&text)));
    assert_eq!(join(&mut server, &plan, "none"), (404, message("Invalid API Key identifier specified")));
    assert_eq!(join(&mut server, "none", &key), (404, message("Invalid Usage Plan ID specified")));
    let target = format!("/usageplans/{plan}/keys");
    let refused = (400, message("Invalid key type specified. Must be one of: [API_KEY]"));
    assert_eq!(server.call("POST", &target, json!({"keyId": key, "keyType": "OTHER"})), refused);
}

#[test]
fn what_is_not_there_is_told() {
    let mut server = server();
    let plan = new_plan(&mut server, json!({"name": "n"}));
    let key = new_key(&mut server, json!({}));
    let no_key = (404, message("Invalid API Key identifier specified"));
    let no_plan = (404, message("Invalid Usage Plan ID specified"));
    for (method, target, expected) in [
        ("GET", format!("/usageplans/{plan}/keys/none"), &no_key),
        ("GET", format!("/usageplans/{plan}/keys/{key}"), &no_plan),
        ("GET", format!("/usageplans/none/keys/{key}"), &no_plan),
        ("DELETE", format!("/usageplans/{plan}/keys/{key}"), &no_key),
        ("DELETE", format!("/usageplans/none/keys/{key}"), &no_plan),
    ] {
        assert_eq!(&server.call(method, &target, Value::Null), expected, "{method} {target}");
    }
}

#[test]
fn a_key_is_in_at_most_ten_plans() {
    let mut server = server();
    let key = new_key(&mut server, json!({}));
    for index in 0..9 {
        let keys = vec![UsagePlanKey { id: key.clone(), ..UsagePlanKey::default() }];
        server.put(&format!("p{index}"), UsagePlan { keys, ..UsagePlan::default() });
    }
    let tenth = new_plan(&mut server, json!({"name": "n"}));
    let eleventh = new_plan(&mut server, json!({"name": "n"}));
    assert_eq!(join(&mut server, &tenth, &key).0, 201);
    let refused = (429, message("An API Key can be in at most 10 Usage Plans."));
    assert_eq!(join(&mut server, &eleventh, &key), refused);
}

#[test]
fn a_plan_from_a_file_takes_no_keys() {
    let mut server = server();
    let key = new_key(&mut server, json!({}));
    server.put_from_file("p", UsagePlan { id: "p".into(), ..UsagePlan::default() }, "plans.yaml");
    let (status, answer) = join(&mut server, "p", &key);
    assert_eq!((status, answer["message"].as_str().unwrap().contains("plans.yaml")), (400, true));
}
