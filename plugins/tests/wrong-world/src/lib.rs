//! A component that is fine in itself and exports nothing a node can use.

wit_bindgen::generate!({ path: "wit", world: "stranger" });

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

struct Stranger;

export!(Stranger);

impl Guest for Stranger {
    fn greet() -> u32 {
        42
    }
}
