//! Custom domain names are patched.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{CERTIFICATE, message};
use crate::testing::Server;
use serde_json::{Value, json};

fn with(members: &Value) -> (Server, String) {
    let mut server = Server::default();
    let mut given = json!({"domainName": "a.com"});
    given.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let answer = server.ok("POST", "/domainnames", given);
    let query = answer["domainNameId"].as_str().map(|id| format!("?domainNameId={id}"));
    (server, format!("/domainnames/a.com{}", query.unwrap_or_default()))
}

#[test]
fn every_path_can_be_patched() {
    let edge = json!({"certificateArn": CERTIFICATE});
    let regional = json!({"endpointConfiguration": {"types": ["REGIONAL"]}});
    let private = json!({"endpointConfiguration": {"types": ["PRIVATE"]}});
    for (domain, operations, pointer, expected) in [
        (&edge, vec![("add", "/certificateName", "n")], "/certificateName", json!("n")),
        (&edge, vec![("replace", "/certificateName", "n")], "/certificateName", json!("n")),
        (&edge, vec![("replace", "/certificateArn", "b")], "/certificateArn", json!("b")),
        (&edge, vec![("add", "/certificateArn", "b")], "/certificateArn", json!("b")),
        (&edge, vec![("remove", "/certificateArn", "")], "/certificateArn", Value::Null),
        (
            &edge,
            vec![("replace", "/certificateName", "n"), ("remove", "/certificateName", "")],
            "/certificateName",
            Value::Null,
        ),
        (&regional, vec![("add", "/regionalCertificateName", "n")], "/regionalCertificateName", json!("n")),
        (&regional, vec![("replace", "/regionalCertificateArn", "n")], "/regionalCertificateArn", json!("n")),
        (&regional, vec![("remove", "/regionalCertificateArn", "")], "/regionalCertificateArn", Value::Null),
        (
            &edge,
            vec![("replace", "/endpointConfiguration/ipAddressType", "dualstack")],
            "/endpointConfiguration/ipAddressType",
            json!("dualstack"),
        ),
        (
            &regional,
            vec![("replace", "/endpointConfiguration/types/0", "EDGE")],
            "/endpointConfiguration/types",
            json!(["EDGE"]),
        ),
        (&edge, vec![("replace", "/endpointAccessMode", "BASIC")], "/endpointAccessMode", json!("BASIC")),
        (
            &edge,
            vec![("replace", "/routingMode", "ROUTING_RULE_ONLY")],
            "/routingMode",
            json!("ROUTING_RULE_ONLY"),
        ),
        (&edge, vec![("replace", "/securityPolicy", "TLS_1_0")], "/securityPolicy", json!("TLS_1_0")),
        (
            &edge,
            vec![("replace", "/endpointAccessMode", "BASIC"), ("replace", "/endpointAccessMode", "")],
            "/endpointAccessMode",
            Value::Null,
        ),
        (&private, vec![("replace", "/policy", "{}")], "/policy", json!("{}")),
        (&private, vec![("replace", "/managementPolicy", "{}")], "/managementPolicy", json!("{}")),
        (
            &regional,
            vec![("add", "/ownershipVerificationCertificateArn", "a")],
            "/ownershipVerificationCertificateArn",
            json!("a"),
        ),
        (
            &regional,
            vec![
                ("replace", "/mutualTlsAuthentication/truststoreUri", "s3://b/k"),
                ("add", "/mutualTlsAuthentication/truststoreVersion", "2"),
            ],
            "/mutualTlsAuthentication",
            json!({"truststoreUri": "s3://b/k", "truststoreVersion": "2"}),
        ),
        (
            &regional,
            vec![
                ("add", "/mutualTlsAuthentication/truststoreUri", "s3://b/k"),
                ("replace", "/mutualTlsAuthentication/truststoreVersion", "2"),
                ("remove", "/mutualTlsAuthentication/truststoreVersion", ""),
            ],
            "/mutualTlsAuthentication",
            json!({"truststoreUri": "s3://b/k"}),
        ),
        (
            &regional,
            vec![
                ("add", "/mutualTlsAuthentication/truststoreUri", "s3://b/k"),
                ("replace", "/mutualTlsAuthentication/truststoreUri", ""),
            ],
            "/mutualTlsAuthentication",
            Value::Null,
        ),
    ] {
        let (mut server, target) = with(domain);
        let (status, answer) = server.patch(&target, &operations);
        assert_eq!((status, &answer["tags"]), (200, &json!({})), "{answer}");
        assert_eq!(answer.pointer(pointer).unwrap_or(&Value::Null), &expected, "{pointer}");
        assert_eq!(server.ok("GET", &target, Value::Null), answer);
    }
}

#[test]
fn a_domain_moves_from_edge_to_regional_in_two_steps() {
    let (mut server, target) = with(&json!({"certificateArn": CERTIFICATE}));
    let operations = [
        ("add", "/endpointConfiguration/types", "REGIONAL"),
        ("add", "/regionalCertificateArn", CERTIFICATE),
    ];
    let (_, both) = server.patch(&target, &operations);
    assert_eq!(both["endpointConfiguration"]["types"], json!(["EDGE", "REGIONAL"]));
    assert!(both["distributionDomainName"].is_string() && both["regionalDomainName"].is_string());
    let held = "The security policy cannot change while a custom domain name has two endpoint types.";
    assert_eq!(server.patch(&target, &[("replace", "/securityPolicy", "TLS_1_0")]), (400, message(held)));
    let operations = [("remove", "/endpointConfiguration/types", "EDGE"), ("remove", "/certificateArn", "")];
    let (_, after) = server.patch(&target, &operations);
    assert_eq!(after["endpointConfiguration"]["types"], json!(["REGIONAL"]));
    assert_eq!(after["regionalDomainName"], both["regionalDomainName"]);
    assert_eq!((after.get("distributionDomainName"), after.get("distributionHostedZoneId")), (None, None));
}

#[test]
fn a_patch_is_all_or_nothing() {
    let policies = "Invalid patch path  '/x' specified for op 'add'. Must be one of: [/certificateName, /certificateArn, \
        /endpointConfiguration/types, /mutualTlsAuthentication/truststoreUri, \
        /mutualTlsAuthentication/truststoreVersion, /regionalCertificateName, /regionalCertificateArn, \
        /ownershipVerificationCertificateArn]";
    for (operations, text) in [
        (vec![("add", "/x", "")], policies),
        (
            vec![("move", "/policy", "")],
            "Invalid patch path  '/policy' specified for op 'move'. Please choose supported operations",
        ),
        (
            vec![
                ("add", "/endpointConfiguration/types", "REGIONAL"),
                ("remove", "/endpointConfiguration/types", "EDGE"),
            ],
            "Endpoint types and certificates cannot be added and removed in one request.",
        ),
        (
            vec![("remove", "/endpointConfiguration/types", "EDGE")],
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
        (
            vec![("replace", "/endpointConfiguration/types/EDGE", "PRIVATE")],
            "Only dualstack ipAddressType is supported for private custom domain names.",
        ),
        (
            vec![
                ("replace", "/endpointConfiguration/ipAddressType", "dualstack"),
                ("replace", "/endpointConfiguration/types/EDGE", "PRIVATE"),
            ],
            "A custom domain name cannot become private or public.",
        ),
        (
            vec![("add", "/endpointConfiguration/types", "HALF")],
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        ),
        (
            vec![("replace", "/endpointConfiguration/ipAddressType", "ipv6")],
            "ipAddressType must be either ipv4 or dualstack.",
        ),
        (
            vec![("replace", "/endpointAccessMode", "LAX")],
            "Invalid value 'LAX' specified for '/endpointAccessMode'. Must be one of: [BASIC, STRICT]",
        ),
        (vec![("replace", "/policy", "{}")], "Policies are only supported for private custom domain names."),
        (
            vec![("add", "/regionalCertificateArn", "a")],
            "Cannot import certificates for REGIONAL while EDGE is active.",
        ),
        (
            vec![("replace", "/mutualTlsAuthentication/truststoreUri", "s3://b/k")],
            "Mutual TLS is only supported for REGIONAL custom domain names with the security policy TLS_1_2.",
        ),
        (
            vec![("replace", "/securityPolicy", "SecurityPolicy_TLS13_2025_EDGE")],
            "An endpointAccessMode is required for security policies that begin with SecurityPolicy_",
        ),
    ] {
        let (mut server, target) = with(&json!({}));
        let before = server.ok("GET", &target, Value::Null);
        let mut all = vec![("replace", "/routingMode", "ROUTING_RULE_ONLY")];
        all.extend(operations);
        assert_eq!(server.patch(&target, &all), (400, message(text)));
        assert_eq!(server.ok("GET", &target, Value::Null), before);
    }
    let unknown = (404, message("Invalid domain name identifier specified"));
    assert_eq!(Server::default().patch("/domainnames/none.com", &[]), unknown);
}
