//! Patches of usage plans.

use super::super::patch_map::non_empty;
use super::super::patching::Paths;
use super::checks::{add_stage, invalid_stage, unknown_stage};
use crate::entities::{ApiStage, Throttle, UsagePlan};
use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};
use crate::state::Transaction;
use std::collections::BTreeMap;

/// As messages have them; the angle brackets stand for any text.
const PATHS: Paths = Paths {
    add: &[
        "/apiStages",
        "/throttle/rateLimit",
        "/throttle/burstLimit",
        "/quota/limit",
        "/quota/offset",
        "/quota/period",
        "/productCode",
        "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/rateLimit",
        "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/burstLimit",
        "/apiStages/<apidId:stageName>/throttle",
    ],
    replace: &[
        "/name",
        "/description",
        "/throttle/rateLimit",
        "/throttle/burstLimit",
        "/quota/limit",
        "/quota/offset",
        "/quota/period",
        "/productCode",
        "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/rateLimit",
        "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/burstLimit",
        "/apiStages/<apidId:stageName>/throttle",
    ],
    remove: &[
        "/apiStages",
        "/quota",
        "/throttle",
        "/productCode",
        "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>",
        "/apiStages/<apidId:stageName>/throttle",
    ],
};

pub(super) fn apply(
    plan: &mut UsagePlan,
    state: &Transaction<'_>,
    operation: &PatchOperation,
) -> Result<(), Error> {
    let segments = operation.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let text = || operation.text().to_owned();
    let put = matches!(operation.op, Op::Add | Op::Replace);
    match (operation.op, segments.as_slice()) {
        (Op::Replace, ["name"]) => plan.name = text(),
        (Op::Replace, ["description"]) => plan.description = non_empty(operation),
        (_, ["productCode"]) if put => plan.product_code = non_empty(operation),
        (Op::Remove, ["productCode"]) => plan.product_code = None,
        (Op::Remove, ["throttle"]) => plan.throttle = None,
        (_, ["throttle", limit @ ("rateLimit" | "burstLimit")]) if put => {
            set_limit(plan.throttle.get_or_insert_default(), limit, operation)?;
        }
        (Op::Remove, ["quota"]) => plan.quota = None,
        (_, ["quota", member @ ("limit" | "offset" | "period")]) if put => {
            let quota = plan.quota.get_or_insert_default();
            match *member {
                "limit" => quota.limit = integer(operation)?,
                "offset" => quota.offset = integer(operation)?,
                _ => quota.period = Some(text()),
            }
        }
        (Op::Add, ["apiStages"]) => {
            let (api_id, stage) = api_and_stage(operation.text())?;
            let stage = ApiStage { api_id, stage, ..ApiStage::default() };
            add_stage(state, plan, stage)?;
        }
        (Op::Remove, ["apiStages"]) => {
            let (api, stage) = api_and_stage(operation.text())?;
            let place = find(plan, &api, &stage)?;
            plan.api_stages.remove(place);
        }
        (_, ["apiStages", stage, "throttle", method @ ..]) => {
            let (api, name) = api_and_stage(stage)?;
            let place = find(plan, &api, &name)?;
            if let Some(stage) = plan.api_stages.get_mut(place) {
                methods(&mut stage.throttle, method, operation)?;
            }
        }
        _ => return Err(PATHS.refuse(operation)),
    }
    Ok(())
}

/// Patches the throttles of methods. The path of a resource may be escaped, as one segment, or not, as several.
fn methods(
    throttles: &mut BTreeMap<String, Throttle>,
    method: &[&str],
    operation: &PatchOperation,
) -> Result<(), Error> {
    match (operation.op, method) {
        (Op::Add | Op::Replace, []) => {
            *throttles = serde_json::from_str(operation.text()).map_err(|_| {
                let path = operation.path();
                let message =
                    format!("The value for '{path}' must be a JSON object of methods and their limits");
                Error::bad_request(message)
            })?;
        }
        (Op::Remove, []) => throttles.clear(),
        (Op::Add | Op::Replace, [method @ .., limit @ ("rateLimit" | "burstLimit")]) if method.len() > 1 => {
            set_limit(throttles.entry(method.join("/")).or_default(), limit, operation)?;
        }
        // A method loses both its limits or none.
        (Op::Remove, [.., "rateLimit" | "burstLimit"]) => return Err(PATHS.refuse(operation)),
        (Op::Remove, method) if method.len() > 1 => {
            throttles.remove(&method.join("/"));
        }
        _ => return Err(PATHS.refuse(operation)),
    }
    Ok(())
}

fn set_limit(throttle: &mut Throttle, limit: &str, operation: &PatchOperation) -> Result<(), Error> {
    if limit == "burstLimit" {
        throttle.burst_limit = integer(operation)?;
    } else {
        throttle.rate_limit = operation.text().trim().parse().map_err(|_| no_number(operation))?;
    }
    Ok(())
}

fn integer(operation: &PatchOperation) -> Result<i64, Error> {
    let number: i32 = operation.text().trim().parse().map_err(|_| no_number(operation))?;
    Ok(number.into())
}

fn no_number(operation: &PatchOperation) -> Error {
    let (value, path) = (operation.text(), operation.path());
    Error::bad_request(format!("Invalid value '{value}' specified for '{path}': expected a number"))
}

fn api_and_stage(text: &str) -> Result<(String, String), Error> {
    match text.split_once(':') {
        Some((api, stage)) if !api.is_empty() && !stage.is_empty() && !stage.contains(':') => {
            Ok((api.to_owned(), stage.to_owned()))
        }
        _ => Err(invalid_stage()),
    }
}

fn find(plan: &UsagePlan, api: &str, stage: &str) -> Result<usize, Error> {
    let mut stages = plan.api_stages.iter();
    let place = stages.position(|other| other.api_id == api && other.stage == stage);
    place.ok_or_else(|| unknown_stage(api, stage, &plan.id))
}
