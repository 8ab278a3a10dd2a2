//! The configuration folder: its files as types, and how they are read.
//!
//! Every type here has a published JSON Schema (`edgewit schema`), so field docs are user-facing.

mod access;
mod aws;
pub mod files;
mod grants;
mod node;
mod read;
mod vpc_links;

pub use access::AccessKeyFile;
pub use aws::{AwsFile, CredentialsFile, Secret};
pub use grants::GrantsFile;
pub use node::{ACCOUNT, REGION};
pub use vpc_links::{Balance, HealthCheckFile, OutlierFile, VpcLinkFile, VpcTargetFile, VpcTlsFile};
pub(crate) use vpc_links::{MAX_TARGETS, MAX_WEIGHT};

pub use read::{Component, Folder, load};

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// `edgewit.yaml`: the node.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "edgewit.yaml")]
pub struct NodeFile {
    /// Address for plain HTTP; default 127.0.0.1:8080.
    #[schemars(with = "Option<String>")]
    pub listen: Option<SocketAddr>,
    /// Address for the control plane, health and metrics; default 127.0.0.1:9080, `none` switches it off. Loopback only
    /// without `access_keys`.
    #[schemars(with = "Option<String>")]
    pub admin: Option<Spanned<String>>,
    /// Folder for what the node keeps between two starts; default `edgewit` in the user's state folder.
    pub data: Option<PathBuf>,
    /// Whether this node has a control plane; default true where there is an admin address.
    pub control_plane: Option<bool>,
    /// Who may use the control plane; default everybody who reaches its address, which is a loopback address then.
    #[schemars(with = "Vec<AccessKeyFile>")]
    pub access_keys: Vec<Spanned<AccessKeyFile>>,
    /// URL of the Redis that a fleet of nodes shares its control plane and the stores of plugins in, such as
    /// `redis://10.0.0.5:6379`; default this node is alone.
    #[schemars(with = "Option<String>")]
    pub redis: Option<Secret>,
    /// Region in host names and ARNs; default us-east-1.
    pub region: Option<String>,
    /// Account id in ARNs, twelve digits; default 000000000000.
    pub account: Option<String>,
    /// Name of the stage of APIs that configure none; default dev.
    #[schemars(with = "Option<String>")]
    pub stage: Option<Spanned<String>>,
    /// Worker threads, 1 to 1024; default one per core.
    #[serde(deserialize_with = "threads")]
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<usize>,
    /// CloudFormation parameters and attributes by name, for `Ref`, `Fn::Sub` and `Fn::GetAtt`.
    pub parameters: BTreeMap<String, String>,
    /// What to do with routes that need what this version cannot do.
    pub unavailable_routes: UnavailableRoutes,
    /// PEM bundle of certificate authorities for integration targets; default the system's roots.
    pub ca_file: Option<PathBuf>,
    /// Access log of stages that configure none.
    pub access_log: AccessLogFile,
    /// Settings by file name (without extension) below `apis/`.
    #[schemars(with = "BTreeMap<String, ApiFile>")]
    pub apis: BTreeMap<String, Spanned<ApiFile>>,
    /// Services of AWS: credentials and endpoints.
    pub aws: AwsFile,
    /// Targets of private integrations, by the id of the VPC link.
    #[schemars(with = "BTreeMap<String, VpcLinkFile>")]
    pub vpc_links: BTreeMap<String, Spanned<VpcLinkFile>>,
    /// Limits, each with its default.
    pub limits: LimitsFile,
}

/// What to do with routes that need what this version cannot do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnavailableRoutes {
    /// Refuse the document.
    #[default]
    Refuse,
    /// Serve the document; such routes answer 500.
    #[serde(rename = "answer-500")]
    Answer500,
}

/// An access log.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccessLogFile {
    /// `json`, `clf`, `csv`, `xml`, `off`, or a format with `$context` variables; default json.
    #[schemars(with = "Option<String>")]
    pub format: Option<Spanned<String>>,
    /// `stdout` or a file; default stdout.
    pub path: Option<PathBuf>,
}

/// Settings of one API.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApiFile {
    /// API id in host names and ARNs; default the file name.
    pub id: Option<String>,
    /// Stages by name; default one stage, see `stage`.
    #[schemars(with = "BTreeMap<String, StageFile>")]
    pub stages: BTreeMap<String, Spanned<StageFile>>,
}

/// Settings of one stage.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StageFile {
    /// Stage variables.
    pub variables: BTreeMap<String, String>,
    /// Access log of this stage.
    pub access_log: StageAccessLogFile,
}

/// The access log of one stage; it goes where the node's goes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StageAccessLogFile {
    /// As the node's `access_log.format`; default that one.
    #[schemars(with = "Option<String>")]
    pub format: Option<Spanned<String>>,
}

/// Limits of a node. Each has a unit in its name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsFile {
    /// Client connections of the node; default 65536.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub connections: Option<usize>,
    /// Client connections of one address; default 0, no limit.
    pub connections_per_ip: Option<usize>,
    /// Seconds between two requests of a connection; default 310.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub idle_timeout_seconds: Option<u64>,
    /// Seconds for a whole request header; default 10.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub header_timeout_seconds: Option<u64>,
    /// Seconds between two reads of a request body; default 60.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub body_read_timeout_seconds: Option<u64>,
    /// Seconds that a client may take nothing of its answer; default 60.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub write_timeout_seconds: Option<u64>,
    /// Seconds that an upgraded connection may be idle; default 600.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub upgrade_idle_seconds: Option<u64>,
    /// Bytes of a request target; default 10240.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub target_bytes: Option<usize>,
    /// Bytes of all header lines; default 10240.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub header_bytes: Option<usize>,
    /// Header lines; default 200.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub header_lines: Option<usize>,
    /// Bytes of all bodies that the node holds at once; default 536870912.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub buffered_bytes: Option<usize>,
    /// Bytes of a request or response body; default 10485760.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub payload_bytes: Option<usize>,
    /// Streams that one HTTP/2 connection may have open; default 100.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub h2_streams: Option<u32>,
    /// Largest `timeoutInMillis` of an integration; default 29000.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub integration_timeout_ms: Option<u32>,
    /// Milliseconds to connect to an integration target; default 5000.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub connect_timeout_ms: Option<u64>,
    /// Bytes of an API document; default 6291456.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub document_bytes: Option<usize>,
    /// Seconds that an address of an integration target is kept; default 10.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub resolve_ttl_seconds: Option<u64>,
    /// Seconds that requests in flight are given at shutdown, 0 for none; default 30.
    pub drain_seconds: Option<u64>,
    /// Authorizer results kept per stage and authorizer, 0 for none; default 10000.
    pub authorizer_cache_entries: Option<usize>,
    /// Plugin instances that run at once; default 256.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub plugin_instances: Option<u32>,
}

/// A number of which 0 would leave nothing that can be served.
fn positive<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + PartialEq + From<u8>,
{
    let value = Option::<T>::deserialize(deserializer)?;
    if value == Some(T::from(0)) { Err(D::Error::custom("found 0, expected at least 1")) } else { Ok(value) }
}

/// A number of threads, as the command line takes it.
fn threads<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    match Option::deserialize(deserializer)? {
        Some(found) if !(1..=1024).contains(&found) => {
            Err(D::Error::custom(format!("found {found}, expected 1 to 1024")))
        }
        threads => Ok(threads),
    }
}

/// `plugins.yaml`: components with their configuration and limits.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "plugins.yaml")]
pub struct PluginsFile {
    /// Plugins by name.
    #[schemars(with = "BTreeMap<String, PluginFile>")]
    pub plugins: BTreeMap<String, Spanned<PluginFile>>,
    /// Which routes have which transform; of several that fit a route, the first.
    #[schemars(with = "Vec<TransformFile>")]
    pub transforms: Vec<Spanned<TransformFile>>,
    /// Which stages have which firewall; two that fit one stage are an error.
    #[schemars(with = "Vec<FirewallFile>")]
    pub firewalls: Vec<Spanned<FirewallFile>>,
}

/// A firewall on stages. What is left out fits every one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirewallFile {
    /// Name of a plugin above.
    pub plugin: String,
    /// API id.
    pub api: Option<String>,
    /// Stage name.
    pub stage: Option<String>,
}

/// A transform on routes. What is left out fits every one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransformFile {
    /// Name of a plugin above.
    pub plugin: String,
    /// API id.
    pub api: Option<String>,
    /// Stage name.
    pub stage: Option<String>,
    /// Path of the resource as in the document, such as `/pets/{petId}`.
    pub resource: Option<String>,
    /// Method as in the document, `ANY` included.
    pub method: Option<String>,
}

/// One plugin.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginFile {
    /// The component, relative to the configuration folder.
    pub component: PathBuf,
    /// Digest that the component must have, `sha256:` and 64 hexadecimal digits; default any.
    pub digest: Option<String>,
    /// What the plugin may read through `edgewit:plugin/config`.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// What the plugin may reach outside itself; default nothing.
    #[serde(default)]
    pub grants: GrantsFile,
    /// Instances that are kept from one request to the next; default none.
    #[serde(default)]
    pub instances: InstancesFile,
    /// What happens to a request whose plugin fails; default deny.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// When a plugin that keeps failing is left alone for a while.
    #[serde(default)]
    pub breaker: BreakerFile,
    /// As much of a request's body as a transform or firewall sees; default none.
    #[serde(default)]
    pub request_body: BodyAccess,
    /// As much of an answer's body as a transform sees; default none.
    #[serde(default)]
    pub response_body: BodyAccess,
    /// Limits of one call.
    #[serde(default)]
    pub limits: PluginLimitsFile,
}

/// Instances that are kept from one request to the next, or made before there is one.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InstancesFile {
    /// New instances that may wait for a request, made after others were answered; at most 256, default 4.
    #[schemars(range(max = 256))]
    pub prepared: Option<u32>,
    /// Instances that may wait for their next request; default 0, a new one for each.
    pub warm: u32,
    /// Requests that one instance serves; default 100.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub uses: Option<u32>,
    /// Milliseconds that an instance may wait; default 60000.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub idle_ms: Option<u64>,
}

/// What happens to a request whose plugin fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// It is answered with an error.
    #[default]
    Deny,
    /// It goes on as if there were no plugin.
    Allow,
    /// The version that served before is asked; where that fails too, the request is answered with an error.
    Previous,
}

/// When a plugin that keeps failing is left alone for a while.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerFile {
    /// Failures in a row on one route, 0 for no breaker; default 20.
    pub failures: Option<u32>,
    /// Milliseconds until one request tries again; default 5000.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub open_ms: Option<u64>,
}

/// As much of a body as a plugin sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyAccess {
    /// Nothing.
    #[default]
    None,
    /// The first bytes, this many; the rest follows unseen.
    First(usize),
    /// All of it; a body of more bytes than this is refused.
    Whole(usize),
}

/// Limits of one call of a plugin.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PluginLimitsFile {
    /// Milliseconds from call to result; default 1000.
    pub wall_ms: Option<u64>,
    /// Milliseconds of computing; default 100.
    pub cpu_ms: Option<u64>,
    /// Milliseconds that `configure` may compute, at deployment; default 10000.
    pub configure_ms: Option<u64>,
    /// Mebibytes of memory; default 64.
    pub memory_mb: Option<u64>,
    /// Instances at once; default 250, at most `limits.plugin_instances` of the node.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub instances: Option<u32>,
    /// Requests to other origins that one call may send; default 10.
    pub outgoing_requests: Option<u32>,
    /// Bytes of the body of each answer to these; default 1048576.
    pub outgoing_bytes: Option<usize>,
    /// Mebibytes of all keys and values that the plugin keeps on this node, and as many again in shared stores;
    /// default 16.
    pub keyvalue_mb: Option<usize>,
    /// Bytes of one value in a shared store; default 1048576.
    pub keyvalue_value_bytes: Option<usize>,
    /// Milliseconds for one operation on a shared store, 1 to 5000; default 250.
    #[schemars(range(min = 1, max = 5000))]
    pub keyvalue_ms: Option<u64>,
    /// Bytes of a body or JSON document that goes in or comes out; default 6291456.
    pub body_bytes: Option<usize>,
    /// Lines that one request may write to the log; default 100.
    pub log_lines: Option<u32>,
    /// Bytes of all these lines; default 16384.
    pub log_bytes: Option<usize>,
}

/// `functions.yaml`: what Lambda function names and ARNs stand for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "functions.yaml")]
pub struct FunctionsFile {
    /// Functions by full ARN, `NAME:ALIAS` or `NAME`; `*` is for all others.
    #[schemars(with = "BTreeMap<String, FunctionFile>")]
    pub functions: BTreeMap<String, Spanned<FunctionFile>>,
    /// Origins such as `http://billing.internal` that a component of the world `wasi:http/proxy` stands for: HTTP and
    /// HTTP_PROXY integrations with a URI there are answered by it.
    #[schemars(with = "BTreeMap<String, OriginFile>")]
    pub origins: BTreeMap<String, Spanned<OriginFile>>,
}

/// What one function stands for: a component, or a function elsewhere.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionFile {
    /// Name of a plugin in `plugins.yaml`.
    pub plugin: Option<String>,
    /// `aws`, or the origin of something that speaks the Lambda Invoke API, such as `http://127.0.0.1:3002`.
    pub endpoint: Option<String>,
    /// The function's name at the endpoint; default its ARN at AWS, its name and alias elsewhere.
    pub name: Option<String>,
    /// Whether calls of the endpoint are signed; default true at AWS, false elsewhere.
    pub sign: Option<bool>,
}

/// What one origin stands for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OriginFile {
    /// Name of a plugin in `plugins.yaml`.
    pub plugin: String,
}
