//! Answers Lambda proxy events of format 1.0 with a greeting: the example of a function.
//!
//! `GET /greet?name=Ada` is answered with `{"message":"Hello, Ada","path":"/greet"}`.

use serde_json::Value;

wit_bindgen::generate!({ path: "../../wit", world: "function" });

use exports::edgewit::plugin::handle::{Failure, Guest, Invocation};

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

struct Greeting;

export!(Greeting);

impl Guest for Greeting {
    fn handle(event: String, _invocation: Invocation) -> Result<String, Failure> {
        let event: Value = serde_json::from_str(&event).map_err(|error| Failure {
            error_type: "InvalidEvent".to_owned(),
            error_message: format!("the event is no JSON: {error}"),
        })?;
        let name = event["queryStringParameters"]["name"].as_str().unwrap_or("world");
        let message = Value::from(format!("Hello, {name}"));
        let body = Value::from(format!(r#"{{"message":{message},"path":{}}}"#, event["path"]));
        Ok(format!(r#"{{"statusCode":200,"headers":{{"content-type":"application/json"}},"body":{body}}}"#))
    }
}
