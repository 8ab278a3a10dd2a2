//! `edgewit check`.

use crate::args::Check;
use crate::show::{self, Line};
use crate::{ENVIRONMENT, INPUT};
use edgewit_gateway::config::load;
use edgewit_gateway::node::{NodeOptions, deployer};
use edgewit_gateway::telemetry::Telemetry;
use std::sync::Arc;

pub(crate) fn run(check: &Check) -> u8 {
    let options = NodeOptions {
        conf: check.conf.clone(),
        overrides: check.compile.overrides(true),
        ..NodeOptions::default()
    };
    let node = load(&check.conf).0.node;
    let deployer = match deployer(&options, &Arc::new(Telemetry::default()), &node) {
        Ok(deployer) => deployer,
        Err(error) => {
            show::err(&format!("edgewit: {error}"));
            return ENVIRONMENT;
        }
    };
    let deployed = deployer.deploy();
    for finding in &deployed.findings {
        if finding.is_error() || !check.quiet {
            show::out(&finding.to_string());
        }
    }
    let errors = deployed.findings.iter().filter(|finding| finding.is_error()).count();
    let others = deployed.findings.len() - errors;
    match &deployed.generation {
        Some(generation) => {
            let routes: usize = generation.stages().iter().map(|stage| stage.routes.len()).sum();
            let apis = generation.apis.len();
            show::err(&format!(
                "{} {}, {} {}, {others} {}: fine",
                apis,
                Line::plural(apis, "API"),
                routes,
                Line::plural(routes, "route"),
                Line::plural(others, "remark"),
            ));
            0
        }
        None => {
            show::err(&format!(
                "{errors} {}, {others} {}",
                Line::plural(errors, "error"),
                Line::plural(others, "remark")
            ));
            INPUT
        }
    }
}
