//! `x-amazon-apigateway-authorizer`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>.

use super::document::{Node, Position};
use super::importer::{Importer, Weight};
use crate::api::{Authorizer, AuthorizerType};

/// Seconds that a result may be kept.
const MAX_RESULT_TTL_SECONDS: u32 = 3600;

const KNOWN: [&str; 7] = [
    "type",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
    "authorizerResultTtlInSeconds",
    "providerARNs",
];
const HTTP_API_ONLY: [&str; 3] =
    ["authorizerPayloadFormatVersion", "enableSimpleResponses", "jwtConfiguration"];

impl<'d> Importer<'d> {
    /// The authorizer of a security scheme; `None` is already reported.
    pub(super) fn authorizer(
        &mut self,
        scheme: Node<'d>,
        extension: Node<'d>,
        auth_type: Option<String>,
        at: Position,
    ) -> Option<Authorizer> {
        let known: Vec<&str> = KNOWN.into_iter().chain(HTTP_API_ONLY).collect();
        self.unknown_keys(extension, &known, "`x-amazon-apigateway-authorizer`");
        self.http_api_only(extension, &HTTP_API_ONLY);

        let kinds = [
            ("token", AuthorizerType::Token),
            ("request", AuthorizerType::Request),
            ("cognito_user_pools", AuthorizerType::CognitoUserPools),
            ("jwt", AuthorizerType::Jwt),
        ];
        let Some(kind) = extension.get("type") else {
            self.missing(extension, "type", "`token`, `request` or `cognito_user_pools`");
            return None;
        };
        let kind = self.choice(kind, "x-amazon-apigateway-authorizer.type", &kinds)?;
        if kind == AuthorizerType::Jwt {
            self.findings.warning(
                "extension-http-api",
                extension.position(),
                "authorizers of type `jwt` belong to HTTP APIs; a REST API uses `cognito_user_pools` or `request`",
            );
        }

        let result_ttl_seconds = extension
            .get("authorizerResultTtlInSeconds")
            .and_then(|node| self.integer(node, "authorizerResultTtlInSeconds", 0..=MAX_RESULT_TTL_SECONDS));
        let is_function = matches!(kind, AuthorizerType::Token | AuthorizerType::Request);
        let authorizer_uri =
            extension.get("authorizerUri").filter(|_| is_function).and_then(|node| self.authorizer_uri(node));
        if is_function && extension.get("authorizerUri").is_none_or(Node::is_null) {
            self.missing(extension, "authorizerUri", "the invocation URI of the function that decides");
        }
        let provider_arns = match extension.get("providerARNs") {
            Some(node) => self.texts(node, "providerARNs", Weight::Matters),
            None => Vec::new(),
        };
        if kind == AuthorizerType::CognitoUserPools
            && extension.get("providerARNs").is_none_or(|n| n.len() == 0)
        {
            self.missing(extension, "providerARNs", "the ARNs of the user pools");
        }
        let identity_validation_expression =
            self.text_at(extension, "identityValidationExpression", Weight::Matters);
        if identity_validation_expression.is_some() && kind != AuthorizerType::Token {
            self.findings.warning(
                "key-no-effect",
                extension.position(),
                "`identityValidationExpression` has an effect on authorizers of type `token` only",
            );
        }
        let identity_sources = match kind {
            AuthorizerType::Request => self.request_sources(extension, result_ttl_seconds),
            AuthorizerType::Jwt => self.listed_sources(extension),
            AuthorizerType::Token | AuthorizerType::CognitoUserPools => self.scheme_source(scheme),
        };
        Some(Authorizer {
            kind,
            auth_type,
            authorizer_uri,
            authorizer_credentials: self.text_at(extension, "authorizerCredentials", Weight::Cosmetic),
            identity_sources,
            identity_validation_expression,
            result_ttl_seconds,
            provider_arns,
            at: self.findings.location(at),
        })
    }

    /// `method.request.header.NAME` with the name of the scheme itself.
    fn scheme_source(&mut self, scheme: Node<'d>) -> Vec<String> {
        if let Some(place) = self.text_at(scheme, "in", Weight::Matters)
            && !place.eq_ignore_ascii_case("header")
        {
            self.findings.error(
                "value-invalid",
                scheme.position(),
                format!("found `in: {place}` on the scheme of an authorizer, expected `header`"),
            );
        }
        match self.text_at(scheme, "name", Weight::Matters).filter(|name| !name.is_empty()) {
            Some(name) => vec![format!("method.request.header.{name}")],
            None => {
                self.missing(scheme, "name", "the header that carries the token");
                Vec::new()
            }
        }
    }

    fn listed_sources(&mut self, extension: Node<'d>) -> Vec<String> {
        let list = self.text_at(extension, "identitySource", Weight::Matters).unwrap_or_default();
        list.split(',').map(str::trim).filter(|source| !source.is_empty()).map(str::to_owned).collect()
    }

    fn request_sources(&mut self, extension: Node<'d>, ttl: Option<u32>) -> Vec<String> {
        let sources = self.listed_sources(extension);
        if sources.is_empty() && ttl != Some(0) {
            self.missing(
                extension,
                "identitySource",
                "what identifies a caller, such as `method.request.header.Authorization`; it may be left out only when `authorizerResultTtlInSeconds` is 0",
            );
        }
        let prefixes =
            ["method.request.header.", "method.request.querystring.", "stageVariables.", "context."];
        for source in &sources {
            if !prefixes.iter().any(|prefix| source.len() > prefix.len() && source.starts_with(prefix)) {
                let at = extension.get("identitySource").map_or(extension.position(), Node::position);
                self.findings.error(
                    "value-invalid",
                    at,
                    format!("found the identity source `{source}`, expected `method.request.header.NAME`, `method.request.querystring.NAME`, `stageVariables.NAME` or `context.NAME`"),
                );
            }
        }
        sources
    }

    pub(super) fn missing(&mut self, owner: Node<'d>, key: &str, expected: &str) {
        self.findings.error(
            "value-missing",
            owner.position(),
            format!("`{key}` is missing, expected {expected}"),
        );
    }

    /// Warns about keys that only HTTP APIs act on.
    pub(super) fn http_api_only(&mut self, node: Node<'d>, keys: &[&str]) {
        for (key, at, _) in node.entries() {
            if keys.contains(&key) {
                self.findings.warning(
                    "extension-http-api",
                    at,
                    format!("`{key}` belongs to HTTP APIs and has no effect on a REST API"),
                );
            }
        }
    }
}
