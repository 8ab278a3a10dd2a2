//! What other nodes of a fleet change: taken in and served as it comes.

use super::{ControlPlane, take_record};
use crate::deploy::StageKey;
use edgewit_control::state::below;
use edgewit_store::{Change, Follow, StoreError};
use std::collections::BTreeSet;
use std::sync::Weak;
use std::time::Duration;

/// How long one look at the store waits for something to change.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long one that tells of less than this node has done itself is waited with.
const CATCH_UP: Duration = Duration::from_millis(20);

impl ControlPlane {
    /// Follows the store for as long as there is a control plane. For a thread of its own.
    pub(crate) fn follow(plane: &Weak<Self>) {
        let mut away = false;
        while let Some(plane) = plane.upgrade() {
            let since = plane.progress.lock().position;
            match plane.store.follow(since, PATIENCE) {
                Ok(followed) => {
                    if std::mem::take(&mut away) {
                        tracing::info!("the store of the fleet is there again");
                    }
                    let taken = std::panic::AssertUnwindSafe(|| plane.take_in(followed));
                    if std::panic::catch_unwind(taken).is_err() {
                        tracing::error!(
                            "what the fleet has changed could not be taken in; please report this"
                        );
                        std::thread::park_timeout(PATIENCE);
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(%error, "the store of the fleet is away; the last known state is served");
                    }
                    let retry = match error {
                        StoreError::Unavailable { retry, .. } => retry,
                        _ => PATIENCE,
                    };
                    std::thread::park_timeout(retry);
                }
            }
        }
    }

    fn take_in(&self, followed: Follow) {
        let mut progress = self.progress.lock();
        match followed {
            // From before this node's own last change, which must not be undone; the next look tells of both.
            Follow::Changes { position, .. } if position.revision < progress.own => {
                drop(progress);
                std::thread::park_timeout(CATCH_UP);
            }
            Follow::Changes { position, changes } => {
                let stages = self.take_changes(&changes);
                progress.position = position;
                self.publish_some(&stages);
            }
            Follow::TooOld => self.load_anew(&mut progress),
        }
    }

    /// Makes changes part of the state; the stages among them.
    fn take_changes(&self, changes: &[Change]) -> BTreeSet<String> {
        let mut stages = BTreeSet::new();
        let mut apis = false;
        {
            let mut state = self.state.write();
            for change in changes {
                let known = state.revision(&change.kind, &change.name);
                if change.value.is_some() && known == Some(change.revision) {
                    // This node's own.
                    continue;
                }
                take_record(&mut state, &change.kind, &change.name, change.value.as_deref(), change.revision);
                if change.kind == "restapis" {
                    apis = true;
                    // Where the API is gone, so are its stages, whoever has made them.
                    let below = below(&change.name, "");
                    let of_it =
                        state.stages.range(below.clone()..).take_while(|(key, _)| key.starts_with(&below));
                    let of_it = of_it.filter(|(_, slot)| slot.file.is_none());
                    stages.extend(of_it.map(|(key, _)| key.clone()));
                }
                if change.kind == "stages" {
                    stages.insert(change.name.clone());
                }
            }
        }
        if apis {
            // One of them may have the id of a file's.
            self.show_files();
        }
        stages
    }

    fn publish_some(&self, keys: &BTreeSet<String>) {
        let split = |key: &String| key.split_once('/').map(|(api, stage)| (api.to_owned(), stage.to_owned()));
        let (there, gone): (Vec<_>, Vec<_>) = {
            let state = self.state.read();
            // A stage whose API is gone was made while another node removed that.
            let whole = |key: &String| {
                let api = key.split('/').next().unwrap_or_default();
                state.stages.contains_key(key) && state.rest_apis.contains_key(api)
            };
            keys.iter().partition(|key| whole(key))
        };
        let there: Vec<StageKey> = there.into_iter().filter_map(split).collect();
        let gone: Vec<StageKey> = gone.into_iter().filter_map(split).collect();
        if there.is_empty() && gone.is_empty() {
            return;
        }
        let prepared = self.prepare_many(&there);
        self.deployer.publish_stages(&self.shared, prepared, &gone);
    }
}
