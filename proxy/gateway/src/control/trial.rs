//! `TestInvokeMethod` and `TestInvokeAuthorizer`: one request through an API as it is now, deployed or not.

use super::{ControlPlane, stages};
use crate::deploy::LiveStage;
use crate::invoke::{Invocation, InvokeError, authorize, invoke, unauthorized};
use bytes::Bytes;
use edgewit_control::entities::{Authorizer, RestApi};
use edgewit_control::protocol::answer::TrialTarget;
use edgewit_control::{Error, ErrorKind, Trial};
use edgewit_mapping::query;
use edgewit_mapping::selection::SelectionPattern;
use edgewit_model::api as model;
use edgewit_model::stage::Deployment;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;

/// What API Gateway calls the stage of a test invocation.
pub(crate) const TRIAL_STAGE: &str = "test-invoke-stage";

impl ControlPlane {
    /// Blocks until the request has its answer.
    pub(super) fn try_out(&self, trial: &Trial) -> Result<Value, Error> {
        let api = self.state.read().get::<RestApi>(&trial.rest_api_id).cloned();
        let api = api.ok_or_else(|| Error::not_found("Invalid Resource identifier specified"))?;
        let mut model = stages::model(&api)?;
        if let TrialTarget::Authorizer { name, .. } = &trial.target {
            guard(&mut model, name);
        }
        let stage = LiveStage {
            rest_api_id: trial.rest_api_id.clone(),
            name: TRIAL_STAGE.to_owned(),
            deployment: Deployment { id: "test-invoke".to_owned(), api: Arc::new(model) },
            variables: trial.stage_variables.iter().cloned().collect(),
            access_log_format: None,
            canary: None,
        };
        let generation = self.deployer.trial(stage).map_err(|findings| stages::refused(&findings))?;
        let runtime = runtime().map_err(|error| {
            Error::new(ErrorKind::InternalFailure, format!("The request could not be run: {error}"))
        })?;
        let path = match (&trial.path_with_query, &trial.target) {
            (Some(path), _) if !path.is_empty() => path.clone(),
            // Up to its first parameter, which stays empty then.
            (_, TrialTarget::Method { resource, .. }) => {
                resource.split('{').next().unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        match &trial.target {
            TrialTarget::Method { resource, http_method } => {
                let invocation = Invocation {
                    api: None,
                    stage: None,
                    resource: Some(resource.clone()),
                    method: if http_method == "ANY" { "GET".to_owned() } else { http_method.clone() },
                    path,
                    headers: trial.headers.clone(),
                    body: Bytes::from(trial.body.clone().unwrap_or_default()),
                };
                let invoked =
                    runtime.block_on(invoke(&self.shared, &generation, &invocation)).map_err(refused)?;
                Ok(json!({
                    "status": invoked.status,
                    "body": String::from_utf8_lossy(&invoked.body),
                    "headers": invoked.headers,
                    "multiValueHeaders": invoked.multi_value_headers,
                    "log": invoked.log,
                    "latency": invoked.latency_ms,
                }))
            }
            TrialTarget::Authorizer { name, .. } => {
                if let Some(authorizer) = api.authorizers.values().find(|it| &it.name == name)
                    && !has_identity(authorizer, &path, &trial.headers)
                {
                    return Ok(unauthorized(name));
                }
                let called = authorize(&generation, name, &path, &trial.headers);
                runtime.block_on(called).map_err(refused)
            }
        }
    }
}

/// What test invocations wait on. Never dropped: what one of them has begun, such as looking for credentials that all
/// requests use, must come to its end.
fn runtime() -> std::io::Result<&'static Runtime> {
    static TRIALS: OnceLock<Runtime> = OnceLock::new();
    if let Some(there) = TRIALS.get() {
        return Ok(there);
    }
    let new = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("trial")
        .enable_all()
        .build()?;
    if let Err(second) = TRIALS.set(new) {
        second.shutdown_background();
    }
    TRIALS.get().ok_or_else(|| std::io::ErrorKind::Other.into())
}

/// Has the authorizer guard something, because those that guard nothing are not compiled.
fn guard(api: &mut model::RestApi, name: &str) {
    let guarded = model::Method {
        authorization: model::Authorization::Authorizer { name: name.to_owned(), scopes: Vec::new() },
        ..model::Method::default()
    };
    if let Some(root) = api.resources.first_mut() {
        root.methods.insert(model::Verb::GET, guarded);
    }
}

/// Whether a request has what the authorizer identifies callers by; who has not is refused without a call.
fn has_identity(authorizer: &Authorizer, path: &str, headers: &[(String, String)]) -> bool {
    let sources = authorizer.identity_source.as_deref().unwrap_or_default();
    let sources: Vec<&str> = sources.split(',').map(str::trim).filter(|source| !source.is_empty()).collect();
    let value = |source: &str| {
        if let Some(name) = source.strip_prefix("method.request.header.") {
            let mut found = headers.iter().rev().filter(|(header, _)| header.eq_ignore_ascii_case(name));
            return found.next().map(|(_, value)| value.clone()).filter(|value| !value.is_empty());
        }
        if let Some(name) = source.strip_prefix("method.request.querystring.") {
            let query = path.split_once('?').map_or("", |(_, query)| query);
            return query::last(query, name)
                .map(|value| value.into_owned())
                .filter(|value| !value.is_empty());
        }
        // What the context or the stage gives is looked at with the rest.
        Some(String::new())
    };
    if authorizer.kind == "REQUEST" {
        return authorizer.authorizer_result_ttl_in_seconds == Some(0)
            || sources.iter().all(|source| value(source).is_some());
    }
    let Some(token) = sources.first().and_then(|source| value(source)) else { return false };
    let expression = authorizer.identity_validation_expression.as_deref().filter(|text| !text.is_empty());
    expression
        .and_then(|text| SelectionPattern::parse(text).ok())
        .is_none_or(|pattern| pattern.is_match(&token))
}

fn refused(error: InvokeError) -> Error {
    match error {
        InvokeError::NoAnswer => Error::new(ErrorKind::InternalFailure, error.to_string()),
        other => Error::bad_request(other.to_string()),
    }
}
