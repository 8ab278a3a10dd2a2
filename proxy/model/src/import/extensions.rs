//! The `x-amazon-apigateway-*` extensions at the root of a document, and which ones stand where.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>.

use super::document::{Node, Position};
use super::importer::{Importer, Weight};
use crate::api::{ApiKeySource, DocumentationPart, EndpointType, RequestValidator};
use crate::finding::Finding;
use serde_json::Value as Json;

const MAX_COMPRESSION_SIZE: u32 = 10_485_760;
const PREFIX: &str = "x-amazon-apigateway-";

/// Where an extension belongs; `None` for those that only HTTP APIs know.
const PLACES: [(&str, Option<&str>); 20] = [
    ("x-amazon-apigateway-any-method", Some("a path")),
    ("x-amazon-apigateway-api-key-source", Some("the root")),
    ("x-amazon-apigateway-auth", Some("an operation")),
    ("x-amazon-apigateway-authorizer", Some("a security scheme")),
    ("x-amazon-apigateway-authtype", Some("a security scheme")),
    ("x-amazon-apigateway-binary-media-types", Some("the root")),
    ("x-amazon-apigateway-cors", None),
    ("x-amazon-apigateway-documentation", Some("the root")),
    ("x-amazon-apigateway-endpoint-access-mode", Some("the root")),
    ("x-amazon-apigateway-endpoint-configuration", Some("the root or a server")),
    ("x-amazon-apigateway-gateway-responses", Some("the root")),
    ("x-amazon-apigateway-importexport-version", None),
    ("x-amazon-apigateway-integration", Some("an operation")),
    ("x-amazon-apigateway-integrations", None),
    ("x-amazon-apigateway-minimum-compression-size", Some("the root")),
    ("x-amazon-apigateway-policy", Some("the root")),
    ("x-amazon-apigateway-request-validator", Some("the root or an operation")),
    ("x-amazon-apigateway-request-validators", Some("the root")),
    ("x-amazon-apigateway-security-policy", Some("the root")),
    ("x-amazon-apigateway-tag-value", None),
];

impl<'d> Importer<'d> {
    /// Everything at the root except paths, models and security.
    pub(super) fn root_extensions(&mut self) {
        // The validators first: other extensions refer to them.
        if let Some(validators) = self.mapping_at(self.root, "x-amazon-apigateway-request-validators") {
            self.request_validators(validators);
        }
        for (key, at, node) in self.root.entries().filter(|(key, _, _)| key.starts_with("x-")) {
            match key {
                "x-amazon-apigateway-request-validators" => {}
                "x-amazon-apigateway-request-validator" => {
                    self.default_validator = self.validator_name(node);
                }
                "x-amazon-apigateway-api-key-source" => {
                    self.api.api_key_source = self.choice(node, key, ApiKeySource::NAMES).unwrap_or_default();
                }
                "x-amazon-apigateway-binary-media-types" => {
                    self.api.binary_media_types = self.texts(node, key, Weight::Matters);
                }
                "x-amazon-apigateway-minimum-compression-size" => {
                    self.api.minimum_compression_size = self.integer(node, key, 0..=MAX_COMPRESSION_SIZE);
                }
                "x-amazon-apigateway-documentation" => self.documentation(node),
                "x-amazon-apigateway-endpoint-configuration" => self.endpoint_configuration(node),
                "x-amazon-apigateway-endpoint-access-mode" => {
                    let modes = [("BASIC", "BASIC"), ("STRICT", "STRICT")];
                    self.api.endpoint_access_mode = self.choice(node, key, &modes).map(str::to_owned);
                }
                "x-amazon-apigateway-security-policy" => {
                    self.api.security_policy = self.text(node, key, Weight::Matters).map(Into::into);
                    self.check_security_policy(at);
                }
                "x-amazon-apigateway-gateway-responses" => self.gateway_responses(node),
                "x-amazon-apigateway-policy" => self.resource_policy(node),
                _ => self.misplaced(key, at),
            }
        }
        self.servers();
        self.components_extensions();
    }

    fn servers(&mut self) {
        let Some(servers) = self.root.get("servers") else { return };
        if !servers.is_sequence() {
            self.findings.warning(
                "servers-ignored",
                servers.position(),
                format!("found {} as `servers`, expected a list; it has no effect", servers.kind()),
            );
            return;
        }
        for server in servers.items() {
            for (key, at, node) in server.entries().filter(|(key, _, _)| key.starts_with("x-")) {
                if key == "x-amazon-apigateway-endpoint-configuration" {
                    self.endpoint_configuration(node);
                } else {
                    self.misplaced(key, at);
                }
            }
        }
    }

    /// HTTP-API extensions that stand below the root.
    fn components_extensions(&mut self) {
        let components = self.root.get("components").into_iter().flat_map(Node::entries);
        let tags = self.root.get("tags").into_iter().flat_map(Node::items).flat_map(Node::entries);
        for (key, at, _) in components.chain(tags).filter(|(key, _, _)| key.starts_with("x-")) {
            self.misplaced(key, at);
        }
    }

    /// An extension where it has no effect: known elsewhere, for HTTP APIs, or unknown.
    /// Extensions of other vendors are ignored.
    pub(super) fn misplaced(&mut self, key: &str, at: Position) {
        if !key.starts_with(PREFIX) {
            return;
        }
        let known = PLACES.iter().find(|(name, _)| *name == key);
        let (code, message) = match known {
            Some((_, Some(place))) => {
                ("extension-misplaced", format!("`{key}` belongs to {place}; it has no effect here"))
            }
            Some((_, None)) => (
                "extension-http-api",
                format!("`{key}` belongs to HTTP APIs and has no effect on a REST API"),
            ),
            None => ("extension-unknown", format!("found the unknown extension `{key}`; it has no effect")),
        };
        let mut finding = Finding::warning(code, &self.findings.location(at), message);
        let names = PLACES.map(|(name, _)| name);
        if known.is_none()
            && let Some(similar) = self.similar(key, names)
        {
            finding = finding.with_help(format!("did you mean `{similar}`?"));
        }
        self.findings.push(finding);
    }

    fn request_validators(&mut self, validators: Node<'d>) {
        for (name, at, node) in validators.entries() {
            let Some(node) = self.mapping(node, name) else { continue };
            self.unknown_keys(
                node,
                &["validateRequestBody", "validateRequestParameters"],
                "a request validator",
            );
            let body = node.get("validateRequestBody");
            let parameters = node.get("validateRequestParameters");
            let validator = RequestValidator {
                validate_request_body: body
                    .and_then(|value| self.boolean(value, "validateRequestBody"))
                    .unwrap_or(false),
                validate_request_parameters: parameters
                    .and_then(|value| self.boolean(value, "validateRequestParameters"))
                    .unwrap_or(false),
            };
            if name.is_empty() {
                self.findings.error("value-invalid", at, "found a request validator without a name");
            }
            self.api.request_validators.insert(name.to_owned(), validator);
        }
    }

    /// A validator that exists; `None` is already reported.
    fn validator_name(&mut self, node: Node<'d>) -> Option<(String, Position)> {
        let name = self.text(node, "x-amazon-apigateway-request-validator", Weight::Matters)?;
        if self.api.request_validators.contains_key(name.as_ref()) {
            return Some((name.into_owned(), node.position()));
        }
        let mut finding = Finding::error(
            "validator-unknown",
            &self.findings.location(node.position()),
            format!(
                "found the request validator `{name}`, which `x-amazon-apigateway-request-validators` does not define"
            ),
        );
        let known = self.api.request_validators.keys().map(String::as_str);
        if let Some(similar) = self.similar(&name, known) {
            finding = finding.with_help(format!("did you mean `{similar}`?"));
        }
        self.findings.push(finding);
        None
    }

    /// The validator of an operation: its own, else the document's default.
    pub(super) fn validator_of(&mut self, operation: Node<'d>) -> Option<(String, crate::finding::Location)> {
        let validator = match operation.get("x-amazon-apigateway-request-validator") {
            Some(node) => self.validator_name(node),
            None => self.default_validator.clone(),
        };
        validator.map(|(name, at)| (name, self.findings.location(at)))
    }

    fn endpoint_configuration(&mut self, node: Node<'d>) {
        const KEYS: [&str; 4] = ["disableExecuteApiEndpoint", "vpcEndpointIds", "types", "ipAddressType"];
        let Some(node) = self.mapping(node, "x-amazon-apigateway-endpoint-configuration") else { return };
        self.unknown_keys(node, &KEYS, "`x-amazon-apigateway-endpoint-configuration`");
        if let Some(disable) = node.get("disableExecuteApiEndpoint") {
            self.api.endpoint.disable_execute_api_endpoint =
                self.boolean(disable, "disableExecuteApiEndpoint").unwrap_or(false);
        }
        if let Some(ids) = node.get("vpcEndpointIds") {
            self.api.endpoint.vpc_endpoint_ids = self.texts(ids, "vpcEndpointIds", Weight::Cosmetic);
            if !self.api.endpoint.vpc_endpoint_ids.is_empty() {
                self.api.endpoint.kind = EndpointType::Private;
            }
        }
        if let Some(types) = node.get("types") {
            for kind in self.list(types, "types") {
                if let Some(kind) = self.choice(kind, "types", EndpointType::NAMES) {
                    self.api.endpoint.kind = kind;
                }
            }
        }
        if let Some(kind) = node.get("ipAddressType") {
            let kinds = [("ipv4", "ipv4"), ("dualstack", "dualstack")];
            self.api.endpoint.ip_address_type = self.choice(kind, "ipAddressType", &kinds).map(str::to_owned);
        }
    }

    fn check_security_policy(&mut self, at: Position) {
        let needs_mode = self.api.security_policy.as_ref().is_some_and(|p| p.starts_with("SecurityPolicy_"));
        if needs_mode && self.root.get("x-amazon-apigateway-endpoint-access-mode").is_none() {
            self.findings.error(
                "value-missing",
                at,
                "a security policy whose name begins with `SecurityPolicy_` needs `x-amazon-apigateway-endpoint-access-mode`, `BASIC` or `STRICT`",
            );
        }
    }

    fn documentation(&mut self, node: Node<'d>) {
        let Some(node) = self.mapping(node, "x-amazon-apigateway-documentation") else { return };
        self.api.documentation_version = self.text_at(node, "version", Weight::Cosmetic);
        let Some(parts) = node.get("documentationParts") else { return };
        for part in self.list(parts, "documentationParts") {
            let member = |key| part.get(key).map_or(Json::Null, super::values::to_json);
            let (location, properties) = (member("location"), member("properties"));
            if location.get("type").is_none() {
                self.findings.warning(
                    "documentation-part",
                    part.position(),
                    "found a documentation part without `location.type`; it has no effect",
                );
                continue;
            }
            self.api.documentation_parts.push(DocumentationPart { location, properties });
        }
    }

    fn resource_policy(&mut self, node: Node<'d>) {
        let mut policy = self.resolved_json(node, "x-amazon-apigateway-policy", Weight::Matters);
        if let Json::String(text) = &policy {
            policy = match serde_json::from_str(text) {
                Ok(policy) => policy,
                // A reference without a value, which is told already.
                Err(_) if node.is_mapping() => return,
                Err(error) => {
                    self.findings.error(
                        "policy-invalid",
                        node.position(),
                        format!("found text that is no JSON as `x-amazon-apigateway-policy`, expected an IAM policy: {error}"),
                    );
                    return;
                }
            };
        }
        if policy.is_null() {
            return;
        }
        if !policy.is_object() {
            return self.wrong_type(node, "x-amazon-apigateway-policy", "a mapping");
        }
        let limit = self.options.limits.policy_chars;
        let chars = policy.to_string().chars().count();
        if chars > limit {
            self.findings.error(
                "policy-too-large",
                node.position(),
                format!("found a resource policy of {chars} characters, the limit is {limit}"),
            );
            return;
        }
        self.api.policy = Some((policy, self.findings.location(node.position())));
    }
}
