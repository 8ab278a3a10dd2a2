//! From a stored API to the model that the data plane compiles.
//!
//! The counterpart of the import of documents in `edgewit-model`: an API made by operations and the same API imported
//! from a document come to the same model. Ids of authorizers and request validators become names, texts of schemas
//! and policies become JSON.

mod integration;
mod method;
pub(crate) mod schema;
#[cfg(test)]
mod tests;

use crate::entities::{self, Map};
use edgewit_model::api::{
    ApiKeySource, Authorizer, AuthorizerType, DocumentationPart, EndpointConfiguration, EndpointType, Model,
    RequestValidator, Resource, RestApi, Verb,
};
use edgewit_model::gateway_response::{GatewayResponse, GatewayResponseType};
use edgewit_model::{Finding, Location};
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// A stored API as the model, with findings for what of it cannot be understood.
///
/// What has a finding is left out of the model or closed, never open to everybody.
pub fn model(api: &entities::RestApi) -> (RestApi, Vec<Finding>) {
    let mut reader = Reader::new(api);
    let model = reader.api();
    (model, reader.findings)
}

/// The names by which the model calls authorizers, by id: their own, unless that is no name of one alone.
pub(crate) fn authorizer_names(api: &entities::RestApi) -> BTreeMap<&str, &str> {
    let all: Vec<_> = api.authorizers.iter().map(|(id, it)| (id.as_str(), it.name.as_str())).collect();
    unique_names(&all)
}

/// The same for request validators, whose names are free.
pub(crate) fn validator_names(api: &entities::RestApi) -> BTreeMap<&str, &str> {
    let all: Vec<_> = api.request_validators.iter().map(|(id, it)| (id.as_str(), it.name.as_str())).collect();
    unique_names(&all)
}

fn unique_names<'a>(all: &[(&'a str, &'a str)]) -> BTreeMap<&'a str, &'a str> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for (_, name) in all {
        *times.entry(name).or_default() += 1;
    }
    // The id of another one is no name either: ids stand in for names.
    let is_id = |name: &str| all.iter().any(|(id, _)| *id == name);
    let is_unique = |name: &str| !name.is_empty() && times.get(name) == Some(&1) && !is_id(name);
    all.iter().map(|(id, name)| (*id, if is_unique(name) { *name } else { *id })).collect()
}

/// One API under translation.
struct Reader<'a> {
    api: &'a entities::RestApi,
    authorizers: BTreeMap<&'a str, &'a str>,
    validators: BTreeMap<&'a str, &'a str>,
    findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    fn new(api: &'a entities::RestApi) -> Self {
        let (authorizers, validators) = (authorizer_names(api), validator_names(api));
        Self { api, authorizers, validators, findings: Vec::new() }
    }

    /// A place that names the entity, since there is no file.
    fn at(&self, part: &str) -> Location {
        let id = &self.api.id;
        let file = if part.is_empty() { format!("restapis/{id}") } else { format!("restapis/{id} {part}") };
        Location { file: file.into(), line: 0, column: 0 }
    }

    fn error(&mut self, code: &'static str, at: &Location, message: impl Into<String>) {
        self.findings.push(Finding::error(code, at, message));
    }

    /// The value that `text` stands for; a finding where it stands for none.
    fn choose<T: Clone>(
        &mut self,
        at: &Location,
        member: &str,
        text: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        if let Some((_, value)) = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Some(value.clone());
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let message = format!("found `{text}` as `{member}`, expected one of {}", names.join(", "));
        self.error("value-invalid", at, message);
        None
    }

    fn api(&mut self) -> RestApi {
        let api = self.api;
        let at = self.at("");
        let api_key_source = match api.api_key_source.as_str() {
            "" => ApiKeySource::default(),
            source => self.choose(&at, "apiKeySource", source, ApiKeySource::NAMES).unwrap_or_default(),
        };
        RestApi {
            name: api.name.clone(),
            description: api.description.clone(),
            version: api.version.clone(),
            api_key_source,
            binary_media_types: api.binary_media_types.clone(),
            minimum_compression_size: api.minimum_compression_size,
            endpoint: self.endpoint(),
            endpoint_access_mode: api.endpoint_access_mode.clone(),
            security_policy: api.security_policy.clone(),
            policy: self.policy(),
            resources: self.resources(),
            models: self.models(),
            request_validators: self.request_validators(),
            authorizers: self.authorizers(),
            gateway_responses: self.gateway_responses(),
            documentation_parts: self.documentation_parts(),
            documentation_version: None,
            at,
        }
    }

    fn endpoint(&mut self) -> EndpointConfiguration {
        let configuration = &self.api.endpoint_configuration;
        let at = self.at("endpointConfiguration");
        let kind =
            configuration.types.last().and_then(|kind| self.choose(&at, "types", kind, EndpointType::NAMES));
        EndpointConfiguration {
            kind: kind.unwrap_or_default(),
            vpc_endpoint_ids: configuration.vpc_endpoint_ids.clone(),
            ip_address_type: configuration.ip_address_type.clone(),
            disable_execute_api_endpoint: self.api.disable_execute_api_endpoint,
        }
    }

    fn policy(&mut self) -> Option<(Value, Location)> {
        let text = self.api.policy.as_deref().filter(|text| !text.trim().is_empty())?;
        let at = self.at("policy");
        match serde_json::from_str(text) {
            Ok(policy) => Some((policy, at)),
            Err(error) => {
                self.error("policy-invalid", &at, format!("found a policy that is no JSON: {error}"));
                None
            }
        }
    }

    /// The root first, and parents before their children: a path sorts before those that begin with it.
    fn resources(&mut self) -> Vec<Resource> {
        let api = self.api;
        let mut sorted: Vec<&entities::Resource> = api.resources.values().map(|it| &**it).collect();
        sorted.sort_by(|one, other| {
            (one.path != "/", one.path.as_str()).cmp(&(other.path != "/", other.path.as_str()))
        });
        let index: HashMap<&str, usize> =
            sorted.iter().enumerate().map(|(index, it)| (it.id.as_str(), index)).collect();
        let mut resources = Vec::with_capacity(sorted.len());
        for resource in sorted {
            resources.push(Resource {
                id: resource.id.clone(),
                path: resource.path.clone(),
                path_part: resource.path_part.clone().unwrap_or_default(),
                parent: resource.parent_id.as_deref().and_then(|parent| index.get(parent).copied()),
                methods: self.methods(resource),
                at: self.at(&resource.path),
            });
        }
        resources
    }

    fn methods(&mut self, resource: &entities::Resource) -> IndexMap<Verb, edgewit_model::api::Method> {
        let mut methods = IndexMap::new();
        for (name, method) in &resource.methods {
            let place = format!("{name} {}", resource.path);
            match Verb::from_name(name) {
                Some(verb) => {
                    methods.insert(verb, self.method(resource, method, &place));
                }
                None => {
                    let at = self.at(&place);
                    self.error("value-invalid", &at, format!("found the unknown method `{name}`"));
                }
            }
        }
        methods
    }

    fn models(&mut self) -> IndexMap<String, Model> {
        let mut models = IndexMap::new();
        for (name, model) in &self.api.models {
            let at = self.at(&format!("models/{name}"));
            let text = model.schema.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or("{}");
            let schema = match serde_json::from_str(text) {
                Ok(mut schema) => {
                    schema::to_definitions(&mut schema);
                    schema
                }
                // Only JSON is validated, so what other types have for a schema is nobody's.
                Err(_) if !model.content_type.contains("json") => json!({}),
                Err(error) => {
                    self.error("model-invalid", &at, format!("found a schema that is no JSON: {error}"));
                    json!({})
                }
            };
            let (content_type, description) = (model.content_type.clone(), model.description.clone());
            models.insert(name.clone(), Model { content_type, schema, description, at });
        }
        models
    }

    fn request_validators(&self) -> IndexMap<String, RequestValidator> {
        let named = self.api.request_validators.iter().filter_map(|(id, validator)| {
            let name = self.validators.get(id.as_str())?;
            let validator = RequestValidator {
                validate_request_body: validator.validate_request_body,
                validate_request_parameters: validator.validate_request_parameters,
            };
            Some(((*name).to_owned(), validator))
        });
        named.collect()
    }

    fn authorizers(&mut self) -> IndexMap<String, Authorizer> {
        let mut authorizers = IndexMap::new();
        for (id, authorizer) in &self.api.authorizers {
            let Some(name) = self.authorizers.get(id.as_str()).copied() else { continue };
            let at = self.at(&format!("authorizers/{id}"));
            let Some(kind) = self.choose(&at, "type", &authorizer.kind, AuthorizerType::NAMES) else {
                continue;
            };
            let sources = authorizer.identity_source.as_deref().unwrap_or_default().split(',').map(str::trim);
            let translated = Authorizer {
                kind,
                auth_type: authorizer.auth_type.clone(),
                authorizer_uri: authorizer.authorizer_uri.clone(),
                authorizer_credentials: authorizer.authorizer_credentials.clone(),
                identity_sources: sources.filter(|source| !source.is_empty()).map(str::to_owned).collect(),
                identity_validation_expression: authorizer
                    .identity_validation_expression
                    .clone()
                    .filter(|expression| !expression.is_empty()),
                result_ttl_seconds: authorizer.authorizer_result_ttl_in_seconds,
                provider_arns: authorizer.provider_arns.clone(),
                at,
            };
            authorizers.insert(name.to_owned(), translated);
        }
        authorizers
    }

    fn gateway_responses(&mut self) -> IndexMap<GatewayResponseType, GatewayResponse> {
        let mut responses = IndexMap::new();
        for (name, response) in &self.api.gateway_responses {
            let at = self.at(&format!("gatewayresponses/{name}"));
            let Some(kind) = GatewayResponseType::from_name(name) else {
                self.error("gateway-response-unknown", &at, format!("found the unknown type `{name}`"));
                continue;
            };
            let status = response.status_code.as_deref().filter(|code| !code.is_empty());
            let status_code = status.and_then(|code| code.parse().ok());
            if status.is_some() && status_code.is_none() {
                self.error("value-invalid", &at, "found a status code that is no number");
            }
            let translated = GatewayResponse {
                status_code,
                response_parameters: response.response_parameters.clone(),
                response_templates: response.response_templates.clone(),
                at,
            };
            responses.insert(kind, translated);
        }
        responses
    }

    fn documentation_parts(&self) -> Vec<DocumentationPart> {
        let parts = self.api.documentation_parts.values().map(|part| DocumentationPart {
            location: Value::Object(part.location.clone()),
            properties: serde_json::from_str(&part.properties).unwrap_or_default(),
        });
        parts.collect()
    }
}

/// Where none were given there are none.
fn or_none<T: Clone>(map: Option<&Map<T>>) -> Map<T> {
    map.cloned().unwrap_or_default()
}
