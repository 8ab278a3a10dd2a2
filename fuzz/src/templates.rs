//! Templates that only substitute: access-log formats and bodies of gateway responses.

use crate::views::{HostileContext, Request};
use edgewit_mapping::template::{Dialect, SubstitutionTemplate};
use serde_json::Value;

/// Compiles an access-log format and writes a line with hostile values.
pub fn access_log_format(data: &[u8]) {
    let Some(line) = render(data, Dialect::AccessLog) else { return };
    assert!(!line.iter().any(|byte| matches!(byte, b'\n' | b'\r')), "a value has added a line");
    let (Ok(format), Ok(line)) = (std::str::from_utf8(data), std::str::from_utf8(&line)) else { return };
    // A format that is JSON by itself holds its variables in strings, and stays JSON whatever they say.
    if let Ok(format @ Value::Object(_)) = serde_json::from_str(format) {
        let written: Result<Value, _> = serde_json::from_str(line);
        let written = written.unwrap_or_else(|error| panic!("no JSON any more ({error}): {line}"));
        assert_eq!(shape(&format), shape(&written), "a value has changed the structure: {line}");
    }
}

/// Compiles a gateway response's template and renders it with hostile values.
pub fn gateway_response_template(data: &[u8]) {
    render(data, Dialect::GatewayResponse);
}

fn render(data: &[u8], dialect: Dialect) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(data).ok()?;
    let template = match SubstitutionTemplate::parse(text, dialect) {
        Ok(template) => template,
        Err(error) => {
            assert!(error.offset <= text.len(), "a place beyond the end: {error}");
            return None;
        }
    };
    let mut out = Vec::new();
    template.render(&HostileContext, &Request::default(), &(), &mut out);
    if let Some(literal) = template.as_static() {
        assert_eq!(literal.as_bytes(), out, "a template without references renders to itself");
    }
    Some(out)
}

/// How many values of each kind there are, in order, without their texts.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            format!("{{{}}}", members.values().map(shape).collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::String(_) => "s".to_owned(),
        other => other.to_string(),
    }
}
