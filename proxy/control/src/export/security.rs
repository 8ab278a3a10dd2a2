//! Security schemes, and what methods ask of their callers.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>.

use super::Extensions;
use crate::entities::{Authorizer, Method, RestApi};
use crate::snapshot::authorizer_names;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

const HEADER_SOURCE: &str = "method.request.header.";

/// The schemes of an API by the names that its document has for them.
pub(super) struct Schemes<'e> {
    api: &'e RestApi,
    authorizers: BTreeMap<&'e str, &'e str>,
    api_key: String,
    sigv4: String,
}

impl<'e> Schemes<'e> {
    pub(super) fn new(api: &'e RestApi) -> Self {
        let authorizers = authorizer_names(api);
        let unused = |wanted: &str| {
            let mut name = wanted.to_owned();
            while authorizers.values().any(|taken| *taken == name) {
                name.push('_');
            }
            name
        };
        let (api_key, sigv4) = (unused("api_key"), unused("sigv4"));
        Self { api, authorizers, api_key, sigv4 }
    }

    /// `security` of a method.
    pub(super) fn requirements(&self, method: &Method) -> Vec<Value> {
        let mut requirements = Vec::new();
        let authorizer = self.authorizer(method).and_then(|id| self.authorizers.get(id));
        if let Some(name) = authorizer {
            requirements.push(requirement(name, &method.authorization_scopes));
        } else if is_iam(method) {
            requirements.push(requirement(&self.sigv4, &[]));
        }
        if method.api_key_required {
            requirements.push(requirement(&self.api_key, &[]));
        }
        requirements
    }

    /// All schemes that methods use; with the extension also the authorizers that none uses.
    pub(super) fn all(&self, extensions: Extensions) -> Map<String, Value> {
        let methods = || self.api.resources.values().flat_map(|resource| resource.methods.values());
        let used: BTreeSet<&str> = methods().filter_map(|method| self.authorizer(method)).collect();
        let mut schemes = Map::new();
        if methods().any(|method| method.api_key_required) {
            schemes
                .insert(self.api_key.clone(), json!({"type": "apiKey", "name": "x-api-key", "in": "header"}));
        }
        if methods().any(|method| is_iam(method)) {
            let mut scheme = json!({"type": "apiKey", "name": "Authorization", "in": "header"});
            if extensions.authorizers {
                scheme["x-amazon-apigateway-authtype"] = json!("awsSigv4");
            }
            schemes.insert(self.sigv4.clone(), scheme);
        }
        for (id, name) in &self.authorizers {
            let Some(authorizer) = self.api.authorizers.get(*id) else { continue };
            if used.contains(id) || extensions.authorizers {
                schemes.insert((*name).to_owned(), scheme(authorizer, extensions));
            }
        }
        schemes
    }

    /// Id of the authorizer of a method.
    fn authorizer<'m>(&self, method: &'m Method) -> Option<&'m str> {
        let has_one = method.is_with_authorizer();
        method.authorizer_id.as_deref().filter(|id| has_one && self.authorizers.contains_key(id))
    }
}

fn is_iam(method: &Method) -> bool {
    method.authorization_type.eq_ignore_ascii_case("AWS_IAM")
}

fn requirement(name: &str, scopes: &[String]) -> Value {
    let mut requirement = json!({});
    requirement[name] = json!(scopes);
    requirement
}

fn scheme(authorizer: &Authorizer, extensions: Extensions) -> Value {
    let sources = authorizer.identity_source.as_deref().unwrap_or_default();
    let header = sources.strip_prefix(HEADER_SOURCE).filter(|header| !header.contains(','));
    // With several sources, or none that is a header, the name says nothing.
    let name = header.unwrap_or("Unused");
    let mut scheme = json!({"type": "apiKey", "name": name, "in": "header"});
    if extensions.authorizers {
        if let Some(auth_type) = &authorizer.auth_type {
            scheme["x-amazon-apigateway-authtype"] = json!(auth_type);
        }
        scheme["x-amazon-apigateway-authorizer"] = extension(authorizer);
    }
    scheme
}

fn extension(authorizer: &Authorizer) -> Value {
    let kind = authorizer.kind.to_ascii_lowercase();
    let mut extension = json!({"type": kind});
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            extension[name] = value;
        }
    };
    let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    set("authorizerUri", text(&authorizer.authorizer_uri));
    set("authorizerCredentials", text(&authorizer.authorizer_credentials));
    set("authorizerResultTtlInSeconds", authorizer.authorizer_result_ttl_in_seconds.map(|ttl| json!(ttl)));
    set("identityValidationExpression", text(&authorizer.identity_validation_expression));
    if kind == "request" || kind == "jwt" {
        set("identitySource", text(&authorizer.identity_source));
    }
    let pools = &authorizer.provider_arns;
    set("providerARNs", (!pools.is_empty()).then(|| json!(pools)));
    set("jwtConfiguration", authorizer.jwt_configuration.clone());
    extension
}
