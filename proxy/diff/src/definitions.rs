//! What methods refer to by name: models, request validators, authorizers; and gateway responses.

use crate::facts::{Key, Section, Sections};
use crate::{Older, schema};
use edgewit_model::api::{Authorizer, AuthorizerType, Model, RequestValidator, RestApi};
use edgewit_model::gateway_response::{GatewayResponse, GatewayResponseType};
use std::collections::BTreeSet;

/// Seconds that an authorizer's result is kept where nothing is said.
const DEFAULT_RESULT_TTL_SECONDS: u32 = 300;

pub(crate) fn add(api: &RestApi, older: Older<'_>, sections: &mut Sections) {
    let used = used_models(api);
    for (name, definition) in &api.models {
        // An export has only those.
        if older == Older::Document || used.contains(name.as_str()) {
            sections.insert(Key::Model(name.clone()), model(definition));
        }
    }
    for (name, definition) in &api.request_validators {
        sections.insert(Key::RequestValidator(name.clone()), validator(*definition));
    }
    for (name, definition) in &api.authorizers {
        sections.insert(Key::Authorizer(name.clone()), authorizer(definition));
    }
    for (kind, definition) in &api.gateway_responses {
        sections.insert(Key::GatewayResponse(kind.as_str()), gateway_response(*kind, definition));
    }
}

/// The models that methods use, and those that these refer to.
fn used_models(api: &RestApi) -> BTreeSet<&str> {
    let methods = || api.resources.iter().flat_map(|resource| resource.methods.values());
    let requests = methods().flat_map(|method| method.request_models.values());
    let responses = methods().flat_map(|method| method.responses.values());
    let responses = responses.flat_map(|response| response.response_models.values());
    let mut waiting: Vec<&str> = requests.chain(responses).map(String::as_str).collect();
    let mut used = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if used.insert(name)
            && let Some(model) = api.models.get(name)
        {
            schema::referred(&model.schema, &mut waiting);
        }
    }
    used
}

fn model(model: &Model) -> Section {
    let mut section = Section::default();
    section.is("contentType", model.content_type.as_str(), "application/json");
    section.text("schema", schema::pretty(&schema::without_dialect(&model.schema)));
    section
}

fn validator(validator: RequestValidator) -> Section {
    let mut section = Section::default();
    section.is("validateRequestBody", validator.validate_request_body.to_string(), "false");
    section.is("validateRequestParameters", validator.validate_request_parameters.to_string(), "false");
    section
}

fn authorizer(authorizer: &Authorizer) -> Section {
    let auth_type = match authorizer.kind {
        AuthorizerType::Token | AuthorizerType::Request => "custom",
        AuthorizerType::CognitoUserPools => "cognito_user_pools",
        AuthorizerType::Jwt => "jwt",
    };
    let mut section = Section::default();
    section.says("type", authorizer.kind.as_str());
    section.is("authType", authorizer.auth_type.as_deref().unwrap_or(auth_type), auth_type);
    section.may_say("authorizerUri", authorizer.authorizer_uri.as_deref());
    section.may_say("authorizerCredentials", authorizer.authorizer_credentials.as_deref());
    if !authorizer.identity_sources.is_empty() {
        section.says("identitySource", authorizer.identity_sources.join(", "));
    }
    let expression = authorizer.identity_validation_expression.as_deref();
    section.may_say("identityValidationExpression", expression);
    let ttl = authorizer.result_ttl_seconds.unwrap_or(DEFAULT_RESULT_TTL_SECONDS).to_string();
    section.is("authorizerResultTtlInSeconds", ttl, &DEFAULT_RESULT_TTL_SECONDS.to_string());
    section.each("providerARNs", &authorizer.provider_arns);
    section
}

fn gateway_response(kind: GatewayResponseType, response: &GatewayResponse) -> Section {
    let mut section = Section::default();
    let default = kind.default_status();
    if let Some(status) = response.status_code.or(default) {
        let default = default.map_or_else(String::new, |default| default.to_string());
        section.is("statusCode", status.to_string(), &default);
    }
    for (name, expression) in &response.response_parameters {
        section.says(format!("responseParameters {name}"), expression.as_str());
    }
    for (mime, template) in &response.response_templates {
        section.text(format!("responseTemplates {mime}"), template.as_str());
    }
    section
}
