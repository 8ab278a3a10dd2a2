//! Certificate authorities for integration targets.

use pingora_core::utils::tls::{WrappedX509, parse_x509};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

/// What plugins trust: the system's authorities.
pub fn system() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let (added, _unreadable) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        tracing::warn!("the system has no certificate authorities; plugins can call no https origin");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    match config {
        Ok(config) => Arc::new(config.with_root_certificates(roots).with_no_client_auth()),
        // The provider offers both versions.
        Err(error) => unreachable!("{error}"),
    }
}

/// Reads a PEM bundle. The number changes with its content.
///
/// # Errors
/// When the file cannot be read, holds no certificate, or holds one that cannot be an authority.
pub(super) fn read(path: &Path) -> Result<(Arc<[WrappedX509]>, u64), String> {
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| error.to_string())?;
    if certificates.is_empty() {
        return Err("holds no certificate".to_owned());
    }
    let mut store = RootCertStore::empty();
    let mut hasher = DefaultHasher::new();
    let mut wrapped = Vec::new();
    for certificate in certificates {
        certificate.hash(&mut hasher);
        let der = certificate.to_vec();
        store.add(certificate).map_err(|error| error.to_string())?;
        // Pingora's own parser panics on what it cannot read, and it reads a little less than rustls does.
        let parsed = std::panic::catch_unwind(|| WrappedX509::new(der, parse_x509));
        wrapped.push(parsed.map_err(|_| "holds a certificate that cannot be read".to_owned())?);
    }
    Ok((wrapped.into(), hasher.finish()))
}
