#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::*;
use proptest::prelude::*;
use serde_json::json;

const API: ApiArn<'_> = ApiArn { partition: "aws", region: "us-east-1", account: "123456789012", api: "abc" };
const PETS: &str = "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/pets/1";

fn request(resource: &str) -> PolicyRequest<'_> {
    PolicyRequest { principal: None, action: "execute-api:Invoke", resource, conditions: &() }
}

fn identity(statements: &Value) -> Policy {
    Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements}))
        .unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn verdicts() {
    let allow = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"});
    let allow_posts =
        json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:execute-api:*:*:abc/prod/POST/*"});
    let deny_pets = json!({"Effect": "Deny", "Action": ["execute-api:*"], "Resource": ["*/pets/?"]});
    let table = [
        (json!([]), Verdict::Silent),
        (allow.clone(), Verdict::Allow),
        (json!([allow]), Verdict::Allow),
        (json!([allow_posts]), Verdict::Silent),
        (json!([allow, deny_pets]), Verdict::ExplicitDeny),
        (json!([deny_pets, allow]), Verdict::ExplicitDeny),
        (json!({"Effect": "Allow", "NotAction": "execute-api:Invoke", "Resource": "*"}), Verdict::Silent),
        (
            json!({"Effect": "Allow", "NotAction": "execute-api:ManageConnections", "Resource": "*"}),
            Verdict::Allow,
        ),
        (json!({"Effect": "Deny", "Action": "*", "NotResource": "*/pets/*"}), Verdict::Silent),
        (json!({"Effect": "Deny", "Action": "*", "NotResource": "*/cats/*"}), Verdict::ExplicitDeny),
        // Actions ignore letter case, resources do not.
        (json!({"Effect": "Allow", "Action": "Execute-API:invoke", "Resource": PETS}), Verdict::Allow),
        (json!({"Effect": "Allow", "Action": "*", "Resource": PETS.replace("GET", "get")}), Verdict::Silent),
        (json!({"Effect": "Allow", "Action": "execute-api:Inv?ke", "Resource": "*"}), Verdict::Allow),
    ];
    for (statements, expected) in table {
        assert_eq!(identity(&statements).evaluate(&request(PETS)), expected, "{statements}");
    }
}

#[test]
fn conditions_and_variables_of_a_request() {
    let policy = identity(&json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*/users/${aws:username}",
         "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}},
    ]));
    let resource = "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/users/ann";
    for (ip, user, expected) in [
        ("203.0.113.9", "ann", Verdict::Allow),
        ("2001:db8::9", "ann", Verdict::Allow),
        ("198.51.100.1", "ann", Verdict::Silent),
        ("203.0.113.9", "bob", Verdict::Silent),
    ] {
        let keys = [("aws:sourceip", ip), ("aws:username", user)];
        let request = PolicyRequest { conditions: &keys, ..request(resource) };
        assert_eq!(policy.evaluate(&request), expected, "{ip} {user}");
    }
    let old = Policy::parse(
        &json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*/${aws:username}"}}),
    );
    let literal = "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/${aws:username}";
    assert_eq!(old.unwrap().evaluate(&request(literal)), Verdict::Allow);
}

#[test]
fn resource_policies() {
    let policy = Policy::parse_resource_policy(
        &json!({
            "Version": "2012-10-17", "Id": "x",
            "Statement": [
                {"Sid": "1", "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
                 "Resource": ["execute-api:/prod/GET/*", "execute-api:/dev/*"]},
                {"Effect": "Deny", "Principal": {"AWS": ["999999999999"]}, "Action": "*", "Resource": "execute-api:/*"},
            ]
        }),
        &API,
    )
    .unwrap();
    let other_api = PETS.replace("abc", "xyz");
    let posts = PETS.replace("GET", "POST");
    for (caller, resource, expected) in [
        (None, PETS, Verdict::Allow),
        (None, posts.as_str(), Verdict::Silent),
        (None, other_api.as_str(), Verdict::Silent),
        (Some("arn:aws:iam::999999999999:user/x"), PETS, Verdict::ExplicitDeny),
        (Some("arn:aws:iam::123456789012:user/x"), PETS, Verdict::Allow),
    ] {
        let request = PolicyRequest { principal: caller, ..request(resource) };
        assert_eq!(policy.evaluate(&request), expected, "{caller:?} {resource}");
    }
}

#[test]
fn short_resources() {
    for (resource, expected) in [
        ("execute-api:/prod/GET/x", "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/x"),
        ("execute-api:/*", "arn:aws:execute-api:us-east-1:123456789012:abc/*"),
        (PETS, PETS),
        ("*", "*"),
    ] {
        assert_eq!(expand_short_form(resource, &API), expected);
    }
}

#[test]
fn errors_say_where() {
    let statement = |change: fn(&mut serde_json::Map<String, Value>)| {
        let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
        change(statement.as_object_mut().unwrap());
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let table = [
        (json!("x"), "found \"x\", expected a policy document"),
        (json!({}), "found no Statement, expected a Statement"),
        (
            json!({"Version": "2012-10-18", "Statement": []}),
            "at /Version: found \"2012-10-18\", expected \"2012-10-17\" or \"2008-10-17\"",
        ),
        (json!({"Statements": []}), "found the member \"Statements\", expected only Version, Id, Statement"),
        (json!({"Statement": 1}), "at /Statement: found 1, expected a statement"),
        (
            statement(|s| s["Effect"] = json!("allow")),
            "at /Statement/0/Effect: found \"allow\", expected \"Allow\" or \"Deny\"",
        ),
        (
            statement(|s| s["Action"] = json!([])),
            "at /Statement/0/Action: found an empty list, expected a string or a list of strings",
        ),
        (
            statement(|s| s["Action"] = json!(["*", 1])),
            "at /Statement/0/Action/1: found 1, expected a string",
        ),
        (
            statement(|s| s["Action"] = json!("Invoke")),
            "at /Statement/0/Action: found \"Invoke\", expected \"*\" or \"service:Action\"",
        ),
        (
            statement(|s| s["Resource"] = json!("/pets")),
            "at /Statement/0/Resource: found \"/pets\", expected an ARN, \"*\" or \"execute-api:/…\"",
        ),
        (
            statement(|s| drop(s.remove("Resource"))),
            "at /Statement/0: found no Resource, expected Resource or NotResource",
        ),
        (
            statement(|s| drop(s.insert("NotAction".into(), json!("*")))),
            "at /Statement/0: found both Action and NotAction, expected one of Action and NotAction",
        ),
        (
            statement(|s| drop(s.remove("Principal"))),
            "at /Statement/0: found no Principal, expected Principal or NotPrincipal",
        ),
        (
            statement(|s| s["Principal"] = json!("ann")),
            "at /Statement/0/Principal: found \"ann\", expected \"*\" or an object such as {\"AWS\": \"…\"}",
        ),
        (
            statement(|s| s["Principal"] = json!({"AWS": "ann"})),
            "at /Statement/0/Principal/AWS: found \"ann\", expected \"*\", an account of 12 digits or an IAM ARN",
        ),
        (
            statement(|s| s["Principal"] = json!({"User": "*"})),
            "at /Statement/0/Principal/User: found \"User\", expected AWS, Service, Federated or CanonicalUser",
        ),
        (
            statement(|s| drop(s.insert("Condition".into(), json!({"Is": {}})))),
            "at /Statement/0/Condition/Is: found the operator \"Is\"",
        ),
    ];
    for (document, expected) in table {
        let error = Policy::parse_resource_policy(&document, &API).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(Policy::parse_str("{").unwrap_err().to_string().contains("expected a policy document in JSON"));
}

#[test]
fn the_size_is_limited() {
    let document = |padding: usize| json!({"Id": "x".repeat(padding), "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let rest = document(0).to_string().len();
    assert!(Policy::parse(&document(MAX_POLICY_CHARS - rest)).is_ok());
    let error = Policy::parse(&document(MAX_POLICY_CHARS - rest + 1)).unwrap_err();
    assert_eq!(error.to_string(), "found 8193 characters, expected at most 8192");
    let padded = |bytes: usize| " ".repeat(bytes - rest) + &document(0).to_string();
    assert!(Policy::parse_str(&padded(MAX_POLICY_TEXT_BYTES)).is_ok());
    assert!(Policy::parse_str(&padded(MAX_POLICY_TEXT_BYTES + 1)).is_err());
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "[{}\\[\\]\":,*$ a-zA-Z0-9]{0,64}") {
        let _ = Policy::parse_str(&text);
        let _ = Policy::parse(&json!({"Statement": {"Effect": "Allow", "Action": text, "Resource": text, "Principal": {"AWS": text}, "Condition": {"DateEquals": {"k": text}}}}));
    }
}
