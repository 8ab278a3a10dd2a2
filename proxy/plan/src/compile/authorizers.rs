//! Authorizers.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html>.

use super::uri::with_stage_variables;
use super::{Binding, Compiler};
use crate::plan::{AuthorizerKind, AuthorizerPlan, Unavailable};
use edgewit_mapping::expression::RequestSource;
use edgewit_model::api::{Authorization, Authorizer, AuthorizerType};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Seconds that a result is kept when the document does not say.
const DEFAULT_TTL_SECONDS: u32 = 300;

/// Seconds that a result is kept at most.
const MAX_TTL_SECONDS: u32 = 3600;

pub(super) struct Authorizers {
    pub(super) plans: Vec<AuthorizerPlan>,
    /// Index into `plans`, or why there is none.
    pub(super) by_name: BTreeMap<String, Result<usize, Unavailable>>,
}

impl Compiler<'_> {
    /// The authorizers that methods use; the others have no effect.
    pub(super) fn authorizers(&mut self) -> Authorizers {
        let mut authorizers = Authorizers { plans: Vec::new(), by_name: BTreeMap::new() };
        let api = self.api;
        let used: BTreeSet<&str> = api
            .resources
            .iter()
            .flat_map(|resource| resource.methods.values())
            .filter_map(|method| match &method.authorization {
                Authorization::Authorizer { name, .. } => Some(name.as_str()),
                _ => None,
            })
            .collect();
        for (name, authorizer) in api.authorizers.iter().filter(|(name, _)| used.contains(name.as_str())) {
            let plan = self.authorizer(name, authorizer).map(|plan| {
                authorizers.plans.push(plan);
                authorizers.plans.len() - 1
            });
            authorizers.by_name.insert(name.clone(), plan);
        }
        authorizers
    }

    fn authorizer(&mut self, name: &str, authorizer: &Authorizer) -> Result<AuthorizerPlan, Unavailable> {
        let at = &authorizer.at;
        let kind = match authorizer.kind {
            AuthorizerType::Token => self.token(name, authorizer),
            AuthorizerType::Request => self.request(name, authorizer),
            AuthorizerType::CognitoUserPools => {
                let message = format!(
                    "the authorizer `{name}` is of type COGNITO_USER_POOLS, which is not available in this version"
                );
                return Err(self.unavailable("unavailable-authorizer", at, message));
            }
            AuthorizerType::Jwt => {
                let message =
                    format!("the authorizer `{name}` is of type JWT, which is not available in this version");
                return Err(self.unavailable("unavailable-authorizer", at, message));
            }
        };
        let ttl_seconds = self.ttl(name, authorizer);
        let broken = |what: &str| Unavailable { code: "authorizer-invalid", message: Arc::from(what) };
        let uri = authorizer.authorizer_uri.as_deref().unwrap_or_default();
        let (uri, unknown) = with_stage_variables(uri, &self.stage.variables);
        for variable in unknown {
            self.warning(
                "stage-variable-unknown",
                at,
                format!(
                    "found the stage variable `{variable}` in `authorizerUri`, which stage `{}` does not set",
                    self.stage.name
                ),
            );
        }
        let Some(function_arn) = function_arn(&uri) else {
            let message = format!(
                "found `{uri}` as `authorizerUri` of `{name}`, expected the invocation URI of a function"
            );
            self.error("authorizer-invalid", at, message.clone());
            return Err(broken(&message));
        };
        let binding = (self.options.resolve_function)(function_arn);
        if let Some(Binding::Endpoint { .. }) = binding {
            let message = format!(
                "the function `{function_arn}` of the authorizer `{name}` is elsewhere; authorizers need a component"
            );
            return Err(self.unavailable("unavailable-function", at, message));
        }
        let Some(Binding::Plugin(plugin)) = binding else {
            let message =
                format!("the function `{function_arn}` of the authorizer `{name}` is not in functions.yaml");
            let function = function_arn.splitn(7, ':').nth(6).unwrap_or(function_arn);
            let remedy = format!(
                "say in functions.yaml which plugin stands for it: `{function}: {{plugin: NAME}}` under `functions:`"
            );
            return Err(self.unavailable_until("unavailable-function", at, message, Some(&remedy)));
        };
        let function_arn = self.shared.text(function_arn);
        // What is wrong with the kind is reported as an error, so this plan is not served.
        let kind = kind.ok_or_else(|| broken("the authorizer is invalid"))?;
        Ok(AuthorizerPlan { name: self.shared.text(name), kind, ttl_seconds, function_arn, plugin })
    }

    fn token(&mut self, name: &str, authorizer: &Authorizer) -> Option<AuthorizerKind> {
        let at = &authorizer.at;
        let source = match authorizer.identity_sources.as_slice() {
            [source] => RequestSource::parse(source).ok(),
            _ => None,
        };
        let Some(RequestSource::Header(header)) = source else {
            let message = format!(
                "found the identity source `{}` of the TOKEN authorizer `{name}`, expected one `method.request.header.NAME`",
                authorizer.identity_sources.join(",")
            );
            self.error("authorizer-invalid", at, message);
            return None;
        };
        let validation = match authorizer.identity_validation_expression.as_deref() {
            None | Some("") => None,
            Some(pattern) => match self.shared.pattern(pattern) {
                Ok(pattern) => Some(pattern),
                Err(error) => {
                    self.error(
                        "pattern-invalid",
                        at,
                        format!("in `identityValidationExpression` of `{name}`: {error}"),
                    );
                    return None;
                }
            },
        };
        Some(AuthorizerKind::Token { header: self.shared.text(&header), validation })
    }

    fn request(&mut self, name: &str, authorizer: &Authorizer) -> Option<AuthorizerKind> {
        let mut identity_sources = Vec::with_capacity(authorizer.identity_sources.len());
        for text in &authorizer.identity_sources {
            use RequestSource as S;
            match S::parse(text) {
                Ok(S::Path(_) | S::Body | S::BodyPath(_) | S::Static(_)) => {
                    let message = format!(
                        "found the identity source `{text}` of `{name}`, expected a header, a query string parameter, a stage variable or a context variable"
                    );
                    self.error("authorizer-invalid", &authorizer.at, message);
                }
                Ok(source) => identity_sources.push(source.bind(&self.stage.variables)),
                Err(error) => {
                    self.error(
                        "authorizer-invalid",
                        &authorizer.at,
                        format!("in the identity source `{text}` of `{name}`: {error}"),
                    );
                }
            }
        }
        let is_complete = identity_sources.len() == authorizer.identity_sources.len();
        is_complete.then_some(AuthorizerKind::Request { identity_sources })
    }

    fn ttl(&mut self, name: &str, authorizer: &Authorizer) -> u32 {
        let ttl = authorizer.result_ttl_seconds.unwrap_or(DEFAULT_TTL_SECONDS);
        if ttl > MAX_TTL_SECONDS {
            let message = format!(
                "found {ttl} as `authorizerResultTtlInSeconds` of `{name}`, expected 0 to {MAX_TTL_SECONDS}"
            );
            self.error("authorizer-invalid", &authorizer.at, message);
        }
        if ttl > 0 && authorizer.kind == AuthorizerType::Request && authorizer.identity_sources.is_empty() {
            let message = format!(
                "the results of `{name}` are kept for {ttl} s, which needs an `identitySource` to tell callers apart"
            );
            self.error("authorizer-invalid", &authorizer.at, message);
        }
        ttl
    }
}

/// The function ARN in `arn:…:lambda:path/2015-03-31/functions/ARN/invocations`.
pub(super) fn function_arn(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(":lambda:path/")?;
    let (_, rest) = rest.split_once("/functions/")?;
    let arn =
        rest.strip_suffix("/invocations").or_else(|| rest.strip_suffix("/response-streaming-invocations"))?;
    (!arn.is_empty()).then_some(arn)
}
