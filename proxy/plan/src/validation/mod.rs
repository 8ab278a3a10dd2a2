//! Request validation: required parameters, then the body against its model.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html>.

mod bounds;
mod message;
mod pattern;
mod schema;
#[cfg(test)]
mod tests;

pub(crate) use pattern::rewrite as rewrite_patterns;
pub(crate) use schema::{Model, compile_model};

use crate::limits::Limits;
use edgewit_mapping::expression::MethodParameter;
use edgewit_mapping::{RequestParameters, media_type};
use std::sync::Arc;

/// `validationErrorString` of a body that is not JSON.
const NOT_JSON: &str = "[Unknown error parsing request body]";

/// What is validated of a request.
#[derive(Debug)]
pub struct Validation {
    /// In the order of the full keys: headers, then path, then query string.
    required: Vec<MethodParameter>,
    models: Vec<(Arc<str>, Arc<Model>)>,
    max_errors: usize,
}

impl Validation {
    /// `required` is sorted; what is no parameter key is left out.
    pub(crate) fn new(required: &[String], models: Vec<(Arc<str>, Arc<Model>)>, limits: &Limits) -> Self {
        Self {
            required: required.iter().filter_map(|key| MethodParameter::parse(key).ok()).collect(),
            models,
            max_errors: limits.validation_errors,
        }
    }

    /// Checks that the required parameters are there and not blank.
    ///
    /// # Errors
    ///
    /// The message of the response: `Missing required request parameters: [a, b]`.
    pub fn check_parameters(&self, request: &dyn RequestParameters) -> Result<(), String> {
        let mut missing: Vec<&str> = Vec::new();
        for parameter in &self.required {
            let (name, present) = match parameter {
                MethodParameter::Header(name) => {
                    (name, request.header(name).is_some_and(|value| !value.trim_ascii().is_empty()))
                }
                MethodParameter::Query(name) => {
                    (name, request.query(name).is_some_and(|v| !v.trim().is_empty()))
                }
                MethodParameter::Path(name) => {
                    (name, request.path(name).is_some_and(|v| !v.trim().is_empty()))
                }
            };
            if !present {
                missing.push(name);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!("Missing required request parameters: [{}]", missing.join(", ")))
    }

    /// Whether bodies are validated, so that they must be collected first.
    pub fn wants_body(&self) -> bool {
        !self.models.is_empty()
    }

    /// Whether a body with this `Content-Type` is validated.
    pub fn wants_body_of(&self, content_type: Option<&str>) -> bool {
        self.model(content_type).is_some()
    }

    /// Checks the body against the model of its content type. The message of the response is always
    /// `Invalid request body`.
    ///
    /// An empty body counts as `{}`. A content type without a model is not validated.
    ///
    /// # Errors
    ///
    /// `$context.error.validationErrorString`, e.g. `[object has missing required properties (["name"])]`.
    pub fn check_body(&self, content_type: Option<&str>, body: &[u8]) -> Result<(), String> {
        let Some(model) = self.model(content_type) else { return Ok(()) };
        let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
        let Ok(instance) = serde_json::from_slice(body) else { return Err(NOT_JSON.to_owned()) };
        model.check(&instance, self.max_errors)
    }

    fn model(&self, content_type: Option<&str>) -> Option<&Model> {
        let wanted = content_type.map_or(media_type::DEFAULT, media_type::bare);
        let find = |key: &str| self.models.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        find(wanted).or_else(|| find("$default")).map(|(_, model)| &**model)
    }
}
