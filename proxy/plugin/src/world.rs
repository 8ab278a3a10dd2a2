//! What a component can be used for, told by its exports.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};
use wasmtime_wasi_http::p2::bindings::exports::wasi::http::incoming_handler;

use crate::bindings::{authorize, configure, handle, inspect, rewrite};
use crate::call::Call;
use crate::error::LoadError;

/// What a plugin is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum World {
    /// Guards routes.
    Authorizer,
    /// Changes requests and answers.
    Transform,
    /// Stops requests.
    Firewall,
    /// Answers events as a Lambda function does.
    Function,
    /// Answers HTTP requests: the world `proxy` of `wasi:http`.
    Http,
}

impl World {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Authorizer, Self::Transform, Self::Firewall, Self::Function, Self::Http];

    /// Its name in WIT.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorizer => "authorizer",
            Self::Transform => "transform",
            Self::Firewall => "firewall",
            Self::Function => "function",
            Self::Http => "wasi:http/proxy",
        }
    }

    /// Whether a component with these exports is one of this world.
    pub(crate) fn is_exported(self, names: &[String]) -> bool {
        names.iter().any(|name| is_version_of(name, self.export()))
    }

    /// The interface that makes a component one of this world, without its version.
    #[must_use]
    pub fn export(self) -> &'static str {
        match self {
            Self::Authorizer => "edgewit:plugin/authorize",
            Self::Transform => "edgewit:plugin/rewrite",
            Self::Firewall => "edgewit:plugin/inspect",
            Self::Function => "edgewit:plugin/handle",
            Self::Http => "wasi:http/incoming-handler",
        }
    }
}

/// Where the exports of a component are, found once.
pub(crate) struct Exports {
    pub(crate) configure: Option<configure::GuestIndices>,
    pub(crate) authorize: Option<authorize::GuestIndices>,
    pub(crate) rewrite: Option<rewrite::GuestIndices>,
    pub(crate) inspect: Option<inspect::GuestIndices>,
    pub(crate) handle: Option<handle::GuestIndices>,
    pub(crate) http: Option<incoming_handler::GuestIndices>,
}

impl Exports {
    /// `names` are those of the component's exports.
    ///
    /// # Errors
    /// When an export has the name of an interface and not its functions.
    pub(crate) fn find(pre: &InstancePre<Call>, names: &[String]) -> Result<Self, LoadError> {
        let has = |interface: &str| names.iter().any(|name| is_version_of(name, interface));
        let unfit = |error: wasmtime::Error| LoadError::Contract { detail: format!("{error:#}") };
        Ok(Self {
            configure: has(CONFIGURE)
                .then(|| configure::GuestIndices::new(pre))
                .transpose()
                .map_err(unfit)?,
            authorize: has(World::Authorizer.export())
                .then(|| authorize::GuestIndices::new(pre))
                .transpose()
                .map_err(unfit)?,
            rewrite: has(World::Transform.export())
                .then(|| rewrite::GuestIndices::new(pre))
                .transpose()
                .map_err(unfit)?,
            inspect: has(World::Firewall.export())
                .then(|| inspect::GuestIndices::new(pre))
                .transpose()
                .map_err(unfit)?,
            handle: has(World::Function.export())
                .then(|| handle::GuestIndices::new(pre))
                .transpose()
                .map_err(unfit)?,
            http: has(World::Http.export())
                .then(|| incoming_handler::GuestIndices::new(pre))
                .transpose()
                .map_err(unfit)?,
        })
    }

    /// What requests can call of `instance`. Compares the types of all exports with those of the worlds.
    pub(crate) fn load(&self, store: &mut Store<Call>, instance: &Instance) -> wasmtime::Result<Guests> {
        let of = |interface: &'static str| move |error: wasmtime::Error| error.context(interface);
        Ok(Guests {
            authorize: self
                .authorize
                .as_ref()
                .map(|f| f.load(&mut *store, instance))
                .transpose()
                .map_err(of("edgewit:plugin/authorize"))?,
            rewrite: self
                .rewrite
                .as_ref()
                .map(|f| f.load(&mut *store, instance))
                .transpose()
                .map_err(of("edgewit:plugin/rewrite"))?,
            inspect: self
                .inspect
                .as_ref()
                .map(|f| f.load(&mut *store, instance))
                .transpose()
                .map_err(of("edgewit:plugin/inspect"))?,
            handle: self
                .handle
                .as_ref()
                .map(|f| f.load(&mut *store, instance))
                .transpose()
                .map_err(of("edgewit:plugin/handle"))?,
            http: self
                .http
                .as_ref()
                .map(|f| f.load(&mut *store, instance))
                .transpose()
                .map_err(of("wasi:http/incoming-handler"))?,
        })
    }

    pub(crate) fn worlds(&self) -> Vec<World> {
        World::ALL
            .into_iter()
            .filter(|world| match world {
                World::Authorizer => self.authorize.is_some(),
                World::Transform => self.rewrite.is_some(),
                World::Firewall => self.inspect.is_some(),
                World::Function => self.handle.is_some(),
                World::Http => self.http.is_some(),
            })
            .collect()
    }
}

/// What requests can call of one instance. Finding it compares types, so it is done once for an instance and not for a call.
pub(crate) struct Guests {
    pub(crate) authorize: Option<authorize::Guest>,
    pub(crate) rewrite: Option<rewrite::Guest>,
    pub(crate) inspect: Option<inspect::Guest>,
    pub(crate) handle: Option<handle::Guest>,
    pub(crate) http: Option<incoming_handler::Guest>,
}

/// The interface of the one call before all others.
pub(crate) const CONFIGURE: &str = "edgewit:plugin/configure";

/// Whether `name` is `interface` in a version that fits: by semantic versioning 0.1.x is compatible with 0.1.0, and
/// 0.2.x with 0.2.0.
pub(crate) fn is_version_of(name: &str, interface: &str) -> bool {
    let minor = if interface.starts_with("wasi:") { "0.2." } else { "0.1." };
    name.strip_prefix(interface)
        .and_then(|rest| rest.strip_prefix('@'))
        .is_some_and(|version| version.starts_with(minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_within_the_same_minor() {
        let log = "edgewit:plugin/log";
        assert!(is_version_of("edgewit:plugin/log@0.1.0", log));
        assert!(is_version_of("edgewit:plugin/log@0.1.9", log));
        assert!(!is_version_of("edgewit:plugin/log@0.2.0", log));
        assert!(!is_version_of("edgewit:plugin/logs@0.1.0", log));
        assert!(!is_version_of("edgewit:plugin/log", log));
        assert!(is_version_of("wasi:http/incoming-handler@0.2.3", World::Http.export()));
    }
}
