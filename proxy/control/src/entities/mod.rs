//! The entities, as they are stored: the members of API Gateway's shapes, by their wire names.
//!
//! What an answer shows may differ (values of keys, embedded parts); `view` functions beside the operations make it.

mod access;
mod account;
mod api_key;
mod deployment;
mod documentation;
mod domain_name;
mod integration;
mod link;
mod method;
mod rest_api;
mod shared;
mod usage_plan;

pub use access::{AccessAssociationSource, DomainNameAccessAssociation};
pub use account::Account;
pub use api_key::{ApiKey, StageKey};
pub use deployment::{
    AccessLogSettings, CanarySettings, Deployment, MethodSetting, Stage, UnauthorizedCacheControl,
};
pub use documentation::{DocumentationPart, DocumentationVersion};
pub use domain_name::{BasePathMapping, DomainName, MutualTls};
pub use integration::{Integration, IntegrationResponse, TlsConfig};
pub use link::{ClientCertificate, VpcLink};
pub use method::{Method, MethodResponse};
pub use rest_api::{
    Authorizer, EndpointConfiguration, GatewayResponse, Model, RequestValidator, Resource, RestApi,
};
pub use shared::Shared;
pub use usage_plan::{ApiStage, Quota, Throttle, UsagePlan, UsagePlanKey};

/// Names to values in the order in which they came.
pub type Map<T> = indexmap::IndexMap<String, T>;
