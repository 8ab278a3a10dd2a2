//! MOCK: which response a request gets.

use super::MappingTemplate;
use super::responses::{ResponsePlan, Responses};
use super::templates::{RequestBody, RequestTemplates};
use edgewit_mapping::mock::status_code;
use edgewit_model::api::ContentHandling;
use std::sync::Arc;

/// A MOCK integration.
#[derive(Debug)]
pub struct MockPlan {
    /// Request templates, which decide the status.
    pub templates: RequestTemplates,
    /// Integration responses.
    pub responses: Arc<Responses>,
    /// Conversion of the request body.
    pub content_handling: Option<ContentHandling>,
    /// What each template leads to, parallel to `templates`.
    selected: Vec<Selected>,
    fixed: bool,
}

/// Where a status leads.
#[derive(Clone, Copy, Debug)]
enum Selected {
    Response(usize),
    NoResponse,
    InvalidStatus,
    Rendered(usize),
}

/// What a MOCK integration answers.
#[derive(Clone, Copy, Debug)]
pub enum MockAnswer<'a> {
    /// This response.
    Response(&'a ResponsePlan),
    /// No template applies: the client's body decides; see [`MockPlan::answer_body`].
    ReadBody,
    /// The template has to be rendered first, and what it renders to decides: its place in [`crate::Plan::templates`].
    Render(usize),
    /// 415.
    Unsupported,
    /// The template gives no usable status: 500, DEFAULT_5XX.
    InvalidStatus,
    /// No response matches and there is no default: 500, API_CONFIGURATION_ERROR.
    NoResponse,
}

impl MockPlan {
    pub(crate) fn new(
        templates: RequestTemplates,
        responses: Arc<Responses>,
        content_handling: Option<ContentHandling>,
    ) -> Self {
        let selected = templates.iter().map(|(_, template)| match template {
            MappingTemplate::Fixed(text) => select(&responses, text),
            MappingTemplate::Rendered(index) => Selected::Rendered(*index),
            MappingTemplate::Broken => Selected::InvalidStatus,
        });
        let selected = selected.collect();
        let renders = |template: &MappingTemplate| !matches!(template, MappingTemplate::Fixed(_));
        let fixed = !templates.iter().any(|(_, template)| renders(template))
            && !responses
                .iter()
                .any(|response| response.templates.iter().any(|(_, template)| renders(template)));
        Self { templates, responses, content_handling, selected, fixed }
    }

    /// Whether no template of it has to be rendered.
    pub fn is_fixed(&self) -> bool {
        self.fixed
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
        self.resolve(select(&self.responses, body))
    }

    fn resolve(&self, selected: Selected) -> MockAnswer<'_> {
        match selected {
            Selected::Response(index) => {
                self.responses.iter().nth(index).map_or(MockAnswer::NoResponse, MockAnswer::Response)
            }
            Selected::NoResponse => MockAnswer::NoResponse,
            Selected::InvalidStatus => MockAnswer::InvalidStatus,
            Selected::Rendered(index) => MockAnswer::Render(index),
        }
    }
}

/// Where the status in a rendered template leads.
fn select(responses: &Responses, rendered: &str) -> Selected {
    match status_code(rendered) {
        Ok(status) => {
            responses.position(&status.to_string()).map_or(Selected::NoResponse, Selected::Response)
        }
        Err(_) => Selected::InvalidStatus,
    }
}
