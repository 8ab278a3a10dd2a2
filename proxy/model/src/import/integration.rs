//! `x-amazon-apigateway-integration`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html>.

use super::document::{Node, Position};
use super::importer::{Importer, Weight};
use crate::api::{
    ConnectionType, ContentHandling, Integration, IntegrationType, Method, PassthroughBehavior,
    ResponseTransferMode, Verb,
};
use crate::finding::Finding;

/// Milliseconds an integration has when the document does not say.
pub(super) const DEFAULT_TIMEOUT_MS: u32 = 29_000;
const MIN_TIMEOUT_MS: u32 = 50;
/// Milliseconds a streamed response may take.
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html>.
const MAX_STREAM_TIMEOUT_MS: u32 = 900_000;

const KNOWN: [&str; 18] = [
    "type",
    "httpMethod",
    "uri",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "passthroughBehavior",
    "contentHandling",
    "timeoutInMillis",
    "cacheNamespace",
    "cacheKeyParameters",
    "connectionType",
    "connectionId",
    "integrationTarget",
    "integration-target",
    "tlsConfig",
    "responseTransferMode",
    "responses",
];
const HTTP_API_ONLY: [&str; 3] = ["integrationSubtype", "payloadFormatVersion", "responseParameters"];

pub(super) const CONTENT_HANDLING: [(&str, ContentHandling); 2] = [
    ("CONVERT_TO_TEXT", ContentHandling::ConvertToText),
    ("CONVERT_TO_BINARY", ContentHandling::ConvertToBinary),
];

/// The operation that an integration belongs to.
#[derive(Clone, Copy)]
pub(super) struct Route<'p> {
    pub(super) verb: Verb,
    pub(super) path: &'p str,
}

impl<'d> Importer<'d> {
    /// The integration of a method whose parameters and responses are declared already.
    pub(super) fn integration(
        &mut self,
        node: Node<'d>,
        key_at: Position,
        method: &Method,
        route: Route<'_>,
    ) -> Option<Integration> {
        let node = self.mapping(node, "x-amazon-apigateway-integration")?;
        if node.get("$ref").is_some() {
            self.findings.error(
                "integration-reference",
                node.position(),
                "found a `$ref` as integration, expected the integration itself; only HTTP APIs have shared integrations",
            );
            return None;
        }
        let known: Vec<&str> = KNOWN.into_iter().chain(HTTP_API_ONLY).collect();
        self.unknown_keys(node, &known, "`x-amazon-apigateway-integration`");
        self.http_api_only(node, &HTTP_API_ONLY);

        let kinds = [
            ("http", IntegrationType::Http),
            ("http_proxy", IntegrationType::HttpProxy),
            ("aws", IntegrationType::Aws),
            ("aws_proxy", IntegrationType::AwsProxy),
            ("mock", IntegrationType::Mock),
        ];
        // Without a type the rest is still read, so that all its mistakes are told.
        let kind = match node.get("type").filter(|kind| !kind.is_null()) {
            Some(kind) => self.choice(kind, "x-amazon-apigateway-integration.type", &kinds),
            None => {
                self.missing(node, "type", "`http`, `http_proxy`, `aws`, `aws_proxy` or `mock`");
                None
            }
        };
        let uri = self.uri_of(node, kind);
        let http_method = self.http_method(node, kind, uri.as_deref(), route);
        let (connection_type, connection_id, integration_target) = self.connection(node);
        let response_transfer_mode = self.transfer_mode(node, kind);
        let longest = match response_transfer_mode {
            ResponseTransferMode::Buffered => self.options.limits.integration_timeout_ms,
            ResponseTransferMode::Stream => {
                MAX_STREAM_TIMEOUT_MS.max(self.options.limits.integration_timeout_ms)
            }
        };
        let timeout_ms = node
            .get("timeoutInMillis")
            .and_then(|timeout| self.integer(timeout, "timeoutInMillis", MIN_TIMEOUT_MS..=longest))
            .unwrap_or(DEFAULT_TIMEOUT_MS.min(self.options.limits.integration_timeout_ms));
        let passthrough = [
            ("when_no_match", PassthroughBehavior::WhenNoMatch),
            ("when_no_templates", PassthroughBehavior::WhenNoTemplates),
            ("never", PassthroughBehavior::Never),
        ];
        let request_parameters = self.mappings(node, "requestParameters", route);
        self.check_declared(&request_parameters, method);
        let responses =
            self.integration_responses(node, method, kind.is_none_or(IntegrationType::is_proxy), route);
        Some(Integration {
            kind: kind?,
            http_method,
            uri,
            credentials: self.text_at(node, "credentials", Weight::Cosmetic),
            request_parameters,
            request_templates: self.templates(node, "requestTemplates"),
            passthrough_behavior: node
                .get("passthroughBehavior")
                .and_then(|value| self.choice(value, "passthroughBehavior", &passthrough))
                .unwrap_or_default(),
            content_handling: node
                .get("contentHandling")
                .and_then(|value| self.choice(value, "contentHandling", &CONTENT_HANDLING)),
            timeout_ms,
            cache_namespace: self.text_at(node, "cacheNamespace", Weight::Matters),
            cache_key_parameters: self.cache_keys(node, method),
            connection_type,
            connection_id,
            integration_target,
            insecure_skip_verification: self.skips_verification(node),
            response_transfer_mode,
            responses,
            at: self.findings.location(key_at),
        })
    }

    fn uri_of(&mut self, node: Node<'d>, kind: Option<IntegrationType>) -> Option<String> {
        let uri = node.get("uri").filter(|uri| !uri.is_null());
        match (kind, uri) {
            (Some(kind), Some(uri)) => self.integration_uri(uri, kind),
            (None | Some(IntegrationType::Mock), _) => None,
            (Some(kind), None) => {
                let expected = match kind {
                    IntegrationType::Http | IntegrationType::HttpProxy => "an HTTP endpoint",
                    _ => "the ARN of what is called",
                };
                let location = self.findings.location(node.position());
                let mut finding = Finding::error(
                    "uri-missing",
                    &location,
                    format!("`uri` is missing, expected {expected}"),
                );
                if node.get("integrationSubtype").is_some() {
                    finding = finding.with_help(
                        "`integrationSubtype` is for HTTP APIs; a REST API calls the service with type `aws` and a `uri`",
                    );
                }
                self.findings.push(finding);
                None
            }
        }
    }

    /// The verb toward the backend; that of the operation when none is given.
    fn http_method(
        &mut self,
        node: Node<'d>,
        kind: Option<IntegrationType>,
        uri: Option<&str>,
        route: Route<'_>,
    ) -> Option<Verb> {
        let kind = kind?;
        let given = node.get("httpMethod").filter(|method| !method.is_null());
        let verb = match given {
            Some(method) => {
                let verbs = Verb::ALL.map(|verb| (verb.as_str(), verb));
                self.choice(method, "httpMethod", &verbs)?
            }
            None => route.verb,
        };
        if kind == IntegrationType::Mock {
            return None;
        }
        let at = given.unwrap_or(node).position();
        if given.is_none() {
            self.findings.warning(
                "http-method-missing",
                at,
                format!("`httpMethod` is missing; the method's own, `{}`, is used", route.verb.as_str()),
            );
        }
        let is_lambda = uri.is_some_and(|uri| uri.contains(":lambda:path/"));
        if is_lambda && verb != Verb::POST {
            self.findings.warning(
                "http-method-lambda",
                at,
                format!(
                    "found `{}` as the `httpMethod` of a Lambda integration, expected `POST`; the calls fail",
                    verb.as_str()
                ),
            );
        }
        (verb != Verb::ANY).then_some(verb)
    }

    fn connection(&mut self, node: Node<'d>) -> (ConnectionType, Option<String>, Option<String>) {
        let kind = node
            .get("connectionType")
            .and_then(|value| self.choice(value, "connectionType", ConnectionType::NAMES))
            .unwrap_or_default();
        // Calls go straight to the URI, so nothing depends on the identity of the link.
        let id = self.text_at(node, "connectionId", Weight::Cosmetic);
        let target = self
            .text_at(node, "integrationTarget", Weight::Cosmetic)
            .or_else(|| self.text_at(node, "integration-target", Weight::Cosmetic));
        if kind == ConnectionType::VpcLink && node.get("connectionId").is_none_or(Node::is_null) {
            self.missing(
                node,
                "connectionId",
                "the id of the VPC link, because `connectionType` is `VPC_LINK`",
            );
        }
        (kind, id, target)
    }

    fn transfer_mode(&mut self, node: Node<'d>, kind: Option<IntegrationType>) -> ResponseTransferMode {
        let Some(value) = node.get("responseTransferMode") else { return ResponseTransferMode::default() };
        let mode =
            self.choice(value, "responseTransferMode", ResponseTransferMode::NAMES).unwrap_or_default();
        if mode == ResponseTransferMode::Stream && !kind.is_none_or(IntegrationType::is_proxy) {
            self.findings.error(
                "value-invalid",
                value.position(),
                "found `STREAM` as `responseTransferMode`, which only `http_proxy` and `aws_proxy` can have",
            );
        }
        mode
    }

    fn skips_verification(&mut self, node: Node<'d>) -> bool {
        let Some(tls) = self.mapping_at(node, "tlsConfig") else { return false };
        self.unknown_keys(tls, &["insecureSkipVerification", "serverNameToVerify"], "`tlsConfig`");
        self.http_api_only(tls, &["serverNameToVerify"]);
        let skip = tls.get("insecureSkipVerification");
        skip.and_then(|value| self.boolean(value, "insecureSkipVerification")).unwrap_or(false)
    }

    fn cache_keys(&mut self, node: Node<'d>, method: &Method) -> Vec<String> {
        let Some(list) = node.get("cacheKeyParameters") else { return Vec::new() };
        let mut keys = Vec::new();
        for item in self.list(list, "cacheKeyParameters") {
            let Some(key) = self.text(item, "cacheKeyParameters", Weight::Matters) else { continue };
            if key.starts_with("method.request.") && !method.request_parameters.contains_key(key.as_ref()) {
                self.findings.error(
                    "parameter-undeclared",
                    item.position(),
                    format!("found the cache key `{key}`, which the method does not declare among its `parameters`"),
                );
            }
            keys.push(key.into_owned());
        }
        keys
    }
}
