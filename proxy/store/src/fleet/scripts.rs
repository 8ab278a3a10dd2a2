//! The scripts that Redis runs: each sees and changes the state as if it were alone.

use super::SCHEMA;

macro_rules! on_state {
    ($file:literal) => {
        concat!(include_str!("scripts/prelude.lua"), include_str!($file))
    };
}

pub(super) const INTRODUCE: &str = include_str!("scripts/introduce.lua");
pub(super) const COMMIT: &str = on_state!("scripts/commit.lua");
pub(super) const RESOLVE: &str = on_state!("scripts/resolve.lua");
pub(super) const FOLLOW: &str = on_state!("scripts/follow.lua");
pub(super) const LIST: &str = on_state!("scripts/list.lua");
pub(super) const FETCH: &str = on_state!("scripts/fetch.lua");
pub(super) const REPLACE: &str = on_state!("scripts/replace.lua");

/// A step from one version of the schema to the next.
#[derive(Clone, Copy)]
pub(super) struct Migration {
    /// The version that it starts from; it leads to the one after.
    pub(super) from: u64,
    /// Lua over the same `KEYS` as the other scripts.
    pub(super) body: &'static str,
}

/// All steps there are. Version 1 is the first. A later one adds its step here and raises [`SCHEMA`]; for example:
/// `Migration { from: 1, body: "redis.call('HDEL', KEYS[1], 'imported')" }`.
pub(super) const MIGRATIONS: &[Migration] = &[];

impl Migration {
    /// The whole script: it does nothing where another node was faster, and notes the new version.
    pub(super) fn script(&self) -> String {
        let (from, to, body) = (self.from, self.from + 1, self.body);
        debug_assert!(to <= SCHEMA, "a step to a version that is to come");
        format!(
            "if redis.call('HGET', KEYS[1], 'schema') ~= '{from}' then return {{'done'}} end\n{body}\n\
             redis.call('HSET', KEYS[1], 'schema', '{to}')\nreturn {{'done'}}\n"
        )
    }
}
