//! Calls to services of AWS: credentials, and signatures made with them.

mod credentials;
mod signer;

pub(crate) use credentials::{Hidden, Provider, Providers, Source};
pub use signer::Signer;
