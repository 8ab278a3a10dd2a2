//! What an operation changes.

use super::{Entity, Key, State};
use serde_json::Value;
use std::any::Any;
use std::sync::Arc;

/// What an operation changes, for a store to make durable all at once.
#[derive(Default)]
pub struct Changes {
    /// Records that the operation has looked at, with the revisions it saw; 0 for those that were not there. The
    /// changes hold only as long as these are still the latest.
    pub reads: Vec<(Key, u64)>,
    /// The records that change.
    pub writes: Vec<Write>,
}

/// Makes one change in a state, as of a revision.
pub(super) type Apply = Box<dyn FnOnce(&mut State, u64) + Send + Sync>;

/// One record that changes.
pub struct Write {
    /// Which.
    pub key: Key,
    /// What it was; `None` where it is new. May hold secrets.
    pub before: Option<Value>,
    /// What it becomes; `None` where it is removed. May hold secrets.
    pub after: Option<Value>,
    /// The entity that it becomes, by its type.
    pub(super) value: Option<Arc<dyn Any + Send + Sync>>,
    pub(super) apply: Apply,
}

impl Changes {
    /// What becomes of an entity: `None` where it does not change, `Some(None)` where it is removed.
    pub fn entity<T: Entity>(&self, name: &str) -> Option<Option<Arc<T>>> {
        let write = self.writes.iter().find(|write| write.key.kind == T::KIND && write.key.name == name)?;
        Some(write.value.as_ref().and_then(|value| Arc::clone(value).downcast().ok()))
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }
}
