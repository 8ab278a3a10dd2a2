//! What differs between what a case expects and what was found.

use super::outcome::{Answer, Changes, Outcome, Step, Texts};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Stands for any text in an expected text.
const ANY: &str = "<any>";
/// Characters of a value that a difference shows.
const SHOWN: usize = 400;

/// One line for each difference; none when the two are the same.
pub(crate) fn differences(expected: &Outcome, found: &Outcome) -> Vec<String> {
    let (expected, found) = alike(expected, found);
    let (expected, found) = (value(&expected), value(&found));
    let mut lines = Vec::new();
    if kind(&expected) == kind(&found) {
        compare(&mut String::new(), &expected, &found, &mut lines);
    } else {
        lines.push(format!("expected  {}", whole(&expected)));
        lines.push(format!("found     {}", whole(&found)));
    }
    lines
}

fn value(outcome: &Outcome) -> Value {
    serde_json::to_value(outcome).unwrap_or_default()
}

/// `allow`, `deny` and so on.
fn kind(outcome: &Value) -> &str {
    match outcome {
        Value::Object(map) => map.keys().next().map(String::as_str).unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    }
}

/// Brings both into the same form: steps one by one, header names in lower case, what is found of a body as the case
/// writes it, and of an answer only what the case names.
fn alike(expected: &Outcome, found: &Outcome) -> (Outcome, Outcome) {
    use Outcome as O;
    match (expected, found) {
        (O::Forward(e), O::Forward(f)) => (O::Forward(single(e)), O::Forward(changes_like(e, f))),
        (O::Response(e), O::Response(f)) => (O::Response(single(e)), O::Response(changes_like(e, f))),
        (O::Respond(e), O::Respond(f)) => (O::Respond(lower(e)), O::Respond(answer_like(e, f))),
        (O::Http(e), O::Http(f)) => (O::Http(lower(e)), O::Http(answer_like(e, f))),
        (O::Finding(e), O::Finding(f)) => {
            let (mut e, mut f) = (e.clone(), f.clone());
            if let (Some(expected), Some(found)) = (&mut e.answer, &mut f.answer) {
                *found = answer_like(expected, found);
                *expected = lower(expected);
            }
            (O::Finding(e), O::Finding(f))
        }
        _ => (expected.clone(), found.clone()),
    }
}

fn lower(answer: &Answer) -> Answer {
    Answer { headers: answer.headers.lower(), ..answer.clone() }
}

fn answer_like(expected: &Answer, found: &Answer) -> Answer {
    let named = |name: &str| expected.headers.0.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    let headers = found.headers.0.iter().filter(|(name, _)| named(name)).cloned().collect();
    let no_body = expected.body.is_none() && expected.body_base64.is_none() && expected.body_json.is_none();
    let mut like =
        Answer { status: expected.status.and(found.status), headers: Texts(headers), ..Answer::default() };
    if !no_body {
        let form = Form::of(&expected.body_base64, &expected.body_json);
        (like.body, like.body_base64, like.body_json) = form.write(&found.body, &found.body_base64);
    }
    like
}

fn changes_like(expected: &Changes, found: &Changes) -> Changes {
    let mut like = single(found);
    let form = Form::of(&expected.body_base64, &expected.body_json);
    (like.body, like.body_base64, like.body_json) = form.write(&found.body, &found.body_base64);
    like
}

/// Each step with one name and one value.
fn single(changes: &Changes) -> Changes {
    let split = |steps: &[Step], headers: bool| {
        let case = |texts: &Texts| if headers { texts.lower() } else { texts.clone() };
        let one = |pair| Texts(vec![pair]);
        let mut all = Vec::new();
        for step in steps {
            match step {
                Step::Set(texts) => all.extend(case(texts).0.into_iter().map(|pair| Step::Set(one(pair)))),
                Step::Append(texts) => {
                    all.extend(case(texts).0.into_iter().map(|pair| Step::Append(one(pair))));
                }
                Step::Remove(name) if headers => all.push(Step::Remove(name.to_ascii_lowercase())),
                Step::Remove(name) => all.push(Step::Remove(name.clone())),
            }
        }
        all
    };
    Changes { query: split(&changes.query, false), headers: split(&changes.headers, true), ..changes.clone() }
}

/// How a case writes a body.
enum Form {
    Text,
    Base64,
    Json,
}

type Body = (Option<String>, Option<String>, Option<Value>);

impl Form {
    fn of(base64: &Option<String>, json: &Option<Value>) -> Self {
        if json.is_some() {
            Self::Json
        } else if base64.is_some() {
            Self::Base64
        } else {
            Self::Text
        }
    }

    fn write(&self, text: &Option<String>, base64: &Option<String>) -> Body {
        let json = text.as_ref().and_then(|text| serde_json::from_str(text).ok());
        match (self, text, json) {
            (Self::Json, Some(_), Some(json)) => (None, None, Some(json)),
            (Self::Base64, Some(text), _) => (None, Some(STANDARD.encode(text)), None),
            _ => (text.clone(), base64.clone(), None),
        }
    }
}

fn compare(path: &mut String, expected: &Value, found: &Value, lines: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(e), Value::Object(f)) => {
            for (name, value) in e {
                below(path, name, |path| match f.get(name) {
                    Some(found) => compare(path, value, found, lines),
                    None => lines.push(format!("{path}: expected {}, found nothing", show(value))),
                });
            }
            for (name, value) in f.iter().filter(|(name, _)| !e.contains_key(*name)) {
                below(path, name, |path| {
                    lines.push(format!("{path}: expected nothing, found {}", show(value)));
                });
            }
        }
        (Value::Array(e), Value::Array(f)) if e.len() == f.len() => {
            for (at, (expected, found)) in e.iter().zip(f).enumerate() {
                below(path, &at.to_string(), |path| compare(path, expected, found, lines));
            }
        }
        (Value::String(e), Value::String(f)) if fits(e, f) => {}
        _ if expected == found => {}
        _ => lines.push(format!("{path}: expected {}, found {}", show(expected), show(found))),
    }
}

fn below(path: &mut String, name: &str, then: impl FnOnce(&mut String)) {
    let length = path.len();
    if length > 0 {
        path.push('.');
    }
    path.push_str(name);
    then(path);
    path.truncate(length);
}

/// Whether `found` is `expected`, in which `<any>` stands for any text.
fn fits(expected: &str, found: &str) -> bool {
    let mut parts = expected.split(ANY);
    let Some(mut rest) = parts.next().and_then(|first| found.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// A whole outcome: `allow {"principal":"ann"}`.
fn whole(outcome: &Value) -> String {
    match outcome.as_object().and_then(|map| map.values().next()) {
        None | Some(Value::Null) => kind(outcome).to_owned(),
        Some(value) => format!("{} {}", kind(outcome), show(value)),
    }
}

fn show(value: &Value) -> String {
    let text = if value.is_null() { "none".to_owned() } else { value.to_string() };
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}… ({} bytes)", &text[..cut], text.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn outcome(yaml: &str) -> Outcome {
        serde_saphyr::from_str(yaml).unwrap()
    }

    #[test]
    fn any_stands_for_any_text() {
        for (expected, found, fit) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("<any>", "", true),
            ("a<any>", "abc", true),
            ("<any>c", "abc", true),
            ("a<any>c<any>e", "abcde", true),
            ("a<any>c<any>e", "abde", false),
            ("a<any>b", "abc", false),
        ] {
            assert_eq!(fits(expected, found), fit, "{expected} {found}");
        }
    }

    #[test]
    fn differences_name_the_place() {
        let expected = outcome("allow: {principal: ann, context: {level: 3, tier: gold}}");
        let found = outcome("allow: {principal: ann, context: {level: 3.0, beta: true}}");
        assert_eq!(
            differences(&expected, &found),
            [
                "allow.context.level: expected 3, found 3.0",
                "allow.context.tier: expected \"gold\", found nothing",
                "allow.context.beta: expected nothing, found true",
            ]
        );
        assert_eq!(
            differences(&expected, &Outcome::Unauthorized),
            [
                r#"expected  allow {"principal":"ann","context":{"level":3,"tier":"gold"}}"#,
                "found     unauthorized"
            ]
        );
    }

    #[test]
    fn what_a_case_leaves_out_of_an_answer_is_not_compared() {
        let found = outcome("http: {status: 200, headers: {content-type: a, x: [b, c]}, body: '{\"a\": 1}'}");
        for expected in
            ["http: {}", "http: {status: 200}", "http: {headers: {X: [b, c]}}", "http: {body_json: {a: 1}}"]
        {
            assert_eq!(differences(&outcome(expected), &found), [""; 0], "{expected}");
        }
        assert_eq!(
            differences(&outcome("http: {headers: {x: b}}"), &found),
            ["http.headers.x: expected \"b\", found [\"b\",\"c\"]"]
        );
    }

    #[test]
    fn steps_may_be_written_together() {
        let together = outcome("forward: {headers: [{set: {X-A: '1', x-b: '2'}}, {remove: Cookie}]}");
        let alone = outcome("forward: {headers: [{set: {x-a: '1'}}, {set: {x-b: '2'}}, {remove: cookie}]}");
        assert_eq!(differences(&together, &alone), [""; 0]);
    }
}
