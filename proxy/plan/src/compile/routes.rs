//! Methods.

use super::Compiler;
use super::authorizers::Authorizers;
use crate::plan::{IntegrationPlan, Route, RouteAuthorization, Unavailable};
use crate::router::{Builder, Router};
use crate::validation::{self, Validation};
use edgewit_mapping::expression::MethodParameter;
use edgewit_model::api::{Authorization, Method, Resource, Verb};
use edgewit_model::finding::{Finding, Severity};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Compiler<'_> {
    /// All routes, in the order of their numbers, and what finds them.
    pub(super) fn routes(&mut self, authorizers: &Authorizers) -> (Vec<Route>, Router) {
        let mut builder = Builder::default();
        let mut routes = Vec::new();
        let api = self.api;
        for resource in &api.resources {
            let verbs: Vec<Verb> =
                Verb::ALL.into_iter().filter(|verb| resource.methods.contains_key(verb)).collect();
            if verbs.is_empty() {
                continue;
            }
            let added = match builder.add(&resource.path, &verbs) {
                Ok(_) => true,
                Err(error) => {
                    self.error(
                        "path-invalid",
                        &resource.at,
                        format!("in the path `{}`: {error}", resource.path),
                    );
                    false
                }
            };
            for verb in verbs {
                if let Some(method) = resource.methods.get(&verb) {
                    let route = self.route_or_mistake(resource, verb, method, authorizers);
                    if added {
                        routes.extend(route);
                    }
                }
            }
        }
        if api.resources.iter().all(|resource| resource.methods.is_empty()) {
            self.error("api-empty", &api.at, "The REST API doesn't contain any methods");
        }
        let visits = builder.worst_case_visits();
        if visits > self.options.limits.match_visits {
            let limit = self.options.limits.match_visits;
            let message = format!(
                "found paths so similar that matching one can take {visits} steps, the limit is {limit}"
            );
            let help = "give the literal segments beside path variables other places or names";
            self.findings.push(Finding::error("paths-ambiguous", &api.at, message).with_help(help));
        }
        let router = builder.build().unwrap_or_else(|error| {
            self.error("path-invalid", &api.at, error.to_string());
            Router::default()
        });
        (routes, router)
    }

    /// The route of a method. Where mistakes are served, one that has any answers 500, and they are warnings.
    fn route_or_mistake(
        &mut self,
        resource: &Resource,
        verb: Verb,
        method: &Method,
        authorizers: &Authorizers,
    ) -> Option<Route> {
        let before = self.findings.len();
        let route = self.route(resource, verb, method, authorizers);
        if !self.options.serve_mistakes {
            return route;
        }
        let mut mistake = None;
        for finding in self.findings[before..].iter_mut().filter(|finding| finding.is_error()) {
            finding.severity = Severity::Warning;
            mistake.get_or_insert((finding.code, finding.message.clone()));
        }
        let (code, message) = match (mistake, route) {
            (None, Some(route)) => return Some(route),
            (Some(mistake), _) => mistake,
            (None, None) => ("integration-missing", "the integration cannot be understood".to_owned()),
        };
        let told = self.findings.len();
        let authorization = self.authorization(method, authorizers);
        // It has been told of already.
        self.findings.truncate(told);
        Some(Route {
            resource_path: self.shared.text(&resource.path),
            resource_id: self.shared.text(&resource.id),
            verb,
            operation_name: None,
            path_parameter_names: self.parameter_names(&resource.path),
            authorization,
            api_key_required: method.api_key_required,
            validation: None,
            integration: IntegrationPlan::Unavailable(Unavailable { code, message: message.into() }),
        })
    }

    fn route(
        &mut self,
        resource: &Resource,
        verb: Verb,
        method: &Method,
        authorizers: &Authorizers,
    ) -> Option<Route> {
        self.check_parameters(method);
        let path_parameter_names = self.parameter_names(&resource.path);
        let authorization = self.authorization(method, authorizers);
        let validation = self.validation(method);
        let Some(integration) = &method.integration else {
            if method.integration_refused {
                return None;
            }
            self.error(
                "integration-missing",
                &method.at,
                format!("No integration defined for method {} {}", verb.as_str(), resource.path),
            );
            return None;
        };
        let integration =
            self.integration(integration, method, (verb, &resource.path), &path_parameter_names)?;
        Some(Route {
            resource_path: self.shared.text(&resource.path),
            resource_id: self.shared.text(&resource.id),
            verb,
            operation_name: method.operation_name.as_deref().map(|name| self.shared.text(name)),
            path_parameter_names,
            authorization,
            api_key_required: method.api_key_required,
            validation,
            integration,
        })
    }

    /// Names between the braces of a path, in order, without the plus.
    fn parameter_names(&mut self, path: &str) -> Arc<[Arc<str>]> {
        let names: Vec<String> = path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| name.trim_end_matches('+').to_owned())
            .collect();
        if let Some(known) = self.shared.parameter_names.get(&names) {
            return Arc::clone(known);
        }
        let shared: Arc<[Arc<str>]> = names.iter().map(|name| self.shared.text(name)).collect();
        self.shared.parameter_names.insert(names, Arc::clone(&shared));
        shared
    }

    /// Names of declared parameters have the known form and are unique over all places.
    fn check_parameters(&mut self, method: &Method) {
        let mut places: BTreeMap<String, &str> = BTreeMap::new();
        for key in method.request_parameters.keys() {
            match MethodParameter::parse(key) {
                Err(error) => {
                    self.error("parameter-invalid", &method.at, format!("in the parameter `{key}`: {error}"));
                }
                Ok(
                    MethodParameter::Header(name)
                    | MethodParameter::Query(name)
                    | MethodParameter::Path(name),
                ) => {
                    if let Some(other) = places.insert(name, key) {
                        let message = format!(
                            "Parameter names must be unique across querystring, header and path: `{other}` and `{key}`"
                        );
                        self.error("parameter-duplicate", &method.at, message);
                    }
                }
            }
        }
    }

    /// Never open when the document asks for something that cannot be checked.
    fn authorization(&mut self, method: &Method, authorizers: &Authorizers) -> RouteAuthorization {
        let api_key = method.api_key_required.then(|| {
            self.unavailable("unavailable-api-key", &method.at, "API keys are not available in this version")
        });
        let authorization = match &method.authorization {
            Authorization::None => RouteAuthorization::Open,
            Authorization::AwsIam => RouteAuthorization::Unavailable(self.unavailable(
                "unavailable-authorization",
                &method.at,
                "IAM authorization (AWS_IAM) is not available in this version",
            )),
            Authorization::Authorizer { name, .. } => match authorizers.by_name.get(name) {
                Some(Ok(index)) => RouteAuthorization::Authorizer(*index),
                Some(Err(unavailable)) => RouteAuthorization::Unavailable(unavailable.clone()),
                None => {
                    let message = format!("found the authorizer `{name}`, which is not defined");
                    self.error("authorizer-unknown", &method.at, message.clone());
                    RouteAuthorization::Unavailable(Unavailable {
                        code: "authorizer-unknown",
                        message: Arc::from(message),
                    })
                }
            },
        };
        api_key.map_or(authorization, RouteAuthorization::Unavailable)
    }

    fn validation(&mut self, method: &Method) -> Option<Arc<Validation>> {
        let (name, at) = method.request_validator.as_ref()?;
        let Some(validator) = self.api.request_validators.get(name) else {
            self.error(
                "validator-unknown",
                at,
                format!("found the request validator `{name}`, which is not defined"),
            );
            return None;
        };
        let mut required: Vec<String> = Vec::new();
        if validator.validate_request_parameters {
            let wanted = method.request_parameters.iter().filter(|(_, required)| **required);
            required.extend(wanted.map(|(key, _)| key.clone()));
            required.sort_unstable();
        }
        let mut models: Vec<(String, String)> = Vec::new();
        if validator.validate_request_body {
            models.extend(method.request_models.iter().map(|(k, v)| (k.clone(), v.clone())));
            models.sort_unstable();
        }
        // A model is reported where it is used first.
        let compiled: Vec<_> = models
            .iter()
            .filter_map(|(content_type, name)| {
                Some((self.shared.text(content_type), self.model(name, method)?))
            })
            .collect();
        if required.is_empty() && compiled.is_empty() {
            return None;
        }
        let key = (required, models);
        if let Some(known) = self.shared.validations.get(&key) {
            return Some(Arc::clone(known));
        }
        let validation = Arc::new(Validation::new(&key.0, compiled, &self.options.limits));
        self.shared.validations.insert(key, Arc::clone(&validation));
        Some(validation)
    }

    fn model(&mut self, name: &str, method: &Method) -> Option<Arc<validation::Model>> {
        if let Some(known) = self.shared.models.get(name).cloned() {
            if known.is_none() && self.options.serve_mistakes {
                // Its finding costs the method that was first; a route must not lose its validation silently.
                self.error("model-invalid", &method.at, format!("the model `{name}` cannot be used"));
            }
            return known;
        }
        let model = match self.api.models.get(name) {
            None => {
                self.error(
                    "model-unknown",
                    &method.at,
                    format!("found the model `{name}`, which is not defined"),
                );
                return None;
            }
            Some(_) => validation::compile_model(self.api, name, &self.options.limits, &mut self.findings),
        };
        let model = model.map(Arc::new);
        self.shared.models.insert(name.to_owned(), model.clone());
        model
    }
}
