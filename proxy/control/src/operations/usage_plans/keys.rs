//! API keys in usage plans.

use super::super::{Handler, api_keys, set};
use super::{checks, find, unknown};
use crate::entities::{ApiKey, UsagePlan, UsagePlanKey};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::page::page;
use crate::state::Transaction;
use serde_json::{Value, json};

/// Most plans that a key is in.
const MAX_PLANS_OF_KEY: usize = 10;
/// The one kind of keys.
const KIND: &str = "API_KEY";

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateUsagePlanKey" => create,
        "DeleteUsagePlanKey" => delete,
        "GetUsagePlanKey" => get,
        "GetUsagePlanKeys" => list,
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    if call.input.required("keyType") != KIND {
        return Err(Error::bad_request(format!("Invalid key type specified. Must be one of: [{KIND}]")));
    }
    let plan = call.input.required("usagePlanId").to_owned();
    let key = call.input.required("keyId").to_owned();
    join(&mut call.state, &plan, &key, false)?;
    let key = call.state.get::<ApiKey>(&key).ok_or_else(api_keys::unknown)?;
    Ok(Answer::Json(view(key)))
}

/// Puts a key into a plan. Where it is in it already, that is a conflict unless `again` is allowed.
///
/// # Errors
/// When either is not there, or the key is in another plan for a stage of this one, or in too many.
pub(in super::super) fn join(
    state: &mut Transaction<'_>,
    plan: &str,
    key: &str,
    again: bool,
) -> Result<(), Error> {
    state.get::<ApiKey>(key).ok_or_else(api_keys::unknown)?;
    let found = state.get::<UsagePlan>(plan).ok_or_else(unknown)?;
    if found.keys.iter().any(|other| other.id == key) {
        let message = format!("The API Key is in usage plan {plan} already");
        return if again { Ok(()) } else { Err(Error::conflict(message)) };
    }
    checks::check_other_plans(state, plan, key, &found.api_stages)?;
    let plans = state.list::<UsagePlan>("").into_iter();
    if plans.filter(|(_, plan)| plan.keys.iter().any(|other| other.id == key)).count() >= MAX_PLANS_OF_KEY {
        let message = format!("An API Key can be in at most {MAX_PLANS_OF_KEY} Usage Plans.");
        return Err(Error::new(ErrorKind::LimitExceeded, message));
    }
    let new = UsagePlanKey { id: key.to_owned(), kind: KIND.to_owned(), ..UsagePlanKey::default() };
    state.edit::<UsagePlan>(plan)?.ok_or_else(unknown)?.keys.push(new);
    Ok(())
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = call.input.required("keyId");
    let key = call.state.get::<ApiKey>(id).ok_or_else(api_keys::unknown)?;
    if !find(call)?.keys.iter().any(|other| other.id == id) {
        // The plan is what does not fit to a key that is there.
        return Err(unknown());
    }
    Ok(Answer::Json(view(key)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let prefix = call.input.text("nameQuery").unwrap_or_default();
    let keys = find(call)?.keys.iter().filter_map(|key| call.state.get::<ApiKey>(&key.id));
    let keys = keys.filter(|key| key.name.as_deref().unwrap_or_default().starts_with(prefix));
    let mut keys: Vec<&ApiKey> = keys.collect();
    // Pages go by id.
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Answer::Json(page(&call.input, keys.into_iter().map(|key| (&*key.id, || view(key))))))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let plan = find(call)?.id.clone();
    let plan = call.state.edit::<UsagePlan>(&plan)?.ok_or_else(unknown)?;
    let id = call.input.required("keyId");
    let place = plan.keys.iter().position(|key| key.id == id).ok_or_else(api_keys::unknown)?;
    plan.keys.remove(place);
    Ok(Answer::Empty)
}

fn view(key: &ApiKey) -> Value {
    let mut view = json!({"id": key.id, "type": KIND, "value": key.value});
    set(&mut view, "name", key.name.clone());
    view
}
