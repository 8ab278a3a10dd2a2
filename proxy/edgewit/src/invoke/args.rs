//! Arguments of `edgewit invoke`.

use crate::args::{Unavailable, stage_name, variable};
use std::path::PathBuf;

/// Run one request through an API and print what each stage made of it
///
/// As TestInvokeMethod does: authorizers, API keys, the firewall and throttling are left out, the integration is really
/// called, and the execution log is printed in API Gateway's wording. No node runs and nothing listens.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit invoke petstore.yaml --path '/pets?type=cat'\n  edgewit invoke my-edge --api orders --stage prod --method POST --path /orders --body @order.json --header 'Content-Type: application/json'\n  edgewit invoke my-edge --path /pets/1 --stage-variable origin=127.0.0.1:9000 --json | jq .status\n\nExit codes: 0 there is an answer, whatever its status, 1 the configuration is wrong or has no such method, 2 usage, 3 the environment failed."
)]
pub(crate) struct Invoke {
    /// A configuration folder or one OpenAPI file
    #[arg(value_name = "CONF", default_value = "conf/quickstart", env = "EDGEWIT_CONF")]
    pub(crate) conf: PathBuf,

    /// The HTTP method
    #[arg(long, short, value_name = "METHOD", default_value = "GET", ignore_case = true)]
    #[arg(value_parser = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])]
    pub(crate) method: String,

    /// Path and query, without the stage
    #[arg(long, short, value_name = "PATH")]
    pub(crate) path: String,

    /// Id or name of the API, where there are several
    #[arg(long, value_name = "API")]
    pub(crate) api: Option<String>,

    /// The stage, where the API has several
    #[arg(long, value_name = "NAME", value_parser = stage_name)]
    pub(crate) stage: Option<String>,

    /// A header of the request; may be given more than once
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,

    /// The request's body; @FILE reads a file, @- standard input
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) body: Option<String>,

    /// A stage variable, over what the configuration says; may be given more than once
    #[arg(long = "stage-variable", value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) stage_variables: Vec<(String, String)>,

    /// What to do with routes that need what this version cannot do [default: refuse]
    #[arg(long, value_name = "WHAT", env = "EDGEWIT_UNAVAILABLE_ROUTES")]
    pub(crate) unavailable_routes: Option<Unavailable>,

    /// Print one JSON object, with the members of TestInvokeMethod's answer and more
    #[arg(long)]
    pub(crate) json: bool,

    /// Folder where nodes keep compiled plugins [default: edgewit in the user's state folder]
    #[arg(long, value_name = "DIR", env = "EDGEWIT_DATA")]
    pub(crate) data: Option<PathBuf>,
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("expected NAME: VALUE".to_owned()),
    }
}
