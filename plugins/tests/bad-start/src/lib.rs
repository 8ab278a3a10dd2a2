//! An authorizer that fails before it is asked anything: what it runs at its start traps or never ends, as the
//! configuration key `start` says.

wit_bindgen::generate!({ path: "../../../wit", world: "authorizer" });

use edgewit::plugin::{config, request::Request};
use exports::edgewit::plugin::authorize::{Decision, Guest};

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

struct BadStart;

export!(BadStart);

/// Becomes the component's start function by its name.
#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    match config::get("start").as_deref() {
        Some("trap") => core::arch::wasm32::unreachable(),
        Some("spin") => loop {
            std::hint::black_box(());
        },
        _ => {}
    }
}

impl Guest for BadStart {
    fn authorize(_request: Request) -> Result<Decision, String> {
        Ok(Decision::Unauthorized)
    }
}
