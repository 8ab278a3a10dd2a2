//! Stage 11: what the client sees of a backend's answer.

use super::names;
use crate::exchange::Refusal;
use crate::view::View;
use bytes::Bytes;
use edgewit_mapping::ResponseParameters;
use edgewit_mapping::expression::ResponseScope;
use edgewit_mapping::forwarding::{Forward, IntegrationKind, response_header};
use edgewit_plan::integration::{MappingTemplate, ResponsePlan};
use http::header::{self, HeaderMap};
use http::{HeaderName, HeaderValue};
use pingora_http::ResponseHeader;

/// Content codings that a proxied body may really have (RFC 9110, section 8.4.1).
const CODINGS: [&[u8]; 6] = [b"gzip", b"x-gzip", b"deflate", b"br", b"zstd", b"compress"];

/// An answer whose headers are mapped, and what is still to be done with its body.
pub(super) struct Mapped<'a> {
    pub(super) header: Box<ResponseHeader>,
    pub(super) body: Bytes,
    /// The template that the body goes through; it is in place already where that renders to the same always.
    pub(super) template: Option<&'a MappingTemplate>,
}

/// Builds the answer of an integration that is no proxy: mapped headers only, body passed or replaced.
///
/// # Errors
/// 500 when the status is not declared, a header may not be mapped, or a body expression meets broken JSON.
pub(super) fn run<'p>(
    plan: &'p ResponsePlan,
    kind: IntegrationKind,
    view: &View<'_>,
    backend: Option<&ResponseHeader>,
    body: Bytes,
) -> Result<Mapped<'p>, Refusal> {
    if !plan.declared {
        return Err(Refusal::configuration().because(format!(
            "Execution failed due to configuration error: Output mapping refers to an invalid method response: {}",
            plan.status
        )));
    }
    let stage = view.exchange.stage().ok_or_else(Refusal::internal)?;
    let size = plan.headers.len() + 6;
    let mut out = ResponseHeader::build_no_case(plan.status, Some(size)).map_err(|_| Refusal::internal())?;
    let backend_view = Backend { header: backend, body: &body };
    let scope = ResponseScope::new(&backend_view, view, &stage.plan.stage_variables);
    for mapping in &plan.headers {
        let values = mapping.source.evaluate(&scope).map_err(|_| Refusal::mapping_failed())?;
        let Some(value) = values.joined() else { continue };
        let name = match response_header(kind, &mapping.lower) {
            Forward::Pass => &*mapping.name,
            Forward::Remap(name) => name,
            Forward::Drop => continue,
        };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Refusal::internal())?;
        let value = HeaderValue::from_bytes(&value).map_err(|_| Refusal::internal())?;
        out.insert_header(name, value).map_err(|_| Refusal::internal())?;
    }
    let accept = view.header.headers.get("accept").and_then(|value| value.to_str().ok());
    let selected = plan.templates.select(accept);
    if let Some((mime, _)) = selected
        && !out.headers.contains_key("content-type")
    {
        out.insert_header("Content-Type", &**mime).map_err(|_| Refusal::internal())?;
    }
    let (body, template) = match selected {
        Some((_, MappingTemplate::Fixed(text))) => (Bytes::copy_from_slice(text.as_bytes()), None),
        Some((_, template)) => (body, Some(template)),
        None => (body, None),
    };
    Ok(Mapped { header: Box::new(out), body, template })
}

struct Backend<'a> {
    header: Option<&'a ResponseHeader>,
    body: &'a Bytes,
}

impl ResponseParameters for Backend<'_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        let all = self.header?.headers.get_all(name);
        all.iter().next_back().map(HeaderValue::as_bytes)
    }

    fn headers(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        if let Some(header) = self.header {
            header.headers.get_all(name).iter().for_each(|value| each(value.as_bytes()));
        }
    }

    fn body(&self) -> Option<&[u8]> {
        Some(self.body)
    }
}

/// Renames and removes what a proxied backend may not say in its own name. Works in place.
///
/// Which headers these are is [`response_header`]'s to say; a test holds this to it.
pub(super) fn proxied(response: &mut ResponseHeader) {
    let upgraded = response.status == 101;
    names::edit(response, |headers| {
        if !upgraded {
            remove_nominated(headers);
        }
        rename(headers, &header::DATE, &names::REMAPPED_DATE);
        rename(headers, &header::SERVER, &names::REMAPPED_SERVER);
        rename(headers, &names::REQUEST_ID, &names::REMAPPED_REQUEST_ID);
        if !upgraded {
            rename(headers, &header::CONNECTION, &names::REMAPPED_CONNECTION);
        }
        // The length still frames the message to the client.
        if let Some(length) = headers.get(header::CONTENT_LENGTH).cloned() {
            headers.insert(names::REMAPPED_LENGTH.clone(), length);
        }
        for name in [&header::VIA, &names::EXTENDED_ID, &names::KEEP_ALIVE, &names::PROXY_CONNECTION] {
            headers.remove(name);
        }
        let coding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
        if coding.is_some_and(|coding| !CODINGS.iter().any(|known| coding.eq_ignore_ascii_case(known))) {
            headers.remove(header::CONTENT_ENCODING);
        }
    });
}

/// Removes what `Connection` says is meant for this hop only (RFC 9110, section 7.6.1).
fn remove_nominated(headers: &mut HeaderMap) {
    let Some(connection) = headers.get(header::CONNECTION) else { return };
    let connection = connection.as_bytes();
    if connection.eq_ignore_ascii_case(b"keep-alive") || connection.eq_ignore_ascii_case(b"close") {
        return;
    }
    let tokens = connection.split(|b| *b == b',').map(<[u8]>::trim_ascii);
    let nominated: Vec<HeaderName> = tokens.filter_map(|token| HeaderName::from_bytes(token).ok()).collect();
    for name in nominated {
        // Framing and the header itself are not a backend's to take away.
        if !matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection" | "content-type") {
            headers.remove(name);
        }
    }
}

fn rename(headers: &mut HeaderMap, from: &HeaderName, to: &HeaderName) {
    if let Some(value) = headers.remove(from) {
        headers.insert(to.clone(), value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn what_is_renamed_in_place_is_what_the_table_says() {
        let names = [
            "connection",
            "content-length",
            "date",
            "server",
            "x-amzn-requestid",
            "via",
            "x-amz-apigw-id",
            "keep-alive",
            "proxy-connection",
            "etag",
            "set-cookie",
            "www-authenticate",
            "user-agent",
            "x-other",
            "age",
            "content-type",
            "cache-control",
        ];
        for name in names {
            let mut response = ResponseHeader::build(200, None).unwrap();
            response.insert_header(name, "v").unwrap();
            proxied(&mut response);
            let has = |name: &str| response.headers.contains_key(name);
            match response_header(IntegrationKind::HttpProxy, name) {
                Forward::Pass => assert!(has(name) && response.headers.len() == 1, "{name} passes"),
                Forward::Drop => assert!(response.headers.is_empty(), "{name} is dropped"),
                Forward::Remap(to) => {
                    assert!(has(to), "{name} becomes {to}");
                    assert_eq!(has(name), name == "content-length");
                }
            }
        }
    }
}
