//! Requests and answers that nobody sent.

use edgewit_plugin::{PluginRequest, PluginResponse};
use std::borrow::Cow;

/// Names with values, in order; a name may come again.
pub(crate) type Pairs = Vec<(String, String)>;

/// A made-up request. [`Default`] is one that a pet shop might get.
#[derive(Clone, Debug)]
pub(crate) struct MadeUp {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) resource_path: String,
    pub(crate) stage: String,
    pub(crate) api_id: String,
    pub(crate) request_id: String,
    pub(crate) source_ip: String,
    pub(crate) protocol: String,
    pub(crate) headers: Pairs,
    pub(crate) query: Pairs,
    pub(crate) path_parameters: Pairs,
    pub(crate) stage_variables: Pairs,
    pub(crate) context: Pairs,
    pub(crate) method_arn: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) identity_sources: Vec<String>,
    /// The bytes and whether they are all.
    pub(crate) body: Option<(Vec<u8>, bool)>,
}

/// 2026-01-01, so that what depends on the time is the same every time.
const EPOCH_MS: &str = "1767225600000";

impl Default for MadeUp {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            path: "/dev/pets/7".to_owned(),
            resource_path: "/pets/{petId}".to_owned(),
            stage: "dev".to_owned(),
            api_id: "madeup".to_owned(),
            request_id: "00000000-0000-4000-8000-000000000001".to_owned(),
            source_ip: "192.0.2.1".to_owned(),
            protocol: "HTTP/1.1".to_owned(),
            headers: pairs(&[
                ("Host", "madeup.execute-api.us-east-1.localhost"),
                ("User-Agent", "edgewit-plugin"),
                ("Accept", "*/*"),
                ("Authorization", "Bearer made-up"),
            ]),
            query: pairs(&[("name", "ada")]),
            path_parameters: pairs(&[("petId", "7")]),
            stage_variables: Pairs::new(),
            context: Pairs::new(),
            method_arn: None,
            token: Some("Bearer made-up".to_owned()),
            identity_sources: vec!["Bearer made-up".to_owned()],
            body: None,
        }
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl MadeUp {
    /// A request without anything that a client need not send.
    pub(crate) fn bare() -> Self {
        Self {
            path: "/dev/".to_owned(),
            resource_path: "/".to_owned(),
            headers: Pairs::new(),
            query: Pairs::new(),
            path_parameters: Pairs::new(),
            token: None,
            identity_sources: Vec::new(),
            ..Self::default()
        }
    }

    /// The path without the stage.
    fn below_stage(&self) -> &str {
        self.path.strip_prefix('/').and_then(|rest| rest.split_once('/')).map_or("", |(_, below)| below)
    }
}

fn last<'a>(pairs: &'a Pairs, same: impl Fn(&str) -> bool) -> Option<Cow<'a, str>> {
    pairs.iter().rev().find(|(name, _)| same(name)).map(|(_, value)| value.as_str().into())
}

fn every(pairs: &Pairs, same: impl Fn(&str) -> bool, each: &mut dyn FnMut(&str)) {
    pairs.iter().filter(|(name, _)| same(name)).for_each(|(_, value)| each(value));
}

fn once(pairs: &Pairs, same: impl Fn(&str, &str) -> bool, each: &mut dyn FnMut(&str)) {
    for (at, (name, _)) in pairs.iter().enumerate() {
        if !pairs[..at].iter().any(|(earlier, _)| same(earlier, name)) {
            each(name);
        }
    }
}

impl PluginRequest for MadeUp {
    fn method(&self) -> Cow<'_, str> {
        self.method.as_str().into()
    }
    fn path(&self) -> Cow<'_, str> {
        self.path.as_str().into()
    }
    fn resource_path(&self) -> Cow<'_, str> {
        self.resource_path.as_str().into()
    }
    fn stage(&self) -> Cow<'_, str> {
        self.stage.as_str().into()
    }
    fn api_id(&self) -> Cow<'_, str> {
        self.api_id.as_str().into()
    }
    fn request_id(&self) -> Cow<'_, str> {
        self.request_id.as_str().into()
    }
    fn source_ip(&self) -> Cow<'_, str> {
        self.source_ip.as_str().into()
    }
    fn protocol(&self) -> Cow<'_, str> {
        self.protocol.as_str().into()
    }
    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        last(&self.headers, |found| found.eq_ignore_ascii_case(name))
    }
    fn header_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        every(&self.headers, |found| found.eq_ignore_ascii_case(name), each);
    }
    fn header_names(&self, each: &mut dyn FnMut(&str)) {
        once(&self.headers, str::eq_ignore_ascii_case, each);
    }
    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        last(&self.query, |found| found == name)
    }
    fn query_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        every(&self.query, |found| found == name, each);
    }
    fn query_names(&self, each: &mut dyn FnMut(&str)) {
        once(&self.query, |one, other| one == other, each);
    }
    fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        last(&self.path_parameters, |found| found == name)
    }
    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        last(&self.stage_variables, |found| found == name)
    }
    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        last(&self.context, |found| found == name).or_else(|| {
            Some(match name {
                "apiId" => self.api_id(),
                "httpMethod" => self.method(),
                "identity.sourceIp" => self.source_ip(),
                "identity.userAgent" => return self.header("user-agent"),
                "path" => self.path(),
                "protocol" => self.protocol(),
                "requestId" => self.request_id(),
                "requestTimeEpoch" => EPOCH_MS.into(),
                "resourcePath" => self.resource_path(),
                "stage" => self.stage(),
                _ => return None,
            })
        })
    }
    fn method_arn(&self) -> Cow<'_, str> {
        match &self.method_arn {
            Some(arn) => arn.as_str().into(),
            None => {
                let (api, stage, method) = (&self.api_id, &self.stage, &self.method);
                let path = self.below_stage();
                format!("arn:aws:execute-api:us-east-1:000000000000:{api}/{stage}/{method}/{path}").into()
            }
        }
    }
    fn authorization_token(&self) -> Option<Cow<'_, str>> {
        self.token.as_deref().map(Cow::Borrowed)
    }
    fn identity_sources(&self, each: &mut dyn FnMut(&str)) {
        self.identity_sources.iter().for_each(|value| each(value));
    }
    fn body(&self) -> Option<(Cow<'_, [u8]>, bool)> {
        self.body.as_ref().map(|(bytes, whole)| (bytes.as_slice().into(), *whole))
    }
}

/// A made-up answer of an integration.
#[derive(Clone, Debug)]
pub(crate) struct MadeUpAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Pairs,
    pub(crate) body: Option<(Vec<u8>, bool)>,
}

impl Default for MadeUpAnswer {
    fn default() -> Self {
        Self {
            status: 200,
            headers: pairs(&[("Content-Type", "application/json")]),
            body: Some((br#"{"id":7,"name":"ada"}"#.to_vec(), true)),
        }
    }
}

impl PluginResponse for MadeUpAnswer {
    fn status(&self) -> u16 {
        self.status
    }
    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        last(&self.headers, |found| found.eq_ignore_ascii_case(name))
    }
    fn header_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        every(&self.headers, |found| found.eq_ignore_ascii_case(name), each);
    }
    fn header_names(&self, each: &mut dyn FnMut(&str)) {
        once(&self.headers, str::eq_ignore_ascii_case, each);
    }
    fn body(&self) -> Option<(Cow<'_, [u8]>, bool)> {
        self.body.as_ref().map(|(bytes, whole)| (bytes.as_slice().into(), *whole))
    }
}
