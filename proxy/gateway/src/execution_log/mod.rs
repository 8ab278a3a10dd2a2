//! The execution log of one request, in API Gateway's wording, and what was said on its way.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-test-method.html>, and logs that AWS's
//! users have published.
//!
//! An exchange without one pays a branch for each place that would write to it.

pub(crate) mod text;

use crate::exchange::Refusal;
use bytes::Bytes;
use edgewit_model::gateway_response::GatewayResponseType::{BAD_REQUEST_BODY, BAD_REQUEST_PARAMETERS};
use parking_lot::Mutex;
use pingora_http::{RequestHeader, ResponseHeader};
use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
pub(crate) use text::spelled;

/// Header lines: names as they are spelled, and values.
pub type HeaderLines = Vec<(String, String)>;

/// What was sent to the integration. Credentials are masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its method.
    pub method: String,
    /// The whole URI.
    pub uri: String,
    /// Its header lines.
    pub headers: HeaderLines,
    /// Its body.
    pub body: Bytes,
}

/// What the integration answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its status.
    pub status: u16,
    /// Its header lines.
    pub headers: HeaderLines,
    /// Its body.
    pub body: Bytes,
    /// Time from the call to the end of the answer, in milliseconds.
    pub latency_ms: u64,
}

/// Why the gateway answered itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The gateway response, such as `BAD_REQUEST_BODY`.
    pub kind: &'static str,
    /// The log's line about it, where there is one.
    pub why: Option<String>,
}

/// What the client gets, but for what only a connection needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderLines,
    pub(crate) body: Bytes,
}

/// What has happened so far.
#[derive(Debug, Default)]
pub(crate) struct Told {
    lines: Vec<(u64, String)>,
    pub(crate) sent: Option<Sent>,
    pub(crate) received: Option<Received>,
    pub(crate) refused: Option<Refused>,
    pub(crate) answered: Option<Answered>,
}

/// The log of one request. Stages share the exchange while a plugin looks at it, hence the lock.
#[derive(Debug, Default)]
pub(crate) struct ExecutionLog(Mutex<Told>);

/// The request as the method gets it.
pub(crate) struct MethodRequest<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) path_parameters: Vec<(&'a str, &'a str)>,
    pub(crate) query: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub(crate) headers: HeaderLines,
    pub(crate) body: &'a [u8],
}

impl ExecutionLog {
    fn add(&self, told: impl FnOnce(&mut Told) -> Vec<String>) {
        let mut state = self.0.lock();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let lines = told(&mut state);
        state.lines.extend(lines.into_iter().map(|line| (now, line)));
    }

    /// The request as it came, once its route is known.
    pub(crate) fn started(&self, request: &MethodRequest<'_>) {
        self.add(|_| {
            vec![
                format!("Starting execution for request: {}", request.request_id),
                format!("HTTP Method: {}, Resource Path: {}", request.method, request.path),
                format!("Method request path: {}", text::map(request.path_parameters.iter().copied())),
                format!("Method request query string: {}", text::map(request.query.iter().cloned())),
                format!("Method request headers: {}", text::map(joined(&request.headers))),
                format!("Method request body before transformations: {}", shown(request.body)),
            ]
        });
    }

    /// The request to the integration.
    pub(crate) fn sending(&self, tls: bool, request: &RequestHeader, body: &Bytes) {
        let scheme = if tls { "https" } else { "http" };
        let host = request.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let target = request.uri.path_and_query().map_or("/", |target| target.as_str());
        self.sent(Sent {
            method: request.method.to_string(),
            uri: format!("{scheme}://{host}{target}"),
            headers: request_lines(request),
            body: body.clone(),
        });
    }

    /// The same for an integration that no HTTP request goes to.
    pub(crate) fn sent(&self, sent: Sent) {
        self.add(|told| {
            let lines = vec![
                format!("Endpoint request URI: {}", sent.uri),
                format!("Endpoint request headers: {}", text::map(joined(&sent.headers))),
                format!("Endpoint request body after transformations: {}", shown(&sent.body)),
                format!("Sending request to {}", sent.uri),
            ];
            told.sent = Some(sent);
            lines
        });
    }

    /// The integration's answer.
    pub(crate) fn received(&self, response: &ResponseHeader, body: &Bytes, latency: Duration) {
        let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        let (status, headers) = (response.status.as_u16(), response_lines(response));
        self.add(|told| {
            let lines = vec![
                format!("Received response. Status: {status}, Integration latency: {latency_ms} ms"),
                format!("Endpoint response headers: {}", text::map(joined(&headers))),
                format!("Endpoint response body before transformations: {}", shown(body)),
            ];
            told.received = Some(Received { status, headers, body: body.clone(), latency_ms });
            lines
        });
    }

    /// What the client gets of the integration's answer.
    pub(crate) fn completed(&self, response: &ResponseHeader, body: &Bytes) {
        let answered = Answered::new(response, body);
        self.add(|told| {
            let lines = vec![
                format!("Method response body after transformations: {}", shown(body)),
                format!("Method response headers: {}", text::map(joined(&answered.headers))),
                "Successfully completed execution".to_owned(),
                format!("Method completed with status: {}", answered.status),
            ];
            told.answered = Some(answered);
            lines
        });
    }

    /// What the client gets where a stage has refused the request. `content_type` is that of the request, `error` what
    /// the integration came to.
    pub(crate) fn refused(
        &self,
        refusal: &Refusal,
        content_type: Option<&str>,
        error: Option<&str>,
        response: &ResponseHeader,
        body: &Bytes,
    ) {
        let answered = Answered::new(response, body);
        let why = why(refusal, content_type).or_else(|| Some(format!("Execution failed: {}", error?)));
        self.add(|told| {
            let mut lines = Vec::with_capacity(5);
            lines.extend(why.clone());
            lines.push(format!(
                "Gateway response type: {} with status code: {}",
                refusal.kind.as_str(),
                answered.status
            ));
            lines.push(format!("Gateway response body: {}", shown(body)));
            lines.push(format!("Gateway response headers: {}", text::map(joined(&answered.headers))));
            lines.push(format!("Method completed with status: {}", answered.status));
            told.refused = Some(Refused { kind: refusal.kind.as_str(), why });
            told.answered = Some(answered);
            lines
        });
    }

    /// Everything that was told, and the whole text as `TestInvokeMethod` returns it.
    pub(crate) fn finish(&self, request_id: &str) -> (Told, String) {
        let told = std::mem::take(&mut *self.0.lock());
        let mut log = format!("Execution log for request {request_id}\n");
        for (at, line) in &told.lines {
            log.push_str(&text::dated(*at, line));
            log.push('\n');
        }
        (told, log)
    }
}

impl Answered {
    fn new(response: &ResponseHeader, body: &Bytes) -> Self {
        let mut headers = response_lines(response);
        // Identifiers and framing belong to a connection's answer, which this is none of.
        headers.retain(|(name, _)| {
            !["content-length", "connection", "date", "x-amzn-requestid", "x-amz-apigw-id"]
                .iter()
                .any(|of_connection| name.eq_ignore_ascii_case(of_connection))
        });
        if !response.headers.contains_key(http::header::CONTENT_TYPE) {
            headers.insert(0, ("Content-Type".to_owned(), "application/json".to_owned()));
        }
        Self { status: response.status.as_u16(), headers, body: body.clone() }
    }
}

/// The log's line about a refusal.
fn why(refusal: &Refusal, content_type: Option<&str>) -> Option<String> {
    let details = refusal.validation.as_deref();
    match (&refusal.because, refusal.kind) {
        (Some(because), _) => Some(because.to_string()),
        (None, BAD_REQUEST_BODY) => {
            let content_type = content_type.unwrap_or("application/json");
            let details = details.unwrap_or_default();
            Some(format!(
                "Request body does not match model schema for content type {content_type}: {details}"
            ))
        }
        (None, BAD_REQUEST_PARAMETERS) => refusal.message.as_ref().map(ToString::to_string),
        (None, _) => None,
    }
}

/// The header lines of a request, as they are spelled.
pub(crate) fn request_lines(header: &RequestHeader) -> HeaderLines {
    let lines = header.case_header_iter().map(|(name, value)| {
        let name = String::from_utf8_lossy(name.as_slice()).into_owned();
        line(name, value)
    });
    lines.collect()
}

/// The header lines of an answer.
fn response_lines(header: &ResponseHeader) -> HeaderLines {
    if !header.has_case() {
        return header.headers.iter().map(|(name, value)| line(spelled(name.as_str()), value)).collect();
    }
    let lines = header.case_header_iter().map(|(name, value)| {
        let name = String::from_utf8_lossy(name.as_slice()).into_owned();
        line(name, value)
    });
    lines.collect()
}

fn line(name: String, value: &http::HeaderValue) -> (String, String) {
    let value = String::from_utf8_lossy(value.as_bytes());
    let masked = text::masked(&name, &value).into_owned();
    (name, masked)
}

/// One entry for each name, with its values joined.
fn joined(lines: &HeaderLines) -> Vec<(&str, Cow<'_, str>)> {
    let mut out: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(lines.len());
    for (name, value) in lines {
        match out.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, values)) => {
                values.to_mut().push(',');
                values.to_mut().push_str(value);
            }
            None => out.push((name, Cow::Borrowed(value))),
        }
    }
    out
}

fn shown(body: &[u8]) -> String {
    text::cut(&String::from_utf8_lossy(body)).into_owned()
}
