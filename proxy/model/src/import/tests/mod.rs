//! Documents to APIs and findings, by tables.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod cloudformation;
mod entities;
mod formats;
mod hostile;
mod limits;
mod mistakes;
mod models;
mod security;

use super::{ImportOptions, Imported};
use crate::api::{Method, RestApi, Verb};

/// Imports under default options.
fn import(text: &str) -> Imported {
    super::import("api.yaml", text, &ImportOptions::default())
}

/// The API of a document that must have no errors.
fn api(text: &str) -> RestApi {
    let imported = import(text);
    let findings: Vec<String> = imported.findings.iter().map(ToString::to_string).collect();
    imported.api.unwrap_or_else(|| panic!("refused:\n{}", findings.join("\n")))
}

/// `line:column severity code` of every finding.
fn codes(imported: &Imported) -> Vec<String> {
    imported
        .findings
        .iter()
        .map(|f| format!("{}:{} {} {}", f.at.line, f.at.column, f.severity, f.code))
        .collect()
}

/// The one finding of a document, as text.
fn only_finding(imported: &Imported) -> String {
    assert_eq!(imported.findings.len(), 1, "{:?}", imported.findings);
    imported.findings[0].to_string()
}

fn method<'a>(api: &'a RestApi, path: &str, verb: Verb) -> &'a Method {
    let resource = api.resources.iter().find(|resource| resource.path == path);
    resource.and_then(|resource| resource.methods.get(&verb)).unwrap_or_else(|| panic!("no {verb:?} {path}"))
}

/// A document with one mocked `GET /` and these lines at the root.
fn with_root(lines: &str) -> String {
    format!(
        "openapi: 3.0.1
info: {{title: t, version: '1'}}
paths:
  /:
    get:
      x-amazon-apigateway-integration: {{type: mock}}
{lines}"
    )
}

/// A document with one `GET /` whose integration is this flow mapping.
fn with_integration(integration: &str) -> String {
    format!(
        "openapi: 3.0.1
info: {{title: t, version: '1'}}
paths:
  /:
    get:
      responses: {{'200': {{description: ok, headers: {{X-A: {{}}}}}}}}
      x-amazon-apigateway-integration: {integration}
"
    )
}

/// A document with these lines, indented by four, as the operation `GET /pets/{{id}}`.
fn with_operation(lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "openapi: 3.0.1
info: {{title: t, version: '1'}}
paths:
  /pets/{{id}}:
    get:
      x-amazon-apigateway-integration: {{type: mock}}
{lines}"
    )
}
