//! Time, randomness and certificates for the operations.

use super::Home;
use edgewit_control::environment::CertificateAndKey;
use edgewit_control::{Environment, Error, ErrorKind};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use ring::rand::{SecureRandom, SystemRandom};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a client certificate is good for: a year, as API Gateway's.
const CERTIFICATE_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// The world as it is.
pub(super) struct World<'h> {
    home: &'h Home,
    random: SystemRandom,
}

impl<'h> World<'h> {
    pub(super) fn new(home: &'h Home) -> Self {
        Self { home, random: SystemRandom::new() }
    }
}

impl Environment for World<'_> {
    fn now(&self) -> u64 {
        self.now_ms() / 1000
    }

    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        if self.random.fill(bytes).is_err() {
            // The system gives none, which it never does once it is up. What is made of these can be guessed by nobody
            // who does not see this process.
            bytes.iter_mut().for_each(|byte| *byte = fastrand::u8(..));
        }
    }

    fn region(&self) -> &str {
        &self.home.region
    }

    fn account_id(&self) -> &str {
        &self.home.account
    }

    fn suffix(&self) -> &str {
        &self.home.suffix
    }

    fn client_certificate(&mut self, common_name: &str) -> Result<CertificateAndKey, Error> {
        let failed = |error: rcgen::Error| {
            tracing::error!(%error, "a client certificate could not be made");
            Error::new(
                ErrorKind::InternalFailure,
                "The certificate could not be made; the log of the node says why.",
            )
        };
        let now = SystemTime::now();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_before = now.into();
        params.not_after = (now + CERTIFICATE_LIFE).into();
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.self_signed(&key).map_err(failed)?;
        Ok(CertificateAndKey {
            certificate: certificate.pem(),
            private_key: key.serialize_pem(),
            not_after: self.now() + CERTIFICATE_LIFE.as_secs(),
        })
    }
}
