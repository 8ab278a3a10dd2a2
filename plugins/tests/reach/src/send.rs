//! Requests to other origins.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{ErrorCode, Fields, IncomingBody, IncomingResponse, OutgoingRequest, Scheme};
use wasip2::io::streams::StreamError;

/// Sends a GET: status and body of the answer, or the error by its name in `wasi:http`.
pub(crate) fn get(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return "no URI".to_owned() };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
    let request = OutgoingRequest::new(Fields::new());
    let made = request
        .set_scheme(Some(&scheme))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(&format!("/{path}"))));
    if made.is_err() {
        return "no request".to_owned();
    }
    sent(request).unwrap_or_else(|error| format!("{error:?}"))
}

fn sent(request: OutgoingRequest) -> Result<String, ErrorCode> {
    let future = handle(request, None)?;
    future.subscribe().block();
    let response = match future.get() {
        Some(Ok(answer)) => answer?,
        _ => return Ok("no answer".to_owned()),
    };
    Ok(format!("{} {}", response.status(), body(&response)))
}

fn body(response: &IncomingResponse) -> String {
    const CHUNK_BYTES: u64 = 65_536;
    let Ok(body) = response.consume() else { return "no body".to_owned() };
    let mut bytes = Vec::new();
    let end = match body.stream() {
        Err(()) => "no stream".to_owned(),
        Ok(stream) => loop {
            match stream.blocking_read(CHUNK_BYTES) {
                Ok(chunk) => bytes.extend(chunk),
                Err(StreamError::Closed) => break String::new(),
                Err(StreamError::LastOperationFailed(error)) => {
                    break format!(" (broken: {})", error.to_debug_string());
                }
            }
        },
    };
    drop(IncomingBody::finish(body));
    // Whole bodies would be more than a decision may hold.
    let text = String::from_utf8_lossy(&bytes);
    let head: String = text.chars().take(100).collect();
    format!("{head}{end}")
}
