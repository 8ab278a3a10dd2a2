//! VPC links come, change and go.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;
use crate::entities::{CanarySettings, Integration, Method, Resource, Shared};
use crate::testing::{Server, message};

const TARGET: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/my/1";

fn new_link(server: &mut Server) -> String {
    let link = server.ok("POST", "/vpclinks", json!({"name": "n", "targetArns": [TARGET]}));
    link["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_new_link_is_pending_and_then_available() {
    let mut server = Server::default();
    let (status, answer) = server.call("POST", "/vpclinks", json!({"name": "n", "targetArns": [TARGET]}));
    let mut expected = json!({
        "id": answer["id"],
        "name": "n",
        "targetArns": [TARGET],
        "status": "PENDING",
    });
    assert_eq!((status, &answer), (202, &expected));
    expected["status"] = json!("AVAILABLE");
    expected["statusMessage"] = json!("Your vpc link is ready for use");
    assert_eq!(server.call("GET", "/vpclinks", Value::Null), (200, json!({"item": [expected]})));
    expected["tags"] = json!({});
    let target = format!("/vpclinks/{}", answer["id"].as_str().unwrap());
    assert_eq!(server.call("GET", &target, Value::Null), (200, expected));
    assert_eq!(server.call("DELETE", &target, Value::Null), (202, Value::Null));
    assert_eq!(server.ok("GET", "/vpclinks", Value::Null), json!({"item": []}));
}

#[test]
fn a_link_has_its_description_and_tags() {
    let mut server = Server::default();
    let given = json!({"name": "n", "description": "d", "targetArns": [TARGET], "tags": {"a": "b"}});
    let answer = server.ok("POST", "/vpclinks", given);
    assert_eq!((&answer["description"], &answer["tags"]), (&json!("d"), &json!({"a": "b"})));
    assert_eq!(server.ok("GET", "/vpclinks", Value::Null)["item"][0]["tags"], json!({"a": "b"}));
}

#[test]
fn a_link_has_a_name_and_one_target() {
    for (name, targets, text) in [
        ("", json!([TARGET]), "Name cannot be empty"),
        ("n", json!([]), "No target arn specified for vpc link."),
        ("n", json!([TARGET, TARGET]), "More than one target arn specified for vpc link."),
        ("n", json!(["invalid-arn"]), "Invalid ARN. ARN is not well formed invalid-arn"),
    ] {
        let given = json!({"name": name, "targetArns": targets});
        assert_eq!(Server::default().call("POST", "/vpclinks", given), (400, message(text)));
    }
}

#[test]
fn an_account_has_at_most_twenty_links() {
    let mut server = Server::default();
    for _ in 0..20 {
        new_link(&mut server);
    }
    let refused = (429, message("An account can have at most 20 VPC links."));
    assert_eq!(server.call("POST", "/vpclinks", json!({"name": "n", "targetArns": [TARGET]})), refused);
}

#[test]
fn a_link_is_patched() {
    let mut server = Server::default();
    let id = new_link(&mut server);
    let target = format!("/vpclinks/{id}");
    let operations = [("replace", "/name", "m"), ("replace", "/description", "d")];
    let mut expected = json!({
        "id": id,
        "name": "m",
        "description": "d",
        "targetArns": [TARGET],
        "status": "AVAILABLE",
        "statusMessage": "Your vpc link is ready for use",
        "tags": {},
    });
    assert_eq!(server.patch(&target, &operations), (200, expected.clone()));
    for (operation, text) in [
        (("replace", "/name", ""), "Name cannot be empty"),
        (
            ("replace", "/targetArns", TARGET),
            "Invalid patch path  '/targetArns' specified for op 'replace'. Must be one of: [/name, /description]",
        ),
        (
            ("remove", "/description", ""),
            "Invalid patch path  '/description' specified for op 'remove'. Please choose supported operations",
        ),
    ] {
        assert_eq!(server.patch(&target, &[("replace", "/name", "x"), operation]), (400, message(text)));
        assert_eq!(server.ok("GET", &target, Value::Null), expected);
    }
    expected.as_object_mut().unwrap().remove("description");
    assert_eq!(server.patch(&target, &[("replace", "/description", "")]), (200, expected));
}

#[test]
fn a_link_that_is_not_there_is_told() {
    let unknown = (404, message("Invalid Vpc Link identifier specified"));
    assert_eq!(Server::default().call("GET", "/vpclinks/none", Value::Null), unknown);
    assert_eq!(Server::default().call("DELETE", "/vpclinks/none", Value::Null), unknown);
    assert_eq!(Server::default().patch("/vpclinks/none", &[]), unknown);
}

fn deployment(link: &str) -> Deployment {
    let integration = Integration { connection_id: Some(link.into()), ..Integration::default() };
    let method = |verb: &str, integration: Option<Integration>| {
        let method = Method { method_integration: integration.map(Box::new), ..Method::default() };
        (verb.to_owned(), Box::new(method))
    };
    let resource = Resource {
        id: "r".into(),
        methods: [method("GET", Some(integration)), method("PUT", None)].into(),
        ..Resource::default()
    };
    let resources = [("r".to_owned(), Shared::new(resource))].into();
    Deployment { snapshot: Shared::new(RestApi { resources, ..RestApi::default() }), ..Deployment::default() }
}

#[test]
fn a_link_that_stages_go_through_cannot_be_deleted() {
    let mut server = Server::default();
    let id = new_link(&mut server);
    server.put("api/d", deployment(&id));
    server.put("api/other", deployment("other"));
    let stage = |deployment: &str| Stage { deployment_id: deployment.into(), ..Stage::default() };
    let canary = CanarySettings { deployment_id: "d".into(), ..CanarySettings::default() };
    server.put("api/prod", stage("d"));
    server.put("api/test", Stage { canary_settings: Some(canary), ..stage("other") });
    let target = format!("/vpclinks/{id}");
    let text = format!(
        "Cannot delete vpc link. Vpc link '{id}', is referenced in [api:GET:r:prod, api:GET:r:test] in format of [RESTApiId:Method:Resource:Stage]."
    );
    assert_eq!(server.call("DELETE", &target, Value::Null), (400, message(&text)));
    server.put("api/prod", stage("other"));
    server.put("api/test", stage("other"));
    assert_eq!(server.call("DELETE", &target, Value::Null).0, 202);
}

#[test]
fn a_link_from_a_file_is_read_only() {
    let mut server = Server::default();
    let link = VpcLink { id: "v".into(), ..VpcLink::default() };
    server.put_from_file("v", link, "links.yaml");
    for (status, answer) in [
        server.call("DELETE", "/vpclinks/v", Value::Null),
        server.patch("/vpclinks/v", &[("replace", "/name", "n")]),
    ] {
        assert_eq!((status, answer["message"].as_str().unwrap().contains("links.yaml")), (400, true));
    }
}
