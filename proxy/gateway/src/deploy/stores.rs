//! Key-value stores that plugins were granted: on this node, or shared by all nodes of a fleet.

use crate::config::{GrantsFile, NodeFile, files};
use crate::shared_stores::ANSWER_TIMEOUT;
use edgewit_model::Finding;
use edgewit_plugin::StoreGrant;

/// Where stores are that plugins of several nodes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SharedPlace {
    /// In the node's Redis.
    Redis,
    /// Nowhere: the node has none.
    Nowhere,
    /// In memory: nothing is served.
    Memory,
}

/// Most milliseconds for one operation on a shared store: nobody waits for Redis any longer.
#[expect(clippy::cast_possible_truncation, reason = "some seconds")]
pub(super) const LONGEST_MS: u64 = ANSWER_TIMEOUT.as_millis() as u64;

/// The stores of a grant; none without one.
pub(super) fn granted(grants: &GrantsFile) -> Option<Vec<StoreGrant>> {
    if grants.keyvalue.is_none() && grants.keyvalue_shared.is_none() {
        return None;
    }
    let here = grants.keyvalue.iter().flatten().map(StoreGrant::here);
    let shared = grants.keyvalue_shared.iter().flatten().map(|name| StoreGrant::shared(&*name.value));
    Some(here.chain(shared).collect())
}

/// Finds stores that cannot be had, or that are two things at once. Whether the plugin can be loaded.
pub(super) fn check(
    plugin: &str,
    grants: &GrantsFile,
    place: SharedPlace,
    node: &NodeFile,
    findings: &mut Vec<Finding>,
) -> bool {
    let before = findings.iter().filter(|finding| finding.is_error()).count();
    for name in grants.keyvalue_shared.iter().flatten() {
        let at = super::apis::located(files::PLUGINS, name);
        let store = &name.value;
        if grants.keyvalue.iter().flatten().any(|here| here == store) {
            let message = format!(
                "plugin `{plugin}`: the store `{store}` is under `grants.keyvalue` and under \
                 `grants.keyvalue_shared`, expected one of them"
            );
            let finding = Finding::error("plugin-store-twice", &at, message);
            findings.push(finding.with_help(
                "`keyvalue` keeps it in the memory of this node, `keyvalue_shared` in Redis for all nodes",
            ));
            continue;
        }
        match place {
            SharedPlace::Nowhere => {
                let message = format!(
                    "plugin `{plugin}`: the store `{store}` is under `grants.keyvalue_shared`, and this node has no Redis"
                );
                let finding = Finding::error("plugin-store-without-redis", &at, message);
                findings.push(finding.with_help(
                    "start the node with `--redis URL`, or with `redis` in edgewit.yaml; or name the store under \
                     `keyvalue`, which keeps it in the memory of this node",
                ));
            }
            SharedPlace::Memory if node.redis.is_none() => {
                let message = format!(
                    "plugin `{plugin}`: the store `{store}` is under `grants.keyvalue_shared`, and edgewit.yaml names no \
                     `redis`; here it is in memory"
                );
                let finding = Finding::warning("plugin-store-without-redis", &at, message);
                findings.push(finding.with_help("a node serves this with `--redis URL` only"));
            }
            SharedPlace::Memory | SharedPlace::Redis => {}
        }
    }
    findings.iter().filter(|finding| finding.is_error()).count() == before
}
