//! Changes beside a state that stays as it is until they are durable.

use super::{Changes, Entity, Key, Slot, State, Write};
use crate::protocol::error::Error;
use std::any::Any;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// A state with the changes of one operation over it.
pub(crate) struct Transaction<'s> {
    state: &'s State,
    reads: std::cell::RefCell<BTreeMap<Key, u64>>,
    changed: BTreeMap<Key, Box<dyn Changed>>,
}

/// A record that has changed, of whatever kind.
trait Changed {
    fn any(&self) -> &dyn Any;
    fn any_mut(&mut self) -> &mut dyn Any;
    fn write(self: Box<Self>, key: Key, state: &State) -> Result<Write, Error>;
}

/// `None` where it was removed.
struct Of<T: Entity>(Option<Arc<T>>);

impl<T: Entity> Changed for Of<T> {
    fn any(&self) -> &dyn Any {
        &self.0
    }

    fn any_mut(&mut self) -> &mut dyn Any {
        &mut self.0
    }

    fn write(self: Box<Self>, key: Key, state: &State) -> Result<Write, Error> {
        let json = |value: &Arc<T>| {
            serde_json::to_value(&**value)
                .map_err(|error| Error::bad_request(format!("cannot be stored: {error}")))
        };
        let before = state.get::<T>(&key.name).map(json).transpose()?;
        let after = self.0.as_ref().map(json).transpose()?;
        let (name, value) = (key.name.clone(), self.0);
        let shared = value.clone().map(|value| value as Arc<dyn Any + Send + Sync>);
        let apply = Box::new(move |state: &mut State, revision| {
            match value {
                Some(value) => T::table_mut(state).insert(name, Slot { value, revision, file: None }),
                None => T::table_mut(state).remove(&name),
            };
        });
        Ok(Write { key, before, after, value: shared, apply })
    }
}

fn key<T: Entity>(name: &str) -> Key {
    Key { kind: T::KIND, name: name.to_owned() }
}

impl<'s> Transaction<'s> {
    pub(crate) fn new(state: &'s State) -> Self {
        Self { state, reads: std::cell::RefCell::default(), changed: BTreeMap::new() }
    }

    /// An entity as this operation has it.
    pub(crate) fn get<T: Entity>(&self, name: &str) -> Option<&T> {
        let key = key::<T>(name);
        let slot = T::table(self.state).get(name);
        let revision = slot.map_or(0, |slot| slot.revision);
        match self.changed.get(&key) {
            Some(changed) => changed.any().downcast_ref::<Option<Arc<T>>>()?.as_deref(),
            None => {
                self.reads.borrow_mut().insert(key, revision);
                slot.map(|slot| &*slot.value)
            }
        }
    }

    /// The same, shared.
    pub(crate) fn shared<T: Entity>(&self, name: &str) -> Option<Arc<T>> {
        // For its place among the reads.
        self.get::<T>(name)?;
        match self.changed.get(&key::<T>(name)) {
            Some(changed) => changed.any().downcast_ref::<Option<Arc<T>>>()?.clone(),
            None => self.state.get::<T>(name).cloned(),
        }
    }

    /// An entity to change; `None` where there is none.
    ///
    /// # Errors
    /// When it comes from a file, which alone can change it.
    pub(crate) fn edit<T: Entity>(&mut self, name: &str) -> Result<Option<&mut T>, Error> {
        self.writable::<T>(name)?;
        if self.get::<T>(name).is_none() {
            return Ok(None);
        }
        let changed = match self.changed.entry(key::<T>(name)) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(vacant) => vacant.insert(Box::new(Of::<T>(self.state.get::<T>(name).cloned()))),
        };
        let value = changed.any_mut().downcast_mut::<Option<Arc<T>>>().and_then(Option::as_mut);
        Ok(value.map(Arc::make_mut))
    }

    /// Adds an entity, or replaces the one that is there.
    ///
    /// # Errors
    /// When that comes from a file.
    pub(crate) fn put<T: Entity>(&mut self, name: &str, value: T) -> Result<(), Error> {
        self.writable::<T>(name)?;
        // For its place among the reads.
        self.get::<T>(name);
        self.changed.insert(key::<T>(name), Box::new(Of(Some(Arc::new(value)))));
        Ok(())
    }

    /// Removes an entity, if it is there.
    ///
    /// # Errors
    /// When it comes from a file.
    pub(crate) fn remove<T: Entity>(&mut self, name: &str) -> Result<(), Error> {
        self.writable::<T>(name)?;
        if self.get::<T>(name).is_some() {
            self.changed.insert(key::<T>(name), Box::new(Of::<T>(None)));
        }
        Ok(())
    }

    /// All entities of a kind whose key begins with `prefix`, in the order of their keys.
    pub(crate) fn list<'t, T: Entity>(&'t self, prefix: &'t str) -> Vec<(&'t str, &'t T)> {
        let mut all: BTreeMap<&str, &T> = T::table(self.state)
            .range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded))
            .take_while(|(name, _)| name.starts_with(prefix))
            .map(|(name, slot)| (name.as_str(), &*slot.value))
            .collect();
        for (key, changed) in &self.changed {
            if key.kind != T::KIND || !key.name.starts_with(prefix) {
                continue;
            }
            match changed.any().downcast_ref::<Option<Arc<T>>>().and_then(Option::as_deref) {
                Some(value) => all.insert(&key.name, value),
                None => all.remove(key.name.as_str()),
            };
        }
        all.into_iter().collect()
    }

    /// Keys of those below `prefix` that are `wanted`. A list lends what it has, so that nothing of it can be changed.
    pub(crate) fn keys<T: Entity>(&self, prefix: &str, wanted: impl Fn(&T) -> bool) -> Vec<String> {
        let all = self.list::<T>(prefix).into_iter();
        all.filter(|(_, entity)| wanted(entity)).map(|(key, _)| key.to_owned()).collect()
    }

    /// Removes all entities of a kind whose key begins with `prefix` and that are `wanted` gone.
    ///
    /// # Errors
    /// When one of them comes from a file.
    pub(crate) fn remove_all<T: Entity>(
        &mut self,
        prefix: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<(), Error> {
        self.keys(prefix, wanted).iter().try_for_each(|key| self.remove::<T>(key))
    }

    /// That an entity may be changed: it does not come from a file.
    ///
    /// # Errors
    /// When it does. To be asked also before something is made that belongs to it, such as a stage.
    pub(crate) fn writable<T: Entity>(&self, name: &str) -> Result<(), Error> {
        match T::table(self.state).get(name).and_then(|slot| slot.file.as_deref()) {
            Some(file) => Err(Error::bad_request(format!(
                "This is defined by {file} in the configuration folder of the node and cannot be changed here; change the file."
            ))),
            None => Ok(()),
        }
    }

    /// What has changed.
    ///
    /// # Errors
    /// When an entity cannot be stored.
    pub(crate) fn finish(self) -> Result<Changes, Error> {
        if self.changed.is_empty() {
            return Ok(Changes::default());
        }
        let state = self.state;
        let writes = self.changed.into_iter().map(|(key, changed)| changed.write(key, state));
        let writes = writes.collect::<Result<Vec<_>, Error>>()?;
        let writes =
            writes.into_iter().filter(|write| write.before.is_some() || write.after.is_some()).collect();
        Ok(Changes { reads: self.reads.into_inner().into_iter().collect(), writes })
    }
}
