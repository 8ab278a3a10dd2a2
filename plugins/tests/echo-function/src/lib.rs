//! A function that does what the query parameter `do` says: for tests of Lambda proxy integrations.
//!
//! | `do` | result |
//! |---|---|
//! | `event` | 200, the event as the body |
//! | `body` | the body of the event, as the whole result |
//! | `fail` | a failure with the body as its message |
//! | `trap` | none: it traps |
//! | `context` | 200, what the function knows besides the event |

use serde_json::{Value, json};

wit_bindgen::generate!({ path: "../../../wit", world: "function" });

use exports::edgewit::plugin::handle::{Failure, Guest, Invocation};

struct Echo;

export!(Echo);

impl Guest for Echo {
    fn handle(event: String, invocation: Invocation) -> Result<String, Failure> {
        let failure = |kind: &str, message: &str| Failure {
            error_type: kind.to_owned(),
            error_message: message.to_owned(),
        };
        let parsed: Value =
            serde_json::from_str(&event).map_err(|error| failure("SyntaxError", &error.to_string()))?;
        let body = parsed["body"].as_str().unwrap_or_default();
        match parsed["queryStringParameters"]["do"].as_str() {
            Some("event") => Ok(json!({"statusCode": 200, "body": event}).to_string()),
            Some("body") => Ok(body.to_owned()),
            Some("fail") => Err(failure("ValueError", body)),
            Some("context") => {
                let known = json!({
                    "name": invocation.function_name,
                    "arn": invocation.function_arn,
                    "hasRequestId": !invocation.request_id.is_empty(),
                    "hasTime": invocation.remaining_ms > 0,
                });
                Ok(json!({"statusCode": 200, "body": known.to_string()}).to_string())
            }
            Some("trap") => trap(),
            _ => Err(failure("KeyError", "no `do`")),
        }
    }
}

#[cfg(target_family = "wasm")]
fn trap() -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(not(target_family = "wasm"))]
fn trap() -> ! {
    std::process::abort()
}
