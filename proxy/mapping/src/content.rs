//! What binary media types and `contentHandling` make of a body on its way.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html>.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// `contentHandling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// `CONVERT_TO_BINARY`.
    ToBinary,
    /// `CONVERT_TO_TEXT`.
    ToText,
}

/// A text that was to become bytes is no base64: 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found a body that is no base64 (RFC 4648), expected the text of some bytes")]
pub struct NoBase64;

/// Padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A request's body as the integration gets it. `binary`: its `Content-Type` is among the binary media types.
///
/// # Errors
/// When it was to be decoded and cannot be.
pub fn request(body: &[u8], binary: bool, conversion: Option<Conversion>) -> Result<Cow<'_, [u8]>, NoBase64> {
    match (binary, conversion) {
        (false, Some(Conversion::ToBinary)) => decoded(body),
        (false, _) => Ok(text(body)),
        (true, Some(Conversion::ToText)) => Ok(encoded(body)),
        (true, _) => Ok(Cow::Borrowed(body)),
    }
}

/// An answer's body as the client gets it. `binary`: its `Content-Type` is among the binary media types; `accepted`:
/// what the client accepts first is.
///
/// # Errors
/// When it was to be decoded and cannot be.
pub fn response(
    body: &[u8],
    binary: bool,
    accepted: bool,
    conversion: Option<Conversion>,
) -> Result<Cow<'_, [u8]>, NoBase64> {
    match (binary, accepted, conversion) {
        (false, _, Some(Conversion::ToBinary)) | (false, true, None) => decoded(body),
        (false, _, _) | (true, _, Some(Conversion::ToBinary)) | (true, true, None) => Ok(Cow::Borrowed(body)),
        (true, _, Some(Conversion::ToText)) | (true, false, None) => Ok(encoded(body)),
    }
}

/// Bytes that are not UTF-8 become U+FFFD.
fn text(body: &[u8]) -> Cow<'_, [u8]> {
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(_) => Cow::Borrowed(body),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn encoded(body: &[u8]) -> Cow<'_, [u8]> {
    Cow::Owned(BASE64.encode(body).into_bytes())
}

fn decoded(body: &[u8]) -> Result<Cow<'_, [u8]>, NoBase64> {
    // Encoders break lines (RFC 2045, section 6.8).
    if !body.iter().any(u8::is_ascii_whitespace) {
        return BASE64.decode(body).map(Cow::Owned).map_err(|_| NoBase64);
    }
    let joined: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(joined).map(Cow::Owned).map_err(|_| NoBase64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use Conversion::{ToBinary, ToText};

    #[test]
    fn requests() {
        for (body, binary, conversion, expected) in [
            (&b"caf\xc3\xa9"[..], false, None, &b"caf\xc3\xa9"[..]),
            (b"a\xff", false, Some(ToText), "a\u{fffd}".as_bytes()),
            (b"aGk=", false, Some(ToBinary), b"hi"),
            (b"aG\r\nk", false, Some(ToBinary), b"hi"),
            (b"a\xff", true, None, b"a\xff"),
            (b"a\xff", true, Some(ToBinary), b"a\xff"),
            (b"hi", true, Some(ToText), b"aGk="),
        ] {
            assert_eq!(
                &*request(body, binary, conversion).unwrap(),
                expected,
                "{body:?} {binary} {conversion:?}"
            );
        }
        assert_eq!(request(b"no base64!", false, Some(ToBinary)), Err(NoBase64));
    }

    #[test]
    fn responses() {
        for (binary, accepted, conversion, expected) in [
            (false, false, None, "aGk="),
            (false, false, Some(ToBinary), "hi"),
            (false, false, Some(ToText), "aGk="),
            (false, true, None, "hi"),
            (false, true, Some(ToBinary), "hi"),
            (false, true, Some(ToText), "aGk="),
            (true, false, None, "YUdrPQ=="),
            (true, false, Some(ToBinary), "aGk="),
            (true, false, Some(ToText), "YUdrPQ=="),
            (true, true, None, "aGk="),
            (true, true, Some(ToBinary), "aGk="),
            (true, true, Some(ToText), "YUdrPQ=="),
        ] {
            let got = response(b"aGk=", binary, accepted, conversion).unwrap();
            assert_eq!(&*got, expected.as_bytes(), "{binary} {accepted} {conversion:?}");
        }
        assert_eq!(response(b"-", false, true, None), Err(NoBase64));
    }
}
