//! Integration responses.

use super::MappingTemplate;
use edgewit_mapping::expression::ResponseSource;
use edgewit_mapping::media_type;
use edgewit_mapping::selection::SelectionPattern;
use edgewit_model::api::ContentHandling;
use std::fmt::Write as _;
use std::sync::Arc;

/// Integration responses of a non-proxy integration.
#[derive(Debug, Default)]
pub struct Responses {
    list: Vec<(Selector, ResponsePlan)>,
    default: Option<usize>,
}

/// How a response is selected.
#[derive(Clone, Debug)]
pub(crate) enum Selector {
    /// When no other is.
    Default,
    /// By a pattern of digits only.
    Exact(Arc<str>),
    /// By a pattern.
    Pattern {
        /// As in the document.
        text: Arc<str>,
        /// Compiled.
        pattern: Arc<SelectionPattern>,
    },
}

impl Responses {
    /// Responses in document order. They are tried in the order of their statuses; of several defaults the first
    /// counts.
    pub(crate) fn new(mut list: Vec<(Selector, ResponsePlan)>) -> Self {
        list.sort_by_key(|(_, response)| response.status);
        let default = list.iter().position(|(selector, _)| matches!(selector, Selector::Default));
        Self { list, default }
    }

    /// The response whose pattern matches the whole text, else the default one. Without one the answer is a 500 of
    /// type API_CONFIGURATION_ERROR.
    pub fn select(&self, text: &str) -> Option<&ResponsePlan> {
        self.position(text).and_then(|index| self.list.get(index)).map(|(_, response)| response)
    }

    pub(super) fn position(&self, text: &str) -> Option<usize> {
        let matching = self.list.iter().position(|(selector, _)| match selector {
            Selector::Default => false,
            Selector::Exact(status) => **status == *text,
            Selector::Pattern { pattern, .. } => pattern.is_match(text),
        });
        matching.or(self.default)
    }

    /// All responses, in the order of their statuses.
    pub fn iter(&self) -> impl Iterator<Item = &ResponsePlan> {
        self.list.iter().map(|(_, response)| response)
    }

    /// Equal for responses that do the same, provided that their texts are shared.
    pub(crate) fn key(&self) -> String {
        let mut key = String::new();
        for (selector, response) in &self.list {
            let selector = match selector {
                Selector::Default => "",
                Selector::Exact(text) | Selector::Pattern { text, .. } => text,
            };
            let ResponsePlan { status, declared, headers, templates, content_handling } = response;
            // Writing to a string cannot fail.
            let _written = write!(key, "{selector}\0{status}{declared}{content_handling:?}");
            for ResponseHeader { name, lower: _, source } in headers {
                let _written = write!(key, "\0{name}\0{source:?}");
            }
            for (content_type, template) in &templates.list {
                let _written = write!(key, "\0{content_type}\0{}", template.key());
            }
            key.push('\n');
        }
        key
    }
}

/// One integration response.
#[derive(Debug)]
pub struct ResponsePlan {
    /// Status sent to the client.
    pub status: u16,
    /// Whether the method declares this status; if not, the answer is a 500 of type API_CONFIGURATION_ERROR.
    pub declared: bool,
    /// Header mappings.
    pub headers: Vec<ResponseHeader>,
    /// Body templates by MIME type; empty passes the backend's body.
    pub templates: ResponseTemplates,
    /// Conversion of the body.
    pub content_handling: Option<ContentHandling>,
}

impl ResponsePlan {
    /// Whether a header mapping reads the backend's body.
    pub fn reads_body(&self) -> bool {
        self.headers.iter().any(|header| header.source.reads_body())
    }

    /// The `Content-Type` of the answer when no header mapping gives one: that of the chosen template, else
    /// `application/json`, whatever the backend said.
    pub fn content_type(&self, accept: Option<&str>) -> &str {
        self.templates.select(accept).map_or(media_type::DEFAULT, |(content_type, _)| content_type)
    }
}

/// A mapping to a header of the response.
#[derive(Debug)]
pub struct ResponseHeader {
    /// As spelled in the document.
    pub name: Arc<str>,
    /// Lower-case.
    pub lower: Arc<str>,
    /// Where the value comes from.
    pub source: ResponseSource,
}

/// Response templates by MIME type.
#[derive(Debug, Default)]
pub struct ResponseTemplates {
    list: Vec<(Arc<str>, MappingTemplate)>,
}

impl ResponseTemplates {
    /// Templates in document order, none of them empty.
    pub(crate) fn new(list: Vec<(Arc<str>, MappingTemplate)>) -> Self {
        Self { list }
    }

    /// The MIME type and template for the first entry of the request's `Accept`: exact, else `application/json`, else the
    /// first. `None` passes the body unchanged.
    pub fn select(&self, accept: Option<&str>) -> Option<(&Arc<str>, &MappingTemplate)> {
        let find = |key: &str| self.list.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        let chosen = accept
            .and_then(|accept| find(media_type::first_accepted(accept)))
            .or_else(|| find(media_type::DEFAULT))
            .or_else(|| self.list.first())?;
        Some((&chosen.0, &chosen.1))
    }

    /// Content types and templates.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Arc<str>, MappingTemplate)> {
        self.list.iter()
    }
}
