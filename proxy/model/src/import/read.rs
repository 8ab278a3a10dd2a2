//! Text to a document: JSON or YAML, whichever it is.

use super::ImportLimits;
use super::build::Builder;
use super::document::{Document, Malformed, Position};
use super::findings::Findings;
use super::{json, yaml};
use crate::finding::Finding;

/// Deeper nesting than this could exhaust the stack, whatever the configuration says.
const MAX_NESTING_DEPTH: usize = 1_000;

/// The limits that hold for a document.
pub(super) fn effective(limits: &ImportLimits) -> ImportLimits {
    ImportLimits { nesting_depth: limits.nesting_depth.min(MAX_NESTING_DEPTH), ..limits.clone() }
}

/// Parses the text; on failure the findings say why.
pub(super) fn read<'a>(
    file: &str,
    text: &'a str,
    limits: &'a ImportLimits,
    findings: &mut Findings,
) -> Option<Document<'a>> {
    match parse(file, text, limits, findings) {
        Ok(document) => Some(document),
        Err(malformed) => {
            let location = findings.location(malformed.at);
            let mut finding = Finding::error(malformed.code, &location, malformed.message);
            if let Some(help) = malformed.help {
                finding = finding.with_help(help);
            }
            findings.push(finding);
            None
        }
    }
}

fn parse<'a>(
    file: &str,
    text: &'a str,
    limits: &'a ImportLimits,
    findings: &mut Findings,
) -> Result<Document<'a>, Malformed> {
    if text.len() > limits.document_bytes {
        return Err(Malformed {
            code: "document-too-large",
            at: Position::default(),
            message: format!("the document has {} bytes, the limit is {}", text.len(), limits.document_bytes),
            help: Some("raise `document_bytes` under `limits:` in edgewit.yaml"),
        });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(offset) = text.find('\0') {
        return Err(Malformed {
            code: "document-malformed",
            at: position_of(text, offset),
            message: "found a NUL character, expected JSON or YAML text".to_owned(),
            help: None,
        });
    }
    parse_either(file, text, limits, findings)
}

fn parse_either<'a>(
    file: &str,
    text: &'a str,
    limits: &'a ImportLimits,
    findings: &mut Findings,
) -> Result<Document<'a>, Malformed> {
    let is_named_yaml = [".yaml", ".yml"].iter().any(|end| file.to_ascii_lowercase().ends_with(end));
    let builder = if text.trim_start().starts_with(['{', '[']) {
        match json::parse(text, limits) {
            Ok(builder) => builder,
            // A flow mapping is YAML, too, and looser than JSON.
            Err(error) if is_named_yaml && error.code == "document-malformed" => {
                from_yaml(text, limits, findings)?
            }
            Err(error) => return Err(error),
        }
    } else {
        from_yaml(text, limits, findings)?
    };
    for duplicate in &builder.duplicates {
        findings.error(
            "key-duplicate",
            duplicate.at,
            format!(
                "found the key `{}` twice in one mapping, first in line {}",
                duplicate.key, duplicate.first.line
            ),
        );
    }
    builder.into_document().ok_or_else(|| Malformed {
        code: "document-malformed",
        at: Position { line: 1, column: 1 },
        message: "found an empty document, expected an OpenAPI document".to_owned(),
        help: None,
    })
}

fn from_yaml<'a>(
    text: &'a str,
    limits: &'a ImportLimits,
    findings: &mut Findings,
) -> Result<Builder<'a>, Malformed> {
    let (builder, unknown_tags) = yaml::parse(text, limits)?;
    for (tag, at) in unknown_tags {
        findings.warning("tag-unknown", at, format!("found the unknown tag `{tag}`; it has no effect"));
    }
    Ok(builder)
}

fn position_of(text: &str, offset: usize) -> Position {
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}
