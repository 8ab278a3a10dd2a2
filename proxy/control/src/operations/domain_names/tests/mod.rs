//! Custom domain names.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod patches;

use crate::entities::{BasePathMapping, DomainName, DomainNameAccessAssociation, EndpointConfiguration};
use crate::testing::{Server, message};
use serde_json::{Value, json};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";

fn refused(given: Value) -> String {
    let (status, answer) = Server::default().call("POST", "/domainnames", given);
    assert_eq!(status, 400, "{answer}");
    answer["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_name_alone_is_an_edge_domain() {
    let mut server = Server::default();
    let (status, answer) = server.call("POST", "/domainnames", json!({"domainName": "api.example.com"}));
    let host = answer["distributionDomainName"].as_str().unwrap();
    assert_eq!((status, host.len(), host.ends_with(".cloudfront.net")), (201, 29, true), "{host}");
    let mut expected = json!({
        "domainName": "api.example.com",
        "domainNameArn": "arn:aws:apigateway:us-east-1::/domainnames/api.example.com",
        "domainNameStatus": "AVAILABLE",
        "distributionDomainName": host,
        "distributionHostedZoneId": "Z2FDTNDATAQYW2",
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "securityPolicy": "TLS_1_2",
        "routingMode": "BASE_PATH_MAPPING_ONLY",
    });
    assert_eq!(answer, expected);
    assert_eq!(server.ok("GET", "/domainnames", Value::Null), json!({"item": [expected]}));
    expected["tags"] = json!({});
    assert_eq!(server.call("GET", "/domainnames/api.example.com", Value::Null), (200, expected));
}

#[test]
fn a_regional_domain_has_all_that_it_was_given() {
    let mut server = Server::default();
    let mut given = json!({
        "domainName": "*.example.com",
        "regionalCertificateName": "c",
        "regionalCertificateArn": CERTIFICATE,
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"},
        "tags": {"a": "b"},
        "securityPolicy": "TLS_1_2",
        "endpointAccessMode": "STRICT",
        "mutualTlsAuthentication": {"truststoreUri": "s3://b/k", "truststoreVersion": "1"},
        "ownershipVerificationCertificateArn": CERTIFICATE,
        "routingMode": "ROUTING_RULE_ONLY",
    });
    let answer = server.ok("POST", "/domainnames", given.clone());
    let host = answer["regionalDomainName"].as_str().unwrap();
    let fits = host.starts_with("d-") && host.ends_with(".execute-api.us-east-1.example.com");
    assert!(fits, "{host}");
    given["domainNameArn"] = json!("arn:aws:apigateway:us-east-1::/domainnames/*.example.com");
    given["domainNameStatus"] = json!("AVAILABLE");
    given["regionalDomainName"] = json!(host);
    given["regionalHostedZoneId"] = json!("Z1UJRXOUMOOFQ8");
    given["certificateUploadDate"] = json!(1_700_000_000);
    assert_eq!(answer, given);
    assert_eq!(server.ok("GET", "/domainnames/%2A.example.com", Value::Null), given);
    assert_eq!(server.ok("GET", "/domainnames", Value::Null), json!({"item": [given]}));
}

#[test]
fn a_private_key_is_kept_and_never_shown() {
    let mut server = Server::default();
    let given = json!({
        "domainName": "a.example.com",
        "certificateName": "c",
        "certificateBody": "body",
        "certificatePrivateKey": "secret",
        "certificateChain": "chain",
    });
    let answer = server.ok("POST", "/domainnames", given);
    assert_eq!((&answer["certificateName"], answer.to_string().contains("secret")), (&json!("c"), false));
    let domain = server.state.get::<DomainName>("a.example.com").unwrap();
    let kept = (domain.certificate_private_key.as_deref(), domain.certificate_body.as_deref());
    assert_eq!(kept, (Some("secret"), Some("body")));
    assert_eq!(domain.certificate_chain.as_deref(), Some("chain"));
}

#[test]
fn private_domains_of_one_name_are_told_apart_by_id() {
    let mut server = Server::default();
    let given = json!({
        "domainName": "private.example.com",
        "certificateArn": CERTIFICATE,
        "endpointConfiguration": {"types": ["PRIVATE"]},
        "policy": "{\"Version\":\"2012-10-17\"}",
    });
    let first = server.ok("POST", "/domainnames", given.clone());
    let second = server.ok("POST", "/domainnames", given);
    let id = first["domainNameId"].as_str().unwrap();
    assert_ne!(first["domainNameId"], second["domainNameId"]);
    let expected = json!({
        "domainName": "private.example.com",
        "domainNameId": id,
        "domainNameArn": format!("arn:aws:apigateway:us-east-1:123456789012:/domainnames/private.example.com+{id}"),
        "domainNameStatus": "AVAILABLE",
        "certificateArn": CERTIFICATE,
        "certificateUploadDate": 1_700_000_000,
        "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "dualstack"},
        "policy": "{\"Version\":\"2012-10-17\"}",
        "securityPolicy": "TLS_1_2",
        "routingMode": "BASE_PATH_MAPPING_ONLY",
    });
    assert_eq!(first, expected);
    let target = format!("/domainnames/private.example.com?domainNameId={id}");
    assert_eq!(server.ok("GET", &target, Value::Null)["domainNameId"], id);
    let unknown = (404, message("Invalid domain name identifier specified"));
    assert_eq!(server.call("GET", "/domainnames/private.example.com", Value::Null), unknown);
    assert_eq!(server.call("DELETE", &target, Value::Null), (202, Value::Null));
    assert_eq!(server.ok("GET", "/domainnames", Value::Null), json!({"item": [second]}));
}

#[test]
fn names_are_names_of_hosts() {
    let label = "a".repeat(63);
    let longest = [&*label, &*label, &*label, &*label].join(".");
    for name in ["localhost", "testDomain", "*.example.com", "a_b.example.com", &label, &longest] {
        let (status, answer) = Server::default().call("POST", "/domainnames", json!({"domainName": name}));
        assert_eq!(status, 201, "{answer}");
    }
    let (long_label, long_name) = ("a".repeat(64), format!("b.{longest}"));
    let wrong = ["a.*.com", "*a.com", "*", "a..b", ".a", "a.", "-a.com", "a-.com", "a b", "é.com", "a/b"];
    for name in wrong.into_iter().chain([&*long_label, &*long_name]) {
        let expected = format!("Invalid domain name '{name}' specified");
        assert_eq!(refused(json!({"domainName": name})), expected);
    }
    assert_eq!(refused(json!({"domainName": ""})), "No Domain Name specified");
    let wildcard = json!({"domainName": "*.a", "endpointConfiguration": {"types": ["PRIVATE"]}});
    assert_eq!(refused(wildcard), "Invalid domain name '*.a' specified");
}

#[test]
fn a_public_name_is_taken_once() {
    let mut server = Server::default();
    server.ok("POST", "/domainnames", json!({"domainName": "a.example.com"}));
    let taken = (400, message("The domain name you provided already exists."));
    assert_eq!(server.call("POST", "/domainnames", json!({"domainName": "A.example.com"})), taken);
}

#[test]
fn members_must_fit_together() {
    let types = |types: &[&str]| json!({"types": types});
    for (members, text) in [
        (
            json!({"endpointConfiguration": types(&["EDGE", "PRIVATE"])}),
            "Invalid EndpointTypes specified. Only EDGE and REGIONAL can be together, each once.",
        ),
        (
            json!({"endpointConfiguration": types(&["EDGE", "EDGE"])}),
            "Invalid EndpointTypes specified. Only EDGE and REGIONAL can be together, each once.",
        ),
        (
            json!({"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}}),
            "Only dualstack ipAddressType is supported for private custom domain names.",
        ),
        (
            json!({"endpointConfiguration": types(&["REGIONAL"]), "certificateArn": CERTIFICATE}),
            "Cannot import certificates for EDGE while REGIONAL is active.",
        ),
        (
            json!({"regionalCertificateArn": CERTIFICATE}),
            "Cannot import certificates for REGIONAL while EDGE is active.",
        ),
        (json!({"policy": "{}"}), "Policies are only supported for private custom domain names."),
        (
            json!({"securityPolicy": "SecurityPolicy_TLS13_2025_EDGE"}),
            "An endpointAccessMode is required for security policies that begin with SecurityPolicy_",
        ),
        (
            json!({"mutualTlsAuthentication": {"truststoreUri": "s3://b/k"}}),
            "Mutual TLS is only supported for REGIONAL custom domain names with the security policy TLS_1_2.",
        ),
    ] {
        let mut given = json!({"domainName": "a.example.com"});
        given.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        assert_eq!(refused(given), text);
    }
}

#[test]
fn an_account_has_limits_for_public_and_private_names() {
    for (kind, most, text) in [
        ("EDGE", 120, "An account can have at most 120 public custom domain names."),
        ("PRIVATE", 50, "An account can have at most 50 private custom domain names."),
    ] {
        let mut server = Server::default();
        for index in 0..most - 1 {
            let endpoint_configuration =
                EndpointConfiguration { types: vec![kind.into()], ..EndpointConfiguration::default() };
            server.put(&format!("d{index}"), DomainName { endpoint_configuration, ..DomainName::default() });
        }
        let given = |name: &str| json!({"domainName": name, "endpointConfiguration": {"types": [kind]}});
        assert_eq!(server.call("POST", "/domainnames", given("a.com")).0, 201);
        assert_eq!(server.call("POST", "/domainnames", given("b.com")), (429, message(text)));
    }
}

#[test]
fn names_are_listed_in_pages_and_others_have_none() {
    let mut server = Server::default();
    for name in ["b.com", "a.com"] {
        server.ok("POST", "/domainnames", json!({"domainName": name}));
    }
    let first = server.ok("GET", "/domainnames?limit=1&resourceOwner=SELF", Value::Null);
    assert_eq!(first["item"][0]["domainName"], "a.com");
    let next = format!("/domainnames?limit=1&position={}", first["position"].as_str().unwrap());
    assert_eq!(server.ok("GET", &next, Value::Null)["item"][0]["domainName"], "b.com");
    let others = server.ok("GET", "/domainnames?resourceOwner=OTHER_ACCOUNTS", Value::Null);
    assert_eq!(others, json!({"item": []}));
}

#[test]
fn a_deleted_domain_takes_its_mappings_and_associations_along() {
    let mut server = Server::default();
    let given = json!({"domainName": "a.com", "endpointConfiguration": {"types": ["PRIVATE"]}});
    let domain = server.ok("POST", "/domainnames", given);
    let id = domain["domainNameId"].as_str().unwrap();
    let association = |arn: &str| DomainNameAccessAssociation {
        domain_name_arn: arn.into(),
        ..DomainNameAccessAssociation::default()
    };
    server.put("mine", association(domain["domainNameArn"].as_str().unwrap()));
    server.put("other", association("other"));
    assert_eq!(server.call("DELETE", &format!("/domainnames/a.com?domainNameId={id}"), Value::Null).0, 202);
    assert!(server.state.domain_names.is_empty());
    assert_eq!(server.state.access_associations.keys().collect::<Vec<_>>(), ["other"]);
    let unknown = (404, message("Invalid domain name identifier specified"));
    assert_eq!(server.call("DELETE", "/domainnames/a.com", Value::Null), unknown);
}

#[test]
fn a_domain_from_a_file_cannot_be_changed() {
    let mut server = Server::default();
    let mapping = BasePathMapping { base_path: "v1".into(), ..BasePathMapping::default() };
    let domain = DomainName {
        domain_name: "a.com".into(),
        endpoint_configuration: EndpointConfiguration { types: vec!["EDGE".into()], ..Default::default() },
        base_path_mappings: [("v1".to_owned(), mapping)].into(),
        ..DomainName::default()
    };
    server.put_from_file("a.com", domain, "domains.yaml");
    let operations = [("replace", "/routingMode", "ROUTING_RULE_ONLY")];
    for (status, answer) in [
        server.patch("/domainnames/a.com", &operations),
        server.call("DELETE", "/domainnames/a.com", Value::Null),
        server.call("DELETE", "/domainnames/a.com/basepathmappings/v1", Value::Null),
    ] {
        assert_eq!((status, answer["message"].as_str().unwrap().contains("domains.yaml")), (400, true));
    }
}
