//! Tags of everything that has some.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;
use crate::testing::Server;
use serde_json::Value;

const API: &str = "a1b2c3d4e5";

fn server() -> Server {
    let mut server = Server::default();
    server.put(API, RestApi { id: API.into(), ..RestApi::default() });
    server.put(&format!("{API}/prod"), Stage { stage_name: "prod".into(), ..Stage::default() });
    server.put("k", ApiKey { id: "k".into(), ..ApiKey::default() });
    server.put("p", UsagePlan { id: "p".into(), ..UsagePlan::default() });
    server.put("example.com", DomainName { domain_name: "example.com".into(), ..DomainName::default() });
    server.put("example.com+1", DomainName { domain_name: "example.com".into(), ..DomainName::default() });
    server.put("v", VpcLink { id: "v".into(), ..VpcLink::default() });
    server.put("c", ClientCertificate { client_certificate_id: "c".into(), ..ClientCertificate::default() });
    server.put(ASSOCIATION, DomainNameAccessAssociation::default());
    server
}

const ASSOCIATION: &str =
    "arn:aws:apigateway:us-east-1:1:/domainnameaccessassociations/domainname/example.com+1/vpcesource/vpce-1";

fn path(arn: &str) -> String {
    format!("/tags/{}", arn.replace(':', "%3A").replace('/', "%2F").replace('+', "%2B"))
}

#[test]
fn everything_that_has_tags_takes_and_loses_them() {
    let mut server = server();
    for resource in [
        format!("arn:aws:apigateway:us-east-1::/restapis/{API}"),
        format!("arn:aws:apigateway:us-east-1::/restapis/{API}/stages/prod"),
        "arn:aws:apigateway:us-east-1::/apikeys/k".into(),
        "arn:aws:apigateway:us-east-1::/usageplans/p".into(),
        "arn:aws:apigateway:us-east-1::/domainnames/example.com".into(),
        "arn:aws:apigateway:us-east-1:1:/domainnames/example.com+1".into(),
        "arn:aws:apigateway:us-east-1::/vpclinks/v".into(),
        "arn:aws:apigateway:us-east-1::/clientcertificates/c".into(),
        ASSOCIATION.into(),
    ] {
        let path = path(&resource);
        assert_eq!(server.call("GET", &path, Value::Null), (200, json!({"tags": {}})), "{resource}");
        let tags = json!({"tags": {"a": "1", "b": "2", "c": "3"}});
        assert_eq!(server.call("PUT", &path, tags), (204, Value::Null), "{resource}");
        assert_eq!(server.call("PUT", &path, json!({"tags": {"a": "4"}})), (204, Value::Null));
        let expected = json!({"tags": {"a": "4", "b": "2", "c": "3"}});
        assert_eq!(server.ok("GET", &path, Value::Null), expected);
        let target = format!("{path}?tagKeys=a&tagKeys=b&tagKeys=none");
        assert_eq!(server.call("DELETE", &target, Value::Null), (204, Value::Null));
        assert_eq!(server.ok("GET", &path, Value::Null), json!({"tags": {"c": "3"}}));
    }
}

#[test]
fn an_arn_need_not_be_escaped() {
    let mut server = server();
    let target = format!("/tags/arn:aws:apigateway:us-east-1::/restapis/{API}/stages/prod");
    assert_eq!(server.call("GET", &target, Value::Null), (200, json!({"tags": {}})));
}

#[test]
fn what_is_not_there_is_told() {
    let start = "arn:aws:apigateway:us-east-1::";
    for (arn, status, message) in [
        (format!("{start}/restapis/none"), 404, "Invalid API identifier specified 123456789012:none"),
        (format!("{start}/restapis/{API}/stages/none"), 404, "Invalid stage identifier specified"),
        (format!("{start}/apikeys/none"), 404, "Invalid API Key identifier specified"),
        (format!("{start}/usageplans/none"), 404, "Invalid Usage Plan ID specified"),
        (format!("{start}/domainnames/none"), 404, "Invalid domain name identifier specified"),
        (format!("{start}/vpclinks/none"), 404, "Invalid Vpc Link identifier specified"),
        (format!("{start}/clientcertificates/none"), 404, "Invalid Client Certificate identifier specified"),
        (
            format!("{start}/domainnameaccessassociations/none"),
            404,
            "Invalid domain name access association identifier specified",
        ),
        (
            format!("{start}/account"),
            400,
            "Invalid ARN. arn:aws:apigateway:us-east-1::/account names nothing that has tags",
        ),
        ("arn:aws:s3:::bucket".into(), 400, "Invalid ARN. ARN is not well formed arn:aws:s3:::bucket"),
        ("bucket".into(), 400, "Invalid ARN. ARN is not well formed bucket"),
    ] {
        let path = path(&arn);
        let expected = (status, json!({"message": message}));
        assert_eq!(server().call("GET", &path, Value::Null), expected);
        assert_eq!(server().call("PUT", &path, json!({"tags": {"a": "b"}})), expected);
        assert_eq!(server().call("DELETE", &format!("{path}?tagKeys=a"), Value::Null), expected);
    }
}

fn tagged_with(names: std::ops::Range<usize>) -> Value {
    let tags: serde_json::Map<String, Value> = names.map(|index| (format!("t{index}"), json!(""))).collect();
    json!({"tags": tags})
}

#[test]
fn an_entity_has_at_most_fifty_tags() {
    let mut server = server();
    let path = path("arn:aws:apigateway:us-east-1::/apikeys/k");
    assert_eq!(server.call("PUT", &path, tagged_with(0..50)).0, 204);
    assert_eq!(server.call("PUT", &path, tagged_with(0..50)).0, 204);
    let refused = (400, json!({"message": "A resource can have at most 50 tags."}));
    assert_eq!(server.call("PUT", &path, tagged_with(50..51)), refused);
    assert_eq!(server.call("PUT", &path, tagged_with(0..51)), refused);
    assert_eq!(server.ok("GET", &path, Value::Null), tagged_with(0..50));
}

#[test]
fn tags_are_short_and_not_those_of_aws() {
    let path = path("arn:aws:apigateway:us-east-1::/apikeys/k");
    for (name, value, message) in [
        ("é".repeat(128), "é".repeat(256), None),
        ("é".repeat(129), String::new(), Some("The key of a tag can be at most 128 characters.")),
        ("a".into(), "é".repeat(257), Some("The value of a tag can be at most 256 characters.")),
        (String::new(), "a".into(), Some("The key of a tag cannot be empty.")),
        (
            "aws:a".into(),
            "a".into(),
            Some("Invalid tag key 'aws:a': keys beginning with 'aws:' are reserved."),
        ),
        (
            "AWS:a".into(),
            "a".into(),
            Some("Invalid tag key 'AWS:a': keys beginning with 'aws:' are reserved."),
        ),
    ] {
        let answer = server().call("PUT", &path, json!({"tags": {name: value}}));
        let expected = message.map_or((204, Value::Null), |message| (400, json!({"message": message})));
        assert_eq!(answer, expected);
    }
}

#[test]
fn tags_and_their_names_are_required() {
    let path = path("arn:aws:apigateway:us-east-1::/apikeys/k");
    let (status, answer) = server().call("PUT", &path, json!({}));
    assert_eq!(
        (status, answer["message"].as_str().unwrap().contains("Member must not be null")),
        (400, true)
    );
    assert_eq!(server().call("DELETE", &path, Value::Null).0, 400);
}

#[test]
fn what_comes_from_a_file_keeps_its_tags() {
    let mut server = server();
    server.put_from_file("k", ApiKey::default(), "keys.yaml");
    let (status, answer) =
        server.call("PUT", &path("arn:aws:apigateway:us-east-1::/apikeys/k"), json!({"tags": {"a": "b"}}));
    assert_eq!((status, answer["message"].as_str().unwrap().contains("keys.yaml")), (400, true));
}
