//! What functions return.

use edgewit_mapping::lambda::authorizer::{self, ContextValue};
use edgewit_mapping::lambda::result::{self, MAX_HEADER_BYTES, MAX_HEADER_LINES, ResultError};
use serde_json::Value;

/// The result of a proxy integration, for clients that accept binary answers and for those that do not.
pub fn lambda_result(data: &[u8]) {
    let failed = result::function_error(data);
    assert!(!failed.log_line("id").contains('\n'), "more than one line: {failed}");
    let [text, binary] = [false, true].map(|accepts_binary| result::parse(data, accepts_binary));
    match (&text, &binary) {
        (Ok(text), Ok(binary)) => {
            assert_eq!((text.status, &text.headers), (binary.status, &binary.headers));
            assert!(binary.body.len() <= text.body.len(), "decoding makes shorter");
        }
        (Ok(_), Err(error)) => assert_eq!(*error, ResultError::Body),
        (text, binary) => assert_eq!(text, binary),
    }
    let parsed = match text {
        Ok(parsed) => parsed,
        Err(error) => {
            assert_eq!(error.status(), 502);
            let line = error.log_line("id");
            assert!(line.len() < 1400 && !line.contains('\n'), "no line of a log: {line}");
            return;
        }
    };
    let json = serde_json::from_slice(data);
    assert!(matches!(json, Ok(Value::Object(_))), "accepted, and no JSON object");
    assert!((200..=599).contains(&parsed.status), "no status: {}", parsed.status);
    assert!(parsed.headers.len() <= MAX_HEADER_LINES);
    let bytes: usize = parsed.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    assert!(bytes <= MAX_HEADER_BYTES);
    for (name, value) in &parsed.headers {
        let ends = |byte: u8| byte.is_ascii_control() && byte != b'\t';
        assert!(
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':'),
            "{name:?}"
        );
        assert!(!value.bytes().any(ends), "{value:?}");
    }
}

/// The result of a Lambda authorizer.
pub fn lambda_authorizer_result(data: &[u8]) {
    let failed = authorizer::function_error(data).to_string();
    assert!(failed.len() < 1400 && !failed.contains('\n'), "no line of a log: {failed}");
    match authorizer::parse(data) {
        Err(error) => {
            let line = error.to_string();
            assert!(line.len() < 1400 && !line.contains('\n'), "no line of a log: {line}");
        }
        Ok(parsed) => {
            let Ok(json) = serde_json::from_slice::<Value>(data) else { panic!("accepted, and no JSON") };
            assert_eq!(json["principalId"], parsed.principal_id);
            assert!(parsed.policy_document.is_object(), "a policy is an object");
            for (key, value) in &parsed.context {
                let text = value.to_string();
                let given = &json["context"][key];
                match value {
                    ContextValue::Text(_) => assert_eq!(*given, text),
                    _ => assert_eq!(given.to_string(), text),
                }
            }
        }
    }
}
