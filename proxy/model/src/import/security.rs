//! Security schemes, and what `security` and `x-amazon-apigateway-auth` mean for a method.
//!
//! Sources: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-auth.html>.

use super::document::{Node, Position};
use super::importer::{Flavour, Importer, Weight};
use crate::api::Authorization;
use crate::finding::{Finding, Severity};
use indexmap::IndexMap;

/// Scopes that one requirement may list.
const MAX_SCOPES: usize = 100;

/// What a security scheme of the document stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scheme {
    /// An authorizer of the same name.
    Authorizer,
    /// An API key in `x-api-key`.
    ApiKey,
    /// SigV4.
    AwsIam,
    /// Nothing API Gateway acts on.
    NoEffect,
}

/// The security schemes of a document and its default requirements.
#[derive(Default)]
pub(super) struct Schemes<'d> {
    by_name: IndexMap<&'d str, Scheme>,
    default: Requirements,
}

/// What callers of a method must bring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Requirements {
    pub(super) authorization: Authorization,
    pub(super) api_key: bool,
}

impl<'d> Importer<'d> {
    /// Reads all security schemes; those with an authorizer extension become authorizers.
    pub(super) fn security_schemes(&mut self) {
        let components = self.root.get("components").and_then(|components| components.get("securitySchemes"));
        let definitions = self.root.get("securityDefinitions");
        for (section, key) in [(definitions, "securityDefinitions"), (components, "securitySchemes")] {
            let Some(section) = section.and_then(|node| self.mapping(node, key)) else { continue };
            for (name, at, node) in section.entries() {
                let Some(node) = self.follow(node, "a security scheme") else { continue };
                let Some(node) = self.mapping(node, name) else { continue };
                let scheme = self.security_scheme(name, at, node);
                self.schemes.by_name.insert(name, scheme);
            }
        }
        // Recorded behaviour, against the documentation: the root's `security` is the default of
        // every operation that has none of its own.
        if let Some(security) = self.root.get("security") {
            self.schemes.default = self.requirements(security);
        }
    }

    fn security_scheme(&mut self, name: &'d str, at: Position, node: Node<'d>) -> Scheme {
        let auth_type = self.text_at(node, "x-amazon-apigateway-authtype", Weight::Cosmetic);
        if let Some(extension) = node.get("x-amazon-apigateway-authorizer") {
            if let Some(extension) = self.mapping(extension, "x-amazon-apigateway-authorizer")
                && let Some(authorizer) = self.authorizer(node, extension, auth_type, at)
            {
                self.api.authorizers.insert(name.to_owned(), authorizer);
            }
            return Scheme::Authorizer;
        }
        if let Some(auth_type) = &auth_type {
            if auth_type.eq_ignore_ascii_case("awsSigv4") {
                return Scheme::AwsIam;
            }
            if auth_type.to_ascii_lowercase().starts_with("aws") {
                self.findings.error(
                    "value-invalid",
                    at,
                    format!("found `{auth_type}` as `x-amazon-apigateway-authtype`, but names that begin with `aws` are reserved; expected `awsSigv4`"),
                );
            }
        }
        let is = |key: &str, value: &str| {
            node.get(key).and_then(Node::as_str).is_some_and(|text| text.eq_ignore_ascii_case(value))
        };
        if is("type", "apiKey") && is("in", "header") && is("name", "x-api-key") {
            return Scheme::ApiKey;
        }
        Scheme::NoEffect
    }

    /// What an operation asks of its callers.
    pub(super) fn authorization(&mut self, operation: Node<'d>) -> Requirements {
        let mut requirements = match operation.get("security") {
            Some(security) => self.requirements(security),
            None => {
                let scopes = match &self.schemes.default.authorization {
                    Authorization::Authorizer { scopes, .. } => scopes.len(),
                    _ => 0,
                };
                self.charge(scopes, operation.position());
                self.schemes.default.clone()
            }
        };
        if let Some(extension) = operation.get("x-amazon-apigateway-auth")
            && let Some(extension) = self.mapping(extension, "x-amazon-apigateway-auth")
        {
            self.unknown_keys(extension, &["type"], "`x-amazon-apigateway-auth`");
            let kinds = [("NONE", Authorization::None), ("AWS_IAM", Authorization::AwsIam)];
            let names = [("NONE", 0), ("AWS_IAM", 1)];
            match extension.get("type") {
                Some(kind) => {
                    if let Some(index) = self.choice::<usize>(kind, "x-amazon-apigateway-auth.type", &names) {
                        requirements.authorization = kinds[index].1.clone();
                    }
                }
                None => self.findings.error(
                    "value-missing",
                    extension.position(),
                    "`x-amazon-apigateway-auth` has no `type`, expected `NONE` or `AWS_IAM`",
                ),
            }
        }
        requirements
    }

    /// API Gateway applies all schemes of all alternatives together.
    fn requirements(&mut self, security: Node<'d>) -> Requirements {
        let mut requirements = Requirements::default();
        for alternative in self.list(security, "security") {
            let Some(alternative) = self.mapping(alternative, "security") else { continue };
            for (name, at, scopes) in alternative.entries() {
                match self.schemes.by_name.get(name) {
                    Some(Scheme::Authorizer) => {
                        let scopes = self.texts(scopes, "security", Weight::Matters);
                        if scopes.len() > MAX_SCOPES {
                            self.findings.error(
                                "security-scopes",
                                at,
                                format!("found {} scopes, the limit is {MAX_SCOPES}", scopes.len()),
                            );
                        }
                        self.require(
                            &mut requirements,
                            Authorization::Authorizer { name: name.to_owned(), scopes },
                            name,
                            at,
                        );
                    }
                    Some(Scheme::AwsIam) => {
                        self.require(&mut requirements, Authorization::AwsIam, name, at);
                    }
                    Some(Scheme::ApiKey) => requirements.api_key = true,
                    Some(Scheme::NoEffect) => self.scheme_without_effect(name, at),
                    None => self.unknown_scheme(name, at),
                }
            }
        }
        requirements
    }

    fn require(&mut self, to: &mut Requirements, authorization: Authorization, name: &str, at: Position) {
        if to.authorization == Authorization::None {
            to.authorization = authorization;
        } else if to.authorization != authorization {
            self.findings.warning(
                "security-combined",
                at,
                format!("a method has one authorization; the security scheme `{name}` is a further one and has no effect"),
            );
        }
    }

    fn scheme_without_effect(&mut self, name: &str, at: Position) {
        self.findings.once(
            format!("scheme {name}"),
            |findings| {
                Finding::warning(
                    "security-no-effect",
                    &findings.location(at),
                    format!("API Gateway does not act on the security scheme `{name}`: a method that asks for it alone is open to everybody"),
                )
                .with_help("give the scheme an `x-amazon-apigateway-authorizer`, `x-amazon-apigateway-authtype: awsSigv4`, or make it an API key in the header `x-api-key`")
            },
            Severity::Warning,
        );
    }

    /// Refused rather than left open: a misspelt scheme must not publish a method.
    fn unknown_scheme(&mut self, name: &str, at: Position) {
        let place = match self.flavour {
            Flavour::Swagger2 => "securityDefinitions",
            Flavour::OpenApi3 => "components.securitySchemes",
        };
        let mut finding = Finding::error(
            "security-unknown",
            &self.findings.location(at),
            format!("found the security scheme `{name}`, which is not defined in `{place}`"),
        );
        if let Some(similar) = self.similar(name, self.schemes.by_name.keys().copied()) {
            finding = finding.with_help(format!("did you mean `{similar}`?"));
        }
        self.findings.push(finding);
    }
}
