//! From the model of an imported document to entities, with the values that API Gateway stores as defaults.

use super::ids::Ids;
use crate::entities::{
    Authorizer, EndpointConfiguration, GatewayResponse, Map, Method, MethodResponse, Model, RequestValidator,
    Resource, RestApi, Shared,
};
use crate::snapshot::schema;
use edgewit_model::api::{self, Authorization, AuthorizerType};
use std::collections::BTreeMap;

/// Seconds that results of Lambda authorizers are kept where the document does not say.
const DEFAULT_RESULT_TTL_SECONDS: u32 = 300;

/// What belongs to an API, under its id.
pub(super) fn convert(id: &str, model: &api::RestApi, ids: &mut Ids<'_>) -> RestApi {
    let mut converted = RestApi {
        id: id.to_owned(),
        name: model.name.clone(),
        description: model.description.clone(),
        version: model.version.clone(),
        binary_media_types: model.binary_media_types.clone(),
        minimum_compression_size: model.minimum_compression_size,
        api_key_source: model.api_key_source.as_str().to_owned(),
        endpoint_configuration: endpoint(&model.endpoint),
        disable_execute_api_endpoint: model.endpoint.disable_execute_api_endpoint,
        policy: model.policy.as_ref().map(|(policy, _)| policy.to_string()),
        security_policy: model.security_policy.clone(),
        endpoint_access_mode: model.endpoint_access_mode.clone(),
        models: models(id, model, ids),
        gateway_responses: gateway_responses(model),
        ..RestApi::default()
    };
    let mut references = References::default();
    for (name, validator) in &model.request_validators {
        let id = ids.request_validator(name);
        references.validators.insert(name, id.clone());
        let validator = RequestValidator {
            id: id.clone(),
            name: name.clone(),
            validate_request_body: validator.validate_request_body,
            validate_request_parameters: validator.validate_request_parameters,
            number: 0,
        };
        converted.request_validators.insert(id, validator);
    }
    for (name, authorizer) in &model.authorizers {
        let id = ids.authorizer(name);
        references.authorizers.insert(name, (id.clone(), authorizer.kind));
        converted.authorizers.insert(id.clone(), Shared::new(convert_authorizer(id, name, authorizer)));
    }
    let resource_ids: Vec<String> =
        model.resources.iter().map(|resource| ids.resource(&resource.path, &resource.id)).collect();
    for (resource, id) in model.resources.iter().zip(&resource_ids) {
        let parent = resource.parent.and_then(|parent| resource_ids.get(parent));
        if parent.is_none() {
            converted.root_resource_id.clone_from(id);
        }
        let methods = resource.methods.iter().map(|(verb, method)| {
            let name = verb.as_str().to_owned();
            (name.clone(), references.method(name, id, method))
        });
        let resource = Resource {
            id: id.clone(),
            parent_id: parent.cloned(),
            path_part: parent.map(|_| resource.path_part.clone()),
            path: resource.path.clone(),
            methods: methods.map(|(verb, method)| (verb, Box::new(method))).collect(),
        };
        converted.resources.insert(id.clone(), Shared::new(resource));
    }
    converted
}

/// Ids by the names that the document has.
#[derive(Default)]
struct References<'m> {
    validators: BTreeMap<&'m str, String>,
    authorizers: BTreeMap<&'m str, (String, AuthorizerType)>,
}

impl References<'_> {
    fn method(&self, http_method: String, resource_id: &str, method: &api::Method) -> Method {
        let (authorization_type, authorizer_id, authorization_scopes) =
            self.authorization(&method.authorization);
        let validator = method.request_validator.as_ref();
        let responses = method.responses.iter().map(|(status, response)| {
            let response = MethodResponse {
                status_code: status.clone(),
                response_parameters: some(&response.response_parameters),
                response_models: some(&response.response_models),
            };
            (status.clone(), response)
        });
        Method {
            http_method,
            authorization_type,
            authorizer_id,
            api_key_required: method.api_key_required,
            request_validator_id: validator.and_then(|(name, _)| self.validators.get(name.as_str()).cloned()),
            operation_name: method.operation_name.clone(),
            request_parameters: method.request_parameters.clone(),
            request_models: method.request_models.clone(),
            method_responses: responses.map(|(status, response)| (status, Box::new(response))).collect(),
            method_integration: method
                .integration
                .as_ref()
                .map(|integration| Box::new(super::integration::convert(resource_id, integration))),
            authorization_scopes,
        }
    }

    fn authorization(&self, authorization: &Authorization) -> (String, Option<String>, Vec<String>) {
        match authorization {
            Authorization::None => ("NONE".to_owned(), None, Vec::new()),
            Authorization::AwsIam => ("AWS_IAM".to_owned(), None, Vec::new()),
            Authorization::Authorizer { name, scopes } => {
                let found = self.authorizers.get(name.as_str());
                let kind = match found.map(|(_, kind)| *kind) {
                    Some(AuthorizerType::CognitoUserPools) => "COGNITO_USER_POOLS",
                    Some(AuthorizerType::Jwt) => "JWT",
                    Some(AuthorizerType::Token | AuthorizerType::Request) | None => "CUSTOM",
                };
                (kind.to_owned(), found.map(|(id, _)| id.clone()), scopes.clone())
            }
        }
    }
}

fn endpoint(endpoint: &api::EndpointConfiguration) -> EndpointConfiguration {
    let mut configuration = EndpointConfiguration {
        types: vec![endpoint.kind.as_str().to_owned()],
        ip_address_type: endpoint.ip_address_type.clone(),
        vpc_endpoint_ids: endpoint.vpc_endpoint_ids.clone(),
    };
    configuration.fill_in_address_type();
    configuration
}

fn models(id: &str, model: &api::RestApi, ids: &mut Ids<'_>) -> BTreeMap<String, Shared<Model>> {
    let entries = model.models.iter().map(|(name, model)| {
        let mut content = model.schema.clone();
        schema::to_addresses(&mut content, id);
        // Over several lines, as the console shows it.
        let text = serde_json::to_string_pretty(&content).unwrap_or_else(|_| content.to_string());
        let model = Model {
            id: ids.model(name),
            name: name.clone(),
            description: model.description.clone(),
            schema: Some(text),
            content_type: model.content_type.clone(),
        };
        (name.clone(), Shared::new(model))
    });
    entries.collect()
}

fn gateway_responses(model: &api::RestApi) -> BTreeMap<String, Shared<GatewayResponse>> {
    let entries = model.gateway_responses.iter().map(|(kind, response)| {
        let name = kind.as_str().to_owned();
        let response = GatewayResponse {
            response_type: name.clone(),
            status_code: response.status_code.map(|status| status.to_string()),
            response_parameters: response.response_parameters.clone(),
            response_templates: response.response_templates.clone(),
        };
        (name, Shared::new(response))
    });
    entries.collect()
}

fn convert_authorizer(id: String, name: &str, authorizer: &api::Authorizer) -> Authorizer {
    let (auth_type, ttl) = match authorizer.kind {
        AuthorizerType::Token | AuthorizerType::Request => (Some("custom"), Some(DEFAULT_RESULT_TTL_SECONDS)),
        AuthorizerType::CognitoUserPools => (Some("cognito_user_pools"), None),
        AuthorizerType::Jwt => (None, None),
    };
    let sources = authorizer.identity_sources.join(", ");
    Authorizer {
        id,
        name: name.to_owned(),
        kind: authorizer.kind.as_str().to_owned(),
        provider_arns: authorizer.provider_arns.clone(),
        auth_type: authorizer.auth_type.clone().or_else(|| auth_type.map(str::to_owned)),
        authorizer_uri: authorizer.authorizer_uri.clone(),
        authorizer_credentials: authorizer.authorizer_credentials.clone(),
        identity_source: (!sources.is_empty()).then_some(sources),
        identity_validation_expression: authorizer.identity_validation_expression.clone(),
        authorizer_result_ttl_in_seconds: authorizer.result_ttl_seconds.or(ttl),
        jwt_configuration: None,
    }
}

/// A map that is left out where it is empty.
pub(super) fn some<T: Clone>(map: &Map<T>) -> Option<Map<T>> {
    (!map.is_empty()).then(|| map.clone())
}
