//! URIs of integrations.

use super::shared::Shared;
use crate::integration::{Piece, Target};
use indexmap::IndexMap;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::sync::Arc;

/// Longest host name, in bytes (RFC 1035, section 2.3.4, in text form).
const MAX_HOST_BYTES: usize = 253;

/// What may not stand in a query as it is (RFC 3986, section 3.4). A percent sign may: it is part of an encoding.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'[')
    .add(b']');

/// The same in a path.
const PATH: &AsciiSet = &QUERY.add(b'?');

/// Fills in `${stageVariables.NAME}`. Unknown ones are empty; their names come second.
pub(super) fn with_stage_variables(
    text: &str,
    variables: &IndexMap<String, String>,
) -> (String, Vec<String>) {
    const OPEN: &str = "${stageVariables.";
    let mut out = String::with_capacity(text.len());
    let mut unknown = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            out.push_str(OPEN);
            rest = after;
            continue;
        };
        match variables.get(name) {
            Some(value) => out.push_str(value),
            None => unknown.push(name.to_owned()),
        }
        rest = behind;
    }
    out.push_str(rest);
    (out, unknown)
}

/// Parses an `http` or `https` URI with placeholders; `placeholder` gives the number of a name's mapping.
///
/// # Errors
/// What was expected.
pub(super) fn parse(
    uri: &str,
    placeholder: &dyn Fn(&str) -> Option<usize>,
    shared: &mut Shared,
) -> Result<Target, &'static str> {
    let (scheme, rest) = uri.split_once("://").ok_or("`http://` or `https://` at the beginning")?;
    let tls = if scheme.eq_ignore_ascii_case("https") {
        true
    } else if scheme.eq_ignore_ascii_case("http") {
        false
    } else {
        return Err("`http://` or `https://` at the beginning");
    };
    if uri.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("no blanks and no control characters");
    }
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(authority_end);
    let (host, port) = host_and_port(authority)?;
    let default_port = if tls { 443 } else { 80 };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = pieces(if path.is_empty() { "/" } else { path }, PATH, placeholder, shared);
    let query = pieces(query, QUERY, placeholder, shared);
    let shown_host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let authority = match port {
        Some(port) if port != default_port => format!("{shown_host}:{port}"),
        _ => shown_host,
    };
    let fixed = match (path.as_slice(), query.as_slice()) {
        ([Piece::Literal(path)], []) => Some(Arc::clone(path)),
        ([Piece::Literal(path)], [Piece::Literal(query)]) => Some(shared.text(&format!("{path}?{query}"))),
        _ => None,
    };
    Ok(Target {
        tls,
        host: shared.text(&host),
        port: port.unwrap_or(default_port),
        authority: shared.text(&authority),
        path,
        query,
        fixed,
    })
}

/// The host, lower-case and without brackets, and the port if one is given.
fn host_and_port(authority: &str) -> Result<(String, Option<u16>), &'static str> {
    if authority.contains('{') {
        return Err(
            "no `{placeholder}` in the host or port; stage variables may stand there, as `${stageVariables.NAME}`",
        );
    }
    if authority.contains('@') {
        return Err("no user name before the host");
    }
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, behind) = rest.split_once(']').ok_or("a `]` behind the IPv6 address")?;
        host.parse::<std::net::Ipv6Addr>().map_err(|_| "an IPv6 address between the brackets")?;
        match behind.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if behind.is_empty() => (host, None),
            None => return Err("a port or a path behind the host"),
        }
    } else {
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let is_name =
            host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
        if host.is_empty() || !is_name || host.len() > MAX_HOST_BYTES {
            return Err("a host name of letters, digits, `-`, `.` and `_`, at most 253 of them");
        }
        (host, port)
    };
    let port = match port {
        None | Some("") => None,
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => match text.parse::<u16>() {
            Ok(port) if port > 0 => Some(port),
            _ => return Err("a port from 1 to 65535"),
        },
        Some(_) => return Err("a port from 1 to 65535"),
    };
    Ok((host.to_ascii_lowercase(), port))
}

/// Splits at `{name}` and encodes what a URI may not hold.
fn pieces(
    text: &str,
    encode: &'static AsciiSet,
    placeholder: &dyn Fn(&str) -> Option<usize>,
    shared: &mut Shared,
) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        literal.extend(utf8_percent_encode(before, encode));
        match after.split_once('}') {
            Some((name, behind)) if !name.is_empty() && !name.contains(['{', '/', '?', '&', '=']) => {
                if !literal.is_empty() {
                    out.push(Piece::Literal(shared.text(&literal)));
                    literal.clear();
                }
                out.push(Piece::Placeholder { name: shared.text(name), mapping: placeholder(name) });
                rest = behind;
            }
            _ => {
                literal.push_str("%7B");
                rest = after;
            }
        }
    }
    literal.extend(utf8_percent_encode(rest, encode));
    if !literal.is_empty() {
        out.push(Piece::Literal(shared.text(&literal)));
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    fn show(uri: &str) -> String {
        let mapped = |name: &str| (name == "id").then_some(7);
        let join = |pieces: &[Piece]| {
            let texts = pieces.iter().map(|piece| match piece {
                Piece::Literal(text) => text.to_string(),
                Piece::Placeholder { name, mapping } => format!("<{name}:{mapping:?}>"),
            });
            texts.collect::<Vec<_>>().join("+")
        };
        match parse(uri, &mapped, &mut Shared::default()) {
            Err(expected) => format!("expected {expected}"),
            Ok(t) => format!(
                "{} {} {} {} {} {} {}",
                t.tls,
                t.host,
                t.port,
                t.authority,
                join(&t.path),
                if t.query.is_empty() { "-".into() } else { join(&t.query) },
                t.fixed.as_deref().unwrap_or("-")
            ),
        }
    }

    #[test]
    fn uris_are_split() {
        for (uri, expected) in [
            ("http://Example.com", "false example.com 80 example.com / - /"),
            ("https://example.com/", "true example.com 443 example.com / - /"),
            ("HTTPS://example.com:443/a", "true example.com 443 example.com /a - /a"),
            ("http://127.0.0.1:8081/a?b=c#d", "false 127.0.0.1 8081 127.0.0.1:8081 /a b=c /a?b=c"),
            ("http://[::1]:9000?x", "false ::1 9000 [::1]:9000 / x /?x"),
            ("http://h/{id}/x", "false h 80 h /+<id:Some(7)>+/x - -"),
            ("http://h/{proxy}?q={id}&r={s}", "false h 80 h /+<proxy:None> q=+<id:Some(7)>+&r=+<s:None> -"),
            ("http://h/a{b", "false h 80 h /a%7Bb - /a%7Bb"),
            ("http://h/{}", "false h 80 h /%7B%7D - /%7B%7D"),
            ("http://h/ä%20%2F?ü", "false h 80 h /%C3%A4%20%2F %C3%BC /%C3%A4%20%2F?%C3%BC"),
            ("http://h:/x", "false h 80 h /x - /x"),
        ] {
            assert_eq!(show(uri), expected, "{uri}");
        }
    }

    #[test]
    fn other_uris_are_refused() {
        for uri in [
            "",
            "example.com",
            "ftp://h/",
            "http://",
            "http:///x",
            "http://:80/",
            "http://h:0/",
            "http://h:65536/",
            "http://h:x/",
            "http://{h}/",
            "http://h:{p}/",
            "http://u@h/",
            "http://a b/",
            "http://h/a b",
            "http://[::1/",
            "http://[x]/",
            "http://[::1]x/",
            "http://h\u{e4}/",
            "http://h/\n",
            "http://h:+80/",
        ] {
            assert!(show(uri).starts_with("expected "), "{uri}: {}", show(uri));
        }
        assert!(!show(&format!("http://{}/", "h".repeat(MAX_HOST_BYTES))).starts_with("expected "));
        assert!(show(&format!("http://{}/", "h".repeat(MAX_HOST_BYTES + 1))).starts_with("expected "));
    }

    #[test]
    fn stage_variables_are_filled_in() {
        let variables = IndexMap::from([("host".to_owned(), "h.example".to_owned())]);
        for (text, filled, unknown) in [
            ("http://${stageVariables.host}/x", "http://h.example/x", vec![]),
            ("${stageVariables.host}${stageVariables.host}", "h.exampleh.example", vec![]),
            ("http://h/${stageVariables.none}/x", "http://h//x", vec!["none".to_owned()]),
            ("http://h/${stageVariables.x", "http://h/${stageVariables.x", vec![]),
            ("http://h/{x}", "http://h/{x}", vec![]),
        ] {
            assert_eq!(with_stage_variables(text, &variables), (filled.to_owned(), unknown), "{text}");
        }
    }
}
