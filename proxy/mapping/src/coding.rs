//! Content codings: which one a client gets, and which one a request has.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html>.

/// A content coding that API Gateway reads and writes (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// The zlib format, RFC 1950.
    Deflate,
}

impl Coding {
    /// As in `Content-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    fn read(name: &str) -> Option<Self> {
        match name {
            _ if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => Some(Self::Gzip),
            _ if name.eq_ignore_ascii_case("deflate") => Some(Self::Deflate),
            _ => None,
        }
    }
}

/// A request's coding that API Gateway does not read: 415.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found a content coding that cannot be read, expected gzip, deflate or identity")]
pub struct UnknownCoding;

/// The coding of a request's body by its `Content-Encoding`; `None` when it has none.
///
/// # Errors
/// For any other coding, and for several.
pub fn of_request(content_encoding: &str) -> Result<Option<Coding>, UnknownCoding> {
    let name = content_encoding.trim();
    if name.is_empty() || name.eq_ignore_ascii_case("identity") {
        return Ok(None);
    }
    Coding::read(name).map(Some).ok_or(UnknownCoding)
}

/// The coding that an answer gets, by the request's `Accept-Encoding`: the client's first choice, where that is one
/// of ours. Its choice is what has the greatest weight, and of several the first. `*` names none.
pub fn accepted(accept_encoding: &str) -> Option<Coding> {
    let mut best: Option<(u16, &str)> = None;
    for entry in accept_encoding.split(',') {
        let mut parts = entry.split(';').map(str::trim);
        let Some(name) = parts.next().filter(|name| !name.is_empty()) else { continue };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let weight = weight.map_or(1000, thousandths);
        if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, name));
        }
    }
    best.and_then(|(_, name)| Coding::read(name))
}

/// A weight of RFC 9110, section 12.4.2, in thousandths; what is none counts as 0.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" if digits && fraction.bytes().all(|byte| byte == b'0') => 1000,
        "0" if digits => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Coding::{Deflate, Gzip};

    #[test]
    fn the_first_choice_counts() {
        for (accept, expected) in [
            ("gzip", Some(Gzip)),
            ("GZIP", Some(Gzip)),
            ("deflate, gzip", Some(Deflate)),
            ("gzip;q=0.5, deflate;q=0.9", Some(Deflate)),
            ("br;q=1.0, gzip;q=0.8", None),
            ("gzip;q=0", None),
            ("gzip;q=0.001", Some(Gzip)),
            ("gzip;q=2", None),
            ("*", None),
            ("identity, gzip;q=0.5", None),
            ("", None),
            (" , gzip ; q=0.7 ", Some(Gzip)),
        ] {
            assert_eq!(accepted(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn requests_have_one_coding_or_none() {
        assert_eq!(of_request("gzip"), Ok(Some(Gzip)));
        assert_eq!(of_request("deflate"), Ok(Some(Deflate)));
        assert_eq!(of_request("identity"), Ok(None));
        assert_eq!(of_request(""), Ok(None));
        assert_eq!(of_request("br"), Err(UnknownCoding));
        assert_eq!(of_request("gzip, gzip"), Err(UnknownCoding));
    }
}
