//! The small languages of parameter mapping.

use crate::split_first_line;
use crate::views::{HostileContext, Request};
use edgewit_mapping::expression::{
    GatewayResponseTarget, MethodParameter, RequestScope, RequestSource, RequestTarget, ResponseScope,
    ResponseSource, ResponseTarget,
};
use edgewit_mapping::json_path::JsonPath;
use edgewit_mapping::selection::SelectionPattern;

/// The first line is a JSONPath, the rest the JSON it is asked about.
pub fn json_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (path, json) = split_first_line(text);
    let Ok(compiled) = JsonPath::parse(path) else { return };
    let Ok(json) = serde_json::from_str(json) else { return };
    let found = compiled.find(&json);
    assert!(compiled.is_definite() || found.is_none_or(|found| !found.is_null()), "no list: {path}");
}

/// The first line is any side of a parameter mapping, the rest the body it may read.
pub fn mapping_expression(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (expression, body) = split_first_line(text);
    _ = RequestTarget::parse(expression);
    _ = ResponseTarget::parse(expression);
    _ = GatewayResponseTarget::parse(expression);
    _ = MethodParameter::parse(expression);
    let view = Request { body: body.as_bytes() };
    let sources = [RequestSource::parse(expression), RequestSource::parse_for_gateway_response(expression)];
    for source in sources.into_iter().flatten() {
        let scope = RequestScope::new(&view, &HostileContext, &());
        let values = source.evaluate(&scope);
        assert!(values.is_ok() || source.reads_body(), "only a body can be invalid JSON");
        assert!(values.is_err() || values.is_ok_and(|v| v.iter().count() > 0 || v.is_none()));
    }
    if let Ok(source) = ResponseSource::parse(expression) {
        let scope = ResponseScope::new(&view, &HostileContext, &());
        let values = source.evaluate(&scope);
        assert!(values.is_ok() || source.reads_body(), "only a body can be invalid JSON");
    }
}

/// A raw query string: its pairs, and what decoding and encoding make of it.
pub fn query(data: &[u8]) {
    use edgewit_mapping::query::{decode, encode, encode_path, last, name_is, pairs, recode_pairs};
    let mut encoded = Vec::new();
    encode(data, &mut encoded);
    encode_path(data, &mut encoded);
    assert!(encoded.iter().all(u8::is_ascii_graphic), "an encoded text is visible ASCII");

    let Ok(raw) = std::str::from_utf8(data) else { return };
    let mut encoded = Vec::new();
    encode(data, &mut encoded);
    assert_eq!(
        String::from_utf8(encoded).as_deref().map(decode).as_deref(),
        Ok(raw),
        "decoding undoes encoding"
    );
    // A few: looking one up reads the whole string.
    for (name, _) in pairs(raw).take(8) {
        assert!(name_is(name, &decode(name)) && last(raw, &decode(name)).is_some(), "{name:?} is not found");
    }
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    recode_pairs(raw, &mut once);
    if let Ok(once) = std::str::from_utf8(&once) {
        recode_pairs(once, &mut twice);
        assert_eq!(pairs(once).count(), pairs(raw).count(), "recoding keeps every pair");
    }
    assert_eq!(once, twice, "recoding twice changes nothing more");
}

/// The first line is a selection pattern, the rest the text it is matched against.
pub fn selection_pattern(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (pattern, subject) = split_first_line(text);
    match SelectionPattern::parse(pattern) {
        Ok(compiled) => _ = compiled.is_match(subject),
        Err(error) => assert!(error.offset <= pattern.len(), "a place beyond the end: {error}"),
    }
}

/// What a MOCK integration's request template rendered to.
pub fn mock_status(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(error) = edgewit_mapping::mock::status_code(text) {
        assert!(error.offset <= text.len(), "a place beyond the end: {error}");
    }
}

/// A mapping template, which may or may not need an engine.
pub fn static_template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(rendered) = edgewit_mapping::static_template::render(text) {
        assert!(rendered.len() <= text.len(), "rendering only takes comments out");
        assert!(text.contains(['$', '#']) || rendered == text, "a plain text renders to itself");
    }
}
