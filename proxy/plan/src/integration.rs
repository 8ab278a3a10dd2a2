//! What an integration is compiled into: addresses, mappings, templates, responses.

use edgewit_mapping::expression::{RequestSource, ResponseSource};
use edgewit_mapping::forwarding::MappedHeader;
use edgewit_mapping::selection::SelectionPattern;
use edgewit_mapping::{media_type, mock};
use edgewit_model::api::{ContentHandling, PassthroughBehavior, ResponseTransferMode, Verb};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// An HTTP or HTTP_PROXY integration.
#[derive(Debug)]
pub struct HttpPlan {
    /// Verb sent to the backend; `None` means the client's.
    pub method: Option<Verb>,
    /// Where the backend is.
    pub target: Target,
    /// Parameter mappings of the request.
    pub mappings: RequestMappings,
    /// Request templates; HTTP only, proxies pass bodies as they are.
    pub templates: RequestTemplates,
    /// Conversion of the request body.
    pub content_handling: Option<ContentHandling>,
    /// Time the backend has.
    pub timeout: Duration,
    /// Whether the chain of the backend's certificate goes unchecked.
    pub insecure_skip_verification: bool,
    /// Whether the response is delivered as it arrives.
    pub response_transfer_mode: ResponseTransferMode,
    /// Integration responses; HTTP only.
    pub responses: Arc<Responses>,
}

/// The parsed URI of an HTTP integration, stage variables filled in.
#[derive(Debug)]
pub struct Target {
    /// `https`.
    pub tls: bool,
    /// Host name or address, lower-case, IPv6 without brackets.
    pub host: Arc<str>,
    /// 80 and 443 by default.
    pub port: u16,
    /// The `Host` header: as in the URI, the scheme's own port left out.
    pub authority: Arc<str>,
    /// Path, begins with `/`; placeholders not yet filled in.
    pub path: Vec<Piece>,
    /// Query without `?`; empty when the URI has none.
    pub query: Vec<Piece>,
    /// Path and query in one, when there are no placeholders.
    pub fixed: Option<Arc<str>>,
}

/// A piece of a path or query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is in the URI, percent-encoded.
    Literal(Arc<str>),
    /// `{name}`.
    Placeholder {
        /// The name between the braces.
        name: Arc<str>,
        /// Index into [`RequestMappings::path`]; without one, or without a value, the braces stay in the path.
        mapping: Option<usize>,
    },
}

/// `integration.request.*` mappings, by target.
#[derive(Debug, Default)]
pub struct RequestMappings {
    /// Header targets.
    pub headers: Vec<HeaderMapping>,
    /// Query targets, by name.
    pub query: Vec<(Arc<str>, RequestSource)>,
    /// Path placeholders, by name.
    pub path: Vec<(Arc<str>, RequestSource)>,
    /// Whether any mapping reads the body, which must then be collected first.
    pub reads_body: bool,
}

/// A mapping to a header of the backend request.
#[derive(Debug)]
pub struct HeaderMapping {
    /// As spelled in the document.
    pub name: Arc<str>,
    /// Lower-case.
    pub lower: Arc<str>,
    /// What API Gateway does with a mapping to this name.
    pub rule: MappedHeader,
    /// Where the value comes from.
    pub source: RequestSource,
}

/// Request templates by content type, rendered: they refer to nothing.
#[derive(Debug, Default)]
pub struct RequestTemplates {
    list: Vec<(Arc<str>, Arc<str>)>,
    passthrough: PassthroughBehavior,
}

/// What becomes of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestBody<'a> {
    /// This text replaces it.
    Template(&'a Arc<str>),
    /// It passes unchanged.
    PassThrough,
    /// 415.
    Unsupported,
}

impl RequestTemplates {
    /// Templates by content type, `$default` among them.
    pub(crate) fn new(list: Vec<(Arc<str>, Arc<str>)>, passthrough: PassthroughBehavior) -> Self {
        Self { list, passthrough }
    }

    /// Picks by the request's `Content-Type` (parameters are ignored; absent is `application/json`).
    ///
    /// An empty template is like one that is missing.
    /// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html>.
    pub fn select(&self, content_type: Option<&str>) -> RequestBody<'_> {
        match self.position(content_type).and_then(|index| self.list.get(index)) {
            Some((_, text)) => RequestBody::Template(text),
            None => self.without_template(),
        }
    }

    fn position(&self, content_type: Option<&str>) -> Option<usize> {
        let wanted = content_type.map_or(media_type::DEFAULT, media_type::bare);
        let find = |key: &str| self.list.iter().position(|(known, _)| known.eq_ignore_ascii_case(key));
        let index = find(wanted).or_else(|| find("$default"))?;
        self.list.get(index).is_some_and(|(_, text)| !text.is_empty()).then_some(index)
    }

    fn without_template(&self) -> RequestBody<'_> {
        match self.passthrough {
            PassthroughBehavior::WhenNoMatch => RequestBody::PassThrough,
            PassthroughBehavior::WhenNoTemplates if self.list.is_empty() => RequestBody::PassThrough,
            PassthroughBehavior::WhenNoTemplates | PassthroughBehavior::Never => RequestBody::Unsupported,
        }
    }

    /// Content types and texts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Arc<str>, Arc<str>)> {
        self.list.iter()
    }

    pub(crate) fn passthrough(&self) -> PassthroughBehavior {
        self.passthrough
    }
}

/// A MOCK integration.
#[derive(Debug)]
pub struct MockPlan {
    /// Request templates, which decide the status.
    pub templates: RequestTemplates,
    /// Integration responses.
    pub responses: Arc<Responses>,
    /// What each template leads to, parallel to `templates`.
    selected: Vec<Selected>,
}

/// Where a status leads.
#[derive(Clone, Copy, Debug)]
enum Selected {
    Response(usize),
    NoResponse,
    InvalidStatus,
}

/// What a MOCK integration answers.
#[derive(Clone, Copy, Debug)]
pub enum MockAnswer<'a> {
    /// This response.
    Response(&'a ResponsePlan),
    /// No template applies: the client's body decides; see [`MockPlan::answer_body`].
    ReadBody,
    /// 415.
    Unsupported,
    /// The template gives no usable status: 500, DEFAULT_5XX.
    InvalidStatus,
    /// No response matches and there is no default: 500, API_CONFIGURATION_ERROR.
    NoResponse,
}

impl MockPlan {
    pub(crate) fn new(templates: RequestTemplates, responses: Arc<Responses>) -> Self {
        let selected = templates.list.iter().map(|(_, text)| responses.of_mock(text)).collect();
        Self { templates, responses, selected }
    }

    /// The answer for a request's `Content-Type`.
    pub fn answer(&self, content_type: Option<&str>) -> MockAnswer<'_> {
        match self.templates.position(content_type).and_then(|index| self.selected.get(index)) {
            Some(selected) => self.resolve(*selected),
            None => match self.templates.without_template() {
                RequestBody::Unsupported => MockAnswer::Unsupported,
                _ => MockAnswer::ReadBody,
            },
        }
    }

    /// The answer when the client's body passes through: it is read like a rendered template.
    pub fn answer_body(&self, body: &str) -> MockAnswer<'_> {
        self.resolve(self.responses.of_mock(body))
    }

    fn resolve(&self, selected: Selected) -> MockAnswer<'_> {
        match selected {
            Selected::Response(index) => match self.responses.list.get(index) {
                Some((_, response)) => MockAnswer::Response(response),
                None => MockAnswer::NoResponse,
            },
            Selected::NoResponse => MockAnswer::NoResponse,
            Selected::InvalidStatus => MockAnswer::InvalidStatus,
        }
    }
}

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

    fn position(&self, text: &str) -> Option<usize> {
        let matching = self.list.iter().position(|(selector, _)| match selector {
            Selector::Default => false,
            Selector::Exact(status) => **status == *text,
            Selector::Pattern { pattern, .. } => pattern.is_match(text),
        });
        matching.or(self.default)
    }

    fn of_mock(&self, rendered: &str) -> Selected {
        match mock::status_code(rendered) {
            Ok(status) => self.position(&status.to_string()).map_or(Selected::NoResponse, Selected::Response),
            Err(_) => Selected::InvalidStatus,
        }
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
            for (content_type, text) in &templates.list {
                let _written = write!(key, "\0{content_type}\0{:p}", Arc::as_ptr(text));
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

/// Response templates by MIME type, rendered: they refer to nothing.
#[derive(Debug, Default)]
pub struct ResponseTemplates {
    list: Vec<(Arc<str>, Arc<str>)>,
}

impl ResponseTemplates {
    /// Templates in document order, none of them empty.
    pub(crate) fn new(list: Vec<(Arc<str>, Arc<str>)>) -> Self {
        Self { list }
    }

    /// The MIME type and text for the first entry of the request's `Accept`: exact, else `application/json`, else the
    /// first. `None` passes the body unchanged.
    pub fn select(&self, accept: Option<&str>) -> Option<(&Arc<str>, &Arc<str>)> {
        let find = |key: &str| self.list.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        let chosen = accept
            .and_then(|accept| find(media_type::first_accepted(accept)))
            .or_else(|| find(media_type::DEFAULT))
            .or_else(|| self.list.first())?;
        Some((&chosen.0, &chosen.1))
    }

    /// Content types and texts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Arc<str>, Arc<str>)> {
        self.list.iter()
    }
}
