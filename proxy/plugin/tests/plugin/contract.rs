//! Every kind of decision, and everything a plugin can ask for.

use std::sync::Arc;

use edgewit_plugin::{Caller, ContextValue, Decision, PluginError};

use crate::support::{Request, ask, misbehave};

#[tokio::test]
async fn each_decision_arrives_as_it_was_made() {
    let caller = |context| Caller { principal_id: "alice".to_owned(), context, usage_identifier_key: None };
    assert_eq!(
        ask(misbehave(), "allow").await,
        Ok(Decision::Allow(caller(vec![("calls".to_owned(), ContextValue::Integer(0))])))
    );
    assert_eq!(ask(misbehave(), "deny").await, Ok(Decision::Deny(Some("told to".to_owned()))));
    assert_eq!(ask(misbehave(), "deny-silently").await, Ok(Decision::Deny(None)));
    assert_eq!(ask(misbehave(), "unauthorized").await, Ok(Decision::Unauthorized));
    assert_eq!(
        ask(misbehave(), "policy").await,
        Ok(Decision::Policy {
            caller: Caller {
                principal_id: "alice".to_owned(),
                context: vec![("tier".to_owned(), ContextValue::Text("gold".to_owned()))],
                usage_identifier_key: Some("key-of-alice".to_owned()),
            },
            document: r#"{"Version":"2012-10-17"}"#.to_owned(),
        })
    );
    assert_eq!(
        ask(misbehave(), "fail out of luck").await,
        Err(PluginError::Failed("out of luck".to_owned()))
    );
}

#[tokio::test]
async fn everything_about_a_request_can_be_asked_for() {
    let mut request = Request::new()
        .header("behave", "echo")
        .header("X-Two", "first")
        .header("x-two", "second")
        .query("q", "a b")
        .query("r", "1")
        .query("q", "ü")
        .token("Bearer abc");
    request.named.insert("domainName", "api.example.com");
    request.identity_sources = vec!["one".to_owned(), "two".to_owned()];
    let Ok(Decision::Allow(caller)) = misbehave().authorize(Arc::new(request)).await else {
        panic!("echo always allows")
    };
    assert_eq!(caller.principal_id, "echo");
    assert_eq!(caller.usage_identifier_key.as_deref(), Some("echo-key"));
    let found: Vec<_> = caller.context.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    assert_eq!(
        found,
        [
            "method: GET",
            "path: /prod/pets/7",
            "resource-path: /pets/{petId}",
            "stage: prod",
            "api-id: abc123",
            "request-id: 11111111-2222-3333-4444-555555555555",
            "source-ip: 192.0.2.1",
            "protocol: HTTP/1.1",
            "header: second",
            "header-missing: -",
            "header-values: first|second",
            "header-names: behave|X-Two",
            "query: ü",
            "query-missing: -",
            "query-values: a b|ü",
            "query-names: q|r",
            "path-parameter: 7",
            "stage-variable: gold",
            "context: api.example.com",
            "method-arn: arn:aws:execute-api:us-east-1:000000000000:abc123/prod/GET/pets/7",
            "authorization-token: Bearer abc",
            "identity-sources: one|two",
            "config: hello",
            "config-missing: -",
            "integer: -7",
            "float: 1.5",
            "boolean: true",
        ]
    );
}

#[tokio::test]
async fn a_decision_that_breaks_the_rules_is_refused() {
    for (behaviour, reason) in [
        ("principal 0", "found an empty principal-id, expected at least one character"),
        ("key", "found an empty context key, expected at least one character"),
        ("key principalId", "found the context key `principalId`, which `principal-id` sets"),
        ("key-with-newline", "found \\u{d} in context key `a\\r\\nb`, expected no control characters"),
        ("same-key", "found the context key `a` twice"),
        ("nan", "found NaN for the context key `ratio`, expected a finite number"),
    ] {
        assert_eq!(ask(misbehave(), behaviour).await, Err(PluginError::InvalidResult(reason.to_owned())));
    }
}

#[tokio::test]
async fn nothing_is_kept_from_one_request_to_the_next() {
    for _ in 0..5 {
        let Ok(Decision::Allow(caller)) = ask(misbehave(), "allow").await else { panic!("it allows") };
        assert_eq!(caller.context, [("calls".to_owned(), ContextValue::Integer(0))]);
    }
}
