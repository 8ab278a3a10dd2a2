//! Takes tokens apart and believes those that are signed and not expired.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::edgewit::plugin::crypto::{self, Hash};

/// What a token says.
pub(crate) struct Claims {
    pub(crate) sub: String,
    pub(crate) scope: String,
    pub(crate) tier: Option<String>,
    pub(crate) level: Option<i64>,
    pub(crate) beta: Option<bool>,
    /// Seconds since 1970 from which on the token is worth nothing.
    exp: i64,
}

impl Claims {
    pub(crate) fn has_scope(&self, wanted: &str) -> bool {
        self.scope.split(' ').any(|scope| scope == wanted)
    }

    /// None when something is missing or not of its kind. An optional value may also be null.
    fn parse(payload: &[u8]) -> Option<Self> {
        let payload: Value = serde_json::from_slice(payload).ok()?;
        let payload = payload.as_object()?;
        let set = |name| payload.get(name).filter(|value| !value.is_null());
        Some(Self {
            sub: text(set("sub")?).filter(|sub| !sub.is_empty())?,
            scope: text(set("scope")?)?,
            exp: integer(set("exp")?)?,
            tier: kind(set("tier"), text)?,
            level: kind(set("level"), integer)?,
            beta: kind(set("beta"), Value::as_bool)?,
        })
    }
}

/// What the `Authorization` header `header` carries, or none when it is nothing to rely on.
pub(crate) fn read(header: &str, key: &[u8], now_ms: i64) -> Option<Claims> {
    let (payload, tag) = bearer(header)?.split_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?; // refuses a second dot, too
    if !crypto::verify_hmac(Hash::Sha256, key, payload.as_bytes(), &tag) {
        return None;
    }
    // Only now: a parser should see nothing that a stranger wrote.
    let claims = Claims::parse(&URL_SAFE_NO_PAD.decode(payload).ok()?)?;
    Some(claims).filter(|claims| claims.exp.saturating_mul(1000) > now_ms)
}

/// The token behind the `Bearer` scheme, whose case does not matter (RFC 9110 section 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A whole number that every language reads the same: up to 2^53 - 1, and 3.0 is one.
fn integer(value: &Value) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= LARGEST)?;
    Some(number as i64)
}

/// None when there is a value of another kind than `read` takes, `Some(None)` when there is no value.
fn kind<T>(value: Option<&Value>, read: fn(&Value) -> Option<T>) -> Option<Option<T>> {
    match value {
        Some(value) => read(value).map(Some),
        None => Some(None),
    }
}
