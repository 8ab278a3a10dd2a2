//! Base paths are mapped.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use crate::entities::{DomainName, RestApi, Stage};
use crate::testing::{Server, message};
use serde_json::{Value, json};

const MAPPINGS: &str = "/domainnames/a.com/basepathmappings";

fn server() -> Server {
    let mut server = Server::default();
    for api in ["api", "other"] {
        server.put(api, RestApi { id: api.into(), ..RestApi::default() });
    }
    server.put("api/prod", Stage::default());
    server.put("a.com", DomainName { domain_name: "a.com".into(), ..DomainName::default() });
    server.put("a.com+1", DomainName { domain_name: "a.com".into(), ..DomainName::default() });
    server
}

#[test]
fn a_mapping_is_made_shown_and_deleted() {
    let mut server = server();
    let mapping = json!({"basePath": "v1", "restApiId": "api", "stage": "prod"});
    assert_eq!(server.call("POST", MAPPINGS, mapping.clone()), (201, mapping.clone()));
    let target = format!("{MAPPINGS}/v1");
    assert_eq!(server.call("GET", &target, Value::Null), (200, mapping.clone()));
    assert_eq!(server.call("GET", MAPPINGS, Value::Null), (200, json!({"item": [mapping]})));
    assert_eq!(server.call("DELETE", &target, Value::Null), (202, Value::Null));
    assert_eq!(server.ok("GET", MAPPINGS, Value::Null), json!({"item": []}));
}

#[test]
fn a_mapping_without_base_path_is_that_of_the_root() {
    for given in [
        json!({"restApiId": "api"}),
        json!({"restApiId": "api", "basePath": "", "stage": ""}),
        json!({"restApiId": "api", "basePath": "(none)", "stage": "(none)"}),
    ] {
        let mut server = server();
        let expected = json!({"basePath": "(none)", "restApiId": "api"});
        assert_eq!(server.call("POST", MAPPINGS, given.clone()), (201, expected.clone()));
        assert_eq!(server.ok("GET", &format!("{MAPPINGS}/(none)"), Value::Null), expected);
        assert_eq!(server.ok("GET", &format!("{MAPPINGS}/%28none%29"), Value::Null), expected);
        let conflict = (409, message("Base path already exists for this domain name"));
        assert_eq!(server.call("POST", MAPPINGS, given), conflict);
    }
}

#[test]
fn a_private_domain_has_mappings_of_its_own() {
    let mut server = server();
    let target = format!("{MAPPINGS}?domainNameId=1");
    server.ok("POST", &target, json!({"restApiId": "api"}));
    assert_eq!(server.ok("GET", MAPPINGS, Value::Null), json!({"item": []}));
    assert_eq!(server.ok("GET", &target, Value::Null)["item"].as_array().unwrap().len(), 1);
}

const SLASH: &str = "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path mapping, use API Gateway V2.";
const CHARACTERS: &str =
    "Invalid base path specified: at most 300 letters, digits and any of $-_.+!*'() are allowed";

#[test]
fn what_does_not_fit_is_refused() {
    let (longest, too_long) = ("a".repeat(300), "a".repeat(301));
    for (given, expected) in [
        (json!({"restApiId": "api", "basePath": longest}), None),
        (json!({"restApiId": "api", "basePath": "aZ9$-_.+!*'()"}), None),
        (json!({"restApiId": "api", "basePath": too_long}), Some(CHARACTERS)),
        (json!({"restApiId": "api", "basePath": "é"}), Some(CHARACTERS)),
        (json!({"restApiId": "api", "basePath": "a/b"}), Some(SLASH)),
        (json!({"restApiId": "none"}), Some("Invalid REST API identifier specified")),
        (json!({"restApiId": "api", "stage": "dev"}), Some("Invalid stage identifier specified")),
        (json!({"restApiId": "other", "stage": "prod"}), Some("Invalid stage identifier specified")),
    ] {
        let (status, answer) = server().call("POST", MAPPINGS, given);
        match expected {
            Some(text) => assert_eq!((status, answer), (400, message(text))),
            None => assert_eq!(status, 201, "{answer}"),
        }
    }
}

#[test]
fn a_mapping_is_patched() {
    for (operation, expected) in [
        (("replace", "/basepath", "v2"), json!({"basePath": "v2", "restApiId": "api"})),
        (("replace", "/basePath", ""), json!({"basePath": "(none)", "restApiId": "api"})),
        (("replace", "/restapiId", "other"), json!({"basePath": "v1", "restApiId": "other"})),
        (("replace", "/restApiId", "other"), json!({"basePath": "v1", "restApiId": "other"})),
        (("replace", "/stage", "prod"), json!({"basePath": "v1", "restApiId": "api", "stage": "prod"})),
        (("replace", "/stage", ""), json!({"basePath": "v1", "restApiId": "api"})),
    ] {
        let mut server = server();
        server.ok("POST", MAPPINGS, json!({"restApiId": "api", "basePath": "v1"}));
        assert_eq!(server.patch(&format!("{MAPPINGS}/v1"), &[operation]), (200, expected.clone()));
        assert_eq!(server.ok("GET", MAPPINGS, Value::Null), json!({"item": [expected]}));
    }
}

#[test]
fn a_patch_is_all_or_nothing() {
    for (operation, status, text) in [
        (("replace", "/basepath", "v2"), 409, "Base path already exists for this domain name"),
        (("replace", "/basepath", "a/b"), 400, SLASH),
        (("replace", "/restapiId", "none"), 400, "Invalid REST API identifier specified"),
        (("replace", "/stage", "dev"), 400, "Invalid stage identifier specified"),
        (
            ("replace", "/id", "x"),
            400,
            "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/basepath, /restapiId, /stage]",
        ),
        (
            ("remove", "/stage", ""),
            400,
            "Invalid patch path  '/stage' specified for op 'remove'. Please choose supported operations",
        ),
    ] {
        let mut server = server();
        for path in ["v1", "v2"] {
            server.ok("POST", MAPPINGS, json!({"restApiId": "api", "basePath": path}));
        }
        let before = server.ok("GET", MAPPINGS, Value::Null);
        let operations = [("replace", "/stage", "prod"), operation];
        assert_eq!(server.patch(&format!("{MAPPINGS}/v1"), &operations), (status, message(text)));
        assert_eq!(server.ok("GET", MAPPINGS, Value::Null), before);
    }
}

#[test]
fn what_is_not_there_is_told() {
    let no_domain = (404, message("Invalid domain name identifier specified"));
    let no_mapping = (404, message("Invalid base path mapping identifier specified"));
    let elsewhere = "/domainnames/none.com/basepathmappings";
    assert_eq!(server().call("POST", elsewhere, json!({"restApiId": "api"})), no_domain);
    assert_eq!(server().call("GET", elsewhere, Value::Null), no_domain);
    for (base, expected) in [(elsewhere, no_domain), (MAPPINGS, no_mapping)] {
        let target = format!("{base}/none");
        assert_eq!(server().call("GET", &target, Value::Null), expected);
        assert_eq!(server().call("DELETE", &target, Value::Null), expected);
        assert_eq!(server().patch(&target, &[]), expected);
    }
}
