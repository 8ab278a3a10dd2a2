//! What operations need of the world.

use crate::protocol::error::Error;

/// What operations need of the world: time, randomness, and where they run.
pub trait Environment {
    /// Seconds since 1970.
    fn now(&self) -> u64;
    /// Milliseconds since 1970, to tell the order of what was made within a second.
    fn now_ms(&self) -> u64;
    /// Fills `bytes` with random ones that nobody can guess.
    fn random(&mut self, bytes: &mut [u8]);
    /// E.g. `us-east-1`.
    fn region(&self) -> &str;
    /// Twelve digits.
    fn account_id(&self) -> &str;
    /// Host suffix of the data plane, e.g. `localhost:8080`, for names of endpoints.
    fn suffix(&self) -> &str;
    /// Makes a self-signed certificate with a new key, for the node's side of TLS toward backends.
    ///
    /// # Errors
    /// When the key cannot be made: a fault of the server.
    fn client_certificate(&mut self, common_name: &str) -> Result<CertificateAndKey, Error>;
}

/// A certificate that the environment has made.
pub struct CertificateAndKey {
    /// PEM.
    pub certificate: String,
    /// PEM, PKCS #8. A secret: no `Debug` here.
    pub private_key: String,
    /// Seconds since 1970.
    pub not_after: u64,
}

/// `length` lower-case alphanumerics, as ids of API Gateway are made.
pub(crate) fn id(environment: &mut dyn Environment, length: usize) -> String {
    text(environment, length, b"abcdefghijklmnopqrstuvwxyz0123456789")
}

/// `length` alphanumerics of both cases, as values of API keys are made.
pub(crate) fn key_value(environment: &mut dyn Environment, length: usize) -> String {
    text(environment, length, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
}

fn text(environment: &mut dyn Environment, length: usize, alphabet: &[u8]) -> String {
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 16];
    // Bytes past the last whole round of the alphabet would favour its beginning.
    let usable = 256 - 256 % alphabet.len();
    while text.len() < length {
        environment.random(&mut bytes);
        let picked = bytes.iter().filter(|byte| usize::from(**byte) < usable);
        text.extend(picked.map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])));
    }
    text.truncate(length);
    text
}
