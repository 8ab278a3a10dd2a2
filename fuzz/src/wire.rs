//! HTTP/1.1 request headers and chunked bodies as they arrive.
//!
//! The two files are compiled in from the gateway: they need nothing else of it, and the gateway as a dependency
//! would make every fuzz build one of Pingora and wasmtime.

#[path = "../../proxy/gateway/src/front/chunked.rs"]
mod chunked;
#[path = "../../proxy/gateway/src/front/framing.rs"]
mod request_header;

use chunked::Chunked;
use request_header::{Body, Limits, check, header_end};

/// Checks a request header and, when it announces a chunked body, follows what comes after it.
pub fn framing(data: &[u8]) {
    let limits = Limits::default();
    let Some(end) = header_end(data, 0) else {
        follow(data);
        return;
    };
    for scanned in 0..end.min(200) {
        assert!(header_end(data, scanned).is_some_and(|later| later >= end), "an end that is lost again");
    }
    let (header, body) = data.split_at(end);
    let Ok(framed) = check(header, &limits) else { return };
    assert!(header.len() <= limits.total(), "a header beyond its limits");
    assert!(header.ends_with(b"\r\n\r\n") && !header.contains(&0), "a header that no parser would take");
    if framed == Body::Chunked {
        follow(body);
    }
}

/// The verdict on a chunked body must not depend on how it was cut into reads.
fn follow(body: &[u8]) {
    let whole = read(body, body.len().max(1));
    assert_eq!(whole, read(body, 1), "byte by byte");
    assert_eq!(whole, read(body, 7), "seven bytes at a time");
    if let Some((used, done)) = whole {
        assert!(used <= body.len() && (done || used == body.len()), "bytes left over before the end");
        assert!(!done || body[..used].ends_with(b"\r\n"), "an end without its line end");
    }
}

/// Bytes that belong to the message, and whether it has ended; `None` when its framing is broken.
fn read(body: &[u8], step: usize) -> Option<(usize, bool)> {
    let mut chunked = Chunked::new();
    let mut used = 0;
    for part in body.chunks(step) {
        used += chunked.follow(part).ok()?;
        if chunked.is_done() {
            break;
        }
    }
    Some((used, chunked.is_done()))
}
