//! The headers of an event.

use super::{AuthorizedBy, EventSource, Receiver};
use crate::ContextVariable;
use crate::forwarding::{IntegrationKind, request_header};
use crate::lambda::values::{Values, ignoring_case};
use std::borrow::Cow;

/// The client's headers as it spelled them, but for those that functions do not see, and those of the gateway.
///
/// Names are one whatever their case, as RFC 9110, section 5.1 has it; the first spelling is kept.
pub(super) fn collect<'a>(source: &'a impl EventSource, receiver: Receiver) -> Values<'a> {
    let iam = source.authorized_by() == AuthorizedBy::Nobody { iam: true };
    let mut values = Values::default();
    let mut forwarded_for = Vec::new();
    let mut cookies: Option<(&'a [u8], Cow<'a, [u8]>)> = None;
    source.headers(&mut |name, value| {
        let mut buffer = [0; LONGEST_KNOWN];
        match lower(name, &mut buffer) {
            "x-forwarded-for" => {
                forwarded_for.extend_from_slice(value);
                forwarded_for.extend_from_slice(b", ");
            }
            // HTTP/2 clients send a line for each cookie (RFC 9113, section 8.2.3), and all of them count.
            "cookie" => match &mut cookies {
                None => cookies = Some((name, Cow::Borrowed(value))),
                Some((_, joined)) => {
                    let joined = joined.to_mut();
                    joined.extend_from_slice(b"; ");
                    joined.extend_from_slice(value);
                }
            },
            // The gateway says these itself: a function may believe them.
            "x-forwarded-port" | "x-forwarded-proto" => {}
            "authorization" if receiver == Receiver::Integration && (iam || is_signature(value)) => {}
            known if !request_header(IntegrationKind::AwsProxy, known) => {}
            _ => values.push(name, value),
        }
    });
    if let Some((name, value)) = cookies {
        values.push(name, value);
    }
    let forwarded = source.forwarded();
    if let Some(trace_id) = forwarded.and_then(|forwarded| forwarded.trace_id) {
        values.push(&b"X-Amzn-Trace-Id"[..], trace_id.as_bytes());
    }
    // What proxies before this one wrote is kept; who came to this one is the last.
    let before_peer = forwarded_for.len();
    if forwarded.is_none() || !source.write(&ContextVariable::IdentitySourceIp, &mut forwarded_for) {
        forwarded_for.truncate(before_peer.saturating_sub(b", ".len()));
    }
    if !forwarded_for.is_empty() {
        values.push(&b"X-Forwarded-For"[..], forwarded_for);
    }
    if let Some(forwarded) = forwarded {
        values.push(&b"X-Forwarded-Port"[..], forwarded.port.to_string().into_bytes());
        values.push(&b"X-Forwarded-Proto"[..], forwarded.protocol.as_bytes());
    }
    values.link(ignoring_case);
    values
}

/// Whether an `Authorization` is a signature of Signature Version 4 or 4A, which only the gateway can check.
fn is_signature(value: &[u8]) -> bool {
    value.starts_with(b"AWS4-")
}

/// No header with a rule of its own has a longer name.
const LONGEST_KNOWN: usize = 32;

/// The name in lower case; a text that names no header where it is too long to have a rule.
fn lower<'b>(name: &[u8], buffer: &'b mut [u8; LONGEST_KNOWN]) -> &'b str {
    let Some(lower) = buffer.get_mut(..name.len()) else { return "" };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).unwrap_or("")
}
