//! A request to ask about, a host to ask with.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use edgewit_plugin::{
    Decision, HostOptions, Plugin, PluginError, PluginHost, PluginLimits, PluginRequest, PluginSettings,
};

pub(crate) const MISBEHAVE: &[u8] = include_bytes!("../../../../plugins/prebuilt/misbehave.wasm");
pub(crate) const TOKEN_AUTHORIZER: &[u8] =
    include_bytes!("../../../../plugins/prebuilt/token_authorizer.wasm");

/// One host for all tests that do not need their own: address space is cheap, compiling is not.
pub(crate) fn host() -> &'static PluginHost {
    static HOST: OnceLock<PluginHost> = OnceLock::new();
    HOST.get_or_init(|| PluginHost::new(HostOptions { instances: 64, ..HostOptions::default() }).unwrap())
}

pub(crate) fn small_limits() -> PluginLimits {
    PluginLimits { instances: 16, ..PluginLimits::default() }
}

/// The misbehaving guest with default limits.
pub(crate) fn misbehave() -> &'static Arc<Plugin> {
    static PLUGIN: OnceLock<Arc<Plugin>> = OnceLock::new();
    PLUGIN.get_or_init(|| {
        misbehave_with(small_limits(), &[("greeting", "hello"), ("policy", r#"{"Version":"2012-10-17"}"#)])
    })
}

pub(crate) fn misbehave_with(limits: PluginLimits, config: &[(&str, &str)]) -> Arc<Plugin> {
    let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    host()
        .load("misbehave", MISBEHAVE, PluginSettings { config, limits, ..PluginSettings::default() })
        .unwrap()
}

/// Asks `plugin` to behave in a certain way.
pub(crate) async fn ask(plugin: &Plugin, behaviour: &str) -> Result<Decision, PluginError> {
    plugin.authorize(Arc::new(Request::new().header("behave", behaviour))).await
}

/// A request made of maps.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) named: BTreeMap<&'static str, &'static str>,
    pub(crate) token: Option<String>,
    pub(crate) identity_sources: Vec<String>,
}

impl Request {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }
}

fn named_once(pairs: &[(String, String)], each: &mut dyn FnMut(&str)) {
    for (index, (name, _)) in pairs.iter().enumerate() {
        if !pairs[..index].iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
            each(name);
        }
    }
}

impl PluginRequest for Request {
    fn method(&self) -> Cow<'_, str> {
        "GET".into()
    }
    fn path(&self) -> Cow<'_, str> {
        "/prod/pets/7".into()
    }
    fn resource_path(&self) -> Cow<'_, str> {
        "/pets/{petId}".into()
    }
    fn stage(&self) -> Cow<'_, str> {
        "prod".into()
    }
    fn api_id(&self) -> Cow<'_, str> {
        "abc123".into()
    }
    fn request_id(&self) -> Cow<'_, str> {
        "11111111-2222-3333-4444-555555555555".into()
    }
    fn source_ip(&self) -> Cow<'_, str> {
        "192.0.2.1".into()
    }
    fn protocol(&self) -> Cow<'_, str> {
        "HTTP/1.1".into()
    }
    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.iter().rev().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.into())
    }
    fn header_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).for_each(|(_, v)| each(v));
    }
    fn header_names(&self, each: &mut dyn FnMut(&str)) {
        named_once(&self.headers, each);
    }
    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        self.query.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.into())
    }
    fn query_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.query.iter().filter(|(n, _)| n == name).for_each(|(_, v)| each(v));
    }
    fn query_names(&self, each: &mut dyn FnMut(&str)) {
        named_once(&self.query, each);
    }
    fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "petId").then_some(Cow::Borrowed("7"))
    }
    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "tier").then_some(Cow::Borrowed("gold"))
    }
    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        self.named.get(name).map(|value| Cow::Borrowed(*value))
    }
    fn method_arn(&self) -> Cow<'_, str> {
        "arn:aws:execute-api:us-east-1:000000000000:abc123/prod/GET/pets/7".into()
    }
    fn authorization_token(&self) -> Option<Cow<'_, str>> {
        self.token.as_deref().map(Cow::Borrowed)
    }
    fn identity_sources(&self, each: &mut dyn FnMut(&str)) {
        self.identity_sources.iter().for_each(|value| each(value));
    }
}
