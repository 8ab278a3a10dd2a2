//! Parts come from documents.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{PARTS, message, new_part, no_api, server};
use crate::testing::Server;
use bytes::Bytes;
use serde_json::{Value, json};

fn import(server: &mut Server, query: &str, document: &str) -> (u16, Value) {
    server.send("PUT", &format!("{PARTS}{query}"), Bytes::copy_from_slice(document.as_bytes()))
}

fn document(parts: &Value) -> String {
    let documentation = json!({"version": "1", "documentationParts": parts});
    json!({"swagger": "2.0", "x-amazon-apigateway-documentation": documentation}).to_string()
}

fn properties(server: &mut Server) -> Vec<(String, Value)> {
    let page = server.ok("GET", PARTS, Value::Null);
    let items = page["item"].as_array().unwrap().iter();
    let mut properties: Vec<(String, Value)> = items
        .map(|item| {
            let text = item["properties"].as_str().unwrap();
            (item["location"]["type"].as_str().unwrap().to_owned(), serde_json::from_str(text).unwrap())
        })
        .collect();
    properties.sort_by(|(a, _), (b, _)| a.cmp(b));
    properties
}

#[test]
fn new_parts_are_merged_into_those_that_are_there() {
    let parts = json!([
        {"location": {"type": "API"}, "properties": {"description": "new", "more": 1}},
        {"location": {"type": "METHOD", "path": "/pets"}, "properties": {"a": {"b": "c"}}},
    ]);
    for query in ["", "?mode=merge"] {
        let mut server = server();
        let api = new_part(&mut server, &json!({"type": "API"}));
        new_part(&mut server, &json!({"type": "MODEL", "name": "Pet"}));
        let (status, answer) = import(&mut server, query, &document(&parts));
        let ids = answer["ids"].as_array().unwrap();
        assert_eq!((status, &answer["warnings"], &ids[0]), (200, &json!([]), &json!(api)));
        assert_eq!(
            properties(&mut server),
            [
                ("API".to_owned(), json!({"description": "new", "more": 1})),
                ("METHOD".to_owned(), json!({"a": {"b": "c"}})),
                ("MODEL".to_owned(), json!({"description": "d"})),
            ]
        );
    }
}

#[test]
fn new_parts_take_the_place_of_all_that_are_there() {
    let mut server = server();
    let old = new_part(&mut server, &json!({"type": "API"}));
    new_part(&mut server, &json!({"type": "MODEL", "name": "Pet"}));
    let parts = json!([{"location": {"type": "API"}, "properties": {"title": "new"}}]);
    let (status, answer) = import(&mut server, "?mode=overwrite", &document(&parts));
    assert_eq!((status, answer["ids"].as_array().unwrap().len()), (200, 1));
    assert_ne!(answer["ids"][0], old);
    assert_eq!(properties(&mut server), [("API".to_owned(), json!({"title": "new"}))]);
}

#[test]
fn documents_may_be_yaml() {
    let yaml = "openapi: 3.0.1\n\
        x-amazon-apigateway-documentation:\n\
        \x20 documentationParts:\n\
        \x20 - location: {type: RESPONSE, statusCode: 200}\n\
        \x20   properties: {description: fine}\n";
    let mut server = server();
    assert_eq!(import(&mut server, "", yaml).0, 200);
    assert_eq!(properties(&mut server), [("RESPONSE".to_owned(), json!({"description": "fine"}))]);
    let page = server.ok("GET", PARTS, Value::Null);
    assert_eq!(
        page["item"][0]["location"],
        json!({"type": "RESPONSE", "path": "/", "method": "*", "statusCode": "200"})
    );
}

#[test]
fn documents_may_have_no_documentation() {
    for document in ["{\"swagger\": \"2.0\"}", "openapi: 3.0.1\nx-amazon-apigateway-documentation: 1\n"] {
        let expected = (200, json!({"ids": [], "warnings": []}));
        assert_eq!(import(&mut server(), "", document), expected);
    }
}

#[test]
fn parts_that_are_wrong_are_warned_of() {
    let parts = json!([
        {"properties": {"a": 1}},
        {"location": {"type": "X"}, "properties": {"a": 1}},
        {"location": {"type": "API", "path": "/"}, "properties": {"a": 1}},
        {"location": {"type": "RESOURCE", "path": []}, "properties": {"a": 1}},
        {"location": {"type": "API"}, "properties": "text"},
        {"location": {"type": "API"}, "properties": {"a": 1}},
    ]);
    let warnings = [
        "Documentation part 1: there is no location",
        "Documentation part 2: Invalid documentation part type 'X' specified",
        "Documentation part 3: Invalid field 'path' for a documentation part of type API",
        "Documentation part 4: The field 'path' of a documentation part's location must be a string",
        "Documentation part 5: properties must be a non-empty object",
    ];
    let mut server = server();
    let (status, answer) = import(&mut server, "?failonwarnings=false", &document(&parts));
    assert_eq!((status, &answer["warnings"]), (200, &json!(warnings)));
    assert_eq!(properties(&mut server), [("API".to_owned(), json!({"a": 1}))]);
    let text = format!("Warnings found during import: {}", warnings.join("; "));
    let answer = import(&mut server, "?failonwarnings=true&mode=overwrite", &document(&json!([])));
    assert_eq!(answer.0, 200);
    assert_eq!(import(&mut server, "?failonwarnings=true", &document(&parts)), (400, message(&text)));
    assert_eq!(properties(&mut server), []);
}

#[test]
fn what_is_no_document_is_refused() {
    let refused = (400, message("Unable to build importer with provided input."));
    for document in ["", "text", "[]", "{}", "{\"swagger\":", "a: b: c", "swagger: [", "\0"] {
        assert_eq!(import(&mut server(), "", document), refused, "{document}");
    }
    assert_eq!(server().send("PUT", PARTS, Bytes::from_static(&[0xff, 0xfe])), refused);
    let elsewhere = "/restapis/none/documentation/parts";
    assert_eq!(server().send("PUT", elsewhere, Bytes::new()), no_api());
    let mode = r#"Enumeration value of OpenAPI import mode must be "overwrite" or "merge""#;
    assert_eq!(import(&mut server(), "?mode=other", "{}"), (400, message(mode)));
}

#[test]
fn documents_that_nest_or_multiply_are_refused() {
    let refused = (400, message("Unable to build importer with provided input."));
    let deep = format!("openapi: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bomb = (1..30).fold("openapi: 3\nx0: &a0 [a, a]\n".to_owned(), |bomb, level| {
        let before = level - 1;
        format!("{bomb}x{level}: &a{level} [*a{before}, *a{before}]\n")
    });
    for document in [deep, bomb] {
        assert_eq!(import(&mut server(), "", &document), refused);
    }
}

#[test]
fn an_api_has_at_most_two_thousand_parts() {
    let parts = |count: usize| -> String {
        let part = |index| json!({"location": {"type": "MODEL", "name": format!("m{index}")}, "properties": {"a": 1}});
        document(&(0..count).map(part).collect())
    };
    assert_eq!(import(&mut server(), "", &parts(2000)).0, 200);
    let refused = (429, message("An API can have at most 2000 documentation parts."));
    assert_eq!(import(&mut server(), "", &parts(2001)), refused);
}
