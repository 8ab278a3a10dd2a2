//! An exchange as mappings, templates and logs see it.

use crate::exchange::{Exchange, TRIAL_STAGE};
use edgewit_mapping::context::write_message_string;
use edgewit_mapping::forwarding::removed_at_parsing;
use edgewit_mapping::{Context, ContextVariable, RequestParameters, query};
use pingora_http::RequestHeader;
use std::borrow::Cow;
use std::io::Write;
use std::time::Duration;

/// A request: its header and what the pipeline knows.
pub(crate) struct View<'a> {
    pub header: &'a RequestHeader,
    pub exchange: &'a Exchange,
    pub body: Option<&'a [u8]>,
    /// Bytes of the response body, when the exchange is over and is being logged.
    pub logged_bytes: Option<usize>,
}

impl<'a> View<'a> {
    pub(crate) fn new(header: &'a RequestHeader, exchange: &'a Exchange) -> Self {
        Self { header, exchange, body: None, logged_bytes: None }
    }

    pub(crate) fn raw_query(&self) -> &'a str {
        self.header.uri.query().unwrap_or("")
    }

    /// Whether a stored header name is the one asked for: as it was spelled where the protocol
    /// keeps spelling, in any case over HTTP/2, which has lower case only.
    fn each_header(&self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        let mut buf = [0_u8; 64];
        let long;
        let lower = match lower(name, &mut buf) {
            Some(lower) => lower,
            None => {
                long = name.to_ascii_lowercase();
                &long
            }
        };
        if lower == "host" && self.header.headers.get("host").is_none() {
            if let Some(authority) = self.header.uri.authority() {
                each(authority.as_str().as_bytes());
            }
            return;
        }
        if removed_at_parsing(lower) || !self.header.headers.contains_key(lower) {
            return;
        }
        if self.header.version == http::Version::HTTP_2 {
            for value in self.header.headers.get_all(lower) {
                each(value.as_bytes());
            }
            return;
        }
        for (spelled, value) in self.header.case_header_iter() {
            if spelled.as_slice() == name.as_bytes() {
                each(value.as_bytes());
            }
        }
    }
}

/// Lower-cases a header name without allocating; `None` where it is too long for that.
fn lower<'b>(name: &str, buf: &'b mut [u8; 64]) -> Option<&'b str> {
    let out = buf.get_mut(..name.len())?;
    out.copy_from_slice(name.as_bytes());
    out.make_ascii_lowercase();
    std::str::from_utf8(out).ok()
}

impl RequestParameters for View<'_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        let mut last = None;
        self.each_header(name, &mut |value| last = Some(value));
        last
    }

    fn headers(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        self.each_header(name, &mut |value| each(value));
    }

    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        query::last(self.raw_query(), name)
    }

    fn query_all(&self, name: &str, each: &mut dyn FnMut(&str)) {
        for (key, value) in query::pairs(self.raw_query()) {
            if query::name_is(key, name) {
                each(&query::decode(value));
            }
        }
    }

    fn path(&self, name: &str) -> Option<&str> {
        let route = self.exchange.route()?;
        let index = route.path_parameter_names.iter().position(|parameter| **parameter == *name)?;
        self.exchange.found.as_ref()?.parameter(self.exchange.resource_path(), index)
    }

    fn body(&self) -> Option<&[u8]> {
        self.body
    }
}

impl Context for View<'_> {
    fn write(&self, variable: &ContextVariable, out: &mut Vec<u8>) -> bool {
        let before = out.len();
        self.write_value(variable, out).is_some() && out.len() > before
    }
}

impl View<'_> {
    fn write_value(&self, variable: &ContextVariable, out: &mut Vec<u8>) -> Option<()> {
        use ContextVariable as V;
        let x = self.exchange;
        if let Some(text) = x.trial.then(|| of_trial(variable)).flatten() {
            out.extend_from_slice(text.as_bytes());
            return Some(());
        }
        let plan = x.stage().map(|stage| &stage.plan);
        let mut text = |value: &str| out.extend_from_slice(value.as_bytes());
        match variable {
            V::AccountId => text(&plan?.account_id),
            V::ApiId => text(&plan?.api_id),
            V::DeploymentId => text(&plan?.deployment_id),
            V::DomainName => text(self.host()?),
            V::DomainPrefix => text(self.host()?.split('.').next()?),
            V::EndpointType => text(plan?.endpoint_type.as_str()),
            V::ExtendedRequestId => text(x.ids.extended_id()),
            V::RequestId if x.id_replaced && self.logged_bytes.is_some() => {
                text("UUID_REPLACED_INVALID_REQUEST_ID");
            }
            V::RequestId => text(x.ids.request_id()),
            V::RequestTime => text(&crate::time::clf(x.ids.epoch_ms)),
            V::RequestTimeEpoch => number(out, x.ids.epoch_ms),
            V::HttpMethod => text(x.verb.map_or(self.header.method.as_str(), |verb| verb.as_str())),
            V::Path => text(&x.place.as_ref()?.path),
            V::Protocol => text("HTTP/1.1"),
            V::Stage => text(&plan?.stage),
            V::IsCanaryRequest => text(if x.stage()?.is_canary? { "true" } else { "false" }),
            V::ResourceId => text(&x.route()?.resource_id),
            V::ResourcePath => text(&x.route()?.resource_path),
            V::OperationName => text(x.route()?.operation_name.as_ref()?),
            V::IdentitySourceIp => {
                // Writing to a vector cannot fail.
                let _written = write!(out, "{}", x.client);
            }
            V::IdentityUserAgent => out.extend_from_slice(self.header.headers.get("user-agent")?.as_bytes()),
            V::Status => number(out, u64::from(x.status)),
            V::ResponseLength => number(out, self.logged_bytes? as u64),
            V::ResponseLatency => millis(out, x.started.elapsed()),
            V::IntegrationLatency | V::IntegrationTimeToAllHeaders => millis(out, x.integration.latency?),
            V::IntegrationIntegrationStatus | V::IntegrationStatus => {
                number(out, u64::from(x.integration.status?));
            }
            V::IntegrationError => text(x.integration.error.as_ref()?),
            V::XrayTraceId => text(x.trace.as_ref()?),
            V::ErrorMessage => text(x.refusal.as_ref()?.message.as_ref()?),
            V::ErrorMessageString => write_message_string(x.refusal.as_ref()?.message.as_deref(), out),
            V::ErrorResponseType => text(x.refusal.as_ref()?.kind.as_str()),
            V::ErrorValidationErrorString => text(x.refusal.as_ref()?.validation.as_ref()?),
            V::AuthorizerPrincipalId => text(&x.authorizer.caller.as_ref()?.principal_id),
            V::AuthorizerValue(key) => {
                let caller = x.authorizer.caller.as_ref()?;
                let (_, value) = caller.context.iter().find(|(k, _)| k == key)?;
                let _written = write!(out, "{value}");
            }
            V::AuthorizerLatency | V::AuthorizerIntegrationLatency | V::AuthorizeLatency => {
                millis(out, x.authorizer.latency?);
            }
            V::AuthorizerStatus | V::AuthorizerIntegrationStatus | V::AuthorizeStatus => {
                number(out, u64::from(x.authorizer.status?));
            }
            V::AuthorizerError | V::AuthorizeError => text(x.authorizer.error.as_ref()?),
            V::AuthorizerRequestId => {
                x.authorizer.latency?;
                text(x.ids.request_id());
            }
            V::RequestOverrideHeader(name) => text(&overridden(x, 0, "header", name)?),
            V::RequestOverridePath(name) => text(&overridden(x, 0, "path", name)?),
            V::RequestOverrideQuerystring(name) => text(&overridden(x, 0, "querystring", name)?),
            V::ResponseOverrideHeader(name) => text(&overridden(x, 1, "header", name)?),
            V::ResponseOverrideStatus => text(&overridden_status(x)?),
            // Signatures, API keys, client certificates, custom domains and web ACLs have no value here until those parts exist.
            _ => return None,
        }
        Some(())
    }

    /// The host name without a port.
    pub(crate) fn host(&self) -> Option<&str> {
        let host = match self.header.headers.get("host") {
            Some(host) => std::str::from_utf8(host.as_bytes()).ok()?,
            None => self.header.uri.authority()?.as_str(),
        };
        Some(without_port(host))
    }
}

/// What is otherwise known of a request's way here, as `TestInvokeMethod` makes it up.
fn of_trial(variable: &ContextVariable) -> Option<&'static str> {
    use ContextVariable as V;
    Some(match variable {
        V::DomainName => "testPrefix.testDomainName",
        V::DomainPrefix => "testPrefix",
        V::IdentityApiKey => "test-invoke-api-key",
        V::IdentityApiKeyId => "test-invoke-api-key-id",
        V::IdentitySourceIp => "test-invoke-source-ip",
        V::Stage => TRIAL_STAGE,
        _ => return None,
    })
}

/// What the request's mapping template has written to `requestOverride` (side 0) or `responseOverride` (side 1).
///
/// Read out of what the node's own component hands on; see `plugins/mapping-templates/src/handed_on.rs`.
fn overridden(exchange: &Exchange, side: usize, kind: &str, name: &str) -> Option<String> {
    let sides = handed_on(exchange)?;
    scalar(member(member(sides.get(side)?, kind)?.get("m")?, name)?)
}

fn overridden_status(exchange: &Exchange) -> Option<String> {
    scalar(member(handed_on(exchange)?.get(1)?, "status")?)
}

fn handed_on(exchange: &Exchange) -> Option<serde_json::Value> {
    exchange.stage()?.templates.as_ref()?;
    serde_json::from_slice(exchange.handed_on.as_deref()?).ok()
}

fn member<'v>(pairs: &'v serde_json::Value, name: &str) -> Option<&'v serde_json::Value> {
    let mut pairs = pairs.as_array()?.iter();
    pairs.find(|pair| pair.get(0).and_then(serde_json::Value::as_str) == Some(name))?.get(1)
}

fn scalar(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// A `Host` without its port; IPv6 addresses keep their brackets.
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

fn number(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn millis(out: &mut Vec<u8>, duration: Duration) {
    number(out, u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
}
