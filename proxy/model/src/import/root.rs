//! The root of a document: its version, `info`, and the order in which the parts are read.

use super::ImportOptions;
use super::cloudformation::Resolver;
use super::document::Node;
use super::findings::Findings;
use super::importer::{Flavour, Importer, Weight};
use super::models::ModelNames;
use super::security::Schemes;
use crate::api::RestApi;
use crate::finding::Finding;

const COMMON_KEYS: [&str; 6] = ["info", "paths", "security", "tags", "externalDocs", "$schema"];
const SWAGGER_KEYS: [&str; 10] = [
    "swagger",
    "host",
    "basePath",
    "schemes",
    "consumes",
    "produces",
    "definitions",
    "parameters",
    "responses",
    "securityDefinitions",
];
const OPENAPI_KEYS: [&str; 4] = ["openapi", "servers", "components", "jsonSchemaDialect"];

/// Turns a document into an API.
pub(super) fn import<'d>(
    file: &str,
    root: Node<'d>,
    options: &'d ImportOptions,
    mut findings: Findings,
) -> (RestApi, Findings) {
    if !root.is_mapping() {
        findings.error(
            "document-not-openapi",
            root.position(),
            format!(
                "found {}, expected an OpenAPI document: a mapping with `openapi` or `swagger`",
                root.kind()
            ),
        );
        return (RestApi::default(), findings);
    }
    let api = RestApi { at: findings.location(root.position()), ..RestApi::default() };
    let mut importer = Importer {
        root,
        options,
        resolver: Resolver::new(options),
        findings,
        flavour: Flavour::OpenApi3,
        api,
        model_names: ModelNames::default(),
        schemes: Schemes::default(),
        consumes: Vec::new(),
        produces: Vec::new(),
        default_validator: None,
        repeated_nodes: 0,
    };
    if importer.version() {
        importer.root_keys();
        importer.info(file);
        importer.root_extensions();
        importer.models();
        importer.security_schemes();
        importer.paths();
    }
    (importer.api, importer.findings)
}

impl<'d> Importer<'d> {
    /// Finds out the flavour; false when this is no document of a known version.
    fn version(&mut self) -> bool {
        let (openapi, swagger) = (self.root.get("openapi"), self.root.get("swagger"));
        let (node, key) = match (openapi, swagger) {
            (Some(node), None) => (node, "openapi"),
            (None, Some(node)) => (node, "swagger"),
            (Some(_), Some(node)) => {
                self.findings.error(
                    "version-unsupported",
                    node.position(),
                    "found both `openapi` and `swagger`, expected one of them",
                );
                return false;
            }
            (None, None) => {
                self.no_version();
                return false;
            }
        };
        let Some(version) = self.text(node, key, Weight::Matters) else {
            if node.is_null() {
                self.missing(self.root, key, "the version of the document");
            }
            return false;
        };
        self.flavour = if key == "swagger" { Flavour::Swagger2 } else { Flavour::OpenApi3 };
        let supported = match self.flavour {
            Flavour::Swagger2 => version == "2.0",
            Flavour::OpenApi3 => version == "3.0" || version.starts_with("3.0."),
        };
        if !supported {
            let expected = if key == "swagger" { "`2.0`" } else { "`3.0.x`" };
            self.findings.error(
                "version-unsupported",
                node.position(),
                format!("found `{key}: {version}`, expected {expected}; API Gateway reads OpenAPI 3.0 and Swagger 2.0"),
            );
        }
        supported
    }

    fn no_version(&mut self) {
        let location = self.findings.location(self.root.position());
        let mut finding = Finding::error(
            "document-not-openapi",
            &location,
            "found a document without `openapi` or `swagger`, expected one of them with the version",
        );
        if self.root.get("Resources").is_some() || self.root.get("AWSTemplateFormatVersion").is_some() {
            finding = finding.with_help(
                "this is a CloudFormation template; put the `Body` or `DefinitionBody` of the API in a file of its own",
            );
        }
        self.findings.push(finding);
    }

    fn root_keys(&mut self) {
        let (own, foreign, other): (&[&str], &[&str], _) = match self.flavour {
            Flavour::Swagger2 => (&SWAGGER_KEYS, &OPENAPI_KEYS, "OpenAPI 3.0"),
            Flavour::OpenApi3 => (&OPENAPI_KEYS, &SWAGGER_KEYS, "Swagger 2.0"),
        };
        // Schemas and security schemes are read from either place: official samples mix them.
        let read_anyway = ["definitions", "parameters", "responses", "securityDefinitions", "components"];
        let known: Vec<&str> = COMMON_KEYS.iter().chain(own).copied().collect();
        for (key, at, _) in self.root.entries() {
            if key.starts_with("x-") || known.contains(&key) {
                continue;
            }
            if foreign.contains(&key) {
                let effect =
                    if read_anyway.contains(&key) { "it is read all the same" } else { "it has no effect" };
                self.findings.warning("key-foreign", at, format!("`{key}` belongs to {other}; {effect}"));
                continue;
            }
            let mut finding = Finding::warning(
                "key-unknown",
                &self.findings.location(at),
                format!("found the unknown key `{key}` at the root; it has no effect"),
            );
            if let Some(similar) = self.similar(key, known.iter().copied()) {
                finding = finding.with_help(format!("did you mean `{similar}`?"));
            }
            self.findings.push(finding);
        }
        if self.flavour == Flavour::Swagger2 {
            self.consumes = self.root_types("consumes");
            self.produces = self.root_types("produces");
        }
    }

    fn root_types(&mut self, key: &str) -> Vec<String> {
        match self.root.get(key) {
            Some(node) => self.texts(node, key, Weight::Matters),
            None => Vec::new(),
        }
    }

    fn info(&mut self, file: &str) {
        let info = self.root.get("info");
        if let Some(info) = info.and_then(|info| self.mapping(info, "info")) {
            self.api.description = self.text_at(info, "description", Weight::Cosmetic);
            self.api.version = self.text_at(info, "version", Weight::Cosmetic);
            if let Some(title) =
                self.text_at(info, "title", Weight::Cosmetic).filter(|title| !title.is_empty())
            {
                self.api.name = title;
                return;
            }
        }
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        self.api.name = if name.is_empty() { "api".to_owned() } else { name.to_owned() };
        self.findings.warning(
            "title-missing",
            info.unwrap_or(self.root).position(),
            format!("`info.title` is missing; the API is called `{}` after its file", self.api.name),
        );
    }
}
