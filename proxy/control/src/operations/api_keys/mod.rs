//! API keys.

mod csv;
mod import;
#[cfg(test)]
mod tests;

use super::patch_map::non_empty;
use super::patching::Paths;
use super::{Handler, set, tags};
use crate::entities::{ApiKey, Stage, StageKey, UsagePlan};
use crate::environment;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::page::{numbered, page};
use crate::protocol::patch::{Op, PatchOperation};
use crate::state::{Transaction, below};
use serde_json::{Value, json};

/// Most keys of an account.
const MAX_KEYS: usize = 10_000;
/// Fewest characters of a key's value.
const MIN_VALUE_CHARS: usize = 20;
/// Most characters of a key's value.
const MAX_VALUE_CHARS: usize = 128;
/// Most characters of a name.
const MAX_NAME_CHARS: usize = 1024;
/// Most characters of a description.
const MAX_DESCRIPTION_CHARS: usize = 125_000;
/// Characters of an id.
const ID_CHARS: usize = 10;
/// Characters of a value that nobody gave.
const VALUE_CHARS: usize = 40;
const PATHS: Paths = Paths::replace(&["/description", "/enabled", "/name", "/customerId"]);

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateApiKey" => create,
        "DeleteApiKey" => delete,
        "GetApiKey" => get,
        "GetApiKeys" => list,
        "ImportApiKeys" => import::import,
        "UpdateApiKey" => update,
        _ => return None,
    })
}

pub(super) fn unknown() -> Error {
    Error::not_found("Invalid API Key identifier specified")
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let now = call.environment.now();
    let mut key = ApiKey {
        name: call.input.non_empty("name"),
        value: call.input.non_empty("value").unwrap_or_default(),
        description: call.input.non_empty("description"),
        customer_id: call.input.non_empty("customerId"),
        enabled: call.input.boolean("enabled").unwrap_or(false),
        stage_keys: call.input.value("stageKeys").unwrap_or_default(),
        tags: tags::given(&call.input)?,
        created_date: now,
        created_ms: call.environment.now_ms(),
        last_updated_date: now,
        ..ApiKey::default()
    };
    check(&key)?;
    for stage in &key.stage_keys {
        check_stage(&call.state, stage)?;
    }
    let others = call.state.list::<ApiKey>("");
    check_count(others.len() + 1)?;
    if !key.value.is_empty() && others.iter().any(|(_, other)| other.value == key.value) {
        return Err(Error::conflict("API Key already exists"));
    }
    drop(others);
    if key.value.is_empty() {
        key.value = environment::key_value(call.environment, VALUE_CHARS);
    }
    key.id = environment::id(call.environment, ID_CHARS);
    let view = tags::any_shown(view(&key, true), &key.tags);
    call.state.put(&key.id.clone(), key)?;
    Ok(Answer::Json(view))
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let key = call.state.get::<ApiKey>(call.input.required("apiKey")).ok_or_else(unknown)?;
    let view = view(key, call.input.boolean("includeValue").unwrap_or(false));
    Ok(Answer::Json(tags::shown(view, &key.tags)))
}

/// The newest first.
fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let with_value = call.input.boolean("includeValues").unwrap_or(false);
    let prefix = call.input.text("nameQuery").unwrap_or_default();
    let customer = call.input.text("customerId");
    let keys = call
        .state
        .list::<ApiKey>("")
        .into_iter()
        .filter(|(_, key)| key.name.as_deref().unwrap_or_default().starts_with(prefix))
        .filter(|(_, key)| customer.is_none_or(|customer| key.customer_id.as_deref() == Some(customer)))
        .map(|(id, key)| (u64::MAX - key.created_ms, id, key));
    let entries = numbered(keys)
        .into_iter()
        .map(|(position, key)| (position, move || tags::any_shown(view(key, with_value), &key.tags)));
    Ok(Answer::Json(page(&call.input, entries)))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = call.input.required("apiKey");
    let mut key = call.state.get::<ApiKey>(id).cloned().ok_or_else(unknown)?;
    for operation in call.input.patch_operations() {
        apply(&mut key, &call.state, &operation)?;
    }
    check(&key)?;
    key.last_updated_date = call.environment.now();
    let view = tags::shown(view(&key, false), &key.tags);
    call.state.put(&key.id.clone(), key)?;
    Ok(Answer::Json(view))
}

fn apply(key: &mut ApiKey, state: &Transaction<'_>, operation: &PatchOperation) -> Result<(), Error> {
    // Messages do not have the paths of what usage plans have taken the place of.
    match (operation.op, operation.path()) {
        (Op::Add, "/stages") => return add_stage(key, state, operation.text()),
        (Op::Remove, "/stages") => {
            let stage = stage_key(operation.text());
            key.stage_keys.retain(|other| *other != stage);
            return Ok(());
        }
        // Labels are in no answer and have no effect.
        (Op::Add | Op::Remove, "/labels") => return Ok(()),
        _ => PATHS.check(operation)?,
    }
    let text = non_empty(operation);
    match operation.path() {
        "/name" => key.name = text,
        "/description" => key.description = text,
        "/customerId" => key.customer_id = text,
        _ => key.enabled = operation.boolean(),
    }
    Ok(())
}

fn add_stage(key: &mut ApiKey, state: &Transaction<'_>, text: &str) -> Result<(), Error> {
    let stage = stage_key(text);
    check_stage(state, &stage)?;
    if !key.stage_keys.contains(&stage) {
        key.stage_keys.push(stage);
    }
    Ok(())
}

/// From `{api id}/{stage name}`.
fn stage_key(text: &str) -> StageKey {
    let (api, stage) = text.split_once('/').unwrap_or((text, ""));
    StageKey { rest_api_id: api.to_owned(), stage_name: stage.to_owned() }
}

/// The plans that the key was in go on without it.
fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = call.input.required("apiKey");
    call.state.get::<ApiKey>(id).ok_or_else(unknown)?;
    call.state.remove::<ApiKey>(id)?;
    for plan in call.state.keys("", |plan: &UsagePlan| plan.keys.iter().any(|key| key.id == id)) {
        if let Some(plan) = call.state.edit::<UsagePlan>(&plan)? {
            plan.keys.retain(|key| key.id != id);
        }
    }
    Ok(Answer::Empty)
}

/// Checks lengths; an empty value is one that is still to be made.
fn check(key: &ApiKey) -> Result<(), Error> {
    let chars = |text: &str| text.chars().count();
    let value = chars(&key.value);
    let problem = if chars(key.name.as_deref().unwrap_or_default()) > MAX_NAME_CHARS {
        "Invalid API Key name, can be at most 1024 characters."
    } else if value > MAX_VALUE_CHARS {
        "API Key value exceeds maximum size of 128 characters"
    } else if value > 0 && value < MIN_VALUE_CHARS {
        "API Key value should be at least 20 characters"
    } else if chars(key.description.as_deref().unwrap_or_default()) > MAX_DESCRIPTION_CHARS {
        "Invalid API Key description specified."
    } else {
        return Ok(());
    };
    Err(Error::bad_request(problem))
}

fn check_count(keys: usize) -> Result<(), Error> {
    if keys > MAX_KEYS {
        let message = format!("An account can have at most {MAX_KEYS} API Keys.");
        return Err(Error::new(ErrorKind::LimitExceeded, message));
    }
    Ok(())
}

fn check_stage(state: &Transaction<'_>, stage: &StageKey) -> Result<(), Error> {
    let StageKey { rest_api_id, stage_name } = stage;
    match state.get::<Stage>(&below(rest_api_id, stage_name)) {
        Some(_) => Ok(()),
        None => Err(Error::bad_request("Invalid stage identifier specified")),
    }
}

fn view(key: &ApiKey, with_value: bool) -> Value {
    let stages = key.stage_keys.iter().map(|stage| format!("{}/{}", stage.rest_api_id, stage.stage_name));
    let mut view = json!({
        "id": key.id,
        "enabled": key.enabled,
        "createdDate": key.created_date,
        "lastUpdatedDate": key.last_updated_date,
        "stageKeys": stages.collect::<Vec<String>>(),
    });
    set(&mut view, "value", with_value.then(|| key.value.clone()));
    set(&mut view, "name", key.name.clone());
    set(&mut view, "description", key.description.clone());
    set(&mut view, "customerId", key.customer_id.clone());
    view
}
