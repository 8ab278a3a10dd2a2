//! Usage plans themselves.

use super::super::{Handler, set, tags};
use super::{checks, find, patches};
use crate::entities::{ApiStage, Stage, UsagePlan};
use crate::environment;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::page::page;
use crate::state::below;
use serde_json::{Value, json};

/// Most plans of an account.
const MAX_PLANS: usize = 300;
/// Characters of an id.
const ID_CHARS: usize = 6;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateUsagePlan" => create,
        "DeleteUsagePlan" => delete,
        "GetUsagePlan" => get,
        "GetUsagePlans" => list,
        "UpdateUsagePlan" => update,
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    if call.state.list::<UsagePlan>("").len() >= MAX_PLANS {
        let message = format!("An account can have at most {MAX_PLANS} Usage Plans.");
        return Err(Error::new(ErrorKind::LimitExceeded, message));
    }
    let id = environment::id(call.environment, ID_CHARS);
    let stages: Vec<ApiStage> = call.input.value("apiStages").unwrap_or_default();
    let mut plan = UsagePlan {
        id: id.clone(),
        name: call.input.required("name").to_owned(),
        description: call.input.string("description"),
        throttle: call.input.value("throttle"),
        quota: call.input.value("quota"),
        tags: tags::given(&call.input)?,
        ..UsagePlan::default()
    };
    for stage in stages {
        checks::add_stage(&call.state, &mut plan, stage)?;
    }
    checks::check(&plan)?;
    let view = tags::any_shown(view(&plan), &plan.tags);
    call.state.put(&id, plan)?;
    Ok(Answer::Json(view))
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let plan = find(call)?;
    Ok(Answer::Json(tags::shown(view(plan), &plan.tags)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let key = call.input.text("keyId");
    let plans = call.state.list::<UsagePlan>("").into_iter();
    let plans = plans.filter(|(_, plan)| key.is_none_or(|key| plan.keys.iter().any(|other| other.id == key)));
    let entries = plans.map(|(id, plan)| (id, || tags::any_shown(view(plan), &plan.tags)));
    Ok(Answer::Json(page(&call.input, entries)))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mut plan = find(call)?.clone();
    for operation in call.input.patch_operations() {
        patches::apply(&mut plan, &call.state, &operation)?;
    }
    checks::check(&plan)?;
    let view = tags::shown(view(&plan), &plan.tags);
    call.state.put(&plan.id.clone(), plan)?;
    Ok(Answer::Json(view))
}

/// Plans of stages that are there are refused: their clients would lose access.
fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let plan = find(call)?;
    let id = plan.id.clone();
    let is_there = |it: &&ApiStage| call.state.get::<Stage>(&below(&it.api_id, &it.stage)).is_some();
    let in_use = plan.api_stages.iter().find(is_there);
    if let Some(ApiStage { api_id, stage, .. }) = in_use {
        return Err(Error::bad_request(format!(
            "Cannot delete Usage Plan {id} because there are API Stages associated with it, including {api_id}:{stage}"
        )));
    }
    if plan.product_code.is_some() {
        let message = format!("Cannot delete Usage Plan {id} because it has a product code");
        return Err(Error::bad_request(message));
    }
    call.state.remove::<UsagePlan>(&id)?;
    Ok(Answer::Empty)
}

fn view(plan: &UsagePlan) -> Value {
    let mut view = json!({"id": plan.id, "name": plan.name, "apiStages": plan.api_stages});
    set(&mut view, "description", plan.description.clone());
    set(&mut view, "throttle", plan.throttle.as_ref().map(|throttle| json!(throttle)));
    set(&mut view, "quota", plan.quota.as_ref().map(|quota| json!(quota)));
    set(&mut view, "productCode", plan.product_code.clone());
    view
}
