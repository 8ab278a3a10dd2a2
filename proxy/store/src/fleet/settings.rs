//! Which Redis, and where in it.

use crate::StoreError;

/// Longest prefix of keys, in bytes.
const PREFIX_LENGTH_MAX: usize = 128;

/// Which Redis, and where in it.
#[derive(Clone)]
pub struct RedisSettings {
    /// `redis://[[user]:password@]host[:port][/database]`, `rediss://` for TLS, `unix:` for a socket.
    pub url: String,
    /// What the names of keys begin with, within braces, so that they are together in a cluster: `edgewit` gives
    /// `{edgewit}:meta` and others.
    pub prefix: String,
    /// With `rediss://`: certificates of the authorities to trust, PEM; without, those of the system.
    pub ca: Option<Vec<u8>>,
}

/// Without the URL, which may hold a password.
impl std::fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisSettings").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// The names of the keys, in the order in which scripts have them.
pub(super) struct Keys {
    meta: String,
    revisions: String,
    records: String,
    pub(super) changes: String,
    pub(super) audit: String,
    prefix: String,
}

/// Refuses prefixes that keys could not begin with.
pub(super) fn check_prefix(prefix: &str) -> Result<(), StoreError> {
    if prefix.is_empty() || prefix.len() > PREFIX_LENGTH_MAX || prefix.contains(['{', '}']) {
        return Err(StoreError::Settings(format!(
            "{prefix:?} is no prefix for keys in Redis: 1 to {PREFIX_LENGTH_MAX} bytes without braces"
        )));
    }
    Ok(())
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Result<Self, StoreError> {
        check_prefix(prefix)?;
        let key = |name| format!("{{{prefix}}}:{name}");
        Ok(Self {
            meta: key("meta"),
            revisions: key("revisions"),
            records: key("records"),
            changes: key("changes"),
            audit: key("audit"),
            prefix: prefix.to_owned(),
        })
    }

    pub(super) fn all(&self) -> [&str; 5] {
        [&self.meta, &self.revisions, &self.records, &self.changes, &self.audit]
    }

    /// A key of one commit, which goes by itself.
    pub(super) fn passing(&self, what: &str, mark: &str) -> String {
        format!("{{{}}}:{what}:{mark}", self.prefix)
    }

    /// For people.
    pub(super) fn place(&self) -> String {
        format!("the state at {{{}}} in Redis", self.prefix)
    }
}
