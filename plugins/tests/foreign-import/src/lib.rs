//! An authorizer of the right world that also imports what no node grants.

wit_bindgen::generate!({ path: ["../../../wit", "wit"], world: "example:foreign/foreign", generate_all });

use edgewit::plugin::request::Request;
use exports::edgewit::plugin::authorize::{Decision, Guest};

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

struct Foreign;

export!(Foreign);

impl Guest for Foreign {
    fn authorize(_request: Request) -> Result<Decision, String> {
        let time = example::foreign::clock::now();
        Ok(Decision::Deny(Some(example::foreign::vault::open(&time.to_string()))))
    }
}
