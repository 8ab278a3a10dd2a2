//! Stage 5: resource policy, then the authorizer, then what both come to together.

use super::asked::{Identity, Shown, ask as ask_plugin};
use crate::authorizer::{AuthorizerRuntime, Outcome};
use crate::exchange::{Exchange, Refusal};
use crate::guard::{Breaker, Guarded};
use crate::view::View;
use edgewit_mapping::expression::{RequestScope, RequestSource};
use edgewit_model::gateway_response::GatewayResponseType::{
    ACCESS_DENIED, AUTHORIZER_CONFIGURATION_ERROR, AUTHORIZER_FAILURE, DEFAULT_4XX, UNAUTHORIZED,
};
use edgewit_plan::plan::{AuthorizerKind, AuthorizerPlan, RouteAuthorization};
use edgewit_plugin::{Decision, PluginError};
use edgewit_policy::{ConditionKeys, PolicyRequest, Verdict, same_account};
use pingora_http::RequestHeader;
use std::sync::Arc;
use std::time::Instant;

/// Bytes that a method ARN may have where somebody has to look at it.
pub(crate) const METHOD_ARN_BYTES: usize = 1600;

/// Decides whether the caller may call the route.
///
/// # Errors
/// 401, 403, 414 or 500, as API Gateway answers them.
pub(super) async fn run(header: &mut RequestHeader, exchange: &mut Exchange) -> Result<(), Refusal> {
    let Some(route) = exchange.route() else { return Err(Refusal::internal()) };
    let has_policy = exchange.stage().is_some_and(|stage| stage.plan.resource_policy.is_some());
    let index = match &route.authorization {
        RouteAuthorization::Open if !has_policy => return Ok(()),
        RouteAuthorization::Open => None,
        RouteAuthorization::Authorizer(index) => Some(*index),
        RouteAuthorization::Unavailable(_) => return Err(Refusal::configuration()),
    };
    let method = exchange.verb.map_or("-", |verb| verb.as_str());
    let arn = exchange.method_arn(method);
    if arn.len() > METHOD_ARN_BYTES {
        return Err(
            Refusal::new(DEFAULT_4XX, "Request URI too long", "RequestUriTooLongException").with_status(414)
        );
    }
    let of_resource = resource_policy(header, exchange, &arn);
    let Some(index) = index else {
        return match of_resource {
            Some(Verdict::Allow) | None => Ok(()),
            Some(verdict) => Err(anonymous_denied(&arn, verdict)),
        };
    };
    if of_resource == Some(Verdict::ExplicitDeny) {
        return Err(anonymous_denied(&arn, Verdict::ExplicitDeny));
    }
    let Some(of_caller) = ask(header, exchange, index, &arn).await? else {
        // Passed over: as on a route without an authorizer, where the policy has to allow.
        return match of_resource {
            Some(Verdict::Allow) | None => Ok(()),
            Some(verdict) => Err(anonymous_denied(&arn, verdict)),
        };
    };
    let verdict = of_resource.map_or(of_caller, |of_resource| same_account(of_caller, of_resource));
    match verdict {
        Verdict::Allow => Ok(()),
        Verdict::ExplicitDeny => {
            exchange.authorizer.caller = None;
            Err(denied("User is not authorized to access this resource with an explicit deny"))
        }
        Verdict::Silent => {
            exchange.authorizer.caller = None;
            Err(denied("User is not authorized to access this resource"))
        }
    }
}

fn denied(message: &'static str) -> Refusal {
    Refusal::new(ACCESS_DENIED, message, "AccessDeniedException")
}

fn anonymous_denied(arn: &str, verdict: Verdict) -> Refusal {
    let how = if verdict == Verdict::ExplicitDeny { " with an explicit deny" } else { "" };
    let arn = masked(arn);
    let message =
        format!("User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn}{how}");
    Refusal::new(ACCESS_DENIED, message, "AccessDeniedException")
}

/// Hides the account but for its last four digits.
fn masked(arn: &str) -> String {
    let mut parts = arn.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    if let Some(account) = parts.get_mut(4) {
        let hidden = account.chars().count().saturating_sub(4);
        *account = account.chars().enumerate().map(|(at, c)| if at < hidden { '*' } else { c }).collect();
    }
    parts.join(":")
}

fn unauthorized() -> Refusal {
    Refusal::new(UNAUTHORIZED, "Unauthorized", "UnauthorizedException")
}

fn resource_policy(header: &RequestHeader, exchange: &Exchange, arn: &str) -> Option<Verdict> {
    let policy = exchange.stage()?.plan.resource_policy.as_ref()?;
    let conditions = Conditions { header, exchange };
    Some(policy.evaluate(&invoke(arn, &conditions)))
}

fn invoke<'a>(resource: &'a str, conditions: &'a dyn ConditionKeys) -> PolicyRequest<'a> {
    PolicyRequest { principal: None, action: "execute-api:Invoke", resource, conditions }
}

/// The condition keys that are known of every request.
struct Conditions<'a> {
    header: &'a RequestHeader,
    exchange: &'a Exchange,
}

impl ConditionKeys for Conditions<'_> {
    fn get(&self, key_lower: &str, each: &mut dyn FnMut(&str)) {
        let header = |name: &str| self.header.headers.get(name).and_then(|value| value.to_str().ok());
        match key_lower {
            "aws:sourceip" => each(&self.exchange.client.to_canonical().to_string()),
            "aws:useragent" => header("user-agent").into_iter().for_each(each),
            "aws:referer" => header("referer").into_iter().for_each(each),
            // TLS ends before this node, if anywhere.
            "aws:securetransport" => each("false"),
            "aws:epochtime" => each(&(self.exchange.ids.epoch_ms / 1000).to_string()),
            "aws:currenttime" => each(&crate::time::iso8601(self.exchange.ids.epoch_ms)),
            _ => {}
        }
    }
}

/// What the authorizer, or its kept result, says about the method; nothing when it failed and is passed over.
async fn ask(
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    index: usize,
    arn: &str,
) -> Result<Option<Verdict>, Refusal> {
    let Some(stage) = exchange.stage().map(Arc::clone) else { return Err(Refusal::internal()) };
    let runtime = stage.authorizers.get(index).and_then(Option::as_ref);
    let (Some(plan), Some(runtime)) = (stage.plan.authorizers.get(index), runtime) else {
        return Err(Refusal::internal());
    };
    let identity = identity(plan, runtime, header, exchange)?;
    let outcome = match runtime.keeps_results().then(|| identity.key()) {
        // A call's future is large, and most requests have nobody to call.
        None => Box::pin(call(runtime, header, exchange, identity, arn)).await?,
        Some(key) => match runtime.cached(&key) {
            Some(outcome) => outcome,
            None => {
                let outcome = Box::pin(call(runtime, header, exchange, identity, arn)).await?;
                runtime.keep(key, &outcome);
                outcome
            }
        },
    };
    exchange.authorizer.status = Some(200);
    let conditions = Conditions { header, exchange };
    let (caller, verdict) = match &*outcome {
        Outcome::Allow(caller) => (Some(caller), Verdict::Allow),
        Outcome::Policy(caller, policy) => (Some(caller), policy.evaluate(&invoke(arn, &conditions))),
        // It failed, and the operator wants requests to go on then.
        Outcome::PassedOver => return Ok(None),
        Outcome::Deny => (None, Verdict::ExplicitDeny),
        Outcome::Unauthorized => {
            exchange.authorizer.status = Some(401);
            return Err(unauthorized());
        }
    };
    exchange.authorizer.caller = caller.map(Arc::clone);
    if verdict != Verdict::Allow {
        exchange.authorizer.status = Some(403);
    }
    Ok(Some(verdict))
}

/// What an authorizer says of a request that is only tried out.
pub(crate) enum Tried {
    /// It was asked: the identity that it saw first, and what it decided.
    Decided(String, Decision),
    /// An identity source is missing or does not match: nobody was asked.
    Unauthorized,
    /// It failed, or is not there: why.
    Failed(String),
}

/// Asks the authorizer with this index, whatever the route, and keeps nothing.
pub(crate) async fn try_out(header: &mut RequestHeader, exchange: &mut Exchange, index: usize) -> Tried {
    let missing = || Tried::Failed("no component of this node stands for its function".to_owned());
    let Some(stage) = exchange.stage().map(Arc::clone) else { return missing() };
    let runtime = stage.authorizers.get(index).and_then(Option::as_ref);
    let (Some(plan), Some(runtime)) = (stage.plan.authorizers.get(index), runtime) else { return missing() };
    let Ok(identity) = identity(plan, runtime, header, exchange) else { return Tried::Unauthorized };
    let first = identity.sources.first().cloned().unwrap_or_default();
    let arn = exchange.method_arn(exchange.verb.map_or("GET", |verb| verb.as_str()));
    let shown = Shown { identity, arn: Some(arn), body: None };
    let breaker = Breaker::default();
    let asked =
        ask_plugin(&runtime.plugin, &breaker, header, exchange, shown, |plugin, request| async move {
            plugin.authorize(request).await
        });
    match asked.await {
        Ok(Guarded::Answered(decision)) => Tried::Decided(first, decision),
        Ok(Guarded::Failed(Some(error))) => Tried::Failed(error.to_string()),
        Ok(Guarded::Failed(None) | Guarded::PassedOver) | Err(_) => Tried::Failed("it failed".to_owned()),
    }
}

/// Collects identity sources; what is missing is a 401 without a call.
fn identity(
    plan: &AuthorizerPlan,
    runtime: &AuthorizerRuntime,
    header: &RequestHeader,
    exchange: &mut Exchange,
) -> Result<Identity, Refusal> {
    match &plan.kind {
        AuthorizerKind::Token { header: name, validation } => {
            let token = last_header(header, name).filter(|token| !token.is_empty());
            let valid = |token: &str| validation.as_ref().is_none_or(|pattern| pattern.is_match(token));
            let Some(token) = token.filter(|token| valid(token)) else {
                exchange.authorizer.status = Some(401);
                return Err(unauthorized());
            };
            Ok(Identity { sources: vec![token.to_owned()], token: true })
        }
        AuthorizerKind::Request { identity_sources } => {
            let view = View::new(header, exchange);
            let Some(stage) = exchange.stage() else { return Err(Refusal::internal()) };
            let scope = RequestScope::new(&view, &view, &stage.plan.stage_variables);
            let mut identity = Identity { token: false, sources: Vec::new() };
            let mut missing = false;
            for source in identity_sources {
                let value = identity_value(source, header, &scope);
                missing |= value.is_empty();
                identity.sources.push(value);
            }
            // Without kept results there is nothing to look up, and the function sees every request.
            if missing && runtime.keeps_results() {
                exchange.authorizer.status = Some(401);
                return Err(unauthorized());
            }
            Ok(identity)
        }
    }
}

fn identity_value(source: &RequestSource, header: &RequestHeader, scope: &RequestScope<'_>) -> String {
    if let RequestSource::Header(name) = source {
        return last_header(header, name).unwrap_or_default().to_owned();
    }
    let value = source.evaluate(scope).ok().and_then(|values| values.joined());
    value.map(|value| String::from_utf8_lossy(&value).into_owned()).unwrap_or_default()
}

fn last_header<'a>(header: &'a RequestHeader, name: &str) -> Option<&'a str> {
    header.headers.get_all(name).iter().next_back()?.to_str().ok()
}

async fn call(
    runtime: &AuthorizerRuntime,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    identity: Identity,
    arn: &str,
) -> Result<Arc<Outcome>, Refusal> {
    let stage = exchange.stage().map(Arc::clone);
    let found = exchange.found.map(|found| found.route);
    let breaker = stage.as_ref().and_then(|stage| Some(&stage.routes.get(found?)?.authorizer_breaker));
    let Some(breaker) = breaker else { return Err(Refusal::internal()) };
    let started = Instant::now();
    let shown = Shown { identity, arn: Some(arn.to_owned()), body: None };
    let result =
        ask_plugin(&runtime.plugin, breaker, header, exchange, shown, |plugin, request| async move {
            plugin.authorize(request).await
        });
    let result = result.await?;
    exchange.authorizer.latency = Some(started.elapsed());
    let name = runtime.plugin.plugin.name();
    let failed = match result {
        Guarded::Answered(decision) => match Outcome::new(decision) {
            Ok(outcome) => return Ok(Arc::new(outcome)),
            Err(error) => error,
        },
        Guarded::PassedOver => return Ok(Arc::new(Outcome::PassedOver)),
        Guarded::Failed(error) => {
            exchange.authorizer.status = Some(500);
            exchange.authorizer.error =
                Some(error.as_ref().map_or_else(|| "its breaker is open".to_owned(), ToString::to_string));
            return Err(failure(error.as_ref()));
        }
    };
    tracing::warn!(plugin = name, error = failed, "an authorizer returned no valid policy");
    exchange.authorizer.status = Some(500);
    exchange.authorizer.error = Some(failed);
    Err(null_message(AUTHORIZER_CONFIGURATION_ERROR, "AuthorizerConfigurationException"))
}

fn failure(error: Option<&PluginError>) -> Refusal {
    match error {
        // The authorizer was never asked: the node is what failed.
        None | Some(PluginError::PoolExhausted { .. }) => {
            null_message(AUTHORIZER_FAILURE, "AuthorizerFailureException")
        }
        Some(_) => null_message(AUTHORIZER_CONFIGURATION_ERROR, "AuthorizerConfigurationException"),
    }
}

fn null_message(
    kind: edgewit_model::gateway_response::GatewayResponseType,
    error_type: &'static str,
) -> Refusal {
    Refusal { kind, status: None, message: None, error_type, validation: None, because: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_masked_but_for_four_digits() {
        assert_eq!(
            masked("arn:aws:execute-api:us-east-1:123456789012:a/dev/GET/x:y"),
            "arn:aws:execute-api:us-east-1:********9012:a/dev/GET/x:y"
        );
    }
}
