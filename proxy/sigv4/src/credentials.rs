//! Access keys.

use ring::digest::{Context, SHA256};
use std::fmt;

/// An access key, and the token that temporary ones come with.
///
/// `Debug` shows neither the secret nor the token.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: Box<str>,
    secret_access_key: Box<str>,
    session_token: Option<Box<str>>,
    fingerprint: [u8; 32],
}

impl Credentials {
    /// Credentials as AWS hands them out: the id is not secret, the key and the token are.
    pub fn new(access_key_id: &str, secret_access_key: &str, session_token: Option<&str>) -> Self {
        let mut both = Context::new(&SHA256);
        // With its length, so that no id and secret can be taken for another id and secret.
        both.update(&access_key_id.len().to_le_bytes());
        both.update(access_key_id.as_bytes());
        both.update(secret_access_key.as_bytes());
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(both.finish().as_ref());
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: session_token.map(Into::into),
            fingerprint,
        }
    }

    /// E.g. `AKIAIOSFODNN7EXAMPLE`.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The session token of temporary credentials.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    pub(crate) fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// A hash of id and secret: derived keys are found by it, so that those of a rotated secret are not.
    pub(crate) fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("temporary", &self.session_token.is_some())
            .finish_non_exhaustive()
    }
}
