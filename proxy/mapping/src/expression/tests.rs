#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::*;
use crate::context::{Context, ContextVariable};
use crate::source::{RequestParameters, ResponseParameters};
use std::borrow::Cow;

/// A message made of lists; headers may be looked up with or without regard to case.
#[derive(Default)]
struct Message {
    headers: Vec<(&'static str, &'static [u8])>,
    query: &'static str,
    path: Vec<(&'static str, &'static str)>,
    body: Option<&'static [u8]>,
}

impl RequestParameters for Message {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }

    fn headers(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        self.headers.iter().filter(|(n, _)| *n == name).for_each(|(_, v)| each(v));
    }

    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        crate::query::last(self.query, name)
    }

    fn query_all(&self, name: &str, each: &mut dyn FnMut(&str)) {
        crate::query::pairs(self.query)
            .filter(|(n, _)| crate::query::name_is(n, name))
            .for_each(|(_, v)| each(&crate::query::decode(v)));
    }

    fn path(&self, name: &str) -> Option<&str> {
        self.path.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }

    fn body(&self) -> Option<&[u8]> {
        self.body
    }
}

impl ResponseParameters for Message {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().rev().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    fn headers(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).for_each(|(_, v)| each(v));
    }

    fn body(&self) -> Option<&[u8]> {
        self.body
    }
}

struct Names;

impl Context for Names {
    fn write(&self, variable: &ContextVariable, out: &mut Vec<u8>) -> bool {
        match variable {
            ContextVariable::Stage => out.extend_from_slice(b"dev"),
            ContextVariable::RequestTimeEpoch => out.extend_from_slice(b"1700000000000"),
            ContextVariable::AuthorizerClaim(name) if name == "custom:tier" => out.extend_from_slice(b"gold"),
            ContextVariable::IdentityUser => {}
            _ => return false,
        }
        true
    }
}

const STAGE: [(&str, &str); 2] = [("host", "example.com"), ("empty", "")];

fn message() -> Message {
    Message {
        headers: vec![("X-A", b"1"), ("X-A", b"2"), ("x-a", b"3"), ("X-Empty", b""), ("X-Bytes", b"\xff")],
        query: "q=1&q=x+y&one=%C3%A9&empty=&blank=&blank=",
        path: vec![("id", "a%2Fb")],
        body: Some(br#" {"a": {"b": "text", "n": 10, "t": true, "z": null, "o": {"k": [1, "2"]}, "e": ""}, "l": [1, 2]} "#),
    }
}

/// The values as text, `|` between several; `None` where the target is left out.
fn evaluate(message: &Message, text: &str) -> Result<Option<String>, InvalidBodyJson> {
    let source = RequestSource::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let scope = RequestScope::new(message, &Names, &STAGE);
    let values = source.evaluate(&scope)?;
    if values.is_none() {
        return Ok(None);
    }
    Ok(Some(values.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join("|")))
}

#[test]
fn request_values() {
    let table = [
        ("method.request.header.X-A", Some("2")),
        ("method.request.header.x-a", Some("3")),
        ("method.request.header.X-a", None),
        ("method.request.multivalueheader.X-A", Some("1,2")),
        ("method.request.multivalueheader.X-B", None),
        ("method.request.header.X-Empty", None),
        ("method.request.header.X-Bytes", Some("\u{fffd}")),
        ("method.request.querystring.q", Some("x y")),
        ("method.request.multivaluequerystring.q", Some("1|x y")),
        ("method.request.multivaluequerystring.one", Some("é")),
        ("method.request.multivaluequerystring.empty", None),
        ("method.request.multivaluequerystring.blank", Some("|")),
        ("method.request.querystring.Q", None),
        ("method.request.querystring.empty", None),
        ("method.request.path.id", Some("a%2Fb")),
        ("method.request.path.none", None),
        ("method.request.body.a.b", Some("text")),
        ("method.request.body.a.n", Some("10")),
        ("method.request.body.a.t", Some("true")),
        ("method.request.body.a.z", None),
        ("method.request.body.a.e", None),
        ("method.request.body.a.none", None),
        ("method.request.body.a.o", Some(r#"{"k":[1,"2"]}"#)),
        ("method.request.body['a']['o'].k[-1]", Some("2")),
        ("method.request.body.l[*]", Some("[1,2]")),
        ("method.request.body.l.length()", Some("2")),
        ("context.stage", Some("dev")),
        ("context.requestTimeEpoch", Some("1700000000000")),
        ("context.authorizer.claims['custom:tier']", Some("gold")),
        ("context.identity.user", None),
        ("context.identity.caller", None),
        ("stageVariables.host", Some("example.com")),
        ("stageVariables.empty", None),
        ("stageVariables.none", None),
        ("'text'", Some("text")),
        ("'it's'", Some("it's")),
        ("''", None),
    ];
    for (text, expected) in table {
        assert_eq!(evaluate(&message(), text).unwrap().as_deref(), expected, "{text}");
    }
}

#[test]
fn bodies() {
    type Expected = Result<Option<&'static str>, InvalidBodyJson>;
    let table: [(Option<&'static [u8]>, &str, Expected); 14] = [
        (None, "method.request.body", Ok(Some("{}"))),
        (Some(b""), "method.request.body", Ok(Some("{}"))),
        (Some(b" \n"), "method.request.body", Ok(Some("{}"))),
        (None, "method.request.body.a", Ok(None)),
        (Some(b" {\"a\" : 1} "), "method.request.body", Ok(Some("{\"a\" : 1}"))),
        (Some(b"plain {"), "method.request.body", Ok(Some("plain {"))),
        (Some(b"plain {"), "method.request.body.a", Ok(None)),
        (Some(b"12"), "method.request.body", Ok(Some("12"))),
        (Some(b"{\"a\": "), "method.request.body", Err(InvalidBodyJson)),
        (Some(b"[1"), "method.request.body.a", Err(InvalidBodyJson)),
        (Some(b"\"a"), "method.request.body", Err(InvalidBodyJson)),
        (Some(b"'a'"), "method.request.body", Err(InvalidBodyJson)),
        (Some(b"\"text\""), "method.request.body", Ok(Some("\"text\""))),
        (Some(b"{\"a\": "), "'static'", Ok(Some("static"))),
    ];
    for (body, text, expected) in table {
        let message = Message { body, ..Message::default() };
        assert_eq!(
            evaluate(&message, text).as_ref().map(Option::as_deref),
            expected.as_ref().map(|e| *e),
            "{body:?} {text}"
        );
    }
}

#[test]
fn response_values() {
    let message = message();
    let scope = ResponseScope::new(&message, &Names, &STAGE);
    let table = [
        ("integration.response.header.X-A", Some("3")),
        ("integration.response.multivalueheader.x-a", Some("1,2,3")),
        ("integration.response.body.a.b", Some("text")),
        ("context.stage", Some("dev")),
        ("stageVariables.host", Some("example.com")),
        ("'*'", Some("*")),
        ("integration.response.header.none", None),
    ];
    for (text, expected) in table {
        let source = ResponseSource::parse(text).unwrap();
        let value =
            source.evaluate(&scope).unwrap().joined().map(|v| String::from_utf8(v.into_owned()).unwrap());
        assert_eq!(value.as_deref(), expected, "{text}");
    }
}

#[test]
fn a_bound_source_needs_no_stage_variables() {
    let bound = RequestSource::parse("stageVariables.host").unwrap().bind(&STAGE);
    assert_eq!(bound, RequestSource::Static("example.com".into()));
    assert_eq!(
        RequestSource::parse("stageVariables.x").unwrap().bind(&STAGE),
        RequestSource::Static(String::new())
    );
}

#[test]
fn refused_sources() {
    let request = |text: &str| RequestSource::parse(text).unwrap_err().to_string();
    let table = [
        ("", "found the end at character 0, expected method.request."),
        ("text", "found `text` at character 0, expected method.request."),
        ("'text", "found the end at character 5, expected a closing `'`"),
        ("'", "found the end at character 1, expected a closing `'`"),
        ("method.request.cookie.x", "found `cookie.x` at character 15, expected method.request."),
        ("method.request.header", "found `header` at character 15, expected"),
        ("method.request.header.", "found the end at character 22, expected a parameter name"),
        ("method.request.header.a b", "found ` b` at character 23, expected a name of letters"),
        ("method.request.bodyx", "found `bodyx` at character 15"),
        ("method.request.body.a[", "found the end of the path at character 22, expected an index"),
        ("context.", "found the end at character 8, expected a `$context` variable name"),
        ("context.a b", "found ` b` at character 9, expected a `$context` variable name"),
        ("stageVariables.", "found the end at character 15, expected a stage variable name"),
        ("stageVariables.a-b", "found `-b` at character 16, expected a stage variable name"),
        ("integration.response.header.x", "found `integration.response.header.x` at character 0"),
    ];
    for (text, expected) in table {
        assert!(request(text).starts_with(expected), "{text}: {}", request(text));
    }
    assert!(RequestSource::parse_for_gateway_response("method.request.body").is_err());
    assert!(RequestSource::parse_for_gateway_response("method.request.header.Origin").is_ok());
    assert!(ResponseSource::parse("method.request.header.x").is_err());
    assert!(ResponseSource::parse("integration.response.status").is_err());
}

#[test]
fn the_length_is_limited() {
    let text = |bytes: usize| format!("'{}'", "x".repeat(bytes - 2));
    assert!(RequestSource::parse(&text(MAX_EXPRESSION_BYTES)).is_ok());
    assert!(RequestSource::parse(&text(MAX_EXPRESSION_BYTES + 1)).is_err());
}

#[test]
fn targets() {
    assert_eq!(
        RequestTarget::parse("integration.request.header.X-A"),
        Ok(RequestTarget::Header("X-A".into()))
    );
    assert_eq!(
        RequestTarget::parse("integration.request.querystring.a.b"),
        Ok(RequestTarget::Query("a.b".into()))
    );
    assert_eq!(RequestTarget::parse("integration.request.path.p"), Ok(RequestTarget::Path("p".into())));
    assert_eq!(ResponseTarget::parse("method.response.header.h"), Ok(ResponseTarget::Header("h".into())));
    assert_eq!(MethodParameter::parse("method.request.path.id"), Ok(MethodParameter::Path("id".into())));
    assert_eq!(
        GatewayResponseTarget::parse("gatewayresponse.header.Access-Control-Allow-Origin"),
        Ok(GatewayResponseTarget::Header("Access-Control-Allow-Origin".into()))
    );
    assert_eq!(
        GatewayResponseTarget::parse("gatewayresponse.path.x"),
        Ok(GatewayResponseTarget::WithoutEffect)
    );
    for error in [
        RequestTarget::parse("integration.request.body.x").unwrap_err(),
        RequestTarget::parse("method.request.header.x").unwrap_err(),
        ResponseTarget::parse("method.response.querystring.x").unwrap_err(),
        ResponseTarget::parse("method.response.header.a b").unwrap_err(),
        MethodParameter::parse("method.request.body").unwrap_err(),
        GatewayResponseTarget::parse("gatewayresponse.header").unwrap_err(),
    ] {
        assert!(!error.expected.is_empty());
    }
}
