//! `parameters` and request bodies: what a method declares about its request.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>.

use super::document::{Node, Position};
use super::importer::{Importer, Weight};
use super::tree::Variable;
use crate::api::Method;
use std::borrow::Cow;
use std::collections::HashSet;

/// Where a parameter of a method comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Path,
    Query,
    Header,
    Body,
    /// Form fields and cookies, which API Gateway does not know.
    Unsupported(&'static str),
}

/// A parameter of a path item or an operation.
#[derive(Clone)]
pub(super) struct Parameter<'d> {
    place: Place,
    name: Cow<'d, str>,
    required: bool,
    node: Node<'d>,
    at: Position,
}

impl<'d> Importer<'d> {
    /// The parameters of a path item or an operation.
    pub(super) fn parameter_list(&mut self, owner: Node<'d>) -> Vec<Parameter<'d>> {
        let Some(list) = owner.get("parameters") else { return Vec::new() };
        let items = self.list(list, "parameters");
        items.into_iter().filter_map(|item| self.parameter(item)).collect()
    }

    fn parameter(&mut self, node: Node<'d>) -> Option<Parameter<'d>> {
        let at = node.position();
        let node = self.follow(node, "a parameter")?;
        let node = self.mapping(node, "parameters")?;
        let places = [
            ("path", Place::Path),
            ("query", Place::Query),
            ("header", Place::Header),
            ("body", Place::Body),
            ("formData", Place::Unsupported("form fields")),
            ("cookie", Place::Unsupported("cookies")),
        ];
        let Some(place) = node.get("in") else {
            self.missing(node, "in", "`path`, `query`, `header` or `body`");
            return None;
        };
        let place = self.choice(place, "in", &places)?;
        if let Place::Unsupported(what) = place {
            self.findings.warning(
                "parameter-unsupported",
                at,
                format!("API Gateway does not support parameters from {what}; this one has no effect"),
            );
            return None;
        }
        let name = match node.get("name").and_then(|name| self.text(name, "name", Weight::Matters)) {
            // There is one body, whatever it is called.
            _ if place == Place::Body => Cow::Borrowed("body"),
            Some(name) => name,
            None => {
                self.missing(node, "name", "the name of the parameter");
                return None;
            }
        };
        let valid =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._$-".contains(&b));
        if !valid && place != Place::Body {
            self.findings.error(
                "parameter-name",
                at,
                format!("found the parameter name `{name}`, expected letters, digits and `. _ $ -`"),
            );
            return None;
        }
        let required = match node.get("required") {
            Some(required) => self.boolean(required, "required"),
            None => None,
        };
        if place == Place::Path && required == Some(false) {
            self.findings.warning(
                "parameter-path-optional",
                at,
                format!("path parameters are always required; `required: false` of `{name}` has no effect"),
            );
        }
        let required = place == Place::Path || required == Some(true);
        Some(Parameter { place, name, required, node, at })
    }

    /// Declares the parameters and the body of a method; the operation's own replace inherited ones.
    pub(super) fn declare_request(
        &mut self,
        method: &mut Method,
        operation: Node<'d>,
        inherited: &[Parameter<'d>],
        variables: &[Variable<'_>],
        seed: &str,
    ) {
        let own = self.parameter_list(operation);
        self.charge(inherited.len(), operation.position());
        let identity = |p: &Parameter<'d>| (p.place, p.name.clone());
        let replaced: HashSet<_> = own.iter().filter(|_| !inherited.is_empty()).map(identity).collect();
        let all = inherited.iter().filter(|p| !replaced.contains(&identity(p))).chain(&own);
        for parameter in all {
            if parameter.place == Place::Body {
                self.swagger_body(method, operation, parameter.node, seed);
            } else {
                self.declare_parameter(method, parameter, variables);
            }
        }
        for variable in variables.iter().filter(|variable| !variable.greedy) {
            method.request_parameters.entry(format!("method.request.path.{}", variable.name)).or_insert(true);
        }
        if let Some(body) = operation.get("requestBody") {
            self.request_body(method, body, seed);
        }
    }

    fn declare_parameter(
        &mut self,
        method: &mut Method,
        parameter: &Parameter<'d>,
        variables: &[Variable<'_>],
    ) {
        let place = match parameter.place {
            Place::Path => "path",
            Place::Query => "querystring",
            _ => "header",
        };
        let name = &parameter.name;
        if parameter.place == Place::Path && !variables.iter().any(|variable| variable.name == name.as_ref())
        {
            self.findings.warning(
                "parameter-path-unknown",
                parameter.at,
                format!("found the path parameter `{name}`, but the path has no `{{{name}}}`; a request validator refuses every request"),
            );
        }
        let key = format!("method.request.{place}.{name}");
        let elsewhere = ["path", "querystring", "header"].into_iter().find(|other| {
            *other != place
                && method.request_parameters.contains_key(&format!("method.request.{other}.{name}"))
        });
        if let Some(other) = elsewhere {
            self.findings.error(
                "parameter-name",
                parameter.at,
                format!("the name `{name}` is declared in {other} and in {place}; parameter names must be unique across querystring, header and path"),
            );
        }
        if method.request_parameters.insert(key, parameter.required).is_some() {
            self.findings.warning(
                "parameter-duplicate",
                parameter.at,
                format!("the {place} parameter `{name}` is declared twice; the last declaration counts"),
            );
        }
    }

    /// A Swagger 2.0 body parameter: one model for all content types the operation consumes.
    fn swagger_body(&mut self, method: &mut Method, operation: Node<'d>, parameter: Node<'d>, seed: &str) {
        let consumes = match operation.get("consumes") {
            Some(consumes) => self.texts(consumes, "consumes", Weight::Matters),
            None => {
                self.charge(self.consumes.len(), operation.position());
                self.consumes.clone()
            }
        };
        let Some(schema) = parameter.get("schema") else {
            return self.missing(parameter, "schema", "the schema of the body");
        };
        let Some(model) = self.model_for(schema, || format!("{seed} body")) else { return };
        if consumes.is_empty() {
            method.request_models.insert("application/json".to_owned(), model);
            return;
        }
        for content_type in consumes {
            method.request_models.insert(content_type, model.clone());
        }
    }

    /// An OpenAPI 3 request body: a model for each content type.
    fn request_body(&mut self, method: &mut Method, body: Node<'d>, seed: &str) {
        let Some(body) = self.follow(body, "a request body") else { return };
        let Some(body) = self.mapping(body, "requestBody") else { return };
        let Some(content) = self.mapping_at(body, "content") else { return };
        for (content_type, _, media) in content.entries() {
            if let Some(model) = self.content_model(media, || format!("{seed} body {content_type}")) {
                method.request_models.insert(content_type.to_owned(), model);
            }
        }
    }

    /// The model of one media type of `content`.
    pub(super) fn content_model(&mut self, media: Node<'d>, seed: impl FnOnce() -> String) -> Option<String> {
        let media = self.follow(media, "a media type")?;
        let media = self.mapping(media, "content")?;
        self.model_for(media.get("schema")?, seed)
    }
}
