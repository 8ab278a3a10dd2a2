//! API keys, one by one and from files.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use crate::entities::{ApiKey, ApiStage, RestApi, Stage, UsagePlan, UsagePlanKey};
use crate::testing::{Server, message};
use bytes::Bytes;
use serde_json::{Value, json};
use std::fmt::Write as _;

const VALUE: &str = "01234567890123456789";

fn server() -> Server {
    let mut server = Server::default();
    server.put("api", RestApi { id: "api".into(), ..RestApi::default() });
    server.put("api/prod", Stage::default());
    server
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_new_key_is_disabled_and_its_value_made() {
    let mut server = server();
    let (status, answer) =
        server.call("POST", "/apikeys", json!({"name": "", "value": "", "description": ""}));
    let (id, value) = (id(&answer), answer["value"].clone());
    assert_eq!((status, id.len(), value.as_str().unwrap().len()), (201, 10, 40));
    let mut expected = json!({
        "id": id,
        "value": value,
        "enabled": false,
        "createdDate": 1_700_000_000,
        "lastUpdatedDate": 1_700_000_000,
        "stageKeys": [],
    });
    assert_eq!(answer, expected);
    expected["tags"] = json!({});
    assert_eq!(server.ok("GET", &format!("/apikeys/{id}?includeValue=true"), Value::Null), expected);
    expected.as_object_mut().unwrap().remove("value");
    assert_eq!(server.ok("GET", &format!("/apikeys/{id}"), Value::Null), expected);
    assert_eq!(server.ok("GET", &format!("/apikeys/{id}?includeValue=false"), Value::Null), expected);
}

#[test]
fn a_key_has_all_that_it_was_given() {
    let mut server = server();
    let given = json!({
        "name": "n",
        "description": "d",
        "enabled": true,
        "generateDistinctId": true,
        "value": VALUE,
        "stageKeys": [{"restApiId": "api", "stageName": "prod"}],
        "customerId": "c",
        "tags": {"a": "b"},
    });
    let answer = server.ok("POST", "/apikeys", given);
    let expected = json!({
        "id": id(&answer),
        "value": VALUE,
        "name": "n",
        "description": "d",
        "enabled": true,
        "customerId": "c",
        "createdDate": 1_700_000_000,
        "lastUpdatedDate": 1_700_000_000,
        "stageKeys": ["api/prod"],
        "tags": {"a": "b"},
    });
    assert_eq!(answer, expected);
    assert_eq!(server.ok("GET", "/apikeys?includeValues=true", Value::Null), json!({"item": [expected]}));
}

#[test]
fn lengths_are_checked_at_their_limits() {
    for (member, longest, refusal) in [
        ("name", 1024, "Invalid API Key name, can be at most 1024 characters."),
        ("value", 128, "API Key value exceeds maximum size of 128 characters"),
        ("description", 125_000, "Invalid API Key description specified."),
    ] {
        let with = |length: usize| json!({member: "é".repeat(length)});
        assert_eq!(server().call("POST", "/apikeys", with(longest)).0, 201, "{member}");
        assert_eq!(server().call("POST", "/apikeys", with(longest + 1)), (400, message(refusal)));
    }
    let shortest = json!({"value": "v".repeat(20)});
    assert_eq!(server().call("POST", "/apikeys", shortest).0, 201);
    let refused = (400, message("API Key value should be at least 20 characters"));
    assert_eq!(server().call("POST", "/apikeys", json!({"value": "v".repeat(19)})), refused);
}

#[test]
fn a_value_is_that_of_one_key() {
    let mut server = server();
    server.ok("POST", "/apikeys", json!({"value": VALUE}));
    let refused = (409, message("API Key already exists"));
    assert_eq!(server.call("POST", "/apikeys", json!({"value": VALUE})), refused);
}

#[test]
fn stages_must_be_there() {
    let stage = json!({"stageKeys": [{"restApiId": "api", "stageName": "dev"}]});
    let refused = (400, message("Invalid stage identifier specified"));
    assert_eq!(server().call("POST", "/apikeys", stage), refused);
}

#[test]
fn keys_are_listed_newest_first_by_name_and_customer() {
    let mut server = server();
    for name in ["ab", "a", "b"] {
        server.ok("POST", "/apikeys", json!({"name": name, "customerId": format!("c-{name}")}));
    }
    let mut names = |query: &str| -> (String, Option<String>) {
        let page = server.ok("GET", &format!("/apikeys{query}"), Value::Null);
        let items = page["item"].as_array().unwrap();
        assert!(items.iter().all(|item| item.get("value").is_none() && item.get("tags").is_none()));
        let names: Vec<&str> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
        (names.join(" "), page["position"].as_str().map(str::to_owned))
    };
    assert_eq!(names(""), ("b a ab".into(), None));
    assert_eq!(names("?name=a"), ("a ab".into(), None));
    assert_eq!(names("?name=A"), (String::new(), None));
    assert_eq!(names("?customerId=c-a"), ("a".into(), None));
    let (first, position) = names("?limit=2");
    assert_eq!(first, "b a");
    assert_eq!(names(&format!("?limit=2&position={}", position.unwrap())), ("ab".into(), None));
}

#[test]
fn a_key_is_patched() {
    let mut server = server();
    let id = id(&server.ok("POST", "/apikeys", json!({"enabled": true})));
    let target = format!("/apikeys/{id}");
    let operations = [
        ("replace", "/name", "n"),
        ("replace", "/description", "d"),
        ("replace", "/customerId", "c"),
        ("replace", "/enabled", "abc"),
        ("add", "/stages", "api/prod"),
        ("add", "/stages", "api/prod"),
        ("add", "/labels", "l"),
        ("remove", "/labels", "l"),
    ];
    let mut expected = json!({
        "id": id,
        "name": "n",
        "description": "d",
        "customerId": "c",
        "enabled": false,
        "createdDate": 1_700_000_000,
        "lastUpdatedDate": 1_700_000_001,
        "stageKeys": ["api/prod"],
        "tags": {},
    });
    assert_eq!(server.patch(&target, &operations), (200, expected.clone()));
    expected["stageKeys"] = json!([]);
    expected["enabled"] = json!(true);
    expected["lastUpdatedDate"] = json!(1_700_000_002);
    let operations = [("remove", "/stages", "api/prod"), ("replace", "/enabled", "true")];
    assert_eq!(server.patch(&target, &operations), (200, expected.clone()));
    assert_eq!(server.ok("GET", &target, Value::Null), expected);
}

#[test]
fn a_patch_is_all_or_nothing() {
    let mut server = server();
    let id = id(&server.ok("POST", "/apikeys", json!({"name": "n"})));
    for (operation, text) in [
        (
            ("replace", "/id", "x"),
            "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]",
        ),
        (
            ("add", "/name", "x"),
            "Invalid patch path  '/name' specified for op 'add'. Please choose supported operations",
        ),
        (
            ("copy", "/name", "x"),
            "Invalid patch path  '/name' specified for op 'copy'. Please choose supported operations",
        ),
        (("add", "/stages", "api"), "Invalid stage identifier specified"),
        (("replace", "/name", &*"n".repeat(1025)), "Invalid API Key name, can be at most 1024 characters."),
    ] {
        let answer = server.patch(&format!("/apikeys/{id}"), &[("replace", "/name", "m"), operation]);
        assert_eq!(answer, (400, message(text)));
        assert_eq!(server.ok("GET", &format!("/apikeys/{id}"), Value::Null)["name"], "n");
    }
}

#[test]
fn a_key_that_is_not_there_is_told() {
    let unknown = (404, message("Invalid API Key identifier specified"));
    assert_eq!(server().call("GET", "/apikeys/none", Value::Null), unknown);
    assert_eq!(server().call("DELETE", "/apikeys/none", Value::Null), unknown);
    assert_eq!(server().patch("/apikeys/none", &[]), unknown);
}

#[test]
fn a_deleted_key_leaves_its_plans() {
    let mut server = server();
    let id = id(&server.ok("POST", "/apikeys", json!({})));
    let key = |id: &str| UsagePlanKey { id: id.into(), ..UsagePlanKey::default() };
    server.put("p", UsagePlan { keys: vec![key("other"), key(&id)], ..UsagePlan::default() });
    assert_eq!(server.call("DELETE", &format!("/apikeys/{id}"), Value::Null), (202, Value::Null));
    assert_eq!(server.state.get::<UsagePlan>("p").unwrap().keys, [key("other")]);
    assert_eq!(server.ok("GET", "/apikeys", Value::Null), json!({"item": []}));
}

fn import(server: &mut Server, query: &str, file: &str) -> (u16, Value) {
    let target = format!("/apikeys?mode=import&format=csv{query}");
    server.send("POST", &target, Bytes::copy_from_slice(file.as_bytes()))
}

#[test]
fn keys_come_from_a_file_with_columns_in_any_order_and_letter_case() {
    let mut server = server();
    server.put("p1", UsagePlan { id: "p1".into(), ..UsagePlan::default() });
    server.put("p2", UsagePlan { id: "p2".into(), ..UsagePlan::default() });
    let file = "Other, KEY ,name,Enabled,Description,UsageplanIds\r\n\
        x,01234567890123456789,First,tRuE,\"one, two\",\"p1, p2\"\r\n\
        x,abcdefghijklmnopqrstuvwxyz,Second,FALSE,,'p2'\r\n\
        x,ABCDEFGHIJKLMNOPQRSTUVWXYZ,Third,,,\r\n";
    let (status, answer) = import(&mut server, "", file);
    assert_eq!((status, &answer["warnings"]), (201, &json!([])));
    let ids: Vec<&str> = answer["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let keys = ids.iter().map(|id| server.state.get::<ApiKey>(id).unwrap());
    let keys: Vec<_> = keys
        .map(|key| (key.name.as_deref().unwrap(), &*key.value, key.enabled, key.description.as_deref()))
        .collect();
    assert_eq!(
        keys,
        [
            ("First", VALUE, true, Some("one, two")),
            ("Second", "abcdefghijklmnopqrstuvwxyz", false, None),
            ("Third", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", true, None),
        ]
    );
    let members = |plan: &str| -> Vec<String> {
        server.state.get::<UsagePlan>(plan).unwrap().keys.iter().map(|key| key.id.clone()).collect()
    };
    assert_eq!(members("p1"), [ids[0]]);
    assert_eq!(members("p2"), [ids[0], ids[1]]);
}

#[test]
fn the_same_key_again_replaces_it() {
    let mut server = server();
    server.put("p", UsagePlan { id: "p".into(), ..UsagePlan::default() });
    let old = server.ok("POST", "/apikeys", json!({"name": "old", "value": VALUE, "customerId": "c"}));
    let file = format!("name,key,usageplanids\nnew,{VALUE},p\nnewest,{VALUE},p\n");
    assert_eq!(import(&mut server, "", &file), (201, json!({"ids": [old["id"]], "warnings": []})));
    let key = server.ok("GET", &format!("/apikeys/{}", id(&old)), Value::Null);
    let shown = (&key["name"], &key["enabled"], &key["customerId"], &key["createdDate"]);
    assert_eq!(shown, (&json!("newest"), &json!(true), &json!("c"), &json!(1_700_000_000)));
    assert_eq!(key["lastUpdatedDate"], 1_700_000_001);
}

const PARTLY_WRONG: &str = "name,key,usageplanids\nshort,abc\nempty,\ngood,01234567890123456789,none\n";

#[test]
fn rows_that_are_wrong_are_warned_of() {
    let mut server = server();
    let (status, answer) = import(&mut server, "&failonwarnings=false", PARTLY_WRONG);
    assert_eq!((status, answer["ids"].as_array().unwrap().len()), (201, 1));
    let warnings = json!([
        "Line 2: API Key value should be at least 20 characters",
        "Line 3: The API Key has no value",
        "Line 4: usage plan none: Invalid Usage Plan ID specified",
    ]);
    assert_eq!(answer["warnings"], warnings);
}

#[test]
fn warnings_may_fail_a_whole_import() {
    let mut server = server();
    let (status, answer) = import(&mut server, "&failonwarnings=true", PARTLY_WRONG);
    let start =
        "Warnings found during import: Line 2: API Key value should be at least 20 characters; Line 3";
    assert_eq!((status, answer["message"].as_str().unwrap().starts_with(start)), (400, true), "{answer}");
    assert!(server.state.api_keys.is_empty());
}

#[test]
fn a_key_cannot_be_in_two_plans_for_one_stage() {
    let mut server = server();
    let stages = vec![ApiStage { api_id: "api".into(), stage: "prod".into(), ..ApiStage::default() }];
    for id in ["p1", "p2"] {
        let plan = UsagePlan { id: id.into(), api_stages: stages.clone(), ..UsagePlan::default() };
        server.put(id, plan);
    }
    let file = format!("name,key,usageplanids\nn,{VALUE},\"p1,p2\"\n");
    let (_, answer) = import(&mut server, "", &file);
    let warning = "Line 2: usage plan p2: The API Key is in usage plan p1 for the stage api:prod already";
    assert_eq!(answer["warnings"], json!([warning]));
}

#[test]
fn a_file_that_is_none_is_refused() {
    for (file, text) in [
        ("", "The file of API Keys has no column 'name'."),
        ("name,value\n", "The file of API Keys has no column 'key'."),
        ("name,key\n\"a", "Line 2 of the file of API Keys has a value whose quotes do not end."),
    ] {
        assert_eq!(import(&mut server(), "", file), (400, message(text)));
    }
    let not_utf8 = Bytes::from_static(&[0xff]);
    let answer = server().send("POST", "/apikeys?mode=import&format=csv", not_utf8);
    assert_eq!(answer, (400, message("The file of API Keys is not UTF-8.")));
    let (status, answer) = server().send("POST", "/apikeys?mode=import&format=xml", Bytes::new());
    assert_eq!((status, answer["message"].as_str().unwrap().contains("'xml' at 'format'")), (400, true));
}

#[test]
fn an_account_has_at_most_ten_thousand_keys() {
    let file = |keys: usize| {
        (0..keys).fold("name,key\n".to_owned(), |mut file, index| {
            writeln!(file, "n,{index:020}").unwrap();
            file
        })
    };
    let refused = (429, message("An account can have at most 10000 API Keys."));
    assert_eq!(import(&mut server(), "", &file(10_001)), refused);
    let mut server = server();
    assert_eq!(import(&mut server, "", &file(10_000)).0, 201);
    assert_eq!(server.call("POST", "/apikeys", json!({})), refused);
}
