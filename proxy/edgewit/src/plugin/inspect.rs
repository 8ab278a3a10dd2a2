//! `edgewit plugin inspect`.

use super::args::Inspect;
use super::measure::{self, Cost};
use super::open::{self, Bench};
use super::report;
use crate::show;
use crate::{ENVIRONMENT, INPUT};
use edgewit_model::Finding;
use edgewit_plugin::{Plugin, PluginSettings};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What was found out about a component.
pub(crate) struct Inspected {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) bytes: usize,
    pub(crate) admitted: Duration,
    pub(crate) costs: Vec<Cost>,
}

pub(crate) fn run(inspect: &Inspect) -> u8 {
    let bench = match Bench::new() {
        Ok(bench) => bench,
        Err(error) => {
            show::err(&format!("edgewit: {error}"));
            return ENVIRONMENT;
        }
    };
    match look(inspect, &bench, &inspect.given.settings()) {
        Ok(inspected) => {
            if inspect.json {
                show::out(&report::json(&inspect.file, &inspected).to_string());
            } else {
                report::text(&inspect.file, &inspected).iter().for_each(|line| show::out(line));
            }
            0
        }
        Err(finding) => {
            if inspect.json {
                show::out(&report::finding(&inspect.file, &finding).to_string());
            } else {
                show::out(&finding.to_string());
            }
            INPUT
        }
    }
}

fn look(inspect: &Inspect, bench: &Bench, settings: &PluginSettings) -> Result<Inspected, Finding> {
    let bytes = open::read(&inspect.file)?;
    let explain = |error| open::explain(&inspect.file, &error);
    let began = Instant::now();
    let plugin = bench.load(&inspect.file, &bytes, settings.clone()).map_err(explain)?;
    let admitted = began.elapsed();
    let costs = measure::costs(bench, &inspect.file, &bytes, &plugin, settings).map_err(explain)?;
    Ok(Inspected { plugin, bytes: bytes.len(), admitted, costs })
}
