//! Resource policies.

use crate::Older;
use serde_json::Value;

/// A policy with the ARNs of the exported API in the short form that documents have, `execute-api:/STAGE/VERB/PATH`.
pub(crate) fn short(policy: &Value, older: Older<'_>) -> Value {
    let mut policy = policy.clone();
    if let Older::Export { api_id } = older {
        shorten(&mut policy, api_id);
    }
    policy
}

fn shorten(value: &mut Value, api_id: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = of_api(text, api_id) {
                *text = format!("execute-api:/{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shorten(item, api_id)),
        Value::Object(members) => members.values_mut().for_each(|member| shorten(member, api_id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What follows the id of the API in its ARN.
fn of_api<'t>(text: &'t str, api_id: &str) -> Option<&'t str> {
    let (account, resource) = text.strip_prefix("arn:")?.split_once(":execute-api:")?.1.split_once('/')?;
    account.rsplit(':').next().filter(|id| *id == api_id).map(|_| resource)
}
