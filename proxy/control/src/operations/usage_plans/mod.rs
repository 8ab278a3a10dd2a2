//! Usage plans, the keys in them, and what the keys have used.

mod checks;
mod keys;
mod patches;
mod plans;
#[cfg(test)]
mod tests;
mod usage;

use super::Handler;
use crate::entities::UsagePlan;
use crate::protocol::Call;
use crate::protocol::error::Error;

pub(super) use keys::join;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    plans::handler(operation).or_else(|| keys::handler(operation)).or_else(|| usage::handler(operation))
}

pub(super) fn unknown() -> Error {
    Error::not_found("Invalid Usage Plan ID specified")
}

/// The plan that the path names.
fn find<'c>(call: &'c Call<'_>) -> Result<&'c UsagePlan, Error> {
    call.state.get::<UsagePlan>(call.input.required("usagePlanId")).ok_or_else(unknown)
}
