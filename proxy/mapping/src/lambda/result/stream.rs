//! What a function streams: a head, eight zero bytes, and the body.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html>.

use super::{Multiple, ResultError, Single, headers, malformed, one_line, status};
use crate::lambda::loose::{Items, Loose, Scalar};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Bytes within which the zero bytes must begin.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;

/// What ends the head.
const DELIMITER: [u8; 8] = [0; 8];

/// The head of a streamed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHead<'a> {
    /// 200 to 599.
    pub status: u16,
    /// Header lines as those of [`ProxyResult`](super::ProxyResult), cookies among them.
    pub headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Length of the head, and where the body begins. `None` while the zero bytes are not there. `seen` bytes were looked at
/// before and had none.
///
/// # Errors
/// When they can be there no more.
pub fn split(bytes: &[u8], seen: usize) -> Result<Option<(usize, usize)>, ResultError> {
    let within = &bytes[..bytes.len().min(MAX_HEAD_BYTES + DELIMITER.len())];
    // Some of them may have come before.
    let from = seen.saturating_sub(DELIMITER.len() - 1).min(within.len());
    match within[from..].windows(DELIMITER.len()).position(|window| window == DELIMITER) {
        Some(length) => Ok(Some((from + length, from + length + DELIMITER.len()))),
        None if bytes.len() >= MAX_HEAD_BYTES + DELIMITER.len() => Err(malformed(
            "the stream",
            "no zero bytes",
            &format!("eight of them within the first {MAX_HEAD_BYTES} bytes"),
        )),
        None => Ok(None),
    }
}

/// Reads the head.
///
/// # Errors
/// When it is no JSON object with `statusCode`, `headers`, `multiValueHeaders` and `cookies`, all optional.
pub fn head(json: &[u8]) -> Result<StreamHead<'_>, ResultError> {
    let raw = match serde_json::from_slice::<Loose<'_, IgnoredAny, Raw<'_>>>(json) {
        Ok(Loose::Object(raw)) => raw,
        Ok(other) => return Err(malformed("the head of the stream", other.kind(), "an object")),
        Err(error) => return Err(ResultError::Malformed(one_line(&error.to_string()))),
    };
    let status = status(raw.status_code)?;
    let mut headers = headers::merge(raw.headers, raw.multi_value_headers)?;
    match raw.cookies {
        None | Some(Loose::Null) => {}
        Some(Loose::List(cookies)) => {
            for cookie in cookies.0 {
                headers.push((Cow::Borrowed("set-cookie"), headers::value("set-cookie", cookie)?));
            }
        }
        Some(other) => return Err(malformed("cookies", other.kind(), "a list")),
    }
    headers::bounded(&headers)?;
    Ok(StreamHead { status, headers })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    status_code: Option<Scalar<'a>>,
    #[serde(borrow)]
    headers: Option<Single<'a>>,
    #[serde(borrow)]
    multi_value_headers: Option<Multiple<'a>>,
    #[serde(borrow)]
    cookies: Option<Loose<'a, Items<Scalar<'a>>, IgnoredAny>>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn the_head_ends_at_eight_zero_bytes_within_its_limit() {
        let split = |bytes: &[u8]| split(bytes, 0);
        assert_eq!(split(b"{}\0\0\0\0\0\0\0"), Ok(None));
        assert_eq!(split(b"{}\0\0\0\0\0\0\0\0body"), Ok(Some((2, 10))));
        let at = |length: usize| [vec![b' '; length], DELIMITER.to_vec()].concat();
        assert_eq!(split(&at(MAX_HEAD_BYTES)), Ok(Some((MAX_HEAD_BYTES, MAX_HEAD_BYTES + 8))));
        assert!(split(&at(MAX_HEAD_BYTES + 1)).is_err());
        assert_eq!(split(&vec![b' '; MAX_HEAD_BYTES + 7]), Ok(None));
        assert!(split(&vec![b' '; MAX_HEAD_BYTES + 8]).is_err());
        for seen in 0..10 {
            assert_eq!(super::split(b"{}\0\0\0\0\0\0\0\0body", seen.min(9)), Ok(Some((2, 10))), "{seen}");
        }
    }

    #[test]
    fn heads_have_cookies_and_no_body() {
        let read = |json: &'static str| head(json.as_bytes());
        let found = read(r#"{"statusCode":201,"headers":{"a":"b"},"cookies":["c=1","d=2"]}"#).unwrap();
        let lines: Vec<_> = found.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            (found.status, lines.join(", ").as_str()),
            (201, "a: b, set-cookie: c=1, set-cookie: d=2")
        );
        assert_eq!(read("{}").unwrap(), StreamHead { status: 200, headers: Vec::new() });
        for wrong in ["", "[]", r#"{"body":""}"#, r#"{"cookies":"a=1"}"#, r#"{"cookies":["a\n"]}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
