//! The host's side of `wit/`, generated.
#![allow(missing_docs, reason = "generated from wit/, where the documentation is")]
#![allow(unreachable_pub, unused_qualifications, reason = "generated")]
#![allow(clippy::allow_attributes_without_reason, clippy::clone_on_ref_ptr, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "authorizer",
    exports: { default: async },
});

pub(crate) use edgewit::plugin::{config, log, request};
pub(crate) use exports::edgewit::plugin::authorize;
