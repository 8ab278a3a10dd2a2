//! From stages and deployments of the state to what the data plane serves.

use crate::deploy::{LiveCanary, LiveStage};
use edgewit_control::entities::{Deployment, Stage};
use edgewit_control::state::below;
use edgewit_control::{Changes, Error, State, snapshot};
use edgewit_model::Finding;
use edgewit_model::api::RestApi;
use edgewit_model::stage;
use indexmap::IndexMap;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// Snapshots that are served, as the data plane compiles them, by `{api id}/{deployment id}`.
#[derive(Default)]
pub(super) struct Models(Mutex<HashMap<String, Weak<RestApi>>>);

impl Models {
    fn of(&self, key: &str, deployment: &Deployment) -> Result<Arc<RestApi>, Error> {
        if let Some(known) = self.0.lock().get(key).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let model = Arc::new(model(&deployment.snapshot)?);
        let mut known = self.0.lock();
        known.retain(|_, model| model.strong_count() > 0);
        known.insert(key.to_owned(), Arc::downgrade(&model));
        Ok(model)
    }
}

/// An API as the data plane compiles it.
///
/// # Errors
/// 400 for what cannot be understood.
pub(super) fn model(api: &edgewit_control::entities::RestApi) -> Result<RestApi, Error> {
    let (model, findings) = snapshot::model(api);
    match findings.iter().any(Finding::is_error) {
        true => Err(refused(&findings)),
        false => Ok(model),
    }
}

/// What a client reads of a stage that cannot be served.
pub(super) fn refused(findings: &[Finding]) -> Error {
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| format!("{}: {}", finding.at.file, finding.message))
        .collect();
    Error::bad_request(match errors.as_slice() {
        [] => "The node does not serve yet. Please try again later.".to_owned(),
        errors => format!("Invalid deployment content specified. {}", errors.join("; ")),
    })
}

/// Whether the data plane has to know of the change of a stage. Descriptions, tags and dates are nothing to it.
pub(super) fn differ(state: &State, changes: &Changes, key: &str) -> bool {
    let Some(Some(after)) = changes.entity::<Stage>(key) else { return true };
    let Some(before) = state.get::<Stage>(key) else { return true };
    let served = |stage: &Stage| {
        (
            stage.deployment_id.clone(),
            stage.variables.clone(),
            stage.access_log_settings.clone(),
            stage.canary_settings.clone(),
            stage.client_certificate_id.clone(),
            stage.method_settings.clone(),
            (stage.authorizers_flushed, stage.cache_flushed),
        )
    };
    served(before) != served(&after)
}

/// A stage as the data plane takes it, with `changes` made.
///
/// # Errors
/// 400 when what it serves is not there or cannot be understood.
pub(super) fn live(
    state: &State,
    changes: &Changes,
    api: &str,
    name: &str,
    models: &Models,
) -> Result<LiveStage, Error> {
    let key = below(api, name);
    let stage = changes.entity::<Stage>(&key).unwrap_or_else(|| state.get::<Stage>(&key).cloned());
    let stage = stage.ok_or_else(|| Error::not_found("Invalid stage identifier specified"))?;
    let deployment = |id: &str| {
        let key = below(api, id);
        let found =
            changes.entity::<Deployment>(&key).unwrap_or_else(|| state.get::<Deployment>(&key).cloned());
        let found = found.ok_or_else(|| Error::bad_request("Deployment id does not exist"))?;
        Ok::<_, Error>(stage::Deployment { id: id.to_owned(), api: models.of(&key, &found)? })
    };
    let variables: IndexMap<String, String> = stage.variables.clone().unwrap_or_default();
    let canary = match &stage.canary_settings {
        Some(canary) => Some(LiveCanary {
            percent: canary.percent_traffic,
            deployment: match canary.deployment_id.as_str() {
                "" => deployment(&stage.deployment_id)?,
                id => deployment(id)?,
            },
            variables: {
                let mut all = variables.clone();
                all.extend(canary.stage_variable_overrides.clone().unwrap_or_default());
                all
            },
        }),
        None => None,
    };
    Ok(LiveStage {
        rest_api_id: api.to_owned(),
        name: name.to_owned(),
        deployment: deployment(&stage.deployment_id)?,
        variables,
        access_log_format: stage.access_log_settings.as_ref().and_then(|settings| settings.format.clone()),
        canary,
    })
}
