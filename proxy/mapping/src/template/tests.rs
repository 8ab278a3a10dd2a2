#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::*;
use crate::context::write_message_string;
use proptest::prelude::*;
use std::borrow::Cow;

/// A request with one header, one query parameter and one path parameter.
struct Request;

impl RequestParameters for Request {
    fn header(&self, name: &str) -> Option<&[u8]> {
        (name == "Origin-Of-It").then_some(b"https://a".as_slice())
    }

    fn headers(&self, _: &str, _: &mut dyn FnMut(&[u8])) {}

    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "q").then_some("x y".into())
    }

    fn query_all(&self, _: &str, _: &mut dyn FnMut(&str)) {}

    fn path(&self, name: &str) -> Option<&str> {
        (name == "id").then_some("7")
    }

    fn body(&self) -> Option<&[u8]> {
        None
    }
}

struct Values;

impl Context for Values {
    fn write(&self, variable: &ContextVariable, out: &mut Vec<u8>) -> bool {
        use ContextVariable as C;
        match variable {
            C::RequestId => out.extend_from_slice(b"r1"),
            C::Status => out.extend_from_slice(b"403"),
            C::ErrorMessage => out.extend_from_slice(b"say \"no\""),
            C::ErrorMessageString => write_message_string(Some("say \"no\""), out),
            C::IdentityUserAgent => out.extend_from_slice(b"a\",\"b<\n"),
            C::AuthorizerClaim(name) => out.extend_from_slice(name.as_bytes()),
            C::RequestOverrideHeader(name) => out.extend_from_slice(name.as_bytes()),
            C::CustomDomainBasePathMatched | C::IdentityUser => {}
            _ => return false,
        }
        true
    }
}

fn render(template: &SubstitutionTemplate) -> String {
    let mut out = b">".to_vec();
    template.render(&Values, &Request, &[("env", "prod")], &mut out);
    String::from_utf8(out).unwrap()[1..].to_owned()
}

fn gateway_response(text: &str) -> String {
    render(&SubstitutionTemplate::parse(text, Dialect::GatewayResponse).unwrap())
}

/// Renders a format behind the request id that every format must have.
fn access_log(text: &str) -> String {
    let text = format!("{text}$context.requestId");
    let template =
        SubstitutionTemplate::parse(&text, Dialect::AccessLog).unwrap_or_else(|e| panic!("{text}: {e}"));
    render(&template).strip_suffix("r1").unwrap().to_owned()
}

#[test]
fn gateway_responses() {
    for (text, expected) in [
        ("", ""),
        (r#"{"message":$context.error.messageString}"#, r#"{"message":"say \"no\""}"#),
        ("$context.error.message", "say \"no\""),
        ("${context.requestId}x", "r1x"),
        ("$context.requestId.", "r1."),
        ("$context.requestId-$context.requestId", "r1-r1"),
        ("$context.requestIdx", ""),
        ("$context.identity.caller|$context.none", "|"),
        // Only access logs know the final status.
        ("$context.status", ""),
        ("$context.authorizer.claims['custom:x']!", "custom:x!"),
        ("$context.authorizer.claims[\"a b\"]", "a b"),
        ("$context.authorizer.claims.sub-x", "sub-x"),
        ("$stageVariables.env.example.com", "prod.example.com"),
        ("$stageVariables['env']", "prod"),
        ("${stageVariables.env}s", "prods"),
        ("$stageVariables.none", ""),
        ("$method.request.header.Origin-Of-It", "https://a"),
        ("$method.request.header.origin-of-it", ""),
        ("$method.request.header['Origin-Of-It']", "https://a"),
        ("$method.request.querystring.q", "x y"),
        ("$method.request.path.id.", "7."),
        ("$method.request.body", "$method.request.body"),
        ("$input.path('$.a')", "$input.path('$.a')"),
        ("#if($context.requestId)x#end", "#if(r1)x#end"),
        ("$ $$ ${ $context $context. ${context.requestId", "$ $$ ${ $context $context. ${context.requestId"),
        ("$$context.requestId$", "$r1$"),
        ("é$context.requestIdé", "ér1é"),
    ] {
        assert_eq!(gateway_response(text), expected, "{text}");
    }
}

#[test]
fn access_logs() {
    for (text, expected) in [
        ("$context.status ", "403 "),
        ("$context.identity.caller ", "- "),
        // An empty value is no value, except that of the root mapping.
        ("$context.identity.user ", "- "),
        ("$context.customDomain.basePathMatched ", "(none) "),
        ("$context.nonsense ", "- "),
        ("$stageVariables.env ", "$stageVariables.env "),
        ("$context.requestOverride.header.X-Y ", "X-Y "),
        ("$context.identity.userAgent ", "a\",\"b<\\n "),
        (r#"{"ua":"$context.identity.userAgent"} "#, r#"{"ua":"a\",\"b<\n"} "#),
        (r#"{"m":$context.error.messageString} "#, r#"{"m":"say \"no\""} "#),
        (r#"{"a\"b":"$context.error.message"} "#, r#"{"a\"b":"say \"no\""} "#),
        ("<ua>$context.identity.userAgent</ua> ", "<ua>a&quot;,&quot;b&lt;\\n</ua> "),
    ] {
        assert_eq!(access_log(text), expected, "{text}");
    }
}

#[test]
fn refused_access_logs() {
    let error = |text: &str| SubstitutionTemplate::parse(text, Dialect::AccessLog).unwrap_err().to_string();
    assert_eq!(
        error("$context.status"),
        "found a format without a request id at byte 0, expected $context.requestId or $context.extendedRequestId in it"
    );
    assert_eq!(error("$context.requestId\nx"), "found a line end at byte 18, expected a single line");
    assert!(SubstitutionTemplate::parse("$context.extendedRequestId\n", Dialect::AccessLog).is_ok());
}

#[test]
fn lengths_are_limited() {
    let log = |bytes: usize| format!("{:x<bytes$}", "$context.requestId ");
    assert!(SubstitutionTemplate::parse(&log(MAX_ACCESS_LOG_FORMAT_BYTES), Dialect::AccessLog).is_ok());
    let error =
        SubstitutionTemplate::parse(&log(MAX_ACCESS_LOG_FORMAT_BYTES + 1), Dialect::AccessLog).unwrap_err();
    assert_eq!(error.to_string(), "found 3073 bytes at byte 3072, expected at most 3072 bytes");
    let body = |bytes: usize| "x".repeat(bytes);
    assert!(SubstitutionTemplate::parse(&body(MAX_TEMPLATE_BYTES), Dialect::GatewayResponse).is_ok());
    assert!(SubstitutionTemplate::parse(&body(MAX_TEMPLATE_BYTES + 1), Dialect::GatewayResponse).is_err());
}

#[test]
fn named_formats() {
    for name in ["clf", "csv", "json", "xml"] {
        let template = SubstitutionTemplate::parse(named(name).unwrap(), Dialect::AccessLog).unwrap();
        assert!(template.context_variables().all(|variable| !variable.is_unknown()), "{name}");
        assert!(template.as_static().is_none());
    }
    assert_eq!(named("yaml"), None);
    let json = SubstitutionTemplate::parse(named("json").unwrap(), Dialect::AccessLog).unwrap();
    let line: serde_json::Value = serde_json::from_str(&render(&json)).unwrap();
    assert_eq!(line["status"], "403");
    assert_eq!(line["caller"], "-");
}

#[test]
fn a_template_without_references_is_static() {
    let template = SubstitutionTemplate::parse("<p>no $5</p>", Dialect::GatewayResponse).unwrap();
    assert_eq!(template.as_static(), Some("<p>no $5</p>"));
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "(\\$|\\{|\\}|\\[|\\]|'|\"|\\.|-|a|é|context|stageVariables|method\\.request\\.header){0,12}") {
        for dialect in [Dialect::GatewayResponse, Dialect::AccessLog] {
            if let Ok(template) = SubstitutionTemplate::parse(&text, dialect) {
                render(&template);
            }
        }
    }

    #[test]
    fn text_without_references_is_kept(text in "[^$]*") {
        prop_assert_eq!(gateway_response(&text), text);
    }

    #[test]
    fn a_json_line_stays_json(agent: String) {
        struct Agent(String);
        impl Context for Agent {
            fn write(&self, _: &ContextVariable, out: &mut Vec<u8>) -> bool {
                out.extend_from_slice(self.0.as_bytes());
                true
            }
        }
        let format = r#"{"id":"$context.requestId","ua":"$context.identity.userAgent"}"#;
        let template = SubstitutionTemplate::parse(format, Dialect::AccessLog).unwrap();
        let mut out = Vec::new();
        template.render(&Agent(agent.clone()), &Request, &(), &mut out);
        let line: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let expected = if agent.is_empty() { "-".to_owned() } else { agent };
        prop_assert_eq!(&line["ua"], &expected);
    }
}
