#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
use super::*;
use edgewit_mapping::context::{Context, ContextVariable, write_message_string};
use edgewit_mapping::source::RequestParameters;
use edgewit_model::gateway_response::GatewayResponseType::*;
use std::borrow::Cow;

struct Failure(Option<&'static str>);

impl Context for Failure {
    fn write(&self, variable: &ContextVariable, out: &mut Vec<u8>) -> bool {
        if *variable == ContextVariable::ErrorMessageString {
            write_message_string(self.0, out);
        }
        true
    }
}

struct NoRequest;

impl RequestParameters for NoRequest {
    fn header(&self, _: &str) -> Option<&[u8]> {
        None
    }
    fn headers(&self, _: &str, _: &mut dyn FnMut(&[u8])) {}
    fn query(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
    fn query_all(&self, _: &str, _: &mut dyn FnMut(&str)) {}
    fn path(&self, _: &str) -> Option<&str> {
        None
    }
    fn body(&self) -> Option<&[u8]> {
        None
    }
}

fn response(status: Option<u16>, headers: &[(&str, &str)], templates: &[(&str, &str)]) -> GatewayResponse {
    let map = |list: &[(&str, &str)]| list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    GatewayResponse {
        status_code: status,
        response_parameters: map(headers),
        response_templates: map(templates),
        ..GatewayResponse::default()
    }
}

fn compile(list: &[(GatewayResponseType, GatewayResponse)]) -> (GatewayResponses, Vec<Finding>) {
    let api = RestApi { gateway_responses: list.iter().cloned().collect(), ..RestApi::default() };
    let mut findings = Vec::new();
    let variables = IndexMap::from([("v".to_owned(), "1".to_owned())]);
    let limits = Limits { template_bytes: 100, ..Limits::default() };
    (GatewayResponses::compile(&api, &variables, &limits, &mut findings), findings)
}

fn body(
    responses: &GatewayResponses,
    kind: GatewayResponseType,
    accept: Option<&str>,
    message: Option<&'static str>,
) -> String {
    let (content_type, template) = responses.get(kind).unwrap().template(accept).unwrap();
    let mut out = format!("{content_type} ").into_bytes();
    template.render(&Failure(message), &NoRequest, &(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_order_of_types_is_that_of_their_numbers() {
    for (index, kind) in GatewayResponseType::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, index);
    }
}

#[test]
fn unmodified_bodies() {
    let (responses, _) = compile(&[]);
    for (kind, message, expected) in [
        (THROTTLED, Some("Too Many Requests"), r#"application/json {"message":"Too Many Requests"}"#),
        (AUTHORIZER_CONFIGURATION_ERROR, None, r#"application/json {"message":null}"#),
        (ACCESS_DENIED, Some("no"), r#"application/json {"Message":"no"}"#),
    ] {
        assert_eq!(body(&responses, kind, None, message), expected);
    }
}

#[test]
fn statuses() {
    let (responses, _) = compile(&[
        (DEFAULT_5XX, response(Some(599), &[], &[])),
        (AUTHORIZER_FAILURE, response(None, &[("gatewayresponse.header.x", "'y'")], &[])),
        (DEFAULT_4XX, response(None, &[], &[])),
        (THROTTLED, response(Some(430), &[], &[])),
    ]);
    for (kind, failure, expected) in [
        (INTEGRATION_FAILURE, None, 599),
        (INTEGRATION_FAILURE, Some(502), 599),
        (DEFAULT_5XX, Some(500), 599),
        (AUTHORIZER_FAILURE, None, 500),
        (UNAUTHORIZED, None, 401),
        (DEFAULT_4XX, Some(400), 400),
        (THROTTLED, None, 430),
    ] {
        assert_eq!(responses.get(kind).unwrap().status(kind, failure), expected, "{kind:?} {failure:?}");
    }
    let (responses, _) = compile(&[]);
    assert_eq!(responses.get(INTEGRATION_FAILURE).unwrap().status(INTEGRATION_FAILURE, Some(502)), 502);
    assert_eq!(responses.get(INTEGRATION_FAILURE).unwrap().status(INTEGRATION_FAILURE, None), 504);
}

#[test]
fn a_type_that_is_configured_inherits_nothing() {
    let cors = [("gatewayresponse.header.Access-Control-Allow-Origin", "'*'")];
    let (responses, findings) = compile(&[
        (DEFAULT_4XX, response(Some(418), &cors, &[("text/plain", "default"), ("application/xml", "<m/>")])),
        (UNAUTHORIZED, response(None, &[("gatewayresponse.header.A", "stageVariables.v")], &[])),
    ]);
    assert_eq!(findings, []);
    let unauthorized = responses.get(UNAUTHORIZED).unwrap();
    assert!(unauthorized.configured && unauthorized.is_builtin_template);
    assert_eq!(unauthorized.headers[0].source, RequestSource::Static("1".into()));
    assert_eq!(unauthorized.status(UNAUTHORIZED, None), 401);
    let denied = responses.get(ACCESS_DENIED).unwrap();
    assert!(!denied.configured && !denied.is_builtin_template);
    assert_eq!(denied.headers.len(), 1);
    assert_eq!(denied.status(ACCESS_DENIED, None), 418);
    assert_eq!(responses.get(INTEGRATION_TIMEOUT).unwrap().headers.len(), 0);
    for (accept, expected) in [
        (None, "text/plain default"),
        (Some("application/xml"), "application/xml <m/>"),
        (Some("application/xml;q=1, text/plain"), "application/xml <m/>"),
        (Some("image/png"), "text/plain default"),
    ] {
        assert_eq!(body(&responses, ACCESS_DENIED, accept, None), expected);
    }
}

#[test]
fn headers_alone_keep_the_capital_of_access_denied() {
    let (responses, _) =
        compile(&[(DEFAULT_4XX, response(None, &[("gatewayresponse.header.x", "'y'")], &[]))]);
    assert_eq!(body(&responses, ACCESS_DENIED, None, Some("no")), r#"application/json {"Message":"no"}"#);
}

#[test]
fn mistakes_are_found() {
    let (_, findings) = compile(&[(
        THROTTLED,
        response(
            Some(99),
            &[("header.x", "'y'"), ("gatewayresponse.header.x", "y"), ("gatewayresponse.path.x", "'y'")],
            &[("a/b", &"x".repeat(100)), ("a/c", &"x".repeat(101))],
        ),
    )]);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(
        codes,
        ["gateway-response-invalid", "mapping-invalid", "mapping-invalid", "template-too-large"]
    );
}
