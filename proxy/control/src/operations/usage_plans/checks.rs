//! What a usage plan may be.

use crate::entities::{ApiStage, Quota, Stage, Throttle, UsagePlan};
use crate::operations::methods::VERBS;
use crate::protocol::error::Error;
use crate::state::{Transaction, below};

/// Most methods of one stage with throttles of their own.
const MAX_METHOD_THROTTLES: usize = 20;
/// Highest offset in a week: Saturday.
const MAX_WEEK_OFFSET: i64 = 6;
/// Highest offset in a month: the 28th, which every month has.
const MAX_MONTH_OFFSET: i64 = 27;

/// Adds a stage to a plan.
///
/// # Errors
/// When it is not there, is in the plan already, or one of the plan's keys is in another plan for it.
pub(super) fn add_stage(state: &Transaction<'_>, plan: &mut UsagePlan, stage: ApiStage) -> Result<(), Error> {
    let ApiStage { api_id, stage: name, .. } = &stage;
    if api_id.is_empty() || name.is_empty() {
        return Err(invalid_stage());
    }
    if state.get::<Stage>(&below(api_id, name)).is_none() {
        return Err(unknown_stage(api_id, name, &plan.id));
    }
    if plan.api_stages.iter().any(|other| is_same(other, &stage)) {
        let message = format!("The stage {api_id}:{name} is in usage plan {} already", plan.id);
        return Err(Error::conflict(message));
    }
    for key in &plan.keys {
        check_other_plans(state, &plan.id, &key.id, std::slice::from_ref(&stage))?;
    }
    plan.api_stages.push(stage);
    Ok(())
}

/// That a key is in no other plan for one of these stages: requests with it could not be told apart.
pub(super) fn check_other_plans(
    state: &Transaction<'_>,
    plan: &str,
    key: &str,
    stages: &[ApiStage],
) -> Result<(), Error> {
    let others = state.list::<UsagePlan>("").into_iter();
    let others = others.filter(|(id, other)| *id != plan && other.keys.iter().any(|other| other.id == key));
    for (id, other) in others {
        let shared = stages.iter().find(|stage| other.api_stages.iter().any(|other| is_same(other, stage)));
        if let Some(ApiStage { api_id, stage, .. }) = shared {
            return Err(Error::conflict(format!(
                "The API Key is in usage plan {id} for the stage {api_id}:{stage} already"
            )));
        }
    }
    Ok(())
}

fn is_same(one: &ApiStage, other: &ApiStage) -> bool {
    (&one.api_id, &one.stage) == (&other.api_id, &other.stage)
}

pub(super) fn invalid_stage() -> Error {
    Error::bad_request("Invalid API Stage specified")
}

pub(super) fn unknown_stage(api: &str, stage: &str, plan: &str) -> Error {
    Error::not_found(format!(
        "Invalid API Stage {{api: {api}, stage: {stage}}} specified for usageplan {plan}"
    ))
}

/// Checks everything about a plan that does not depend on others.
pub(super) fn check(plan: &UsagePlan) -> Result<(), Error> {
    if plan.name.trim().is_empty() {
        return Err(Error::bad_request("Usage Plan name cannot be blank"));
    }
    plan.throttle.as_ref().map_or(Ok(()), check_throttle)?;
    plan.quota.as_ref().map_or(Ok(()), check_quota)?;
    for stage in &plan.api_stages {
        if stage.throttle.len() > MAX_METHOD_THROTTLES {
            return Err(Error::bad_request(format!(
                "A stage can have at most {MAX_METHOD_THROTTLES} methods with throttles of their own in a Usage Plan"
            )));
        }
        for (method, throttle) in &stage.throttle {
            check_method(method)?;
            check_throttle(throttle)?;
        }
    }
    Ok(())
}

fn check_throttle(throttle: &Throttle) -> Result<(), Error> {
    if throttle.burst_limit < 0 || !throttle.rate_limit.is_finite() || throttle.rate_limit < 0.0 {
        return Err(Error::bad_request("Usage Plan throttle limits must be zero or more"));
    }
    Ok(())
}

fn check_quota(quota: &Quota) -> Result<(), Error> {
    let Quota { limit, offset, period } = quota;
    let problem = match period.as_deref() {
        _ if *limit < 0 => "Usage Plan quota limit must be zero or more",
        Some("DAY") if *offset != 0 => "Usage Plan quota offset must be zero in the DAY period",
        Some("WEEK") if !(0..=MAX_WEEK_OFFSET).contains(offset) => {
            "Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period"
        }
        Some("MONTH") if !(0..=MAX_MONTH_OFFSET).contains(offset) => {
            "Usage Plan quota offset must be between 0 and 27 inclusive in the MONTH period"
        }
        Some("DAY" | "WEEK" | "MONTH") => return Ok(()),
        _ => "Usage Plan quota period must be one of: [DAY, WEEK, MONTH]",
    };
    Err(Error::bad_request(problem))
}

/// A path and a verb, such as `/pets/GET`; `//GET` for the root.
fn check_method(method: &str) -> Result<(), Error> {
    let parts = method.rsplit_once('/').filter(|(path, _)| path.starts_with('/'));
    if parts.is_none_or(|(_, verb)| !VERBS.contains(&verb)) {
        let message =
            format!("Invalid method '{method}' specified: expected a path and a verb, e.g. /pets/GET");
        return Err(Error::bad_request(message));
    }
    Ok(())
}
