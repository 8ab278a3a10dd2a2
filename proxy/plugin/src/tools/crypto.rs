//! Hashes, message authentication and signatures, all by `ring`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::{digest, hmac, signature};
use serde::Deserialize;

use crate::bindings::crypto::{Hash, Signature};

/// Bytes of a public key's text.
const KEY_BYTES: usize = 16 << 10;

pub(crate) fn hash(algorithm: Hash, data: &[u8]) -> Vec<u8> {
    let algorithm = match algorithm {
        Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
    };
    digest::digest(algorithm, data).as_ref().to_vec()
}

fn hmac_key(algorithm: Hash, key: &[u8]) -> hmac::Key {
    let algorithm = match algorithm {
        Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => hmac::HMAC_SHA256,
        Hash::Sha384 => hmac::HMAC_SHA384,
        Hash::Sha512 => hmac::HMAC_SHA512,
    };
    hmac::Key::new(algorithm, key)
}

pub(crate) fn hmac(algorithm: Hash, key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac_key(algorithm, key), data).as_ref().to_vec()
}

/// Takes the same time wherever the tags differ.
pub(crate) fn verify_hmac(algorithm: Hash, key: &[u8], data: &[u8], tag: &[u8]) -> bool {
    hmac::verify(&hmac_key(algorithm, key), data, tag).is_ok()
}

/// Takes the same time wherever they differ; only their lengths show.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    let differs = a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differs) == 0
}

/// A key that signatures can be checked with.
#[derive(Debug)]
pub(crate) enum PublicKey {
    /// DER of an RSAPublicKey (RFC 8017).
    RsaDer(Vec<u8>),
    /// Modulus and exponent, big endian without leading zeros.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// Uncompressed point on P-256.
    P256(Vec<u8>),
    /// Uncompressed point on P-384.
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// A JWK (RFC 7517) or SubjectPublicKeyInfo as PEM (RFC 7468).
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text.len() > KEY_BYTES {
            return Err(format!("a key of {} bytes, expected at most {KEY_BYTES}", text.len()));
        }
        if text.trim_start().starts_with('{') { from_jwk(text) } else { from_pem(text) }
    }

    pub(crate) fn verify(&self, algorithm: Signature, data: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::RsaDer(der) => {
                let Some(algorithm) = rsa(algorithm) else { return false };
                signature::UnparsedPublicKey::new(algorithm, der).verify(data, signature).is_ok()
            }
            Self::Rsa { n, e } => {
                let Some(algorithm) = rsa(algorithm) else { return false };
                signature::RsaPublicKeyComponents { n, e }.verify(algorithm, data, signature).is_ok()
            }
            Self::P256(point) => {
                matches!(algorithm, Signature::Es256)
                    && verify(&signature::ECDSA_P256_SHA256_FIXED, point, data, signature)
            }
            Self::P384(point) => {
                matches!(algorithm, Signature::Es384)
                    && verify(&signature::ECDSA_P384_SHA384_FIXED, point, data, signature)
            }
            Self::Ed25519(key) => {
                matches!(algorithm, Signature::EdDsa) && verify(&signature::ED25519, key, data, signature)
            }
        }
    }
}

fn verify(
    algorithm: &'static dyn signature::VerificationAlgorithm,
    key: &[u8],
    data: &[u8],
    tag: &[u8],
) -> bool {
    signature::UnparsedPublicKey::new(algorithm, key).verify(data, tag).is_ok()
}

fn rsa(algorithm: Signature) -> Option<&'static signature::RsaParameters> {
    Some(match algorithm {
        Signature::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Signature::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Signature::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Signature::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Signature::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Signature::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        Signature::Es256 | Signature::Es384 | Signature::EdDsa => return None,
    })
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

fn from_jwk(text: &str) -> Result<PublicKey, String> {
    let jwk: Jwk = serde_json::from_str(text).map_err(|error| format!("not a JWK: {error}"))?;
    let field = |name: &str, value: &Option<String>| {
        let value = value.as_deref().ok_or_else(|| format!("a JWK of type {} without `{name}`", jwk.kty))?;
        URL_SAFE_NO_PAD.decode(value).map_err(|_| format!("`{name}` of the JWK is not base64url"))
    };
    let point = |bytes: usize| {
        let (x, y) = (field("x", &jwk.x)?, field("y", &jwk.y)?);
        if x.len() != bytes || y.len() != bytes {
            return Err(format!("`x` and `y` of the JWK must have {bytes} bytes each"));
        }
        Ok([&[4], &*x, &*y].concat())
    };
    match (&*jwk.kty, jwk.crv.as_deref()) {
        ("RSA", _) => {
            let bare = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            Ok(PublicKey::Rsa { n: bare(field("n", &jwk.n)?), e: bare(field("e", &jwk.e)?) })
        }
        ("EC", Some("P-256")) => Ok(PublicKey::P256(point(32)?)),
        ("EC", Some("P-384")) => Ok(PublicKey::P384(point(48)?)),
        ("OKP", Some("Ed25519")) => Ok(PublicKey::Ed25519(field("x", &jwk.x)?)),
        (kind, curve) => Err(format!(
            "a JWK of type {kind} {}: expected RSA, EC with P-256 or P-384, or OKP with Ed25519",
            curve.unwrap_or_default()
        )),
    }
}

/// Beginnings of SubjectPublicKeyInfo (RFC 5280) up to the key itself, of the kinds whose key has a fixed length.
const P256_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const P384_PREFIX: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
    0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
];
const ED25519_PREFIX: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The object identifier rsaEncryption with its parameters, in front of the bit string of the key.
const RSA_ALGORITHM: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03];

fn from_pem(text: &str) -> Result<PublicKey, String> {
    const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
    const END: &str = "-----END PUBLIC KEY-----";
    let body = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(body, _)| body);
    let body = body.ok_or_else(|| format!("neither a JWK nor PEM: expected `{{` or `{BEGIN}`"))?;
    let body: String = body.split_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| "the PEM is not base64".to_owned())?;
    if let Some(point) = der.strip_prefix(P256_PREFIX) {
        return Ok(PublicKey::P256(point.to_vec()));
    }
    if let Some(point) = der.strip_prefix(P384_PREFIX) {
        return Ok(PublicKey::P384(point.to_vec()));
    }
    if let Some(key) = der.strip_prefix(ED25519_PREFIX) {
        return Ok(PublicKey::Ed25519(key.to_vec()));
    }
    let at = der.windows(RSA_ALGORITHM.len()).take(16).position(|window| window == RSA_ALGORITHM);
    let bits = at.and_then(|at| der.get(at + RSA_ALGORITHM.len()..)).and_then(bit_string);
    bits.map(|key| PublicKey::RsaDer(key.to_vec()))
        .ok_or_else(|| "a key of another kind: expected RSA, P-256, P-384 or Ed25519".to_owned())
}

/// Content of a DER bit string after its tag: length, a zero for the unused bits, the bytes.
fn bit_string(der: &[u8]) -> Option<&[u8]> {
    let (first, rest) = der.split_first()?;
    let rest = match first {
        0x81 => rest.get(1..)?,
        0x82 => rest.get(2..)?,
        0x00..=0x7f => rest,
        _ => return None,
    };
    rest.strip_prefix(&[0])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 4231, test case 2.
    #[test]
    fn hmac_is_that_of_the_rfc() {
        let tag = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(hmac(Hash::Sha256, b"Jefe", b"what do ya want for nothing?"), tag);
        assert!(verify_hmac(Hash::Sha256, b"Jefe", b"what do ya want for nothing?", &tag));
        assert!(!verify_hmac(Hash::Sha256, b"Jeff", b"what do ya want for nothing?", &tag));
    }

    /// RFC 8037, appendix A.4.
    #[test]
    fn an_ed25519_jwk_verifies_the_example_of_the_rfc() {
        let key = PublicKey::read(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        )
        .unwrap();
        let data = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let tag = URL_SAFE_NO_PAD
            .decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
            .unwrap();
        assert!(key.verify(Signature::EdDsa, data, &tag));
        assert!(!key.verify(Signature::EdDsa, b"other", &tag));
        assert!(!key.verify(Signature::Es256, data, &tag));
    }

    #[test]
    fn what_is_no_key_says_so() {
        assert!(PublicKey::read("hello").unwrap_err().starts_with("neither a JWK nor PEM"));
        assert!(PublicKey::read(r#"{"kty":"oct"}"#).unwrap_err().starts_with("a JWK of type oct"));
        assert!(PublicKey::read(&"x".repeat(KEY_BYTES + 1)).unwrap_err().contains("expected at most"));
    }

    #[test]
    fn equal_compares_all_bytes() {
        assert!(equal(b"abc", b"abc"));
        assert!(!equal(b"abc", b"abd"));
        assert!(!equal(b"abc", b"ab"));
    }
}
