//! What the execution log says of a request before anything is done with it.

use crate::exchange::Exchange;
use crate::execution_log::{ExecutionLog, MethodRequest, request_lines};
use edgewit_mapping::query;
use pingora_http::RequestHeader;

/// Writes down a request whose route is known, with its body.
pub(super) fn request(log: &ExecutionLog, header: &RequestHeader, exchange: &Exchange, body: &[u8]) {
    let path = exchange.resource_path();
    let names = exchange.route().map(|route| &*route.path_parameter_names).unwrap_or_default();
    let parameters = names.iter().enumerate().filter_map(|(index, name)| {
        let value = exchange.found.as_ref()?.parameter(path, index)?;
        Some((&**name, value))
    });
    let pairs = query::pairs(header.uri.query().unwrap_or(""));
    let mut headers = request_lines(header);
    if exchange.trial {
        // The length of a body that nobody has announced.
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    }
    log.started(&MethodRequest {
        request_id: exchange.ids.request_id(),
        method: exchange.verb.map_or(header.method.as_str(), |verb| verb.as_str()),
        path: if path.is_empty() { "/" } else { path },
        path_parameters: parameters.collect(),
        query: pairs.map(|(name, value)| (query::decode(name), query::decode(value))).collect(),
        headers,
        body,
    });
}
