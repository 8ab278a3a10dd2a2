//! Requests to the control plane of a node.

use super::admin::Admin;
use super::args::Asked;
use super::failure::{Failure, Refused};
use bytes::Bytes;
use edgewit_sigv4::{Credentials, KeyCache, Payload, Scope, Signer, Timestamp};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take. Importing a large document and compiling it takes seconds.
const ANSWER: Duration = Duration::from_secs(120);
/// Largest answer, in bytes. The largest document has 6 MiB, and an export says more than it.
const ANSWER_BYTES: usize = 64 << 20;
/// Entries asked for at once, the most that the protocol has.
const PAGE_ENTRIES: &str = "500";
/// Most pages of one list.
const PAGES: usize = 1000;

/// What stays as it is in paths and queries.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Asks one node.
pub(crate) struct Client {
    admin: Admin,
    region: String,
    credentials: Option<Credentials>,
    keys: KeyCache,
}

/// A request.
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    /// Segments, not encoded.
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// With its content type.
    pub(crate) body: Option<(&'a str, Bytes)>,
}

impl Client {
    /// Takes credentials from the environment.
    pub(crate) fn new(asked: &Asked) -> Result<Self, Failure> {
        let credentials = credentials(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))?;
        Ok(Self {
            admin: asked.admin.clone(),
            region: asked.region.clone(),
            credentials,
            keys: KeyCache::new(1),
        })
    }

    /// The JSON at a path.
    pub(crate) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.json(Ask { method: Method::GET, path, query, body: None }).await
    }

    /// All entries of a list.
    pub(crate) async fn list(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<Value>, Failure> {
        let mut entries = Vec::new();
        let mut position = None;
        for _ in 0..PAGES {
            let mut query = [query, &[("limit", PAGE_ENTRIES)]].concat();
            query.extend(position.as_deref().map(|position| ("position", position)));
            let mut page = self.get(path, &query).await?;
            if let Some(Value::Array(items)) = page.get_mut("item").map(Value::take) {
                entries.extend(items);
            }
            let next = page.get("position").and_then(Value::as_str).map(str::to_owned);
            if next.is_none() || next == position {
                break;
            }
            position = next;
        }
        Ok(entries)
    }

    /// A request with a JSON body, answered with JSON.
    pub(crate) async fn send(&self, method: Method, path: &[&str], body: &Value) -> Result<Value, Failure> {
        let body = Some(("application/json", Bytes::from(body.to_string())));
        self.json(Ask { method, path, query: &[], body }).await
    }

    /// A request that is answered with JSON.
    pub(crate) async fn json(&self, ask: Ask<'_>) -> Result<Value, Failure> {
        let bytes = self.bytes(ask).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| self.unreachable(format!("it answers with something that is no JSON: {error}")))
    }

    /// The body of the answer to a request.
    pub(crate) async fn bytes(&self, ask: Ask<'_>) -> Result<Bytes, Failure> {
        match timeout(ANSWER, self.exchange(ask)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.unreachable(format!("no answer within {} s", ANSWER.as_secs()))),
        }
    }

    async fn exchange(&self, ask: Ask<'_>) -> Result<Bytes, Failure> {
        let request = self.request(ask)?;
        let stream = self.connect().await?;
        let lost = |error: hyper::Error| {
            let why =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            self.unreachable(why)
        };
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
        // What goes wrong on the connection is told by the request.
        let connection = tokio::spawn(async move { drop(connection.await) });
        let response = sender.send_request(request).await.map_err(lost)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES).collect().await;
        connection.abort();
        let body =
            body.map_err(|error| self.unreachable(format!("its answer broke off: {error}")))?.to_bytes();
        if head.status.is_success() { Ok(body) } else { Err(self.refused(head.status, &head.headers, &body)) }
    }

    async fn connect(&self) -> Result<TcpStream, Failure> {
        let connecting = TcpStream::connect((self.admin.host.as_str(), self.admin.port));
        match timeout(CONNECT, connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(Failure::Unreachable {
                admin: self.admin.clone(),
                is_refused: error.kind() == std::io::ErrorKind::ConnectionRefused,
                why: error.to_string(),
            }),
            Err(_) => Err(self.unreachable(format!("no connection within {} s", CONNECT.as_secs()))),
        }
    }

    fn request(&self, ask: Ask<'_>) -> Result<Request<Full<Bytes>>, Failure> {
        let path: String = ask.path.iter().flat_map(|segment| ["/".to_owned(), encoded(segment)]).collect();
        let query: Vec<String> =
            ask.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let query = query.join("&");
        let host = self.admin.to_string();
        let mut headers = vec![("accept", "application/json".to_owned())];
        let body = match ask.body {
            Some((content_type, body)) => {
                headers.push(("content-type", content_type.to_owned()));
                body
            }
            None => Bytes::new(),
        };
        let signed = self.signature(&ask.method, &host, &path, &query, &headers, &body);
        headers.extend(signed);
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        let mut request = Request::builder().method(ask.method).uri(target).header("host", host);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let agent = concat!("edgewit/", env!("CARGO_PKG_VERSION"));
        request.header("user-agent", agent).body(Full::new(body)).map_err(|_| {
            Failure::Usage(
                "AWS_ACCESS_KEY_ID or AWS_SESSION_TOKEN has characters that no header can carry".to_owned(),
            )
        })
    }

    /// Headers that sign a request; none without credentials.
    fn signature(
        &self,
        method: &Method,
        host: &str,
        path: &str,
        query: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> Vec<(&'static str, String)> {
        let Some(credentials) = &self.credentials else { return Vec::new() };
        let headers: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let request =
            edgewit_sigv4::Request { method: method.as_str(), host, path, query, headers: &headers };
        let scope = Scope { region: &self.region, service: "apigateway" };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let signer = Signer::new(credentials, scope, &self.keys);
        let signed = signer.sign(&request, &Payload::Body(body), Timestamp::from_unix_seconds(now));
        signed.headers().map(|(name, value)| (name, value.to_owned())).collect()
    }

    fn refused(&self, status: StatusCode, headers: &http::HeaderMap, body: &[u8]) -> Failure {
        let header =
            headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let message = body.get("message").or_else(|| body.get("Message")).and_then(Value::as_str);
        Failure::Refused(Box::new(Refused {
            admin: self.admin.clone(),
            status: status.as_u16(),
            kind: header.split([':', ';']).next().unwrap_or_default().to_owned(),
            message: message.unwrap_or_default().to_owned(),
            access_key_id: self.credentials.as_ref().map(|it| it.access_key_id().to_owned()),
            region: self.region.clone(),
        }))
    }

    fn unreachable(&self, why: String) -> Failure {
        Failure::Unreachable { admin: self.admin.clone(), why, is_refused: false }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Credentials where both variables are set.
fn credentials(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Credentials>, Failure> {
    const NAMES: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    match NAMES.map(&variable) {
        [Some(id), Some(secret)] => {
            Ok(Some(Credentials::new(&id, &secret, variable("AWS_SESSION_TOKEN").as_deref())))
        }
        [None, None] => Ok(None),
        [Some(_), None] => Err(Failure::Usage(format!("{} is set without {}", NAMES[0], NAMES[1]))),
        [None, Some(_)] => Err(Failure::Usage(format!("{} is set without {}", NAMES[1], NAMES[0]))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn client(credentials: Option<Credentials>) -> Client {
        let admin = Admin { host: "127.0.0.1".to_owned(), port: 9080 };
        Client { admin, region: "eu-west-1".to_owned(), credentials, keys: KeyCache::new(1) }
    }

    fn ask<'a>(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Ask<'a> {
        Ask { method: Method::GET, path, query, body: None }
    }

    #[test]
    fn paths_and_queries_are_encoded() {
        let request = client(None).request(ask(&["restapis", "a/b ä"], &[("position", "a=b&c")])).unwrap();
        assert_eq!(request.uri(), "/restapis/a%2Fb%20%C3%A4?position=a%3Db%26c");
        assert_eq!(request.headers()["host"], "127.0.0.1:9080");
        assert_eq!(request.headers()["accept"], "application/json");
        assert!(!request.headers().contains_key("authorization"));
    }

    #[test]
    fn requests_are_signed_for_the_region_and_the_service() {
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", Some("token"));
        let request = client(Some(credentials)).request(ask(&["restapis"], &[])).unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/"), "{authorization}");
        assert!(authorization.contains("/eu-west-1/apigateway/aws4_request, "), "{authorization}");
        assert_eq!(request.headers()["x-amz-security-token"], "token");
    }

    #[test]
    fn both_variables_are_needed() {
        let with = |names: &'static [&str]| {
            credentials(move |name| names.contains(&name).then(|| format!("value of {name}")))
        };
        assert!(with(&[]).unwrap().is_none());
        let both = with(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]).unwrap().unwrap();
        assert_eq!((both.access_key_id(), both.session_token()), ("value of AWS_ACCESS_KEY_ID", None));
        for (names, expected) in [
            (&["AWS_ACCESS_KEY_ID"], "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"),
            (&["AWS_SECRET_ACCESS_KEY"], "AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID"),
        ] {
            let failure = with(names).unwrap_err();
            assert_eq!((failure.code(), failure.text()), (2, format!("edgewit: {expected}")));
        }
    }

    #[test]
    fn an_error_is_read_from_header_and_body() {
        let mut headers = http::HeaderMap::new();
        headers.insert("x-amzn-errortype", "NotFoundException:http://internal.amazon.com/".parse().unwrap());
        let failure =
            client(None).refused(StatusCode::NOT_FOUND, &headers, br#"{"message":"Invalid stage"}"#);
        assert_eq!(failure.text(), "edgewit: 127.0.0.1:9080 answers 404 NotFoundException: Invalid stage");
        let failure = client(None).refused(StatusCode::BAD_GATEWAY, &http::HeaderMap::new(), b"<html>");
        assert_eq!(failure.text(), "edgewit: 127.0.0.1:9080 answers 502: it does not say why");
    }
}
