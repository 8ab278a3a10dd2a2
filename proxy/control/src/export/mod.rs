//! Exports: entities to OpenAPI documents.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html>.

mod documentation;
mod file;
mod integration;
mod operation;
mod root;
mod schemas;
mod security;
#[cfg(test)]
mod tests;

pub(crate) use file::file;

use crate::entities::{DocumentationVersion, Map, Method, Resource, RestApi};
use crate::protocol::error::Error;
use documentation::Documentation;
use schemas::Schemas;
use security::Schemes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is exported, and how.
pub(crate) struct Export<'e> {
    /// The API as it was deployed.
    pub(crate) api: &'e RestApi,
    /// Name of the stage.
    pub(crate) stage: &'e str,
    pub(crate) region: &'e str,
    /// Host suffix of the data plane.
    pub(crate) suffix: &'e str,
    /// The documentation that the stage shows.
    pub(crate) documentation: Option<&'e DocumentationVersion>,
    pub(crate) extensions: Extensions,
    pub(crate) format: Format,
}

/// Type of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// OpenAPI 3.0.
    OpenApi,
    /// Swagger 2.0.
    Swagger,
}

impl Format {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "oas30" => Some(Self::OpenApi),
            "swagger" => Some(Self::Swagger),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::OpenApi => "oas30",
            Self::Swagger => "swagger",
        }
    }

    /// What stands before the name of a model in references to it.
    fn models(self) -> &'static str {
        match self {
            Self::OpenApi => "#/components/schemas/",
            Self::Swagger => "#/definitions/",
        }
    }
}

/// Which extensions an export has beside plain OpenAPI.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extensions {
    integrations: bool,
    authorizers: bool,
    documentation: bool,
    /// Everything else of API Gateway.
    all: bool,
}

impl Extensions {
    /// From the parameters of the request; `extensions` is a list, separated by commas.
    pub(crate) fn new(parameters: &Map<String>) -> Self {
        let mut extensions = Self::default();
        let list = parameters.get("extensions").map(String::as_str).unwrap_or_default();
        for extension in list.split(',').map(str::trim) {
            match extension {
                "apigateway" => {
                    extensions =
                        Self { integrations: true, authorizers: true, documentation: true, all: true };
                }
                "integrations" => extensions.integrations = true,
                "authorizers" => extensions.authorizers = true,
                "documentation" => extensions.documentation = true,
                // Such as `postman`, whose documents are what the plain ones are.
                _ => {}
            }
        }
        extensions
    }
}

/// One document under construction.
struct Exporter<'e> {
    export: &'e Export<'e>,
    documentation: Documentation,
    schemes: Schemes<'e>,
    schemas: Schemas<'e>,
    validators: BTreeMap<&'e str, &'e str>,
}

/// The document.
///
/// # Errors
/// When a method takes bodies that are not JSON alone.
pub(crate) fn document(export: &Export<'_>) -> Result<Value, Error> {
    let exporter = Exporter {
        export,
        documentation: Documentation::new(export.documentation),
        schemes: Schemes::new(export.api),
        schemas: Schemas::new(export.api, export.format),
        validators: crate::snapshot::validator_names(export.api),
    };
    let paths = exporter.paths()?;
    Ok(exporter.root(paths))
}

impl Exporter<'_> {
    /// All paths that have methods, and those that nothing else would bring back.
    fn paths(&self) -> Result<Value, Error> {
        let api = self.export.api;
        let mut sorted: Vec<&Resource> = api.resources.values().map(|resource| &**resource).collect();
        sorted.sort_by_key(|resource| resource.path.as_str());
        let parents: BTreeSet<&str> =
            sorted.iter().filter_map(|resource| resource.parent_id.as_deref()).collect();
        let mut paths = json!({});
        for resource in sorted {
            let has_children = parents.contains(resource.id.as_str());
            let is_shown = !resource.methods.is_empty() || !(has_children || resource.parent_id.is_none());
            if is_shown {
                paths[resource.path.as_str()] = self.path(resource)?;
            }
        }
        Ok(paths)
    }

    fn path(&self, resource: &Resource) -> Result<Value, Error> {
        let mut item = json!({});
        self.documentation.describe(&mut item, "RESOURCE", [&resource.path, "*", "*", ""]);
        for (verb, method) in &resource.methods {
            let key = match verb.as_str() {
                "ANY" => "x-amazon-apigateway-any-method".to_owned(),
                verb => verb.to_ascii_lowercase(),
            };
            item[key] = self.operation(resource, verb, method)?;
        }
        Ok(item)
    }

    /// The members of an operation that only API Gateway understands.
    fn operation_extensions(&self, resource: &Resource, method: &Method, operation: &mut Value) {
        let extensions = self.export.extensions;
        let validator = method.request_validator_id.as_deref().and_then(|id| self.validators.get(id));
        if let Some(name) = validator.filter(|_| extensions.all) {
            operation["x-amazon-apigateway-request-validator"] = json!(name);
        }
        if let Some(integration) = method.method_integration.as_ref().filter(|_| extensions.integrations) {
            operation["x-amazon-apigateway-integration"] =
                integration::export(integration, &resource.id, self.export.format);
        }
    }
}
