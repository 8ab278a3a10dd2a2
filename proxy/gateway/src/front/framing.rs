//! What a request header must look like on the wire before anything else sees it.
//!
//! Pingora's parser repairs much of what clients send. A gateway that repairs is a gateway that
//! disagrees with its backends about where a request ends, so everything that RFC 9112 lets a
//! server refuse is refused here, on the raw bytes. Pure: no I/O.

/// Bytes that the request target may have (API Gateway: 10,240 for regional APIs).
pub const TARGET_BYTES: usize = 10_240;
/// Bytes that all header lines together may have, line ends included (API Gateway: 10,240).
pub const HEADER_BYTES: usize = 10_240;
/// Header lines that a request may have; Pingora's parser stops at 256.
pub const HEADER_LINES: usize = 200;

/// Limits on a request header, each in bytes or lines.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the request target, by default [`TARGET_BYTES`].
    pub target_bytes: usize,
    /// Bytes of all header lines, by default [`HEADER_BYTES`].
    pub header_bytes: usize,
    /// Header lines, by default [`HEADER_LINES`].
    pub header_lines: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { target_bytes: TARGET_BYTES, header_bytes: HEADER_BYTES, header_lines: HEADER_LINES }
    }
}

impl Limits {
    /// Bytes after which a header that has not ended is refused: target, header lines, and the
    /// method, version and separators of the request line.
    pub fn total(&self) -> usize {
        self.target_bytes + self.header_bytes + 64
    }
}

/// How the body of an accepted request is delimited (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// `Content-Length`, or no body at all (0).
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The client asks for another protocol: what follows may not be HTTP.
    Upgrade,
}

/// Why a request is refused; each has one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 400: the message breaks RFC 9112; the text says where.
    Malformed(&'static str),
    /// 405: `CONNECT`.
    Connect,
    /// 414: the target is longer than [`Limits::target_bytes`].
    TargetTooLong,
    /// 431: the header lines exceed [`Limits::header_bytes`] or [`Limits::header_lines`].
    HeaderTooLarge,
    /// 505: not HTTP/1.0 or HTTP/1.1.
    Version,
}

/// The position just after the empty line that ends the header, if it is there.
/// A bare line feed is not a line end, so only CR LF CR LF counts.
pub fn header_end(buf: &[u8], scanned: usize) -> Option<usize> {
    let from = scanned.saturating_sub(3);
    memchr::memmem::find(&buf[from..], b"\r\n\r\n").map(|at| from + at + 4)
}

/// Checks one whole header, request line to empty line.
///
/// # Errors
/// The first [`Refusal`] found.
pub fn check(header: &[u8], limits: &Limits) -> Result<Body, Refusal> {
    let mut lines = Lines { rest: header };
    let request_line = lines.next().ok_or(Refusal::Malformed("no request line"))?;
    let (http_11, target) = check_request_line(request_line, limits)?;
    if header.len() - request_line.len() - 2 > limits.header_bytes + 2 {
        return Err(Refusal::HeaderTooLarge);
    }

    let mut seen = Seen::default();
    let mut count = 0;
    loop {
        let line = lines.next().ok_or(Refusal::Malformed("a line does not end in CR LF"))?;
        if line.is_empty() {
            break;
        }
        count += 1;
        if count > limits.header_lines {
            return Err(Refusal::HeaderTooLarge);
        }
        check_line(line, &mut seen)?;
    }
    if !lines.rest.is_empty() {
        return Err(Refusal::Malformed("an empty line inside the header"));
    }
    check_authority(target, seen.host)?;
    seen.verdict(http_11)
}

struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    /// The next line without its CR LF; `None` at the end or at a CR or LF that stands alone.
    fn next(&mut self) -> Option<&'a [u8]> {
        let at = memchr::memchr2(b'\r', b'\n', self.rest)?;
        if self.rest.get(at..at + 2) != Some(b"\r\n") {
            return None;
        }
        let line = &self.rest[..at];
        self.rest = &self.rest[at + 2..];
        Some(line)
    }
}

/// Whether the version is HTTP/1.1, and the target.
fn check_request_line<'a>(line: &'a [u8], limits: &Limits) -> Result<(bool, &'a [u8]), Refusal> {
    let method_end =
        memchr::memchr(b' ', line).ok_or(Refusal::Malformed("the request line has no target"))?;
    let (method, rest) = (&line[..method_end], &line[method_end + 1..]);
    if method.is_empty() || !method.iter().all(|&b| TOKEN[b as usize]) {
        return Err(Refusal::Malformed("the method is not a token"));
    }
    let target_end =
        memchr::memrchr(b' ', rest).ok_or(Refusal::Malformed("the request line has no version"))?;
    let (target, version) = (&rest[..target_end], &rest[target_end + 1..]);
    let http_11 = match version {
        b"HTTP/1.1" => true,
        b"HTTP/1.0" => false,
        [b'H', b'T', b'T', b'P', b'/', ..] => return Err(Refusal::Version),
        _ => return Err(Refusal::Malformed("the request line has no version")),
    };
    if method == b"CONNECT" {
        return Err(Refusal::Connect);
    }
    if target.len() > limits.target_bytes {
        return Err(Refusal::TargetTooLong);
    }
    // Visible ASCII only: RFC 3986 has no place for anything else, and what a backend makes of it is a guess.
    if target.is_empty() || !target.iter().all(|&b| in_target(b)) {
        return Err(Refusal::Malformed("the target holds a character that must be percent-encoded"));
    }
    if target[0] != b'/' && authority(target).is_none() && !(target == b"*" && method == b"OPTIONS") {
        return Err(Refusal::Malformed("the target is neither a path nor an absolute URI"));
    }
    Ok((http_11, target))
}

/// The authority of a target in absolute form.
fn authority(target: &[u8]) -> Option<&[u8]> {
    let rest = target.strip_prefix(b"http://").or_else(|| target.strip_prefix(b"https://"))?;
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// Two hosts in one request are two requests: RFC 9112, section 3.2.2, goes by the target, many by `Host`.
/// A client that sends both sends the same (the same section), so they are compared byte by byte.
fn check_authority(target: &[u8], host: Option<&[u8]>) -> Result<(), Refusal> {
    if host.is_some_and(|host| host.contains(&b'@')) {
        return Err(Refusal::Malformed("Host names a user"));
    }
    match authority(target) {
        Some(authority) if authority.is_empty() || authority.contains(&b'@') => {
            Err(Refusal::Malformed("the target names no host, or a user"))
        }
        Some(authority) if host.is_some_and(|host| host != authority) => {
            Err(Refusal::Malformed("the target names another host than Host"))
        }
        _ => Ok(()),
    }
}

/// Characters that RFC 3986 lets stand in a URI as they are.
fn in_target(b: u8) -> bool {
    (0x21..=0x7e).contains(&b) && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// The header lines that decide framing and routing.
#[derive(Default)]
struct Seen<'a> {
    host: Option<&'a [u8]>,
    length: Option<u64>,
    chunked: bool,
    hosts: u8,
    upgrade: bool,
    /// `Connection` has the token `upgrade`, without which `Upgrade` means nothing.
    connection_upgrade: bool,
}

impl Seen<'_> {
    fn verdict(&self, http_11: bool) -> Result<Body, Refusal> {
        if http_11 && self.hosts != 1 {
            return Err(Refusal::Malformed("HTTP/1.1 needs exactly one Host"));
        }
        if self.chunked {
            if self.length.is_some() {
                return Err(Refusal::Malformed("both Content-Length and Transfer-Encoding"));
            }
            if !http_11 {
                return Err(Refusal::Malformed("Transfer-Encoding needs HTTP/1.1"));
            }
            return Ok(Body::Chunked);
        }
        if self.upgrade && self.connection_upgrade && http_11 && self.length.unwrap_or(0) == 0 {
            return Ok(Body::Upgrade);
        }
        Ok(Body::Length(self.length.unwrap_or(0)))
    }
}

fn check_line<'a>(line: &'a [u8], seen: &mut Seen<'a>) -> Result<(), Refusal> {
    let colon = memchr::memchr(b':', line).ok_or(Refusal::Malformed("a header line without a colon"))?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    // This also refuses obsolete line folding and white space before the colon.
    if name.is_empty() || !name.iter().all(|&b| TOKEN[b as usize]) {
        return Err(Refusal::Malformed("a header name is not a token"));
    }
    if value.iter().any(|&b| (b < 0x20 && b != b'\t') || b == 0x7f) {
        return Err(Refusal::Malformed("a header value holds a control character"));
    }
    match name.len() {
        4 if name.eq_ignore_ascii_case(b"host") => {
            seen.hosts = seen.hosts.saturating_add(1);
            seen.host = Some(value.trim_ascii());
            if seen.hosts > 1 {
                return Err(Refusal::Malformed("more than one Host"));
            }
        }
        7 if name.eq_ignore_ascii_case(b"upgrade") => seen.upgrade = true,
        10 if name.eq_ignore_ascii_case(b"connection") => {
            let mut tokens = value.split(|b| *b == b',').map(<[u8]>::trim_ascii);
            seen.connection_upgrade |= tokens.any(|token| token.eq_ignore_ascii_case(b"upgrade"));
        }
        14 if name.eq_ignore_ascii_case(b"content-length") => {
            if seen.length.is_some() {
                return Err(Refusal::Malformed("more than one Content-Length"));
            }
            seen.length = Some(content_length(value)?);
        }
        17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
            if seen.chunked || !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Err(Refusal::Malformed("a Transfer-Encoding other than chunked"));
            }
            seen.chunked = true;
        }
        _ => {}
    }
    Ok(())
}

fn content_length(value: &[u8]) -> Result<u64, Refusal> {
    let digits = value.trim_ascii();
    // 18 digits cannot overflow and are an exabyte.
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::Malformed("Content-Length is not a number"));
    }
    Ok(digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}

/// `tchar` of RFC 9110, section 5.6.2.
static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "b is below 256")]
        let c = b as u8;
        table[b] = c.is_ascii_alphanumeric()
            || matches!(
                c,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            );
        b += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    fn verdict(text: &str) -> Result<Body, Refusal> {
        check(text.as_bytes(), &Limits::default())
    }

    #[test]
    fn accepts_what_the_rfc_allows() {
        for (text, body) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Body::Length(0)),
            ("GET / HTTP/1.0\r\n\r\n", Body::Length(0)),
            ("POST /x?y=%20 HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n", Body::Length(12)),
            ("POST / HTTP/1.1\r\nhost:a\r\ntransfer-encoding: Chunked \r\n\r\n", Body::Chunked),
            (
                "GET /c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                Body::Upgrade,
            ),
            ("GET http://a/b HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Tab: a\tb\r\n\r\n", Body::Length(0)),
            ("GET https://a:1?b HTTP/1.1\r\nHost:  a:1 \r\n\r\n", Body::Length(0)),
            ("GET http://a/b HTTP/1.0\r\n\r\n", Body::Length(0)),
            ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", Body::Length(0)),
        ] {
            assert_eq!(verdict(text), Ok(body), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_could_be_read_in_two_ways() {
        for text in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://a:8080/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n",
            "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://A/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
            "GET /{a} HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /?a|b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\r\n\r\n",
            "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000000000\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(matches!(verdict(text), Err(Refusal::Malformed(_))), "{text:?}: {:?}", verdict(text));
        }
        assert_eq!(verdict("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), Err(Refusal::Connect));
        assert_eq!(verdict("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), Err(Refusal::Version));
    }

    #[test]
    fn limits_hold_at_the_limit_and_one_past() {
        let target = |n: usize| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(n - 1));
        assert_eq!(verdict(&target(TARGET_BYTES)), Ok(Body::Length(0)));
        assert_eq!(verdict(&target(TARGET_BYTES + 1)), Err(Refusal::TargetTooLong));

        // "Host: a\r\n" has 9 bytes, "X: \r\n" 5.
        let header = |n: usize| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "a".repeat(n - 14));
        assert_eq!(verdict(&header(HEADER_BYTES)), Ok(Body::Length(0)));
        assert_eq!(verdict(&header(HEADER_BYTES + 1)), Err(Refusal::HeaderTooLarge));

        let lines = |n: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: a\r\n".repeat(n - 1));
        assert_eq!(verdict(&lines(HEADER_LINES)), Ok(Body::Length(0)));
        assert_eq!(verdict(&lines(HEADER_LINES + 1)), Err(Refusal::HeaderTooLarge));
    }

    #[test]
    fn finds_the_end_across_reads() {
        assert_eq!(header_end(b"GET / HTTP/1.1\r\n\r\nbody", 0), Some(18));
        assert_eq!(header_end(b"GET / HTTP/1.1\r\n\r\nbody", 17), Some(18));
        assert_eq!(header_end(b"GET / HTTP/1.1\r\n\r", 0), None);
        assert_eq!(header_end(b"GET / HTTP/1.1\n\n", 0), None);
    }
}
