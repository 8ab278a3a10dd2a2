//! What keys have used of their quotas.
//!
//! Requests are not counted here: what is shown is what remains where nobody has used anything, with what
//! `UpdateUsage` has granted.

use super::super::patching::Paths;
use super::super::{Handler, api_keys};
use super::find;
use crate::days::Day;
use crate::entities::{Quota, UsagePlan, UsagePlanKey};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::page::page_as;
use serde_json::{Map, Value, json};

/// Most days that are asked for at once.
const MAX_DAYS: i64 = 90;
const PATHS: Paths = Paths::replace(&["/remaining"]);

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "GetUsage" => get,
        "UpdateUsage" => update,
        _ => return None,
    })
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let plan = find(call)?;
    let (first, last) = (day(call, "startDate")?, day(call, "endDate")?);
    if last < first {
        return Err(Error::bad_request("The end date must not be before the start date"));
    }
    if last.0 - first.0 >= MAX_DAYS {
        return Err(Error::bad_request(format!("The usage date range cannot exceed {MAX_DAYS} days")));
    }
    let wanted = call.input.text("keyId");
    let mut keys: Vec<&UsagePlanKey> =
        plan.keys.iter().filter(|key| wanted.is_none_or(|id| key.id == id)).collect();
    if wanted.is_some() && keys.is_empty() {
        return Err(api_keys::unknown());
    }
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    let entries = plan.quota.iter().flat_map(|quota| keys.iter().map(move |key| (quota, *key)));
    let entries =
        entries.map(|(quota, key)| (&*key.id, move || json!([key.id, pairs(quota, key, first, last)])));
    let mut usage = by_key(page_as(&call.input, "values", entries));
    describe(&mut usage, plan, first, last);
    Ok(Answer::Json(usage))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let now = call.environment.now();
    let mut plan = find(call)?.clone();
    let id = call.input.required("keyId");
    let key = plan.keys.iter_mut().find(|key| key.id == id).ok_or_else(api_keys::unknown)?;
    let quota = plan.quota.as_ref();
    let quota = quota.ok_or_else(|| Error::bad_request(format!("Usage Plan {} has no quota", plan.id)))?;
    for operation in call.input.patch_operations() {
        PATHS.check(&operation)?;
        let remaining = operation.text().trim().parse::<i64>().ok().filter(|number| *number >= 0);
        let remaining = remaining.ok_or_else(|| {
            let message = format!("Invalid remaining quota '{}' specified", operation.text());
            Error::bad_request(message)
        })?;
        key.granted = remaining.saturating_sub(quota.limit);
        key.granted_at = now;
    }
    let today = Day::of(now);
    let mut usage = json!({"values": {id: pairs(quota, key, today, today)}});
    describe(&mut usage, &plan, today, today);
    call.state.put(&plan.id.clone(), plan)?;
    Ok(Answer::Json(usage))
}

/// Used and remaining requests of each day.
fn pairs(quota: &Quota, key: &UsagePlanKey, first: Day, last: Day) -> Vec<[i64; 2]> {
    let granted_on = Day::of(key.granted_at);
    let holds =
        |day: Day| key.granted_at > 0 && day >= granted_on && day.period(quota) == granted_on.period(quota);
    let days = (first.0..=last.0).map(Day);
    days.map(|day| [0, quota.limit.saturating_add(if holds(day) { key.granted } else { 0 })]).collect()
}

fn day(call: &Call<'_>, member: &str) -> Result<Day, Error> {
    let text = call.input.required(member);
    Day::parse(text).ok_or_else(|| {
        Error::bad_request(format!(
            "Invalid date '{text}' specified for '{member}': expected e.g. 2016-12-31"
        ))
    })
}

/// A page of pairs of key and value as one of names to values.
fn by_key(mut page: Value) -> Value {
    if let Some(values) = page.get_mut("values") {
        let entries = values.as_array().into_iter().flatten();
        let entries =
            entries.filter_map(|entry| Some((entry.get(0)?.as_str()?.to_owned(), entry.get(1)?.clone())));
        *values = Value::Object(entries.collect::<Map<String, Value>>());
    }
    page
}

fn describe(usage: &mut Value, plan: &UsagePlan, first: Day, last: Day) {
    if let Some(usage) = usage.as_object_mut() {
        usage.insert("usagePlanId".into(), json!(plan.id));
        usage.insert("startDate".into(), json!(first.text()));
        usage.insert("endDate".into(), json!(last.text()));
    }
}
