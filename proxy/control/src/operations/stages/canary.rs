//! Canaries: a second deployment that takes part of a stage's traffic.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html>.

use super::variables;
use crate::entities::{CanarySettings, Map, Stage};
use crate::protocol::error::Error;
use serde::Deserialize;

/// A canary as the creation of a stage or deployment gives it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::operations) struct CanaryInput {
    percent_traffic: f64,
    deployment_id: Option<String>,
    /// Entries that are null count as absent.
    stage_variable_overrides: Option<Map<Option<String>>>,
    use_stage_cache: bool,
}

impl CanaryInput {
    /// The settings; `deployment` is served where none is named.
    pub(in crate::operations) fn settings(self, deployment: String) -> Result<CanarySettings, Error> {
        check_percent(self.percent_traffic)?;
        let overrides = self.stage_variable_overrides.map(|overrides| {
            overrides.into_iter().filter_map(|(name, value)| Some((name, value?))).collect::<Map<String>>()
        });
        if let Some(overrides) = &overrides {
            variables::check(overrides)?;
        }
        Ok(CanarySettings {
            percent_traffic: self.percent_traffic,
            deployment_id: self.deployment_id.filter(|id| !id.is_empty()).unwrap_or(deployment),
            stage_variable_overrides: overrides.filter(|overrides| !overrides.is_empty()),
            use_stage_cache: self.use_stage_cache,
        })
    }
}

/// The canary of a stage, to change; a new one without traffic where there is none.
pub(super) fn edit(stage: &mut Stage) -> &mut CanarySettings {
    let deployment = &stage.deployment_id;
    stage.canary_settings.get_or_insert_with(|| CanarySettings {
        deployment_id: deployment.clone(),
        ..CanarySettings::default()
    })
}

/// The percentage that a text says.
pub(super) fn percent(text: &str) -> Result<f64, Error> {
    let percent = text.trim().parse().map_err(|_| out_of_range(text))?;
    check_percent(percent)?;
    Ok(percent)
}

fn check_percent(percent: f64) -> Result<(), Error> {
    if (0.0..=100.0).contains(&percent) { Ok(()) } else { Err(out_of_range(&percent.to_string())) }
}

fn out_of_range(value: &str) -> Error {
    Error::bad_request(format!(
        "Invalid canary percentTraffic specified: {value}. It must be between 0.0 and 100.0"
    ))
}

/// Takes what the canary has over to production. The canary stays until it is removed.
pub(super) fn promote(stage: &mut Stage, from: &str, path: &str) -> Result<(), Error> {
    let promote: fn(&mut Stage, CanarySettings) = match (from, path) {
        ("/canarySettings/deploymentId", "/deploymentId") => {
            |stage, canary| stage.deployment_id = canary.deployment_id
        }
        ("/canarySettings/stageVariableOverrides", "/variables") => |stage, canary| {
            if let Some(overrides) = canary.stage_variable_overrides {
                stage.variables.get_or_insert_default().extend(overrides);
            }
        },
        _ => {
            return Err(Error::bad_request(format!(
                "Invalid copy operation with path: {path} and from {from}. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]"
            )));
        }
    };
    let Some(canary) = stage.canary_settings.clone() else {
        return Err(Error::bad_request("Promotion not available. Canary does not exist."));
    };
    promote(stage, canary);
    Ok(())
}
