//! Import of OpenAPI 3.0 and Swagger 2.0 documents, JSON or YAML, with the
//! `x-amazon-apigateway-*` extensions.
//!
//! Text becomes a tree with places, the tree becomes a [`RestApi`].
//! All mistakes are collected; nothing stops at the first one except text that cannot be parsed.
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html>.

mod authorizer;
mod build;
mod cloudformation;
mod document;
mod extensions;
mod findings;
mod gateway_responses;
mod id;
mod importer;
mod integration;
mod integration_responses;
mod json;
mod mappings;
mod models;
mod parameters;
mod paths;
mod read;
mod reference;
mod resolved;
mod responses;
mod root;
mod scalars;
mod schema;
mod security;
mod suggest;
#[cfg(test)]
mod tests;
mod tree;
mod uri;
mod values;
mod yaml;

use crate::api::RestApi;
use crate::finding::Finding;
use findings::Findings;
pub use id::short_hash;
use indexmap::IndexMap;

/// What an import needs to know besides the document.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Values for what a CloudFormation template left open: parameters and resources by name,
    /// attributes as `Name.Attribute`, exports by name, conditions as `true` or `false`, and
    /// pseudo parameters such as `AWS::StackName`.
    pub parameters: IndexMap<String, String>,
    /// Value of `AWS::Region`.
    pub region: String,
    /// Value of `AWS::AccountId`, twelve digits.
    pub account_id: String,
    /// Value of `AWS::Partition`.
    pub partition: String,
    /// What becomes of the document's base path.
    pub base_path_mode: BasePathMode,
    /// Bounds on the document.
    pub limits: ImportLimits,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            parameters: IndexMap::new(),
            region: "us-east-1".to_owned(),
            account_id: "000000000000".to_owned(),
            partition: "aws".to_owned(),
            base_path_mode: BasePathMode::default(),
            limits: ImportLimits::default(),
        }
    }
}

/// What becomes of `basePath`, or of the base path of the first server.
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-basePath.html>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BasePathMode {
    /// It is left out.
    #[default]
    Ignore,
    /// It goes before every path.
    Prepend,
    /// Its first segment is left out, the rest goes before every path.
    Split,
}

/// Bounds on a document.
#[derive(Clone, Debug)]
pub struct ImportLimits {
    /// Bytes of the text. API Gateway takes 6 MiB.
    pub document_bytes: usize,
    /// Levels of lists and mappings within each other; values above 1,000 count as 1,000.
    pub nesting_depth: usize,
    /// Nodes of the document with every alias written out, and again as many repeated by `$ref`s.
    pub nodes: usize,
    /// Uses of YAML aliases.
    pub aliases: usize,
    /// Findings reported; a closing note counts the rest.
    pub findings: usize,
    /// Bytes of one mapping template.
    pub template_bytes: usize,
    /// Characters of the resource policy as compact JSON.
    pub policy_chars: usize,
    /// Longest `timeoutInMillis` of an integration that does not stream; AWS raises it on request.
    pub integration_timeout_ms: u32,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            document_bytes: 6 * 1024 * 1024,
            nesting_depth: 200,
            nodes: 4_000_000,
            aliases: 10_000,
            findings: 200,
            template_bytes: 307_200,
            policy_chars: 8_192,
            integration_timeout_ms: 29_000,
        }
    }
}

/// What came of an import.
#[derive(Debug)]
pub struct Imported {
    /// The API; `None` exactly when a finding is an error.
    pub api: Option<RestApi>,
    /// What could be understood of a document with errors. Never to be served: it is there so that
    /// later steps can add their findings, and a document with twenty mistakes gets twenty.
    pub partial: Option<RestApi>,
    /// All findings, by place.
    pub findings: Vec<Finding>,
}

/// Reads one OpenAPI document. `file` is how findings call it.
pub fn import(file: &str, text: &str, options: &ImportOptions) -> Imported {
    let mut findings = Findings::new(file);
    let limits = read::effective(&options.limits);
    let mut api = RestApi::default();
    if let Some(document) = read::read(file, text, &limits, &mut findings) {
        (api, findings) = root::import(file, document.root(), options, findings);
    }
    let (api, partial) = if findings.has_error() { (None, Some(api)) } else { (Some(api), None) };
    Imported { api, partial, findings: findings.finish(options.limits.findings) }
}

/// The document as JSON, word for word; `None` when the text is no document within the limits.
pub fn document(text: &str, limits: &ImportLimits) -> Option<serde_json::Value> {
    let limits = read::effective(limits);
    let document = read::read("", text, &limits, &mut Findings::new(""))?;
    Some(values::to_json(document.root()))
}
