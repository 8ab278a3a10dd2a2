//! A request while a plugin looks at it.

use crate::exchange::{Exchange, Refusal};
use crate::guard::{Breaker, Guarded, PluginEntry};
use crate::view::View;
use bytes::Bytes;
use edgewit_mapping::forwarding::removed_at_parsing;
use edgewit_plugin::{Plugin, PluginError, PluginRequest};
use http::HeaderName;
use pingora_http::RequestHeader;
use std::borrow::Cow;
use std::sync::Arc;

/// Members of `$context` in mapping templates, in the order in which API Gateway was seen to list them.
const CONTEXT_NAMES: [&str; 18] = [
    "resourceId",
    "resourcePath",
    "httpMethod",
    "extendedRequestId",
    "requestTime",
    "path",
    "accountId",
    "protocol",
    "requestOverride",
    "stage",
    "domainPrefix",
    "requestTimeEpoch",
    "requestId",
    "identity",
    "domainName",
    "deploymentId",
    "responseOverride",
    "apiId",
];

/// Members of `$context.identity`, also those that are empty without an IAM signature.
const IDENTITY_NAMES: [&str; 12] = [
    "cognitoIdentityPoolId",
    "accountId",
    "cognitoIdentityId",
    "caller",
    "sourceIp",
    "principalOrgId",
    "accessKey",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
    "userArn",
    "userAgent",
    "user",
];

/// Who the caller says it is.
#[derive(Default)]
pub(super) struct Identity {
    pub(super) sources: Vec<String>,
    /// There is one source, and it is the token of a `TOKEN` authorizer.
    pub(super) token: bool,
}

impl Identity {
    /// What a result is kept under.
    pub(super) fn key(&self) -> String {
        if self.token {
            return self.sources.concat();
        }
        // The length keeps `ab` + `c` apart from `a` + `bc`.
        self.sources.iter().map(|value| format!("{}:{value}", value.len())).collect()
    }
}

/// What a plugin may see beside header and exchange.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) identity: Identity,
    /// The method's ARN where it is known already, or is nobody's to know; else it is made when it is asked for.
    pub(super) arn: Option<String>,
    /// As much of the body, and whether that is all of it.
    pub(super) body: Option<(Bytes, bool)>,
}

/// Lends the request to a plugin for one call.
///
/// # Errors
/// As [`Asked::give_back`].
pub(super) async fn ask<T, F>(
    entry: &PluginEntry,
    breaker: &Breaker,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    shown: Shown,
    mut call: impl FnMut(Arc<Plugin>, Arc<dyn PluginRequest>) -> F,
) -> Result<Guarded<T>, Refusal>
where
    F: Future<Output = Result<T, PluginError>>,
{
    let ids = exchange.ids.clone();
    let asked = Asked::take(header, exchange, shown);
    let called = entry.call(breaker, ids.request_id(), |plugin| call(plugin, asked.request())).await;
    Asked::give_back(asked, header, exchange)?;
    Ok(called)
}

/// A request as a plugin may ask about it.
pub(super) struct Asked {
    header: RequestHeader,
    exchange: Exchange,
    shown: Shown,
}

impl Asked {
    /// A plugin runs on a stack of its own and needs an owned request. Moving header and exchange out for the call and
    /// back afterwards costs next to nothing; a copy of the headers would.
    pub(super) fn take(header: &mut RequestHeader, exchange: &mut Exchange, shown: Shown) -> Arc<Self> {
        let blank = RequestHeader::from(http::Request::new(()).into_parts().0);
        let header = std::mem::replace(header, blank);
        let exchange = std::mem::replace(exchange, Exchange::vacant());
        Arc::new(Self { header, exchange, shown })
    }

    pub(super) fn request(self: &Arc<Self>) -> Arc<dyn PluginRequest> {
        Arc::clone(self) as Arc<dyn PluginRequest>
    }

    /// # Errors
    /// When the call is over and something of it still holds the request.
    pub(super) fn give_back(
        asked: Arc<Self>,
        header: &mut RequestHeader,
        exchange: &mut Exchange,
    ) -> Result<(), Refusal> {
        let Ok(asked) = Arc::try_unwrap(asked) else {
            tracing::error!("a plugin's request outlived its call");
            return Err(Refusal::internal());
        };
        *header = asked.header;
        *exchange = asked.exchange;
        Ok(())
    }

    fn view(&self) -> View<'_> {
        View::new(&self.header, &self.exchange)
    }

    /// The host of an HTTP/2 request that names it as `:authority` only.
    fn authority(&self, name: &str) -> Option<&str> {
        let asked = name.eq_ignore_ascii_case("host") && !self.header.headers.contains_key("host");
        self.header.uri.authority().filter(|_| asked).map(|authority| authority.as_str())
    }

    /// Mapping templates do not see what API Gateway takes away at the entrance.
    fn hides(&self, name: &str) -> bool {
        self.exchange.template.is_some() && removed_at_parsing(&name.to_ascii_lowercase())
    }

    fn plan_text(&self, pick: impl Fn(&edgewit_plan::plan::Plan) -> &str) -> Cow<'_, str> {
        let text = self.exchange.stage().map(|stage| pick(&stage.plan).to_owned());
        Cow::Owned(text.unwrap_or_default())
    }
}

impl PluginRequest for Asked {
    fn method(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.exchange.verb.map_or(self.header.method.as_str(), |verb| verb.as_str()))
    }

    fn path(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.exchange.place.as_ref().map_or("", |place| &place.path))
    }

    fn resource_path(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.exchange.route().map_or("", |route| &route.resource_path))
    }

    fn stage(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.exchange.stage_name())
    }

    fn api_id(&self) -> Cow<'_, str> {
        self.plan_text(|plan| &plan.api_id)
    }

    fn request_id(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.exchange.ids.request_id())
    }

    fn source_ip(&self) -> Cow<'_, str> {
        self.context("identity.sourceIp").unwrap_or_default()
    }

    fn protocol(&self) -> Cow<'_, str> {
        // As `$context.protocol`, whatever the client speaks.
        Cow::Borrowed("HTTP/1.1")
    }

    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        if self.hides(name) {
            return None;
        }
        if let Some(authority) = self.authority(name) {
            return Some(Cow::Borrowed(authority));
        }
        let value = self.header.headers.get_all(name).iter().next_back()?;
        Some(String::from_utf8_lossy(value.as_bytes()))
    }

    fn header_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        if let Some(authority) = self.authority(name) {
            return each(authority);
        }
        for value in self.header.headers.get_all(name) {
            each(&String::from_utf8_lossy(value.as_bytes()));
        }
    }

    fn header_names(&self, each: &mut dyn FnMut(&str)) {
        if self.authority("host").is_some() {
            each("host");
        }
        // HTTP/2 keeps no spelling: names are in lower case.
        if self.header.version == http::Version::HTTP_2 {
            self.header
                .headers
                .keys()
                .map(HeaderName::as_str)
                .filter(|name| !self.hides(name))
                .for_each(each);
            return;
        }
        let mut seen: Vec<String> = Vec::new();
        for (name, _) in self.header.case_header_iter() {
            let spelled = String::from_utf8_lossy(name.as_slice());
            if !self.hides(&spelled) && !seen.iter().any(|known| known.eq_ignore_ascii_case(&spelled)) {
                each(&spelled);
                seen.push(spelled.into_owned());
            }
        }
    }

    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        edgewit_mapping::query::last(self.header.uri.query().unwrap_or(""), name)
    }

    fn query_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        edgewit_mapping::RequestParameters::query_all(&self.view(), name, each);
    }

    fn query_names(&self, each: &mut dyn FnMut(&str)) {
        let mut seen: Vec<String> = Vec::new();
        for (name, _) in edgewit_mapping::query::pairs(self.header.uri.query().unwrap_or("")) {
            let name = edgewit_mapping::query::decode(name);
            if !seen.iter().any(|known| *known == *name) {
                each(&name);
                seen.push(name.into_owned());
            }
        }
    }

    fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = edgewit_mapping::RequestParameters::path(&self.view(), name)?.to_owned();
        Some(Cow::Owned(value))
    }

    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        let stage = self.exchange.stage()?;
        stage.plan.stage_variable(name).map(|value| Cow::Owned(value.to_owned()))
    }

    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        use edgewit_mapping::{Context, ContextVariable};
        let mut out = Vec::new();
        let variable = ContextVariable::parse(name);
        self.view().write(&variable, &mut out).then(|| Cow::Owned(String::from_utf8_lossy(&out).into_owned()))
    }

    fn stage_variable_names(&self, each: &mut dyn FnMut(&str)) {
        let variables = self.exchange.stage().map(|stage| &stage.plan.stage_variables);
        variables.into_iter().flat_map(|variables| variables.keys()).for_each(|name| each(name));
    }

    fn context_names(&self, name: &str, each: &mut dyn FnMut(&str)) {
        match name {
            "" => CONTEXT_NAMES.iter().for_each(|name| each(name)),
            "identity" => IDENTITY_NAMES.iter().for_each(|name| each(name)),
            "authorizer" => {
                let Some(caller) = &self.exchange.authorizer.caller else { return };
                each("principalId");
                caller.context.iter().for_each(|(name, _)| each(name));
            }
            _ => {}
        }
    }

    fn mapping_template(&self) -> Option<Cow<'_, str>> {
        self.exchange.template.map(|number| Cow::Owned(number.to_string()))
    }

    fn handed_on(&self) -> Option<Cow<'_, [u8]>> {
        self.exchange.handed_on.as_deref().map(Cow::Borrowed)
    }

    fn method_arn(&self) -> Cow<'_, str> {
        match &self.shown.arn {
            Some(arn) => Cow::Borrowed(arn),
            None => {
                Cow::Owned(self.exchange.method_arn(self.exchange.verb.map_or("-", |verb| verb.as_str())))
            }
        }
    }

    fn authorization_token(&self) -> Option<Cow<'_, str>> {
        self.shown
            .identity
            .sources
            .first()
            .filter(|_| self.shown.identity.token)
            .map(|token| Cow::Borrowed(&**token))
    }

    fn identity_sources(&self, each: &mut dyn FnMut(&str)) {
        self.shown.identity.sources.iter().for_each(|source| each(source));
    }

    fn body(&self) -> Option<(Cow<'_, [u8]>, bool)> {
        self.shown.body.as_ref().map(|(bytes, whole)| (Cow::Borrowed(&**bytes), *whole))
    }
}
