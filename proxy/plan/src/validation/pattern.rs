//! Regular expressions of models, as the regex crates read them.
//!
//! JSON Schema means ECMA 262, where a `-` beside a class escape is a hyphen: `[\w-.]`.
//! The regex crates refuse that as a range without end, so it is written as they want it.

use serde_json::Value;
use std::borrow::Cow;

/// Rewrites every `pattern` and every key of `patternProperties` in a schema.
pub(crate) fn rewrite(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Object(object) => {
            if let Some(Value::String(pattern)) = object.get_mut("pattern")
                && let Cow::Owned(rewritten) = hyphens(pattern)
            {
                *pattern = rewritten;
            }
            if let Some(Value::Object(properties)) = object.get_mut("patternProperties") {
                let renamed = std::mem::take(properties).into_iter();
                *properties = renamed.map(|(key, value)| (hyphens(&key).into_owned(), value)).collect();
            }
            object.values_mut().for_each(rewrite);
        }
        _ => {}
    }
}

/// Escapes each hyphen in a bracketed class that stands beside a class escape.
fn hyphens(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains('[') || !pattern.contains('-') {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len() + 4);
    let mut in_class = false;
    let mut after_escape = false;
    let mut changed = false;
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        let was_after_escape = std::mem::take(&mut after_escape);
        match c {
            '\\' => {
                out.push(c);
                if let Some(escaped) = rest.next() {
                    out.push(escaped);
                    after_escape = in_class && matches!(escaped, 'w' | 'W' | 'd' | 'D' | 's' | 'S');
                }
                continue;
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '-' if in_class => {
                let mut ahead = rest.clone();
                let before_escape = ahead.next() == Some('\\')
                    && matches!(ahead.next(), Some('w' | 'W' | 'd' | 'D' | 's' | 'S'));
                if (was_after_escape || before_escape) && rest.peek() != Some(&']') {
                    out.push('\\');
                    changed = true;
                }
            }
            _ => {}
        }
        out.push(c);
    }
    if changed { Cow::Owned(out) } else { Cow::Borrowed(pattern) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hyphen_beside_a_class_escape_is_a_hyphen() {
        for (found, wanted) in [
            (r"[\w-_]+", r"[\w\-_]+"),
            (r"[.\w-.]", r"[.\w\-.]"),
            (r"[a-\d]", r"[a\-\d]"),
            (r"[\w-]", r"[\w-]"),
            (r"[a-z]\w-x", r"[a-z]\w-x"),
            (r"[\\-a]", r"[\\-a]"),
            (r"\w-\d", r"\w-\d"),
        ] {
            assert_eq!(hyphens(found), wanted);
        }
    }
}
