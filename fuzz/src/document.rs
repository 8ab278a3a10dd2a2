//! OpenAPI documents: import, then compilation into a plan, then a request on every route.

use crate::views::Request;
use edgewit_model::api::{RestApi, Verb};
use edgewit_model::stage::{Deployment, Stage};
use edgewit_model::{Finding, ImportOptions};
use edgewit_plan::{Binding, Options, Plan, PluginRef, UnavailableRoutes};
use indexmap::IndexMap;
use std::sync::Arc;

/// Bodies that every validator is asked about.
const BODIES: [&[u8]; 5] = [
    b"",
    b"{",
    b"[[[[[[[[1]]]]]]]]",
    br#"{"id": -1.5e300, "name": "", "tags": [null, {}, [1, 1]], "next": {"next": {"next": {"next": {}}}}}"#,
    br#"{"type": "dog", "price": 249.99, "status": "placed", "items": [{"sku": "A-1", "quantity": 2}]}"#,
];

/// Imports a document; what comes of it is compiled, and its routes are asked for.
pub fn import(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let imported = edgewit_model::import("fuzz.yaml", text, &ImportOptions::default());
    check_findings(&imported.findings, text);
    let refused = imported.findings.iter().any(Finding::is_error);
    assert_eq!(imported.api.is_none(), refused, "there is an API exactly when no finding is an error");
    let Some(api) = imported.api else { return };

    let options = Options {
        unavailable_routes: UnavailableRoutes::Answer500,
        resolve_function: &|_| Some(Binding::Plugin(PluginRef(Arc::from("plugin")))),
        ..Options::default()
    };
    let (plan, findings) = edgewit_plan::compile(&stage(api), &options);
    check_findings(&findings, text);
    let refused = findings.iter().any(Finding::is_error);
    assert_eq!(plan.is_none(), refused, "there is a plan exactly when no finding is an error");
    if let Some(plan) = plan {
        exercise(&plan);
    }
}

fn check_findings(findings: &[Finding], text: &str) {
    // What is missing at the end of a text without a last line end is missing on the line after it.
    let lines = text.bytes().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 2;
    for finding in findings {
        assert!(finding.at.line as usize <= lines, "beyond the last line: {finding}");
        assert!(!finding.message.trim().is_empty() && !finding.code.is_empty(), "says nothing: {finding}");
    }
}

/// The API as stage `dev`.
fn stage(api: RestApi) -> Stage {
    Stage {
        rest_api_id: "api".to_owned(),
        name: "dev".to_owned(),
        deployment: Deployment { id: "abcdef".to_owned(), api: Arc::new(api) },
        variables: IndexMap::from([("origin".to_owned(), "127.0.0.1:8000".to_owned())]),
        access_log_format: None,
        account_id: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
    }
}

fn exercise(plan: &Plan) {
    for route in &plan.routes {
        let path = crate::routes::example_path(&route.resource_path);
        let verb = if route.verb == Verb::ANY { Verb::GET } else { route.verb };
        assert!(plan.find(&path, Some(verb)).is_some(), "no route for {} {path}", verb.as_str());
        if let Some(validation) = &route.validation {
            let request = Request::default();
            _ = validation.check_parameters(&request);
            for body in BODIES {
                _ = validation.check_body(Some("application/json"), body);
            }
        }
    }
}
