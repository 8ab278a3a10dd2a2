//! Request templates.

use super::MappingTemplate;
use edgewit_mapping::media_type;
use edgewit_model::api::PassthroughBehavior;
use std::sync::Arc;

/// Request templates by content type.
#[derive(Debug, Default)]
pub struct RequestTemplates {
    list: Vec<(Arc<str>, MappingTemplate)>,
    passthrough: PassthroughBehavior,
}

/// What becomes of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestBody<'a> {
    /// What this renders to replaces it.
    Template(&'a MappingTemplate),
    /// It passes unchanged.
    PassThrough,
    /// 415.
    Unsupported,
}

impl RequestTemplates {
    /// Templates by content type, `$default` among them.
    pub(crate) fn new(list: Vec<(Arc<str>, MappingTemplate)>, passthrough: PassthroughBehavior) -> Self {
        Self { list, passthrough }
    }

    /// Picks by the request's `Content-Type` (parameters are ignored; absent is `application/json`).
    ///
    /// An empty template is like one that is missing.
    /// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html>.
    pub fn select(&self, content_type: Option<&str>) -> RequestBody<'_> {
        match self.position(content_type).and_then(|index| self.list.get(index)) {
            Some((_, template)) => RequestBody::Template(template),
            None => self.without_template(),
        }
    }

    pub(super) fn position(&self, content_type: Option<&str>) -> Option<usize> {
        let wanted = content_type.map_or(media_type::DEFAULT, media_type::bare);
        let find = |key: &str| self.list.iter().position(|(known, _)| known.eq_ignore_ascii_case(key));
        let index = find(wanted).or_else(|| find("$default"))?;
        self.list.get(index).is_some_and(|(_, template)| !template.is_empty()).then_some(index)
    }

    pub(super) fn without_template(&self) -> RequestBody<'_> {
        match self.passthrough {
            PassthroughBehavior::WhenNoMatch => RequestBody::PassThrough,
            PassthroughBehavior::WhenNoTemplates if self.list.is_empty() => RequestBody::PassThrough,
            PassthroughBehavior::WhenNoTemplates | PassthroughBehavior::Never => RequestBody::Unsupported,
        }
    }

    /// Content types and templates.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Arc<str>, MappingTemplate)> {
        self.list.iter()
    }

    pub(crate) fn passthrough(&self) -> PassthroughBehavior {
        self.passthrough
    }
}
