//! What an invocation came to, for people and for programs.

use crate::show;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edgewit_gateway::invoke::{HeaderLines, Invoked};
use serde_json::{Map, Value, json};

/// Characters of a body that people are shown.
const BODY_SHOWN: usize = 2000;

/// Gateway responses for what is wrong with the request itself.
const BAD_REQUEST: [&str; 3] = ["BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "REQUEST_TOO_LARGE"];

/// Prints every stage, and the execution log.
pub(crate) fn text(invoked: &Invoked) {
    let Invoked { method, resource, status, latency_ms, .. } = invoked;
    let refused = invoked.refused.as_ref();
    let bad = refused.is_some_and(|refused| BAD_REQUEST.contains(&refused.kind));
    let valid = if bad { "refused" } else { "valid" };
    show::out(&format!("Method request: {method} {resource}, {valid}"));
    if let Some(sent) = &invoked.sent {
        show::out(&format!("\nEndpoint request: {} {}", sent.method, sent.uri));
        message(&sent.headers, &sent.body);
    }
    if let Some(received) = &invoked.received {
        show::out(&format!("\nEndpoint response: {} in {} ms", received.status, received.latency_ms));
        message(&received.headers, &received.body);
    }
    match refused {
        Some(refused) => {
            show::out(&format!(
                "\nMethod response: {status} in {latency_ms} ms, gateway response {}",
                refused.kind
            ));
        }
        None => show::out(&format!("\nMethod response: {status} in {latency_ms} ms")),
    }
    if let Some(why) = refused.and_then(|refused| refused.why.as_ref()) {
        show::out(&format!("  because: {why}"));
    }
    let headers = invoked.multi_value_headers.iter();
    let headers = headers.flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone())));
    message(&headers.collect(), &invoked.body);
    show::out(&format!("\n{}", invoked.log.trim_end_matches('\n')));
}

fn message(headers: &HeaderLines, body: &[u8]) {
    headers.iter().for_each(|(name, value)| show::out(&format!("  {name}: {value}")));
    if body.is_empty() {
        return;
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return show::out(&format!("\n  {} bytes that are no text", body.len()));
    };
    show::out("");
    let shown = text.char_indices().nth(BODY_SHOWN).map_or(text, |(end, _)| &text[..end]);
    shown.lines().for_each(|line| show::out(&format!("  {line}")));
    if shown.len() < text.len() {
        show::out(&format!("  … {} bytes in all", text.len()));
    }
}

/// The members of `TestInvokeMethod`'s answer, and what else is known.
pub(crate) fn json(invoked: &Invoked) -> Value {
    let mut out = json!({
        "method": invoked.method,
        "resource": invoked.resource,
        "status": invoked.status,
        "headers": invoked.headers,
        "multiValueHeaders": invoked.multi_value_headers,
        "log": invoked.log,
        "latency": invoked.latency_ms,
        "gatewayResponse": invoked.refused.as_ref().map(|refused| json!({
            "type": refused.kind,
            "reason": refused.why,
        })),
    });
    let sent = invoked.sent.as_ref().map(|sent| {
        let known = json!({"method": sent.method, "uri": sent.uri, "headers": lists(&sent.headers)});
        with_body(known, &sent.body)
    });
    let received = invoked.received.as_ref().map(|received| {
        let headers = lists(&received.headers);
        let known = json!({"status": received.status, "headers": headers, "latency": received.latency_ms});
        with_body(known, &received.body)
    });
    out["endpointRequest"] = sent.into();
    out["endpointResponse"] = received.into();
    with_body(out, &invoked.body)
}

/// What is printed where no method was found.
pub(crate) fn no_route(message: &str, nearest: &[String]) -> Value {
    json!({"status": 404, "message": message, "nearest": nearest})
}

/// A body that is no text goes as base64.
fn with_body(mut known: Value, body: &[u8]) -> Value {
    let text = std::str::from_utf8(body);
    known["isBase64Encoded"] = text.is_err().into();
    known["body"] = text.map_or_else(|_| STANDARD.encode(body), str::to_owned).into();
    known
}

fn lists(headers: &HeaderLines) -> Value {
    let mut out = Map::new();
    for (name, value) in headers {
        let values = out.entry(name.clone()).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(value.clone().into());
        }
    }
    Value::Object(out)
}
