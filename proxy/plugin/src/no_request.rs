//! A request for where there is none.

use std::borrow::Cow;

use crate::request::PluginRequest;

/// Stands in where a plugin is started and not asked anything, or cannot ask.
#[derive(Clone, Debug, Default)]
pub struct NoRequest {
    id: Option<String>,
}

impl NoRequest {
    /// All that is known of the request is its identifier.
    #[must_use]
    pub fn of(request_id: &str) -> Self {
        Self { id: Some(request_id.to_owned()) }
    }
}

impl PluginRequest for NoRequest {
    fn method(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn path(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn resource_path(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn stage(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn api_id(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn request_id(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.id.as_deref().unwrap_or("-"))
    }
    fn source_ip(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn protocol(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn header(&self, _name: &str) -> Option<Cow<'_, str>> {
        None
    }
    fn header_values(&self, _name: &str, _each: &mut dyn FnMut(&str)) {}
    fn header_names(&self, _each: &mut dyn FnMut(&str)) {}
    fn query(&self, _name: &str) -> Option<Cow<'_, str>> {
        None
    }
    fn query_values(&self, _name: &str, _each: &mut dyn FnMut(&str)) {}
    fn query_names(&self, _each: &mut dyn FnMut(&str)) {}
    fn path_parameter(&self, _name: &str) -> Option<Cow<'_, str>> {
        None
    }
    fn stage_variable(&self, _name: &str) -> Option<Cow<'_, str>> {
        None
    }
    fn context(&self, _name: &str) -> Option<Cow<'_, str>> {
        None
    }
    fn method_arn(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn authorization_token(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn identity_sources(&self, _each: &mut dyn FnMut(&str)) {}
}
