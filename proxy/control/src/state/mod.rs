//! The state of the control plane: entities in tables, changed by transactions.
//!
//! A record of the store is one entity; [`Key`] names it. A REST API with its resources, methods, models and so on is
//! one record, because its parts refer to each other; deployments and stages are records of their own.

mod changes;
mod transaction;

pub use changes::{Changes, Write};
pub(crate) use transaction::Transaction;

use crate::entities::{
    Account, ApiKey, ClientCertificate, Deployment, DocumentationVersion, DomainName,
    DomainNameAccessAssociation, RestApi, Stage, UsagePlan, VpcLink,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Entities of one kind in the order of their keys.
pub type Table<T> = BTreeMap<String, Slot<T>>;

/// An entity in a table.
#[derive(Clone, Debug)]
pub struct Slot<T> {
    /// The entity.
    pub value: Arc<T>,
    /// Number of the commit that wrote it; 0 for what comes from a file.
    pub revision: u64,
    /// The file of the configuration folder that it comes from, which alone can change it.
    pub file: Option<Arc<str>>,
}

/// Names a record: its kind and its key within the kind, e.g. `stages` and `a1b2c3d4e5/prod`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// One of [`State::KINDS`].
    pub kind: &'static str,
    /// The key within the kind.
    pub name: String,
}

/// Key of what belongs to an API: a stage, a deployment, a version of the documentation. Without a name it is what the
/// keys of all of them begin with.
pub fn below(api_id: &str, name: &str) -> String {
    format!("{api_id}/{name}")
}

/// What can be a record.
pub trait Entity: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind, as stores have it.
    const KIND: &'static str;
    /// What its table is.
    fn table(state: &State) -> &Table<Self>;
    /// The same, to change.
    fn table_mut(state: &mut State) -> &mut Table<Self>;
}

/// A record that cannot be read: the store was written by something else.
#[derive(Debug, thiserror::Error)]
#[error("the record {kind}/{name} cannot be read: {reason}")]
pub struct UnreadableRecord {
    /// Kind of the record.
    pub kind: String,
    /// Its key.
    pub name: String,
    /// What is wrong.
    pub reason: String,
}

macro_rules! entities {
    ($($field:ident: $entity:ident = $kind:literal, $what:literal;)*) => {
        /// Everything that the control plane knows.
        #[derive(Clone, Debug, Default)]
        pub struct State {
            $(#[doc = $what] pub $field: Table<$entity>,)*
        }

        impl State {
            /// The kinds of records.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// The commit that wrote a record that is here.
            pub fn revision(&self, kind: &str, name: &str) -> Option<u64> {
                match kind {
                    $($kind => self.$field.get(name).map(|slot| slot.revision),)*
                    _ => None,
                }
            }

            /// Takes in a record as a store has it; `None` removes it.
            ///
            /// # Errors
            /// When it is of no kind that there is, or no JSON of its kind.
            pub fn put_record(
                &mut self,
                kind: &str,
                name: &str,
                bytes: Option<&[u8]>,
                revision: u64,
            ) -> Result<(), UnreadableRecord> {
                let wrong = |reason: String| UnreadableRecord { kind: kind.into(), name: name.into(), reason };
                match kind {
                    $($kind => match bytes {
                        Some(bytes) => {
                            let value = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
                            let slot = Slot { value: Arc::new(value), revision, file: None };
                            self.$field.insert(name.to_owned(), slot);
                        }
                        None => {
                            self.$field.remove(name);
                        }
                    },)*
                    _ => return Err(wrong("there is no such kind".into())),
                }
                Ok(())
            }
        }

        $(impl Entity for $entity {
            const KIND: &'static str = $kind;

            fn table(state: &State) -> &Table<Self> {
                &state.$field
            }

            fn table_mut(state: &mut State) -> &mut Table<Self> {
                &mut state.$field
            }
        })*
    };
}

entities! {
    accounts: Account = "accounts", "The account, below the key `account` once it was changed.";
    rest_apis: RestApi = "restapis", "REST APIs by id.";
    deployments: Deployment = "deployments", "Deployments by `{api id}/{deployment id}`.";
    stages: Stage = "stages", "Stages by `{api id}/{stage name}`.";
    documentation_versions: DocumentationVersion = "documentationversions", "Versions by `{api id}/{version}`.";
    api_keys: ApiKey = "apikeys", "API keys by id.";
    usage_plans: UsagePlan = "usageplans", "Usage plans by id.";
    domain_names: DomainName = "domainnames", "Custom domains by name; private ones by `{name}+{id}`.";
    access_associations: DomainNameAccessAssociation = "accessassociations", "Access associations by ARN.";
    vpc_links: VpcLink = "vpclinks", "VPC links by id.";
    client_certificates: ClientCertificate = "clientcertificates", "Client certificates by id.";
}

impl State {
    /// An entity.
    pub fn get<T: Entity>(&self, name: &str) -> Option<&Arc<T>> {
        T::table(self).get(name).map(|slot| &slot.value)
    }

    /// Makes `changes` part of this state, after a store has made them durable as commit `revision`.
    pub fn apply(&mut self, changes: Changes, revision: u64) {
        for write in changes.writes {
            (write.apply)(self, revision);
        }
    }
}
