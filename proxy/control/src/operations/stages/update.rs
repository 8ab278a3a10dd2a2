//! `UpdateStage`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch>.

use super::{
    CACHE_SIZES, access_log, canary, check_deployment, check_documentation, enable_cache, existing,
    method_settings, unknown, variables, view,
};
use crate::entities::{Account, ClientCertificate, Stage};
use crate::operations::account;
use crate::operations::patch_map::non_empty;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};
use crate::state::Transaction;

/// What a path may be, as API Gateway lists it: not all, and with separators missing.
const PATHS: &str = "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, \
    /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, \
    /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, \
    /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit\
    /{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, \
    /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, \
    /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, \
    /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, \
    /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit \
    /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, \
    /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, \
    /variables/{variable_name}, /tracingEnabled";

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let key = existing(call)?;
    call.state.writable::<Stage>(&key)?;
    let mut stage = call.state.get::<Stage>(&key).ok_or_else(unknown)?.clone();
    let patch = Patch { state: &call.state, api: call.input.required("restApiId") };
    for operation in &call.input.patch_operations() {
        patch.apply(&mut stage, operation)?;
    }
    stage.last_updated_date = call.environment.now();
    let answer = view(&stage);
    call.state.put(&key, stage)?;
    Ok(Answer::Json(answer))
}

/// What patch operations are checked against.
struct Patch<'p, 's> {
    state: &'p Transaction<'s>,
    api: &'p str,
}

impl Patch<'_, '_> {
    fn apply(&self, stage: &mut Stage, operation: &PatchOperation) -> Result<(), Error> {
        match operation.op {
            Op::Replace => self.replace(stage, operation),
            Op::Add => add(stage, operation),
            Op::Remove => remove(stage, operation),
            Op::Copy => canary::promote(stage, operation.from.as_deref().unwrap_or("null"), operation.path()),
            Op::Move | Op::Test => Err(unsupported(operation)),
        }
    }

    fn replace(&self, stage: &mut Stage, operation: &PatchOperation) -> Result<(), Error> {
        let value = operation.text();
        match operation.raw_segments().as_slice() {
            ["deploymentId"] => {
                check_deployment(self.state, self.api, value)?;
                value.clone_into(&mut stage.deployment_id);
            }
            ["description"] => stage.description = non_empty(operation),
            ["cacheClusterEnabled"] => enable_cache(stage, operation.boolean()),
            ["cacheClusterSize"] => stage.cache_cluster_size = Some(cache_size(value)?),
            ["clientCertificateId"] => {
                self.check_certificate(value)?;
                stage.client_certificate_id = non_empty(operation);
            }
            ["documentationVersion"] => {
                if !value.is_empty() {
                    check_documentation(self.state, self.api, value)?;
                }
                stage.documentation_version = non_empty(operation);
            }
            ["tracingEnabled"] => stage.tracing_enabled = operation.boolean(),
            ["variables"] => variables::set_all(&mut stage.variables, operation.path(), value)?,
            ["variables", name @ ..] => variables::set(&mut stage.variables, &name.join("/"), value)?,
            ["accessLogSettings", part @ ..] => {
                access_log::set(&mut stage.access_log_settings, part, value)?;
            }
            ["canarySettings", part @ ..] => self.replace_canary(stage, part, operation)?,
            ["methodSettings"] => {
                method_settings::set_all(&mut stage.method_settings, value)?;
                self.check_logging(stage)?;
            }
            segments => {
                let done = method_settings::set(&mut stage.method_settings, segments, value);
                done.unwrap_or_else(|| Err(invalid(operation)))?;
                self.check_logging(stage)?;
            }
        }
        Ok(())
    }

    fn replace_canary(
        &self,
        stage: &mut Stage,
        part: &[&str],
        operation: &PatchOperation,
    ) -> Result<(), Error> {
        let value = operation.text();
        match part {
            ["percentTraffic"] => canary::edit(stage).percent_traffic = canary::percent(value)?,
            ["deploymentId"] => {
                check_deployment(self.state, self.api, value)?;
                value.clone_into(&mut canary::edit(stage).deployment_id);
            }
            ["useStageCache"] => canary::edit(stage).use_stage_cache = operation.boolean(),
            ["stageVariableOverrides"] => {
                let overrides = &mut canary::edit(stage).stage_variable_overrides;
                variables::set_all(overrides, operation.path(), value)?;
            }
            ["stageVariableOverrides", name @ ..] => {
                let overrides = &mut canary::edit(stage).stage_variable_overrides;
                variables::set(overrides, &name.join("/"), value)?;
            }
            _ => return Err(invalid(operation)),
        }
        Ok(())
    }

    fn check_certificate(&self, id: &str) -> Result<(), Error> {
        if id.is_empty() || self.state.get::<ClientCertificate>(id).is_some() {
            return Ok(());
        }
        Err(Error::bad_request("Invalid client certificate identifier specified"))
    }

    /// Nothing is logged on AWS without a role to log with, and so clients set the role first.
    fn check_logging(&self, stage: &Stage) -> Result<(), Error> {
        let role = || self.state.get::<Account>(account::KEY)?.cloudwatch_role_arn.as_deref();
        if method_settings::logs(&stage.method_settings) && role().is_none() {
            return Err(Error::bad_request(
                "CloudWatch Logs role ARN must be set in account settings to enable logging",
            ));
        }
        Ok(())
    }
}

fn add(stage: &mut Stage, operation: &PatchOperation) -> Result<(), Error> {
    match operation.raw_segments().as_slice() {
        ["variables", first, rest @ ..] => {
            let name = [&[*first], rest].concat().join("/");
            variables::set(&mut stage.variables, &name, operation.text())
        }
        ["accessLogSettings", part @ ..] if !part.is_empty() => {
            access_log::set(&mut stage.access_log_settings, part, operation.text())
        }
        _ => Err(unsupported(operation)),
    }
}

fn remove(stage: &mut Stage, operation: &PatchOperation) -> Result<(), Error> {
    let segments = operation.raw_segments();
    match segments.as_slice() {
        ["variables"] => stage.variables = None,
        ["variables", name @ ..] => variables::remove(&mut stage.variables, &name.join("/")),
        ["canarySettings"] => stage.canary_settings = None,
        ["accessLogSettings"] => stage.access_log_settings = None,
        ["accessLogSettings", part @ ..] => access_log::remove(&mut stage.access_log_settings, part)?,
        segments => {
            let key = segments.join("/");
            if stage.method_settings.remove(&key).is_none() {
                return Err(Error::bad_request(format!(
                    "Cannot remove method setting {key} because there is no method setting for this method "
                )));
            }
        }
    }
    Ok(())
}

fn cache_size(value: &str) -> Result<String, Error> {
    if CACHE_SIZES.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(Error::bad_request(format!(
        "Invalid cacheClusterSize specified: {value}. It must be one of [{}]",
        CACHE_SIZES.join(", ")
    )))
}

fn unsupported(operation: &PatchOperation) -> Error {
    Error::bad_request(format!("Invalid {} operation with path: {}", operation.op.as_str(), operation.path()))
}

fn invalid(operation: &PatchOperation) -> Error {
    Error::bad_request(format!(
        "Invalid method setting path: {}. Must be one of: [{PATHS}]",
        operation.path()
    ))
}
