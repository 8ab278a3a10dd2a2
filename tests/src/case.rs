//! The format of a case file: one behaviour with its document, its requests and what must come of them.
//!
//! `tests/README.md` explains the format to people who write cases; unknown keys are refused so that a
//! misspelt expectation cannot pass unnoticed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

/// One behaviour.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The behaviour in one sentence; unique among all cases.
    pub title: String,
    /// Where the expectation comes from.
    pub basis: Basis,
    /// What is shown and why it is so.
    pub prose: String,
    /// OpenAPI text, written to `apis/<id>.yaml`.
    #[serde(default)]
    pub api: Option<String>,
    /// Further files of the configuration folder, name to text. A case that has them gets a node of its own.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// Variables of this API's stage `dev`.
    #[serde(default)]
    pub stage_variables: BTreeMap<String, String>,
    /// What the origin answers, in order; the last answer repeats.
    #[serde(default)]
    pub origin: Vec<Answer>,
    /// Requests, one after the other, each on a connection of its own.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Instead of steps: what `edgewit check` says about the folder.
    #[serde(default)]
    pub check: Option<Check>,
}

/// How well founded an expectation is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The AWS documentation or an RFC says so.
    Documented,
    /// Recorded on API Gateway.
    Recorded,
    /// AWS is silent; this is Edgewit's choice.
    Chosen,
}

/// One answer of the scripted origin. With nothing given: 200, `Content-Type: text/plain`, body `ok`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Status code, default 200.
    #[serde(default)]
    pub status: Option<u16>,
    /// Header lines in order, exactly as sent.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Body; adds `Content-Length` unless a framing header is given.
    #[serde(default)]
    pub body: Option<String>,
    /// Body in chunks; adds `Transfer-Encoding: chunked`.
    #[serde(default)]
    pub chunks: Option<Vec<String>>,
    /// Milliseconds to wait before answering.
    #[serde(default)]
    pub delay_ms: u64,
    /// Close the connection instead of answering.
    #[serde(default)]
    pub close: bool,
}

/// One request and what must come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the client sends.
    pub request: Request,
    /// What the origin must have received.
    #[serde(default)]
    pub upstream: Upstream,
    /// What the client must receive.
    pub response: Response,
    /// The access-log line written for this request.
    #[serde(default)]
    pub log: Option<String>,
}

/// What the client sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Method, default `GET`.
    #[serde(default)]
    pub method: Option<String>,
    /// Request target, stage included; required unless `raw` is given.
    #[serde(default)]
    pub path: Option<String>,
    /// Value of `Host`; default `{apiId}.execute-api.us-east-1.localhost`.
    #[serde(default)]
    pub host: Option<String>,
    /// Header lines after `Host`, in order, exactly as sent.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Body; adds `Content-Length`.
    #[serde(default)]
    pub body: Option<String>,
    /// Body in chunks; adds `Transfer-Encoding: chunked`.
    #[serde(default)]
    pub chunks: Option<Vec<String>>,
    /// The exact bytes instead of all the above. Characters up to U+00FF stand for the byte of that number.
    #[serde(default)]
    pub raw: Option<String>,
}

/// What the origin must have received for a step.
#[derive(Debug, Default)]
pub enum Upstream {
    /// The case does not say.
    #[default]
    Unchecked,
    /// The origin must not have been called.
    None,
    /// Exactly one request, like this.
    Received(Received),
}

/// A request as the origin saw it; parts left out are not compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// Method.
    #[serde(default)]
    pub method: Option<String>,
    /// Request target.
    #[serde(default)]
    pub path: Option<String>,
    /// The whole header set, names in lower case.
    #[serde(default)]
    pub headers: Option<Headers>,
    /// Body after removal of the transfer coding.
    #[serde(default)]
    pub body: Option<String>,
}

/// What the client must receive; parts left out are not compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// The whole header set, names in lower case; `connection: keep-alive` is implied.
    #[serde(default)]
    pub headers: Option<Headers>,
    /// Body after removal of the transfer coding.
    #[serde(default)]
    pub body: Option<String>,
    /// Body compared as JSON; strings in it may hold matchers.
    #[serde(default)]
    pub json: Option<serde_json::Value>,
    /// Whether the node closes the connection afterwards.
    #[serde(default)]
    pub closed: Option<bool>,
}

/// A header set: name to the values of its lines, in order.
pub type Headers = BTreeMap<String, Values>;

/// The value of a header, or the values of a repeated one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values(pub Vec<String>);

/// What `edgewit check` must say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Exit code.
    pub exit: i32,
    /// Every finding, in order, as one line `file:line:column: severity[code]: message`.
    #[serde(default)]
    pub findings: Vec<String>,
}

/// Reads one case and checks what the types cannot say.
///
/// # Errors
/// A message with line and column for YAML that does not fit, or the rule the case breaks.
pub fn parse(text: &str) -> Result<Case, String> {
    let case: Case = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    case.rules()?;
    Ok(case)
}

impl Case {
    /// Whether the case can share a node with others: it brings no files, and expects no log line, which only
    /// a node with a single client can attribute.
    pub fn shares_node(&self) -> bool {
        self.check.is_none() && self.config.is_empty() && self.steps.iter().all(|step| step.log.is_none())
    }

    fn rules(&self) -> Result<(), String> {
        let fail = |message: &str| Err(message.to_owned());
        if self.title.trim().is_empty() || self.prose.trim().is_empty() {
            return fail("title and prose must say something");
        }
        if self.steps.is_empty() == self.check.is_none() {
            return fail("expected either steps or check");
        }
        if self.api.is_none()
            && !self.config.keys().any(|name| name.starts_with("apis/"))
            && self.check.is_none()
        {
            return fail("expected api, or a file under apis/ in config");
        }
        if !self.stage_variables.is_empty() && self.config.contains_key("edgewit.yaml") {
            return fail("stage_variables and config's edgewit.yaml exclude each other");
        }
        for step in &self.steps {
            step.rules()?;
        }
        for answer in &self.origin {
            if answer.body.is_some() && answer.chunks.is_some() {
                return fail("an origin answer has body or chunks, not both");
            }
        }
        Ok(())
    }
}

impl Step {
    pub(crate) fn rules(&self) -> Result<(), String> {
        let request = &self.request;
        let parts = request.method.is_some()
            || request.path.is_some()
            || request.host.is_some()
            || !request.headers.is_empty()
            || request.body.is_some()
            || request.chunks.is_some();
        if request.raw.is_some() && parts {
            return Err("a request is raw or has parts, not both".to_owned());
        }
        if request.raw.is_none() && request.path.is_none() {
            return Err("a request needs a path".to_owned());
        }
        if request.body.is_some() && request.chunks.is_some() {
            return Err("a request has body or chunks, not both".to_owned());
        }
        if self.response.body.is_some() && self.response.json.is_some() {
            return Err("a response has body or json, not both".to_owned());
        }
        let received = match &self.upstream {
            Upstream::Received(received) => received.headers.as_ref(),
            Upstream::None | Upstream::Unchecked => None,
        };
        for name in self.response.headers.iter().chain(received).flat_map(BTreeMap::keys) {
            if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                return Err(format!("expected header names are written in lower case, found {name}"));
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Upstream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UpstreamVisitor;

        impl<'de> Visitor<'de> for UpstreamVisitor {
            type Value = Upstream;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`none` or a mapping with method, path, headers, body")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Upstream, E> {
                match text {
                    "none" => Ok(Upstream::None),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Upstream, A::Error> {
                Received::deserialize(MapAccessDeserializer::new(map)).map(Upstream::Received)
            }
        }

        deserializer.deserialize_any(UpstreamVisitor)
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrMany {
            Many(Vec<String>),
            One(String),
            Int(i64),
        }
        Ok(Values(match OneOrMany::deserialize(deserializer)? {
            OneOrMany::Many(values) => values,
            OneOrMany::One(value) => vec![value],
            OneOrMany::Int(value) => vec![value.to_string()],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "
title: T
basis: recorded
prose: P
api: 'openapi: 3.0.1'
steps:
  - request: {path: /dev/a, headers: [[X-A, \"1\"]]}
    upstream: {method: GET, headers: {host: <origin>, accept: [a, b], content-length: 5}}
    response: {status: 200, headers: {content-length: '2'}, json: {a: [1, \"<uuid>\"]}}
  - request: {raw: \"GET /\\x00\\xff HTTP/1.1\\r\\n\\r\\n\"}
    upstream: none
    response: {status: 400, closed: true}
";

    #[test]
    fn a_case_reads_into_its_parts() {
        let case = parse(SMALL).unwrap();
        assert_eq!(case.basis, Basis::Recorded);
        assert!(case.shares_node());
        let Upstream::Received(received) = &case.steps[0].upstream else { panic!("upstream was given") };
        let headers = received.headers.as_ref().unwrap();
        assert_eq!(headers["accept"], Values(vec!["a".into(), "b".into()]));
        assert_eq!(headers["content-length"], Values(vec!["5".into()]));
        assert_eq!(case.steps[0].request.headers, [("X-A".to_owned(), "1".to_owned())]);
        assert_eq!(case.steps[0].response.json, Some(serde_json::json!({"a": [1, "<uuid>"]})));
        assert!(matches!(case.steps[1].upstream, Upstream::None));
        assert_eq!(case.steps[1].request.raw.as_deref(), Some("GET /\0\u{ff} HTTP/1.1\r\n\r\n"));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        for (from, to, expected) in [
            ("prose: P", "prose: P\nproze: x", "unknown field"),
            ("status: 200,", "status: 200, heders: {},", "unknown field"),
            ("upstream: none", "upstream: never", "`none` or a mapping"),
            ("upstream: {method: GET,", "upstream: {methode: GET,", "unknown field"),
            ("path: /dev/a,", "", "needs a path"),
            ("basis: recorded", "basis: guessed", "unknown variant"),
            ("{content-length: '2'}", "{Content-Length: '2'}", "lower case"),
            ("title: T", "title: ' '", "must say something"),
        ] {
            let text = SMALL.replacen(from, to, 1);
            assert_ne!(text, SMALL, "{from}");
            let error = parse(&text).unwrap_err();
            assert!(error.contains(expected), "{from} -> {to}: {error}");
        }
    }

    #[test]
    fn a_case_has_steps_or_check() {
        let check = "{title: T, basis: chosen, prose: P, api: x, check: {exit: 1, findings: [a]}}";
        assert!(!parse(check).unwrap().shares_node());
        let neither = "{title: T, basis: chosen, prose: P, api: x}";
        assert_eq!(parse(neither).unwrap_err(), "expected either steps or check");
    }
}
