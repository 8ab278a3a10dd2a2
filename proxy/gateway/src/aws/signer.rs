//! Signatures on calls.

use super::Provider;
use bytes::Bytes;
use edgewit_plan::integration::SignerPlan;
use edgewit_sigv4::{KeyCache, Payload, REPLACED, Request, Scope, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pingora_http::RequestHeader;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes from which a body is hashed beside the worker.
const ASIDE_BYTES: usize = 64 << 10;

/// Signs the calls of one route.
#[derive(Debug)]
pub struct Signer {
    plan: SignerPlan,
    provider: Arc<Provider>,
    keys: Arc<KeyCache>,
}

impl Signer {
    pub(crate) fn new(plan: &SignerPlan, provider: Arc<Provider>, keys: Arc<KeyCache>) -> Self {
        Self { plan: plan.clone(), provider, keys }
    }

    /// Signs a request that is otherwise complete; its body is sent as it is given here.
    ///
    /// # Errors
    /// Why there are no credentials. May be tried again.
    pub(crate) async fn sign(&self, request: &mut RequestHeader, body: &Bytes) -> Result<(), Arc<str>> {
        let credentials = self.provider.current().await?;
        let digest = digest(body).await;
        if &*self.plan.service == "s3" {
            encode_path(request)?;
        }
        let signed = {
            let headers: Vec<(&str, &[u8])> =
                request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
            let host = request.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
            let parts = Request {
                method: request.method.as_str(),
                host,
                path: request.uri.path(),
                query: request.uri.query().unwrap_or_default(),
                headers: &headers,
            };
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let scope = Scope { region: &self.plan.region, service: &self.plan.service };
            let signer = edgewit_sigv4::Signer::new(&credentials, scope, &self.keys);
            let signed = signer.sign(&parts, &Payload::Sha256(&digest), Timestamp::from_unix_seconds(now));
            signed.headers().map(|(name, value)| (name, value.to_owned())).collect::<Vec<_>>()
        };
        REPLACED.iter().for_each(|name| drop(request.remove_header(*name)));
        for (name, value) in signed {
            request
                .insert_header(name, value)
                .map_err(|_| Arc::from("credentials that no header can carry"))?;
        }
        Ok(())
    }
}

/// SHA-256 of a body; a large one is hashed beside the worker, which serves others meanwhile.
async fn digest(body: &Bytes) -> [u8; 32] {
    let hash = |body: &[u8]| <[u8; 32]>::from(Sha256::digest(body));
    if body.len() < ASIDE_BYTES {
        return hash(body);
    }
    let large = body.clone();
    tokio::task::spawn_blocking(move || hash(&large)).await.unwrap_or_else(|_gone| hash(body))
}

/// S3 signs a path as it would itself encode it, so it must be sent so too.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'%');

fn encode_path(request: &mut RequestHeader) -> Result<(), Arc<str>> {
    let path = request.uri.path();
    let Cow::Owned(mut target) = Cow::from(utf8_percent_encode(path, PATH)) else { return Ok(()) };
    if let Some(query) = request.uri.query() {
        target.push('?');
        target.push_str(query);
    }
    let target = target.parse().map_err(|_| Arc::from("a path that cannot be encoded"))?;
    request.set_uri(target);
    Ok(())
}
