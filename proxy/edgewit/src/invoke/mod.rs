//! `edgewit invoke`.

pub(crate) mod args;
mod report;

use crate::args::Compile;
use crate::input;
use crate::show::{self, Line};
use crate::{ENVIRONMENT, INPUT, USAGE};
use args::Invoke;
use bytes::Bytes;
use edgewit_gateway::config::load;
use edgewit_gateway::deploy::Overrides;
use edgewit_gateway::invoke::{Invocation, InvokeError, invoke};
use edgewit_gateway::node::{NodeOptions, deployer, share};
use edgewit_gateway::telemetry::Telemetry;
use edgewit_model::Finding;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn run(args: &Invoke) -> u8 {
    let body = match body(args.body.as_deref()) {
        Ok(body) => body,
        Err(wrong) => return wrong_input(&wrong),
    };
    let compile = Compile { stage: args.stage.clone(), unavailable_routes: args.unavailable_routes };
    let options = NodeOptions {
        conf: args.conf.clone(),
        data: args.data.clone(),
        overrides: Overrides {
            stage_variables: args.stage_variables.iter().cloned().collect(),
            no_access_log: true,
            ..compile.overrides(false)
        },
        ..NodeOptions::default()
    };
    let node = load(&args.conf).0.node;
    let telemetry = Arc::new(Telemetry::default());
    let deployer = match deployer(&options, &telemetry, &node) {
        Ok(deployer) => deployer,
        Err(error) => return failed(&error.to_string()),
    };
    let deployed = deployer.deploy();
    let Some(generation) = deployed.generation else { return refused(&deployed.findings) };
    let shared = share(generation, telemetry, &node);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start the runtime: {error}")),
    };
    let invocation = Invocation {
        api: args.api.clone(),
        stage: args.stage.clone(),
        resource: None,
        method: args.method.to_ascii_uppercase(),
        path: args.path.clone(),
        headers: args.headers.clone(),
        body,
    };
    let generation = Arc::clone(&shared.generation());
    let invoked = runtime.block_on(invoke(&shared, &generation, &invocation));
    match invoked {
        Ok(invoked) if args.json => {
            show::out(&report::json(&invoked).to_string());
            0
        }
        Ok(invoked) => {
            report::text(&invoked);
            0
        }
        Err(error) => nothing(args.json, &error),
    }
}

/// Says why nothing was invoked.
fn nothing(json: bool, error: &InvokeError) -> u8 {
    match error {
        InvokeError::NoRoute { nearest, .. } => {
            if json {
                show::out(&report::no_route(&error.to_string(), nearest).to_string());
            }
            show::err(&format!("edgewit: {error}"));
            if !nearest.is_empty() {
                show::err("  nearest:");
            }
            nearest.iter().for_each(|route| show::err(&format!("    {route}")));
            INPUT
        }
        InvokeError::Api { .. } => wrong_input(&format!("--api: {error}")),
        InvokeError::Stage { .. } => wrong_input(&format!("--stage: {error}")),
        InvokeError::Request(wrong) => {
            show::err(&format!("edgewit: {wrong}"));
            USAGE
        }
        InvokeError::NoAnswer => failed(&error.to_string()),
    }
}

fn refused(findings: &[Finding]) -> u8 {
    let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
    errors.iter().for_each(|finding| show::err(&finding.to_string()));
    wrong_input(&format!("{} {}, nothing is invoked", errors.len(), Line::plural(errors.len(), "error")))
}

fn wrong_input(why: &str) -> u8 {
    show::err(&format!("edgewit: {why}"));
    INPUT
}

fn failed(why: &str) -> u8 {
    show::err(&format!("edgewit: {why}"));
    ENVIRONMENT
}

fn body(given: Option<&str>) -> Result<Bytes, String> {
    let Some(given) = given else { return Ok(Bytes::new()) };
    let Some(file) = given.strip_prefix('@') else { return Ok(Bytes::copy_from_slice(given.as_bytes())) };
    let read = input::read(Path::new(file));
    read.map(Bytes::from).map_err(|error| format!("--body: {file} cannot be read: {error}"))
}
