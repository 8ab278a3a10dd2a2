//! Changes a little of everything: the example of a transform.
//!
//! | what | becomes |
//! |---|---|
//! | the query parameter `name` | its values in upper case |
//! | the request's header `x-plugin` | the setting `name`, or `uppercase` without one |
//! | the answer's header `x-status` | the status that the integration answered with |
//! | the answer's body, when all of it is there and it is ASCII text | the same in upper case |
//!
//! A body that is not ASCII text passes as it is; so does one that is longer than `response_body` in `plugins.yaml`.

wit_bindgen::generate!({ path: "../../wit", world: "transform" });

use edgewit::plugin::config;
use edgewit::plugin::request::Request;
use edgewit::plugin::response::Response;
use exports::edgewit::plugin::rewrite::{Change, Guest, RequestChanges, RequestOutcome, ResponseChanges};

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

struct Uppercase;

export!(Uppercase);

impl Guest for Uppercase {
    fn rewrite_request(request: Request) -> Result<RequestOutcome, String> {
        let plugin = config::get("name").unwrap_or_else(|| "uppercase".to_owned());
        let names = request.query_values("name");
        Ok(RequestOutcome::Forward(RequestChanges {
            path: None,
            path_parameters: Vec::new(),
            query: names.iter().enumerate().map(|(index, name)| replacement(index, name)).collect(),
            headers: vec![Change::Set(("x-plugin".to_owned(), plugin))],
            body: None,
            hand_on: None,
        }))
    }

    fn rewrite_response(_request: Request, response: Response) -> Result<ResponseChanges, String> {
        let text = response.body().filter(|body| body.whole && is_ascii_text(&body.bytes));
        Ok(ResponseChanges {
            status: None,
            headers: vec![Change::Set(("x-status".to_owned(), response.status().to_string()))],
            body: text.map(|body| body.bytes.to_ascii_uppercase()),
        })
    }
}

/// The first value replaces all that were there, the others join it.
fn replacement(index: usize, name: &str) -> Change {
    let change = ("name".to_owned(), name.to_uppercase());
    if index == 0 { Change::Set(change) } else { Change::Append(change) }
}

fn is_ascii_text(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n'))
}
