//! `edgewit plugin test`.

use super::args::Test;
use super::cases::{self, Case};
use super::compare;
use super::found;
use super::open::{self, Bench};
use super::outcome::Outcome;
use crate::show::{self, Line};
use crate::{ENVIRONMENT, INPUT};
use edgewit_model::Finding;
use edgewit_plugin::{LoadError, Plugin, PluginSettings};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn run(test: &Test) -> u8 {
    let bench = match Bench::new() {
        Ok(bench) => bench,
        Err(error) => {
            show::err(&format!("edgewit: {error}"));
            return ENVIRONMENT;
        }
    };
    match all(test, &bench) {
        Ok(Sum { failed: 0, passed }) => {
            show::err(&format!("{passed} {} passed", Line::plural(passed, "case")));
            0
        }
        Ok(Sum { failed, passed }) => {
            show::err(&format!("{failed} of {} failed", cases_of(failed + passed)));
            INPUT
        }
        Err(finding) => {
            show::out(&finding.to_string());
            INPUT
        }
    }
}

fn cases_of(count: usize) -> String {
    format!("{count} {}", Line::plural(count, "case"))
}

struct Sum {
    passed: usize,
    failed: usize,
}

fn all(test: &Test, bench: &Bench) -> Result<Sum, Finding> {
    let bytes = open::read(&test.file)?;
    let mut cases = Vec::new();
    for path in &test.cases {
        cases.extend(cases::read(path)?);
    }
    let mut plugins = Loaded { test, bench, bytes, by_config: Vec::new() };
    let mut sum = Sum { passed: 0, failed: 0 };
    for case in &cases {
        let differences = one(bench, &mut plugins, case)?;
        if differences.is_empty() {
            sum.passed += 1;
            if !test.quiet {
                show::out(&format!("ok    {}  {}", case.at, case.name));
            }
        } else {
            sum.failed += 1;
            show::out(&format!("FAIL  {}  {}", case.at, case.name));
            differences.iter().for_each(|line| show::out(&format!("      {line}")));
        }
    }
    Ok(sum)
}

/// The component under each configuration that a case asks for.
struct Loaded<'a> {
    test: &'a Test,
    bench: &'a Bench,
    bytes: Vec<u8>,
    by_config: Vec<(BTreeMap<String, String>, Configured)>,
}

/// A plugin, or its word that it cannot work so.
type Configured = Result<Arc<Plugin>, String>;

impl Loaded<'_> {
    fn get(&mut self, case: &Case) -> Result<Configured, Finding> {
        let settings = self.test.given.settings();
        let mut config = settings.config.clone();
        for (key, value) in &case.config {
            match value {
                Some(value) => config.insert(key.clone(), value.clone()),
                None => config.remove(key),
            };
        }
        if let Some((_, known)) = self.by_config.iter().find(|(known, _)| *known == config) {
            return Ok(known.clone());
        }
        let settings = PluginSettings { config: config.clone(), ..settings };
        let loaded = match self.bench.load(&self.test.file, &self.bytes, settings) {
            Ok(plugin) => Ok(plugin),
            Err(LoadError::Refused(message)) => Err(message),
            Err(error) => return Err(open::explain(&self.test.file, &error)),
        };
        self.by_config.push((config, loaded.clone()));
        Ok(loaded)
    }
}

fn one(bench: &Bench, plugins: &mut Loaded<'_>, case: &Case) -> Result<Vec<String>, Finding> {
    let found = match plugins.get(case)? {
        Err(message) => Outcome::Refused(message),
        Ok(plugin) => {
            let question = case.question(&plugin.worlds()).map_err(|wrong| {
                Finding::error("cases-invalid", &case.at, wrong)
                    .with_help("give the component that the case is about")
            })?;
            match bench.runtime.block_on(question.ask(&plugin)) {
                Ok(reply) => found::outcome(reply),
                Err(error) => Outcome::Error(error.to_string()),
            }
        }
    };
    Ok(compare::differences(&case.expected, &found))
}
