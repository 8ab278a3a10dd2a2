//! Documentation of APIs.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod import;
mod parts;
mod versions;

use crate::entities::{RestApi, Stage};
use crate::testing::{Server, message};
use serde_json::{Value, json};

const PARTS: &str = "/restapis/api/documentation/parts";
const VERSIONS: &str = "/restapis/api/documentation/versions";

fn server() -> Server {
    let mut server = Server::default();
    server.put("api", RestApi { id: "api".into(), ..RestApi::default() });
    server.put("api/prod", Stage { stage_name: "prod".into(), ..Stage::default() });
    server
}

fn new_part(server: &mut Server, location: &Value) -> String {
    let answer =
        server.ok("POST", PARTS, json!({"location": location, "properties": "{\"description\":\"d\"}"}));
    answer["id"].as_str().unwrap().to_owned()
}

fn no_api() -> (u16, Value) {
    (404, message("Invalid API identifier specified 123456789012:none"))
}
