#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::{Validation, compile_model};
use crate::limits::Limits;
use edgewit_mapping::RequestParameters;
use edgewit_model::api::{Model, RestApi};
use edgewit_model::finding::{Finding, Location};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn api(models: &Value) -> RestApi {
    let mut api = RestApi::default();
    for (name, schema) in models.as_object().unwrap() {
        let model = Model {
            content_type: "application/json".into(),
            schema: schema.clone(),
            description: None,
            at: Location::default(),
        };
        api.models.insert(name.clone(), model);
    }
    api
}

/// A validation whose `application/json` model is `M`.
fn compile_with(models: &Value, limits: &Limits) -> Result<Validation, Vec<Finding>> {
    let mut findings = Vec::new();
    let model = compile_model(&api(models), "M", limits, &mut findings).ok_or(findings)?;
    Ok(Validation::new(&[], vec![("application/json".into(), Arc::new(model))], limits))
}

fn compile(models: &Value) -> Validation {
    compile_with(models, &Limits::default()).unwrap()
}

fn refusal(models: &Value, limits: &Limits) -> String {
    let findings = compile_with(models, limits).unwrap_err();
    findings
        .iter()
        .map(|finding| format!("{}: {}", finding.code, finding.message))
        .collect::<Vec<_>>()
        .join("; ")
}

fn check(models: &Value, body: &str) -> String {
    compile(models).check_body(None, body.as_bytes()).err().unwrap_or_else(|| "ok".to_owned())
}

struct Request;

impl RequestParameters for Request {
    fn header(&self, name: &str) -> Option<&[u8]> {
        match name {
            "X-Here" => Some(b"1"),
            "X-Blank" => Some(b" \t"),
            "X-Empty" => Some(b""),
            _ => None,
        }
    }
    fn headers(&self, _: &str, _: &mut dyn FnMut(&[u8])) {}
    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "here" => Some("x".into()),
            "blank" => Some("  ".into()),
            _ => None,
        }
    }
    fn query_all(&self, _: &str, _: &mut dyn FnMut(&str)) {}
    fn path(&self, name: &str) -> Option<&str> {
        (name == "id").then_some("7")
    }
    fn body(&self) -> Option<&[u8]> {
        None
    }
}

#[test]
fn required_parameters() {
    for (required, expected) in [
        (vec![], "ok"),
        (vec!["header.X-Here", "querystring.here", "path.id"], "ok"),
        (vec!["header.x-here"], "Missing required request parameters: [x-here]"),
        (
            vec!["querystring.qs1", "header.x-header-param", "path.issuer"],
            "Missing required request parameters: [x-header-param, issuer, qs1]",
        ),
        (
            vec!["header.X-Blank", "header.X-Empty", "querystring.blank"],
            "Missing required request parameters: [X-Blank, X-Empty, blank]",
        ),
    ] {
        let mut required: Vec<String> = required.iter().map(|key| format!("method.request.{key}")).collect();
        required.sort();
        let validation = Validation::new(&required, Vec::new(), &Limits::default());
        assert!(!validation.wants_body());
        let result = validation.check_parameters(&Request);
        assert_eq!(result.err().as_deref().unwrap_or("ok"), expected);
    }
}

#[test]
fn failures_in_the_validators_wording() {
    let object = |properties: Value| json!({"M": {"type": "object", "properties": properties}});
    for (models, body, expected) in [
        (json!({"M": {"type": "object"}}), "", "ok"),
        (json!({"M": {"type": "object"}}), " \r\n", "ok"),
        (json!({"M": {"required": ["name"]}}), "", r#"[object has missing required properties (["name"])]"#),
        (
            json!({"M": {"required": ["b", "a", "c"]}}),
            r#"{"c":1}"#,
            r#"[object has missing required properties (["a","b"])]"#,
        ),
        (json!({"M": {"type": "object"}}), "[", "[Unknown error parsing request body]"),
        (json!({"M": {"type": "object"}}), "{} x", "[Unknown error parsing request body]"),
        (
            json!({"M": {"type": "object"}}),
            "[]",
            r#"[instance type (array) does not match any allowed primitive type (allowed: ["object"])]"#,
        ),
        (
            object(json!({"a": {"type": "integer"}})),
            r#"{"a":"x"}"#,
            r#"[instance type (string) does not match any allowed primitive type (allowed: ["integer"])]"#,
        ),
        (
            object(json!({"a": {"type": ["number", "null"]}})),
            r#"{"a":true}"#,
            r#"[instance type (boolean) does not match any allowed primitive type (allowed: ["integer","null","number"])]"#,
        ),
        (
            object(json!({"a": {"type": "integer"}})),
            r#"{"a":1.5}"#,
            r#"[instance type (number) does not match any allowed primitive type (allowed: ["integer"])]"#,
        ),
        (
            object(json!({"a": {"enum": ["x", 1]}})),
            r#"{"a":"z"}"#,
            r#"[instance value ("z") not found in enum (possible values: ["x",1])]"#,
        ),
        (
            object(json!({"a": {"minimum": 1}})),
            r#"{"a":0}"#,
            "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]",
        ),
        (
            object(json!({"a": {"maximum": 20}})),
            r#"{"a":21}"#,
            "[numeric instance is greater than the required maximum (maximum: 20, found: 21)]",
        ),
        (
            object(json!({"a": {"minimum": 1, "exclusiveMinimum": true}})),
            r#"{"a":1}"#,
            "[numeric instance is not strictly greater than the required minimum 1]",
        ),
        (
            object(json!({"a": {"maximum": 1, "exclusiveMaximum": true}})),
            r#"{"a":1}"#,
            "[numeric instance is not strictly lower than the required maximum 1]",
        ),
        (
            object(json!({"a": {"minLength": 2}})),
            r#"{"a":"é"}"#,
            r#"[string "é" is too short (length: 1, required minimum: 2)]"#,
        ),
        (
            object(json!({"a": {"maxLength": 1}})),
            r#"{"a":"xy"}"#,
            r#"[string "xy" is too long (length: 2, maximum allowed: 1)]"#,
        ),
        (
            object(json!({"a": {"pattern": "^a"}})),
            r#"{"a":"b"}"#,
            r#"[ECMA 262 regex "^a" does not match input string "b"]"#,
        ),
        (
            json!({"M": {"properties": {"a": {}}, "additionalProperties": false}}),
            r#"{"c":1,"a":1,"b":2}"#,
            r#"[object instance has properties which are not allowed by the schema: ["b","c"]]"#,
        ),
        (
            json!({"M": {"minItems": 1}}),
            "[]",
            "[array is too short: must have at least 1 elements but instance has 0 elements]",
        ),
        (
            json!({"M": {"maxItems": 1}}),
            "[1,2]",
            "[array is too long: must have at most 1 elements but instance has 2 elements]",
        ),
        (json!({"M": {"uniqueItems": true}}), "[1,1]", "[array must not contain duplicate elements]"),
        (
            json!({"M": {"minProperties": 1}}),
            "{}",
            "[object has too few properties (found 0 but schema requires at least 1)]",
        ),
        (
            json!({"M": {"maxProperties": 0}}),
            r#"{"a":1}"#,
            "[object has too many properties (found 1 but schema requires at most 0)]",
        ),
        (
            json!({"M": {"anyOf": [{"type": "string"}, {"type": "array"}]}}),
            "{}",
            "[instance failed to match at least one required schema among 2]",
        ),
        (
            json!({"M": {"oneOf": [{"type": "string"}, {"type": "array"}]}}),
            "{}",
            "[instance failed to match exactly one schema (matched 0 out of 2)]",
        ),
        (
            json!({"M": {"oneOf": [{"type": "object"}, {}]}}),
            "{}",
            "[instance failed to match exactly one schema (matched 2 out of 2)]",
        ),
        (
            json!({"M": {"not": {"type": "object"}}}),
            "{}",
            "[instance matched a schema which it should not have]",
        ),
        (
            json!({"M": {"required": ["x"], "properties": {"a": {"type": "string"}}}}),
            r#"{"a":1}"#,
            r#"[object has missing required properties (["x"]), instance type (integer) does not match any allowed primitive type (allowed: ["string"])]"#,
        ),
    ] {
        assert_eq!(check(&models, body), expected, "{models} {body}");
    }
}

#[test]
fn the_model_is_chosen_by_content_type() {
    let models = json!({"M": {"required": ["a"]}, "Other": {"required": ["b"]}});
    let mut findings = Vec::new();
    let limits = Limits::default();
    let mut model =
        |name: &str| Arc::new(compile_model(&api(&models), name, &limits, &mut findings).unwrap());
    let (m, other) = (model("M"), model("Other"));
    let json_only = Validation::new(&[], vec![("application/json".into(), Arc::clone(&m))], &limits);
    let both =
        Validation::new(&[], vec![("application/json".into(), m), ("$default".into(), other)], &limits);
    for (content_type, only, with_default) in [
        (None, "a", "a"),
        (Some("application/json"), "a", "a"),
        (Some("Application/JSON; charset=utf-8"), "a", "a"),
        (Some("text/plain"), "", "b"),
        (Some(""), "", "b"),
    ] {
        let missing = |validation: &Validation| {
            let result = validation.check_body(content_type, b"{}").err();
            assert_eq!(result.is_some(), validation.wants_body_of(content_type));
            result
                .unwrap_or_default()
                .trim_start_matches("[object has missing required properties ([\"")
                .chars()
                .take(1)
                .collect::<String>()
        };
        assert_eq!(
            (missing(&json_only).as_str(), missing(&both).as_str()),
            (only, with_default),
            "{content_type:?}"
        );
    }
}

#[test]
fn models_refer_to_each_other() {
    let models = json!({
        "M": {"properties": {"pet": {"$ref": "#/definitions/Pet"}, "self": {"$ref": "#"}, "own": {"$ref": "#/definitions/Own"}},
            "definitions": {"Own": {"type": "integer"}}},
        "Pet": {"required": ["name"], "properties": {
            "friend": {"$ref": "https://apigateway.amazonaws.com/restapis/abc123/models/Pet"},
            "owner": {"$ref": "#/definitions/Owner"}}},
        "Owner": {"id": "http://elsewhere/", "properties": {"pets": {"type": "array", "items": {"$ref": "#/definitions/Pet"}}}},
        "Unrelated": {"$ref": "#/definitions/Missing"},
    });
    for (body, valid) in [
        (r#"{"pet":{"name":1}}"#, true),
        (r#"{"pet":{}}"#, false),
        (r#"{"pet":{"name":1,"friend":{"name":1,"friend":{}}}}"#, false),
        (r#"{"pet":{"name":1,"owner":{"pets":[{"name":2},{}]}}}"#, false),
        (r#"{"pet":{"name":1,"owner":{"pets":[{"name":2}]}}}"#, true),
        (r#"{"self":{"self":{"pet":{}}}}"#, false),
        (r#"{"own":"x"}"#, false),
    ] {
        assert_eq!(check(&models, body) == "ok", valid, "{body}");
    }
    for reference in ["#/definitions/Missing", "other.json#/x", "https://example.com/x", "#/nowhere", "Pet"] {
        let message = refusal(&json!({"M": {"items": {"$ref": reference}}}), &Limits::default());
        assert_eq!(
            message,
            format!("model-unknown: Invalid model reference specified: `{reference}` in the model `M`")
        );
    }
}

#[test]
fn broken_models_are_refused() {
    for (schema, expected) in [
        (json!({"type": "objekt"}), "model-invalid: Invalid model schema specified: in `M`: "),
        (json!({"pattern": "("}), "model-invalid: Invalid model schema specified: in `M`: "),
        (json!({"required": []}), "model-invalid: Invalid model schema specified: in `M`: "),
    ] {
        let message = refusal(&json!({"M": schema}), &Limits::default());
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn models_without_end_neither_hang_nor_overflow() {
    for models in [
        json!({"M": {"$ref": "#/definitions/M"}}),
        json!({"M": {"$ref": "#"}}),
        json!({"M": {"$ref": "#/definitions/N"}, "N": {"$ref": "#/definitions/M"}}),
        json!({"M": {"allOf": [{"$ref": "#/definitions/M"}]}}),
        json!({"M": {"anyOf": [{"$ref": "#/definitions/N"}]}, "N": {"not": {"$ref": "#/definitions/M"}}}),
        json!({"M": {"oneOf": [{"$ref": "#/definitions/M"}, {"$ref": "#/definitions/M"}], "required": ["a"]}}),
    ] {
        if let Ok(validation) = compile_with(&models, &Limits::default()) {
            for body in ["{}", r#"{"a":{"a":1}}"#, "[1]"] {
                let _any = validation.check_body(None, body.as_bytes());
            }
        }
    }
}

#[test]
fn bodies_too_deep_for_the_stack_are_refused() {
    // Each level of the body takes 2 * 19 + 1 schemas in one another.
    let link = |i: usize| json!({"allOf": [{"$ref": format!("#/definitions/L{i}")}]});
    let mut models: serde_json::Map<String, Value> = (0..9).map(|i| (format!("L{i}"), link(i + 1))).collect();
    models.insert("L9".into(), json!({"properties": {"a": {"$ref": "#/definitions/M"}}}));
    models.insert("M".into(), link(0));
    let validation = compile(&Value::Object(models));
    let body = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    for (depth, expected) in [
        (1, "ok"),
        (80, "ok"),
        (120, "[instance is nested too deeply for the model]"),
        (130, "[Unknown error parsing request body]"),
    ] {
        let result = validation.check_body(None, body(depth).as_bytes());
        assert_eq!(result.err().as_deref().unwrap_or("ok"), expected, "{depth}");
    }
    let chain: serde_json::Map<String, Value> = (0..super::bounds::MAX_FRAMES)
        .map(|i| (format!("C{i}"), json!({"$ref": format!("#/definitions/C{}", i + 1)})))
        .chain([
            (format!("C{}", super::bounds::MAX_FRAMES), json!({})),
            ("M".into(), json!({"$ref": "#/definitions/C0"})),
        ])
        .collect();
    assert!(refusal(&Value::Object(chain), &Limits::default()).starts_with("model-too-large"));
}

/// Documents that would take a naive validator exponential time.
#[test]
fn schema_bombs_are_defused() {
    let doubling: serde_json::Map<String, Value> = (0..40)
        .map(|i| {
            let next = json!({"$ref": format!("#/definitions/D{}", i + 1)});
            (
                format!("D{i}"),
                if i == 39 { json!({"type": "string"}) } else { json!({"allOf": [next, next]}) },
            )
        })
        .chain([("M".to_owned(), json!({"$ref": "#/definitions/D0"}))])
        .collect();
    let branch = json!({"properties": {"a": {"$ref": "#/definitions/M"}}});
    let recursive = |how: &str| json!({"M": {how: [branch, branch, {"type": "string"}]}});
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    let start = Instant::now();
    for (models, body) in [
        (Value::Object(doubling), "{}"),
        (recursive("allOf"), deep.as_str()),
        (recursive("anyOf"), deep.as_str()),
        (recursive("oneOf"), deep.as_str()),
    ] {
        let validation = compile(&models);
        let _any = validation.check_body(None, body.as_bytes());
        assert!(start.elapsed() < Duration::from_secs(5), "{models}");
    }
}

#[test]
fn patterns_that_need_look_around_are_bounded() {
    let models = json!({"M": {"properties": {"a": {"pattern": "^(?=.*[A-Z])(?=.*\\d).{8,}$"}, "b": {"pattern": "^(?=x)(x+x+)+y$"}}}});
    assert_eq!(check(&models, r#"{"a":"Passw0rdX"}"#), "ok");
    assert_eq!(check(&models, r#"{"a":"password"}"#).split('"').next(), Some("[ECMA 262 regex "));
    let start = Instant::now();
    let evil = format!(r#"{{"b":"{}"}}"#, "x".repeat(200));
    assert_ne!(check(&models, &evil), "ok");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn limits_hold_at_them_and_one_past() {
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    };
    // A pattern of 10 bytes; nested 4 deep; 5 values; 28 bytes in names and texts.
    let models = json!({"M": {"properties": {"a": {"pattern": "0123456789"}}}});
    for (exact, past, word) in [
        (limits(|l| l.pattern_bytes = 10), limits(|l| l.pattern_bytes = 9), "pattern of 10 bytes"),
        (limits(|l| l.schema_depth = 4), limits(|l| l.schema_depth = 3), "nested more than 3"),
        (limits(|l| l.schema_nodes = 4), limits(|l| l.schema_nodes = 3), "more than 3 values"),
        (limits(|l| l.schema_bytes = 42), limits(|l| l.schema_bytes = 41), "more than 41 bytes"),
    ] {
        assert!(compile_with(&models, &exact).is_ok(), "{word}: {}", refusal(&models, &exact));
        assert!(refusal(&models, &past).contains(word), "{}", refusal(&models, &past));
    }
    let big = json!({"M": {"pattern": "^[a-z]{500}$"}});
    assert!(compile_with(&big, &Limits::default()).is_ok());
    assert!(refusal(&big, &limits(|l| l.pattern_compiled_bytes = 1_000)).starts_with("model-invalid"));
}

#[test]
fn the_number_and_length_of_failures_are_bounded() {
    let limits = Limits { validation_errors: 3, ..Limits::default() };
    let validation = compile_with(&json!({"M": {"items": {"type": "string"}}}), &limits).unwrap();
    let text = validation.check_body(None, b"[1,2,3,4,5]").unwrap_err();
    assert_eq!(text.matches("instance type").count(), 3);
    let long = format!(r#""{}""#, "é".repeat(10_000));
    let text = check(&json!({"M": {"maxLength": 1}}), &long);
    assert!(text.len() < 400 && text.contains("length: 10000"), "{}", text.len());
}
