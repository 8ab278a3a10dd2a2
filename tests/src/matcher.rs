//! Expected text with placeholders: `<uuid>`, `<date>`, `<int>` and the others of [`Kind`].
//!
//! A placeholder stands for any text of its form; everything else, also an unknown `<word>`, stands for itself.

use serde_json::Value;

/// What `<origin>` and `<api-id>` stand for in the case at hand.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// HOST:PORT of the case's origin.
    pub origin: String,
    /// Identifier of the case's API.
    pub api_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Uuid,
    ExtendedId,
    HttpDate,
    ClfDate,
    TraceId,
    Int,
    Any,
    Origin,
    ApiId,
}

const PLACEHOLDERS: [(&str, Kind); 9] = [
    ("<uuid>", Kind::Uuid),
    ("<extended-id>", Kind::ExtendedId),
    ("<date>", Kind::HttpDate),
    ("<clf-date>", Kind::ClfDate),
    ("<trace-id>", Kind::TraceId),
    ("<int>", Kind::Int),
    ("<any>", Kind::Any),
    ("<origin>", Kind::Origin),
    ("<api-id>", Kind::ApiId),
];

/// Whether the whole of `actual` has the form of `expected`.
pub fn matches(expected: &str, actual: &str, names: &Names) -> bool {
    let Some((at, word, kind)) = first_placeholder(expected) else { return expected == actual };
    let (literal, rest) = (&expected[..at], &expected[at + word..]);
    let Some(actual) = actual.strip_prefix(literal) else { return false };
    candidates(kind, actual, names).into_iter().any(|length| matches(rest, &actual[length..], names))
}

/// Compares JSON; strings of `expected` (not member names) may hold placeholders.
/// Returns the first difference as `(path, expected, found)`.
pub fn json_difference(expected: &Value, actual: &Value, names: &Names) -> Option<(String, String, String)> {
    fn walk(path: &str, expected: &Value, actual: &Value, names: &Names) -> Option<(String, String, String)> {
        let differ = || Some((path.to_owned(), expected.to_string(), actual.to_string()));
        match (expected, actual) {
            (Value::String(expected), Value::String(actual)) if matches(expected, actual, names) => None,
            (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
                .iter()
                .zip(right)
                .enumerate()
                .find_map(|(index, (left, right))| walk(&format!("{path}[{index}]"), left, right, names)),
            (Value::Object(left), Value::Object(right)) => {
                let missing = left.iter().find_map(|(key, left)| match right.get(key) {
                    Some(right) => walk(&format!("{path}.{key}"), left, right, names),
                    None => Some((format!("{path}.{key}"), left.to_string(), "nothing".to_owned())),
                });
                missing.or_else(|| {
                    let (key, surplus) = right.iter().find(|(key, _)| !left.contains_key(*key))?;
                    Some((format!("{path}.{key}"), "nothing".to_owned(), surplus.to_string()))
                })
            }
            (left, right) if left == right => None,
            _ => differ(),
        }
    }
    walk("$", expected, actual, names)
}

/// Offset, length and kind of the first placeholder.
fn first_placeholder(text: &str) -> Option<(usize, usize, Kind)> {
    PLACEHOLDERS
        .iter()
        .filter_map(|(word, kind)| text.find(word).map(|at| (at, word.len(), *kind)))
        .min_by_key(|(at, ..)| *at)
}

/// The lengths of prefixes of `text` that `kind` can stand for, in the order to try them.
fn candidates(kind: Kind, text: &str, names: &Names) -> Vec<usize> {
    match kind {
        Kind::Any => text.char_indices().map(|(at, _)| at).chain([text.len()]).collect(),
        Kind::Int => {
            let sign = usize::from(text.starts_with('-'));
            let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
            (1..=digits).rev().map(|digits| sign + digits).collect()
        }
        Kind::ExtendedId => {
            let letters = text.bytes().take_while(|byte| is_base64(*byte)).count();
            let id = letters >= 11 && text[letters..].starts_with('=');
            id.then_some(letters + 1).into_iter().collect()
        }
        Kind::Origin => text.starts_with(&names.origin).then_some(names.origin.len()).into_iter().collect(),
        Kind::ApiId => text.starts_with(&names.api_id).then_some(names.api_id.len()).into_iter().collect(),
        Kind::Uuid => shaped("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", text),
        Kind::HttpDate => shaped("Ddd, 00 Mmm 0000 00:00:00 GMT", text),
        Kind::ClfDate => shaped("00/Mmm/0000:00:00:00 +0000", text),
        Kind::TraceId => {
            shaped("Root=1-xxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx;Parent=xxxxxxxxxxxxxxxx;Sampled=b", text)
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Matches a prefix of `text` against a form in which `x` is a lower-case hexadecimal digit, `0` a digit,
/// `b` a zero or one, `Ddd` a day and `Mmm` a month; everything else is itself.
fn shaped(form: &str, text: &str) -> Vec<usize> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(head) = text.get(..form.len()) else { return Vec::new() };
    let mut at = 0;
    while at < form.len() {
        let (ok, step) = match &form[at..] {
            rest if rest.starts_with("Ddd") => (DAYS.contains(&head.get(at..at + 3).unwrap_or("")), 3),
            rest if rest.starts_with("Mmm") => (MONTHS.contains(&head.get(at..at + 3).unwrap_or("")), 3),
            rest => {
                let (wanted, found) = (rest.as_bytes()[0], head.as_bytes()[at]);
                let ok = match wanted {
                    b'x' => matches!(found, b'0'..=b'9' | b'a'..=b'f'),
                    b'0' => found.is_ascii_digit(),
                    b'b' => matches!(found, b'0' | b'1'),
                    literal => literal == found,
                };
                (ok, 1)
            }
        };
        if !ok {
            return Vec::new();
        }
        at += step;
    }
    vec![form.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names() -> Names {
        Names { origin: "127.0.0.1:4000".into(), api_id: "case0001".into() }
    }

    #[test]
    fn placeholders_take_their_form_and_nothing_else() {
        for (expected, fits, misfits) in [
            ("<uuid>", "0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728950E"),
            ("<extended-id>", "Xq3J0HkBIAMF7lA=", "Xq3J="),
            ("<date>", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT"),
            ("<clf-date>", "10/Oct/2000:13:55:36 +0000", "10/Okt/2000:13:55:36 +0000"),
            (
                "<trace-id>",
                "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=0",
                "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=2",
            ),
            ("<int>", "-12", "1.2"),
            ("a<any>z", "abcz", "abc"),
            ("http://<origin>/<api-id>", "http://127.0.0.1:4000/case0001", "http://127.0.0.1:4001/case0001"),
            ("<int>5 <any>!", "155 x!!", "15 x"),
            ("<p>", "<p>", "p"),
        ] {
            assert!(matches(expected, fits, &names()), "{expected} must fit {fits}");
            assert!(!matches(expected, misfits, &names()), "{expected} must not fit {misfits}");
            assert!(!matches(expected, "", &names()), "{expected} must not fit nothing");
        }
        assert!(matches("<any>", "", &names()));
        assert!(matches("é<any>é", "éüé", &names()));
    }

    #[test]
    fn json_is_compared_member_by_member() {
        let expected = json!({"id": "<uuid>", "list": [1, {"a": null}]});
        let same = json!({"list": [1, {"a": null}], "id": "0f8fad5b-d9cb-469f-a165-70867728950e"});
        assert_eq!(json_difference(&expected, &same, &names()), None);
        let other = json!({"id": "0f8fad5b-d9cb-469f-a165-70867728950e", "list": [1, {"a": 2}]});
        let difference = json_difference(&expected, &other, &names()).unwrap();
        assert_eq!(difference, ("$.list[1].a".into(), "null".into(), "2".into()));
        let surplus = json_difference(&json!({}), &json!({"a": 1}), &names()).unwrap();
        assert_eq!(surplus, ("$.a".into(), "nothing".into(), "1".into()));
    }
}
