//! What a signature says about the body.

use crate::encode::hex;
use ring::digest::{SHA256, digest};

/// The body of a request.
#[derive(Clone, Copy)]
pub enum Payload<'p> {
    /// The body itself.
    Body(&'p [u8]),
    /// Its SHA-256, where it was taken as the body passed by.
    Sha256(&'p [u8; 32]),
    /// The body is not covered; S3 takes this, and few operations of other services.
    Unsigned,
}

/// What stands for the body in the canonical request.
#[derive(Clone, Copy)]
pub(crate) enum PayloadText {
    Hex([u8; 64]),
    Unsigned,
}

/// What `x-amz-content-sha256` has for a body that is not covered.
pub(crate) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

impl Payload<'_> {
    pub(crate) fn text(&self) -> PayloadText {
        match self {
            Self::Body(body) => PayloadText::Hex(hex(&sha256(body))),
            Self::Sha256(hash) => PayloadText::Hex(hex(hash)),
            Self::Unsigned => PayloadText::Unsigned,
        }
    }
}

impl PayloadText {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Hex(text) => str::from_utf8(text).unwrap_or_default(),
            Self::Unsigned => UNSIGNED,
        }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
