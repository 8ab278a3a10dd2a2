//! The admin address of a node.

use std::fmt;

/// Where a node with an address alone listens.
const DEFAULT_PORT: u16 = 9080;

/// The admin address of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admin {
    /// A name or address, without the brackets of IPv6.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Admin {
    /// Reads `http://HOST:PORT`, `HOST:PORT` or `HOST`.
    ///
    /// # Errors
    /// What was found and what was expected.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected http://ADDRESS:PORT such as http://127.0.0.1:9080";
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let default_port = if text.contains("://") { 80 } else { DEFAULT_PORT };
        if scheme.eq_ignore_ascii_case("https") {
            return Err(format!(
                "found `{text}`, but only http is supported: run this command on the node's machine, or through a tunnel such as `ssh -L 9080:127.0.0.1:9080`"
            ));
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let wrong = || format!("found `{text}`, {EXPECTED}");
        if !scheme.eq_ignore_ascii_case("http") || authority == "none" {
            return Err(wrong());
        }
        let (host, port) = split(authority).ok_or_else(wrong)?;
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?,
            None => default_port,
        };
        let is_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

/// Host and port.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after {
            "" => Some((host, None)),
            _ => Some((host, Some(after.strip_prefix(':')?))),
        };
    }
    match authority.split_once(':') {
        // An IPv6 address without brackets: which colon stands before the port?
        Some((_, port)) if port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
        None => Some((authority, None)),
    }
}

/// As the `Host` header has it.
impl fmt::Display for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_a_scheme() {
        for (text, expected) in [
            ("http://127.0.0.1:9080", "127.0.0.1:9080"),
            ("http://127.0.0.1:9080/", "127.0.0.1:9080"),
            ("HTTP://localhost:1", "localhost:1"),
            ("http://gateway", "gateway:80"),
            ("127.0.0.1:7", "127.0.0.1:7"),
            ("127.0.0.1", "127.0.0.1:9080"),
            ("[::1]:9080", "[::1]:9080"),
            ("http://[::1]", "[::1]:80"),
        ] {
            assert_eq!(Admin::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in [
            "",
            "none",
            "http://",
            "http://:80",
            "ftp://a",
            "a:0",
            "a:65536",
            "a:b",
            "::1",
            "[::1",
            "[::1]9",
            "a/b",
            "http://a/b",
            "user@a",
            "a b",
        ] {
            let wrong = Admin::parse(text).unwrap_err();
            assert!(wrong.contains("expected http://ADDRESS:PORT"), "{text}: {wrong}");
        }
        let wrong = Admin::parse("https://127.0.0.1:9080").unwrap_err();
        assert!(wrong.contains("only http is supported"), "{wrong}");
    }
}
