//! Ids of what an import makes.

use crate::Environment;
use crate::entities::{DocumentationPart, RestApi};
use crate::environment;
use edgewit_model::import::short_hash;
use std::collections::BTreeSet;

/// Length of the id of an API, and of its root resource.
pub(crate) const LONG: usize = 10;
/// Length of all other ids.
pub(crate) const SHORT: usize = 6;

/// Where new ids come from.
pub(super) enum Source<'e> {
    /// The environment, as for everything that operations make.
    Random(&'e mut dyn Environment),
    /// What the id is for, so that the same API has the same ids in each run.
    Derived,
}

/// Ids for the parts of one API: those that they had before where they were there, else new ones.
pub(super) struct Ids<'e> {
    source: Source<'e>,
    before: Option<&'e RestApi>,
    taken: BTreeSet<String>,
}

impl<'e> Ids<'e> {
    pub(super) fn new(source: Source<'e>, before: Option<&'e RestApi>) -> Self {
        let taken = before.into_iter().flat_map(all).collect();
        Self { source, before, taken }
    }

    /// The resource of a path. `derived` is the id that the model has for it.
    pub(super) fn resource(&mut self, path: &str, derived: &str) -> String {
        let same = self.before.and_then(|api| api.resources.values().find(|it| it.path == path));
        if let Some(resource) = same {
            return resource.id.clone();
        }
        if matches!(self.source, Source::Derived) && self.taken.insert(derived.to_owned()) {
            return derived.to_owned();
        }
        self.fresh(if path == "/" { LONG } else { SHORT }, path)
    }

    pub(super) fn model(&mut self, name: &str) -> String {
        match self.before.and_then(|api| api.models.get(name)) {
            Some(model) => model.id.clone(),
            None => self.fresh(SHORT, &format!("models/{name}")),
        }
    }

    pub(super) fn authorizer(&mut self, name: &str) -> String {
        match self.before.and_then(|api| api.authorizers.values().find(|it| it.name == name)) {
            Some(authorizer) => authorizer.id.clone(),
            None => self.fresh(SHORT, &format!("authorizers/{name}")),
        }
    }

    pub(super) fn request_validator(&mut self, name: &str) -> String {
        match self.before.and_then(|api| api.request_validators.values().find(|it| it.name == name)) {
            Some(validator) => validator.id.clone(),
            None => self.fresh(SHORT, &format!("requestvalidators/{name}")),
        }
    }

    /// The documentation part of a place.
    pub(super) fn documentation_part(&mut self, part: &DocumentationPart) -> String {
        let place = super::documentation::place(&part.location);
        let mut parts = self.before.into_iter().flat_map(|api| api.documentation_parts.values());
        match parts.find(|it| super::documentation::place(&it.location) == place) {
            Some(part) => part.id.clone(),
            None => self.fresh(SHORT, &format!("documentation/parts/{}", place.join(" "))),
        }
    }

    fn fresh(&mut self, length: usize, what: &str) -> String {
        let mut attempt = 0;
        loop {
            let id = match &mut self.source {
                Source::Random(environment) => environment::id(&mut **environment, length),
                Source::Derived => short_hash(what, length, attempt),
            };
            if self.taken.insert(id.clone()) {
                return id;
            }
            attempt += 1;
        }
    }
}

fn all(api: &RestApi) -> impl Iterator<Item = String> {
    let models = api.models.values().map(|model| &model.id);
    let by_id = api.resources.keys().chain(api.authorizers.keys()).chain(api.request_validators.keys());
    by_id.chain(api.documentation_parts.keys()).chain(models).cloned()
}
