//! APIs of the configuration folder, as the control plane shows them: to be read there, and changed in their files.

use super::ControlPlane;
use edgewit_control::entities::{Deployment, RestApi, Shared, Stage};
use edgewit_control::from_model;
use edgewit_control::state::{Slot, Table, below};
use std::sync::Arc;

impl ControlPlane {
    /// Shows what the configuration folder says now.
    pub(crate) fn show_files(&self) {
        let _in_turn = self.showing.lock();
        let files = self.deployer.file_stages();
        let mut state = self.state.write();
        forget(&mut state.rest_apis);
        forget(&mut state.deployments);
        forget(&mut state.stages);
        for (file, stage, since) in files {
            let id = &stage.rest_api_id;
            let taken = state.rest_apis.get(id).is_some_and(|slot| slot.file.is_none());
            if taken {
                tracing::warn!(api = id, %file, "an API of the control plane has the id of this file's, which is served");
                continue;
            }
            let api = match state.get::<RestApi>(id) {
                Some(known) => RestApi::clone(known),
                None => from_model(id, &stage.deployment.api, since),
            };
            let deployment = Deployment {
                id: stage.deployment.id.clone(),
                description: Some(format!("from {file}")),
                created_date: since,
                snapshot: Shared::new(api.clone()),
            };
            let shown = Stage {
                stage_name: stage.name.clone(),
                deployment_id: stage.deployment.id.clone(),
                cache_cluster_status: "NOT_AVAILABLE".into(),
                variables: (!stage.variables.is_empty()).then(|| stage.variables.clone()),
                created_date: since,
                last_updated_date: since,
                ..Stage::default()
            };
            let deployment_key = below(id, &deployment.id);
            state.stages.insert(below(id, &stage.name), of_file(&file, shown));
            state.deployments.insert(deployment_key, of_file(&file, deployment));
            state.rest_apis.insert(id.clone(), of_file(&file, api));
        }
    }
}

fn of_file<T>(file: &Arc<str>, value: T) -> Slot<T> {
    Slot { value: Arc::new(value), revision: 0, file: Some(Arc::clone(file)) }
}

fn forget<T>(table: &mut Table<T>) {
    table.retain(|_, slot| slot.file.is_none());
}
