//! Tests of patches of REST APIs.

use super::super::settings::MAX_COMPRESSION_BYTES;
use super::create;
use crate::testing::Server;
use serde_json::{Value, json};

/// An API that is patched.
struct Patched {
    server: Server,
    target: String,
}

impl Patched {
    fn new(body: Value) -> Self {
        let mut server = Server::default();
        let (_, id) = create(&mut server, body);
        Self { server, target: format!("/restapis/{id}") }
    }

    /// The API after an operation that is taken.
    fn ok(&mut self, op: &str, path: &str, value: &str) -> Value {
        let (status, api) = self.server.patch(&self.target, &[(op, path, value)]);
        assert_eq!(status, 200, "{op} {path} {value}: {api}");
        assert_eq!(api, self.server.ok("GET", &self.target, Value::Null));
        api
    }

    /// The message for an operation that is not.
    fn refused(&mut self, op: &str, path: &str, value: &str) -> (u16, String) {
        let before = self.server.ok("GET", &self.target, Value::Null);
        let (status, answer) =
            self.server.patch(&self.target, &[("replace", "/name", "x"), (op, path, value)]);
        assert_eq!(before, self.server.ok("GET", &self.target, Value::Null));
        (status, answer["message"].as_str().unwrap_or_default().to_owned())
    }
}

const ONLY_REPLACE: &str = "Invalid patch operation specified. Must be one of: [replace]";

#[test]
fn members_are_replaced() {
    let mut api = Patched::new(json!({"name": "a"}));
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    for (member, value, expected) in [
        ("name", "b", json!("b")),
        ("description", "of b", json!("of b")),
        ("apiKeySource", "AUTHORIZER", json!("AUTHORIZER")),
        ("disableExecuteApiEndpoint", "true", json!(true)),
        ("disableExecuteApiEndpoint", "abc", json!(false)),
        ("minimumCompressionSize", "10", json!(10)),
        ("minimumCompressionSize", "0", json!(0)),
        ("policy", policy, json!(policy.replace('"', "\\\""))),
        ("securityPolicy", "TLS_1_2", json!("TLS_1_2")),
    ] {
        assert_eq!(api.ok("replace", &format!("/{member}"), value)[member], expected);
    }
    for member in ["description", "minimumCompressionSize", "policy", "securityPolicy"] {
        assert_eq!(api.ok("replace", &format!("/{member}"), "").get(member), None);
    }
    assert_eq!(api.ok("add", "/description", "x")["description"], "x");
    assert_eq!(api.ok("remove", "/description", "ignored").get("description"), None);
    for member in [
        "apiKeySource",
        "disableExecuteApiEndpoint",
        "minimumCompressionSize",
        "name",
        "policy",
        "securityPolicy",
        "endpointAccessMode",
    ] {
        assert_eq!(api.refused("add", &format!("/{member}"), "10"), (400, ONLY_REPLACE.into()));
    }
}

#[test]
fn a_missing_value_disables_compression_and_is_false() {
    let mut api =
        Patched::new(json!({"name": "a", "minimumCompressionSize": 5, "disableExecuteApiEndpoint": true}));
    let body = json!({"patchOperations": [
        {"op": "replace", "path": "/minimumCompressionSize"},
        {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": null},
    ]});
    let answer = api.server.ok("PATCH", &api.target, body);
    assert_eq!(answer.get("minimumCompressionSize"), None);
    assert_eq!(answer["disableExecuteApiEndpoint"], false);
}

#[test]
fn values_that_cannot_be_are_told() {
    let mut api = Patched::new(json!({"name": "a"}));
    let size = "Invalid minimum compression size, must be between 0 and 10485760";
    let past = (MAX_COMPRESSION_BYTES + 1).to_string();
    for (path, value, message) in [
        ("/name", "", "Name cannot be empty"),
        ("/minimumCompressionSize", "-1", size),
        ("/minimumCompressionSize", "test", size),
        ("/minimumCompressionSize", &past, size),
        (
            "/apiKeySource",
            "QUERY",
            "1 validation error detected: Value 'QUERY' at 'createRestApiInput.apiKeySource' failed to satisfy constraint: Member must satisfy enum value set: [AUTHORIZER, HEADER]",
        ),
        (
            "/policy",
            "no JSON",
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
        ),
        (
            "/endpointAccessMode",
            "LOOSE",
            "Invalid EndpointAccessMode specified. Valid options are BASIC,STRICT",
        ),
        (
            "/endpointAccessMode",
            "BASIC",
            "endpointAccessMode can only be specified with a security policy that starts with SecurityPolicy_.",
        ),
        ("/x", "", "Invalid patch path /x"),
        ("/name/x", "", "Invalid patch path /name/x"),
        ("name", "", "Invalid patch path name"),
        ("", "", "Invalid patch path "),
    ] {
        assert_eq!(api.refused("replace", path, value), (400, message.into()));
    }
    let (_, answer) = api.server.call("PATCH", &api.target, json!({"patchOperations": [{"op": "add"}]}));
    assert_eq!(answer, json!({"message": "Invalid patch path null"}));
}

#[test]
fn binary_media_types_are_named_in_the_path() {
    let mut api = Patched::new(json!({"name": "a"}));
    let types = |api: Value| api.get("binaryMediaTypes").cloned();
    api.ok("add", "/binaryMediaTypes/image~1png", "");
    assert_eq!(
        types(api.ok("add", "/binaryMediaTypes/image~1jpeg", "")),
        Some(json!(["image/png", "image/jpeg"]))
    );
    assert_eq!(
        types(api.ok("replace", "/binaryMediaTypes/image~1png", "image/gif")),
        Some(json!(["image/jpeg", "image/gif"]))
    );
    assert_eq!(types(api.ok("remove", "/binaryMediaTypes/image~1gif", "")), Some(json!(["image/jpeg"])));
    assert_eq!(types(api.ok("remove", "/binaryMediaTypes/image~1jpeg", "")), None);
    assert_eq!(types(api.ok("add", "/binaryMediaTypes/-", "image/png")), Some(json!(["-"])));
    for op in ["add", "remove", "replace"] {
        assert_eq!(
            api.refused(op, "/binaryMediaTypes", "image/gif"),
            (400, "Invalid patch path /binaryMediaTypes".into())
        );
    }
    assert_eq!(
        api.refused("remove", "/binaryMediaTypes/a~1b", ""),
        (404, "Content-Type specified was not found".into())
    );
    assert_eq!(
        api.refused("copy", "/binaryMediaTypes/a~1b", ""),
        (400, "Invalid patch operation specified. Must be one of: [add, remove, replace]".into())
    );
}

#[test]
fn the_endpoint_type_changes_but_for_private_to_edge() {
    let mut api = Patched::new(json!({"name": "a"}));
    let types = "/endpointConfiguration/types";
    let endpoint = |api: Value| api["endpointConfiguration"].clone();
    assert_eq!(
        endpoint(api.ok("replace", &format!("{types}/EDGE"), "REGIONAL")),
        json!({"types": ["REGIONAL"], "ipAddressType": "ipv4"})
    );
    assert_eq!(
        endpoint(api.ok("replace", &format!("{types}/0"), "PRIVATE")),
        json!({"types": ["PRIVATE"], "ipAddressType": "dualstack"})
    );
    assert_eq!(
        endpoint(api.ok("add", "/endpointConfiguration/vpcEndpointIds", "vpce-1")),
        json!({"types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-1"]})
    );
    for (op, path, value, message) in [
        ("replace", "types/PRIVATE", "EDGE", "Cannot update endpoint type from PRIVATE to EDGE."),
        ("replace", "types/EDGE", "REGIONAL", "Invalid patch path /endpointConfiguration/types/EDGE"),
        (
            "replace",
            "types/PRIVATE",
            "wrong",
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        ),
        (
            "test",
            "types/PRIVATE",
            "EDGE",
            "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
        ),
        ("replace", "ipAddressType", "ipv4", "Only dualstack ipAddressType is supported for Private APIs."),
        ("replace", "ipAddressType", "wrong", "ipAddressType must be either ipv4 or dualstack."),
        ("add", "ipAddressType", "ipv4", ONLY_REPLACE),
        (
            "replace",
            "vpcEndpointIds",
            "vpce-1",
            "Invalid patch operation specified. Must be one of: [add, remove]",
        ),
        ("add", "vpcEndpointIds", "", "Invalid VPC endpoint identifier specified"),
    ] {
        let path = format!("/endpointConfiguration/{path}");
        assert_eq!(api.refused(op, &path, value), (400, message.into()));
    }
    assert_eq!(
        api.refused("remove", "/endpointConfiguration/vpcEndpointIds", "vpce-2"),
        (404, "Invalid VPC endpoint identifier specified".into())
    );
    let same = endpoint(api.ok("replace", "/endpointConfiguration/ipAddressType", "dualstack"));
    assert_eq!(same["vpcEndpointIds"], json!(["vpce-1"]));
    assert_eq!(
        endpoint(api.ok("replace", &format!("{types}/PRIVATE"), "REGIONAL")),
        json!({"types": ["REGIONAL"], "ipAddressType": "dualstack"})
    );
    assert_eq!(
        api.refused("add", "/endpointConfiguration/vpcEndpointIds", "vpce-1"),
        (400, "vpcEndpointIds can only be specified for Private APIs.".into())
    );
}

#[test]
fn an_access_mode_comes_with_a_policy_and_a_strict_one_keeps_the_type() {
    let mut api = Patched::new(json!({"name": "a"}));
    let policy = ("replace", "/securityPolicy", "SecurityPolicy_TLS13_2025_EDGE");
    let (status, answer) =
        api.server.patch(&api.target, &[policy, ("replace", "/endpointAccessMode", "STRICT")]);
    assert_eq!((status, &answer["endpointAccessMode"]), (200, &json!("STRICT")));
    assert_eq!(
        api.refused("replace", "/endpointConfiguration/types/EDGE", "REGIONAL"),
        (400, "Cannot update the endpoint type while endpointAccessMode is STRICT.".into())
    );
    let (status, answer) = api.server.patch(
        &api.target,
        &[("replace", "/securityPolicy", "TLS_1_2"), ("replace", "/endpointAccessMode", "")],
    );
    assert_eq!((status, answer.get("endpointAccessMode")), (200, None));
}
