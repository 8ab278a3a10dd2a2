//! The example authorizer of the quick start.

use std::sync::Arc;

use edgewit_plugin::{Caller, ContextValue, Decision, Plugin, PluginError, PluginSettings};

use crate::support::{Request, TOKEN_AUTHORIZER, host, small_limits};

const TOKENS: &str = "
# people
allow-alice  allow alice role=admin plan=3 beta=true
allow-bob=   allow bob

deny-mallory deny  account suspended
deny-eve     deny
";

fn plugin(tokens: Option<&str>) -> Arc<Plugin> {
    let config = tokens.map(|tokens| ("tokens".to_owned(), tokens.to_owned())).into_iter().collect();
    host()
        .load(
            "tokens",
            TOKEN_AUTHORIZER,
            PluginSettings { config, limits: small_limits(), ..PluginSettings::default() },
        )
        .unwrap()
}

async fn decide(plugin: &Plugin, request: Request) -> Result<Decision, PluginError> {
    plugin.authorize(Arc::new(request)).await
}

fn caller(principal: &str, role: &str, plan: i64, beta: bool) -> Result<Decision, PluginError> {
    Ok(Decision::Allow(Caller {
        principal_id: principal.to_owned(),
        context: vec![
            ("role".to_owned(), ContextValue::Text(role.to_owned())),
            ("plan".to_owned(), ContextValue::Integer(plan)),
            ("beta".to_owned(), ContextValue::Boolean(beta)),
        ],
        usage_identifier_key: None,
    }))
}

#[tokio::test]
async fn tokens_decide() {
    let plugin = plugin(Some(TOKENS));
    for (token, expected) in [
        ("allow-alice", caller("alice", "admin", 3, true)),
        ("Bearer allow-alice", caller("alice", "admin", 3, true)),
        ("bearer   allow-alice", caller("alice", "admin", 3, true)),
        ("Bearer allow-bob=", caller("bob", "reader", 1, false)),
        ("Bearer deny-mallory", Ok(Decision::Deny(Some("account suspended".to_owned())))),
        ("Bearer deny-eve", Ok(Decision::Deny(None))),
        ("Bearer allow-alic", Ok(Decision::Unauthorized)),
        ("Bearer allow-alice2", Ok(Decision::Unauthorized)),
        ("Basic allow-alice", Ok(Decision::Unauthorized)),
        ("Bearer #", Ok(Decision::Unauthorized)),
        ("", Ok(Decision::Unauthorized)),
    ] {
        assert_eq!(decide(&plugin, Request::new().token(token)).await, expected, "{token:?}");
    }
}

#[tokio::test]
async fn the_token_of_a_request_authorizer_is_its_first_identity_source_or_the_authorization_header() {
    let plugin = plugin(Some(TOKENS));
    assert_eq!(decide(&plugin, Request::new()).await, Ok(Decision::Unauthorized));
    let request = Request::new().header("Authorization", "Bearer allow-bob=");
    assert_eq!(decide(&plugin, request).await, caller("bob", "reader", 1, false));
    let mut request = Request::new().header("Authorization", "Bearer allow-bob=");
    request.identity_sources = vec!["allow-alice".to_owned()];
    assert_eq!(decide(&plugin, request).await, caller("alice", "admin", 3, true));
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_fails_every_request_and_keeps_the_secret() {
    for (tokens, failure) in [
        (None, "config has no `tokens`, expected one token on a line"),
        (
            Some("secret\tallowed alice"),
            "config `tokens`, line 1: found `allowed` after the token, expected `allow` or `deny`",
        ),
        (
            Some("\nsecret allow"),
            "config `tokens`, line 2: found nothing after `allow`, expected a principal",
        ),
        (
            Some("secret allow alice plan=many"),
            "config `tokens`, line 1: found plan `many`, expected a whole number",
        ),
        (
            Some("secret allow alice admin"),
            "config `tokens`, line 1: found `admin`, expected role=, plan= or beta=",
        ),
    ] {
        let answer = decide(&plugin(tokens), Request::new().token("x")).await;
        assert_eq!(answer, Err(PluginError::Failed(failure.to_owned())));
    }
}
