//! Header names that are used on every request, made once, and edits that use them.
//!
//! Pingora's own `insert_header` parses a name each time and keeps its spelling in a second map.
//! Toward the client spelling does not matter, so answers are edited without that map: names go
//! out in lower case, as HTTP/2 has them in any case.

use http::header::{HeaderMap, HeaderName};
use pingora_http::ResponseHeader;

pub(super) static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
pub(super) static EXTENDED_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
pub(super) static ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
pub(super) static TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
pub(super) static KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
pub(super) static PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

pub(super) static REMAPPED_CONNECTION: HeaderName = HeaderName::from_static("x-amzn-remapped-connection");
pub(super) static REMAPPED_LENGTH: HeaderName = HeaderName::from_static("x-amzn-remapped-content-length");
pub(super) static REMAPPED_DATE: HeaderName = HeaderName::from_static("x-amzn-remapped-date");
pub(super) static REMAPPED_SERVER: HeaderName = HeaderName::from_static("x-amzn-remapped-server");
pub(super) static REMAPPED_REQUEST_ID: HeaderName =
    HeaderName::from_static("x-amzn-remapped-x-amzn-requestid");

/// Edits the headers of an answer; the spelling of names is given up.
pub(super) fn edit(response: &mut ResponseHeader, edit: impl FnOnce(&mut HeaderMap)) {
    let blank = ResponseHeader::from(http::Response::new(()).into_parts().0);
    let mut parts: http::response::Parts = std::mem::replace(response, blank).into();
    // Room for what answers usually get, so that the map grows once at most.
    parts.headers.reserve(8);
    edit(&mut parts.headers);
    *response = parts.into();
}
