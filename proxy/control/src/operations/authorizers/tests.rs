//! Authorizers through the wire protocol.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use crate::operations::sample::{API, FROZEN, edit_post, freeze, server};
use crate::testing::Server;
use serde_json::{Value, json};

const URI: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:who/invocations";
const POOL: &str = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a";
const HEADER: &str = "method.request.header.Authorization";

fn authorizers() -> String {
    format!("{API}/authorizers")
}

fn token() -> Value {
    json!({"name": "who", "type": "TOKEN", "authorizerUri": URI, "identitySource": HEADER})
}

fn jwt() -> Value {
    json!({
        "name": "jwt", "type": "JWT", "identitySource": HEADER,
        "jwtConfiguration": {
            "issuers": [{
                "issuer": "https://issuer.example.com/a", "audiences": ["pets"],
                "additionalClaims": [{"claimName": "team", "format": "SINGLE_STRING", "expectedValues": ["x"]}],
            }],
            "defaultAlgorithms": ["RS256"],
        },
    })
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

/// Makes an authorizer; its path.
fn create(server: &mut Server, body: Value) -> String {
    format!("{}/{}", authorizers(), server.ok("POST", &authorizers(), body)["id"].as_str().unwrap())
}

fn refused(server: &mut Server, body: Value) -> String {
    let (status, body) = server.call("POST", &authorizers(), body);
    assert_eq!(status, 400, "{body}");
    body["message"].as_str().unwrap().to_owned()
}

#[test]
fn an_authorizer_is_made_read_listed_and_deleted() {
    let mut server = server();
    let (status, made) = server.call("POST", &authorizers(), token());
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!((status, id.len()), (201, 6));
    assert_eq!(
        made,
        json!({
            "id": id, "name": "who", "type": "TOKEN", "authType": "custom", "authorizerUri": URI,
            "identitySource": HEADER, "authorizerResultTtlInSeconds": 300,
        })
    );
    let path = format!("{}/{id}", authorizers());
    assert_eq!(server.ok("GET", &path, Value::Null), made);
    assert_eq!(server.ok("GET", &authorizers(), Value::Null), json!({"item": [made]}));
    assert_eq!(server.call("DELETE", &path, Value::Null), (202, Value::Null));
    assert_eq!(server.ok("GET", &authorizers(), Value::Null), json!({"item": []}));
}

#[test]
fn an_authorizer_has_all_that_it_is_made_with() {
    let mut server = server();
    let body = json!({
        "name": "who", "type": "REQUEST", "authType": "mine", "authorizerUri": URI,
        "authorizerCredentials": "arn:aws:iam::123456789012:role/call",
        "identitySource": "method.request.header.A, method.request.querystring.B,stageVariables.c,context.d",
        "identityValidationExpression": "^x", "authorizerResultTtlInSeconds": 0,
    });
    let made = server.ok("POST", &authorizers(), body.clone());
    assert_eq!(made, with(body, "id", made["id"].clone()));
}

#[test]
fn user_pools_and_issuers_are_authorizers_too() {
    let mut server = server();
    let pools =
        json!({"name": "p", "type": "COGNITO_USER_POOLS", "providerARNs": [POOL], "identitySource": HEADER});
    let made = server.ok("POST", &authorizers(), pools);
    assert_eq!(
        made,
        json!({
            "id": made["id"], "name": "p", "type": "COGNITO_USER_POOLS", "authType": "cognito_user_pools",
            "providerARNs": [POOL], "identitySource": HEADER, "authorizerResultTtlInSeconds": 300,
        })
    );
    let made = server.ok("POST", &authorizers(), jwt());
    assert_eq!(made, with(jwt(), "id", made["id"].clone()));
}

#[test]
fn what_cannot_be_an_authorizer_is_refused() {
    let mut server = server();
    create(&mut server, token());
    assert_eq!(
        refused(&mut server, token()),
        "Authorizer name must be unique. Authorizer who already exists in this RestApi."
    );
    let new = || with(token(), "name", json!("new"));
    assert_eq!(refused(&mut server, with(new(), "name", json!(""))), "Authorizer name must be non-empty");
    for (member, value) in [("authorizerUri", ""), ("identitySource", ""), ("type", "COGNITO_USER_POOLS")] {
        assert_eq!(refused(&mut server, with(new(), member, json!(value))), "Invalid request input");
    }
    for uri in [
        "arn:aws:lambda:us-east-1:123456789012:function:who",
        "https://example.com/functions/x/invocations",
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions//invocations",
    ] {
        assert_eq!(
            refused(&mut server, with(new(), "authorizerUri", json!(uri))),
            format!(
                "Invalid Authorizer URI: {uri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation."
            )
        );
    }
    for source in ["Authorization", "method.request.header.", "method.request.querystring.A"] {
        assert_eq!(
            refused(&mut server, with(new(), "identitySource", json!(source))),
            format!("Invalid identity source specified: {source}")
        );
    }
    assert_eq!(
        refused(&mut server, with(new(), "providerARNs", json!(["arn:aws:s3:::x"]))),
        "Invalid Cognito User Pool ARN specified: arn:aws:s3:::x"
    );
    assert_eq!(
        server.call("POST", "/restapis/nothere/authorizers", token()),
        (
            409,
            json!({"message": "Unable to complete operation due to concurrent modification. Please try again later."})
        )
    );
    freeze(&mut server);
    assert_eq!(refused(&mut server, new()), FROZEN);
}

#[test]
fn only_functions_that_are_always_asked_need_no_identity_source() {
    let mut server = server();
    let request = |ttl: u32| json!({"name": "r", "type": "REQUEST", "authorizerUri": URI, "authorizerResultTtlInSeconds": ttl});
    assert_eq!(refused(&mut server, request(1)), "Invalid request input");
    create(&mut server, request(0));
}

#[test]
fn results_are_kept_an_hour_at_most() {
    let mut server = server();
    for ttl in [-1, 3601] {
        assert_eq!(
            refused(&mut server, with(token(), "authorizerResultTtlInSeconds", json!(ttl))),
            "Authorizer result TTL must be between 0 and 3600 seconds"
        );
    }
    create(&mut server, with(token(), "authorizerResultTtlInSeconds", json!(3600)));
}

#[test]
fn issuers_are_checked() {
    let mut server = server();
    let mut check = |change: &dyn Fn(&mut Value), what: &str| {
        let mut body = jwt();
        change(&mut body["jwtConfiguration"]["issuers"]);
        assert_eq!(refused(&mut server, body), format!("Invalid JWT configuration specified: {what}"));
    };
    let url = "https://issuer.example.com/a";
    check(&|issuers| *issuers = json!([]), "at least one issuer is required");
    for bad in ["http://a", "https://", "https://u@a", "https://a?b", "https://a#b"] {
        let what = format!("issuer {bad} is no https URL without user, query and fragment");
        check(&|issuers| issuers[0]["issuer"] = json!(bad), &what);
    }
    check(
        &|issuers| {
            let first = issuers[0].clone();
            issuers.as_array_mut().unwrap().push(first);
        },
        &format!("issuer {url} is there twice"),
    );
    check(&|issuers| issuers[0]["audiences"] = json!([]), &format!("issuer {url} needs audiences"));
    check(
        &|issuers| issuers[0]["additionalClaims"][0]["claimName"] = json!("aud"),
        &format!("issuer {url} cannot have a rule for the claim 'aud'"),
    );
    check(
        &|issuers| issuers[0]["additionalClaims"][0]["expectedValues"] = json!(["a", "b"]),
        &format!("the claim 'team' of issuer {url} has more than one expected value"),
    );
    for (member, value) in [
        ("providerARNs", json!([POOL])),
        ("authorizerUri", json!(URI)),
        ("authorizerCredentials", json!("arn:aws:iam::123456789012:role/call")),
        ("identityValidationExpression", json!("x")),
        ("authorizerResultTtlInSeconds", json!(1)),
    ] {
        assert_eq!(
            refused(&mut server, with(jwt(), member, value)),
            format!("{member} is not supported for JWT authorizers")
        );
    }
}

#[test]
fn each_member_is_patched() {
    let mut server = server();
    let path = create(&mut server, token());
    let operations = [
        ("replace", "/name", "new"),
        ("replace", "/type", "REQUEST"),
        ("replace", "/authType", "mine"),
        ("replace", "/authorizerUri", &URI.replace("who", "other")),
        ("replace", "/authorizerCredentials", "arn:aws:iam::123456789012:role/call"),
        ("replace", "/authorizerResultTtlInSeconds", "60"),
        ("remove", "/identitySource", ""),
        ("add", "/identitySource", "stageVariables.a"),
        ("replace", "/identityValidationExpression", "^x"),
        ("add", "/providerARNs", POOL),
    ];
    let (status, patched) = server.patch(&path, &operations);
    assert_eq!(status, 200);
    assert_eq!(
        patched,
        json!({
            "id": patched["id"], "name": "new", "type": "REQUEST", "authType": "mine",
            "authorizerUri": URI.replace("who", "other"),
            "authorizerCredentials": "arn:aws:iam::123456789012:role/call",
            "authorizerResultTtlInSeconds": 60, "identitySource": "stageVariables.a",
            "identityValidationExpression": "^x", "providerARNs": [POOL],
        })
    );
    assert_eq!(server.ok("GET", &path, Value::Null), patched);
    let operations = [
        ("remove", "/providerARNs", POOL),
        ("replace", "/authorizerCredentials", ""),
        ("replace", "/identityValidationExpression", ""),
        ("replace", "/identitySource", "context.identity.sourceIp"),
    ];
    let (_, patched) = server.patch(&path, &operations);
    assert_eq!(
        patched,
        json!({
            "id": patched["id"], "name": "new", "type": "REQUEST", "authType": "mine",
            "authorizerUri": URI.replace("who", "other"), "authorizerResultTtlInSeconds": 60,
            "identitySource": "context.identity.sourceIp",
        })
    );
}

#[test]
fn other_patches_are_refused() {
    let mut server = server();
    create(&mut server, with(token(), "name", json!("taken")));
    let path = create(&mut server, token());
    let before = server.ok("GET", &path, Value::Null);
    let cases = [
        ("replace", "/x", "y", "Invalid patch path /x"),
        ("replace", "/jwtConfiguration", "y", "Invalid patch path /jwtConfiguration"),
        ("add", "/name", "y", "Invalid patch operation specified. Must be one of: [replace]"),
        (
            "replace",
            "/providerARNs",
            POOL,
            "Invalid patch operation specified. Must be one of: [add, remove]",
        ),
        (
            "copy",
            "/identitySource",
            "",
            "Invalid patch operation specified. Must be one of: [add, replace, remove]",
        ),
        (
            "replace",
            "/name",
            "taken",
            "Authorizer name must be unique. Authorizer taken already exists in this RestApi.",
        ),
        ("replace", "/name", "", "Authorizer name must be non-empty"),
        (
            "replace",
            "/type",
            "x",
            "Invalid authorizer type specified: x. Valid options are TOKEN,REQUEST,COGNITO_USER_POOLS,JWT",
        ),
        (
            "replace",
            "/authorizerResultTtlInSeconds",
            "x",
            "Authorizer result TTL must be between 0 and 3600 seconds",
        ),
        ("replace", "/identitySource", "x", "Invalid identity source specified: x"),
        ("remove", "/identitySource", "", "Invalid request input"),
        ("add", "/providerARNs", "x", "Invalid Cognito User Pool ARN specified: x"),
    ];
    for (op, at, value, message) in cases {
        let operations = [("replace", "/authType", "lost"), (op, at, value)];
        assert_eq!(server.patch(&path, &operations), (400, json!({"message": message})), "{op} {at}");
    }
    assert_eq!(server.ok("GET", &path, Value::Null), before);
}

#[test]
fn an_authorizer_that_is_needed_stays() {
    let mut server = server();
    let path = create(&mut server, token());
    let id = path.rsplit('/').next().unwrap().to_owned();
    edit_post(&mut server, |method| method.authorizer_id = Some(id));
    assert_eq!(
        server.call("DELETE", &path, Value::Null),
        (409, json!({"message": "Cannot delete authorizer 'who', is referenced in method: POST//pets"}))
    );
}

#[test]
fn an_unknown_authorizer_is_not_found() {
    let mut server = server();
    let path = format!("{}/nothere", authorizers());
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(
            server.call(method, &path, Value::Null),
            (404, json!({"message": "Invalid Authorizer identifier specified"}))
        );
    }
}
