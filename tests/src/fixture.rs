//! Documents and expectations that several test files need.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::case::{Headers, Values};
use crate::client::{self, Response};
use crate::folder::Folder;
use crate::matcher::Names;
use crate::node::Node;
use crate::report;

/// The default endpoint of the API in [`Folder::with_api`].
pub const HOST: &str = "api.execute-api.us-east-1.localhost";

/// A document that sends everything on to `origin` (`http://HOST:PORT`) by HTTP_PROXY, method, path and query kept.
pub fn proxy_api(origin: &str) -> String {
    let integration = json!({
        "type": "http_proxy",
        "httpMethod": "ANY",
        "uri": format!("{origin}/{{proxy}}"),
        "requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"},
    });
    document(
        "proxy",
        &json!({ "/{proxy+}": { "x-amazon-apigateway-any-method": {
            "parameters": [{"name": "proxy", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {},
            "x-amazon-apigateway-integration": integration,
        }}}),
    )
}

/// A document with `GET /hello`, a MOCK that answers 200 with `body`.
pub fn mock_api(body: &str) -> String {
    document("mock", &json!({ "/hello": { "get": mock_operation(body) } }))
}

/// An operation that answers 200 with `body` and no backend.
pub fn mock_operation(body: &str) -> Value {
    json!({
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": body}}},
        },
    })
}

/// An OpenAPI document with these paths.
pub fn document(title: &str, paths: &Value) -> String {
    json!({"openapi": "3.0.1", "info": {"title": title, "version": "1"}, "paths": paths}).to_string()
}

/// A node with one document, and the folder it serves.
pub fn serve(document: &str) -> (Node, Folder) {
    let folder = Folder::with_api(document);
    (Node::start(folder.path()), folder)
}

/// A GET of `/dev{path}` at the default endpoint.
///
/// # Panics
/// When there is no response.
pub fn get(addr: SocketAddr, path: &str) -> Response {
    let target = format!("/dev{path}");
    client::get(addr, HOST, &target).unwrap_or_else(|error| panic!("GET {target}: {error}"))
}

/// Asserts a response of the node's own, whole: status, body, and the headers every such response has.
///
/// # Panics
/// When something differs.
pub fn assert_own(response: &Response, status: u16, body: &str, error_type: Option<&str>, closes: bool) {
    assert_eq!((response.status, response.text().as_str()), (status, body), "{}", response.head.start_line);
    let length = body.len().to_string();
    let mut expected = vec![
        ("content-type", "application/json"),
        ("content-length", length.as_str()),
        ("date", "<date>"),
        ("x-amzn-requestid", "<uuid>"),
        ("x-amz-apigw-id", "<extended-id>"),
    ];
    expected.extend(error_type.map(|error_type| ("x-amzn-errortype", error_type)));
    if closes {
        expected.push(("connection", "close"));
    }
    assert_headers(response, &expected);
}

/// Asserts the whole header set of a response; values may hold placeholders.
///
/// # Panics
/// When something differs.
pub fn assert_headers(response: &Response, expected: &[(&str, &str)]) {
    compare(&response.head.headers, expected, &Names::default());
}

/// Asserts a whole header set; `names` say what `<origin>` and `<api-id>` stand for.
///
/// # Panics
/// When something differs.
pub fn compare(actual: &[(String, String)], expected: &[(&str, &str)], names: &Names) {
    let mut headers = Headers::new();
    for (name, value) in expected {
        headers.entry((*name).to_owned()).or_insert_with(|| Values(Vec::new())).0.push((*value).to_owned());
    }
    if let Some(report) = report::headers("headers", &headers, actual, names) {
        panic!("{report}");
    }
}
