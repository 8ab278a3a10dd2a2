//! Usage plans are patched.

use super::{join, message, new_key, new_plan, server};
use serde_json::{Value, json};

fn plan() -> Value {
    json!({
        "name": "n",
        "description": "d",
        "throttle": {"burstLimit": 1, "rateLimit": 1.0},
        "quota": {"limit": 1, "offset": 0, "period": "DAY"},
        "apiStages": [{"apiId": "api", "stage": "prod"}],
    })
}

#[test]
fn every_path_can_be_patched() {
    for (operations, member, expected) in [
        (vec![("replace", "/name", "m")], "name", json!("m")),
        (vec![("replace", "/description", "e")], "description", json!("e")),
        (vec![("replace", "/description", "")], "description", Value::Null),
        (vec![("add", "/productCode", "c")], "productCode", json!("c")),
        (vec![("replace", "/productCode", "c")], "productCode", json!("c")),
        (vec![("add", "/productCode", "c"), ("remove", "/productCode", "")], "productCode", Value::Null),
        (
            vec![("replace", "/throttle/burstLimit", "100"), ("add", "/throttle/rateLimit", "200")],
            "throttle",
            json!({"burstLimit": 100, "rateLimit": 200.0}),
        ),
        (
            vec![("add", "/throttle/burstLimit", "100"), ("replace", "/throttle/rateLimit", "0.5")],
            "throttle",
            json!({"burstLimit": 100, "rateLimit": 0.5}),
        ),
        (vec![("remove", "/throttle", "")], "throttle", Value::Null),
        (
            vec![("remove", "/throttle", ""), ("add", "/throttle/burstLimit", "3")],
            "throttle",
            json!({"burstLimit": 3, "rateLimit": 0.0}),
        ),
        (
            vec![
                ("replace", "/quota/limit", "7"),
                ("replace", "/quota/offset", "2"),
                ("replace", "/quota/period", "WEEK"),
            ],
            "quota",
            json!({"limit": 7, "offset": 2, "period": "WEEK"}),
        ),
        (
            vec![
                ("remove", "/quota", ""),
                ("add", "/quota/limit", "7"),
                ("add", "/quota/offset", "0"),
                ("add", "/quota/period", "MONTH"),
            ],
            "quota",
            json!({"limit": 7, "offset": 0, "period": "MONTH"}),
        ),
        (vec![("remove", "/quota", "")], "quota", Value::Null),
        (
            vec![("add", "/apiStages", "api:dev")],
            "apiStages",
            json!([{"apiId": "api", "stage": "prod"}, {"apiId": "api", "stage": "dev"}]),
        ),
        (vec![("remove", "/apiStages", "api:prod")], "apiStages", json!([])),
    ] {
        let mut server = server();
        let id = new_plan(&mut server, plan());
        let (status, answer) = server.patch(&format!("/usageplans/{id}"), &operations);
        assert_eq!((status, &answer["tags"]), (200, &json!({})), "{answer}");
        assert_eq!(answer.get(member).unwrap_or(&Value::Null), &expected);
        assert_eq!(server.ok("GET", &format!("/usageplans/{id}"), Value::Null), answer);
    }
}

#[test]
fn throttles_of_methods_can_be_patched() {
    let prefix = "/apiStages/api:prod/throttle";
    let one = |name: &str, burst: i64, rate: f64| json!({name: {"burstLimit": burst, "rateLimit": rate}});
    for (operations, expected) in [
        (
            vec![("add", "/~1pets/GET/rateLimit", "2"), ("add", "/~1pets/GET/burstLimit", "3")],
            one("/pets/GET", 3, 2.0),
        ),
        (vec![("replace", "/~1pets~1{id}/GET/rateLimit", "2.5")], one("/pets/{id}/GET", 0, 2.5)),
        (vec![("replace", "/~1/GET/burstLimit", "3")], one("//GET", 3, 0.0)),
        // The path not escaped.
        (vec![("replace", "//pets/cats/GET/burstLimit", "3")], one("/pets/cats/GET", 3, 0.0)),
        (vec![("add", "", r#"{"/a/GET": {"burstLimit": 1, "rateLimit": 2}}"#)], one("/a/GET", 1, 2.0)),
        (
            vec![
                ("add", "/~1b/GET/burstLimit", "1"),
                ("replace", "", r#"{"/a/GET": {"burstLimit": 1, "rateLimit": 2}}"#),
            ],
            one("/a/GET", 1, 2.0),
        ),
        (
            vec![
                ("add", "/~1a/GET/burstLimit", "1"),
                ("add", "/~1b/GET/burstLimit", "1"),
                ("remove", "/~1b/GET", ""),
            ],
            one("/a/GET", 1, 0.0),
        ),
        (vec![("add", "/~1a/GET/burstLimit", "1"), ("remove", "", "")], Value::Null),
    ] {
        let mut server = server();
        let id = new_plan(&mut server, plan());
        let operations: Vec<(&str, String, &str)> =
            operations.into_iter().map(|(op, path, value)| (op, format!("{prefix}{path}"), value)).collect();
        let operations: Vec<(&str, &str, &str)> =
            operations.iter().map(|(op, path, value)| (*op, &**path, *value)).collect();
        let (status, answer) = server.patch(&format!("/usageplans/{id}"), &operations);
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["apiStages"][0].get("throttle").unwrap_or(&Value::Null), &expected);
    }
}

#[test]
fn a_patch_is_all_or_nothing() {
    let replace = "Must be one of: [/name, /description, /throttle/rateLimit, /throttle/burstLimit, /quota/limit, \
        /quota/offset, /quota/period, /productCode, \
        /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/rateLimit, \
        /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/burstLimit, \
        /apiStages/<apidId:stageName>/throttle]";
    let remove = "Must be one of: [/apiStages, /quota, /throttle, /productCode, \
        /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>, \
        /apiStages/<apidId:stageName>/throttle]";
    let stage = "/apiStages/api:prod";
    let method = &*format!("{stage}/throttle/~1a");
    for ((op, path, value), status, text) in [
        (
            ("replace", "/id", "x"),
            400,
            format!("Invalid patch path  '/id' specified for op 'replace'. {replace}"),
        ),
        (
            ("remove", stage, ""),
            400,
            format!("Invalid patch path  '{stage}' specified for op 'remove'. {remove}"),
        ),
        (
            ("remove", method, ""),
            400,
            format!("Invalid patch path  '{method}' specified for op 'remove'. {remove}"),
        ),
        (
            ("replace", "/quota", "1"),
            400,
            format!("Invalid patch path  '/quota' specified for op 'replace'. {replace}"),
        ),
        (
            ("copy", "/name", "x"),
            400,
            "Invalid patch path  '/name' specified for op 'copy'. Please choose supported operations".into(),
        ),
        (("replace", "/name", ""), 400, "Usage Plan name cannot be blank".into()),
        (
            ("replace", "/quota/limit", "many"),
            400,
            "Invalid value 'many' specified for '/quota/limit': expected a number".into(),
        ),
        (
            ("replace", "/throttle/rateLimit", "many"),
            400,
            "Invalid value 'many' specified for '/throttle/rateLimit': expected a number".into(),
        ),
        (
            ("replace", "/throttle/rateLimit", "NaN"),
            400,
            "Usage Plan throttle limits must be zero or more".into(),
        ),
        (
            ("replace", "/throttle/burstLimit", "2147483648"),
            400,
            "Invalid value '2147483648' specified for '/throttle/burstLimit': expected a number".into(),
        ),
        (
            ("replace", "/quota/offset", "1"),
            400,
            "Usage Plan quota offset must be zero in the DAY period".into(),
        ),
        (
            ("replace", "/quota/period", "YEAR"),
            400,
            "Usage Plan quota period must be one of: [DAY, WEEK, MONTH]".into(),
        ),
        (("add", "/apiStages", "api"), 400, "Invalid API Stage specified".into()),
        (("remove", "/apiStages", ""), 400, "Invalid API Stage specified".into()),
        (("remove", "/apiStages", "a:b:c"), 400, "Invalid API Stage specified".into()),
        (
            ("add", "/apiStages", "api:none"),
            404,
            "Invalid API Stage {api: api, stage: none} specified for usageplan ID".into(),
        ),
        (
            ("remove", "/apiStages", "api:dev"),
            404,
            "Invalid API Stage {api: api, stage: dev} specified for usageplan ID".into(),
        ),
        (
            ("remove", "/apiStages/api:dev/throttle", ""),
            404,
            "Invalid API Stage {api: api, stage: dev} specified for usageplan ID".into(),
        ),
        (
            ("add", "/apiStages/api:prod/throttle", "[]"),
            400,
            "The value for '/apiStages/api:prod/throttle' must be a JSON object of methods and their limits"
                .into(),
        ),
    ] {
        let mut server = server();
        let id = new_plan(&mut server, plan());
        let answer =
            server.patch(&format!("/usageplans/{id}"), &[("replace", "/name", "m"), (op, path, value)]);
        assert_eq!(answer, (status, message(&text.replace("ID", &id))));
        assert_eq!(server.ok("GET", &format!("/usageplans/{id}"), Value::Null)["name"], "n");
    }
}

#[test]
fn a_stage_is_refused_that_a_key_has_in_another_plan() {
    let mut server = server();
    let first = new_plan(&mut server, plan());
    let second = new_plan(&mut server, json!({"name": "n"}));
    let key = new_key(&mut server, json!({}));
    assert_eq!(join(&mut server, &first, &key).0, 201);
    assert_eq!(join(&mut server, &second, &key).0, 201);
    let text = format!("The API Key is in usage plan {first} for the stage api:prod already");
    let answer = server.patch(&format!("/usageplans/{second}"), &[("add", "/apiStages", "api:prod")]);
    assert_eq!(answer, (409, message(&text)));
}
