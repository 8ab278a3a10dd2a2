//! The audit log: who changed what, from what, to what.

use super::Who;
use edgewit_control::{Changes, Environment, Request};
use serde_json::{Map, Value, json};

/// Bytes of values that one line shows; what goes beyond is told by its size.
const VALUE_BYTES: usize = 64 << 10;
/// Bytes of all records that one line tells of.
const LINE_BYTES: usize = 512 << 10;
/// What stands for a secret.
const SECRET: &str = "(secret)";
/// Members that are secret, by kind of record.
const SECRETS: [(&str, &str); 3] =
    [("apikeys", "value"), ("clientcertificates", "privateKey"), ("domainnames", "certificatePrivateKey")];

/// One line: JSON, without a line break.
pub(super) fn line(
    world: &impl Environment,
    who: &Who,
    operation: &str,
    request: &Request<'_>,
    changes: &Changes,
) -> Vec<u8> {
    let mut left = VALUE_BYTES;
    let records: Vec<Value> = changes
        .writes
        .iter()
        .map(|write| {
            let hidden = |value: &Option<Value>| {
                value.clone().map_or(Value::Null, |value| hide(write.key.kind, value))
            };
            let mut differences = Vec::new();
            compare(
                &mut String::new(),
                &hidden(&write.before),
                &hidden(&write.after),
                &mut left,
                &mut differences,
            );
            if changed_secret(write.key.kind, &write.before, &write.after) {
                differences.push(json!({"secret": "changed"}));
            }
            json!({"record": format!("{}/{}", write.key.kind, write.key.name), "changes": differences})
        })
        .collect();
    let (records, more) = bounded(records);
    let line = json!({
        "time": world.now(),
        "who": who.to_json(),
        "operation": operation,
        "method": request.method,
        "path": request.path,
        "records": records,
        "moreRecords": more,
    });
    line.to_string().into_bytes()
}

/// As many records as a line has room for, and how many there are more.
fn bounded(mut records: Vec<Value>) -> (Vec<Value>, usize) {
    let mut bytes = 0;
    let fitting = records.iter().take_while(|record| {
        bytes += record.to_string().len();
        bytes <= LINE_BYTES
    });
    let fitting = fitting.count();
    let more = records.len() - fitting;
    records.truncate(fitting);
    (records, more)
}

fn changed_secret(kind: &str, before: &Option<Value>, after: &Option<Value>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    SECRETS.iter().any(|(of, member)| *of == kind && before.get(*member) != after.get(*member))
}

fn hide(kind: &str, mut value: Value) -> Value {
    for (_, member) in SECRETS.iter().filter(|(of, _)| *of == kind) {
        if let Some(found) = value.get_mut(*member).filter(|found| !found.is_null()) {
            *found = SECRET.into();
        }
    }
    value
}

/// Adds what differs, with the JSON pointer (RFC 6901) of each place.
fn compare(path: &mut String, before: &Value, after: &Value, left: &mut usize, out: &mut Vec<Value>) {
    if before == after {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        let mut entry = Map::new();
        entry.insert("path".to_owned(), path.as_str().into());
        for (name, value) in [("before", before), ("after", after)] {
            if !value.is_null() {
                entry.insert(name.to_owned(), shortened(value, left));
            }
        }
        out.push(entry.into());
        return;
    };
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    for name in names {
        let length = path.len();
        path.push('/');
        path.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let at = |members: &Map<String, Value>| members.get(name).cloned().unwrap_or(Value::Null);
        compare(path, &at(old), &at(new), left, out);
        path.truncate(length);
    }
}

fn shortened(value: &Value, left: &mut usize) -> Value {
    let bytes = value.to_string().len();
    if bytes > *left {
        return json!({"bytes": bytes});
    }
    *left -= bytes;
    value.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told_and_secrets_are_not() {
        let before = json!({"name": "a", "tags": {"x/y": "1"}, "value": "hush"});
        let after = json!({"name": "b", "tags": {"x/y": "2"}, "value": "hushed", "enabled": true});
        let (mut left, mut out) = (VALUE_BYTES, Vec::new());
        let (old, new) = (hide("apikeys", before), hide("apikeys", after));
        compare(&mut String::new(), &old, &new, &mut left, &mut out);
        let told = json!([
            {"path": "/name", "before": "a", "after": "b"},
            {"path": "/tags/x~1y", "before": "1", "after": "2"},
            {"path": "/enabled", "after": true},
        ]);
        assert_eq!(Value::Array(out), told);
    }

    #[test]
    fn what_is_too_long_is_told_by_its_size() {
        let (mut left, mut out) = (10, Vec::new());
        compare(&mut String::new(), &Value::Null, &json!("01234567"), &mut left, &mut out);
        compare(&mut String::new(), &Value::Null, &json!("x"), &mut left, &mut out);
        assert_eq!(
            Value::Array(out),
            json!([{"path": "", "after": "01234567"}, {"path": "", "after": {"bytes": 3}}])
        );
    }
}
