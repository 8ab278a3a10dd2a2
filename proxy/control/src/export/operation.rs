//! Operations: methods with their parameters and responses.

use super::{Exporter, Format};
use crate::entities::{Map, Method, MethodResponse, Resource};
use crate::protocol::error::Error;
use serde_json::{Value, json};

const JSON: &str = "application/json";

impl Exporter<'_> {
    pub(super) fn operation(&self, resource: &Resource, verb: &str, method: &Method) -> Result<Value, Error> {
        let mut operation = json!({});
        let place = Place { path: &resource.path, verb };
        self.documentation.describe(&mut operation, "METHOD", [place.path, verb, "*", ""]);
        if let Some(name) = &method.operation_name {
            operation["operationId"] = json!(name);
        }
        if self.export.format == Format::Swagger {
            mime_types(&mut operation, method);
        }
        let body = self.body(method, place)?;
        let mut parameters = self.parameters(method, place);
        match (self.export.format, body) {
            (Format::Swagger, Some(body)) => parameters.push(body),
            (Format::OpenApi, Some(body)) => operation["requestBody"] = body,
            (_, None) => {}
        }
        if !parameters.is_empty() {
            operation["parameters"] = json!(parameters);
        }
        operation["responses"] = self.responses(method, place);
        let security = self.schemes.requirements(method);
        if !security.is_empty() {
            operation["security"] = json!(security);
        }
        self.operation_extensions(resource, method, &mut operation);
        Ok(operation)
    }

    fn parameters(&self, method: &Method, place: Place<'_>) -> Vec<Value> {
        let declared = method.request_parameters.iter().filter_map(|(key, required)| {
            let (source, name) = key.strip_prefix("method.request.")?.split_once('.')?;
            let (source, kind) = match source {
                "path" => ("path", "PATH_PARAMETER"),
                "querystring" => ("query", "QUERY_PARAMETER"),
                "header" => ("header", "REQUEST_HEADER"),
                _ => return None,
            };
            // A path parameter is always required.
            let required = *required || source == "path";
            let mut parameter = json!({"name": name, "in": source});
            self.documentation.describe(&mut parameter, kind, [place.path, place.verb, "*", name]);
            match self.export.format {
                Format::Swagger => {
                    parameter["required"] = json!(required);
                    parameter["type"] = json!("string");
                }
                Format::OpenApi => {
                    if required {
                        parameter["required"] = json!(true);
                    }
                    parameter["schema"] = json!({"type": "string"});
                }
            }
            Some(parameter)
        });
        declared.collect()
    }

    /// The request body; in Swagger one of the parameters.
    fn body(&self, method: &Method, place: Place<'_>) -> Result<Option<Value>, Error> {
        let Some(model) = json_model(&method.request_models) else {
            if method.request_models.is_empty() {
                return Ok(None);
            }
            return Err(Error::bad_request(format!(
                "Only found non-JSON body models for {} {}",
                place.verb, place.path
            )));
        };
        let mut body = match self.export.format {
            Format::Swagger => {
                let Some(reference) = self.schemas.reference(model) else { return Ok(None) };
                json!({"in": "body", "name": model, "required": true, "schema": reference})
            }
            Format::OpenApi => json!({"content": self.content(&method.request_models), "required": true}),
        };
        self.documentation.describe(&mut body, "REQUEST_BODY", [place.path, place.verb, "*", ""]);
        Ok(Some(body))
    }

    fn responses(&self, method: &Method, place: Place<'_>) -> Value {
        let mut responses = json!({});
        for (status, response) in &method.method_responses {
            responses[status.as_str()] = self.response(status, response, place);
        }
        responses
    }

    fn response(&self, status: &str, response: &MethodResponse, place: Place<'_>) -> Value {
        let mut exported = json!({"description": format!("{status} response")});
        self.documentation.describe(&mut exported, "RESPONSE", [place.path, place.verb, status, ""]);
        let mut headers = json!({});
        for key in response.response_parameters.iter().flat_map(Map::keys) {
            let Some(name) = key.strip_prefix("method.response.header.") else { continue };
            let mut header = match self.export.format {
                Format::Swagger => json!({"type": "string"}),
                Format::OpenApi => json!({"schema": {"type": "string"}}),
            };
            let at = [place.path, place.verb, status, name];
            self.documentation.describe(&mut header, "RESPONSE_HEADER", at);
            headers[name] = header;
        }
        if headers.as_object().is_some_and(|headers| !headers.is_empty()) {
            exported["headers"] = headers;
        }
        let none = Map::new();
        let models = response.response_models.as_ref().unwrap_or(&none);
        match self.export.format {
            Format::OpenApi => exported["content"] = self.content(models),
            Format::Swagger => {
                let model = json_model(models).or_else(|| models.values().next().map(String::as_str));
                if let Some(reference) = model.and_then(|model| self.schemas.reference(model)) {
                    exported["schema"] = reference;
                }
            }
        }
        exported
    }

    fn content(&self, models: &Map<String>) -> Value {
        let mut content = json!({});
        for (mime, model) in models {
            if let Some(reference) = self.schemas.reference(model) {
                content[mime.as_str()] = json!({"schema": reference});
            }
        }
        content
    }
}

/// Which method documentation is asked for.
#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p str,
    verb: &'p str,
}

/// The model of JSON bodies, where there is one.
fn json_model(models: &Map<String>) -> Option<&str> {
    let exact = models.get(JSON);
    let similar = || models.iter().find(|(mime, _)| mime.contains("json")).map(|(_, model)| model);
    exact.or_else(similar).map(String::as_str)
}

/// `consumes` and `produces`. A model goes with each of them when the document is imported, so templates name types
/// only where there are no models.
fn mime_types(operation: &mut Value, method: &Method) {
    let integration = method.method_integration.as_ref();
    let mut consumes: Vec<&str> = method.request_models.keys().map(String::as_str).collect();
    if consumes.is_empty() {
        let templates = integration.and_then(|integration| integration.request_templates.as_ref());
        consumes.extend(templates.into_iter().flat_map(Map::keys).map(String::as_str));
    }
    let models = method.method_responses.values().filter_map(|response| response.response_models.as_ref());
    let mut produces: Vec<&str> = models.flat_map(Map::keys).map(String::as_str).collect();
    if produces.is_empty() {
        let responses = integration.into_iter().flat_map(|it| it.integration_responses.values());
        let templates = responses.filter_map(|response| response.response_templates.as_ref());
        produces.extend(templates.flat_map(Map::keys).map(String::as_str));
    }
    for (key, mut types) in [("consumes", consumes), ("produces", produces)] {
        let mut seen = std::collections::BTreeSet::new();
        types.retain(|mime| seen.insert(*mime));
        if !types.is_empty() {
            operation[key] = json!(types);
        }
    }
}
