//! Lets requests in by signed bearer tokens. `../bearer.cases.md` says what a token looks like and what is decided.
//!
//! The same authorizer stands beside this one in C, Go, JavaScript and Python.

mod settings;
mod token;

use settings::Settings;
use token::Claims;

wit_bindgen::generate!({
    inline: "
        package edgewit:bearer;

        world bearer {
            include edgewit:plugin/authorizer@0.1.0;
            include edgewit:plugin/configured@0.1.0;
        }
    ",
    path: "../../wit",
    world: "edgewit:bearer/bearer",
    generate_all,
});

use edgewit::plugin::request::Request;
use exports::edgewit::plugin::authorize::{Allowed, ContextValue, Decision};
use exports::edgewit::plugin::{authorize, configure};

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

struct Bearer;

export!(Bearer);

impl configure::Guest for Bearer {
    fn configure() -> Result<(), String> {
        Settings::get().map(|_| ())
    }
}

impl authorize::Guest for Bearer {
    fn authorize(request: Request) -> Result<Decision, String> {
        let settings = Settings::get()?;
        let now_ms = now_ms(&request)?;
        let claims =
            presented(&request).and_then(|header| token::read(&header, settings.key.as_bytes(), now_ms));
        let Some(claims) = claims else {
            return Ok(Decision::Unauthorized);
        };
        match &settings.scope {
            Some(scope) if !claims.has_scope(scope) => {
                Ok(Decision::Deny(Some(format!("scope {scope} is missing"))))
            }
            _ => Ok(Decision::Allow(allowed(claims))),
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
}

/// When the request arrived, in milliseconds since 1970. A guest has no clock of its own.
fn now_ms(request: &Request) -> Result<i64, String> {
    let text = request.context("requestTimeEpoch").ok_or("the request has no requestTimeEpoch")?;
    text.parse().map_err(|_| format!("found requestTimeEpoch `{text}`, expected milliseconds since 1970"))
}

fn allowed(claims: Claims) -> Allowed {
    let mut context = vec![("scope".to_owned(), ContextValue::Text(claims.scope))];
    context.extend(claims.tier.map(|tier| ("tier".to_owned(), ContextValue::Text(tier))));
    context.extend(claims.level.map(|level| ("level".to_owned(), ContextValue::Integer(level))));
    context.extend(claims.beta.map(|beta| ("beta".to_owned(), ContextValue::Boolean(beta))));
    Allowed { principal_id: claims.sub, context, usage_identifier_key: None }
}
