//! A request, a response and a `$context` full of values that a hostile client would send.

use edgewit_mapping::{Context, ContextVariable, RequestParameters, ResponseParameters};
use std::borrow::Cow;

/// Quotes, line ends, markup, controls, references and characters of one to four bytes.
pub(crate) const HOSTILE: &str =
    "a\"b\\\r\n<c>&'\t\u{0}\u{1f}\u{7f}\u{85}\u{2028}é漢😀,${$context.requestId}%2F%";

/// A request or response that has every header and parameter, with hostile values, and a body.
#[derive(Default)]
pub(crate) struct Request<'a> {
    pub(crate) body: &'a [u8],
}

impl RequestParameters for Request<'_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        (!name.starts_with('x')).then_some(b"caf\xe9\xff")
    }

    fn headers(&self, _: &str, each: &mut dyn FnMut(&[u8])) {
        each(HOSTILE.as_bytes());
        each(b"caf\xe9\xff");
    }

    fn query(&self, _: &str) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(HOSTILE))
    }

    fn query_all(&self, _: &str, each: &mut dyn FnMut(&str)) {
        each("");
        each(HOSTILE);
    }

    fn path(&self, name: &str) -> Option<&str> {
        (!name.starts_with('x')).then_some("%2e%2E%zz")
    }

    fn body(&self) -> Option<&[u8]> {
        Some(self.body)
    }
}

impl ResponseParameters for Request<'_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        RequestParameters::header(self, name)
    }

    fn headers(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        RequestParameters::headers(self, name, each);
    }

    fn body(&self) -> Option<&[u8]> {
        Some(self.body)
    }
}

/// Every variable has the hostile value, except the few that have none or an empty one.
pub(crate) struct HostileContext;

impl Context for HostileContext {
    fn write(&self, variable: &ContextVariable, out: &mut Vec<u8>) -> bool {
        match variable {
            ContextVariable::ErrorMessageString => {
                edgewit_mapping::context::write_message_string(Some(HOSTILE), out);
            }
            ContextVariable::Unknown(_) => return false,
            ContextVariable::CustomDomainBasePathMatched => {}
            _ => out.extend_from_slice(HOSTILE.as_bytes()),
        }
        true
    }
}
