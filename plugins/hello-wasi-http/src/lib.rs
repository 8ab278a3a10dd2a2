//! Answers `Hello from wasi:http: <method> <path>` and sends the request's body back behind it: the example of a
//! component for `wasi:http/proxy`, which runs on any host of that world.
//!
//! It is built without WASI's standard library, so `wasi:http` and the streams it needs are all it imports.

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

struct Hello;

wasip2::http::proxy::export!(Hello);

impl Guest for Hello {
    fn handle(request: IncomingRequest, response_out: ResponseOutparam) {
        let greeting = format!("Hello from wasi:http: {} {}\n", name(&request.method()), path(&request));

        let headers = Fields::new();
        // Refused names and values would come back as errors; this one is neither.
        let _ = headers.set("content-type", &[b"text/plain".to_vec()]);
        let response = OutgoingResponse::new(headers);
        let Ok(body) = response.body() else { return };
        // The head goes out first: the body is then sent on as it arrives and never held as a whole.
        ResponseOutparam::set(response_out, Ok(response));
        if send(&request, &greeting, &body).is_ok() {
            let _ = OutgoingBody::finish(body, None);
        }
        // Without `finish` the host learns that the body is cut short.
    }
}

/// The greeting and the request's body.
fn send(request: &IncomingRequest, greeting: &str, body: &OutgoingBody) -> Result<(), StreamError> {
    let output = body.write().map_err(|()| StreamError::Closed)?;
    write(&output, greeting.as_bytes())?;
    let Ok(incoming) = request.consume() else { return Ok(()) };
    let input = incoming.stream().map_err(|()| StreamError::Closed)?;
    copy(&input, &output)?;
    drop(input); // before the body it is a part of
    drop(IncomingBody::finish(incoming));
    Ok(())
}

fn copy(input: &InputStream, output: &OutputStream) -> Result<(), StreamError> {
    const CHUNK_BYTES: u64 = 65_536;
    loop {
        match input.blocking_read(CHUNK_BYTES) {
            Ok(chunk) => write(output, &chunk)?,
            Err(StreamError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Writes everything, as much at a time as the interface allows.
fn write(output: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
    const WRITE_BYTES: usize = 4096;
    bytes.chunks(WRITE_BYTES).try_for_each(|chunk| output.blocking_write_and_flush(chunk))
}

fn path(request: &IncomingRequest) -> String {
    let path = request.path_with_query().unwrap_or_default();
    path.split('?').next().unwrap_or_default().to_owned()
}

fn name(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => name,
    }
}
