//! Methods: what they ask of a request, and what they declare to answer.

use crate::facts::Section;
use crate::{Older, integration};
use edgewit_model::api::{Authorization, Method};

pub(crate) fn of(method: &Method, older: Older<'_>) -> Section {
    let mut section = Section::default();
    match &method.authorization {
        Authorization::None => section.is("authorization", "NONE", "NONE"),
        Authorization::AwsIam => section.says("authorization", "AWS_IAM"),
        Authorization::Authorizer { name, scopes } => {
            section.says("authorization", format!("authorizer {name}"));
            section.each("authorizationScopes", scopes);
        }
    }
    section.is("apiKeyRequired", method.api_key_required.to_string(), "false");
    section.may_say("operationName", method.operation_name.as_deref());
    let validator = method.request_validator.as_ref().map(|(name, _)| name.as_str());
    section.may_say("requestValidator", validator);
    for (name, required) in &method.request_parameters {
        // Without its value a path does not have the form of the resource, so nothing else is possible.
        let is_required = *required || name.starts_with("method.request.path.");
        section.says(name.as_str(), if is_required { "required" } else { "optional" });
    }
    for (mime, model) in &method.request_models {
        section.says(format!("requestModels {mime}"), model.as_str());
    }
    for (status, response) in &method.responses {
        section.has(format!("response {status}"));
        for name in response.response_parameters.keys() {
            section.has(format!("response {status} {name}"));
        }
        for (mime, model) in &response.response_models {
            section.says(format!("response {status} responseModels {mime}"), model.as_str());
        }
    }
    match &method.integration {
        Some(integration) => integration::add(integration, older, &mut section),
        None => section.says("integration", "none"),
    }
    section
}
