//! Short forms in resource policies.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html>.

use crate::entities::RestApi;
use serde_json::Value;

/// Writes the short forms in the policy of an API out.
pub(super) fn expand_stored(api: &mut RestApi, region: &str, account: &str) {
    if let Some(text) = &api.policy
        && let Ok(mut policy) = serde_json::from_str(text)
    {
        expand(&mut policy, region, account, &api.id);
        api.policy = Some(policy.to_string());
    }
}

/// Makes `execute-api:/STAGE/VERB/PATH` in the statements of a policy an ARN of this API.
pub(crate) fn expand(policy: &mut Value, region: &str, account: &str, api_id: &str) {
    let statements = match policy.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.as_mut_slice(),
        Some(statement) => std::slice::from_mut(statement),
        None => return,
    };
    for statement in statements {
        for member in ["Resource", "NotResource"] {
            let resources = match statement.get_mut(member) {
                Some(Value::Array(resources)) => resources.as_mut_slice(),
                Some(resource) => std::slice::from_mut(resource),
                None => continue,
            };
            for resource in resources {
                let short = resource.as_str().and_then(|text| text.strip_prefix("execute-api:/"));
                if let Some(rest) = short {
                    let arn = format!("arn:aws:execute-api:{region}:{account}:{api_id}/{rest}");
                    *resource = Value::String(arn);
                }
            }
        }
    }
}
