//! How a node gets its control plane.

use super::{Access, ControlPlane, Home};
use crate::config::NodeFile;
use crate::deploy::{Deployer, picture_templates};
use crate::node::{NodeError, NodeOptions, REDIS_PREFIX, data_folder, default_data, redis_url};
use crate::shared::Shared;
use edgewit_store::{Embedded, Health, RedisSettings, Replica, Store, StoreError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a starting node waits for Redis before it serves what it knows from before.
const REDIS_PATIENCE: Duration = Duration::from_secs(3);
/// Host suffix of endpoints in answers. The data plane takes any.
const SUFFIX: &str = "amazonaws.com";

/// The access keys of a node.
///
/// # Errors
/// What is wrong with one of them.
pub(crate) fn access(node: &NodeFile) -> Result<Arc<Access>, NodeError> {
    Access::of(node).map(Arc::new).map_err(NodeError::Usage)
}

/// The control plane of a node; `None` where it is to have none, or where nobody has said where its state is to be and
/// the usual place is taken.
///
/// # Errors
/// When the state cannot be opened.
pub(crate) fn start(
    options: &NodeOptions,
    node: &NodeFile,
    deployer: &Arc<Deployer>,
    shared: &Arc<Shared>,
) -> Result<Option<Arc<ControlPlane>>, NodeError> {
    if node.control_plane == Some(false) {
        return Ok(None);
    }
    let redis = redis_url(options, node);
    let named = data_folder(options, node);
    let asked_for = named.is_some() || redis.is_some() || node.control_plane == Some(true);
    let Some(folder) = named.or_else(default_data) else {
        tracing::warn!("there is no control plane: name a folder for its state with --data");
        return Ok(None);
    };
    let store = match open(&folder, redis.as_deref()) {
        Ok(store) => store,
        // Another node of the same person; whatever else is wrong must not pass for an empty state.
        Err(error @ StoreError::InUse { .. }) if !asked_for => {
            tracing::warn!(%error, "there is no control plane; name a folder of its own with --data");
            return Ok(None);
        }
        Err(error) => return Err(environment("the state of the control plane", &error)),
    };
    let (region, account) = (node.region().to_owned(), node.account().to_owned());
    let home = Home { suffix: SUFFIX.to_owned(), region, account };
    let plane = ControlPlane::start(home, store, redis.is_some(), Arc::clone(deployer), Arc::clone(shared))
        .map_err(|error| environment("the state of the control plane", &error))?;
    let weak = Arc::downgrade(deployer);
    thread("templates", move || picture_templates(&weak))?;
    if redis.is_some() {
        let weak = Arc::downgrade(&plane);
        thread("follow", move || ControlPlane::follow(&weak))?;
    }
    Ok(Some(plane))
}

fn open(folder: &Path, redis: Option<&str>) -> Result<Box<dyn Store>, StoreError> {
    match redis {
        Some(url) => {
            let replica = Replica::open(
                folder,
                &RedisSettings { url: url.to_owned(), prefix: REDIS_PREFIX.to_owned(), ca: None },
            )?;
            // Whatever comes later is followed; a fleet that is there should be served from the first request on.
            if let Health::Stale { reason, .. } = replica.wait_live(REDIS_PATIENCE) {
                tracing::warn!(
                    reason,
                    "Redis is away; the last known state is served, and nothing can be changed"
                );
            }
            Ok(Box::new(replica))
        }
        None => Ok(Box::new(Embedded::open(folder)?)),
    }
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), NodeError> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map(drop).map_err(|error| NodeError::Environment { what: format!("the thread `{name}`"), error })
}

fn environment(what: &str, error: &dyn std::fmt::Display) -> NodeError {
    NodeError::Environment { what: what.to_owned(), error: io::Error::other(error.to_string()) }
}
