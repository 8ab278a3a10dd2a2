//! Tests of the operations on REST APIs.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "tests fail by panicking, and give values as they are written"
)]

mod updating;

use super::super::tags::MAX_TAGS;
use super::settings::MAX_COMPRESSION_BYTES;
use crate::entities::{
    ApiStage, BasePathMapping, Deployment, DocumentationVersion, DomainName, Stage, UsagePlan,
};
use crate::testing::Server;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The answer to a request to create an API, and the id.
fn create(server: &mut Server, body: Value) -> (Value, String) {
    let api = server.ok("POST", "/restapis", body);
    let id = api["id"].as_str().unwrap().to_owned();
    (api, id)
}

fn refused(server: &mut Server, body: Value) -> Value {
    let (status, answer) = server.call("POST", "/restapis", body);
    assert_eq!(status, 400);
    answer["message"].clone()
}

#[test]
fn an_api_begins_with_defaults_and_shows_tags_only_where_they_are_asked_for() {
    let mut server = Server::default();
    let (api, id) = create(&mut server, json!({"name": "pets"}));
    assert_eq!((id.len(), api["rootResourceId"].as_str().unwrap().len()), (10, 10));
    let mut expected = json!({
        "id": id,
        "name": "pets",
        "createdDate": 1_700_000_000,
        "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "disableExecuteApiEndpoint": false,
        "rootResourceId": api["rootResourceId"],
    });
    assert_eq!(api, expected);
    assert_eq!(server.ok("GET", "/restapis", Value::Null), json!({"item": [expected]}));
    expected["tags"] = json!({});
    assert_eq!(server.ok("GET", &format!("/restapis/{id}"), Value::Null), expected);
}

#[test]
fn an_api_is_created_with_all_that_it_can_have() {
    let mut server = Server::default();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*"}]}"#;
    let body = json!({
        "name": "pets",
        "description": "all of them",
        "version": "v1",
        "binaryMediaTypes": ["image/png"],
        "minimumCompressionSize": 0,
        "apiKeySource": "AUTHORIZER",
        "endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-1"]},
        "policy": policy,
        "tags": {"team": "a"},
        "disableExecuteApiEndpoint": true,
        "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09",
        "endpointAccessMode": "BASIC",
    });
    let (api, id) = create(&mut server, body);
    let expanded =
        policy.replace("execute-api:/*", &format!("arn:aws:execute-api:us-east-1:123456789012:{id}/*"));
    let expected = json!({
        "id": id,
        "name": "pets",
        "description": "all of them",
        "version": "v1",
        "createdDate": 1_700_000_000,
        "binaryMediaTypes": ["image/png"],
        "minimumCompressionSize": 0,
        "apiKeySource": "AUTHORIZER",
        "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-1"]},
        "policy": expanded.replace('"', "\\\""),
        "tags": {"team": "a"},
        "disableExecuteApiEndpoint": true,
        "rootResourceId": api["rootResourceId"],
        "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09",
        "endpointAccessMode": "BASIC",
    });
    assert_eq!(api, expected);
    assert_eq!(server.ok("GET", &format!("/restapis/{id}"), Value::Null), expected);
}

#[test]
fn an_api_begins_with_two_models() {
    let mut server = Server::default();
    let (_, id) = create(&mut server, json!({"name": "pets"}));
    let models = &server.state.rest_apis[&id].value.models;
    let shown: Vec<(&str, &str, Value)> = models
        .values()
        .map(|model| {
            let schema = serde_json::from_str(model.schema.as_deref().unwrap()).unwrap();
            assert_eq!((model.content_type.as_str(), model.id.len()), ("application/json", 6));
            (model.name.as_str(), model.description.as_deref().unwrap(), schema)
        })
        .collect();
    let draft = "http://json-schema.org/draft-04/schema#";
    assert_eq!(
        shown,
        [
            (
                "Empty",
                "This is a default empty schema model",
                json!({"$schema": draft, "title": "Empty Schema", "type": "object"})
            ),
            (
                "Error",
                "This is a default error schema model",
                json!({
                    "$schema": draft,
                    "title": "Error Schema",
                    "type": "object",
                    "properties": {"message": {"type": "string"}}
                })
            ),
        ]
    );
}

#[test]
fn what_an_api_cannot_be_created_with_is_told() {
    let mut server = Server::default();
    let endpoint = |value: Value| json!({"name": "a", "endpointConfiguration": value});
    let cases = [
        (json!({"name": " "}), "Name cannot be empty"),
        (
            json!({"name": "a", "description": "", "endpointConfiguration": {"types": []}}),
            "Description cannot be an empty string",
        ),
        (
            endpoint(json!({"types": []})),
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
        (
            endpoint(json!({"types": ["EDGE", "REGIONAL"]})),
            "Cannot create an api with multiple Endpoint Types.",
        ),
        (
            endpoint(json!({"types": ["PRIVATE"], "ipAddressType": "ipv4"})),
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
        (
            endpoint(json!({"types": ["EDGE"], "vpcEndpointIds": ["vpce-1"]})),
            "vpcEndpointIds can only be specified for Private APIs.",
        ),
        (
            endpoint(json!({"types": ["wrong"]})),
            "1 validation error detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]",
        ),
        (
            endpoint(json!({"ipAddressType": "wrong"})),
            "1 validation error detected: Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]",
        ),
        (
            json!({"name": "a", "policy": "{}"}),
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
        ),
        (
            json!({"name": "a", "tags": {"AWS:x": "y"}}),
            "aws: prefixed tag key names are not allowed for external use.",
        ),
        (
            json!({"name": "a", "endpointAccessMode": "STRICT"}),
            "endpointAccessMode can only be specified with a security policy that starts with SecurityPolicy_.",
        ),
        (
            json!({"name": "a", "securityPolicy": "SecurityPolicy_TLS13_2025_EDGE"}),
            "endpointAccessMode must be specified for the security policy SecurityPolicy_TLS13_2025_EDGE.",
        ),
        (
            json!({"name": "a", "endpointAccessMode": "BASIC", "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"}),
            "The security policy SecurityPolicy_TLS13_1_3_2025_09 is not supported for EDGE endpoints.",
        ),
    ];
    for (body, message) in cases {
        assert_eq!(refused(&mut server, body), message);
    }
    assert!(server.state.rest_apis.is_empty());
}

#[test]
fn endpoints_without_a_type_are_edge_optimised() {
    let mut server = Server::default();
    for (given, expected) in [
        (json!({}), json!({"types": ["EDGE"], "ipAddressType": "ipv4"})),
        (json!({"ipAddressType": "dualstack"}), json!({"types": ["EDGE"], "ipAddressType": "dualstack"})),
        (json!({"types": ["REGIONAL"]}), json!({"types": ["REGIONAL"], "ipAddressType": "ipv4"})),
    ] {
        let (api, _) = create(&mut server, json!({"name": "a", "endpointConfiguration": given}));
        assert_eq!(api["endpointConfiguration"], expected);
    }
}

#[test]
fn limits_of_apis_hold_at_the_limit_and_one_past_it() {
    let mut server = Server::default();
    let size = |size: i64| json!({"name": "a", "minimumCompressionSize": size});
    create(&mut server, size(MAX_COMPRESSION_BYTES));
    for wrong in [-1, MAX_COMPRESSION_BYTES + 1] {
        assert_eq!(
            refused(&mut server, size(wrong)),
            "Invalid minimum compression size, must be between 0 and 10485760"
        );
    }
    let tags = |count: usize| {
        let tags: Map<String, Value> = (0..count).map(|tag| (tag.to_string(), json!("x"))).collect();
        json!({"name": "a", "tags": tags})
    };
    create(&mut server, tags(MAX_TAGS));
    assert_eq!(refused(&mut server, tags(MAX_TAGS + 1)), "A resource can have at most 50 tags.");
    let policy = |chars: usize| {
        let empty = r#"{"Version":"2012-10-17","Id":"","Statement":[]}"#;
        let id = "x".repeat(chars - empty.len());
        json!({"name": "a", "policy": empty.replace("\"\"", &format!("\"{id}\""))})
    };
    create(&mut server, policy(edgewit_policy::MAX_POLICY_CHARS));
    refused(&mut server, policy(edgewit_policy::MAX_POLICY_CHARS + 1));
}

#[test]
fn apis_come_in_pages() {
    let mut server = Server::default();
    let mut ids: Vec<String> =
        (0..3).map(|name| create(&mut server, json!({"name": name.to_string()})).1).collect();
    ids.sort();
    let first = server.ok("GET", "/restapis?limit=2", Value::Null);
    let of = |page: &Value| -> Vec<String> {
        page["item"].as_array().unwrap().iter().map(|api| api["id"].as_str().unwrap().into()).collect()
    };
    assert_eq!(of(&first), ids[..2]);
    let next = format!("/restapis?limit=2&position={}", first["position"].as_str().unwrap());
    let second = server.ok("GET", &next, Value::Null);
    assert_eq!((of(&second), second.get("position")), (ids[2..].to_vec(), None));
}

#[test]
fn an_api_that_is_not_there_is_told_with_its_account() {
    let mut server = Server::default();
    let message = json!({"message": "Invalid API identifier specified 123456789012:ABC"});
    for method in ["GET", "DELETE"] {
        assert_eq!(server.call(method, "/restapis/ABC", Value::Null), (404, message.clone()));
    }
    assert_eq!(server.patch("/restapis/ABC", &[]), (404, message.clone()));
    let copy = json!({"name": "a", "cloneFrom": "ABC"});
    assert_eq!(server.call("POST", "/restapis", copy), (404, message));
}

#[test]
fn all_that_belongs_to_an_api_goes_with_it() {
    let mut server = Server::default();
    let (_, id) = create(&mut server, json!({"name": "a"}));
    let (_, other) = create(&mut server, json!({"name": "b"}));
    for api in [&id, &other] {
        let key = format!("{api}/x");
        server.put(&key, Deployment::default());
        server.put(&key, Stage::default());
        server.put(&key, DocumentationVersion::default());
    }
    let stages = [&id, &other].map(|api| ApiStage { api_id: api.clone(), ..ApiStage::default() });
    let plan = UsagePlan { api_stages: stages.to_vec(), ..UsagePlan::default() };
    server.put("plan", plan);

    assert_eq!(server.call("DELETE", &format!("/restapis/{id}"), Value::Null), (202, Value::Null));

    let left = [format!("{other}/x")];
    assert!(server.state.rest_apis.keys().eq([&other]));
    assert!(server.state.deployments.keys().eq(&left));
    assert!(server.state.stages.keys().eq(&left));
    assert!(server.state.documentation_versions.keys().eq(&left));
    assert_eq!(server.state.usage_plans["plan"].value.api_stages, stages[1..]);
    assert_eq!(server.call("DELETE", &format!("/restapis/{id}"), Value::Null).0, 404);
}

#[test]
fn an_api_that_a_domain_leads_to_cannot_be_deleted() {
    let mut server = Server::default();
    let (_, id) = create(&mut server, json!({"name": "a"}));
    let mapping = BasePathMapping { rest_api_id: id.clone(), ..BasePathMapping::default() };
    let domain = DomainName {
        domain_name: "api.example.com".into(),
        base_path_mappings: BTreeMap::from([("(none)".to_owned(), mapping)]),
        ..DomainName::default()
    };
    server.put("api.example.com", domain);
    let message = "Deleting RestApi failed. Please remove all base path mappings related to the RestApi in your domains: api.example.com";
    assert_eq!(
        server.call("DELETE", &format!("/restapis/{id}"), Value::Null),
        (400, json!({"message": message}))
    );
}

#[test]
fn an_api_of_a_file_is_read_only() {
    let mut server = Server::default();
    let (_, id) = create(&mut server, json!({"name": "a"}));
    server.state.rest_apis.get_mut(&id).unwrap().file = Some("apis/a.yaml".into());
    let target = format!("/restapis/{id}");
    for (status, answer) in
        [server.call("DELETE", &target, Value::Null), server.patch(&target, &[("replace", "/name", "b")])]
    {
        assert_eq!(status, 400);
        assert!(answer["message"].as_str().unwrap().contains("apis/a.yaml"));
    }
}

#[test]
fn a_copy_has_the_methods_of_its_source_under_new_ids() {
    let mut server = Server::default();
    let (api, id) =
        create(&mut server, json!({"name": "a", "binaryMediaTypes": ["image/png"], "tags": {"a": "b"}}));
    let root = api["rootResourceId"].as_str().unwrap();
    let pets = server.ok("POST", &format!("/restapis/{id}/resources/{root}"), json!({"pathPart": "pets"}));
    let method = format!("/restapis/{id}/resources/{}/methods/GET", pets["id"].as_str().unwrap());
    server.ok("PUT", &method, json!({"authorizationType": "NONE"}));
    server.ok("PUT", &format!("{method}/integration"), json!({"type": "MOCK"}));

    let (copy, copy_id) = create(&mut server, json!({"name": "b", "cloneFrom": id}));

    assert_eq!((&copy["name"], &copy["binaryMediaTypes"]), (&json!("b"), &json!(["image/png"])));
    assert_eq!(copy.get("tags"), None);
    let list = server.ok("GET", &format!("/restapis/{copy_id}/resources?embed=methods"), Value::Null);
    let items = list["item"].as_array().unwrap();
    let resource = |path: &str| items.iter().find(|item| item["path"] == path).unwrap();
    assert_eq!((items.len(), &resource("/")["id"]), (2, &copy["rootResourceId"]));
    let copied = resource("/pets");
    assert_eq!(copied["parentId"], copy["rootResourceId"]);
    assert_ne!(copied["id"], pets["id"]);
    assert_eq!(copied["resourceMethods"]["GET"]["methodIntegration"]["cacheNamespace"], copied["id"]);
    assert_eq!(server.state.rest_apis[&copy_id].value.models.len(), 2);
}
