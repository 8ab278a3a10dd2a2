//! Lets requests in by static bearer tokens. The example authorizer of `conf/quickstart`.
//!
//! The tokens are the operator's, in the plugin's configuration, one on a line:
//!
//! ```yaml
//! plugins:
//!   token-authorizer:
//!     component: plugins/token_authorizer.wasm
//!     config:
//!       tokens: |
//!         allow-alice  allow alice role=admin plan=3 beta=true
//!         allow-bob    allow bob
//!         deny-mallory deny  account suspended
//! ```
//!
//! | the request's token | the client gets | the backend gets |
//! |---|---|---|
//! | of an `allow` line | the API's answer | `principalId` and the context `role` (text, default `reader`), `plan` (number, default 1), `beta` (boolean, default false) |
//! | of a `deny` line | 403; the words after `deny` go to the node's log | nothing |
//! | missing or unknown | 401 | nothing |
//!
//! A line that cannot be read makes every request fail with 500 and the line's number in the node's log: an authorizer
//! that guesses is worse than one that stops.

mod tokens;

use tokens::Rule;

wit_bindgen::generate!({ path: "../../wit", world: "authorizer" });

use edgewit::plugin::request::Request;
use edgewit::plugin::{config, log};
use exports::edgewit::plugin::authorize::{Allowed, ContextValue, Decision, Guest};

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

struct TokenAuthorizer;

export!(TokenAuthorizer);

impl Guest for TokenAuthorizer {
    fn authorize(request: Request) -> Result<Decision, String> {
        let tokens = config::get("tokens").ok_or("config has no `tokens`, expected one token on a line")?;
        let Some(header) = presented(&request) else {
            return Ok(Decision::Unauthorized);
        };
        match tokens::find(&tokens, bearer(&header))? {
            Some(Rule::Allow { principal, role, plan, beta }) => Ok(Decision::Allow(Allowed {
                principal_id: principal.to_owned(),
                context: vec![
                    ("role".to_owned(), ContextValue::Text(role.to_owned())),
                    ("plan".to_owned(), ContextValue::Integer(plan)),
                    ("beta".to_owned(), ContextValue::Boolean(beta)),
                ],
                usage_identifier_key: None,
            })),
            Some(Rule::Deny { reason }) => {
                Ok(Decision::Deny(Some(reason.to_owned()).filter(|reason| !reason.is_empty())))
            }
            None => {
                log::log(log::Level::Debug, "a token that no line of `tokens` holds");
                Ok(Decision::Unauthorized)
            }
        }
    }
}

/// What the client presents: the token of a `TOKEN` authorizer, else the first identity source of a `REQUEST`
/// authorizer, else the `Authorization` header.
fn presented(request: &Request) -> Option<String> {
    request
        .authorization_token()
        .or_else(|| request.identity_sources().into_iter().next())
        .or_else(|| request.header("authorization"))
        .filter(|token| !token.is_empty())
}

/// The token without the `Bearer` scheme in front, whose case does not matter (RFC 9110 section 11.1).
fn bearer(header: &str) -> &str {
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => header,
    }
}
