//! An authorizer of another contract under the same name: the interface is called as it should be and its function
//! has other types.

wit_bindgen::generate!({ path: "wit", world: "authorizer" });

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

struct OtherContract;

export!(OtherContract);

impl exports::edgewit::plugin::authorize::Guest for OtherContract {
    fn authorize() -> u32 {
        42
    }
}
