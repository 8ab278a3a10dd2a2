//! What a plugin may call: the interfaces of `edgewit:plugin`.

use std::borrow::Cow;

use wasmtime::component::Resource;

use crate::bindings::body::BodyPart;
use crate::bindings::request::Request as RequestHandle;
use crate::bindings::response::Response as ResponseHandle;
use crate::bindings::{body, config, crypto, log, matching, request, response};
use crate::call::Call;
use crate::guest_log;
use crate::request::{PluginRequest, PluginResponse};
use crate::tools::crypto as native;
use crate::tools::matching::Set;

impl body::Host for Call {}
impl request::Host for Call {}

/// What a handle stands for is the request of the present call; see [`crate::handles`].
impl request::HostRequest for Call {
    fn method(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<String> {
        Ok(self.asked(&handle)?.method().into_owned())
    }

    fn path(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<String> {
        Ok(self.asked(&handle)?.path().into_owned())
    }

    fn resource_path(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<String> {
        Ok(self.asked(&handle)?.resource_path().into_owned())
    }

    fn stage(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<String> {
        Ok(self.asked(&handle)?.stage().into_owned())
    }

    fn api_id(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<String> {
        Ok(self.asked(&handle)?.api_id().into_owned())
    }

    fn request_id(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<String> {
        Ok(self.asked(&handle)?.request_id().into_owned())
    }

    fn source_ip(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<String> {
        Ok(self.asked(&handle)?.source_ip().into_owned())
    }

    fn protocol(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<String> {
        Ok(self.asked(&handle)?.protocol().into_owned())
    }

    fn header(&mut self, handle: Resource<RequestHandle>, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.asked(&handle)?.header(&name).map(Cow::into_owned))
    }

    fn header_values(
        &mut self,
        handle: Resource<RequestHandle>,
        name: String,
    ) -> wasmtime::Result<Vec<String>> {
        let request = self.asked(&handle)?;
        Ok(collect(|each| request.header_values(&name, each)))
    }

    fn header_names(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<Vec<String>> {
        let request = self.asked(&handle)?;
        Ok(collect(|each| request.header_names(each)))
    }

    fn query(&mut self, handle: Resource<RequestHandle>, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.asked(&handle)?.query(&name).map(Cow::into_owned))
    }

    fn query_values(
        &mut self,
        handle: Resource<RequestHandle>,
        name: String,
    ) -> wasmtime::Result<Vec<String>> {
        let request = self.asked(&handle)?;
        Ok(collect(|each| request.query_values(&name, each)))
    }

    fn query_names(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<Vec<String>> {
        let request = self.asked(&handle)?;
        Ok(collect(|each| request.query_names(each)))
    }

    fn path_parameter(
        &mut self,
        handle: Resource<RequestHandle>,
        name: String,
    ) -> wasmtime::Result<Option<String>> {
        Ok(self.asked(&handle)?.path_parameter(&name).map(Cow::into_owned))
    }

    fn stage_variable(
        &mut self,
        handle: Resource<RequestHandle>,
        name: String,
    ) -> wasmtime::Result<Option<String>> {
        Ok(self.asked(&handle)?.stage_variable(&name).map(Cow::into_owned))
    }

    fn context(&mut self, handle: Resource<RequestHandle>, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.asked(&handle)?.context(&name).map(Cow::into_owned))
    }

    fn stage_variable_names(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<Vec<String>> {
        let request = self.asked(&handle)?;
        Ok(collect(|each| request.stage_variable_names(each)))
    }

    fn context_names(
        &mut self,
        handle: Resource<RequestHandle>,
        name: String,
    ) -> wasmtime::Result<Vec<String>> {
        let request = self.asked(&handle)?;
        Ok(collect(|each| request.context_names(&name, each)))
    }

    fn mapping_template(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<Option<String>> {
        Ok(self.asked(&handle)?.mapping_template().map(Cow::into_owned))
    }

    fn handed_on(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.asked(&handle)?.handed_on().map(Cow::into_owned))
    }

    fn method_arn(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<String> {
        Ok(self.asked(&handle)?.method_arn().into_owned())
    }

    fn authorization_token(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<Option<String>> {
        Ok(self.asked(&handle)?.authorization_token().map(Cow::into_owned))
    }

    fn identity_sources(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<Vec<String>> {
        let request = self.asked(&handle)?;
        Ok(collect(|each| request.identity_sources(each)))
    }

    fn body(&mut self, handle: Resource<RequestHandle>) -> wasmtime::Result<Option<BodyPart>> {
        Ok(self.asked(&handle)?.body().map(|(bytes, whole)| BodyPart { bytes: bytes.into_owned(), whole }))
    }

    fn drop(&mut self, _: Resource<RequestHandle>) -> wasmtime::Result<()> {
        self.handles.dropped();
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

/// As for the request. Only a transform's `rewrite-response` is given an answer.
impl response::HostResponse for Call {
    fn status(&mut self, handle: Resource<ResponseHandle>) -> wasmtime::Result<u16> {
        Ok(self.answered(&handle)?.map_or(0, PluginResponse::status))
    }

    fn header(&mut self, handle: Resource<ResponseHandle>, name: String) -> wasmtime::Result<Option<String>> {
        let response = self.answered(&handle)?;
        Ok(response.and_then(|response| response.header(&name)).map(Cow::into_owned))
    }

    fn header_values(
        &mut self,
        handle: Resource<ResponseHandle>,
        name: String,
    ) -> wasmtime::Result<Vec<String>> {
        let response = self.answered(&handle)?;
        Ok(collect(|each| response.into_iter().for_each(|response| response.header_values(&name, each))))
    }

    fn header_names(&mut self, handle: Resource<ResponseHandle>) -> wasmtime::Result<Vec<String>> {
        let response = self.answered(&handle)?;
        Ok(collect(|each| response.into_iter().for_each(|response| response.header_names(each))))
    }

    fn body(&mut self, handle: Resource<ResponseHandle>) -> wasmtime::Result<Option<BodyPart>> {
        let body = self.answered(&handle)?.and_then(PluginResponse::body);
        Ok(body.map(|(bytes, whole)| BodyPart { bytes: bytes.into_owned(), whole }))
    }

    fn drop(&mut self, _: Resource<ResponseHandle>) -> wasmtime::Result<()> {
        self.handles.dropped();
        Ok(())
    }
}

impl Call {
    /// The request that a guest asks about.
    fn asked(&self, handle: &Resource<RequestHandle>) -> wasmtime::Result<&dyn PluginRequest> {
        self.handles.check(handle)?;
        Ok(&*self.request)
    }

    /// The answer that a guest asks about. There is one wherever there is a handle of this call.
    fn answered(&self, handle: &Resource<ResponseHandle>) -> wasmtime::Result<Option<&dyn PluginResponse>> {
        self.handles.check(handle)?;
        Ok(self.response.as_deref())
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
