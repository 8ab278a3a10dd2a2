//! The host's side of `wit/`, generated.
#![allow(missing_docs, reason = "generated from wit/, where the documentation is")]
#![allow(unreachable_pub, unused_qualifications, reason = "generated")]
#![allow(clippy::allow_attributes_without_reason, clippy::clone_on_ref_ptr, reason = "generated")]

// One world of everything: a component is linked against what it imports of it, and asked for what it exports of it.
wasmtime::component::bindgen!({
    path: "../../wit",
    inline: "
        package edgewit:host;
        world everything {
            import edgewit:plugin/config@0.1.0;
            import edgewit:plugin/log@0.1.0;
            import edgewit:plugin/crypto@0.1.0;
            import edgewit:plugin/matching@0.1.0;
            import edgewit:plugin/request@0.1.0;
            import edgewit:plugin/response@0.1.0;
            import wasi:config/store@0.2.0-rc.1;
            import wasi:logging/logging@0.1.0-draft;
            import wasi:keyvalue/store@0.2.0-draft;
            import wasi:keyvalue/atomics@0.2.0-draft;
            export edgewit:plugin/configure@0.1.0;
            export edgewit:plugin/authorize@0.1.0;
            export edgewit:plugin/rewrite@0.1.0;
            export edgewit:plugin/inspect@0.1.0;
            export edgewit:plugin/handle@0.1.0;
        }
    ",
    world: "edgewit:host/everything",
    imports: {
        "edgewit:plugin/matching.matches": trappable,
        "edgewit:plugin/matching.matching": trappable,
        "edgewit:plugin/matching.captures": trappable,
        "edgewit:plugin/request": trappable,
        "edgewit:plugin/response": trappable,
        "wasi:keyvalue/store.[method]bucket.get": async,
        "wasi:keyvalue/store.[method]bucket.set": async,
        "wasi:keyvalue/store.[method]bucket.delete": async,
        "wasi:keyvalue/store.[method]bucket.exists": async,
        "wasi:keyvalue/store.[method]bucket.list-keys": async,
        "wasi:keyvalue/atomics.increment": async,
    },
    exports: { default: async },
});

pub(crate) use edgewit::plugin::{body, config, crypto, log, matching, request, response};
pub(crate) use exports::edgewit::plugin::{authorize, configure, handle, inspect, rewrite};
