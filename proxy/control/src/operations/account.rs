//! The account.

use super::patching::Paths;
use super::{Handler, arn, set};
use crate::entities::Account;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};
use serde_json::{Value, json};

/// Key of the one record.
pub(super) const KEY: &str = "account";
/// Requests at once, of an account that has no other limits.
const BURST_LIMIT: u32 = 5000;
/// Requests a second.
const RATE_LIMIT: f64 = 10_000.0;
/// What every account has, and none can give up.
const USAGE_PLANS: &str = "UsagePlans";
const PATHS: Paths = Paths { add: &["/features"], replace: &["/cloudwatchRoleArn"], remove: &["/features"] };

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "GetAccount" => get,
        "UpdateAccount" => update,
        _ => return None,
    })
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    Ok(Answer::Json(view(&account(call))))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mut account = account(call);
    for operation in call.input.patch_operations() {
        apply(&mut account, &operation)?;
    }
    let view = view(&account);
    call.state.put(KEY, account)?;
    Ok(Answer::Json(view))
}

fn apply(account: &mut Account, operation: &PatchOperation) -> Result<(), Error> {
    PATHS.check(operation)?;
    match operation.op {
        Op::Replace => account.cloudwatch_role_arn = role(operation.text())?,
        Op::Remove if operation.text() == USAGE_PLANS => {
            return Err(Error::bad_request("Usage Plans cannot be disabled once enabled"));
        }
        _ if operation.text() != USAGE_PLANS => {
            let feature = operation.text();
            let message = format!("Invalid feature '{feature}' specified. Must be one of: [{USAGE_PLANS}]");
            return Err(Error::bad_request(message));
        }
        _ => {}
    }
    Ok(())
}

/// `None` for the empty text, which takes the role away.
fn role(text: &str) -> Result<Option<String>, Error> {
    match text {
        "" => Ok(None),
        text if arn::is_well_formed(text) => Ok(Some(text.to_owned())),
        text => Err(arn::malformed(text)),
    }
}

fn account(call: &Call<'_>) -> Account {
    call.state.get::<Account>(KEY).cloned().unwrap_or_default()
}

fn view(account: &Account) -> Value {
    let mut view = json!({
        "apiKeyVersion": "4",
        "features": [USAGE_PLANS],
        "throttleSettings": {"burstLimit": BURST_LIMIT, "rateLimit": RATE_LIMIT},
    });
    set(&mut view, "cloudwatchRoleArn", account.cloudwatch_role_arn.clone());
    view
}

#[cfg(test)]
mod tests {
    use crate::testing::Server;
    use serde_json::{Value, json};

    const ROLE: &str = "arn:aws:iam::123456789012:role/logs";

    fn account() -> Value {
        json!({
            "apiKeyVersion": "4",
            "features": ["UsagePlans"],
            "throttleSettings": {"burstLimit": 5000, "rateLimit": 10_000.0},
        })
    }

    #[test]
    fn an_account_is_there_before_it_was_changed() {
        assert_eq!(Server::default().call("GET", "/account", Value::Null), (200, account()));
    }

    #[test]
    fn a_role_for_logs_is_set_and_taken_away() {
        let mut server = Server::default();
        let mut expected = account();
        expected["cloudwatchRoleArn"] = json!(ROLE);
        let operations = [("replace", "/cloudwatchRoleArn", ROLE), ("add", "/features", "UsagePlans")];
        assert_eq!(server.patch("/account", &operations), (200, expected.clone()));
        assert_eq!(server.ok("GET", "/account", Value::Null), expected);
        assert_eq!(server.patch("/account", &[("replace", "/cloudwatchRoleArn", "")]), (200, account()));
        assert_eq!(server.ok("GET", "/account", Value::Null), account());
    }

    #[test]
    fn what_cannot_be_changed_is_refused() {
        for (operation, message) in [
            (("remove", "/features", "UsagePlans"), "Usage Plans cannot be disabled once enabled"),
            (
                ("add", "/features", "Other"),
                "Invalid feature 'Other' specified. Must be one of: [UsagePlans]",
            ),
            (("replace", "/cloudwatchRoleArn", "role"), "Invalid ARN. ARN is not well formed role"),
            (
                ("replace", "/apiKeyVersion", "5"),
                "Invalid patch path  '/apiKeyVersion' specified for op 'replace'. Must be one of: [/cloudwatchRoleArn]",
            ),
            (
                ("add", "/cloudwatchRoleArn", ROLE),
                "Invalid patch path  '/cloudwatchRoleArn' specified for op 'add'. Must be one of: [/features]",
            ),
        ] {
            let mut server = Server::default();
            assert_eq!(server.patch("/account", &[operation]), (400, json!({"message": message})));
            assert_eq!(server.ok("GET", "/account", Value::Null), account());
        }
    }
}
