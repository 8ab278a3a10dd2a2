//! Integration responses of non-proxy integrations.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html>.

use super::Compiler;
use crate::integration::{ResponsePlan, ResponseTemplates, Responses, Selector};
use edgewit_model::api::{Integration, IntegrationResponse, Method};
use std::sync::Arc;

impl Compiler<'_> {
    pub(super) fn responses(&mut self, integration: &Integration, method: &Method) -> Arc<Responses> {
        let mut list = Vec::with_capacity(integration.responses.len());
        let mut has_default = false;
        for response in &integration.responses {
            if response.selection_pattern.as_deref().unwrap_or_default().is_empty() {
                if has_default {
                    let message = "found a second response without a pattern; the first is the default, this one has no effect";
                    self.warning("response-no-effect", &response.at, message);
                }
                has_default = true;
            }
            list.extend(self.response(response, method));
        }
        if integration.responses.is_empty() {
            let message = "found no integration responses; every answer will be 500";
            self.warning("responses-missing", &integration.at, message);
        }
        let responses = Responses::new(list);
        let key = responses.key();
        Arc::clone(self.shared.responses.entry(key).or_insert_with(|| Arc::new(responses)))
    }

    fn response(
        &mut self,
        response: &IntegrationResponse,
        method: &Method,
    ) -> Option<(Selector, ResponsePlan)> {
        let at = &response.at;
        let code = &response.status_code;
        let status = code.parse::<u16>().ok().filter(|status| (100..600).contains(status));
        if status.is_none() {
            self.error(
                "response-status-invalid",
                at,
                format!("found `{code}` as status code, expected 100 to 599"),
            );
        }
        let declared = method.responses.get(code);
        if declared.is_none() {
            let message =
                format!("Invalid Response status code specified: {code}, which the method does not declare");
            self.error("response-undeclared", at, message);
        }
        let selector = match response.selection_pattern.as_deref() {
            None | Some("") => Some(Selector::Default),
            Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => {
                Some(Selector::Exact(self.shared.text(text)))
            }
            Some(text) => match self.shared.pattern(text) {
                Ok(pattern) => Some(Selector::Pattern { text: self.shared.text(text), pattern }),
                Err(error) => {
                    self.error("pattern-invalid", at, format!("in the selection pattern `{text}`: {error}"));
                    None
                }
            },
        };
        let headers = self.response_headers(&response.response_parameters, declared);
        let mut templates = Vec::with_capacity(response.response_templates.len());
        for (content_type, template) in &response.response_templates {
            let template = self.template(template);
            // An empty template passes the body, like one that is missing.
            if !template.is_empty() {
                templates.push((self.shared.text(content_type), template));
            }
        }
        let plan = ResponsePlan {
            status: status?,
            declared: declared.is_some(),
            headers,
            templates: ResponseTemplates::new(templates),
            content_handling: response.content_handling,
        };
        Some((selector?, plan))
    }
}
