//! Identifiers of a request and of its trace.

use std::time::{SystemTime, UNIX_EPOCH};

const HEX: &[u8; 16] = b"0123456789abcdef";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `x-amzn-RequestId` and `x-amz-apigw-id` of one request, in fixed buffers.
///
/// They identify, they protect nothing: a fast generator seeded from the system is enough.
#[derive(Clone, Debug)]
pub struct RequestIds {
    request_id: [u8; 36],
    extended_id: [u8; 16],
    /// Milliseconds since 1970.
    pub epoch_ms: u64,
}

impl RequestIds {
    /// New identifiers for a request that arrived at `now`.
    pub fn generate(now: SystemTime) -> Self {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Self { request_id: uuid(fastrand::u128(..)), extended_id: extended(fastrand::u128(..)), epoch_ms }
    }

    /// Identifiers of no request.
    pub(crate) const fn blank() -> Self {
        Self { request_id: [b'-'; 36], extended_id: [b'='; 16], epoch_ms: 0 }
    }

    /// Takes over an identifier that the client sent, if it has the form of a UUID.
    pub fn adopt(&mut self, client: &[u8]) -> bool {
        let Ok(id) = <[u8; 36]>::try_from(client) else { return false };
        let dashes = [8, 13, 18, 23];
        let valid = id
            .iter()
            .enumerate()
            .all(|(i, b)| if dashes.contains(&i) { *b == b'-' } else { b.is_ascii_hexdigit() });
        if valid {
            self.request_id = id;
        }
        valid
    }

    /// A UUID in text form.
    pub fn request_id(&self) -> &str {
        std::str::from_utf8(&self.request_id).unwrap_or_default()
    }

    /// 16 characters of base64, the last one `=`.
    pub fn extended_id(&self) -> &str {
        std::str::from_utf8(&self.extended_id).unwrap_or_default()
    }
}

/// A version 4 UUID (RFC 9562) from 128 random bits.
fn uuid(bits: u128) -> [u8; 36] {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let bytes = bits.to_be_bytes();
    let mut out = [b'-'; 36];
    let mut at = 0;
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            at += 1;
        }
        out[at] = HEX[usize::from(byte >> 4)];
        out[at + 1] = HEX[usize::from(byte & 15)];
        at += 2;
    }
    out
}

fn extended(mut bits: u128) -> [u8; 16] {
    let mut out = [b'='; 16];
    for place in &mut out[..14] {
        *place = BASE64[(bits & 63) as usize];
        bits >>= 6;
    }
    // The last character carries four bits of eleven bytes.
    out[14] = BASE64[((bits & 15) << 2) as usize];
    out
}

/// `X-Amzn-Trace-Id`: the client's root (and parent and decision) where it sent them, new ones otherwise.
///
/// Format: `Root=1-{8 hex}-{24 hex};Parent={16 hex};Sampled={0|1}`.
pub(crate) fn trace_id(client: Option<&str>, epoch_ms: u64) -> String {
    let field = |name: &str| {
        client?
            .split(';')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
            .filter(|v| clean(v))
    };
    let mut out = String::with_capacity(80);
    out.push_str("Root=");
    match field("Root") {
        Some(root) => out.push_str(root),
        None => {
            out.push_str("1-");
            hex(&mut out, u128::from(epoch_ms / 1000), 8);
            out.push('-');
            hex(&mut out, fastrand::u128(..), 24);
        }
    }
    out.push_str(";Parent=");
    let parent = field("Parent");
    match parent {
        Some(parent) => out.push_str(parent),
        None => hex(&mut out, u128::from(fastrand::u64(..)), 16),
    }
    out.push_str(";Sampled=");
    out.push_str(match field("Sampled") {
        Some("0") => "0",
        Some("1") => "1",
        // A client that names a parent traces already; otherwise nothing samples here.
        _ if parent.is_some() => "1",
        _ => "0",
    });
    out
}

fn clean(value: &str) -> bool {
    !value.is_empty() && value.len() <= 64 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn hex(out: &mut String, value: u128, digits: u32) {
    for digit in (0..digits).rev() {
        out.push(char::from(HEX[((value >> (4 * digit)) & 15) as usize]));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn request_ids_have_their_documented_forms() {
        let mut ids = RequestIds::generate(UNIX_EPOCH);
        let again = ids.request_id().to_owned();
        assert!(ids.adopt(again.as_bytes()));
        assert_eq!(&ids.request_id()[14..15], "4");
        assert_eq!(ids.extended_id().len(), 16);
        assert!(ids.extended_id().ends_with('='));
        assert!(!ids.adopt(b"not-a-uuid"));
        assert_eq!(ids.request_id(), again);
    }

    #[test]
    fn a_trace_keeps_what_the_client_sent() {
        let new = trace_id(None, 0x5f00_0000 * 1000);
        assert!(new.starts_with("Root=1-5f000000-"), "{new}");
        assert!(new.ends_with(";Sampled=0"), "{new}");
        assert_eq!(new.len(), "Root=1-5f000000-".len() + 24 + ";Parent=".len() + 16 + ";Sampled=0".len());
        assert_eq!(trace_id(Some("Root=1-a-b;Parent=c;Sampled=0"), 0), "Root=1-a-b;Parent=c;Sampled=0");
        assert_eq!(trace_id(Some("Root=1-a-b; Parent=c"), 0), "Root=1-a-b;Parent=c;Sampled=1");
        let root = trace_id(Some("Root=1-a-b"), 0);
        assert!(root.starts_with("Root=1-a-b;Parent=") && root.ends_with(";Sampled=0"), "{root}");
        assert!(!trace_id(Some("Root=1\r\nX: y"), 0).contains('\r'));
    }
}
