//! Imports, puts and exports as clients see them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use crate::Answer;
use crate::entities::{Deployment, DocumentationPart, DocumentationVersion, RestApi, Shared, Stage};
use crate::samples::{ORDERS, PETS, imported};
use crate::testing::Server;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn document(title: &str, paths: &Value) -> String {
    json!({"openapi": "3.0.1", "info": {"title": title, "version": "1"}, "paths": paths}).to_string()
}

fn mock() -> Value {
    json!({"responses": {}, "x-amazon-apigateway-integration": {"type": "mock"}})
}

fn import(server: &mut Server, query: &str, text: &str) -> (u16, Value) {
    server.send("POST", &format!("/restapis?mode=import{query}"), Bytes::from(text.to_owned()))
}

fn put(server: &mut Server, id: &str, query: &str, text: &str) -> (u16, Value) {
    server.send("PUT", &format!("/restapis/{id}{query}"), Bytes::from(text.to_owned()))
}

fn message(text: impl Into<String>) -> (u16, Value) {
    (400, json!({"message": text.into()}))
}

/// A server with the API of a document, and the id of that.
fn with(text: &str) -> (Server, String) {
    let mut server = Server::default();
    let id = imported(&mut server, "", text)["id"].as_str().unwrap().to_owned();
    (server, id)
}

fn api<'s>(server: &'s Server, id: &str) -> &'s RestApi {
    server.state.get(id).unwrap()
}

/// Path to id, and the methods below it.
fn tree(api: &RestApi) -> BTreeMap<&str, (&str, Vec<&str>)> {
    let resources = api.resources.values();
    resources
        .map(|it| (it.path.as_str(), (it.id.as_str(), it.methods.keys().map(String::as_str).collect())))
        .collect()
}

#[test]
fn an_import_answers_the_new_api_without_tags() {
    let mut server = Server::default();
    let answer = imported(&mut server, "", &document("Pets", &json!({"/pets": {"get": mock()}})));
    let root = api(&server, answer["id"].as_str().unwrap()).root_resource_id.clone();
    assert_eq!((answer["id"].as_str().unwrap().len(), root.len()), (10, 10));
    let expected = json!({
        "id": answer["id"], "name": "Pets", "version": "1", "createdDate": 1_700_000_000, "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "disableExecuteApiEndpoint": false, "rootResourceId": root,
    });
    assert_eq!(answer, expected);
}

#[test]
fn parameters_choose_the_endpoint() {
    let mut server = Server::default();
    let query =
        "&endpointConfigurationTypes=PRIVATE&vpcEndpointIds=vpce-1,vpce-2&disableExecuteApiEndpoint=true";
    let answer = imported(&mut server, query, &document("Pets", &json!({})));
    let expected =
        json!({"types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-1", "vpce-2"]});
    assert_eq!(answer["endpointConfiguration"], expected);
    assert_eq!(answer["disableExecuteApiEndpoint"], true);
    let id = answer["id"].as_str().unwrap();
    let (_, answer) = put(&mut server, id, "?endpointConfigurationTypes=REGIONAL", ORDERS);
    assert_eq!(answer["endpointConfiguration"], json!({"types": ["REGIONAL"], "ipAddressType": "ipv4"}));
}

#[test]
fn parameters_that_mean_nothing_are_refused() {
    let mut server = Server::default();
    for (query, expected) in [
        ("&basepath=drop", "Invalid basepath specified. Valid options are ignore,prepend,split"),
        (
            "&endpointConfigurationTypes=LOCAL",
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        ),
        ("&endpointConfigurationTypes=EDGE,REGIONAL", "Cannot create an api with multiple Endpoint Types."),
        (
            "&endpointConfigurationTypes=",
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
    ] {
        assert_eq!(import(&mut server, query, ORDERS), message(expected));
    }
    imported(&mut server, "&somethingElse=1", ORDERS);
    assert_eq!(server.state.rest_apis.len(), 1);
}

#[test]
fn what_is_no_document_is_refused() {
    let mut server = Server::default();
    for text in ["", "{", "[]", "text", "a: [", "{}", "{\"info\": {}}"] {
        assert_eq!(import(&mut server, "", text), message("Invalid OpenAPI input."), "{text}");
    }
    let bytes = Bytes::from_static(&[0xff, 0xfe]);
    assert_eq!(server.send("POST", "/restapis?mode=import", bytes), message("Invalid OpenAPI input."));
    assert!(server.state.rest_apis.is_empty());
}

#[test]
fn all_mistakes_are_told_at_once_and_nothing_is_made() {
    let text = "openapi: 3.0.1\n\
        info: {title: T}\n\
        paths:\n  \
          /a: {get: {responses: {}, x-amazon-apigateway-integration: {type: gopher}, security: [{none: []}]}}\n  \
          /b: {get: {responses: {}, x-amazon-apigateway-cors: 1}}\n";
    let mut server = Server::default();
    let (status, answer) = import(&mut server, "", text);
    let lines: Vec<&str> = answer["message"].as_str().unwrap().split('\n').collect();
    assert_eq!(status, 400);
    assert_eq!(lines[0], "Errors found during import:");
    assert!(lines[1].starts_with("\tfound ") && lines[1].ends_with(" (line 4)"), "{lines:?}");
    assert!(lines[2].starts_with("\tfound ") && lines[2].ends_with(" (line 4)"), "{lines:?}");
    assert_eq!(lines[3], "Additionally, these warnings were found:");
    assert!(lines[4].ends_with("has no effect on a REST API (line 5)"), "{lines:?}");
    assert_eq!(lines.len(), 5);
    assert!(server.state.rest_apis.is_empty());
}

#[test]
fn warnings_are_part_of_the_answer_or_refuse_it() {
    let mut operation = mock();
    operation["x-amazon-apigateway-integration"]["requestParameters"] =
        json!({"integration.request.header.x": true});
    let text = document("T", &json!({"/p": {"get": operation}}));
    let warning = "Invalid format for 'requestParameters'. Expected type string for property \
        'integration.request.header.x' of resource '/p' and method 'GET' but got 'true'";
    let mut server = Server::default();
    let (_, answer) = import(&mut server, "&failonwarnings=false", &text);
    assert_eq!(answer["warnings"], json!([warning]));
    let refused = message(format!("Warnings found during import:\n\t{warning}"));
    assert_eq!(import(&mut server, "&failonwarnings=true", &text), refused);
    let id = answer["id"].as_str().unwrap();
    assert_eq!(put(&mut server, id, "?failonwarnings=true", &text), refused);
    assert_eq!(server.state.rest_apis.len(), 1);
}

#[test]
fn a_merge_keeps_what_the_document_does_not_mention() {
    let first = document("One", &json!({"/a": {"get": mock(), "put": mock()}, "/b": {"get": mock()}}));
    let mut first: Value = serde_json::from_str(&first).unwrap();
    first["info"]["description"] = json!("first");
    first["x-amazon-apigateway-binary-media-types"] = json!(["image/heif", "image/png"]);
    first["x-amazon-apigateway-api-key-source"] = json!("AUTHORIZER");
    first["components"] = json!({"schemas": {"M": {"type": "object"}, "N": {"type": "object"}}});
    let (mut server, id) = with(&first.to_string());
    let before = api(&server, &id).clone();

    let mut get = mock();
    get["operationId"] = json!("new");
    let second = document("Two", &json!({"/a": {"get": get}, "/a/c": {"post": mock()}}));
    let mut second: Value = serde_json::from_str(&second).unwrap();
    second["x-amazon-apigateway-binary-media-types"] = json!(["image/png", "image/jpg"]);
    second["components"] = json!({"schemas": {"M": {"type": "array"}}});
    let (status, answer) = put(&mut server, &id, "", &second.to_string());
    assert_eq!(status, 200);
    let after = api(&server, &id);
    let expected = json!({
        "id": id, "name": "Two", "description": "first", "version": "1", "createdDate": 1_700_000_000,
        "apiKeySource": "AUTHORIZER", "binaryMediaTypes": ["image/heif", "image/png", "image/jpg"], "tags": {},
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "disableExecuteApiEndpoint": false, "rootResourceId": before.root_resource_id,
    });
    assert_eq!(answer, expected);
    let (old, new) = (tree(&before), tree(after));
    assert_eq!(new.keys().copied().collect::<Vec<_>>(), ["/", "/a", "/a/c", "/b"]);
    assert_eq!(new["/a"], old["/a"]);
    assert_eq!(new["/b"], old["/b"]);
    let resource = &after.resources[new["/a"].0];
    assert_eq!(resource.methods["GET"].operation_name.as_deref(), Some("new"));
    assert_eq!(after.resources[new["/a/c"].0].parent_id.as_deref(), Some(new["/a"].0));
    assert_eq!(after.models["M"].id, before.models["M"].id);
    assert!(after.models["M"].schema.as_ref().unwrap().contains("array"));
    assert!(after.models.contains_key("N"));
}

#[test]
fn an_overwrite_keeps_ids_and_what_no_document_defines() {
    let (mut server, id) = with(PETS);
    let before = api(&server, &id).clone();
    let mut text: Value = serde_json::from_str(&document("", &json!({"/pets": {"put": mock()}}))).unwrap();
    text["info"] = json!({});
    let (status, answer) = put(&mut server, &id, "?mode=overwrite", &text.to_string());
    assert_eq!((status, &answer["name"], answer.get("description")), (200, &json!("Pets"), None));
    let after = api(&server, &id);
    let (old, new) = (tree(&before), tree(after));
    assert_eq!(new.keys().copied().collect::<Vec<_>>(), ["/", "/pets"]);
    assert_eq!((new["/"].0, new["/pets"].0), (old["/"].0, old["/pets"].0));
    assert_eq!(new["/pets"].1, ["PUT"]);
    assert_eq!(after.created_date, before.created_date);
    assert!(after.models.is_empty() && after.authorizers.is_empty() && after.policy.is_none());
    assert!(after.binary_media_types.is_empty() && after.gateway_responses.is_empty());
    put(&mut server, &id, "?mode=overwrite", PETS);
    assert_eq!(api(&server, &id).resources.len(), before.resources.len());
}

#[test]
fn the_same_document_put_again_changes_no_id() {
    for mode in ["merge", "overwrite"] {
        for text in [PETS, ORDERS] {
            let (mut server, id) = with(text);
            let before = api(&server, &id).clone();
            let (status, answer) = put(&mut server, &id, &format!("?mode={mode}"), text);
            assert_eq!(status, 200, "{answer}");
            assert_eq!(*api(&server, &id), before, "{mode}");
        }
    }
}

#[test]
fn the_endpoint_stays_unless_the_document_names_it() {
    let mut server = Server::default();
    let text = document("T", &json!({}));
    let query = "&endpointConfigurationTypes=REGIONAL&disableExecuteApiEndpoint=true";
    let id = imported(&mut server, query, &text)["id"].as_str().unwrap().to_owned();
    for mode in ["merge", "overwrite"] {
        let (_, answer) = put(&mut server, &id, &format!("?mode={mode}"), &text);
        assert_eq!(answer["endpointConfiguration"]["types"], json!(["REGIONAL"]));
        assert_eq!(answer["disableExecuteApiEndpoint"], true);
    }
    let (_, answer) = put(&mut server, &id, "", ORDERS);
    let expected = json!({"types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-1"]});
    assert_eq!(answer["endpointConfiguration"], expected);
}

#[test]
fn paths_that_cannot_stand_beside_each_other_are_refused() {
    let (mut server, id) =
        with(&document("T", &json!({"/a/{b}": {"get": mock()}, "/f/{g+}": {"get": mock()}})));
    let before = api(&server, &id).clone();
    let (status, answer) = put(&mut server, &id, "", &document("T", &json!({"/a/{c}": {}})));
    assert_eq!(status, 400);
    let told = answer["message"].as_str().unwrap();
    assert!(
        told.starts_with("Errors found during import:\n\tUnable to create resource at path '/a/{"),
        "{told}"
    );
    assert!(told.ends_with("already has a variable path part -- only one is allowed"), "{told}");
    assert_eq!(
        put(&mut server, &id, "", &document("T", &json!({"/f/{g+}/h": {}}))).1["message"]
            .as_str()
            .map(|told| told.contains("greedy path variable: {g+}")),
        Some(true)
    );
    assert_eq!(*api(&server, &id), before);
    let (status, _) = put(&mut server, &id, "?mode=overwrite", &document("T", &json!({"/a/{c}": {}})));
    assert_eq!(status, 200);
}

#[test]
fn documentation_is_merged_by_place() {
    let text = |description: &str| {
        let mut operation = mock();
        operation["description"] = json!(description);
        document("T", &json!({"/a": {"get": operation}}))
    };
    let (mut server, id) = with(&text("one"));
    let part = |server: &Server| api(server, &id).documentation_parts.values().next().unwrap().clone();
    let first = part(&server);
    let slot = server.state.rest_apis.get_mut(&id).unwrap();
    let stored = std::sync::Arc::make_mut(&mut slot.value).documentation_parts.get_mut(&first.id).unwrap();
    stored.properties = json!({"description": "one", "summary": "mine"}).to_string();
    put(&mut server, &id, "", &text("two"));
    let properties = json!({"description": "two", "summary": "mine"}).to_string();
    assert_eq!(part(&server), DocumentationPart { properties, ..first.clone() });
    put(&mut server, &id, "?mode=overwrite", &text("three"));
    let properties = json!({"description": "three"}).to_string();
    assert_eq!(part(&server), DocumentationPart { properties, ..first });
    put(&mut server, &id, "?mode=overwrite&ignore=documentation", &text("four"));
    assert!(api(&server, &id).documentation_parts.is_empty());
}

#[test]
fn puts_need_an_api_that_is_there_and_not_of_a_file() {
    let mut server = Server::default();
    let expected = (404, json!({"message": "Invalid API identifier specified 123456789012:nothing"}));
    assert_eq!(put(&mut server, "nothing", "", ORDERS), expected);
    let (mut server, id) = with(ORDERS);
    server.state.rest_apis.get_mut(&id).unwrap().file = Some("apis/orders.json".into());
    let (status, answer) = put(&mut server, &id, "", ORDERS);
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("apis/orders.json"));
}

/// Stage `prod` over what the API is now.
fn deploy(server: &mut Server, id: &str, documentation_version: Option<&str>) {
    let snapshot = Shared::new(api(server, id).clone());
    let deployment = Deployment { id: "dep123".into(), snapshot, ..Deployment::default() };
    let stage = Stage {
        stage_name: "prod".into(),
        deployment_id: "dep123".into(),
        documentation_version: documentation_version.map(str::to_owned),
        ..Stage::default()
    };
    server.put(&format!("{id}/dep123"), deployment);
    server.put(&format!("{id}/prod"), stage);
}

#[test]
fn exports_are_files_of_what_is_deployed() {
    let (mut server, id) = with(PETS);
    deploy(&mut server, &id, None);
    put(&mut server, &id, "?mode=overwrite", &document("Newer", &json!({})));
    let target = format!("/restapis/{id}/stages/prod/exports");
    for (kind, key, name) in
        [("oas30", "openapi", "oas30_1.2.json"), ("swagger", "swagger", "swagger_1.2.json")]
    {
        let (status, document) =
            server.call("GET", &format!("{target}/{kind}?extensions=apigateway"), Value::Null);
        assert_eq!((status, &document["info"]["title"]), (200, &json!("Pets")));
        assert!(document.get(key).is_some());
        let Some(Answer::File { content_type, disposition, .. }) = &server.last else { unreachable!() };
        assert_eq!(content_type, "application/octet-stream");
        assert_eq!(*disposition, format!("attachment; filename=\"{name}\""));
    }
}

#[test]
fn exports_have_the_documentation_of_the_stage() {
    let (mut server, id) = with(&document("T", &json!({"/a": {"get": mock()}})));
    deploy(&mut server, &id, Some("7"));
    let part = DocumentationPart {
        location: json!({"type": "METHOD"}).as_object().unwrap().clone(),
        properties: json!({"summary": "Documented"}).to_string(),
        ..DocumentationPart::default()
    };
    let parts = BTreeMap::from([("p".to_owned(), part)]);
    let version = DocumentationVersion { version: "7".into(), parts, ..DocumentationVersion::default() };
    server.put(&format!("{id}/7"), version);
    let document = server.ok("GET", &format!("/restapis/{id}/stages/prod/exports/oas30"), Value::Null);
    assert_eq!(document["paths"]["/a"]["get"]["summary"], "Documented");
    assert_eq!(document.get("x-amazon-apigateway-documentation"), None);
}

#[test]
fn exports_need_a_stage_and_a_type() {
    let (mut server, id) = with(ORDERS);
    let unknown = (404, json!({"message": "Invalid stage identifier specified"}));
    for target in
        ["/restapis/nothing/stages/prod/exports/a", &format!("/restapis/{id}/stages/prod/exports/a")]
    {
        assert_eq!(server.call("GET", target, Value::Null), unknown);
    }
    deploy(&mut server, &id, None);
    let answer = server.call("GET", &format!("/restapis/{id}/stages/prod/exports/a"), Value::Null);
    assert_eq!(answer, message("No API exporter for type 'a'"));
}

#[test]
fn exports_are_yaml_where_the_client_accepts_that() {
    let (mut server, id) = with(ORDERS);
    deploy(&mut server, &id, None);
    let path = format!("/restapis/{id}/stages/prod/exports/oas30");
    let accept = Some("application/yaml");
    let request = crate::Request { method: "GET", path: &path, query: "", accept, body: &Bytes::new() };
    let handled = crate::handle(&server.state, &request, &mut server.world);
    let Ok(Answer::File { disposition, body, .. }) = handled.answer else { unreachable!() };
    assert_eq!(disposition, "attachment; filename=\"oas30_2024-01-01.yaml\"");
    assert!(body.starts_with(b"openapi: \"3.0.1\"\n"), "{body:?}");
}
