//! What a plugin may call: the interfaces of `edgewit:plugin`.

use std::borrow::Cow;

use wasmtime::component::Resource;

use crate::bindings::body::BodyPart;
use crate::bindings::request::Request as RequestHandle;
use crate::bindings::response::Response as ResponseHandle;
use crate::bindings::{body, config, crypto, log, matching, request, response};
use crate::call::Call;
use crate::guest_log;
use crate::tools::crypto as native;
use crate::tools::matching::Set;

impl body::Host for Call {}
impl request::Host for Call {}

/// A guest holds one borrowed handle, and the request it stands for is the call's own: the handle need not be looked
/// at.
impl request::HostRequest for Call {
    fn method(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.method().into_owned()
    }

    fn path(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.path().into_owned()
    }

    fn resource_path(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.resource_path().into_owned()
    }

    fn stage(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.stage().into_owned()
    }

    fn api_id(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.api_id().into_owned()
    }

    fn request_id(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.request_id().into_owned()
    }

    fn source_ip(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.source_ip().into_owned()
    }

    fn protocol(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.protocol().into_owned()
    }

    fn header(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.header(&name).map(Cow::into_owned)
    }

    fn header_values(&mut self, _: Resource<RequestHandle>, name: String) -> Vec<String> {
        collect(|each| self.request.header_values(&name, each))
    }

    fn header_names(&mut self, _: Resource<RequestHandle>) -> Vec<String> {
        collect(|each| self.request.header_names(each))
    }

    fn query(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.query(&name).map(Cow::into_owned)
    }

    fn query_values(&mut self, _: Resource<RequestHandle>, name: String) -> Vec<String> {
        collect(|each| self.request.query_values(&name, each))
    }

    fn query_names(&mut self, _: Resource<RequestHandle>) -> Vec<String> {
        collect(|each| self.request.query_names(each))
    }

    fn path_parameter(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.path_parameter(&name).map(Cow::into_owned)
    }

    fn stage_variable(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.stage_variable(&name).map(Cow::into_owned)
    }

    fn context(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.context(&name).map(Cow::into_owned)
    }

    fn stage_variable_names(&mut self, _: Resource<RequestHandle>) -> Vec<String> {
        collect(|each| self.request.stage_variable_names(each))
    }

    fn context_names(&mut self, _: Resource<RequestHandle>, name: String) -> Vec<String> {
        collect(|each| self.request.context_names(&name, each))
    }

    fn mapping_template(&mut self, _: Resource<RequestHandle>) -> Option<String> {
        self.request.mapping_template().map(Cow::into_owned)
    }

    fn handed_on(&mut self, _: Resource<RequestHandle>) -> Option<Vec<u8>> {
        self.request.handed_on().map(Cow::into_owned)
    }

    fn method_arn(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.method_arn().into_owned()
    }

    fn authorization_token(&mut self, _: Resource<RequestHandle>) -> Option<String> {
        self.request.authorization_token().map(Cow::into_owned)
    }

    fn identity_sources(&mut self, _: Resource<RequestHandle>) -> Vec<String> {
        collect(|each| self.request.identity_sources(each))
    }

    fn body(&mut self, _: Resource<RequestHandle>) -> Option<BodyPart> {
        self.request.body().map(|(bytes, whole)| BodyPart { bytes: bytes.into_owned(), whole })
    }

    /// Never called: guests only ever borrow the request.
    fn drop(&mut self, _: Resource<RequestHandle>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl config::Host for Call {
    fn get(&mut self, key: String) -> Option<String> {
        self.loaded.settings.config.get(&key).cloned()
    }
}

impl log::Host for Call {
    fn log(&mut self, level: log::Level, message: String) {
        if self.log.take(message.len()) {
            guest_log::write(level, &self.loaded.name, &self.request.request_id(), &message);
        }
    }
}

impl response::Host for Call {}

/// As for the request. Only a transform's `rewrite-response` is given one.
impl response::HostResponse for Call {
    fn status(&mut self, _: Resource<ResponseHandle>) -> u16 {
        self.response.as_ref().map_or(0, |response| response.status())
    }

    fn header(&mut self, _: Resource<ResponseHandle>, name: String) -> Option<String> {
        self.response.as_ref()?.header(&name).map(Cow::into_owned)
    }

    fn header_values(&mut self, _: Resource<ResponseHandle>, name: String) -> Vec<String> {
        let response = self.response.as_ref();
        collect(|each| response.into_iter().for_each(|response| response.header_values(&name, each)))
    }

    fn header_names(&mut self, _: Resource<ResponseHandle>) -> Vec<String> {
        let response = self.response.as_ref();
        collect(|each| response.into_iter().for_each(|response| response.header_names(each)))
    }

    fn body(&mut self, _: Resource<ResponseHandle>) -> Option<BodyPart> {
        let (bytes, whole) = self.response.as_ref()?.body()?;
        Some(BodyPart { bytes: bytes.into_owned(), whole })
    }

    /// Never called: guests only ever borrow the answer.
    fn drop(&mut self, _: Resource<ResponseHandle>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl crypto::Host for Call {
    fn digest(&mut self, algorithm: crypto::Hash, data: Vec<u8>) -> Vec<u8> {
        native::hash(algorithm, &data)
    }

    fn hmac(&mut self, algorithm: crypto::Hash, key: Vec<u8>, data: Vec<u8>) -> Vec<u8> {
        native::hmac(algorithm, &key, &data)
    }

    fn verify_hmac(&mut self, algorithm: crypto::Hash, key: Vec<u8>, data: Vec<u8>, tag: Vec<u8>) -> bool {
        native::verify_hmac(algorithm, &key, &data, &tag)
    }

    fn equal(&mut self, a: Vec<u8>, b: Vec<u8>) -> bool {
        native::equal(&a, &b)
    }

    fn public_key(&mut self, key: String) -> Result<u32, String> {
        let kept = self.loaded.toolbox.keys().len();
        self.tools.add_key(key).map(|index| number(kept + index))
    }

    fn verify(&mut self, algorithm: crypto::Signature, key: u32, data: Vec<u8>, signature: Vec<u8>) -> bool {
        let kept = self.loaded.toolbox.keys();
        let index = key as usize;
        let key = kept.get(index).or_else(|| self.tools.keys().get(index.checked_sub(kept.len())?));
        key.is_some_and(|key| key.verify(algorithm, &data, &signature))
    }
}

impl matching::Host for Call {
    fn patterns(&mut self, patterns: Vec<String>) -> Result<u32, String> {
        let kept = self.loaded.toolbox.sets().len();
        self.tools.add_patterns(patterns).map(|index| number(kept + index))
    }

    fn literals(&mut self, literals: Vec<Vec<u8>>, ignore_case: bool) -> Result<u32, String> {
        let kept = self.loaded.toolbox.sets().len();
        self.tools.add_literals(literals, ignore_case).map(|index| number(kept + index))
    }

    fn matches(&mut self, set: u32, text: Vec<u8>) -> wasmtime::Result<bool> {
        Ok(set_of(self, set).map_or(Ok(false), |set| set.matches(&text))?)
    }

    fn matching(&mut self, set: u32, text: Vec<u8>) -> wasmtime::Result<Vec<u32>> {
        Ok(set_of(self, set).map_or(Ok(Vec::new()), |set| set.matching(&text))?)
    }

    fn captures(&mut self, set: u32, index: u32, text: Vec<u8>) -> wasmtime::Result<Option<Groups>> {
        let found = set_of(self, set).map_or(Ok(None), |set| set.captures(index, &text))?;
        let span = |(start, end)| matching::Span { start, end };
        Ok(found.map(|groups| groups.into_iter().map(|group| group.map(span)).collect()))
    }
}

type Groups = Vec<Option<matching::Span>>;

/// The plugin's own sets come first, then those of this instance.
fn set_of(call: &Call, set: u32) -> Option<&Set> {
    let kept = call.loaded.toolbox.sets();
    let index = set as usize;
    kept.get(index).or_else(|| call.tools.sets().get(index.checked_sub(kept.len())?))
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn collect(walk: impl FnOnce(&mut dyn FnMut(&str))) -> Vec<String> {
    let mut values = Vec::new();
    walk(&mut |value| values.push(value.to_owned()));
    values
}
