//! Arguments of `edgewit api`.

use super::admin::Admin;
use crate::args::{stage_name, variable};
use clap::Subcommand;
use edgewit_gateway::config::{ACCOUNT, REGION};
use std::path::PathBuf;

/// List, show, deploy, roll back and compare the APIs of a running node
///
/// Speaks the V1 control plane of API Gateway with the node's admin address, as the aws command does. Requests are signed
/// when AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set, with AWS_SESSION_TOKEN where there is one.
#[derive(Debug, clap::Args)]
pub(crate) struct Api {
    #[command(subcommand)]
    pub(crate) command: ApiCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApiCommand {
    List(List),
    Show(Show),
    Deploy(Deploy),
    Rollback(Rollback),
    Diff(Diff),
}

/// The node that is asked.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Asked {
    /// Admin address of the node
    #[arg(long, value_name = "URL", env = "EDGEWIT_ADMIN", default_value = "http://127.0.0.1:9080")]
    #[arg(value_parser = Admin::parse)]
    pub(crate) admin: Admin,

    /// Region of the node: signatures are for it, and documents may refer to it
    #[arg(long, value_name = "REGION", env = "AWS_REGION", default_value = REGION, value_parser = region)]
    pub(crate) region: String,
}

/// List the APIs with their stages
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) asked: Asked,

    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show an API: settings, stages, and its resources with what answers them
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit api show petstore\n  edgewit api show a1b2c3d4e5 --stage prod\n  edgewit api show petstore --json | jq '.stages[].variables'\n\nExit codes: 0 shown, 1 there is no such API or stage, 2 usage, 3 the node cannot be asked."
)]
pub(crate) struct Show {
    /// Id of the API, or its name if no other has it
    #[arg(value_name = "API")]
    pub(crate) api: String,

    /// Only this stage, with the resources that it serves instead of those that would be deployed next
    #[arg(long, value_name = "NAME", value_parser = stage_name)]
    pub(crate) stage: Option<String>,

    #[command(flatten)]
    pub(crate) asked: Asked,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Create or overwrite an API from an OpenAPI document, and deploy it to a stage
///
/// An API that `--api` names, or the only one with the document's title, is overwritten; without one a new API is
/// created. What changes on the stage is printed first.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit api deploy petstore.yaml\n  edgewit api deploy petstore.yaml --stage prod --description 'orders can be cancelled'\n  edgewit api deploy petstore.yaml --stage prod --dry-run\n\nExit codes: 0 deployed, 1 the document or request was refused, 2 usage, 3 the node cannot be asked."
)]
pub(crate) struct Deploy {
    /// An OpenAPI document, `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Id or name of the API to overwrite
    #[arg(long, value_name = "API")]
    pub(crate) api: Option<String>,

    /// The stage, made when it is not there
    #[arg(long, value_name = "NAME", default_value = "dev", value_parser = stage_name)]
    pub(crate) stage: String,

    /// Description of the deployment
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,

    /// A variable of the stage; may be given more than once
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) variables: Vec<(String, String)>,

    /// Print what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) asked: Asked,

    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// Let a stage serve the deployment before the one that it serves
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit api rollback petstore --stage prod\n  edgewit api rollback petstore --stage prod --to a1b2c3\n\nExit codes: 0 done, 1 there is no such API, stage or deployment, 2 usage, 3 the node cannot be asked."
)]
pub(crate) struct Rollback {
    /// Id of the API, or its name if no other has it
    #[arg(value_name = "API")]
    pub(crate) api: String,

    /// The stage
    #[arg(long, value_name = "NAME", value_parser = stage_name)]
    pub(crate) stage: String,

    /// Id of the deployment to serve [default: the last one made before that which is served]
    #[arg(long, value_name = "DEPLOYMENT")]
    pub(crate) to: Option<String>,

    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// Compare what a stage serves, or one document, with a document
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit api diff petstore petstore.yaml --stage prod\n  edgewit api diff old.yaml new.yaml\n\nA first argument that is the path of a file is that file.\n\nExit codes: 0 no difference, 1 a difference, 2 usage, or an API or document that cannot be read, 3 the node cannot be asked."
)]
pub(crate) struct Diff {
    /// Id or name of an API, or an OpenAPI document
    #[arg(value_name = "API|FILE")]
    pub(crate) old: String,

    /// An OpenAPI document, `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) new: PathBuf,

    /// The stage of the API
    #[arg(long, value_name = "NAME", default_value = "dev", value_parser = stage_name)]
    pub(crate) stage: String,

    #[command(flatten)]
    pub(crate) asked: Asked,

    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// What is known when documents are read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Reading {
    /// Account of the node, which documents may refer to
    #[arg(long, value_name = "ID", default_value = ACCOUNT, value_parser = account)]
    pub(crate) account: String,
}

fn region(text: &str) -> Result<String, String> {
    let is_region =
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if is_region { Ok(text.to_owned()) } else { Err("expected a region such as us-east-1".to_owned()) }
}

fn account(text: &str) -> Result<String, String> {
    let is_account = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if is_account { Ok(text.to_owned()) } else { Err("expected twelve digits".to_owned()) }
}
