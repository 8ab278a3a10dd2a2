//! Lets every request in and tells which version of it decided and how that was configured, so that a test sees whether
//! an answer is of one version.
//!
//! The version is sixteen bytes of the component: a test writes others over them and has another version without a
//! compiler. One that begins with `refuse` refuses its configuration.

wit_bindgen::generate!({
    inline: "
        package edgewit:versioned;

        world versioned {
            include edgewit:plugin/authorizer@0.1.0;
            include edgewit:plugin/configured@0.1.0;
        }
    ",
    path: "../../../wit",
    world: "edgewit:versioned/versioned",
    generate_all,
});

use std::cell::RefCell;

use edgewit::plugin::config;
use edgewit::plugin::request::Request;
use exports::edgewit::plugin::authorize::{Allowed, ContextValue, Decision};
use exports::edgewit::plugin::{authorize, configure};

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

/// What tests look for in the component, and write over.
#[used]
static VERSION: [u8; 16] = *b"version:00000000";

thread_local! {
    /// Version and configuration as `configure` saw them: they are in the picture that requests start from.
    static CONFIGURED: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

struct Versioned;

export!(Versioned);

impl configure::Guest for Versioned {
    fn configure() -> Result<(), String> {
        let version = version();
        if version.starts_with("refuse") {
            return Err(format!("told to: {version}"));
        }
        CONFIGURED.set((version, configuration()));
        Ok(())
    }
}

impl authorize::Guest for Versioned {
    fn authorize(_request: Request) -> Result<Decision, String> {
        let (at_deployment, configured) = CONFIGURED.with_borrow(Clone::clone);
        let texts = [
            ("version", version()),
            ("atDeployment", at_deployment),
            ("configuration", configuration()),
            ("configured", configured),
        ];
        Ok(Decision::Allow(Allowed {
            principal_id: "anybody".to_owned(),
            context: texts.map(|(key, text)| (key.to_owned(), ContextValue::Text(text))).into(),
            usage_identifier_key: None,
        }))
    }
}

fn version() -> String {
    // Read from memory: the compiler would write the text that it sees here into the code.
    let bytes = std::hint::black_box(&VERSION);
    // SAFETY: a reference is valid to read from.
    let bytes = unsafe { std::ptr::read_volatile(bytes) };
    String::from_utf8_lossy(&bytes).into_owned()
}

fn configuration() -> String {
    config::get("configuration").unwrap_or_default()
}
