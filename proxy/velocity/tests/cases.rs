//! Runs the tables in `tests/cases`: templates, what they are rendered for, and what must come out.
//!
//! A case is a template as text, and either its `output`, or its `error`: `syntax`, or the name of a
//! [`RenderErrorKind`](edgewit_velocity::RenderErrorKind). Everything else is optional.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use edgewit_velocity::{ParameterKind, ParseLimits, RenderLimits, Rendered, Source, Template};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    template: String,
    #[serde(default)]
    message: Message,
    output: Option<String>,
    error: Option<String>,
    /// What the template must have written: `request.header.X: [value]`, `response.status: 444`.
    #[serde(default)]
    overrides: Option<BTreeMap<String, Vec<String>>>,
}

/// Lists of names and values rather than maps: their order matters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Message {
    body: String,
    path: Vec<(String, String)>,
    querystring: Vec<(String, String)>,
    header: Vec<(String, String)>,
    context: Vec<(String, String)>,
    stage: Vec<(String, String)>,
    /// A request template that was rendered before, for the same message.
    request_template: Option<String>,
    #[serde(skip)]
    earlier: Option<Rendered>,
}

fn value<'m>(pairs: &'m [(String, String)], name: &str) -> Option<Cow<'m, str>> {
    pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| Cow::Borrowed(value.as_str()))
}

impl Message {
    fn parameters(&self, kind: ParameterKind) -> &[(String, String)] {
        match kind {
            ParameterKind::Path => &self.path,
            ParameterKind::Querystring => &self.querystring,
            ParameterKind::Header => &self.header,
        }
    }
}

impl Source for Message {
    fn body(&self) -> &str {
        &self.body
    }

    fn parameter(&self, kind: ParameterKind, name: &str) -> Option<Cow<'_, str>> {
        value(self.parameters(kind), name)
    }

    fn each_parameter(&self, kind: ParameterKind, each: &mut dyn FnMut(&str, &str)) {
        self.parameters(kind).iter().for_each(|(name, value)| each(name, value));
    }

    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        value(&self.context, name)
    }

    fn each_context_key(&self, name: &str, each: &mut dyn FnMut(&str)) {
        let mut seen = Vec::new();
        for (known, _) in &self.context {
            let below = if name.is_empty() { Some(known.as_str()) } else { known.strip_prefix(name) };
            let key = below.map(|below| below.trim_start_matches('.').split('.').next().unwrap());
            if let Some(key) = key.filter(|key| !key.is_empty() && !seen.contains(key)) {
                seen.push(key);
                each(key);
            }
        }
    }

    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        value(&self.stage, name)
    }

    fn each_stage_variable(&self, each: &mut dyn FnMut(&str, &str)) {
        self.stage.iter().for_each(|(name, value)| each(name, value));
    }

    fn overrides(&self) -> Option<&edgewit_velocity::Overrides> {
        self.earlier.as_ref().map(|earlier| &earlier.overrides)
    }
}

fn render(template: &str, message: &Message) -> Result<Rendered, String> {
    let template =
        Template::parse(template, &ParseLimits::default()).map_err(|error| format!("syntax: {error}"))?;
    template.render(message, &RenderLimits::default()).map_err(|error| format!("{:?}: {error}", error.kind))
}

fn written(rendered: &Rendered) -> BTreeMap<String, Vec<String>> {
    let overrides = &rendered.overrides;
    let sides = [
        ("request.header", overrides.request_headers()),
        ("request.querystring", overrides.request_querystring()),
        ("request.path", overrides.request_path()),
        ("response.header", overrides.response_headers()),
    ];
    let mut written: BTreeMap<_, _> = sides
        .into_iter()
        .flat_map(|(side, pairs)| {
            pairs.into_iter().map(move |(name, texts)| (format!("{side}.{name}"), texts))
        })
        .collect();
    if let Some(status) = overrides.status() {
        written.insert("response.status".to_owned(), vec![status.to_string()]);
    }
    written
}

/// What is wrong with a case, if anything.
fn check(mut case: Case) -> Option<String> {
    if let Some(earlier) = &case.message.request_template {
        case.message.earlier = Some(render(earlier, &case.message).unwrap());
    }
    let name = &case.name;
    let rendered = render(&case.template, &case.message);
    match (rendered, case.output, case.error) {
        (Ok(rendered), Some(output), None) if rendered.text == output => {
            let expected = case.overrides?;
            let written = written(&rendered);
            (written != expected).then(|| format!("{name}: wrote {written:?}, expected {expected:?}"))
        }
        (Ok(rendered), output, error) => {
            let expected = output.or(error);
            Some(format!(
                "{name}:\n    {:?}, expected\n    {:?}",
                rendered.text,
                expected.unwrap_or_default()
            ))
        }
        (Err(found), None, Some(error)) if found.starts_with(&format!("{error}: ")) => None,
        (Err(found), output, error) => Some(format!("{name}: {found}, expected {:?}", output.or(error))),
    }
}

#[test]
fn every_case_renders_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        let cases: Vec<Case> =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        count += cases.len();
        wrong.extend(cases.into_iter().filter_map(check));
    }
    assert!(count > 250, "only {count} cases were found");
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}
