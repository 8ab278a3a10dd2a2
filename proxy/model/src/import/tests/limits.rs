//! Every limit, at it and one past.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::super::{ImportLimits, ImportOptions, Imported};
use super::{codes, with_integration, with_root};

fn import(text: &str, limits: ImportLimits) -> Imported {
    super::super::import("api.yaml", text, &ImportOptions { limits, ..ImportOptions::default() })
}

/// Imports at a limit and with one less of it.
fn at_and_past(text: &str, limit: usize, set: impl Fn(&mut ImportLimits, usize)) -> (Imported, Imported) {
    let with = |value| {
        let mut limits = ImportLimits::default();
        set(&mut limits, value);
        import(text, limits)
    };
    (with(limit), with(limit - 1))
}

#[test]
fn bytes_of_a_document() {
    let text = with_root("");
    let (at, past) = at_and_past(&text, text.len(), |limits, value| limits.document_bytes = value);
    assert!(at.api.is_some());
    assert_eq!(codes(&past), ["0:0 error document-too-large"]);
    let message = past.findings[0].to_string();
    assert!(message.starts_with("api.yaml: error[document-too-large]: the document has"), "{message}");
}

#[test]
fn nesting() {
    // The root, five mappings within it, and a scalar.
    let text = with_root("x-a: {b: {c: {d: {e: {f: g}}}}}");
    let (at, past) = at_and_past(&text, 7, |limits, value| limits.nesting_depth = value);
    assert!(at.api.is_some(), "{:?}", at.findings);
    assert_eq!(codes(&past), ["7:26 error document-too-large"]);
    let json = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(
        codes(&import(&json, ImportLimits { nesting_depth: usize::MAX, ..ImportLimits::default() })).len(),
        1
    );
    // An alias counts with its depth.
    let text = with_root("x-a: &a {b: {c: d}}\nx-b: {b: {c: {d: *a}}}");
    let (at, past) = at_and_past(&text, 7, |limits, value| limits.nesting_depth = value);
    assert!(at.api.is_some(), "{:?}", at.findings);
    assert_eq!(past.findings.len(), 1);
}

#[test]
fn nodes_and_aliases() {
    let text = "openapi: 3.0.1\ninfo: {title: t}\npaths: {}\nx-a: &a [1, 2, 3]\nx-b: [*a, *a]\n";
    // root, version, info, title, paths, x-a with 3 items, x-b with twice 4 nodes.
    let (at, past) = at_and_past(text, 18, |limits, value| limits.nodes = value);
    assert!(at.api.is_some(), "{:?}", at.findings);
    assert_eq!(past.findings[0].code, "document-too-large");
    let (at, past) = at_and_past(text, 2, |limits, value| limits.aliases = value);
    assert!(at.api.is_some());
    assert_eq!(codes(&past), ["5:11 error document-too-large"]);
}

#[test]
fn alias_bombs_are_refused() {
    let mut text =
        "openapi: 3.0.1\ninfo: {title: t}\npaths: {}\nx-0: &x0 [a, a, a, a, a, a, a, a, a, a]\n".to_owned();
    for level in 1..30 {
        let aliases = format!("*x{},", level - 1).repeat(10);
        text.push_str(&format!("x-{level}: &x{level} [{aliases}]\n"));
    }
    let imported = super::import(&text);
    assert_eq!(imported.findings.len(), 1);
    assert_eq!(imported.findings[0].code, "document-too-large");
}

#[test]
fn references_cannot_multiply_without_bound() {
    let headers: String = (0..1000).map(|n| format!("H{n}: {{}}, ")).collect();
    let paths: String = (0..100)
        .map(|n| {
            format!("  /p{n}: {{get: {{responses: {{'200': {{$ref: '#/components/responses/r'}}}}}}}}\n")
        })
        .collect();
    let text = format!(
        "openapi: 3.0.1\ninfo: {{title: t}}\ncomponents: {{responses: {{r: {{headers: {{{headers}}}}}}}}}\npaths:\n{paths}"
    );
    assert!(import(&text, ImportLimits::default()).api.is_some());
    let refused = import(&text, ImportLimits { nodes: 50_000, ..ImportLimits::default() });
    assert_eq!(refused.findings.len(), 1, "{:?}", refused.findings);
    assert_eq!(refused.findings[0].code, "document-too-large");
}

#[test]
fn findings_are_capped_with_a_closing_note() {
    let unknown: String = (0..10).map(|n| format!("  /p{n}: {{bogus: 1}}\n")).collect();
    let text = format!("openapi: 3.0.1\ninfo: {{title: t}}\npaths:\n{unknown}  bad: {{}}\n");
    let (at, past) = at_and_past(&text, 11, |limits, value| limits.findings = value);
    assert_eq!(at.findings.len(), 11);
    assert_eq!(past.findings.len(), 11);
    // The error is kept although it stands last.
    assert_eq!(past.findings[9].code, "path-invalid");
    assert_eq!(
        past.findings[10].to_string(),
        "api.yaml: note[findings-limit]: 1 more findings are not shown, the limit is 10"
    );
    assert!(past.api.is_none());
}

#[test]
fn templates_policies_and_timeouts() {
    let text = with_integration("{type: mock, requestTemplates: {application/json: abcd}}");
    let (at, past) = at_and_past(&text, 4, |limits, value| limits.template_bytes = value);
    assert!(at.api.is_some());
    assert_eq!(codes(&past), ["7:90 error template-too-large"]);

    let text = with_root("x-amazon-apigateway-policy: {a: b}");
    let (at, past) = at_and_past(&text, 9, |limits, value| limits.policy_chars = value);
    assert!(at.api.is_some());
    assert_eq!(codes(&past), ["7:29 error policy-too-large"]);

    for (timeout, fits) in [(49, false), (50, true), (29_000, true), (29_001, false)] {
        let text = with_integration(&format!(
            "{{type: http, httpMethod: GET, uri: 'http://a/', timeoutInMillis: {timeout}}}"
        ));
        assert_eq!(super::import(&text).api.is_some(), fits, "{timeout}");
    }
    for (timeout, fits) in [(900_000, true), (900_001, false)] {
        let text = with_integration(&format!(
            "{{type: http_proxy, httpMethod: GET, uri: 'http://a/', responseTransferMode: stream, timeoutInMillis: {timeout}}}"
        ));
        assert_eq!(super::import(&text).api.is_some(), fits, "{timeout}");
    }
    for (size, fits) in [("0", true), ("10485760", true), ("10485761", false), ("-1", false), ("x", false)] {
        let text = with_root(&format!("x-amazon-apigateway-minimum-compression-size: {size}"));
        assert_eq!(super::import(&text).api.is_some(), fits, "{size}");
    }
}

#[test]
fn deep_paths_are_bounded() {
    let path = |segments| {
        format!("openapi: 3.0.1\ninfo: {{title: t}}\npaths: {{'{}': {{}}}}\n", "/a".repeat(segments))
    };
    assert!(super::import(&path(5_120)).api.is_some());
    assert_eq!(codes(&super::import(&path(5_121))), ["3:9 error path-invalid"]);
}
